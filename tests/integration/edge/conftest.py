# SPDX-License-Identifier: EUPL-1.2
"""A unit in a folder of its own, on a clock that begins ten minutes past an hour and runs in real time, and in leaps
where a test says so."""

from __future__ import annotations

import asyncio
import io
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from edge.agent import Agent, Parts
from edge.capture.file import FilmSource
from edge.capture.source import Source
from edge.config import FilmConfig, UnitConfig
from edge.recorder.spool import Spool
from edge.unit.authority import Authority
from edge.unit.clock import UnitClock
from edge.unit.journal import Journal
from edge.unit.memory import begin_memory
from tests.films import numbered_film
from tests.integration.edge.wires import Sessions, Wires, until
from tests.simulated_hub import SimulatedHub
from tests.unit.edge.unit import CLOCK, IDENTITY, NAME, NOW_US

FPS = 25


@dataclass
class UnitUnderTest:
    """Everything around one agent; `running` starts it, and may start it again."""

    state: Path
    film: Path
    hub: SimulatedHub = field(default_factory=lambda: SimulatedHub(NOW_US, NAME))
    sessions: Sessions = field(default_factory=Sessions)
    sources: list[Source] = field(default_factory=list)
    emitted: list[tuple[int, int]] = field(default_factory=list)
    spool_limit: int = 2**30
    log: io.StringIO = field(default_factory=io.StringIO)
    ahead_us: int = 0  # what the unit's clocks, wall and monotonic, are ahead of real time

    def __post_init__(self) -> None:
        self.began_ns = time.monotonic_ns()
        self.clock = UnitClock(self._wall_us, self._monotonic_ns, lambda: CLOCK)
        self.wires = Wires(self.hub, IDENTITY.public)
        begin_memory(self.state)
        self.agent: Agent | None = None
        self.task: asyncio.Task[None] | None = None  # the running agent's

    def _wall_us(self) -> int:
        return NOW_US + (self._monotonic_ns() - self.began_ns) // 1000

    def _monotonic_ns(self) -> int:
        return time.monotonic_ns() + self.ahead_us * 1000

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Agent]:
        """The agent, until the block ends; then it has stopped in order."""
        stop = asyncio.Event()
        self.wires.started = False
        self.agent = Agent(self._parts())
        task = self.task = asyncio.create_task(self.agent.run(stop))
        try:
            await until(lambda: self.wires.started or task.done())
            yield self.agent
        finally:
            stop.set()
            await task

    def message(self, **arguments: Any) -> bytes:
        """The hub's newest mandate message for what the unit last reported."""
        self.hub.now_us = self.clock.now_us()
        seen = self.wires.states[-1].checkpoint_size if self.wires.states else 0
        return self.hub.message(seen, **arguments)

    @property
    def said(self) -> list[dict[str, Any]]:
        """The journal so far."""
        return [json.loads(line) for line in self.log.getvalue().splitlines()]

    def events(self, event: str) -> list[str]:
        """What the journal said of one kind of event."""
        return [line["says"] for line in self.said if line["event"] == event]

    def camera_says(self, word: str) -> bool:
        """Whether the newest state has this doing or rule."""
        camera = self.wires.camera
        return camera is not None and word in (camera.doing, camera.rule)

    def spooled(self) -> list[str]:
        """Names of files in the camera's spool."""
        folder = self.state / "spool" / "cam-1"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

    def _parts(self) -> Parts:
        source = FilmConfig(str(self.film), 0, None)
        config = UnitConfig(
            unit="unit-1",
            camera="cam-1",
            hub_url="https://127.0.0.1:1",
            hub_host="localhost",
            mqtt_host="127.0.0.1",
            mqtt_port=1,
            client_id="0" * 32,
            source=source,
            ice_addresses=("127.0.0.1",),
            position="pinned",
            spool_limit_bytes=None,
            door_url=None,
        )
        return Parts(
            config=config,
            state=self.state,
            identity=IDENTITY,
            authority=Authority(self.state, self.hub.anchors, NAME, self.clock),
            spool=Spool(self.state / "spool", self.spool_limit),
            clock=self.clock,
            random=os.urandom,
            journal=Journal(self.log, self.clock.now_us),
            source=self._source,
            session=self.sessions.make,
            hub=self.wires,
            line=self.wires.line,
        )

    def _source(self) -> Source:
        source = FilmSource(
            self.film,
            now_us=self.clock.now_us,
            monotonic_ns=time.monotonic_ns,
            on_emit=lambda number, at_us: self.emitted.append((number, at_us)),
        )
        self.sources.append(source)
        return source


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of numbered pictures, a keyframe every 0.4 s."""
    return numbered_film(tmp_path_factory.mktemp("film") / "film.mp4", 2 * FPS, FPS, 320, 180, gop=10)


@pytest.fixture
def unit(tmp_path: Path, film: Path) -> UnitUnderTest:
    """A unit that was never started."""
    return UnitUnderTest(tmp_path, film)
