# SPDX-License-Identifier: EUPL-1.2
"""How a unit is: its own report is kept, another's is not, and operators are shown whether it is ready."""

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from contract.envelope import enclose
from contract.messages import HEALTH, CameraHealth, CameraState, Health, Order
from contract.record import dump
from hub.fleet.health import HealthReports, last_health
from hub.fleet.reports import ReportRefusedError, Reports
from hub.store.health import HealthTable
from hub.store.units import RevocationRow, Units
from tests.integration.filming import CLOCK, START_ID, state
from tests.integration.town import CAMERA, HOUR_US, MINUTE_US, UNIT, Town

DAY_US = 24 * HOUR_US
FILMING = (CameraState(CAMERA, "filming", None, None),)


def report(town: Town, sequence: int = 0, key: Any = None, **changes: Any) -> bytes:
    """What the town's unit says of itself."""
    said = Health(
        unit=UNIT,
        start_id=START_ID,
        sequence=sequence,
        at_us=town.now_us,
        firmware="test 1",
        clock=CLOCK,
        certificate_until_us=town.now_us + 5 * DAY_US,
        disk_free=100 * 2**30,
        disk_total=200 * 2**30,
        spool_bytes=2**20,
        spool_limit=8 * 2**30,
        unsent=2,
        oldest_unsent_us=town.now_us - MINUTE_US,
        lease_until_us=town.now_us + 15 * MINUTE_US,
        rss_bytes=64 * 2**20,
        cameras=(CameraHealth(CAMERA, 750, 0, town.now_us - 40_000),),
        orders=(),
    )
    return dump(enclose(HEALTH, replace(said, **changes), key or town.identity.key))


async def take(town: Town, payload: bytes, unit: str = UNIT) -> bool:
    return await HealthReports(Units(town.database), HealthTable(town.database), lambda: town.now_us).take(
        unit, payload
    )


async def starts(town: Town) -> None:
    """The unit is enrolled and says that it is there."""
    await town.enrol()
    await say_state(town)


async def say_state(town: Town) -> None:
    await Reports(Units(town.database), lambda: town.now_us).take(UNIT, state(town, 1, cameras=FILMING), retained=False)


async def shown(town: Town, role: str = "operator") -> dict[str, Any]:
    (unit,) = (await (await town.client(role)).get("/v1/units")).json()
    return dict(unit)


async def sequence(town: Town) -> int | None:
    row = await HealthTable(town.database).get(UNIT)
    kept = None if row is None else last_health(row)
    return None if kept is None else kept.sequence


async def test_the_newest_report_of_this_start_is_kept(town: Town) -> None:
    await starts(town)
    assert await take(town, report(town, 3))
    assert not await take(town, report(town, 3))
    assert not await take(town, report(town, 2))
    assert not await take(town, report(town, 9, start_id="9" * 32)), "an earlier start's, said again"
    assert await sequence(town) == 3
    assert await take(town, report(town, 4))
    assert await sequence(town) == 4


async def test_a_report_that_is_not_the_units_own_is_refused(town: Town) -> None:
    await starts(town)
    forged = report(town, 5, key=ec.generate_private_key(ec.SECP256R1()))
    for payload in (forged, report(town, 5, unit="unit-9"), b"{}", b"\xff" * 100, state(town, 2)):
        with pytest.raises(ReportRefusedError):
            await take(town, payload)
    with pytest.raises(ReportRefusedError):
        await take(town, report(town, 5), unit="unit-9")
    assert await sequence(town) is None


async def test_a_revoked_units_report_is_refused(town: Town) -> None:
    await starts(town)
    await Units(town.database).revoke(RevocationRow(UNIT, 1, "stolen", "operator", town.now_us))
    with pytest.raises(ReportRefusedError):
        await take(town, report(town))
    assert (await shown(town))["ready"] == []


async def test_an_operator_sees_how_it_is_and_a_viewer_that_it_is_there(town: Town) -> None:
    await starts(town)
    await take(town, report(town))
    seen = await shown(town)
    assert (seen["online"], seen["since_us"], seen["doing"]) == (True, town.now_us, "filming")
    assert seen["health"]["received_at_us"] == town.now_us
    assert (seen["health"]["unsent"], seen["health"]["pictures"], seen["health"]["clock_error_us"]) == (2, 750, 1500)
    assert {check["check"]: check["ok"] for check in seen["ready"]}["mandate"] is False
    for role in ("viewer", "approver"):
        seen = await shown(town, role)
        assert (seen["online"], seen["doing"]) == (True, "filming")
        assert (seen["health"], seen["next"], seen["ready"]) == (None, None, [])


async def test_it_is_ready_once_it_holds_its_order(town: Town) -> None:
    deployment = await town.deploy()
    await say_state(town)
    await take(town, report(town, 0))
    seen = await shown(town)
    from_us, to_us = town.now_us + MINUTE_US, town.now_us + MINUTE_US + HOUR_US
    assert seen["next"] == {
        "deployment": deployment["id"],
        "number": deployment["number"],
        "from_us": from_us,
        "to_us": to_us,
    }
    assert [check["says"] for check in seen["ready"] if not check["ok"]] == ["mandate.missing"]

    held = Order(deployment["id"], deployment["decision"]["digest"], from_us, to_us)
    await take(town, report(town, 1, orders=(held,)))
    assert [check["ok"] for check in (await shown(town))["ready"]] == [True] * 6

    await (await town.client("operator")).post(f"/v1/deployments/{deployment['id']}/stop", json={"reason": "off"})
    assert (await shown(town))["next"] is None


async def test_since_when_it_is_there_and_since_when_it_is_not(town: Town) -> None:
    await starts(town)
    began_us = town.now_us
    town.now_us += 10_000_000
    reports = Reports(Units(town.database), lambda: town.now_us)
    await reports.take(UNIT, state(town, 2), retained=False)
    assert (await shown(town))["since_us"] == began_us
    town.now_us += 60_000_000
    await reports.notice_silence()
    seen = await shown(town)
    assert (seen["online"], seen["since_us"], seen["seen_at_us"]) == (False, town.now_us, began_us + 10_000_000)
    town.now_us += 60_000_000
    await reports.notice_silence()
    assert (await shown(town))["since_us"] == town.now_us - 60_000_000
