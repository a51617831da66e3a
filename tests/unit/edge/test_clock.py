# SPDX-License-Identifier: EUPL-1.2
"""The unit's time: never below what was signed, and shown for what it is worth."""

from __future__ import annotations

from contract.record import INTEGER_LIMIT, dump, load
from contract.segment import ClockState
from edge.unit import clock
from edge.unit.clock import UnitClock, clock_state, utc_text
from tests.unit.edge.hands import Hands
from tests.unit.edge.unit import CLOCK, NOW_US


def test_it_is_the_wall_clock_where_that_is_ahead() -> None:
    hands = Hands()
    unit_clock = hands.clock()
    unit_clock.saw(NOW_US - 1)
    assert unit_clock.now_us() == NOW_US
    assert unit_clock.state() == CLOCK


def test_it_never_goes_below_what_was_signed() -> None:
    hands = Hands()
    unit_clock = hands.clock()
    unit_clock.saw(NOW_US + 60_000_000)
    hands.pass_us(1_000_000)
    assert unit_clock.now_us() == NOW_US + 61_000_000
    hands.wall_us -= 3_600_000_000  # set back by hand
    hands.pass_us(1_000_000)
    assert unit_clock.now_us() == NOW_US + 62_000_000


def test_a_clock_behind_what_was_signed_says_so() -> None:
    unit_clock = Hands().clock()
    unit_clock.saw(NOW_US + 60_000_000)
    assert unit_clock.state() == ClockState("signed-time", False, 60_000_000)


def test_an_older_signed_time_takes_nothing_back() -> None:
    hands = Hands()
    unit_clock = hands.clock()
    unit_clock.saw(NOW_US + 60_000_000)
    hands.pass_us(10_000_000)
    unit_clock.saw(NOW_US + 65_000_000)  # by now it is 70 s past
    assert unit_clock.now_us() == NOW_US + 70_000_000


def test_what_has_passed_for_certain_is_what_was_signed_and_what_went_by_since() -> None:
    hands = Hands()
    unit_clock = hands.clock()
    assert unit_clock.floor_us() == 0
    unit_clock.saw(NOW_US - 60_000_000)
    hands.pass_us(10_000_000)
    hands.wall_us += 365 * 86_400_000_000  # a wall clock that is ahead proves nothing
    assert unit_clock.floor_us() == NOW_US - 50_000_000


def test_what_may_be_stated_of_the_past_is_vouched_for() -> None:
    """By the kernel, or by an answer of this start; else it is what has passed for certain."""
    hands = Hands()
    free = UnitClock(lambda: hands.wall_us, lambda: hands.monotonic_ns, lambda: clock_state(5, 0x0040, 0))
    kept = hands.clock()
    hands.wall_us += 400 * 86_400_000_000
    assert (free.sure_us(), kept.sure_us()) == (0, hands.wall_us)
    free.saw(NOW_US)
    hands.pass_us(10_000_000)
    assert free.now_us() == hands.wall_us
    hands.wall_us, known_us = free.sure_us() + clock.AGREES_US, hands.wall_us
    assert free.sure_us() == hands.wall_us
    hands.wall_us = known_us
    assert free.sure_us() == NOW_US + 10_000_000
    free.answered(NOW_US + 20_000_000)
    assert free.sure_us() == free.now_us() == NOW_US + 20_000_000 + clock.AHEAD_US


def test_what_adjtimex_says() -> None:
    assert clock_state(0, 0x2001, 1500) == ClockState("kernel-pll", True, 1500)
    assert clock_state(5, 0x0040, 16_000_000) == ClockState("free-running", False, 16_000_000)
    assert clock_state(0, 0x0040, 16_000_000).synchronised is False


def test_this_kernel_answers_and_its_answer_fits_a_header() -> None:
    state = clock.kernel_clock()
    assert load(ClockState, dump(state)) == state
    assert clock.UNREADABLE.error_us == INTEGER_LIMIT


def test_the_default_clock_is_now() -> None:
    unit_clock = UnitClock()
    assert unit_clock.now_us() > NOW_US - 10 * 365 * 86_400_000_000
    assert unit_clock.monotonic_ns() > 0


def test_people_read_utc() -> None:
    assert utc_text(1_775_000_000_000_000) == "2026-03-31 23:33:20 UTC"
