# SPDX-License-Identifier: EUPL-1.2
"""The agent while a decision runs: an overrun without a gap, a newer decision, aiming, a swap, a day unconfirmed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contract.index import Closing, IndexRow
from contract.mandate import HOUR_US, Overrun, Window
from contract.running import SETUP_LIFE_US
from tests.films import numbered_film
from tests.integration.edge.conftest import FPS, UnitUnderTest
from tests.integration.edge.wires import until
from tests.simulated_hub import DEPLOYMENT, MINUTE_US, aim, necessity, overrun, stop, swap
from tests.unit.edge.unit import NOW_US

SECOND_US = 1_000_000
JOIN_US = 500_000


def filmed(unit: UnitUnderTest) -> list[IndexRow]:
    """What was recorded, in the chain's order."""
    return [row for row in unit.hub.chain.values() if isinstance(row, IndexRow)]


def whole(rows: list[IndexRow], from_us: int, to_us: int) -> bool:
    """Whether rows cover a stretch without a hole that a person could see."""
    at_us = from_us
    for row in sorted(rows, key=lambda row: row.from_us):
        if row.from_us - at_us > JOIN_US:
            return False
        at_us = max(at_us, row.to_us)
    return to_us - at_us <= JOIN_US


@pytest.fixture(scope="session")
def large_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Larger than what is shown for aiming."""
    return numbered_film(tmp_path_factory.mktemp("film") / "large.mp4", 2 * FPS, FPS, 1280, 720, gop=10)


async def test_an_overrun_films_and_shows_on_without_a_gap_and_a_stop_ends_it(unit: UnitUnderTest) -> None:
    to_us = unit.clock.now_us() + 2 * SECOND_US
    unit.hub.order(windows=(Window(NOW_US - MINUTE_US, to_us),), overrun=Overrun(2, 30))
    async with unit.running() as agent:
        await unit.wires.send("mandate", unit.message())
        await until(lambda: unit.camera_says("filming"))
        began_us = unit.clock.now_us()
        await unit.wires.send("publish", unit.hub.lease(agent.start_id))
        overrun(unit.hub)
        await unit.wires.send("mandate", unit.message())
        (session,) = await until(lambda: unit.sessions.made)
        await until(lambda: session.sent_us and session.sent_us[-1] > to_us + SECOND_US)
        assert unit.camera_says("filming")
        stop(unit.hub, ends_us := unit.clock.now_us())
        await unit.wires.send("mandate", unit.message())
        await until(lambda: unit.camera_says("mandate.stopped"))
        await until(lambda: any(isinstance(row, Closing) for row in unit.hub.chain.values()))
    rows = filmed(unit)
    assert whole(rows, began_us, ends_us)
    assert max(row.to_us for row in rows) <= unit.clock.now_us() + SECOND_US // 25  # the last picture stands so long
    assert (len(unit.sources), len(unit.sessions.made)) == (1, 1), "nothing began anew"
    assert not unit.wires.refused


async def test_an_overrun_that_came_too_late_is_filmed_from_then_on(unit: UnitUnderTest) -> None:
    to_us = unit.clock.now_us() + SECOND_US
    unit.hub.order(windows=(Window(NOW_US - MINUTE_US, to_us),), overrun=Overrun(2, 30))
    async with unit.running():
        await unit.wires.send("mandate", unit.message())
        await until(lambda: unit.camera_says("filming"))
        await until(lambda: unit.camera_says("window.after"))
        overrun(unit.hub)
        await unit.wires.send("mandate", unit.message())
        await until(lambda: unit.camera_says("filming"))
        late_us = unit.clock.now_us()
        await until(lambda: unit.clock.now_us() > late_us + SECOND_US)
    assert max(row.to_us for row in filmed(unit)) > to_us + SECOND_US
    assert not unit.wires.refused


async def test_a_newer_decision_films_on_without_a_gap(unit: UnitUnderTest) -> None:
    """Two people prolonged: the post is the same, so its assignment stays, and the window is longer."""
    window = Window(NOW_US - MINUTE_US, NOW_US + HOUR_US)
    first = unit.hub.order(windows=(window,))
    async with unit.running():
        await unit.wires.send("mandate", unit.message())
        await until(lambda: unit.camera_says("filming"))
        began_us = unit.clock.now_us()
        await until(lambda: unit.clock.now_us() > began_us + SECOND_US)
        unit.hub.now_us = unit.clock.now_us()
        second = unit.hub.order(serial=2, windows=(Window(window.from_us, window.to_us + HOUR_US),))
        unit.hub.mandates[DEPLOYMENT] = replace(second, assignments=first.assignments)
        await unit.wires.send("mandate", unit.message())
        newer_us = unit.clock.now_us()
        await until(lambda: unit.clock.now_us() > newer_us + 2 * SECOND_US)
    rows = filmed(unit)
    assert {row.decision for row in rows} == {first.decision.digest, second.decision.digest}
    assert whole(rows, began_us, newer_us + 2 * SECOND_US)
    assert len(unit.sources) == 1, "the camera was not opened anew"
    assert not unit.wires.refused


async def test_aiming_shows_small_pictures_before_the_window_and_records_nothing(
    unit: UnitUnderTest, large_film: Path
) -> None:
    unit.film = large_film
    unit.hub.order(windows=(Window(NOW_US + HOUR_US, NOW_US + 2 * HOUR_US),))
    setup = Window(NOW_US, NOW_US + SETUP_LIFE_US)
    aim(unit.hub, setup, alone=False)
    async with unit.running() as agent:
        await unit.wires.send("mandate", unit.message())
        await until(lambda: unit.camera_says("mandate.setup"))
        assert unit.wires.camera.doing == "filming"
        await unit.wires.send("publish", unit.hub.lease(agent.start_id))
        (session,) = await until(lambda: unit.sessions.made)
        await until(lambda: len(session.sent_us) >= 5)
        assert session.sent_us[4] - session.sent_us[0] >= SECOND_US * 3 // 4, "five a second"
        unit.ahead_us = SETUP_LIFE_US
        await until(lambda: unit.camera_says("window.before"))
        count = len(session.sent_us)
    assert count == len(session.sent_us)
    assert (unit.hub.chain, unit.spooled()) == ({}, [])


async def test_in_an_open_window_a_placed_camera_films_whatever_is_aimed(unit: UnitUnderTest) -> None:
    unit.hub.order(windows=(Window(NOW_US - MINUTE_US, NOW_US + HOUR_US),))
    aim(unit.hub, Window(NOW_US, NOW_US + SETUP_LIFE_US), alone=False)
    async with unit.running():
        await unit.wires.send("mandate", unit.message())
        await until(lambda: unit.camera_says("filming"))
        assert not unit.camera_says("mandate.setup")
        began_us = unit.clock.now_us()
        await until(lambda: unit.clock.now_us() > began_us + SECOND_US)
    assert filmed(unit)


async def test_a_unit_that_was_swapped_out_stops_and_says_so(unit: UnitUnderTest) -> None:
    unit.hub.order()
    async with unit.running():
        await unit.wires.send("mandate", unit.message())
        await until(lambda: unit.camera_says("filming"))
        swap(unit.hub)
        await unit.wires.send("mandate", unit.message())
        await until(lambda: unit.camera_says("mandate.none"))
        (closing,) = await until(lambda: [row for row in unit.hub.chain.values() if isinstance(row, Closing)])
    assert closing.ended == "withdrawn"


async def test_a_day_without_a_confirmation_ends_filming_and_a_confirmation_begins_it(unit: UnitUnderTest) -> None:
    unit.hub.order(windows=(Window(NOW_US - 24 * HOUR_US + 2 * SECOND_US, NOW_US + HOUR_US),))
    async with unit.running():
        await unit.wires.send("mandate", unit.message())
        await until(lambda: unit.camera_says("filming"))
        await until(lambda: unit.camera_says("R06"))
        before, over_us = len(unit.emitted), unit.clock.now_us()
        await until(lambda: unit.clock.now_us() > over_us + SECOND_US)
        assert len(unit.emitted) == before
        necessity(unit.hub, unit.clock.now_us())
        await unit.wires.send("mandate", unit.message())
        await until(lambda: unit.camera_says("filming") and not unit.camera_says("R06"))
        await until(lambda: len(unit.emitted) > before + FPS)
    gaps: list[Any] = [row for row in unit.hub.chain.values() if getattr(row, "reason", "") == "refused"]
    assert gaps, "what was not filmed meanwhile is a signed gap"
