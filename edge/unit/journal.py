# SPDX-License-Identifier: EUPL-1.2
"""What the unit says for itself: one JSON object a line, in words and by event; never a key, a token or a picture."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import TextIO

DETAIL = "detail"


class Journal:
    """Writes lines. Any thread may call."""

    def __init__(self, stream: TextIO, now_us: Callable[[], int]) -> None:
        self._stream, self._now_us = stream, now_us
        self._lock = threading.Lock()
        self._last: dict[str, str] = {}

    def say(self, event: str, says: str, **ids: str | int) -> None:
        """One line: `at_us`, `event`, `says`, and what it is about."""
        line = json.dumps({"at_us": self._now_us(), "event": event, "says": says, **ids}, ensure_ascii=False)
        with self._lock:
            print(line, file=self._stream, flush=True)

    def detail(self, event: str, says: str, **ids: str | int) -> None:
        """A line that comes with every segment, marked so that who reads along may leave it out."""
        self.say(event, says, level=DETAIL, **ids)

    def change(self, event: str, says: str) -> None:
        """A line when this differs from what was said of the event before; an empty text is remembered and not said."""
        with self._lock:
            if self._last.get(event, "") == says:
                return
            self._last[event] = says
        if says:
            self.say(event, says)
