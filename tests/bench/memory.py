# SPDX-License-Identifier: EUPL-1.2
"""Memory of each program over a long while: three units film, two people look at them live, one looks back.

Resident memory is read every few seconds. What a program holds at first is its business; whether it goes on growing is
told by a straight line through what was read in the second half of the time.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from edge.simulate import street_film
from hub.config import surroundings
from tests.acceptance.eyes import Eye, Replayer
from tests.acceptance.stage import Stage, staged
from tests.acceptance.test_watching import looker
from tests.bench.machine import hub_processes, in_a_folder, resident_mb, unit_processes
from tests.bench.unit import REQUIREMENTS, say

UNITS = 3
EVERY_S = 5.0
Readings = dict[str, list[tuple[float, float]]]  # by program: (seconds, megabytes)


def measured(seconds: int) -> dict[str, object]:
    """The figures; keys as in docs/reference/performance.md."""
    cache = surroundings().cache
    say("preparing the film")
    film = street_film(cache, REQUIREMENTS)
    return in_a_folder(film, lambda state, own: _measured(state, own, seconds))


async def _measured(state: Path, film: Path, seconds: int) -> dict[str, object]:
    say("starting the hub and three units")
    async with (
        staged(state, film, window_s=seconds + 600, units=UNITS) as stage,
        _three_people(stage) as (eyes, replayer),
    ):
        say(f"measuring for {seconds} s")
        read = await _readings(stage, seconds)
        pictures, opened = sum(len(eye.arrivals_s) for eye in eyes), replayer.segments
    figures: dict[str, object] = {"seconds": seconds, "pictures_seen": pictures, "segments_replayed": opened}
    for program, of in read.items():
        half = of[len(of) // 2 :]
        growth = statistics.linear_regression([at_s for at_s, _ in half], [mb for _, mb in half]).slope * 3600
        figures[f"{program}_mb"] = round(half[-1][1], 1)
        figures[f"{program}_mb_per_hour"] = round(growth, 1)
    together = [sum(mb for _, mb in at_once) for at_once in zip(*read.values(), strict=True)]
    figures |= {"rss_mb": round(together[-1], 1), "rss_mb_most": round(max(together), 1)}
    return figures


async def _readings(stage: Stage, seconds: int) -> Readings:
    read: Readings = defaultdict(list)
    began_s = time.monotonic()
    while (at_s := time.monotonic() - began_s) < seconds:
        for program, pids in (hub_processes(stage) | unit_processes(stage)).items():
            read[program].append((at_s, resident_mb(pids)))
        await asyncio.sleep(EVERY_S)
    return dict(read)


@asynccontextmanager
async def _three_people(stage: Stage) -> AsyncIterator[tuple[list[Eye], Replayer]]:
    """Two look at all that is live; a third looks back at the first camera."""
    people = [await looker(stage) for _ in range(3)]
    eyes = [Eye(stage, who, plan.camera) for who in people[:2] for plan in stage.machine.units]
    replayer = Replayer(people[2], stage.plan.camera)
    tasks = [asyncio.create_task(eye.look()) for eye in eyes]
    tasks.append(asyncio.create_task(replayer.look_back()))
    yield eyes, replayer
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for who in people:
        await who.http.aclose()
