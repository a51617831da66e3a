# SPDX-License-Identifier: EUPL-1.2
"""What is left of a supervisor that was killed: found by process number and start time, and ended.

Each running program has a file NAME.pid beside its log. Its process ends with the supervisor: the kernel tells it to
(`hub.embedded.program`). One that is slow about it, or deaf, would hold its ports and files against the next start,
which therefore waits for it and then kills it with its process group. It is not adopted: who did not start a process
can neither reap it nor learn how it ended, it may be of another version or have been told other ports, and stopping it
loses nothing, since each program stands `kill -9`.

Promise: a process that merely has the same number is left alone, also after a reboot. Call it only while nobody else
runs on these files.
"""

import json
import os
import select
import signal
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

SUFFIX = ".pid"
LEAVES_WITHIN_S = 10.0  # as long as a program may take to stop
KILLED_WITHIN_S = 5.0
BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class _Life:
    """One process of one boot: no other has this number and start time (in clock ticks since the boot)."""

    pid: int
    started_ticks: int
    boot: str


def note(log_file: Path, pid: int) -> None:
    """Write down a process that was just started. A full disk keeps no program from running: then nothing is noted."""
    path = log_file.with_suffix(SUFFIX)
    life = _Life(pid, _started_ticks(pid), _boot())
    fresh = path.with_suffix(f"{SUFFIX}.new")
    with suppress(OSError):
        fresh.write_text(json.dumps(asdict(life)))
        fresh.replace(path)


def forget(log_file: Path) -> None:
    """The process has been reaped."""
    with suppress(OSError):
        log_file.with_suffix(SUFFIX).unlink(missing_ok=True)


def end(folder: Path, leaves_within_s: float = LEAVES_WITHIN_S) -> list[str]:
    """End what is left of the programs that log into this folder; names those that had to be killed."""
    until_s = time.monotonic() + leaves_within_s
    killed = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        if _ended(_life(path), until_s):
            killed.append(path.stem)
        path.unlink()
    return killed


def _ended(life: _Life | None, until_s: float) -> bool:
    """Wait for a process to leave, then kill it; whether that was needed."""
    if life is None or life.boot != _boot():
        return False
    try:
        held = os.pidfd_open(life.pid)  # from here on the number is looked at, not trusted
    except ProcessLookupError:
        return False
    try:
        if _started_ticks(life.pid) != life.started_ticks or _leaves(held, until_s):
            return False
        with suppress(ProcessLookupError):
            os.killpg(life.pid, signal.SIGKILL)  # it lives, so the group is its own
        _leaves(held, time.monotonic() + KILLED_WITHIN_S)
        return True
    finally:
        os.close(held)


def _leaves(held: int, until_s: float) -> bool:
    found, _, _ = select.select([held], [], [], max(0.0, until_s - time.monotonic()))
    return bool(found)


def _life(path: Path) -> _Life | None:
    """What stands there; None where a cut tore it."""
    try:
        found = json.loads(path.read_bytes())
        return _Life(int(found["pid"]), int(found["started_ticks"]), str(found["boot"]))
    except (ValueError, TypeError, KeyError):
        return None


def _started_ticks(pid: int) -> int:
    """Field 22 of /proc/PID/stat; 0 for a process that is gone."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _boot() -> str:
    return BOOT.read_text().strip()
