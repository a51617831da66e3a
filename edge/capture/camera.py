# SPDX-License-Identifier: EUPL-1.2
"""One camera, demultiplexed once: every branch gets each format and each picture, in the source's thread.

A branch must not wait: it queues or leaves out. What is wrong with the source is told until its next picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from edge.capture.source import Listener, RunningSource, Source, SourceError, run_source
from edge.media import AccessUnit, VideoFormat


class Branch(Protocol):
    """What a picture goes to."""

    def begin(self, video_format: VideoFormat) -> None:
        """The camera (re)starts with this format."""

    def add(self, unit: AccessUnit) -> None:
        """Take one picture, without waiting."""


class Camera:
    """A source that runs, and its branches."""

    def __init__(self, source: Source, branches: Sequence[Branch]) -> None:
        self._source, self._branches = source, tuple(branches)
        self._running: RunningSource | None = None
        self._trouble: SourceError | None = None

    def start(self, *, monotonic_ns: Callable[[], int], random: Callable[[], float]) -> None:
        """Open the source."""
        listener = Listener(on_format=self._on_format, on_unit=self._on_unit, on_failure=self._on_failure)
        self._running = run_source(self._source, listener, monotonic_ns=monotonic_ns, random=random)

    def stop(self) -> None:
        """Close it; afterwards no branch is given anything."""
        if self._running is not None:
            self._running.stop()

    @property
    def trouble(self) -> tuple[str, str] | None:
        """A rule and words while there are no pictures."""
        error = self._trouble
        return (f"camera.{error.reason}", str(error)) if error is not None else None

    def _on_format(self, video_format: VideoFormat) -> None:
        for branch in self._branches:
            branch.begin(video_format)

    def _on_unit(self, unit: AccessUnit) -> None:
        self._trouble = None
        for branch in self._branches:
            branch.add(unit)

    def _on_failure(self, error: SourceError) -> None:
        self._trouble = error
