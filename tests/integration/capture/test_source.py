# SPDX-License-Identifier: EUPL-1.2
"""A source is kept running: each failure is said, retried with a pause, and nothing follows a stop."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.capture.file import FilmSource
from edge.capture.source import (
    NotVideoError,
    OnFormat,
    OnUnit,
    RunningSource,
    SourceMissingError,
    backoff_ns,
    run_source,
)
from edge.media import AccessUnit, VideoFormat
from tests.films import numbered_film
from tests.integration.capture.listening import DEADLINE_S, Heard

FORMAT = VideoFormat(width=640, height=360, codec="avc1.42C01E", avcc=b"", sps=(), pps=())
UNIT = AccessUnit(
    data=b"\x00\x00\x00\x01\x65",
    dts_90k=0,
    pts_90k=0,
    duration_90k=3600,
    keyframe=True,
    captured_at_us=0,
    captured_monotonic_ns=0,
)
Step = Callable[[OnFormat, OnUnit, threading.Event], None]


class HandClock:
    """A monotonic clock that is moved by hand, and counts how often it is asked."""

    def __init__(self) -> None:
        self.ns = 1_000_000_000
        self._asked = 0
        self._changed = threading.Condition()

    def __call__(self) -> int:
        with self._changed:
            self._asked += 1
            self._changed.notify_all()
            return self.ns

    def move(self, seconds: float) -> None:
        self.ns += int(seconds * 1_000_000_000)

    def wait_until_asked_again(self, times: int = 3) -> None:
        with self._changed:
            wanted = self._asked + times
            assert self._changed.wait_for(lambda: self._asked >= wanted, DEADLINE_S)


class SteppedSource:
    """A source whose every attempt is a step that the test wrote; the last step repeats."""

    label = "camera-1"

    def __init__(self, *steps: Step) -> None:
        self._steps = list(steps)
        self.attempts = 0

    def play(self, on_format: OnFormat, on_unit: OnUnit, stopping: threading.Event) -> None:
        step = self._steps[min(self.attempts, len(self._steps) - 1)]
        self.attempts += 1
        step(on_format, on_unit, stopping)


def one_picture_then_none(on_format: OnFormat, on_unit: OnUnit, stopping: threading.Event) -> None:
    on_format(FORMAT)
    on_unit(UNIT)
    stopping.wait(DEADLINE_S)


def ends_at_once(on_format: OnFormat, on_unit: OnUnit, stopping: threading.Event) -> None:
    on_format(FORMAT)
    on_unit(UNIT)


def missing(on_format: OnFormat, on_unit: OnUnit, stopping: threading.Event) -> None:
    raise SourceMissingError("camera-1: no such device")


def no_video(on_format: OnFormat, on_unit: OnUnit, stopping: threading.Event) -> None:
    raise NotVideoError("camera-1: sends sound")


def falls_over(on_format: OnFormat, on_unit: OnUnit, stopping: threading.Event) -> None:
    raise RuntimeError("a fault in the source itself")


@contextmanager
def running(source: SteppedSource, heard: Heard, clock: HandClock, random: float = 0.0) -> Iterator[RunningSource]:
    run = run_source(source, heard.listener, monotonic_ns=clock, random=lambda: random)
    try:
        yield run
    finally:
        run.stop()


def test_a_frozen_source_is_reported_within_five_seconds() -> None:
    heard, clock, source = Heard(), HandClock(), SteppedSource(one_picture_then_none)
    with running(source, heard, clock):
        heard.wait_until(lambda: len(heard.units) == 1)
        clock.move(4.4)
        clock.wait_until_asked_again()
        assert heard.failures == []

        clock.move(0.2)
        heard.wait_until(lambda: len(heard.failures) == 1)

        assert heard.failures[0].reason == "frozen"
        assert "camera-1" in str(heard.failures[0])
        heard.wait_until(lambda: heard.order == ["format", "unit", "frozen", "format", "unit"])


def test_a_source_that_never_gives_a_picture_is_frozen_too() -> None:
    heard, clock = Heard(), HandClock()

    def no_picture(on_format: OnFormat, on_unit: OnUnit, stopping: threading.Event) -> None:
        on_format(FORMAT)
        stopping.wait(DEADLINE_S)

    with running(SteppedSource(no_picture), heard, clock):
        heard.wait_until(lambda: len(heard.formats) == 1)
        clock.move(4.6)
        heard.wait_until(lambda: len(heard.failures) == 1)

    assert heard.failures[0].reason == "frozen"


@pytest.mark.parametrize(("step", "reason"), [(missing, "missing"), (ends_at_once, "stopped"), (no_video, "not-video")])
def test_each_failure_is_said_and_tried_again(step: Step, reason: str) -> None:
    heard, clock = Heard(), HandClock()
    with running(SteppedSource(step, step, one_picture_then_none), heard, clock):
        heard.wait_until(lambda: heard.order[-2:] == ["format", "unit"] and len(heard.failures) == 2)

    assert [error.reason for error in heard.failures] == [reason, reason]


def test_a_fault_in_the_source_itself_is_said_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    heard, traced = Heard(), threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda fault: traced.set())
    with running(SteppedSource(falls_over, one_picture_then_none), heard, HandClock()):
        heard.wait_until(lambda: len(heard.units) == 1)
        assert traced.wait(DEADLINE_S)

    assert heard.order == ["stopped", "format", "unit"]


def test_the_pause_is_waited_on_the_given_clock() -> None:
    heard, clock, source = Heard(), HandClock(), SteppedSource(missing, one_picture_then_none)
    with running(source, heard, clock, random=0.9):
        heard.wait_until(lambda: len(heard.failures) == 1)
        clock.wait_until_asked_again(4)
        assert source.attempts == 1

        clock.move(0.5)
        heard.wait_until(lambda: len(heard.units) == 1)


def test_the_pause_doubles_to_thirty_seconds_with_full_jitter() -> None:
    ceilings = [backoff_ns(failures, lambda: 1.0) / 1e9 for failures in range(9)]

    assert ceilings == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert backoff_ns(10_000, lambda: 0.5) == 15_000_000_000
    assert backoff_ns(3, lambda: 0.0) == 0


def test_nothing_follows_a_stop_even_where_a_driver_hangs() -> None:
    heard, release, after = Heard(), threading.Event(), threading.Event()

    def hangs(on_format: OnFormat, on_unit: OnUnit, stopping: threading.Event) -> None:
        on_format(FORMAT)
        on_unit(UNIT)
        release.wait(DEADLINE_S)
        on_unit(UNIT)
        after.set()

    with running(SteppedSource(hangs), heard, HandClock()) as run:
        heard.wait_until(lambda: len(heard.units) == 1)
        began = time.monotonic()
        run.stop()
        took_s = time.monotonic() - began
        release.set()
        assert after.wait(DEADLINE_S)

    assert heard.order == ["format", "unit"]
    assert took_s < 0.5


def test_a_driver_that_hangs_is_not_opened_twice() -> None:
    heard, clock, release = Heard(), HandClock(), threading.Event()

    def hangs(on_format: OnFormat, on_unit: OnUnit, stopping: threading.Event) -> None:
        release.wait(DEADLINE_S)

    source = SteppedSource(hangs, one_picture_then_none)
    with running(source, heard, clock):
        clock.wait_until_asked_again()
        clock.move(60)
        heard.wait_until(lambda: len(heard.failures) == 1)
        clock.move(60)
        clock.wait_until_asked_again()
        assert source.attempts == 1

        release.set()
        heard.wait_until(lambda: len(heard.units) == 1)


def test_a_callback_may_stop_its_own_source() -> None:
    heard = Heard()
    runs: list[RunningSource] = []
    stopped = threading.Event()

    def stop_it(unit: AccessUnit) -> None:
        runs[0].stop()
        stopped.set()

    def gives_pictures(on_format: OnFormat, on_unit: OnUnit, stopping: threading.Event) -> None:
        on_format(FORMAT)
        while not stopping.wait(0.01):
            on_unit(UNIT)

    run = RunningSource(
        SteppedSource(gives_pictures),
        type(heard.listener)(on_format=heard.on_format, on_unit=stop_it, on_failure=heard.on_failure),
        HandClock(),
        lambda: 0.0,
    )
    runs.append(run)
    run.start()

    assert stopped.wait(DEADLINE_S)
    assert heard.order == ["format"]


def test_a_film_that_appears_later_is_played(tmp_path: Path) -> None:
    path, heard = tmp_path / "later.mp4", Heard()
    film = FilmSource(path, now_us=lambda: time.time_ns() // 1000, monotonic_ns=time.monotonic_ns)
    run = run_source(film, heard.listener, monotonic_ns=time.monotonic_ns, random=lambda: 0.1)
    try:
        heard.wait_until(lambda: len(heard.failures) >= 1)
        numbered_film(tmp_path / "made.mp4", 10, 25).rename(path)
        heard.wait_until(lambda: len(heard.units) >= 3)
    finally:
        run.stop()

    assert {error.reason for error in heard.failures} == {"missing"}
    assert "later.mp4" in str(heard.failures[0])
