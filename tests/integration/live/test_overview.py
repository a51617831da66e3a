# SPDX-License-Identifier: EUPL-1.2
"""What everybody sees of what films: how long still, who looks under which number, what is wrong, and what is next."""

from typing import Any

import pytest

from contract.envelope import fingerprint, spki
from contract.mandate import HOUR_US
from contract.messages import CameraState
from hub.fleet.reports import Reports
from hub.store.units import Units
from hub.store.views import Views
from tests.integration.filming import state
from tests.integration.town import CAMERA, MINUTE_US, UNIT, Town, signature

MEDIA = "a" * 32


@pytest.fixture
async def open_town(town: Town) -> Town:
    """A deployment whose window is open, and a media process that lives."""
    await town.deploy()
    town.now_us += 2 * MINUTE_US
    await Views(town.database).register_media(MEDIA, town.now_us, 0, [])
    return town


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
    assert (await overview(open_town))["alarms"] == []

    await reported(open_town, 2, CameraState(CAMERA, "failing", "camera.missing", "no such device"))
    (failing,) = (await overview(open_town))["alarms"]
    assert (failing["kind"], failing["camera"], failing["rule"]) == ("camera-failing", CAMERA, "camera.missing")

    heard_us, open_town.now_us = open_town.now_us, open_town.now_us + MINUTE_US
    await Reports(Units(open_town.database), lambda: open_town.now_us).notice_silence()
    shown = await overview(open_town)
    (silent,), (filming,) = shown["alarms"], shown["filming"]
    assert (silent["kind"], silent["unit"], silent["since_us"]) == ("unit-silent", UNIT, heard_us)
    assert silent["until_us"] == filming["until_us"]
    assert filming["cameras"][0]["doing"] is None, "of a silent unit nothing is known"


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
