# SPDX-License-Identifier: EUPL-1.2
"""A unit's program, killed (`kill -9`) ten times at random: what is lost, what is said of it, and how it goes on.

The film source writes down each picture's number before it hands it on, into a file that outlives the process: that is
what was demuxed. What was recorded is read back out of the sealed segments that the hub holds in the end.
"""

from __future__ import annotations

import asyncio
import io
import os
import random
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import MQTTMessage

from contract.chain import coverage, in_order, verified
from contract.envelope import Envelope, read
from contract.filmed import verified_row
from contract.index import IndexRow, Row, chain_value
from contract.lease import LEASE_REQUEST
from contract.mandate import Window
from contract.segment import FIRST
from edge.unit.clock import UnitClock
from tests.films import read_numbers
from tests.integration.edge import test_link
from tests.integration.edge.site import PIECE_BYTES, Site
from tests.integration.edge.test_link import UNIT, Surroundings, unit_folder
from tests.integration.edge.wires import until
from tests.integration.embedded.mqtt import MqttClient
from tests.simulated_hub import MINUTE_US, confirm

around, folder, site = test_link.around, test_link.folder, test_link.site  # fixtures

KILLS = 10
IN_THE_UPLOAD = 5  # this one dies in the middle of sending what the one before it had filmed
FRAGMENT = 10  # pictures: 0.4 s at 25 a second
MOST_PICTURES = 30  # of one life
FILMS_WITHIN_S = 20.0


@dataclass
class Hub:
    """The worker's part: rows are taken in, what is stored or stated is acked, questions are answered."""

    site: Site
    around: Surroundings
    worker: MqttClient
    rows: dict[str, tuple[Envelope, Row]] = field(default_factory=dict)
    states: int = 0

    def __post_init__(self) -> None:
        loop = asyncio.get_running_loop()

        def on_message(client: object, data: object, message: MQTTMessage) -> None:
            loop.call_soon_threadsafe(self._heard, message.topic.rpartition("/")[2], bytes(message.payload))

        self.worker.paho.on_message = on_message
        self.site.on_stored = self._ack

    def _heard(self, what: str, payload: bytes) -> None:
        if not payload.startswith(b"{"):
            return  # another test's, retained
        if what == "state":
            self.states += 1
        elif read(payload).type == LEASE_REQUEST:
            self.site.hub.now_us = UnitClock().now_us()
            self._say("lease", confirm(self.site.hub, payload))
        elif what == "index":
            row = self.site.hub.take_row(payload, self.around.public)
            chain = chain_value(read(payload), row)
            self.rows[chain] = (read(payload), row)
            if chain in self.site.hub.segments or not isinstance(row, IndexRow):
                self._ack(chain)  # said again: the ack was lost

    def _ack(self, chain: str) -> None:
        self._say("ack", self.site.hub.ack(chain))

    def _say(self, what: str, payload: bytes) -> None:
        self.worker.paho.publish(f"fz/1/{UNIT}/{what}", payload, qos=1)


@dataclass
class Program:
    """The unit's program, one life after another."""

    state: Path
    site: Site
    lives: list[int] = field(default_factory=list)  # pictures demuxed when each life ended, all together

    @property
    def demuxed(self) -> list[tuple[int, int]]:
        """Number and moment of each picture that the source wrote down, of all lives."""
        journal = self.state / "emitted.txt"
        lines = journal.read_text().splitlines() if journal.exists() else []
        return [(int(number), int(at_us)) for number, at_us in map(str.split, lines)]

    async def start(self) -> asyncio.subprocess.Process:
        with (self.state.parent / "unit.log").open("ab") as log:
            command = (sys.executable, "-m", "edge", "run", "--state", str(self.state))
            return await asyncio.create_subprocess_exec(*command, stderr=log)

    async def life(self, pictures: int, goal: Callable[[], bool] = lambda: True) -> None:
        """Film so many pictures, go on until there is nothing more to wait for, and die."""
        process, target = await self.start(), len(self.demuxed) + pictures
        await self._until_killed(process, until(lambda: len(self.demuxed) >= target and goal(), FILMS_WITHIN_S))

    async def life_until_midway(self) -> tuple[str, int]:
        """Die while half of a segment is at the hub; gives its chain value, and how much the hub has of it."""
        midway: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        dead = asyncio.Event()

        async def on_piece(chain: str, size: int) -> None:
            if not midway.done():
                midway.set_result(chain)
            if chain == midway.result():
                await dead.wait()
                raise ConnectionResetError  # whatever was on the line goes with it

        self.site.on_piece, usual = on_piece, self.site.on_piece
        process = await self.start()
        await self._until_killed(process, asyncio.wait_for(midway, FILMS_WITHIN_S))
        dead.set()
        self.site.on_piece = usual
        return midway.result(), len(self.site.parts[midway.result()])

    async def _until_killed(self, process: asyncio.subprocess.Process, moment: Any) -> None:
        try:
            await moment
        finally:
            process.kill()
            assert await process.wait() == -signal.SIGKILL
            self.lives.append(len(self.demuxed))


@pytest.mark.timeout(180)
async def test_ten_times(around: Surroundings, site: Site, film: Path, tmp_path: Path) -> None:
    seed = int.from_bytes(os.urandom(4))
    print(f"seed {seed}")  # shown where it fails
    chance = random.Random(seed)
    async with site.serving(around.server, around.unit_ca):
        program = Program(unit_folder(around, site, film, tmp_path / UNIT), site)
        with around.worker_client() as worker:
            hub = Hub(site, around, worker)
            window = await ordered(hub)
            for life in range(KILLS):
                if life == IN_THE_UPLOAD:
                    chain, size = await program.life_until_midway()
                else:
                    # What is to be cut off in its upload must be long enough for that.
                    least = 2 * FRAGMENT if life == IN_THE_UPLOAD - 1 else 1
                    await program.life(chance.randint(least, MOST_PICTURES))
            await program.life(1, lambda: nothing_waits(program.state))
    rows = whole_chain(hub, around, site, window)
    assert PIECE_BYTES // 2 < size < len(site.hub.segments[chain])
    (went_on,) = [headers for method, path, headers in site.requests if method == "PUT" and chain in path]  # whole ones
    whole = len(site.hub.segments[chain])
    assert went_on["content-range"] == f"bytes {size}-{whole - 1}/{whole}"
    segments = [row for row in rows if isinstance(row, IndexRow)]
    assert {row.chain for row in segments} == set(site.hub.segments)
    recorded_is_demuxed(program, site, segments)


def nothing_waits(state: Path) -> bool:
    """Whether every row in the unit's outbox has been acked."""
    with closing(sqlite3.connect(f"file:{state}/spool/outbox.sqlite?mode=ro", uri=True)) as outbox:
        return bool(outbox.execute("select count(*) = 0 from rows").fetchone()[0])


async def ordered(hub: Hub) -> Window:
    """A mandate for a window that is open, waiting at the broker for the unit."""
    simulated = hub.site.hub
    now_us = simulated.now_us = UnitClock().now_us()
    window = Window(now_us - MINUTE_US, now_us + 10 * MINUTE_US)
    simulated.order(windows=(window,))
    for what in ("state", "index", "ask"):
        hub.worker.subscribe(f"fz/1/+/{what}")
    await asyncio.to_thread(hub.worker.publish, f"fz/1/{UNIT}/mandate", simulated.message(0), True)
    return window


def whole_chain(hub: Hub, around: Surroundings, site: Site, window: Window) -> list[Row]:
    """The rows in their order: signed, none missing, every moment footage or a gap in which there was no process."""
    envelopes = in_order(hub.rows.values(), FIRST)
    links = verified(envelopes, around.public, FIRST)
    assert len(links) == len(hub.rows), "a row hangs loose"
    rows = [link.row for link in links]
    assert rows == [verified_row(envelope, around.public) for envelope in envelopes]
    (mandate,) = site.hub.mandates.values()
    held = coverage(rows, mandate.decision.digest, Window(window.from_us, rows[-1].to_us))
    assert held.missing == ()
    assert {gap.reason for gap in held.gaps} == {"no-process"}
    filmed = [(row.from_us, row.to_us) for row in rows if isinstance(row, IndexRow)]
    for gap in held.gaps:
        assert all(gap.to_us <= from_us or gap.from_us >= to_us for from_us, to_us in filmed), "a gap over footage"
    return rows


def recorded_is_demuxed(program: Program, site: Site, segments: list[IndexRow]) -> None:
    """Each life's pictures are in its segments, but for the last of them: at most a fragment."""
    demuxed = program.demuxed
    place = {at_us: n for n, (_, at_us) in enumerate(demuxed)}
    kept: set[int] = set()
    for row in segments:
        numbers = read_numbers(io.BytesIO(b"".join(site.hub.opened(site.hub.segments[row.chain]))), "mp4")
        first = place[row.from_us]
        assert numbers == [number for number, _ in demuxed[first : first + len(numbers)]]
        kept |= set(range(first, first + len(numbers)))
    lost, began = [], 0
    for ended in program.lives[:KILLS]:  # what the last one films stays in its spool
        mine, began = range(began, ended), ended
        missing = [n for n in mine if n not in kept]
        assert missing == list(mine)[len(mine) - len(missing) :], "what is lost is not the end"
        lost.append(len(missing))
    assert max(lost) <= FRAGMENT, f"pictures lost, of each life: {lost}"
