# SPDX-License-Identifier: EUPL-1.2
"""A unit with more orders than one message holds: the most urgent are told, none that was told is left out."""

import math
from typing import Any

import httpx
import pytest

from contract.authority import EMPTY, examine
from contract.mandate import Decision, MandateMessage, read_message
from contract.record import load
from hub.store.downlink import Downlink
from tests.integration.deployments.test_mandates import mandates
from tests.integration.town import HOUR_US, UNIT, Town, place, problem

CORNERS = [
    (545_006_000 + round(5_500 * math.sin(n * math.pi / 30)), 45_010_000 + round(9_500 * math.cos(n * math.pi / 30)))
    for n in range(60)
]
FAT = {
    "area": [place(*corner) for corner in CORNERS],
    "posts": [
        {
            "post": "post-1",
            "name": "Voorbeeldplein 1",
            "position": place(545_006_000, 45_010_000),
            "view": {"azimuth_mdeg": 90_000, "tilt_mdeg": 30_000, "hfov_mdeg": 66_000, "height_mm": 6_000},
        }
    ],
    "necessity": "c" * 400,
}
"""A decision of more than 4 KiB: with 90 hour keys two of them do not fit into one message."""
LASTS = {"overrun": {"times": 0, "minutes": 0}, "offline_grace_s": 0}  # an order is over with its window


async def asked_for(town: Town, from_h: int, to_h: int, **changes: Any) -> httpx.Response:
    """The answer to placing the unit in one more deployment, from then to then."""
    windows = [{"from_us": town.now_us + from_h * HOUR_US, "to_us": town.now_us + to_h * HOUR_US}]
    return await town.draft_assignment(await town.decide(windows=windows, **(LASTS | changes)))


async def placed(town: Town, from_h: int, to_h: int, **changes: Any) -> None:
    """One more deployment with the unit in it."""
    draft = await asked_for(town, from_h, to_h, **changes)
    assert draft.status_code == 201, draft.text
    for key in town.operators:
        assert (await town.sign_assignment(draft.json(), key)).status_code == 201


async def told(town: Town) -> list[str]:
    """The numbers of the deployments that the unit is told of, after a look at it; its own verifier takes them all."""
    await mandates(town).refresh(UNIT)
    row = await Downlink(town.database).mandate(UNIT)
    assert row is not None
    message = read_message(row.payload)
    examined = examine(message, town.anchors, EMPTY, town.identity.name)
    assert examined.refusals == () and len(examined.orders) == len(message.mandates)
    return numbers(message)


def numbers(message: MandateMessage) -> list[str]:
    return [load(Decision, mandate.decision.body).number for mandate in message.mandates]


async def held_back(town: Town) -> int:
    (unit,) = (await (await town.client("operator")).get("/v1/units")).json()
    return int(unit["held_back"])


async def ready(town: Town) -> None:
    await town.introduce()
    await town.enrol()


async def test_the_next_to_begin_are_told_and_the_rest_when_there_is_room(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    await ready(town)
    for n in reversed(range(10)):
        await placed(town, n, n + 1)  # 2026-010 is open now, 2026-001 begins last
    expected = [f"2026-{n:03}" for n in range(10, 0, -1)]
    first = await told(town)

    assert 5 <= len(first) < 9 and first == expected[: len(first)]
    assert await held_back(town) == 10 - len(first)
    [alarm] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert alarm == f"{UNIT} is not told of {', '.join(expected[len(first) :])} yet: its mandate message is full"
    for hour in range(1, 10):
        before = set(first)
        town.now_us += HOUR_US
        first = await told(town)
        assert before - set(first) == {expected[hour - 1]}, "only what is over was left out"
        assert first == expected[hour : hour + len(first)]
    assert await held_back(town) == 0


async def test_what_was_told_stays_when_something_begins_before_it(town: Town) -> None:
    await ready(town)
    for _ in range(3):
        await placed(town, 48, 49)
    before = await told(town)
    await placed(town, 1, 2)

    assert await told(town) == ["2026-004", *before]
    assert await held_back(town) == 0


async def test_an_assignment_that_nothing_could_make_room_for_is_refused_before_anyone_signs(town: Town) -> None:
    await ready(town)
    for _ in range(9):
        answer = await asked_for(town, 1, 2)
        if answer.status_code != 201:
            break
        for key in town.operators:
            await town.sign_assignment(answer.json(), key)
    orders = await told(town)

    assert problem(answer) == (409, "unit-full", "unit.orders-full")
    assert answer.json()["parameters"] == {"unit": UNIT, "orders": len(orders)}
    assert await told(town) == orders and len(orders) < 9
    assert await held_back(town) == 0
    assert (await asked_for(town, 3, 4)).status_code == 201, "by then the others are over"


async def test_of_two_drafts_for_the_last_place_one_is_signed(town: Town) -> None:
    await ready(town)
    one, two = await asked_for(town, 1, 90, **FAT), await asked_for(town, 1, 90, **FAT)
    assert (one.status_code, two.status_code) == (201, 201)
    answers = [await town.sign_assignment(draft.json(), key) for draft in (one, two) for key in town.operators]

    assert [answer.status_code for answer in answers] == [201, 201, 201, 409]
    assert problem(answers[-1]) == (409, "unit-full", "unit.orders-full")
