# SPDX-License-Identifier: EUPL-1.2
"""The unit's journal, repeated for who runs the demo: what this start says, in whole lines."""

import asyncio
import json
import os
from pathlib import Path

from hub.demo.screen import Screen

LOOK_AGAIN_S = 0.25
DETAIL = "detail"  # the level of what goes on all the time


def end(log: Path) -> tuple[int, int]:
    """Which file this is and where it ends, so that what an earlier start said is not news."""
    if not log.exists():
        return 0, 0
    found = log.stat()
    return found.st_ino, found.st_size


async def follow(log: Path, before: tuple[int, int], unit: str, screen: Screen, stop: asyncio.Event) -> None:
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
            _repeat(line, unit, screen)
            line = b""


def _repeat(line: bytes, unit: str, screen: Screen) -> None:
    try:
        said = json.loads(line)
    except ValueError:  # a library's own words, for the log alone
        return
    if isinstance(said, dict) and said.get("says"):
        (screen.status if said.get("level") == DETAIL else screen.say)(f"{unit}: {said['says']}")
