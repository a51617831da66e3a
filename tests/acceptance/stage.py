# SPDX-License-Identifier: EUPL-1.2
"""The whole system on a temporary state, started the way the demo starts it, with a film whose frames are
numbered; with one unit, or as many as a test asks for."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from contract.mandate import Window
from hub.demo import command, seeds
from hub.embedded import tree
from hub.embedded.program import Event, Program
from hub.embedded.supervisor import Supervisor
from hub.layout import Layout
from hub.standalone import ROLES, Standalone, UnitPlan
from hub.users import UNIT_USERS

NOTE = "numbered frames"
DAY_US = 86_400_000_000


def now_us() -> int:
    """The clock of this machine."""
    return time.time_ns() // 1000


@dataclass
class Stage:
    """What a test may turn: the supervisors of the servers, of the hub and of the units."""

    machine: Standalone
    servers: Supervisor
    hub: Supervisor
    units: Supervisor

    @property
    def plan(self) -> UnitPlan:
        """The only unit, or the first."""
        return self.machine.units[0]

    @property
    def layout(self) -> Layout:
        """Where everything lies."""
        return self.machine.layout

    def password(self, name: str) -> str:
        """A person's printed password."""
        return next(account.password for account in self.machine.accounts if account.name == name)

    def emissions(self) -> list[tuple[int, int]]:
        """Each frame's number and when the source emitted it, microseconds UTC, as the source itself wrote it down."""
        path = _numbers(self.layout, self.plan)
        pairs = (line.split() for line in path.read_text().splitlines()) if path.exists() else ()
        return [(int(pair[0]), int(pair[1])) for pair in pairs if len(pair) == 2]

    def emitted(self) -> dict[int, int]:
        """Frame number -> when it was last emitted."""
        return dict(self.emissions())

    def said(self, plan: UnitPlan | None = None) -> list[dict[str, object]]:
        """What the unit (the first one) wrote to its log so far."""
        lines = (self.layout.logs / f"{(plan or self.plan).unit}.log").read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


@asynccontextmanager
async def staged(
    state: Path,
    film: Path,
    window_s: int | None = 900,
    prepared: Callable[[Layout], None] = lambda layout: None,
    units: int | Sequence[UnitPlan] = 1,
    on_event: Callable[[Event], None] = lambda event: None,
    unit: Callable[[Standalone, UnitPlan], Program] = Standalone.unit,
) -> AsyncIterator[Stage]:
    """Start everything; when this gives the stage, a decision stands and the units' processes run.

    With `window_s` None nobody has planned anything: the roster, the units and the designated area are known, no more.
    `prepared` is called between the ceremony and the first process; `units` is how many of the demo's, or others;
    `unit` says how one of them is started.
    """
    layout = Layout(state)
    layout.state.mkdir(parents=True, exist_ok=True)
    plans = command.unit_plans(film, NOTE, units) if isinstance(units, int) else units
    machine = Standalone(layout, command.PLAN, plans, command.accounts(layout), now_us, on_event)
    await machine.prepare()
    prepared(layout)
    for plan, user in zip(plans, UNIT_USERS, strict=False):
        numbers = _numbers(layout, plan)
        numbers.parent.mkdir(mode=0o700)
        tree.give(numbers.parent, user)  # as root: the unit is another user
        _journalled(layout.unit(plan.unit) / "config.json", numbers)
    async with AsyncExitStack() as stack:
        servers = await stack.enter_async_context(machine.servers())
        hub = Supervisor([machine.role(name) for name in ROLES], on_event=on_event)
        await stack.enter_async_context(hub)
        await hub.ready()
        if window_s is None:
            await _introduced(machine)
        else:
            await command.decide(machine, window_s, now_us, lambda words: None)
        agents = Supervisor([unit(machine, plan) for plan in plans], on_event=on_event)
        await stack.enter_async_context(agents)
        await agents.ready()
        yield Stage(machine, servers, hub, agents)


async def _introduced(machine: Standalone) -> None:
    """What stands before anybody plans: the roster, the seeds' keys, the units and the designated area."""
    codes, roster = (json.loads((machine.layout.offline / f"{name}.json").read_text()) for name in ("codes", "roster"))
    async with AsyncExitStack() as stack:
        approvers = {
            slot: await stack.enter_async_context(command._seed(machine, name))
            for slot, name in command.APPROVERS.items()
        }
        operators = [await stack.enter_async_context(command._seed(machine, name)) for name in command.OPERATORS]
        cast = seeds.Cast(approvers, operators)
        await seeds.introduce(cast, roster, command.PLAN.municipality, codes)
        await seeds.enrol(cast, [command._enrolled(machine.layout, unit) for unit in machine.units])
        await seeds._designated(operators[0], Window(now_us(), now_us() + DAY_US))


def _numbers(layout: Layout, plan: UnitPlan) -> Path:
    """Where a unit's source writes down what it emits."""
    return layout.state / f"emitted-{plan.unit}" / "numbers.txt"


def _journalled(config: Path, journal: Path) -> None:
    """Have the film source write each frame's number and emit time to a file of the test's."""
    known = json.loads(config.read_text())
    known["source"]["journal"] = str(journal)
    config.write_text(json.dumps(known))
