# SPDX-License-Identifier: EUPL-1.2
"""What the demo says: lines that stay, one below them on a terminal, and what is done once only when it is done."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.demo import command
from hub.demo.screen import CLEAR, Screen
from tests.films import numbered_film


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_on_a_terminal_a_status_is_written_over_and_makes_room_for_a_line() -> None:
    stream = Terminal()
    screen = Screen(stream, Clock())
    screen.say("open  http://localhost:1")
    screen.status("segment 1")
    screen.status("segment 2")
    screen.say("films")
    screen.say("waits")
    below = f"{CLEAR}segment 1{CLEAR}segment 2{CLEAR}"
    assert stream.getvalue() == f"open  http://localhost:1\n{below}films\nwaits\n"


def test_a_status_fits_into_one_line_of_the_terminal() -> None:
    stream = Terminal()
    Screen(stream, Clock()).status("x" * 500)
    assert len(stream.getvalue()) < len(CLEAR) + 80


def test_elsewhere_a_status_is_not_said() -> None:
    stream = io.StringIO()
    Screen(stream, Clock()).status("segment 1")
    assert stream.getvalue() == ""


def test_what_would_steer_a_terminal_is_shown() -> None:
    stream = Terminal()
    Screen(stream, Clock()).say("unit-1: \x1b[2J\rfilms Plein é")
    assert stream.getvalue() == "unit-1: ?[2J?films Plein é\n"


def test_progress_is_said_when_it_begins_and_each_two_seconds_that_it_takes() -> None:
    stream, clock = io.StringIO(), Clock()
    screen = Screen(stream, clock)
    for tenth in range(51):
        clock.now_s = tenth / 10
        screen.progress("fetching the street film", 2 * tenth)
    screen.progress("preparing the film", 0)
    assert stream.getvalue().splitlines() == [
        "fetching the street film (once)",
        "fetching the street film: 40 %",
        "fetching the street film: 80 %",
        "preparing the film (once)",
    ]


@pytest.fixture
def chosen(tmp_path: Path) -> Iterator[command.Options]:
    film = numbered_film(tmp_path / "film.mp4", 50, 25)
    yield command.Options(tmp_path / "state", tmp_path / "cache", 60, film, {})


async def test_a_film_is_prepared_once_and_said_then_only(chosen: command.Options) -> None:
    said = [io.StringIO(), io.StringIO()]
    films = [await command._film(chosen, Screen(stream, Clock())) for stream in said]
    assert films[0] == films[1]
    assert [stream.getvalue() for stream in said] == ["preparing the film (once)\n", ""]


async def test_on_a_terminal_the_percentage_is_rewritten(chosen: command.Options) -> None:
    stream = Terminal()
    await command._film(chosen, Screen(stream, Clock()))
    assert stream.getvalue().startswith("preparing the film (once)\n" + CLEAR)
    assert stream.getvalue().endswith("preparing the film: 100 %")
