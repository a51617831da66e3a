# SPDX-License-Identifier: EUPL-1.2
"""What the unit says of itself: its signed state, and its journal."""

from __future__ import annotations

import io
import json
from dataclasses import replace

from contract.envelope import opened, read
from contract.messages import STATE, CameraState, State
from edge.unit.clock import UnitClock
from edge.unit.journal import Journal
from edge.unit.reporting import EVERY_US, Report, Reporter
from tests.unit.edge.unit import CLOCK, IDENTITY, NOW_US, START_ID


class Unit:
    """A reporter whose clock and content a test moves."""

    def __init__(self) -> None:
        self.now_us = NOW_US
        self.report = Report(CameraState("cam-1", "waiting", "mandate.none", "no mandate"), 7, 0, 0)
        self.said: list[State] = []
        self.takes = True
        clock = UnitClock(lambda: self.now_us, lambda: self.now_us * 1000, lambda: CLOCK)
        self.reporter = Reporter(IDENTITY, START_ID, "pinned", clock, lambda: self.report)

    def publish(self, payload: bytes) -> bool:
        if self.takes:
            self.said.append(opened(read(payload), STATE, State, IDENTITY.public))
        return self.takes

    def say(self, after_us: int = 0) -> int:
        """How many states have been published by now."""
        self.now_us += after_us
        self.reporter.say(self.publish)
        return len(self.said)


def test_a_state_is_signed_by_the_identity_and_whole() -> None:
    unit = Unit()
    unit.say()
    (state,) = unit.said
    assert state == State("unit-1", START_ID, 0, NOW_US, True, 7, CLOCK, "pinned", (unit.report.camera,), 0, 0)


def test_every_five_seconds_and_at_each_change() -> None:
    unit = Unit()
    assert unit.say() == 1
    assert unit.say(EVERY_US - 1) == 1
    assert unit.say(1) == 2
    unit.report = replace(unit.report, unsent=3)
    assert unit.say() == 3
    assert unit.say() == 3
    assert [state.sequence for state in unit.said] == [0, 1, 2]


def test_a_clock_set_back_does_not_silence_the_unit() -> None:
    unit = Unit()
    unit.say()
    assert unit.say(-3_600_000_000) == 2


def test_what_the_line_did_not_take_is_said_again() -> None:
    unit = Unit()
    unit.takes = False
    assert unit.say() == 0
    unit.takes = True
    assert unit.say() == 1


def test_a_will_says_offline() -> None:
    unit = Unit()
    assert not opened(read(unit.reporter.state(online=False)), STATE, State, IDENTITY.public).online


def test_the_journal_has_one_object_a_line_and_one_line_a_change() -> None:
    stream = io.StringIO()
    journal = Journal(stream, lambda: NOW_US)
    journal.say("filming", "films at “Dam”\n", decision="d" * 64)
    for says in ("no route", "no route", "", "no route", "another"):
        journal.change("upload", says)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert lines[0] == {
        "at_us": NOW_US, "event": "filming", "says": "films at “Dam”\n", "decision": "d" * 64,
    }  # fmt: skip
    assert [line["says"] for line in lines[1:]] == ["no route", "no route", "another"]


def test_what_comes_with_every_segment_is_marked() -> None:
    stream = io.StringIO()
    Journal(stream, lambda: NOW_US).detail("sealed", "sealed segment 3", chain="c" * 64)
    assert json.loads(stream.getvalue()) == {
        "at_us": NOW_US, "event": "sealed", "says": "sealed segment 3", "level": "detail", "chain": "c" * 64,
    }  # fmt: skip
