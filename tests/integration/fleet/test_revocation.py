# SPDX-License-Identifier: EUPL-1.2
"""A unit is revoked: at once for everybody who deals with units, in the log as soon as it can be written."""

import asyncio
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from contract.events import Event
from contract.mandate import read_message
from hub.app import media
from hub.config import Settings
from hub.fleet.reports import ReportRefusedError, Reports
from hub.fleet.revocation import BrokerLists, Revoking
from hub.keeper.client import Keeper, KeeperUnreachableError
from hub.problem import ProblemError
from hub.store.downlink import Downlink
from hub.store.units import Units
from tests.integration.deployments.test_mandates import mandates
from tests.integration.filming import state
from tests.integration.fleet.test_enrolment import certificate, enrolment, pem
from tests.integration.live.test_admission import START_ID, unit_is
from tests.integration.town import CAMERA, UNIT, Town, problem

WHY = {"reason": "The mast was stolen."}


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What the keeper was asked to log."""
    asked: list[tuple[str, int]] = []
    logs = Keeper.revoked

    async def revoked(self: Keeper, unit: str, epoch: int) -> int:
        asked.append((unit, epoch))
        return await logs(self, unit, epoch)

    monkeypatch.setattr(Keeper, "revoked", revoked)
    return asked


async def revoke(town: Town, role: str = "operator", unit: str = UNIT) -> Any:
    return await (await town.client(role)).post(f"/v1/units/{unit}/revoke", json=WHY)


async def test_the_next_request_of_a_revoked_unit_is_refused(town: Town, logged: list[tuple[str, int]]) -> None:
    await town.deploy()
    shown = certificate(town).public_bytes(Encoding.DER)
    await enrolment(town).admitted(shown)
    answer = await revoke(town)

    (index,) = [index for index, _ in town.log.find(Event.UNIT_REVOKED.value)]
    assert answer.json() == {"unit": UNIT, "epoch": 1, "revoked_at_us": town.now_us, "log_index": index}
    assert logged == [(UNIT, 1)]
    with pytest.raises(ProblemError) as refused:
        await enrolment(town).admitted(shown)
    assert refused.value.parameters["reason"] == "the unit was revoked"
    with pytest.raises(ReportRefusedError):
        reports = Reports(Units(town.database), lambda: town.now_us)
        await reports.take(UNIT, state(town, 1), retained=False)
    body = {"certificate": pem(certificate(town)), "camera": CAMERA}
    again = await (await town.client("operator")).post("/v1/units", json=body)
    assert problem(again) == (403, "certificate-refused", "unit.revoked")


async def test_asked_again_it_is_the_same_revocation(town: Town, logged: list[tuple[str, int]]) -> None:
    await town.deploy()
    first = (await revoke(town)).json()
    town.now_us += 1_000_000

    assert (await revoke(town)).json() == first
    assert logged == [(UNIT, 1)]


async def test_who_may_not_and_what_is_not_there(town: Town, logged: list[tuple[str, int]]) -> None:
    await town.enrol()
    for role in ("viewer", "approver"):
        assert problem(await revoke(town, role))[:2] == (403, "not-allowed")
    assert problem(await revoke(town, unit="unit-9"))[:2] == (404, "not-found")
    empty = await (await town.client("operator")).post(f"/v1/units/{UNIT}/revoke", json={"reason": ""})
    assert empty.status_code == 400
    row = await Units(town.database).get(UNIT)
    assert row is not None and row.state == "active" and logged == []


async def test_its_orders_are_withdrawn(town: Town, logged: list[tuple[str, int]]) -> None:
    await town.deploy()
    await mandates(town).refresh(UNIT)
    assert len(await orders(town)) == 1
    await revoke(town)
    await mandates(town).refresh(UNIT)

    assert await orders(town) == ()


async def orders(town: Town) -> tuple[object, ...]:
    row = await Downlink(town.database).mandate(UNIT)
    assert row is not None
    return read_message(row.payload).mandates


async def test_a_state_that_was_on_its_way_does_not_bring_it_back(town: Town, logged: list[tuple[str, int]]) -> None:
    await town.enrol()
    units = Units(town.database)
    before = await units.get(UNIT)
    assert before is not None
    await revoke(town)
    await units.report(before.__class__(**{**vars(before), "online": True, "start_id": START_ID}))

    after = await units.get(UNIT)
    assert after is not None and (after.state, after.online, after.start_id) == ("revoked", False, None)


async def test_its_session_loses_its_lease(town: Town, logged: list[tuple[str, int]]) -> None:
    await town.deploy()
    town.now_us += 120_000_000
    await unit_is(town, True, START_ID)
    settings = Settings(state=town.layout.state, database_url=town.database.url, mqtt_url="mqtts://127.0.0.1:1")
    parts = media.assembled(settings, town.database, "5" * 32, lambda: town.now_us)
    await parts.views.register_media("5" * 32, town.now_us, 0, [])
    viewer = await town.client("viewer")
    (view,) = (await viewer.post("/v1/views", json={"cameras": [CAMERA], "purpose": "watch"})).json()
    viewing = await parts.admission.redeem(view["ticket"])
    assert parts.admission.admit(UNIT, CAMERA) is not None
    listening = asyncio.create_task(media._unit_states(town.database.url, parts))
    try:
        await revoke(town)
        async with asyncio.timeout(5):
            while parts.admission.admit(UNIT, CAMERA) is not None:
                await asyncio.sleep(0.01)
        assert await parts.admission.renew([viewing]) == []
        assert parts.admission.admit(UNIT, CAMERA) is None, "nothing is renewed for it"
    finally:
        listening.cancel()


async def test_a_log_that_cannot_be_written_delays_nothing_but_the_entry(
    town: Town, monkeypatch: pytest.MonkeyPatch, logged: list[tuple[str, int]]
) -> None:
    await town.deploy()
    works = Keeper.revoked

    async def gone(self: Keeper, unit: str, epoch: int) -> int:
        raise KeeperUnreachableError("no keeper")

    monkeypatch.setattr(Keeper, "revoked", gone)
    answer = await revoke(town)
    assert (answer.status_code, answer.json()["log_index"]) == (200, None)
    units, path = Units(town.database), town.layout.revoked
    row = await units.get(UNIT)
    assert row is not None and row.state == "revoked"

    lists = BrokerLists(units, Revoking(units, town.keeper, lambda: town.now_us), path, town.layout.admitted)
    await lists.look()
    assert json.loads(path.read_bytes()) == [UNIT]
    assert len(await units.unlogged_revocations()) == 1
    monkeypatch.setattr(Keeper, "revoked", works)
    await lists.look()
    assert await units.unlogged_revocations() == [] and logged == [(UNIT, 1)]


async def test_a_unit_that_never_had_a_post_is_revoked_and_the_log_does_not_say_so(
    town: Town, logged: list[tuple[str, int]], caplog: pytest.LogCaptureFixture
) -> None:
    await town.enrol()
    units = Units(town.database)
    answer = await revoke(town)
    assert (answer.status_code, answer.json()["log_index"]) == (200, None)
    row = await units.get(UNIT)
    assert row is not None and row.state == "revoked"

    revoking = Revoking(units, town.keeper, lambda: town.now_us)
    caplog.clear()
    for _ in range(3):
        await revoking.log_waiting()
    assert caplog.text.count("the log does not say so") == 1
    assert list(town.log.find(Event.UNIT_REVOKED.value)) == [] and len(logged) == 4


async def test_the_brokers_lists_are_written_only_when_they_change(town: Town, logged: list[tuple[str, int]]) -> None:
    await town.enrol()
    units, path = Units(town.database), town.layout.revoked
    lists = BrokerLists(units, Revoking(units, town.keeper, lambda: town.now_us), path, town.layout.admitted)
    await lists.look()
    first = path.stat().st_ino
    assert json.loads(path.read_bytes()) == [] and json.loads(town.layout.admitted.read_bytes()) == [UNIT]
    await lists.look()
    assert path.stat().st_ino == first
    await revoke(town)
    await lists.look()
    assert json.loads(path.read_bytes()) == [UNIT] and path.stat().st_ino != first
    assert json.loads(town.layout.admitted.read_bytes()) == []
