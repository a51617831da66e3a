# SPDX-License-Identifier: EUPL-1.2
"""The seed clients, cut after any of their requests: the next start goes on until a camera is placed and films."""

import json
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from contract.mandate import Window
from hub.access.people import Accounts
from hub.demo import seeds
from hub.demo.command import APPROVERS, OPERATORS
from hub.store.people import People
from tests.integration.town import CAMERA, CHEAP_KIB, HOUR_US, PASSWORD, PLAN, UNIT, Town


class CutError(Exception):
    """Here somebody pressed Ctrl-C."""


class CutSeed(seeds.Seed):
    """A seed client that is cut after so many requests of all of them together."""

    left: list[int]

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        answer = await super().ask(method, path, body)
        if method == "POST" and path.startswith(("/v1/plans", "/v1/deployments", "/v1/assignments")):
            self.left[0] -= 1
            if self.left[0] == 0:
                raise CutError
        return answer


async def start(town: Town, folder: Path, requests: int) -> str:
    """What the demo does with the API; cut after so many requests that decide or place (0: not at all)."""
    left = [requests]
    async with AsyncExitStack() as stack:

        async def seed(name: str) -> seeds.Seed:
            made = CutSeed("http://localhost:80", name, PASSWORD, folder / f"{name}.key")
            await made._http.aclose()
            made.left, made._http = left, town.browser()
            return await stack.enter_async_context(made)

        approvers = {slot: await seed(name) for slot, name in APPROVERS.items()}
        cast = seeds.Cast(approvers, [await seed(name) for name in OPERATORS])
        roster, codes = (json.loads((town.layout.offline / f"{name}.json").read_text()) for name in ("roster", "codes"))
        await seeds.introduce(cast, roster, PLAN.municipality, codes)
        certificate = (town.layout.unit(UNIT) / "identity.pem").read_text()
        units = [seeds.SeedUnit(UNIT, CAMERA, certificate, "a test")]
        await seeds.enrol(cast, units)
        standing = await seeds.go_on(cast, units)
        return standing or await seeds.deploy(cast, units, Window(town.now_us, town.now_us + HOUR_US))


async def filming(town: Town) -> list[tuple[str, str]]:
    """Number and camera, of every camera placed in an open window."""
    overview = (await (await town.client("viewer")).get("/v1/overview")).json()
    return [(item["number"], camera["camera"]) for item in overview["filming"] for camera in item["cameras"]]


@pytest.fixture
async def accounts(town: Town) -> None:
    people = Accounts(People(town.database), lambda: town.now_us, CHEAP_KIB)
    for slot, name in APPROVERS.items():
        await people.add(name, name, "approver", PASSWORD, demo=True, slot=slot)
    for name in OPERATORS:
        await people.add(name, name, "operator", PASSWORD, demo=True)


@pytest.mark.usefixtures("accounts")
@pytest.mark.parametrize("requests", [1, 2, 3, 4, 5, 6, 7])
async def test_a_start_that_was_cut_is_gone_on_with(town: Town, tmp_path: Path, requests: int) -> None:
    with pytest.raises(CutError):
        await start(town, tmp_path, requests)
    number = await start(town, tmp_path, 0)
    assert await filming(town) == [(number, CAMERA)]
    again = await start(town, tmp_path, 0)
    assert again == number
    assert await filming(town) == [(number, CAMERA)]


@pytest.mark.usefixtures("accounts")
async def test_when_the_window_is_over_another_deployment_is_made(town: Town, tmp_path: Path) -> None:
    first = await start(town, tmp_path, 0)
    town.now_us += HOUR_US
    second = await start(town, tmp_path, 0)
    assert second != first
    assert await filming(town) == [(second, CAMERA)]


def test_a_torn_key_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.key").write_bytes(b"")
    with pytest.raises(seeds.SeedError, match=r"x\.key is not a private key"):
        seeds.Seed("http://localhost:80", "x", PASSWORD, tmp_path / "x.key")
