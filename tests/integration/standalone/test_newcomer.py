# SPDX-License-Identifier: EUPL-1.2
"""A unit that no ceremony knows comes in by the hub's API and films: real servers, real processes, a real film."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from contract.mandate import Window
from hub.demo import command, seeds
from hub.embedded.supervisor import Supervisor
from hub.layout import Layout
from hub.standalone import CHECKOUT, ROLES, Standalone
from tests.acceptance.stage import now_us
from tests.films import numbered_film

WITHIN_S = 40.0
FPS = 10


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


@pytest.fixture
async def machine() -> AsyncIterator[Standalone]:
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


@pytest.fixture
async def unit(machine: Standalone) -> AsyncIterator[Unit]:
    """Not made yet."""
    made = Unit(machine.layout.state.parent / "newcomer", machine.layout.state.parent / "newcomer.log")
    yield made
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


async def cast(machine: Standalone, stack: AsyncExitStack) -> seeds.Cast:
    """The demo's seed clients, introduced."""
    passwords = {account.name: account.password for account in machine.accounts}

    async def seed(name: str) -> seeds.Seed:
        made = seeds.Seed(machine.address, name, passwords[name], machine.layout.seeds / f"{name}.key")
        return await stack.enter_async_context(made)

    approvers = {slot: await seed(name) for slot, name in command.APPROVERS.items()}
    found = seeds.Cast(approvers, [await seed(name) for name in command.OPERATORS])
    codes, roster = (json.loads((machine.layout.offline / f"{name}.json").read_text()) for name in ("codes", "roster"))
    await seeds.introduce(found, roster, command.PLAN.municipality, codes)
    return found


@pytest.mark.timeout(180)
async def test_a_new_unit_comes_in_by_its_label_and_films(machine: Standalone, unit: Unit) -> None:
    film = numbered_film(machine.layout.state.parent / "film.mp4", 20 * FPS, FPS, 320, 180, gop=FPS)
    printed = await unit.command("init", "--kit", str(machine.layout.kit), "--film", str(film))
    code, fingerprint = (line.split()[-1] for line in printed.splitlines())
    await unit.run()
    await until(lambda: "waits until somebody types the claim code on its label" in unit.said("enrolment"), unit)
    async with AsyncExitStack() as stack:
        people = await cast(machine, stack)
        operator = people.operators[0]

        shown = await operator.ask("POST", "/v1/claims", {"code": code.lower()})
        assert (shown["unit"], "-".join(shown["groups"])) == ("unit-1", fingerprint)
        path = f"/v1/enrolments/{shown['enrolment']}/confirmation"
        await operator.ask("POST", path, {"fingerprint": shown["fingerprint"]})
        await until(lambda: unit.said("enrolled") == ["is unit-1 from now on, and has its certificate"], unit)

        async def online() -> bool:
            return [each["online"] for each in await operator.ask("GET", "/v1/units")] == [True]

        await until(online, unit)
        placed = seeds.SeedUnit(shown["unit"], shown["camera"], "", "a test")
        await seeds.deploy(people, [placed], Window(now_us(), now_us() + 900_000_000))
        await until(lambda: [says for says in unit.said("filming") if "films camera-1" in says], unit)
        await until(lambda: unit.said("acked"), unit)  # footage: sealed, stored, logged
