# SPDX-License-Identifier: EUPL-1.2
"""What a source of pictures is, and how it is kept running.

    running = run_source(source, listener, monotonic_ns=time.monotonic_ns, random=random.random)
    ...
    running.stop()

Promises of `run_source`: a listener is called by one thread at a time, never the caller's. A format comes before its
units, and again after each failure (another run begins there). A source that is missing, ends, freezes or is no video
is reported within five seconds of its last picture, and tried again after a pause with full jitter whose ceiling
doubles from 0.5 to 30 s, for as long as it takes. Once `stop` has returned, no call is running and none follows, even
where a driver hangs. A call must be brief, and must not wait for the thread that may call `stop`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

from edge.media import AccessUnit, VideoFormat

#: A frozen source must be reported within 5 s of its last picture; the margin is for the watch's own pace.
FROZEN_AFTER_NS = 4_500_000_000
WATCH_EVERY_S = 0.1
STOP_WITHIN_S = 0.1
BACKOFF_FIRST_NS = 500_000_000
BACKOFF_MOST_NS = 30_000_000_000
_NS_PER_S = 1_000_000_000

OnFormat = Callable[[VideoFormat], None]
OnUnit = Callable[[AccessUnit], None]


class SourceError(Exception):
    """A source gives no pictures; its text says what to do. `reason` goes into the record of the gap."""

    reason: ClassVar[str]


class SourceMissingError(SourceError):
    """Nothing is there: no file, no camera, no route to it."""

    reason = "missing"


class SourceStoppedError(SourceError):
    """It gave pictures and ended, or broke off."""

    reason = "stopped"


class SourceFrozenError(SourceError):
    """It is there, and no picture has come for almost five seconds."""

    reason = "frozen"


class NotVideoError(SourceError):
    """It is there and is not video that a unit can pass on untouched."""

    reason = "not-video"


class Source(Protocol):
    """A camera, a stream or a file: gives H.264 access units as they were made, each as it arrives."""

    label: str  # what people call it; no credentials, no folder

    def play(self, on_format: OnFormat, on_unit: OnUnit, stopping: threading.Event) -> None:
        """Deliver pictures until `stopping` is set; may be called again after it has returned.

        It returns within 100 ms of `stopping`, or raises a `SourceError` when there is nothing to deliver.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Who is told of formats, pictures and failures."""

    on_format: OnFormat
    on_unit: OnUnit
    on_failure: Callable[[SourceError], None]


class RunningSource:
    """A source that is kept running in threads of its own; made by `run_source`."""

    def __init__(
        self, source: Source, listener: Listener, monotonic_ns: Callable[[], int], random: Callable[[], float]
    ) -> None:
        self._source, self._listener = source, listener
        self._monotonic_ns, self._random = monotonic_ns, random
        self._gate = threading.RLock()  # one callback at a time; whoever stops waits for the one that is running
        self._stopping = threading.Event()
        self._attempt: _Attempt | None = None
        self._keeper = threading.Thread(target=self._keep_running, name=f"source {source.label}", daemon=True)

    def start(self) -> None:
        """Begin; once."""
        self._keeper.start()

    def stop(self) -> None:
        """End it; afterwards no callback runs any more."""
        with self._gate:
            self._stopping.set()
            attempt = self._attempt
            if attempt is not None:
                attempt.stopping.set()
        for thread in (attempt.thread if attempt is not None else None, self._keeper):
            if thread is not None and thread is not threading.current_thread():
                thread.join(STOP_WITHIN_S)

    def _keep_running(self) -> None:
        failures = 0
        while (attempt := self._begin()) is not None:
            error = self._watch(attempt)
            if error is None:
                return
            self._report(error)
            lasted_ns = attempt.last_ns - attempt.began_ns
            failures = 0 if lasted_ns >= BACKOFF_MOST_NS else failures
            self._pause(attempt, backoff_ns(failures, self._random))
            failures += 1

    def _begin(self) -> _Attempt | None:
        with self._gate:
            if self._stopping.is_set():
                return None
            self._attempt = _Attempt(self._source, self._deliver, self._monotonic_ns())
            self._attempt.thread.start()
            return self._attempt

    def _watch(self, attempt: _Attempt) -> SourceError | None:
        """Waits for the attempt's end; None when it was asked for."""
        while not attempt.ended.wait(WATCH_EVERY_S):
            if self._stopping.is_set():
                return None
            if self._monotonic_ns() - attempt.last_ns >= FROZEN_AFTER_NS:
                attempt.stopping.set()
                return SourceFrozenError(f"{self._source.label}: no picture for 5 s; look at its power and its cable")
        if self._stopping.is_set():
            return None
        return attempt.error or SourceStoppedError(f"{self._source.label}: ended without a reason; see the log")

    def _pause(self, attempt: _Attempt, pause_ns: int) -> None:
        """Waits before the next attempt, and for a driver that hangs: two threads never share one camera."""
        due_ns = self._monotonic_ns() + pause_ns
        while not self._stopping.is_set():
            left_s = (due_ns - self._monotonic_ns()) / _NS_PER_S
            if left_s <= 0 and attempt.ended.is_set():
                return
            self._stopping.wait(min(WATCH_EVERY_S, max(left_s, 0.01)))

    def _deliver(self, attempt: _Attempt, item: VideoFormat | AccessUnit) -> None:
        with self._gate:
            if attempt.stopping.is_set():
                return
            if isinstance(item, VideoFormat):
                self._listener.on_format(item)
                return
            attempt.last_ns = self._monotonic_ns()
            self._listener.on_unit(item)

    def _report(self, error: SourceError) -> None:
        with self._gate:
            if not self._stopping.is_set():
                self._listener.on_failure(error)


class _Attempt:
    """One run of the source in one thread."""

    def __init__(
        self, source: Source, deliver: Callable[[_Attempt, VideoFormat | AccessUnit], None], began_ns: int
    ) -> None:
        self._source, self._deliver = source, deliver
        self.began_ns = self.last_ns = began_ns
        self.stopping = threading.Event()
        self.ended = threading.Event()
        self.error: SourceError | None = None
        self.thread = threading.Thread(target=self._play, name=f"pictures {source.label}", daemon=True)

    def _play(self) -> None:
        try:
            self._source.play(
                lambda video_format: self._deliver(self, video_format),
                lambda unit: self._deliver(self, unit),
                self.stopping,
            )
        except SourceError as error:
            self.error = error
        finally:
            self.ended.set()


def backoff_ns(failures: int, random: Callable[[], float]) -> int:
    """The pause after so many failures before this one: full jitter, so that many units do not return at once."""
    ceiling_ns = min(BACKOFF_MOST_NS, BACKOFF_FIRST_NS << min(failures, 16))
    return int(random() * ceiling_ns)


def run_source(
    source: Source, listener: Listener, *, monotonic_ns: Callable[[], int], random: Callable[[], float]
) -> RunningSource:
    """Start a source and keep it running until it is stopped. `random` gives numbers from 0 up to 1."""
    running = RunningSource(source, listener, monotonic_ns, random)
    running.start()
    return running
