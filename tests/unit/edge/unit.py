# SPDX-License-Identifier: EUPL-1.2
"""A unit for tests: its identity, a simulated hub with an order for it, and what a recording is made under."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from contract.authority import EMPTY, Examined, Order, examine
from contract.index import Reason
from contract.mandate import read_message
from contract.segment import ClockState
from edge.recorder.ledger import Ledger
from edge.recorder.outbox import Under
from edge.recorder.recording import Terms
from edge.recorder.spool import Spool
from edge.unit.identity import Identity, make_film_key
from tests.simulated_hub import SimulatedHub, unit_name

NAME, KEY = unit_name()
IDENTITY = Identity("unit-1", KEY)
START_ID = "1" * 32
CLOCK = ClockState("kernel-pll", True, 1500)
NOW_US = 1_775_000_000_000_000 - 1_775_000_000_000_000 % 3_600_000_000 + 600_000_000  # ten minutes past an hour


def steady_random(seed: str = "") -> Callable[[int], bytes]:
    """Bytes that look random and are the same in every run; never the same twice in one."""
    count = itertools.count()
    return lambda size: hashlib.shake_256(f"{seed} {next(count)}".encode()).digest(size)


def hub(**order: Any) -> SimulatedHub:
    simulated = SimulatedHub(NOW_US, NAME)
    simulated.order(**order)
    return simulated


def examined(simulated: SimulatedHub) -> Examined:
    return examine(read_message(simulated.message()), simulated.anchors, EMPTY, NAME)


def order(simulated: SimulatedHub) -> Order:
    (only,) = examined(simulated).orders
    return only


def terms(simulated: SimulatedHub, **changes: Any) -> Terms:
    """Under the hub's order, until its window's end."""
    mine = order(simulated)
    random = steady_random()
    given: dict[str, Any] = {
        "order": mine,
        "hour_key": mine.hour_key,
        "ends_us": lambda: mine.decision.windows[0].to_us,
        "film": make_film_key(IDENTITY, mine.decision_digest, START_ID, NOW_US, random),
        "numbers": itertools.count(),
        "marks": lambda: ("demo",),
        "checkpoint": simulated.checkpoint,
        "clock": lambda: CLOCK,
        "random": random,
    }
    return Terms(**{**given, **changes})


def ledger(terms: Terms, spool: Spool, reason: Reason = "no-picture") -> Ledger:
    """The ledger of the terms' first window."""
    mine = terms.order
    under = Under(mine.decision.deployment, mine.decision_digest, mine.assignment_digest, mine.decision.windows[0])
    return Ledger(spool, mine.assignment.unit, mine.assignment.camera, under, terms.film, reason)


def files(folder: Path) -> list[str]:
    """Names in a folder, sorted."""
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []
