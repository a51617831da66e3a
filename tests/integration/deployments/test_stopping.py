# SPDX-License-Identifier: EUPL-1.2
"""Filming is stopped by one person: signed by the order key, told to the unit, the same when asked again."""

from typing import Any

import pytest

from contract.envelope import Envelope, opened, read
from contract.mandate import STOP, Stop, read_message
from contract.record import load
from contract.roster import Roster
from hub.keeper.client import Keeper, KeeperUnreachableError
from hub.store.downlink import Downlink
from hub.store.records import SignedRecords
from tests.integration.deployments.test_mandates import mandates
from tests.integration.live.test_views import live
from tests.integration.town import CAMERA, MINUTE_US, UNIT, Town, problem

WHY = {"reason": "The demonstration was called off."}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What the keeper was asked to sign."""
    asked: list[tuple[str, int]] = []
    signs = Keeper.stop

    async def stop(self: Keeper, decision: str, ends_at_us: int) -> tuple[Envelope, int]:
        asked.append((decision, ends_at_us))
        return await signs(self, decision, ends_at_us)

    monkeypatch.setattr(Keeper, "stop", stop)
    return asked


async def stop(town: Town, deployment: dict[str, Any], role: str = "operator") -> Any:
    return await (await town.client(role)).post(f"/v1/deployments/{deployment['id']}/stop", json=WHY)


async def filmed(town: Town) -> dict[str, Any]:
    """A deployment whose window is open and whose unit was told."""
    deployment = await town.deploy()
    town.now_us += 2 * MINUTE_US
    await mandates(town).refresh(UNIT)
    return deployment


async def test_a_stop_reaches_the_unit_beside_its_order(town: Town, asked: list[tuple[str, int]]) -> None:
    deployment = await filmed(town)
    answer = (await stop(town, deployment)).json()
    await mandates(town).refresh(UNIT)

    assert (answer["state"], answer["stopped_at_us"]) == ("over", town.now_us)
    assert asked == [(deployment["decision"]["digest"], town.now_us)]
    row = await Downlink(town.database).mandate(UNIT)
    assert row is not None
    message = read_message(row.payload)
    (mandate,) = message.mandates
    assert mandate.stop is not None
    order_key = load(Roster, message.roster.body).order_key
    assert opened(mandate.stop, STOP, Stop, order_key) == Stop(deployment["id"], 1, town.now_us)


async def test_nothing_films_and_nothing_opens_after_it(town: Town, asked: list[tuple[str, int]]) -> None:
    deployment = await filmed(town)
    await live(town)
    viewer = await town.client("viewer")
    assert len((await viewer.get("/v1/overview")).json()["filming"]) == 1
    await stop(town, deployment)

    overview = (await viewer.get("/v1/overview")).json()
    assert (overview["filming"], overview["next"]) == ([], None)
    look = await viewer.post("/v1/views", json={"cameras": [CAMERA], "purpose": "watch"})
    assert problem(look)[:2] == (409, "window-closed")


async def test_asked_again_it_is_the_same_stop(town: Town, asked: list[tuple[str, int]]) -> None:
    deployment = await filmed(town)
    first = (await stop(town, deployment)).json()
    town.now_us += MINUTE_US

    assert (await stop(town, deployment, "approver")).json() == first
    assert len(asked) == 1


async def test_a_keeper_that_could_not_be_reached_is_asked_for_the_same_moment(
    town: Town, asked: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = await filmed(town)
    works = Keeper.stop

    async def gone(self: Keeper, decision: str, ends_at_us: int) -> tuple[Envelope, int]:
        raise KeeperUnreachableError("no keeper")

    monkeypatch.setattr(Keeper, "stop", gone)
    assert problem(await stop(town, deployment))[:2] == (503, "keeper-unreachable")
    at_us = town.now_us
    town.now_us += MINUTE_US
    monkeypatch.setattr(Keeper, "stop", works)

    assert (await stop(town, deployment)).json()["stopped_at_us"] == at_us
    assert asked == [(deployment["decision"]["digest"], at_us)]


async def test_who_may_stop(town: Town, asked: list[tuple[str, int]]) -> None:
    deployment = await filmed(town)
    assert problem(await stop(town, deployment, "viewer"))[:2] == (403, "not-allowed")
    assert (await stop(town, deployment, "approver")).status_code == 200
    draft = await town.register()
    assert problem(await stop(town, draft))[:2] == (409, "not-decided")
    nothing = await stop(town, {"id": "018f0000-0000-7000-8000-000000000001"})
    assert problem(nothing)[:2] == (404, "not-found")


async def test_who_and_why_stand_in_the_table_alone(town: Town, asked: list[tuple[str, int]]) -> None:
    deployment = await filmed(town)
    await stop(town, deployment)
    async with town.database.transaction() as db:
        kept = await db.value("select asked_by || ': ' || reason from stops")
    (row,) = [row for row in await SignedRecords(town.database).of_deployment(deployment["id"]) if row.type == STOP]

    assert kept == f"operator: {WHY['reason']}"
    assert set(vars(load(Stop, read(row.envelope).body))) == {"deployment", "serial", "ends_at_us"}
