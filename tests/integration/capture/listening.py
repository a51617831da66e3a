# SPDX-License-Identifier: EUPL-1.2
"""A listener that keeps what it hears, and waits for it with a deadline."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from edge.capture.source import Listener, SourceError
from edge.media import AccessUnit, VideoFormat

DEADLINE_S = 10.0


@dataclass
class Heard:
    formats: list[VideoFormat] = field(default_factory=list)
    units: list[AccessUnit] = field(default_factory=list)
    failures: list[SourceError] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def listener(self) -> Listener:
        return Listener(on_format=self.on_format, on_unit=self.on_unit, on_failure=self.on_failure)

    def on_format(self, video_format: VideoFormat) -> None:
        self._keep("format", lambda: self.formats.append(video_format))

    def on_unit(self, unit: AccessUnit) -> None:
        self._keep("unit", lambda: self.units.append(unit))

    def on_failure(self, error: SourceError) -> None:
        self._keep(error.reason, lambda: self.failures.append(error))

    def wait_until(self, condition: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(condition, DEADLINE_S), f"heard only {self.order[-20:]}"

    def _keep(self, word: str, keep: Callable[[], None]) -> None:
        with self.changed:
            self.order.append(word)
            keep()
            self.changed.notify_all()
