# SPDX-License-Identifier: EUPL-1.2
"""A whole stage to measure, and what its programs cost together: processor time and resident memory, by program."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Coroutine
from fractions import Fraction
from pathlib import Path

from edge.simulate import FilmSettings, prepared, street_film
from hub.config import surroundings
from hub.standalone import ROLES, UnitPlan
from tests.acceptance.stage import Stage
from tests.bench.unit import REQUIREMENTS, cpu_s, say
from tests.integration.embedded.processes import family

SMALL = FilmSettings(width=640, fps=Fraction(25), kbit_s=500)
APART_S = 5  # of the film, from one unit to the next
SERVERS = ("keeper", "caddy", "nats", "postgres")


def in_a_folder(film: Path, run: Callable[[Path, Path], Coroutine[None, None, dict[str, object]]]) -> dict[str, object]:
    """What `run` finds, given a state folder and a copy of the film that the programs' own users can reach."""
    folder = Path(tempfile.mkdtemp(prefix="fz-"))
    folder.chmod(0o755)  # the servers' own users walk through it
    try:
        own = folder / "film.mp4"
        shutil.copy(film, own)
        return asyncio.run(run(folder / "state", own))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def small_film() -> Path:
    """The street's film as a unit of a thin link plays it: 640 pixels wide, 25 pictures a second, 0.5 Mbit/s."""
    cache = surroundings().cache
    say("preparing the film")
    return prepared(street_film(cache, REQUIREMENTS), cache, SMALL)


def unit_plans(film: Path, count: int) -> list[UnitPlan]:
    """So many units, each from another second of one film."""
    numbers = range(1, count + 1)
    return [UnitPlan(f"unit-{n}", f"camera-{n}", str(film), APART_S * n % 60, "a measurement") for n in numbers]


def hub_processes(stage: Stage) -> dict[str, set[int]]:
    """The hub's programs and its servers, each with what descends from it."""
    of = {name: stage.hub.pid(name) for name in ROLES} | {name: stage.servers.pid(name) for name in SERVERS}
    return {name: family([pid]) for name, pid in of.items()}


def unit_processes(stage: Stage) -> dict[str, set[int]]:
    """The units' programs."""
    return {plan.unit: family([stage.units.pid(plan.unit)]) for plan in stage.machine.units}


def cpu_of(programs: dict[str, set[int]]) -> float:
    """Seconds that they have used so far; one that has ended meanwhile is not counted."""
    total = 0.0
    for pid in set().union(*programs.values()):
        try:
            total += cpu_s(pid)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total


def resident_mb(pids: set[int]) -> float:
    """Their resident memory; a page that several share is counted once, in parts (PSS)."""
    total_kb = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total_kb += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total_kb / 1024
