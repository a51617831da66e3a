# SPDX-License-Identifier: EUPL-1.2
"""Asking to look: the overview, and the grant that stands in the log before a ticket exists."""

from typing import Literal

import pytest

from contract.envelope import opened, read
from contract.events import Event
from contract.live import TICKET, Grant, Ticket
from contract.mandate import HOUR_US
from contract.messages import CameraState
from contract.record import load
from contract.tlog import commitment
from hub.access.roster import Rosters
from hub.fleet.reports import Reports
from hub.live.overview import MEDIA_SILENT_US
from hub.store.records import SignedRecords
from hub.store.units import Units
from hub.store.views import Views
from tests.integration.filming import state
from tests.integration.town import CAMERA, MINUTE_US, PASSWORD, UNIT, Town, disk_full, nothing_changes, problem

MEDIA = "a" * 32
LOOK = {"cameras": [CAMERA], "purpose": "watch"}


@pytest.fixture
async def open_town(town: Town) -> Town:
    """A deployment whose window is open, and a media process that lives."""
    await town.deploy()
    town.now_us += 2 * MINUTE_US
    await live(town)
    return town


async def live(town: Town) -> None:
    await Views(town.database).register_media(MEDIA, town.now_us, 0, [])


async def order_key(town: Town) -> bytes:
    rosters = Rosters(SignedRecords(town.database), town.keeper, town.anchors, lambda: town.now_us)
    return (await rosters.current()).order_key


async def test_the_overview_before_in_and_after_a_window(town: Town) -> None:
    deployment = await town.deploy()
    viewer = await town.client("viewer")
    before = (await viewer.get("/v1/overview")).json()
    town.now_us += 2 * MINUTE_US
    during = (await viewer.get("/v1/overview")).json()
    town.now_us += 60 * MINUTE_US
    after = (await viewer.get("/v1/overview")).json()

    (window,) = town.asked()["windows"]
    assert before["filming"] == after["filming"] == []
    assert before["next"]["number"] == deployment["number"]
    assert (during["next"], during["demo"], during["now_us"]) == (None, True, town.now_us - 60 * MINUTE_US)
    (filming,) = during["filming"]
    assert (filming["number"], filming["title"], filming["retention_h"]) == (
        deployment["number"],
        "Voorbeeldplein",
        168,
    )
    assert filming["until_us"] - filming["from_us"] == window["to_us"] - window["from_us"]
    assert filming["cameras"] == [
        {
            "camera": CAMERA,
            "post": "post-1",
            "unit": UNIT,
            "name": "Voorbeeldplein 1",
            "unit_online": False,
            "since_us": None,
            "doing": None,
            "rule": None,
            "recording": None,
            "source_note": "a test",
        }
    ]


async def test_what_ended_can_be_looked_back_at_until_its_last_key_is_due(town: Town) -> None:
    deployment = await town.deploy()
    viewer = await town.client("viewer")
    town.now_us += 2 * MINUTE_US
    during = (await viewer.get("/v1/overview")).json()
    (filming,) = during["filming"]
    town.now_us = filming["until_us"] + MINUTE_US
    (recent,) = (await viewer.get("/v1/overview")).json()["recent"]
    last_hour_us = (filming["until_us"] - 1) // HOUR_US * HOUR_US

    assert during["recent"] == []
    assert recent == {
        "deployment": deployment["id"],
        "number": deployment["number"],
        "title": "Voorbeeldplein",
        "from_us": filming["from_us"],
        "ended_us": filming["until_us"],
        "forgotten_us": last_hour_us + filming["retention_h"] * HOUR_US,
        "cameras": [{"camera": CAMERA, "unit": UNIT, "name": "Voorbeeldplein 1", "source_note": "a test"}],
    }

    town.now_us = recent["forgotten_us"]
    again = town.browser()
    assert (await again.post("/v1/session", json={"name": "viewer", "password": PASSWORD})).status_code == 201
    assert (await again.get("/v1/overview")).json()["recent"] == []
    await again.aclose()


@pytest.mark.parametrize(("doing", "recording"), [("filming", True), ("failing", False), (None, None)])
async def test_whether_a_camera_records_is_what_its_unit_reports(
    open_town: Town, doing: Literal["filming", "failing"] | None, recording: bool | None
) -> None:
    reports = Reports(Units(open_town.database), lambda: open_town.now_us)
    cameras = () if doing is None else (CameraState(CAMERA, doing, None, None),)
    await reports.take(UNIT, state(open_town, 1, cameras=cameras), retained=False)

    assert await recorded(open_town) is recording

    await reports.take(UNIT, state(open_town, 2, online=False), retained=False)
    assert await recorded(open_town) is None


async def recorded(town: Town) -> object:
    (filming,) = (await (await town.client("viewer")).get("/v1/overview")).json()["filming"]
    return filming["cameras"][0]["recording"]


async def test_people_with_a_socket_open_are_counted_once_however_often_they_signed_in(open_town: Town) -> None:
    viewer, again = await open_town.client("viewer"), open_town.browser()
    assert (await again.post("/v1/session", json={"name": "viewer", "password": PASSWORD})).status_code == 201
    looks = [(await client.post("/v1/views", json=LOOK)).json()[0]["log_index"] for client in (viewer, viewer, again)]
    views = Views(open_town.database)
    for index in looks:
        await views.open(index, open_town.now_us)
    assert await watching(open_town) == 0  # a grant is no socket

    await views.register_media(MEDIA, open_town.now_us, 0, looks[:2])
    await views.register_media("b" * 32, open_town.now_us, 0, looks[2:])
    assert await watching(open_town) == 1

    await views.forget_media("b" * 32)
    open_town.now_us += MEDIA_SILENT_US + 1
    assert await watching(open_town) == 0  # a media process that is gone shows nobody anything
    await again.aclose()


async def watching(town: Town) -> int:
    (filming,) = (await (await town.client("viewer")).get("/v1/overview")).json()["filming"]
    return int(filming["watching"])


async def test_whose_line_broke_goes_on_under_the_grant_that_stands(open_town: Town) -> None:
    viewer = await open_town.client("viewer")
    (first,) = (await viewer.post("/v1/views", json=LOOK)).json()
    goes_on = LOOK | {"grant": first["log_index"]}

    with nothing_changes(open_town):
        (second,) = (await viewer.post("/v1/views", json=goes_on)).json()

    assert (second["log_index"], second["until_us"]) == (first["log_index"], first["until_us"])
    tickets = [opened(read(v["ticket"].encode()), TICKET, Ticket, await order_key(open_town)) for v in (first, second)]
    assert tickets[0].id != tickets[1].id
    assert tickets[0].grant == tickets[1].grant == first["log_index"]


async def test_a_grant_that_does_not_stand_for_who_asks_is_passed_over(open_town: Town) -> None:
    viewer = await open_town.client("viewer")
    (first,) = (await viewer.post("/v1/views", json=LOOK)).json()
    goes_on = LOOK | {"grant": first["log_index"]}
    again = open_town.browser()
    await again.post("/v1/session", json={"name": "viewer", "password": PASSWORD})

    (others,) = (await again.post("/v1/views", json=goes_on)).json()
    await Views(open_town.database).end(first["log_index"], open_town.now_us)
    (ended,) = (await viewer.post("/v1/views", json=goes_on)).json()
    (unknown,) = (await viewer.post("/v1/views", json=LOOK | {"grant": 99_999})).json()

    assert len({view["log_index"] for view in (first, others, ended, unknown)}) == 4
    for view in (others, ended, unknown):
        assert open_town.log.entry(view["log_index"]).event == Event.VIEW_GRANTED
    await again.aclose()


async def test_a_look_is_in_the_log_before_its_ticket(open_town: Town) -> None:
    viewer = await open_town.client("viewer")

    (view,) = (await viewer.post("/v1/views", json=LOOK)).json()

    leaf = open_town.log.entry(view["log_index"])
    kept = await Views(open_town.database).get(view["log_index"])
    ticket = opened(read(view["ticket"].encode()), TICKET, Ticket, await order_key(open_town))
    assert kept is not None
    grant = load(Grant, kept.body)
    assert leaf.event == Event.VIEW_GRANTED
    assert leaf.digest == commitment(kept.body, kept.salt)
    assert "viewer" not in leaf.encode().decode()
    assert (grant.actor, grant.cameras, grant.until_us) == ("viewer", (CAMERA,), view["until_us"])
    assert (ticket.grant, ticket.camera, ticket.media) == (view["log_index"], CAMERA, MEDIA)
    assert ticket.until_us - ticket.made_at_us == MINUTE_US
    assert (view["camera"], view["transport"], view["url"]) == (CAMERA, "wss", "/live")


async def test_a_grant_ends_with_the_windows_whole_overrun_or_the_session(open_town: Town) -> None:
    viewer = await open_town.client("viewer")
    (view,) = (await viewer.post("/v1/views", json=LOOK)).json()
    (filming,) = (await viewer.get("/v1/overview")).json()["filming"]
    assert view["until_us"] == filming["until_us"] + 2 * 30 * MINUTE_US

    async with open_town.database.transaction() as db:
        await db.run("update sessions set expires_at_us = :at", at=open_town.now_us + MINUTE_US)
    (view,) = (await viewer.post("/v1/views", json=LOOK)).json()
    assert view["until_us"] == open_town.now_us + MINUTE_US


async def test_who_may_not_look(open_town: Town) -> None:
    approver = await open_town.client("approver")

    with nothing_changes(open_town):
        assert problem(await approver.post("/v1/views", json=LOOK)) == (403, "not-allowed", "R11")
        async with open_town.browser() as nobody:
            assert problem(await nobody.post("/v1/views", json=LOOK))[:2] == (401, "not-signed-in")


async def test_outside_a_window_nothing_opens(town: Town) -> None:
    await town.deploy()
    viewer = await town.client("viewer")
    await live(town)
    with nothing_changes(town):
        assert problem(await viewer.post("/v1/views", json=LOOK)) == (409, "window-closed", "R04")
    town.now_us += 120 * MINUTE_US
    await live(town)
    with nothing_changes(town):
        assert problem(await viewer.post("/v1/views", json=LOOK)) == (409, "window-closed", "R04")


async def test_a_camera_that_is_not_placed_opens_nothing_not_even_beside_one_that_is(open_town: Town) -> None:
    viewer = await open_town.client("viewer")

    with nothing_changes(open_town):
        answer = await viewer.post("/v1/views", json=LOOK | {"cameras": [CAMERA, "camera-9"]})

    assert problem(answer) == (409, "window-closed", "R04")


async def test_without_a_media_process_or_a_log_nothing_opens(open_town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    viewer = await open_town.client("viewer")
    disk_full(monkeypatch, True)
    assert problem(await viewer.post("/v1/views", json=LOOK))[:2] == (503, "log-unavailable")
    disk_full(monkeypatch, False)
    async with open_town.database.transaction() as db:
        await db.run("update media set seen_at_us = 1")
    assert problem(await viewer.post("/v1/views", json=LOOK))[:2] == (503, "media-unavailable")


NO_QUESTIONS: list[dict[str, object]] = [
    {"cameras": []},
    {"purpose": "export"},
    {"cameras": ["x"] * 17},
    {"cameras": "camera-1"},
    {"grant": -1},
]


async def test_what_is_no_question(open_town: Town, subtests: pytest.Subtests) -> None:
    viewer = await open_town.client("viewer")
    for asked in NO_QUESTIONS:
        with subtests.test(**asked):
            assert problem(await viewer.post("/v1/views", json=LOOK | asked))[:2] == (400, "invalid-request")


async def test_signing_out_ends_what_was_granted(open_town: Town) -> None:
    viewer = await open_town.client("viewer")
    (view,) = (await viewer.post("/v1/views", json=LOOK)).json()
    await viewer.delete("/v1/session")

    assert await Views(open_town.database).ended([view["log_index"]]) == [view["log_index"]]
