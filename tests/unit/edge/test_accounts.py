# SPDX-License-Identifier: EUPL-1.2
"""One camera's accounts by a clock that may be wrong: what nobody vouches for deletes nothing, and states nothing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from contract import chain
from contract.authority import Order
from contract.chain import coverage
from contract.envelope import read
from contract.index import Closing, Gap, IndexRow, Row
from contract.mandate import Window
from contract.segment import FIRST, ClockState
from edge.recorder.accounts import Accounts
from edge.recorder.ledger import Ledger
from edge.recorder.recording import Recording
from edge.recorder.spool import Spool, Waiting
from edge.unit.authority import NotNow, Standing
from edge.unit.clock import UnitClock
from edge.unit.identity import FilmKey, make_film_key
from tests.unit.edge import unit
from tests.unit.edge.hands import Hands
from tests.unit.edge.pictures import pictures, video_format
from tests.unit.edge.unit import CLOCK, IDENTITY, NOW_US

S = 1_000_000
DAY_US = 86_400 * S
WINDOW = Window(NOW_US, NOW_US + 2400 * S)
HUB = unit.hub(windows=(WINDOW,))
ORDER = unit.order(HUB)
CAMERA = ORDER.assignment.camera
STANDING = Standing(ORDER, WINDOW)
OVER = NotNow("window.after", "the window has ended")
UNKNOWN = ClockState("free-running", False, 16_000_000)


@dataclass
class Unit:
    """A camera's accounts, by a clock whose hands a test moves; nothing vouches for it, but what was signed."""

    folder: Path
    hands: Hands = field(default_factory=Hands)
    kernel: ClockState = UNKNOWN
    orders: tuple[Order, ...] = (ORDER,)
    said: list[Waiting] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.starts(NOW_US)

    def starts(self, floor_us: int) -> None:
        """A process begins, which remembers that this moment has passed."""
        self.clock = UnitClock(lambda: self.hands.wall_us, lambda: self.hands.monotonic_ns, lambda: self.kernel)
        self.clock.saw(floor_us)
        self.spool = Spool(self.folder, 2**30)
        self.accounts = Accounts(
            spool=self.spool, unit="unit-1", camera=CAMERA, film_for=film_for, now_us=self.clock.now_us,
            on_row=self.said.append, sure_us=self.clock.sure_us, orders=lambda: self.orders,
        )  # fmt: skip

    @property
    def ledger(self) -> Ledger:
        assert self.accounts.ledger is not None
        return self.accounts.ledger

    def films(self, seconds: float) -> None:
        """From now on."""
        self.accounts.follow(STANDING, False, None)
        self.accounts.follow(STANDING, True, None)
        random = unit.steady_random(f"at {self.hands.monotonic_ns}")
        terms = unit.terms(HUB, order=ORDER, ends_us=lambda: WINDOW.to_us, numbers=self.numbers, random=random)
        recording = Recording(terms, self.ledger, self.spool, self.said.append)
        recording.begin(video_format())
        for picture in pictures(seconds, self.clock.now_us()):
            recording.add(picture)
        self.hands.pass_us(int(seconds * S))
        recording.end()

    def rows(self) -> list[Row]:
        """Every row, once the whole chain holds."""
        envelopes = [read(item.row) for item in self.spool.waiting()]
        return [link.row for link in chain.verified(envelopes, IDENTITY.public, FIRST)]

    def stated(self) -> list[tuple[str, float, float]]:
        """Gaps and ends, in seconds of the window."""
        return [
            (row.reason if isinstance(row, Gap) else row.ended, _s(row.from_us), _s(row.to_us))
            for row in self.rows()
            if isinstance(row, (Gap, Closing))
        ]


def film_for(decision: str) -> FilmKey:
    return make_film_key(IDENTITY, decision, "1" * 32, NOW_US, unit.steady_random("film"))


def _s(at_us: int) -> float:
    return (at_us - NOW_US) / S


def segments(found: list[Row]) -> list[IndexRow]:
    return [row for row in found if isinstance(row, IndexRow)]


@pytest.mark.parametrize("restarts", [False, True])
def test_a_clock_that_jumps_ahead_deletes_nothing_and_ends_no_window(tmp_path: Path, restarts: bool) -> None:
    mine = Unit(tmp_path)
    mine.films(10)
    held = len(mine.spool.waiting())
    mine.hands.wall_us += 400 * DAY_US
    if restarts:
        mine.starts(mine.clock.floor_us())
    for _ in range(3):
        mine.accounts.follow(OVER, False, OVER.rule)
        mine.hands.pass_us(2 * S)
    assert len(mine.spool.waiting()) == held and mine.stated() == []
    assert all(item.path is not None and item.path.exists() for item in mine.spool.waiting())
    mine.clock.answered(NOW_US + 100 * S)
    mine.films(10)
    assert mine.stated() == [("no-process" if restarts else "clock", 10.0, 160.0)]  # a minute ahead is what it may be


def test_what_passes_for_certain_is_stated_and_ends_the_window_in_its_time(tmp_path: Path) -> None:
    mine = Unit(tmp_path)
    mine.films(10)
    mine.hands.wall_us += 400 * DAY_US
    mine.hands.pass_us(70 * S)
    mine.accounts.follow(OVER, False, OVER.rule)
    assert mine.stated() == [("clock", 10.0, 80.0)]
    mine.hands.pass_us(2400 * S)
    mine.accounts.follow(OVER, False, OVER.rule)
    assert mine.stated()[1:] == [("clock", 80.0, 2400.0), ("window", 0.0, 2400.0)]


def test_without_a_hub_what_is_due_goes_by_what_has_passed_or_by_the_kernels_clock(tmp_path: Path) -> None:
    for number, kernel in enumerate((UNKNOWN, CLOCK)):
        mine = Unit(tmp_path / str(number), kernel=kernel)
        mine.films(2)
        (item,) = mine.spool.waiting()
        assert item.due_us is not None
        if kernel.synchronised:
            mine.hands.wall_us = item.due_us + 2 * S
        else:
            mine.hands.monotonic_ns += (item.due_us - NOW_US) * 1000
        mine.accounts.tidy()
        assert [waiting.path for waiting in mine.spool.waiting()] == [None, None]


def test_what_a_clock_that_was_ahead_filmed_covers_no_outage_that_follows(tmp_path: Path) -> None:
    mine = Unit(tmp_path)
    mine.films(10)
    mine.hands.wall_us += 1200 * S
    mine.films(10)  # claims 1210 to 1220
    assert mine.stated() == []
    mine.hands.wall_us -= 1200 * S
    mine.clock.answered(NOW_US + 20 * S)
    mine.films(10)
    mine.hands.pass_us(70 * S)
    mine.accounts.follow(STANDING, False, "camera.missing")
    assert mine.stated() == [("no-picture", 10.0, 20.0), ("no-picture", 30.0, 100.0)]
    mine.hands.pass_us(1300 * S)
    mine.accounts.follow(STANDING, False, "camera.missing")
    assert mine.stated()[2:] == [("no-picture", 100.0, 1400.0)]  # nor one at the time that it claimed


@pytest.mark.parametrize("restarts", [False, True])
def test_a_right_clock_that_nobody_vouches_for_is_stated_once_it_is_known(tmp_path: Path, restarts: bool) -> None:
    """The unit was off: what is certain lags. Footage is footage, before and after a restart."""
    mine = Unit(tmp_path)
    mine.hands.wall_us += 1200 * S
    mine.films(20)
    mine.hands.pass_us(10 * S)
    mine.films(20)
    assert mine.stated() == []
    if restarts:
        mine.starts(mine.clock.floor_us())
    mine.kernel = CLOCK
    mine.accounts.follow(STANDING, False, "camera.missing")
    assert [(from_s, to_s) for _, from_s, to_s in mine.stated()] == [(0.0, 1200.0), (1220.0, 1230.0)]
    mine.hands.pass_us(2400 * S)
    mine.accounts.follow(OVER, False, OVER.rule)
    assert coverage(mine.rows(), ORDER.decision_digest, WINDOW).whole


def test_a_clock_that_is_set_back_before_the_window_signs_no_end(tmp_path: Path) -> None:
    mine = Unit(tmp_path)
    mine.starts(0)
    mine.kernel = CLOCK
    mine.films(10)
    mine.hands.wall_us = NOW_US - 60 * S
    before = NotNow("window.before", "the window opens later", WINDOW.from_us)
    mine.accounts.follow(before, False, before.rule)
    assert mine.stated() == []
    mine.orders = ()
    mine.accounts.follow(NotNow("mandate.none", "no mandate"), False, "mandate.none")
    assert mine.stated() == [("withdrawn", 0.0, 10.0)]  # not before it began, nor before what was filmed


def test_a_window_that_ends_before_it_began_is_never_signed(tmp_path: Path) -> None:
    mine = Unit(tmp_path)
    mine.accounts.follow(STANDING, False, None)
    mine.ledger.close("withdrawn", NOW_US - 60 * S)
    assert mine.stated() == [("withdrawn", 0.0, 0.0)]


def test_an_order_that_a_newer_one_took_the_place_of_ends_as_replaced(tmp_path: Path) -> None:
    """Its window is still to come; without a newer one, the order was withdrawn."""
    later = replace(ORDER, decision_digest="f" * 64)
    for orders, ended in (((later,), "replaced"), ((), "withdrawn")):
        mine = Unit(tmp_path / ended)
        mine.films(10)
        mine.orders = orders
        before = NotNow("window.before", "the window opens later", WINDOW.to_us)
        mine.accounts.follow(before, False, before.rule)
        assert [says for says, _, _ in mine.stated()] == [ended]
