# SPDX-License-Identifier: EUPL-1.2
"""Recording by itself, one camera and eight, beside `ffmpeg -c copy -f segment` on the same film in the same run.

*Sealed* is the recorder on a file system in memory, where a sync costs nothing; *durable* the same on this machine's
disk, synced every 0.4 s. FFmpeg copies the same packets into files on the disk and syncs nothing: one process a camera.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from edge.simulate import prepared, street_film
from hub.config import surroundings
from tests import programs
from tests.bench.unit import FILM, REQUIREMENTS, SETTLE_S, cpu_s, say

MEMORY = Path("/dev/shm")  # a file system in memory is what is wanted
MANY = 8


def measured(seconds: int) -> dict[str, object]:
    """The figures; keys as in docs/reference/performance.md."""
    ffmpeg = str(programs.find("ffmpeg"))
    cache = surroundings().cache
    say("preparing the film")
    film = prepared(street_film(cache, REQUIREMENTS), cache, FILM)
    found: dict[str, object] = {"seconds": seconds}
    for cameras in (1, MANY):
        of_many = "" if cameras == 1 else f"_{cameras}"
        with tempfile.TemporaryDirectory(prefix="fz-") as disk:
            say(f"ffmpeg -c copy, {cameras} x {seconds} s")
            peer = _of([_copy(ffmpeg, film, Path(disk), n) for n in range(cameras)], seconds)
            say(f"sealed and durable, {cameras} x {seconds} s")
            durable = _of([_recording(film, cameras, Path(disk) / "spool")], seconds)
        with tempfile.TemporaryDirectory(prefix="fz-", dir=MEMORY) as memory:
            say(f"sealed, {cameras} x {seconds} s")
            sealed = _of([_recording(film, cameras, Path(memory) / "spool")], seconds)
        found |= {
            f"cpu_ms_per_camera_second{of_many}": round(sealed[0] / cameras, 2),
            f"ffmpeg_cpu_ms_per_camera_second{of_many}": round(peer[0] / cameras, 2),
            f"ratio{of_many}": round(sealed[0] / peer[0], 2),
            f"ratio_durable{of_many}": round(durable[0] / peer[0], 2),
            f"rss_mb_per_camera{of_many}": round(durable[1] / cameras, 1),
            f"ffmpeg_rss_mb_per_camera{of_many}": round(peer[1] / cameras, 1),
        }
    return found


def _recording(film: Path, cameras: int, folder: Path) -> list[str]:
    return [sys.executable, "-m", "tests.bench.recording", str(film), str(cameras), str(folder)]


def _copy(ffmpeg: str, film: Path, folder: Path, number: int) -> list[str]:
    options = ["-nostdin", "-v", "error", "-re", "-stream_loop", "-1", "-i", str(film), "-c", "copy"]
    segments = ["-f", "segment", "-segment_time", "10", "-reset_timestamps", "1"]
    return [ffmpeg, *options, *segments, str(folder / f"{number}-%d.mp4")]


def _of(commands: list[list[str]], seconds: int) -> tuple[float, float]:
    """CPU milliseconds per second of all together once they have settled, and their resident memory in megabytes."""
    with ExitStack() as running:
        log = running.enter_context(tempfile.TemporaryFile())
        processes = [running.enter_context(subprocess.Popen(command, stdout=log, stderr=log)) for command in commands]
        try:
            time.sleep(SETTLE_S)
            before, began = sum(cpu_s(process.pid) for process in processes), time.monotonic()
            time.sleep(seconds)
            spent = (sum(cpu_s(process.pid) for process in processes) - before) / (time.monotonic() - began)
            resident = sum(_peak_mb(process.pid) for process in processes)
        except OSError:
            log.seek(0)
            raise SystemExit(f"bench: a side ended early: {log.read().decode()[-1000:]}") from None
        finally:
            for process in processes:
                process.terminate()
    return spent * 1000, resident


def _peak_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024
