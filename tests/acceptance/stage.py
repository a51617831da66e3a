# SPDX-License-Identifier: EUPL-1.2
"""The whole system on a temporary state, started the way the demo starts it, with a film whose frames are numbered."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from hub.demo import command
from hub.embedded import tree
from hub.embedded.supervisor import Supervisor
from hub.layout import Layout
from hub.standalone import ROLES, Standalone, UnitPlan
from hub.users import UNIT_USERS

CAMERA, UNIT = command.CAMERA, command.UNIT
NOTE = "numbered frames"


def now_us() -> int:
    """The clock of this machine."""
    return time.time_ns() // 1000


@dataclass
class Stage:
    """What a test may turn: the supervisors of the servers, of the hub and of the unit."""

    machine: Standalone
    plan: UnitPlan
    servers: Supervisor
    hub: Supervisor
    unit: Supervisor
    journal: Path

    @property
    def layout(self) -> Layout:
        """Where everything lies."""
        return self.machine.layout

    def password(self, name: str) -> str:
        """A person's printed password."""
        return next(account.password for account in self.machine.accounts if account.name == name)

    def emitted(self) -> dict[int, int]:
        """Frame number -> when the source last emitted it, microseconds UTC, as the source itself wrote it down."""
        pairs = (line.split() for line in self.journal.read_text().splitlines())
        return {int(pair[0]): int(pair[1]) for pair in pairs if len(pair) == 2}

    def said(self) -> list[dict[str, object]]:
        """What the unit wrote to its log so far."""
        lines = (self.layout.logs / f"{UNIT}.log").read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


@asynccontextmanager
async def staged(
    state: Path, film: Path, window_s: int = 900, prepared: Callable[[Layout], None] = lambda layout: None
) -> AsyncIterator[Stage]:
    """Start everything; when this gives the stage, a decision stands and the unit's process runs.

    `prepared` is called between the ceremony and the first process.
    """
    layout = Layout(state)
    layout.state.mkdir(parents=True, exist_ok=True)
    plan = UnitPlan(UNIT, CAMERA, str(film), 0, NOTE)
    machine = Standalone(layout, command.PLAN, (plan,), command.accounts(layout), now_us)
    await machine.prepare()
    prepared(layout)
    journal = layout.state / "emitted" / "numbers.txt"
    journal.parent.mkdir(mode=0o700)
    tree.give(journal.parent, UNIT_USERS[0])  # as root: the unit is another user
    _journalled(layout.unit(UNIT) / "config.json", journal)
    async with AsyncExitStack() as stack:
        servers = await stack.enter_async_context(machine.servers())
        hub = await stack.enter_async_context(Supervisor([machine.role(name) for name in ROLES]))
        await hub.ready()
        await command.decide(machine, plan, window_s, now_us, lambda words: None)
        unit = await stack.enter_async_context(Supervisor([machine.unit(plan)]))
        await unit.ready()
        yield Stage(machine, plan, servers, hub, unit, journal)


def _journalled(config: Path, journal: Path) -> None:
    """Have the film source write each frame's number and emit time to a file of the test's."""
    known = json.loads(config.read_text())
    known["source"]["journal"] = str(journal)
    config.write_text(json.dumps(known))
