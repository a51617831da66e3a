# SPDX-License-Identifier: EUPL-1.2
"""What one person signs while a decision runs: when windows end by it, and what of it is no overrun or confirmation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contract.mandate import Overrun, Window
from contract.record import ContractError
from contract.running import (
    AHEAD_US,
    NECESSITY_LIFE_US,
    SETUP_AHEAD_US,
    SETUP_LIFE_US,
    Course,
    Necessity,
    OverrunTaken,
    check_necessity,
    check_overruns,
    check_setup,
)
from tests.simulated_hub import DEPLOYMENT, MINUTE_US, SimulatedHub
from tests.unit.contract.records import DIGEST, ME, NOW_US

HUB = SimulatedHub(NOW_US, ME)
HOUR_US = 60 * MINUTE_US
FIRST = Window(NOW_US, NOW_US + HOUR_US)
DECISION = HUB.decision(windows=(FIRST, Window(NOW_US + 10 * HOUR_US, NOW_US + 11 * HOUR_US)))


def taken(course: Course, at_us: int = NOW_US) -> Course:
    """One overrun more."""
    found = course.next_overrun(at_us, DIGEST)
    assert found is not None
    return replace(course, overruns=(*course.overruns, found))


def test_a_window_goes_on_by_each_overrun_and_no_other_window_does() -> None:
    course = taken(Course(DECISION))
    assert course.windows == (Window(FIRST.from_us, FIRST.to_us + 30 * MINUTE_US), DECISION.windows[1])
    assert taken(course, FIRST.to_us).windows[0].to_us == FIRST.to_us + 60 * MINUTE_US
    assert (course.taken(FIRST), course.left(FIRST)) == (1, 1)
    check_overruns(DECISION, course.overruns)


def test_no_more_overruns_than_were_decided_and_none_where_no_window_is_open() -> None:
    course = taken(taken(Course(DECISION)))
    assert course.next_overrun(NOW_US, DIGEST) is None
    assert Course(DECISION).next_overrun(FIRST.to_us, DIGEST) is None
    assert Course(replace(DECISION, overrun=Overrun(2, 0))).next_overrun(NOW_US, DIGEST) is None
    assert Course(DECISION, setup=FIRST).next_overrun(NOW_US, DIGEST) is None


def test_an_overrun_ends_where_the_next_window_begins() -> None:
    near = Window(FIRST.to_us + 10 * MINUTE_US, FIRST.to_us + 20 * MINUTE_US)
    course = taken(Course(replace(DECISION, windows=(near, FIRST))))
    assert course.windows == (near, Window(FIRST.from_us, near.from_us))
    assert course.window(near.from_us) == near
    assert Course(course.decision).last_us(NOW_US) == near.from_us


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"serial": 2}, "another decision"),
        ({"deployment": DEPLOYMENT[:-1] + "9"}, "another decision"),
        ({"window_from_us": NOW_US + 1}, "does not have"),
        ({"nth": 3, "until_us": FIRST.to_us + 90 * MINUTE_US}, "so many"),
        ({"nth": 2, "until_us": FIRST.to_us + 60 * MINUTE_US}, "missing before"),
        ({"until_us": FIRST.to_us + 30 * MINUTE_US + 1}, "as long as"),
        ({"until_us": FIRST.to_us + 60 * MINUTE_US}, "as long as"),
    ],
)
def test_what_is_no_overrun(changes: dict[str, Any], why: str) -> None:
    (good,) = taken(Course(DECISION)).overruns
    check_overruns(DECISION, [good])
    with pytest.raises(ContractError, match=why):
        check_overruns(DECISION, [replace(good, **changes)])


def test_the_same_overrun_twice_is_not_two() -> None:
    (good,) = taken(Course(DECISION)).overruns
    with pytest.raises(ContractError, match="taken twice"):
        check_overruns(DECISION, [good, replace(good, reason_digest="e" * 64)])


def test_a_confirmation_counts_from_its_moment_and_not_before() -> None:
    long = replace(DECISION, windows=(Window(NOW_US, NOW_US + 100 * HOUR_US),))
    confirmed_us = NOW_US + 20 * HOUR_US
    course = Course(long, confirmed_us=(NOW_US - HOUR_US, confirmed_us))
    assert course.necessary_until_us(confirmed_us - 1) == NOW_US + NECESSITY_LIFE_US
    assert course.necessary_until_us(confirmed_us) == confirmed_us + NECESSITY_LIFE_US
    assert course.necessary_until_us(NOW_US - 1) is None, "no window is open"
    assert replace(course, setup=FIRST).necessary_until_us(NOW_US) is None, "aiming is none of it"


@pytest.mark.parametrize("minutes", [0, 30])
def test_windows_that_touch_begin_no_new_day(minutes: int) -> None:
    """A hundred and fifteen hours in five pieces are that many hours; where an overrun closes a gap, too."""
    gap_us = minutes * MINUTE_US
    starts_us = [NOW_US + piece * (23 * HOUR_US + gap_us) for piece in range(5)]
    cut = replace(DECISION, windows=tuple(Window(start_us, start_us + 23 * HOUR_US) for start_us in starts_us))
    course = Course(cut)
    if gap_us:
        assert course.necessary_until_us(starts_us[1]) == starts_us[1] + NECESSITY_LIFE_US, "they do not touch yet"
        course = taken(course, starts_us[1] - gap_us - 1)
    assert course.necessary_until_us(starts_us[1]) == NOW_US + NECESSITY_LIFE_US
    if not gap_us:
        assert course.necessary_until_us(starts_us[4]) == NOW_US + NECESSITY_LIFE_US
    confirmed = replace(course, confirmed_us=(starts_us[1],))
    assert confirmed.necessary_until_us(starts_us[1]) == starts_us[1] + NECESSITY_LIFE_US


def test_what_is_no_confirmation() -> None:
    good = Necessity(DEPLOYMENT, 1, NOW_US)
    check_necessity(good, DECISION, NOW_US)
    check_necessity(good, DECISION, NOW_US - AHEAD_US)
    for changed, logged_us in ((replace(good, serial=2), NOW_US), (good, NOW_US - AHEAD_US - 1)):
        with pytest.raises(ContractError):
            check_necessity(changed, DECISION, logged_us)


def test_a_setup_is_a_quarter_of_an_hour_and_not_after_the_last_window() -> None:
    last = DECISION.windows[1]
    check_setup(Window(NOW_US, NOW_US + SETUP_LIFE_US))
    for wrong in (Window(NOW_US, NOW_US + SETUP_LIFE_US + 1), Window(NOW_US, NOW_US)):
        with pytest.raises(ContractError, match="quarter"):
            check_setup(wrong)
    late = Window(last.to_us - MINUTE_US, last.to_us + 5 * MINUTE_US)
    assert Course(DECISION, setup=late).windows == (Window(late.from_us, last.to_us),)
    assert Course(DECISION, setup=Window(last.to_us, last.to_us + MINUTE_US)).windows == ()
    before = Window(NOW_US - HOUR_US, NOW_US - 50 * MINUTE_US)
    assert Course(DECISION, setup=before).windows == (before,), "also outside a window"
    early_us = FIRST.from_us - SETUP_AHEAD_US
    assert Course(DECISION, setup=Window(early_us, early_us + MINUTE_US)).windows, "in the day before it"
    assert not Course(DECISION, setup=Window(early_us - 1, early_us + MINUTE_US)).windows, "no longer before"


def test_a_newer_decision_begins_without_the_overruns_of_the_older() -> None:
    (good,) = taken(Course(DECISION)).overruns
    newer = replace(DECISION, serial=2, windows=(Window(NOW_US, FIRST.to_us + 3 * HOUR_US),))
    with pytest.raises(ContractError, match="another decision"):
        check_overruns(newer, [good])
    assert isinstance(good, OverrunTaken)
