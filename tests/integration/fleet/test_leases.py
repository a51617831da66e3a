# SPDX-License-Identifier: EUPL-1.2
"""A unit asks over the real broker, and the worker answers with the real keeper's word: at once, or not at all."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from contract.envelope import enclose, opened, read
from contract.lease import LEASE, LEASE_REQUEST, Lease, LeaseRequest
from contract.mandate import read_message
from contract.record import dump, load
from contract.roster import Roster
from hub.fleet import leases as module
from hub.fleet.leases import Leases
from hub.keeper.client import Keeper
from hub.store.database import Database
from hub.store.downlink import Downlink
from hub.store.units import Units
from tests.integration.app.broker import Broker, UnitLine, broker, unit_line
from tests.integration.app.test_worker import working
from tests.integration.town import UNIT, Town, disk_full
from tests.integration.town import town as new_town

START, NONCE = "1" * 32, "7" * 32
WITHIN_S = 1.0  # the promise, on a quiet machine


@pytest.fixture
async def town(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    """A town of today: TLS looks at the machine's own clock."""
    async with new_town(database, monkeypatch, time.time_ns() // 1000) as made:
        yield made


@pytest.fixture
async def line(town: Town) -> AsyncIterator[Broker]:
    with broker(town) as made:
        await made.start()
        yield made


@asynccontextmanager
async def asking(town: Town, line: Broker) -> AsyncIterator[UnitLine]:
    """The unit's end, while a worker runs that stands in line with the broker."""
    async with working(town, line), unit_line(line) as unit:
        await unit.hear("mandate")
        yield unit


def question(town: Town, unit: str = UNIT, nonce: str = NONCE, key: ec.EllipticCurvePrivateKey | None = None) -> bytes:
    request = LeaseRequest(unit, START, nonce, town.now_us)
    return dump(enclose(LEASE_REQUEST, request, key or town.identity.key))


async def answer(town: Town, unit: UnitLine, asked: bytes) -> Lease:
    """What comes back, in time."""
    order_key = load(Roster, read_message(await newest(town)).roster.body).order_key
    began_s = time.monotonic()
    await unit.say("ask", asked)
    lease = opened(read(await unit.hear("lease")), LEASE, Lease, order_key)
    assert time.monotonic() - began_s < WITHIN_S
    assert (lease.unit, lease.nonce, lease.hub_time_us) == (UNIT, NONCE, town.now_us)
    return lease


async def newest(town: Town) -> bytes:
    row = await Downlink(town.database).mandate(UNIT)
    assert row is not None
    return row.payload


async def test_a_unit_that_asks_is_told_what_stands(town: Town, line: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    await town.deploy()
    async with asking(town, line) as unit:
        (mandate,) = read_message(await newest(town)).mandates
        (stands,) = (await answer(town, unit, question(town))).stands
        assert (stands.decision, stands.assignment) == (mandate.decision.digest, mandate.assignments[0].digest)
        disk_full(monkeypatch, True)
        assert (await answer(town, unit, question(town))).stands == (stands,)


async def test_a_unit_without_an_order_is_told_that_nothing_stands(town: Town, line: Broker) -> None:
    await town.introduce()
    await town.enrol()
    async with asking(town, line) as unit:
        assert (await answer(town, unit, question(town))).stands == ()


async def refusals(caplog: pytest.LogCaptureFixture, number: int) -> list[str]:
    """What is said of so many questions that are refused."""
    async with asyncio.timeout(5):
        while len(refused := [r for r in caplog.messages if r.startswith("ask of unit-1 refused")]) < number:
            await asyncio.sleep(0.01)
    return refused


async def test_who_is_not_the_unit_or_was_revoked_gets_no_answer(
    town: Town, line: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    await town.deploy()
    async with asking(town, line) as unit:
        stranger = question(town, key=ec.generate_private_key(ec.SECP256R1()))
        for number, asked in enumerate((stranger, question(town, unit="unit-2"), b"{}"), 1):
            await unit.say("ask", asked)
            await refusals(caplog, number)
        await answer(town, unit, question(town))  # the first one that comes
        revoked = await (await town.client("operator")).post(f"/v1/units/{UNIT}/revoke", json={"reason": "Stolen."})
        assert revoked.status_code == 200
        await unit.say("ask", question(town))
        refused = await refusals(caplog, 4)
    assert refused[-1] == "ask of unit-1 refused: the unit is not enrolled, or was revoked"


async def test_a_keeper_that_is_gone_holds_up_nothing_and_is_said(
    town: Town, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is kept for later: an answer that comes late counts for nothing."""
    await town.enrol()
    said: list[str] = []

    async def say(unit: str, what: str, payload: bytes) -> bool:
        said.append(what)
        return True

    gone = Leases(Units(town.database), Keeper(town.layout.run / "nobody.sock"), say)
    here = Leases(Units(town.database), town.keeper, say)
    monkeypatch.setattr(module, "STALE_S", -1.0)
    here.heard(UNIT, question(town))  # has waited too long already
    running = asyncio.create_task(here.run())
    await asyncio.sleep(0.05)
    monkeypatch.undo()
    with caplog.at_level(logging.WARNING):
        also = asyncio.create_task(gone.run())
        gone.heard(UNIT, question(town))
        async with asyncio.timeout(5):
            while "a question of unit-1 is not answered" not in caplog.text:
                await asyncio.sleep(0.01)
        assert said == []
        here.heard(UNIT, question(town))
        async with asyncio.timeout(5):
            while said != ["lease"]:
                await asyncio.sleep(0.01)
    for task in (running, also):
        task.cancel()
    await asyncio.gather(running, also, return_exceptions=True)
