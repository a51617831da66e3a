# SPDX-License-Identifier: EUPL-1.2
"""What the demo says: lines that stay, and on a terminal one line below them that is written over and over.

Lines are few, so that the address does not scroll away. What goes on all the time goes to the line below, and where
there is no terminal it is not said at all.
"""

import os
from collections.abc import Callable
from typing import TextIO

PROGRESS_S = 2.0  # between two lines of progress, where there is no terminal
CLEAR = "\r\x1b[K"


class Screen:
    """A stream that a person reads."""

    def __init__(self, stream: TextIO, monotonic: Callable[[], float]) -> None:
        """`monotonic` gives seconds."""
        self._stream, self._monotonic = stream, monotonic
        self._terminal = stream.isatty()
        self._below = False  # a status stands there
        self._doing = ""
        self._said_s = 0.0

    def say(self, words: str) -> None:
        """A line that stays."""
        self._write(f"{CLEAR if self._below else ''}{_plain(words)}\n")
        self._below = False

    def status(self, words: str) -> None:
        """What goes on, in the line below."""
        if self._terminal:
            self._write(CLEAR + _plain(words)[: self._width() - 1])
            self._below = True

    def progress(self, what: str, percent: int) -> None:
        """How far something is that is done once: said when it begins, and again while it takes longer."""
        now_s = self._monotonic()
        if what != self._doing:
            self._doing, self._said_s = what, now_s
            self.say(f"{what} (once)")
        elif self._terminal:
            self.status(f"{what}: {percent} %")
        elif now_s - self._said_s >= PROGRESS_S:
            self._said_s = now_s
            self.say(f"{what}: {percent} %")

    def _width(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or 80
        except OSError:  # a terminal that does not say
            return 80

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def _plain(words: str) -> str:
    """Without what would steer a terminal: some of the words come from elsewhere."""
    return "".join(letter if letter.isprintable() else "?" for letter in words)
