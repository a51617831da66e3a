# SPDX-License-Identifier: EUPL-1.2
"""A unit that no ceremony knows comes in by the hub's API and films: real servers, real processes, a real film."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack

import pytest

from contract.mandate import Window
from edge.config import read_config
from edge.link.credentials import Credentials
from edge.link.enrol import Papers
from edge.link.upload import HubClient, OfferError
from edge.unit.identity import CERTIFICATE, read_identity
from hub.demo import command, seeds
from hub.standalone import Standalone
from tests.acceptance.newcomer import Unit, hub_alone, newcomer, until
from tests.acceptance.stage import now_us
from tests.films import numbered_film

FPS = 10


async def cast(machine: Standalone, stack: AsyncExitStack) -> seeds.Cast:
    """The demo's seed clients, introduced."""
    passwords = {account.name: account.password for account in machine.accounts}

    async def seed(name: str) -> seeds.Seed:
        made = seeds.Seed(machine.address, name, passwords[name], machine.layout.seeds / f"{name}.key")
        return await stack.enter_async_context(made)

    approvers = {slot: await seed(name) for slot, name in command.APPROVERS.items()}
    found = seeds.Cast(approvers, [await seed(name) for name in command.OPERATORS])
    codes, roster = (json.loads((machine.layout.offline / f"{name}.json").read_text()) for name in ("codes", "roster"))
    await seeds.introduce(found, roster, command.PLAN.municipality, codes)
    return found


@pytest.mark.timeout(180)
async def test_a_new_unit_comes_in_by_its_label_and_films() -> None:
    async with hub_alone() as machine, newcomer(machine) as unit:
        await comes_in_and_films(machine, unit)


async def comes_in_and_films(machine: Standalone, unit: Unit) -> None:
    film = numbered_film(machine.layout.state.parent / "film.mp4", 20 * FPS, FPS, 320, 180, gop=FPS)
    printed = await unit.command("init", "--kit", str(machine.layout.kit), "--film", str(film))
    code, fingerprint = (line.split()[-1] for line in printed.splitlines())
    await unit.run()
    await until(lambda: "waits until somebody types the claim code on its label" in unit.said("enrolment"), unit)
    async with AsyncExitStack() as stack:
        people = await cast(machine, stack)
        operator = people.operators[0]

        shown = await operator.ask("POST", "/v1/claims", {"code": code.lower()})
        assert (shown["unit"], "-".join(shown["groups"])) == ("unit-1", fingerprint)
        path = f"/v1/enrolments/{shown['enrolment']}/confirmation"
        await operator.ask("POST", path, {"fingerprint": shown["fingerprint"]})
        await until(lambda: unit.said("enrolled") == ["is unit-1 from now on, and has its certificate"], unit)

        async def online() -> bool:
            return [each["online"] for each in await operator.ask("GET", "/v1/units")] == [True]

        await until(online, unit)
        await renewed(unit)
        placed = seeds.SeedUnit(shown["unit"], shown["camera"], "", "a test")
        await seeds.deploy(people, [placed], Window(now_us(), now_us() + 900_000_000))
        await until(lambda: [says for says in unit.said("filming") if "films camera-1" in says], unit)
        await until(lambda: unit.said("acked"), unit)  # footage: sealed, stored, logged


async def renewed(unit: Unit) -> None:
    """Its next certificate, over the connection that shows the present one; the old one counts until then."""
    config = read_config(unit.state)
    papers = Papers(unit.state, read_identity(unit.state, config.unit))
    credentials = Credentials(unit.state / "server-ca.pem", unit.state / CERTIFICATE, unit.state / "identity.key")
    hub = HubClient(config.hub_url, config.hub_host, config.unit, credentials)
    before = (unit.state / CERTIFICATE).read_bytes()
    papers.renew(await until(hub.renew, unit))
    await hub.anew()
    try:
        after = (unit.state / CERTIFICATE).read_bytes()
        assert after != before
        assert await hub.renew()  # shown, and counts
        (unit.state / CERTIFICATE).write_bytes(before)
        await hub.anew()
        with pytest.raises(OfferError, match="403"):
            await hub.renew()
        (unit.state / CERTIFICATE).write_bytes(after)
    finally:
        await hub.close()
