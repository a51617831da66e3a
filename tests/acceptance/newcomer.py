# SPDX-License-Identifier: EUPL-1.2
"""A hub on which no unit runs, and a unit's programs on a folder of its own, run as whoever holds it in hand would."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub.demo import command
from hub.embedded.supervisor import Supervisor
from hub.layout import Layout
from hub.standalone import CHECKOUT, ROLES, Standalone
from tests.acceptance.stage import now_us

WITHIN_S = 40.0


@dataclass
class Unit:
    """A unit's programs on a folder of its own, run as whoever holds it in hand would."""

    state: Path
    log: Path
    processes: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def command(self, name: str, *arguments: str) -> str:
        """One that ends by itself; gives what it printed."""
        child = await self._start(name, *arguments, stdout=asyncio.subprocess.PIPE)
        output, _ = await child.communicate()
        assert child.returncode == 0, self.log.read_text()
        return output.decode()

    async def run(self) -> None:
        """Its agent, until `stop`."""
        self.processes.append(await self._start("run", stdout=asyncio.subprocess.DEVNULL))

    async def stop(self) -> None:
        for child in self.processes:
            if child.returncode is None:
                child.terminate()
                await child.wait()
        self.processes.clear()

    async def _start(self, name: str, *arguments: str, stdout: int) -> asyncio.subprocess.Process:
        with self.log.open("ab") as log:
            argv = (sys.executable, "-m", "edge", name, "--state", str(self.state), *arguments)
            return await asyncio.create_subprocess_exec(
                *argv, stdout=stdout, stderr=log, cwd=CHECKOUT, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
            )

    def said(self, event: str) -> list[str]:
        """What its journal says of an event."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [line["says"] for line in lines if line["event"] == event]


@asynccontextmanager
async def hub_alone() -> AsyncIterator[Standalone]:
    """A hub on which no unit runs."""
    folder = Path(tempfile.mkdtemp(prefix="fz-"))
    folder.chmod(0o755)
    layout = Layout(folder / "state")
    layout.state.mkdir()
    here = Standalone(layout, command.PLAN, (), command.accounts(layout), now_us)
    await here.prepare()
    try:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(here.servers())
            hub = await stack.enter_async_context(Supervisor([here.role(name) for name in ROLES]))
            await hub.ready()
            yield here
    finally:
        os.close(here.held)
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def newcomer(machine: Standalone, name: str = "newcomer") -> AsyncIterator[Unit]:
    """Not made yet."""
    folder = machine.layout.state.parent
    made = Unit(folder / name, folder / f"{name}.log")
    try:
        yield made
    finally:
        await made.stop()


async def until(found: Callable[[], Any], unit: Unit) -> Any:
    """What is waited for, once it is there."""
    try:
        async with asyncio.timeout(WITHIN_S):
            while not (value := await found() if asyncio.iscoroutinefunction(found) else found()):
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(unit.log.read_text()) from None
    return value
