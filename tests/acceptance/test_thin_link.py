# SPDX-License-Identifier: EUPL-1.2
"""A unit without a network, then with a thin one: it films on, also over reboots, and in the end the hub has it all.

The unit, the hub and the servers are the shipped ones; between them stands a relay (tests/integration/edge/relay.py).
The unit's machine boots at each start of its program (tests/integration/edge/boot.py). By default the line is dead for
six seconds; the proof's own two minutes: `pytest tests/acceptance/test_thin_link.py --outage 120 -n 0 -s`.
"""

from __future__ import annotations

import asyncio
import io
import json
import signal
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography import x509

from contract.chain import coverage, in_order, verified
from contract.envelope import read, spki
from contract.filmed import verified_row
from contract.index import INDEX_ROW, IndexRow
from contract.lease import OFFLINE_GRACE, REBOOTED_OFFLINE
from contract.mandate import Window
from contract.segment import FIRST, SegmentHeader, read_header
from edge.recorder.recording import UNSYNCHRONISED
from hub.config import Settings
from hub.demo import command
from hub.embedded.program import Program
from hub.layout import Layout
from hub.standalone import CHECKOUT, Standalone, UnitPlan
from hub.store.database import Database
from hub.store.rows import KeptRow, Rows
from tests.acceptance.conftest import FPS
from tests.acceptance.eyes import Eye, looking
from tests.acceptance.stage import Stage, now_us, staged
from tests.acceptance.test_killed import kept_once
from tests.films import numbered_film
from tests.integration.edge.boot import UPTIME_NS, desk
from tests.integration.edge.relay import ACCEPTS_NOTHING, LOOPBACK, SWALLOWS, Condition, Datagrams, Link, Streams
from tests.integration.edge.test_killed import FRAGMENT
from tests.integration.edge.wires import until

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

SECOND_US = 1_000_000
THIN = Condition(rate=40_000, loss=0.05, delay_s=0.06, jitter_s=0.05)
REBOOTS = 2
LEAD_S = 3.5  # from the order to a second of film that somebody sees
SHUT_S = 0.5  # at the end of the time without a network: then each attempt is refused at once
THIN_S = (10.0, 45.0)  # of the window, at its end; a unit pauses longer the longer it found no line
STALL_S = 0.7
OLD_S = 3.0
BACK_WITHIN_S = 20.0  # pictures, of a start, and from when something passes again
ARRIVED_WITHIN_S = 90.0
NEW_S = 1.0  # of film, of each start


@dataclass
class Story:
    """What happened, and when (microseconds UTC)."""

    stage: Stage
    link: Link
    eye: Eye
    window: Window
    outage_s: float
    dead_s: float = 0.0  # monotonic
    thin_s: float = 0.0  # likewise
    arrived_us: int = 0
    killed_us: list[int] = field(default_factory=list)
    ages_s: list[float] = field(default_factory=list)  # of pictures shown, while the line was thin
    rows: list[KeptRow] = field(default_factory=list)  # the camera's, as the hub keeps them

    @property
    def folder(self) -> Path:
        return self.stage.layout.unit(self.stage.plan.unit)

    @property
    def identity(self) -> bytes:
        certificate = x509.load_pem_x509_certificate((self.folder / "identity.pem").read_bytes())
        return spki(certificate.public_key())  # type: ignore[arg-type]

    async def films(self, since_us: int) -> None:
        """Until its source has given a second of film from then on."""

        def enough() -> bool:
            return sum(at_us > since_us for _, at_us in self.stage.emissions()) >= NEW_S * FPS

        await until(enough, BACK_WITHIN_S)

    async def reboots(self) -> None:
        """Without a link; and films on."""
        self.stage.units.kill(self.stage.plan.unit, signal.SIGKILL)
        self.killed_us.append(now_us())
        await self.films(self.killed_us[-1] + SECOND_US // 5)

    async def goes_by(self) -> None:
        """All of it, until everything that the unit has recorded is at the hub."""
        await self.films(0)
        await until(lambda: self.eye.arrivals_s, BACK_WITHIN_S)
        self.link.be(SWALLOWS)
        self.dead_s = time.monotonic()
        for _ in range(REBOOTS):
            await self.reboots()
        await asyncio.sleep(self.dead_s + self.outage_s - SHUT_S - time.monotonic())
        self.link.be(ACCEPTS_NOTHING)
        await asyncio.sleep(SHUT_S)
        self.link.be(THIN)
        self.thin_s = time.monotonic()
        looked = asyncio.create_task(self.looks())
        await until(lambda: self.eye.arrivals_s[-1] > self.thin_s, THIN_S[self.outage_s > 10])
        await self.link.stall(STALL_S)
        self.link.reset()
        await until(lambda: closed_and_acked(self.folder), ARRIVED_WITHIN_S)
        self.arrived_us = now_us()
        looked.cancel()

    def prints(self, pictures: Datagrams) -> None:
        """What it was like."""
        spans = [row.to_us - row.from_us for row in self.rows if row.kind == INDEX_ROW]
        shown = [at_s for at_s in self.eye.arrivals_s if at_s > self.thin_s]
        ages = statistics.quantiles(self.ages_s, n=20)
        print(f"\nno line for {self.thin_s - self.dead_s:.1f} s; {self.link.broken} connections broken")
        print(f"recorded: {len(spans)} segments, {sum(spans) / SECOND_US:.1f} s of {self.length_s:.1f} s")
        print(f"all of it there {(self.arrived_us - self.window.to_us) / SECOND_US:.1f} s after the window's end")
        print(f"sent: {dict(self.link.carried)} bytes; of {pictures.from_unit} datagrams {pictures.media_lost} lost")
        print(f"live again after {shown[0] - self.thin_s:.1f} s: {len(shown) / (shown[-1] - shown[0]):.1f} pictures/s")
        print(f"their age: p50 {ages[9]:.2f} s, p95 {ages[18]:.2f} s, most {max(self.ages_s):.2f} s")

    @property
    def length_s(self) -> float:
        return (self.window.to_us - self.window.from_us) / SECOND_US

    async def looks(self) -> None:
        """Write down how old each picture is that a viewer gets."""
        before = self.eye.captured_us
        while True:
            if self.eye.captured_us > before:
                before = self.eye.captured_us
                self.ages_s.append((now_us() - before) / SECOND_US)
            await asyncio.sleep(0.01)


def closed_and_acked(folder: Path) -> bool:
    """Whether the unit has stated its window's end, and every row in its outbox has been acked."""
    with closing(sqlite3.connect(f"file:{folder}/spool/outbox.sqlite?mode=ro", uri=True)) as outbox:
        found = outbox.execute("select (select count(*) = 0 from rows) and (select min(closed) from heads)").fetchone()
    return bool(found[0])


def booting(machine: Standalone, plan: UnitPlan, desk: Path) -> Program:
    """The unit's program, on a machine that boots; started by this checkout's own Python."""
    usual, state = machine.unit(plan), machine.layout.unit(plan.unit)
    argv = (sys.executable, "-m", "tests.integration.edge.boot", str(state), str(desk))
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    return replace(usual, argv=argv, env=env, user=None, inherited=(), cwd=CHECKOUT)


def between(layout: Layout, unit: str, mqtt: Streams, https: Streams) -> None:
    """Have the unit speak with the relay, and the relay with the hub."""
    ports = json.loads((layout.state / "ports.json").read_text())
    mqtt.to_port, https.to_port = ports["mqtt"], ports["units"]
    path = layout.unit(unit) / "config.json"
    through = {"mqtt_port": mqtt.port, "hub_url": f"https://{LOOPBACK}:{https.port}"}
    path.write_text(json.dumps(json.loads(path.read_text()) | through))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(request: pytest.FixtureRequest) -> AsyncIterator[Story]:
    """The whole story, of one unit; what follows looks at it."""
    outage_s, link = float(request.config.getoption("--outage")), Link()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fz-", ignore_cleanup_errors=True)))
        folder.chmod(0o755)
        film = numbered_film(folder / "numbered.mp4", 500, FPS)
        mqtt, https = [await stack.enter_async_context(Streams(link).running()) for _ in range(2)]
        pictures = await stack.enter_async_context(Datagrams(link).running())
        await stack.enter_async_context(desk(pictures, folder / "desk"))
        stage = await stack.enter_async_context(
            staged(
                folder / "state",
                film,
                window_s=round(LEAD_S + outage_s + THIN_S[outage_s > 10]),
                prepared=lambda layout: between(layout, command.UNITS[0][0], mqtt, https),
                unit=partial(booting, desk=folder / "desk"),
            )
        )
        who, (eye,) = await stack.enter_async_context(looking(stage))
        (filming,) = (await who.http.get("/v1/overview")).json()["filming"]
        story = Story(stage, link, eye, Window(filming["from_us"], filming["until_us"]), outage_s)
        await story.goes_by()
        database = Database(Settings(state=stage.layout.state, database_url=stage.machine.database_url).database)
        span = (story.window.from_us - SECOND_US, story.window.to_us + SECOND_US)
        story.rows = await Rows(database).of_camera(filming["deployment"], stage.plan.camera, *span)
        await database.close()
        story.prints(pictures)
        yield story


async def test_recording_never_stopped(told: Story) -> None:
    """Every moment of the window is footage, or one of the gaps that a start takes; none is for the line."""
    chain = in_order([(read(kept.row), verified_row(read(kept.row), told.identity)) for kept in told.rows], FIRST)
    links = verified(chain, told.identity, FIRST)
    assert len(links) == len(told.rows), "a row hangs loose"
    rows = [link.row for link in links]
    held = coverage(rows, rows[0].decision, told.window)
    assert held.whole, held.missing
    first, *later = held.gaps
    assert first.from_us == told.window.from_us
    assert [gap.reason for gap in later] == ["no-process"] * len(told.killed_us)
    for gap, killed_us in zip(later, told.killed_us, strict=True):
        assert gap.from_us <= killed_us < gap.to_us
        began_us = min(at_us for _, at_us in told.stage.emissions() if at_us > killed_us)
        assert gap.to_us - began_us < SECOND_US
    recorded = [row for row in rows if isinstance(row, IndexRow)]
    given = [at_us for _, at_us in told.stage.emissions() if at_us < told.window.to_us]
    lost = [at_us for at_us in given if not any(row.from_us <= at_us < row.to_us for row in recorded)]
    for killed_us in told.killed_us:
        assert sum(killed_us - SECOND_US < at_us <= killed_us for at_us in lost) <= FRAGMENT
    assert len(lost) <= FRAGMENT * len(told.killed_us)


async def test_all_of_it_arrived_and_once(told: Story) -> None:
    assert told.link.broken > 0 and told.arrived_us > told.window.to_us
    await kept_once(told.stage, {kept.chain for kept in told.rows})
    assert list(told.folder.glob("spool/*/*")) == []


async def test_each_reboot_is_in_the_headers(told: Story) -> None:
    """A start that has not heard the hub says so, and what it knows of its clock; its own monotonic time began anew."""
    starts: dict[str, list[SegmentHeader]] = {}
    for path in told.stage.layout.objects.rglob("*.fzs"):
        header, _ = read_header(io.BytesIO(path.read_bytes()))
        starts.setdefault(header.start_id, []).append(header)
    found = [min(headers, key=lambda header: header.segment) for headers in starts.values()]
    found.sort(key=lambda header: header.opened_at_us)
    assert len(found) == 1 + len(told.killed_us)
    said = (OFFLINE_GRACE, REBOOTED_OFFLINE, UNSYNCHRONISED)
    assert [tuple(mark for mark in said if mark in header.marks) for header in found] == [
        (),
        (REBOOTED_OFFLINE, UNSYNCHRONISED),
        said,  # two restarts are twenty minutes: more than a lease is good for
    ]
    assert all(header.opened_monotonic_us < UPTIME_NS // 1000 + BACK_WITHIN_S * SECOND_US for header in found)


async def test_who_looks_sees_nothing_old_and_then_a_picture_again(told: Story) -> None:
    """Nothing comes from a dead line, and over a lossy one what comes is new; how much of it is printed."""
    last_s = told.eye.arrivals_s[-1]
    while_dead = [at_s for at_s in told.eye.arrivals_s if told.dead_s + 0.5 < at_s < told.thin_s]
    assert while_dead == []
    assert last_s > told.thin_s and told.ages_s
    assert max(told.ages_s) < OLD_S
