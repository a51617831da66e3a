# SPDX-License-Identifier: EUPL-1.2
"""The unit's journal, repeated for who runs the demo: what this start says, in whole lines.

The journal's times are UTC; here they are the clock's on the wall, with its zone, as in the console.
"""

import asyncio
import json
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from hub.demo.screen import Screen

LOOK_AGAIN_S = 0.25
DETAIL = "detail"  # the level of what goes on all the time
MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}) UTC")
ENDED = "the window has ended"
HOUR_US = 3_600_000_000


class Ending:
    """Says once, when no unit that filmed films any more because its window is over, what can be done next."""

    def __init__(self, say: Callable[[str], None], retention_h: int) -> None:
        self._say, self._retention_h = say, retention_h
        self._filming: set[str] = set()

    def heard(self, unit: str, says: str, at_us: int) -> None:
        """A unit said this."""
        if re.search(r"\bfilms\b", says):
            self._filming.add(unit)
        elif says.endswith(ENDED) and unit in self._filming:
            self._filming.discard(unit)
            if not self._filming:
                until_us = at_us - at_us % HOUR_US + self._retention_h * HOUR_US  # each hour by itself, this one last
                until = local(datetime.fromtimestamp(until_us // 1_000_000, UTC))
                self._say(f"Ctrl-C and start again for a new window; recordings are kept until {until} at the latest")


def local(moment: datetime) -> str:
    """A moment as the clock on the wall has it, to the second, with its zone."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")


def end(log: Path) -> tuple[int, int]:
    """Which file this is and where it ends, so that what an earlier start said is not news."""
    if not log.exists():
        return 0, 0
    found = log.stat()
    return found.st_ino, found.st_size


async def follow(
    log: Path, before: tuple[int, int], unit: str, screen: Screen, stop: asyncio.Event, ending: Ending | None = None
) -> None:
    """Say what the unit says after `before` until told to stop; a log too long to go on with was begun anew."""
    with log.open("rb") as lines:
        file, size = before
        lines.seek(size if os.fstat(lines.fileno()).st_ino == file else 0)
        line = b""
        while not stop.is_set():
            line += lines.readline()
            if not line.endswith(b"\n"):  # nothing, or not all of it yet
                await asyncio.sleep(LOOK_AGAIN_S)
                continue
            _repeat(line, unit, screen, ending)
            line = b""


def _repeat(line: bytes, unit: str, screen: Screen, ending: Ending | None) -> None:
    try:
        said = json.loads(line)
    except ValueError:  # a library's own words, for the log alone
        return
    if isinstance(said, dict) and said.get("says"):
        words = MOMENT.sub(_local, str(said["says"]))
        (screen.status if said.get("level") == DETAIL else screen.say)(f"{unit}: {words}")
        if ending is not None and isinstance(said.get("at_us"), int):
            ending.heard(unit, words, said["at_us"])


def _local(found: re.Match[str]) -> str:
    try:
        return local(datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC))
    except ValueError:  # no such day
        return found[0]
