# SPDX-License-Identifier: EUPL-1.2
"""What everybody sees of what films: how long still, who looks under which number, what is wrong, and what is next."""

from typing import Any

import pytest

from contract.envelope import fingerprint, spki
from contract.mandate import HOUR_US
from contract.messages import CameraState, Order
from hub.deployments.standing import Orders
from hub.fleet.health import HealthReports
from hub.fleet.reports import Reports
from hub.store.health import HealthTable
from hub.store.records import SignedRecords
from hub.store.units import Units
from hub.store.views import Views
from tests.integration.filming import state
from tests.integration.fleet.test_health import report
from tests.integration.town import CAMERA, MINUTE_US, UNIT, Town, signature

MEDIA = "a" * 32
FILMING = CameraState(CAMERA, "filming", None, None)


@pytest.fixture
async def open_town(town: Town) -> Town:
    """A deployment whose window is open, and a media process that lives."""
    await town.deploy()
    town.now_us += 2 * MINUTE_US
    await Views(town.database).register_media(MEDIA, town.now_us, 0, [])
    return town


async def alarms(town: Town, *kinds: str) -> list[dict[str, Any]]:
    """Those of these kinds."""
    return [alarm for alarm in (await overview(town))["alarms"] if alarm["kind"] in kinds]


async def overview(town: Town) -> dict[str, Any]:
    return dict((await (await town.client("viewer")).get("/v1/overview")).json())


async def reported(town: Town, sequence: int, *cameras: CameraState) -> None:
    await Reports(Units(town.database), lambda: town.now_us).take(
        UNIT, state(town, sequence, cameras=cameras), retained=False
    )


async def test_whoever_looks_is_named_with_the_number_of_their_look(open_town: Town) -> None:
    viewer = await open_town.client("viewer")
    (view,) = (await viewer.post("/v1/views", json={"cameras": [CAMERA], "purpose": "watch"})).json()
    (filming,) = (await overview(open_town))["filming"]
    assert filming["looks"] == [], "a grant without a socket is nobody's look"

    await Views(open_town.database).register_media(MEDIA, open_town.now_us, 0, [view["log_index"]])

    (filming,) = (await overview(open_town))["filming"]
    assert filming["looks"] == [
        {
            "name": "Viewer",
            "purpose": "watch",
            "cameras": [CAMERA],
            "log_index": view["log_index"],
            "since_us": open_town.now_us,
        }
    ]


async def test_an_overrun_moves_the_end_and_leaves_one_less(open_town: Town) -> None:
    (before,) = (await overview(open_town))["filming"]
    assert before["overrun"] == {
        "times": 2,
        "minutes": 30,
        "taken": 0,
        "left": 2,
        "last_us": before["until_us"] + HOUR_US,
        "next_us": before["until_us"] + HOUR_US // 2,
    }
    operator = await open_town.client("operator")
    path = f"/v1/deployments/{before['deployment']}/overruns"
    draft = (await operator.post(path, json={"reason": "people are still leaving"})).json()
    key = open_town.operators[0]
    signed = await operator.post(f"/v1/overruns/{draft['digest']}/signatures", json=signature(draft, key))
    assert signed.status_code == 201, signed.text

    (after,) = (await overview(open_town))["filming"]
    assert after["until_us"] == before["overrun"]["next_us"]
    assert (after["overrun"]["taken"], after["overrun"]["left"]) == (1, 1)
    assert after["overrun"]["last_us"] == before["overrun"]["last_us"]
    assert fingerprint(spki(key)) in after["operators"]


async def test_a_camera_that_should_film_and_does_not_is_an_alarm(open_town: Town) -> None:
    await reported(open_town, 1, CameraState(CAMERA, "filming", None, None))
    kinds = ("camera-failing", "unit-silent", "posts-unplaced")
    assert await alarms(open_town, *kinds) == []

    await reported(open_town, 2, CameraState(CAMERA, "failing", "camera.missing", "no such device"))
    (failing,) = await alarms(open_town, *kinds)
    assert (failing["kind"], failing["camera"], failing["rule"]) == ("camera-failing", CAMERA, "camera.missing")

    heard_us, open_town.now_us = open_town.now_us, open_town.now_us + MINUTE_US
    await Reports(Units(open_town.database), lambda: open_town.now_us).notice_silence()
    shown = await overview(open_town)
    (silent,), (filming,) = shown["alarms"], shown["filming"]
    assert (silent["kind"], silent["unit"], silent["since_us"]) == ("unit-silent", UNIT, heard_us)
    assert silent["until_us"] == filming["until_us"]
    assert filming["cameras"][0]["doing"] is None, "of a silent unit nothing is known"


async def test_a_unit_that_is_not_ready_is_an_alarm_until_it_is(open_town: Town) -> None:
    await reported(open_town, 1, FILMING)
    (unheard,) = await alarms(open_town, "unit-not-ready")
    assert (unheard["unit"], unheard["checks"], unheard["count"]) == (UNIT, ["report"], 1)

    async def says(sequence: int, **changes: Any) -> None:
        payload = report(open_town, sequence, **changes)
        await HealthReports(Units(open_town.database), HealthTable(open_town.database), lambda: open_town.now_us).take(
            UNIT, payload
        )

    (filming,) = (await overview(open_town))["filming"]
    stands = await Orders(SignedRecords(open_town.database)).of_deployment(filming["deployment"])
    assert stands is not None
    held = Order(filming["deployment"], stands.decided.digest, filming["from_us"], filming["until_us"])
    await says(1, orders=(held,), disk_free=0)
    (full,) = await alarms(open_town, "unit-not-ready")
    assert (full["checks"], full["number"], full["since_us"]) == (["disk"], filming["number"], filming["from_us"])

    await says(2, orders=(held,))
    assert (await overview(open_town))["alarms"] == []

    await says(3, orders=(held,), disk_free=0)
    await reported(open_town, 2, CameraState(CAMERA, "failing", "camera.missing", "no such device"))
    assert [alarm["kind"] for alarm in (await overview(open_town))["alarms"]] == ["camera-failing"], "one thing, once"


async def test_who_approved_is_named(open_town: Town) -> None:
    (filming,) = (await overview(open_town))["filming"]
    assert filming["approved_by"] == ["Een", "Twee"]


async def test_a_window_with_nothing_placed_is_wrong_from_half_an_hour_before_it_opens(town: Town) -> None:
    await town.introduce()
    await town.enrol()
    from_us = town.now_us + 31 * MINUTE_US
    decided = await town.decide(windows=[{"from_us": from_us, "to_us": from_us + HOUR_US}])
    assert await alarms(town, "posts-unplaced") == []

    town.now_us += MINUTE_US
    (soon,) = await alarms(town, "posts-unplaced")
    assert (soon["number"], soon["count"], soon["posts"]) == (decided["number"], 1, ["Voorbeeldplein 1"])
    assert (soon["since_us"], soon["until_us"]) == (from_us, from_us + HOUR_US)

    town.now_us = from_us + MINUTE_US
    town.clients.clear()
    assert len(await alarms(town, "posts-unplaced")) == 1
    (filming,) = (await overview(town))["filming"]
    assert filming["cameras"] == [], "an open window is no camera that films"

    draft = (await town.draft_assignment(decided)).json()
    for key in town.operators:
        await town.sign_assignment(draft, key)
    assert await alarms(town, "posts-unplaced") == []


async def test_what_films_next_is_named_with_what_is_still_to_be_placed(town: Town) -> None:
    await town.introduce()
    await town.enrol()
    decided = await town.decide()
    (upcoming,) = (await overview(town))["upcoming"]
    assert (upcoming["number"], upcoming["posts"], upcoming["placed"]) == (decided["number"], 1, 0)
    assert (await overview(town))["next"] == upcoming

    draft = (await town.draft_assignment(decided)).json()
    for key in town.operators:
        await town.sign_assignment(draft, key)
    assert (await overview(town))["upcoming"][0]["placed"] == 1
