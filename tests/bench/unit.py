# SPDX-License-Identifier: EUPL-1.2
"""A unit alone, one 720p camera, beside `ffmpeg -c copy -f segment` on the same film, one after the other in one run.

The unit is the shipped program under a verified order, with no hub to reach: it captures, seals, signs, syncs each tick
and keeps what it cannot send. FFmpeg copies the same packets into files and syncs nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

from cryptography import x509

from contract.authority import UnitName
from contract.envelope import fingerprint, spki
from contract.mandate import Window
from contract.record import dump
from edge.simulate import FilmSettings, prepared, street_film
from edge.unit.authority import Authority
from edge.unit.clock import UnitClock
from hub import ceremony
from hub.config import surroundings
from hub.layout import Layout
from tests import programs
from tests.simulated_hub import ORIGIN, SimulatedHub

UNIT, CAMERA = "unit-1", "camera-1"
SETTLE_S = 3
SECOND_US = 1_000_000
FILM = FilmSettings(width=1280, fps=Fraction(25), kbit_s=2000)
REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements" / "films.txt"


def measured(seconds: int) -> dict[str, object]:
    """The figures; keys as in docs/reference/performance.md."""
    ffmpeg = programs.find("ffmpeg")
    cache = surroundings().cache
    say("preparing the film")
    film = prepared(street_film(cache, REQUIREMENTS), cache, FILM)
    with tempfile.TemporaryDirectory(prefix="fz-") as folder:
        say(f"a unit alone, {seconds} s")
        unit = of_process(_unit(Path(folder) / "state", film), seconds)
        say(f"ffmpeg -c copy -f segment, {seconds} s")
        options = ["-nostdin", "-v", "error", "-re", "-stream_loop", "-1", "-i", str(film), "-c", "copy"]
        segments = ["-f", "segment", "-segment_time", "10", "-reset_timestamps", "1", str(Path(folder) / "%d.mp4")]
        peer = of_process([str(ffmpeg), *options, *segments], seconds)
    return {
        "seconds": seconds,
        "cpu_ms_per_camera_second": round(unit[0], 2),
        "ffmpeg_cpu_ms_per_camera_second": round(peer[0], 2),
        "ratio": round(unit[0] / peer[0], 2),
        "rss_mb": round(unit[1], 1),
        "ffmpeg_rss_mb": round(peer[1], 1),
    }


def of_process(command: list[str], seconds: int) -> tuple[float, float]:
    """CPU milliseconds per second once it has settled, and its largest resident memory in megabytes."""
    with tempfile.TemporaryFile() as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            time.sleep(SETTLE_S)
            before, began = cpu_s(process.pid), time.monotonic()
            time.sleep(seconds)
            spent = (cpu_s(process.pid) - before) / (time.monotonic() - began)
            status = Path(f"/proc/{process.pid}/status").read_text()
            peak_kb = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
        except (OSError, StopIteration):
            log.seek(0)
            raise SystemExit(f"bench: {command[0]} ended early: {log.read().decode()[-1000:]}") from None
        finally:
            process.terminate()
    return spent * 1000, peak_kb / 1024


def cpu_s(pid: int) -> float:
    """User and system time of a process with all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _unit(state: Path, film: Path) -> list[str]:
    """A unit that holds a verified order for an hour, and the command that runs it."""
    layout = Layout(state)
    folder = layout.unit(UNIT)
    init = ["init", "--state", str(folder), "--unit", UNIT, "--camera", CAMERA]
    subprocess.run([sys.executable, "-m", "edge", *init], check=True)
    now_us = time.time_ns() // 1000
    plan = ceremony.Plan("bench", ORIGIN, (("a", "A"), ("b", "B")), demo=True)
    ceremony.hold(layout, plan, [folder], now_us, os.urandom)
    key = x509.load_pem_x509_certificate((folder / "identity.pem").read_bytes()).public_key()
    me = UnitName(UNIT, fingerprint(spki(key)))  # type: ignore[arg-type]
    hub = SimulatedHub(now_us, me, camera=CAMERA)
    hub.order(windows=(Window(now_us - SECOND_US, now_us + 3600 * SECOND_US),))
    (folder / "anchors.json").write_bytes(dump(hub.anchors))
    config = {
        "unit": UNIT,
        "camera": CAMERA,
        "hub_url": "https://127.0.0.1:1",
        "hub_host": "localhost",
        "mqtt_host": "127.0.0.1",
        "mqtt_port": 1,
        "client_id": "0" * 32,
        "source": {"film": str(film), "offset_s": 0},
        "ice_addresses": ["127.0.0.1"],
        "position": "pinned",
    }
    (folder / "config.json").write_text(json.dumps(config))
    considered = Authority(folder, hub.anchors, me, UnitClock()).consider(hub.message())
    if considered.refusals:
        raise SystemExit(f"bench: the order does not hold: {considered.refusals}")
    return [sys.executable, "-m", "edge", "run", "--state", str(folder)]


def say(words: str) -> None:
    print(f"bench: {words}", file=sys.stderr, flush=True)
