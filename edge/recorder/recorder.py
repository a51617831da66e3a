# SPDX-License-Identifier: EUPL-1.2
"""The recording branch of a camera: a thread of its own, so that a slow disk never holds up the camera or live.

Promises: `begin` and `add` may be called from any one thread and never wait. The thread wakes once a fragment, not once
a picture, which is a third of what recording costs. What waits is bounded; when the disk has been behind for that long,
pictures are left out up to the next keyframe, a new run begins there and `failure` says so. `stop` closes the segment.
`hand_over` goes on at the next picture under another order.
What nobody foresaw ends the thread and stands in `broken`, for whoever started it.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

from contract.authority import RefusedError
from contract.record import ContractError
from edge.media import AccessUnit, BrokenStreamError, VideoFormat
from edge.recorder.recording import Recording
from edge.recorder.spool import SpoolError

Item = VideoFormat | AccessUnit | Callable[[], None]
WAITING_LIMIT = 256  # pictures: ten seconds
FALTERS_S = 0.5  # a picture that has waited this long for the rest of its fragment is sealed without it


class Recorder:
    """Runs a recording until it is stopped."""

    def __init__(self, recording: Recording, on_left_out: Callable[[], None] = lambda: None) -> None:
        """`on_left_out` hears of each picture that is not recorded, in the camera's thread."""
        self._recording = recording
        self._on_left_out = on_left_out
        self._ready = threading.Condition()
        self._waiting: list[Item] = []
        self._due = self._stopping = False
        self._whole_at_90k: int | None = None  # the dts at which what is pending is a fragment
        self._format: VideoFormat | None = None
        self._behind = False
        self._given_up = False  # a hand-over failed: what it closed stays closed
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self.failure: tuple[str, str] | None = None
        self.broken: BaseException | None = None

    def start(self) -> None:
        """Begin; once."""
        self._thread.start()

    def begin(self, video_format: VideoFormat) -> None:
        """The camera (re)starts with this format."""
        self._format = video_format
        self._behind = not self._put(video_format)

    def add(self, unit: AccessUnit) -> None:
        """Take one picture."""
        if self._behind:
            if not unit.keyframe or self._format is None or len(self._waiting) > WAITING_LIMIT // 2:
                self._on_left_out()
                return
            self._put(self._format)  # what follows is a run of its own
        self._behind = not self._put(unit)
        if self._behind:
            self._on_left_out()

    def stop(self, within_s: float) -> bool:
        """Seal what was taken, close the segment, end; false when it broke or the disk does not let it in this time."""
        with self._ready:
            self._stopping = True
            self._ready.notify()
        self._thread.join(within_s)
        return self.broken is None and not self._thread.is_alive()

    def hand_over(self, make: Callable[[], Recording], within_s: float) -> bool:
        """Close what is open, and let no picture pass before another recording goes on with the next one.

        Args:
            make: makes it, in the recorder's thread, once what was open is closed; raises SpoolError.
            within_s: how long to wait.

        Returns:
            Whether it goes on; else nothing is recorded any more, and the recorder is to be stopped.
        """
        done = threading.Event()

        def change() -> None:
            before, self._given_up = self._recording, True
            before.end()
            self._recording = make()
            self._recording.follow(before)
            self._given_up = False
            done.set()

        with self._ready:
            self._waiting.append(change)
            self._due = True
            self._ready.notify()
        return done.wait(within_s)

    def _put(self, item: VideoFormat | AccessUnit) -> bool:
        with self._ready:
            if len(self._waiting) >= WAITING_LIMIT:
                self.failure = ("recorder.behind", "the disk is behind; pictures were left out")
                return False
            self._waiting.append(item)
            if not self._due and self._makes_whole(item):
                self._due = True
                self._ready.notify()
            return True

    def _makes_whole(self, item: VideoFormat | AccessUnit) -> bool:
        """Whether there is something to do: nothing is pending, or with this it is a fragment."""
        whole_at_90k = self._whole_at_90k
        return (
            not isinstance(item, AccessUnit) or whole_at_90k is None or item.dts_90k + item.duration_90k >= whole_at_90k
        )

    def _run(self) -> None:
        try:
            while not self._stopping or self._waiting:
                taken, in_time = self._take()
                for item in taken:
                    self._act(item)
                if not in_time:
                    self._act(self._recording.flush)
                with self._ready:
                    self._whole_at_90k = self._recording.whole_at_90k
            self._act(self._recording.end)
        finally:
            self.broken = sys.exc_info()[1]  # also goes on to the thread's hook, which prints it

    def _take(self) -> tuple[list[Item], bool]:
        """What waits, once there is a fragment of it, and whether that was in time."""
        with self._ready:
            in_time = self._ready.wait_for(lambda: self._due or self._stopping, FALTERS_S)
            taken, self._waiting, self._due = self._waiting, [], False
            return taken, in_time

    def _act(self, what: Item) -> None:
        if self._given_up:
            return
        try:
            if isinstance(what, AccessUnit):
                self._recording.add(what)
                self.failure = None if self._recording.sealing else self.failure
            elif isinstance(what, VideoFormat):
                self._recording.begin(what)
            else:
                what()
        except (SpoolError, RefusedError) as error:
            self.failure = (error.rule, str(error))
        except (ContractError, BrokenStreamError) as error:
            self.failure = ("camera.broken", str(error))
