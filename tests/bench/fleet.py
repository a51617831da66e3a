# SPDX-License-Identifier: EUPL-1.2
"""Twelve units at 0.5 Mbit/s against one hub: the whole system as the demo starts it, nobody looking.

Each unit is the shipped program with a film of its own second, under one decision with twelve posts. Measured is from
the last picture of a segment, as the unit signed it, to the moment at which the hub has it durably and answers 202.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from pathlib import Path

from contract.index import INDEX_ROW
from hub.config import Settings
from hub.store.database import Database
from hub.store.rows import KeptRow, Rows
from tests.acceptance.stage import Stage, staged
from tests.bench.machine import (
    cpu_of,
    hub_processes,
    in_a_folder,
    resident_mb,
    small_film,
    unit_plans,
    unit_processes,
)
from tests.bench.unit import say

UNITS = 12
SETTLE_S = 10
ARRIVES_WITHIN_S = 60.0
LOOK_S = 0.5


def measured(seconds: int) -> dict[str, object]:
    """The figures; keys as in docs/reference/performance.md."""
    return in_a_folder(small_film(), lambda state, own: _measured(state, own, seconds))


async def _measured(state: Path, film: Path, seconds: int) -> dict[str, object]:
    plans = unit_plans(film, UNITS)
    say(f"starting the hub and {UNITS} units")
    async with staged(state, film, window_s=seconds + 600, units=plans) as stage:
        await asyncio.sleep(SETTLE_S)
        hub, units = hub_processes(stage), unit_processes(stage)
        before, began_s = (cpu_of(hub), cpu_of(units)), time.monotonic()
        say(f"measuring for {seconds} s")
        await asyncio.sleep(seconds)
        took_s = time.monotonic() - began_s
        spent = (cpu_of(hub) - before[0], cpu_of(units) - before[1])
        memory = [sum(resident_mb(pids) for pids in programs.values()) for programs in (hub, units)]
        sealed = _said(stage, "sealed")
        say("waiting for what was sealed to be acked")
        with suppress(TimeoutError):
            async with asyncio.timeout(ARRIVES_WITHIN_S):
                while not sealed <= _said(stage, "acked"):
                    await asyncio.sleep(LOOK_S)
        rows = await _rows(stage, sealed)
    late_us = sorted(
        row.stored_at_us - row.to_us for row in rows.values() if row.kind == INDEX_ROW and row.stored_at_us is not None
    )
    return {
        "seconds": seconds,
        "units": UNITS,
        "segments": len(late_us),
        "lost": sum(chain not in rows or rows[chain].acked_at_us is None for chain in sealed),
        "stored_p50_s": _part(late_us, 0.50),
        "stored_p95_s": _part(late_us, 0.95),
        "cpu_cores": round(spent[0] / took_s, 3),
        "rss_mb": round(memory[0], 1),
        "units_cpu_cores": round(spent[1] / took_s, 3),
        "units_rss_mb": round(memory[1], 1),
    }


def _said(stage: Stage, event: str) -> set[str]:
    said = (line for plan in stage.machine.units for line in stage.said(plan))
    return {str(line["chain"]) for line in said if line["event"] == event}


async def _rows(stage: Stage, chains: set[str]) -> dict[str, KeptRow]:
    database = Database(Settings(state=stage.layout.state, database_url=stage.machine.database_url).database)
    rows = Rows(database)
    found = [await rows.get(chain) for chain in chains]
    await database.close()
    return {row.chain: row for row in found if row is not None}


def _part(late_us: list[int], part: float) -> float | None:
    """The delay that this part of all segments keeps to, in seconds."""
    return round(late_us[min(len(late_us) - 1, int(part * len(late_us)))] / 1e6, 3) if late_us else None
