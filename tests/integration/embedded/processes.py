# SPDX-License-Identifier: EUPL-1.2
"""Looking at processes: whether one is gone, and waiting for what should come true."""

import asyncio
from collections.abc import Callable
from pathlib import Path

DEADLINE_S = 10.0


def gone(pid: int | None) -> bool:
    """Whether no process runs under this number (a zombie that pid 1 does not reap has ended too)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in {"Z", "X"}


async def until(holds: Callable[[], bool]) -> None:
    """Return when it holds."""
    async with asyncio.timeout(DEADLINE_S):
        while not holds():
            await asyncio.sleep(0.01)
