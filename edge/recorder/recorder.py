# SPDX-License-Identifier: EUPL-1.2
"""The recording branch of a camera: a thread of its own, so that a slow disk never holds up the camera or live.

Promises: `begin` and `add` may be called from any one thread and never wait. What waits is bounded; when the disk has
been behind for that long, pictures are left out up to the next keyframe, a new run begins there and `failure` says so.
`stop` closes the segment. What nobody foresaw ends the thread and stands in `broken`, for whoever started it.
"""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable

from contract.authority import RefusedError
from contract.record import ContractError
from edge.media import AccessUnit, BrokenStreamError, VideoFormat
from edge.recorder.recording import Recording
from edge.recorder.spool import SpoolError

WAITING_LIMIT = 256  # pictures: ten seconds
FALTERS_S = 0.5  # a picture that has waited this long for the rest of its fragment is sealed without it


class Recorder:
    """Runs a recording until it is stopped."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._queue: queue.Queue[VideoFormat | AccessUnit | None] = queue.Queue(WAITING_LIMIT)
        self._format: VideoFormat | None = None
        self._behind = False
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
            if not unit.keyframe or self._format is None or self._queue.qsize() > WAITING_LIMIT // 2:
                return
            self._put(self._format)  # what follows is a run of its own
        self._behind = not self._put(unit)

    def stop(self, within_s: float) -> bool:
        """Seal what was taken, close the segment, end; false when it broke or the disk does not let it in this time."""
        try:
            self._queue.put(None, timeout=within_s)
        except queue.Full:
            return False
        self._thread.join(within_s)
        return self.broken is None and not self._thread.is_alive()

    def _put(self, item: VideoFormat | AccessUnit) -> bool:
        try:
            self._queue.put_nowait(item)
        except queue.Full:
            self.failure = ("recorder.behind", "the disk is behind; pictures were left out")
            return False
        return True

    def _run(self) -> None:
        try:
            while (item := self._next()) is not None:
                self._act(item)
            self._act(self._recording.end)
        finally:
            self.broken = sys.exc_info()[1]  # also goes on to the thread's hook, which prints it

    def _next(self) -> VideoFormat | AccessUnit | None:
        """The next thing from the queue; what has waited too long meanwhile is sealed."""
        while True:
            try:
                return self._queue.get(timeout=FALTERS_S)
            except queue.Empty:
                self._act(self._recording.flush)

    def _act(self, what: VideoFormat | AccessUnit | Callable[[], None]) -> None:
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
