# SPDX-License-Identifier: EUPL-1.2
"""Looking at processes: whether one is gone, and waiting for what should come true."""

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path

DEADLINE_S = 10.0


def gone(pid: int | None) -> bool:
    """Whether no process runs under this number (a zombie that pid 1 does not reap has ended too)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in {"Z", "X"}


def family(pids: Iterable[int | None]) -> set[int]:
    """These processes and all that descend from them: PostgreSQL's own children, for instance."""
    found = {pid for pid in pids if pid is not None}
    parents = {int(stat.parent.name): _parent(stat) for stat in Path("/proc").glob("[0-9]*/stat")}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _parent(stat: Path) -> int | None:
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
        return None


async def until(holds: Callable[[], bool]) -> None:
    """Return when it holds."""
    async with asyncio.timeout(DEADLINE_S):
        while not holds():
            await asyncio.sleep(0.01)
