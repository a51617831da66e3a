# SPDX-License-Identifier: EUPL-1.2
"""The viewers' sockets: tickets, the cached pictures, slow viewers, and every way to be cut."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, unix_connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.protocol import State

from contract import frames
from hub.live import wss
from hub.live.ring import Rings
from hub.live.wss import TicketRefusedError, ViewerEvents, Viewers, Viewing
from tests.integration.live.film import FAR_US, Picture, now_us, running_hub, running_unit, until

OWN = "http://localhost:9800"


@dataclass
class Desk:
    """The viewers' door with a clock that can be moved, and what it said."""

    path: Path
    rings: Rings = field(default_factory=Rings)
    until_us: int = FAR_US
    ahead_s: float = 0.0
    log: list[tuple[Any, ...]] = field(default_factory=list)
    redeemed: asyncio.Event | None = None
    sent: int = 0

    def __post_init__(self) -> None:
        events = ViewerEvents(
            on_open=lambda viewing, from_us: self.log.append(("open", viewing.ticket, from_us)),
            on_watched=lambda viewing, from_us, to_us: self.log.append(("watched", viewing.ticket, from_us, to_us)),
            on_close=lambda viewing, from_us, to_us: self.log.append(("close", viewing.ticket, from_us, to_us)),
        )
        self.viewers = Viewers(
            self.rings,
            redeem=self._redeem,
            events=events,
            origins=[OWN],
            now_us=self.now_us,
            monotonic=lambda: time.monotonic() + self.ahead_s,
        )

    def now_us(self) -> int:
        return now_us() + int(self.ahead_s * 1_000_000)

    async def _redeem(self, ticket: str) -> Viewing:
        if self.redeemed is not None:
            await self.redeemed.wait()
        if not ticket.startswith("good"):
            raise TicketRefusedError()
        return Viewing(ticket=ticket, camera="cam-1", log_index=len(ticket), until_us=self.until_us)

    def publish(self, film: list[Picture], count: int = 1) -> None:
        for _ in range(count):
            picture = film[self.sent % len(film)]
            assert self.rings.of("cam-1").publish(picture.data, 1_000_000 + self.sent, picture.keyframe)
            self.sent += 1

    def connect(self, origin: str | None = OWN, **options: Any) -> Any:
        options = {"compression": None, "max_size": None, "ping_interval": None} | options
        return unix_connect(str(self.path), uri="ws://localhost/live", origin=origin, **options)

    @asynccontextmanager
    async def watch(self, ticket: str = "good") -> AsyncIterator[ClientConnection]:
        async with self.connect() as ws:
            await ws.send(ticket)
            yield ws


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(tmp_path / "live.sock")
    await desk.viewers.start(desk.path)
    yield desk
    await desk.viewers.close()


async def told(ws: ClientConnection, kind: str) -> dict[str, Any]:
    """The next text message, which is of that type."""
    async with asyncio.timeout(2):
        message = await ws.recv()
    assert isinstance(message, str)
    fields: dict[str, Any] = json.loads(message)
    assert fields["type"] == kind
    return fields


async def shown(ws: ClientConnection) -> frames.Frame:
    """The next message, which is a frame."""
    async with asyncio.timeout(2):
        message = await ws.recv()
    assert isinstance(message, bytes)
    return frames.unpack_frame(message)


async def closed(ws: ClientConnection, deadline_s: float = 2.0) -> tuple[int, str]:
    """How it was closed; frames before that are read away."""
    async with asyncio.timeout(deadline_s):
        with pytest.raises(ConnectionClosed):
            while True:
                await ws.recv()
    assert ws.close_code is not None
    return ws.close_code, ws.close_reason or ""


async def test_who_joins_gets_the_cached_pictures_first_and_then_what_comes(desk: Desk, film: list[Picture]) -> None:
    desk.publish(film, 30)  # the second keyframe is number 25
    async with desk.watch() as ws:
        opened = await told(ws, "opened")
        assert opened["camera"] == "cam-1"
        assert opened["codec"] == frames.codec_string(film[0].data)
        assert opened["log_index"] == 4
        assert opened["until_us"] == FAR_US
        assert abs(opened["hub_time_us"] - now_us()) < 1_000_000
        for n in range(25, 30):
            frame = await shown(ws)
            assert frame == frames.Frame(film[n].keyframe, 1_000_000 + n, n, film[n].data)
        desk.publish(film)
        assert (await shown(ws)).sequence == 30


async def test_before_there_is_a_picture_the_codec_is_told_later(desk: Desk, film: list[Picture]) -> None:
    async with desk.watch() as ws:
        assert (await told(ws, "opened"))["codec"] is None
        desk.publish(film)
        assert (await told(ws, "codec"))["codec"] == frames.codec_string(film[0].data)
        assert (await shown(ws)).keyframe


async def test_nothing_is_sent_before_the_ticket_is_redeemed(desk: Desk, film: list[Picture]) -> None:
    desk.publish(film, 3)
    desk.redeemed = asyncio.Event()
    async with desk.watch() as ws:
        desk.publish(film, 10)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await ws.recv()
        assert desk.log == []
        desk.redeemed.set()
        await told(ws, "opened")
        assert (await shown(ws)).sequence == 0


async def test_a_forged_ticket_sees_nothing(desk: Desk, film: list[Picture]) -> None:
    desk.publish(film, 3)
    async with desk.watch("forged") as ws:
        desk.publish(film, 3)
        with pytest.raises(ConnectionClosed):
            await ws.recv()
        assert ws.close_code == 4008
    assert desk.log == []


async def test_a_binary_ticket_sees_nothing(desk: Desk) -> None:
    async with desk.connect() as ws:
        await ws.send(b"good")
        assert (await closed(ws))[0] == 4008


async def test_no_ticket_is_not_waited_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wss, "TICKET_WAIT_S", 0.05)
    async with desk.connect() as ws:
        assert await closed(ws) == (4008, "too late")


@pytest.mark.parametrize("origin", ["http://evil.example", "http://localhost:9801", None])
async def test_a_foreign_or_missing_origin_is_refused(desk: Desk, origin: str | None) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with desk.connect(origin=origin):
            pass
    assert refused.value.response.status_code == 403


async def test_another_path_is_not_there(desk: Desk) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with unix_connect(str(desk.path), uri="ws://localhost/other", origin=OWN):
            pass
    assert refused.value.response.status_code == 404


async def test_too_many_viewers_are_sent_away(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wss, "VIEWER_LIMIT", 1)
    async with desk.connect() as early, desk.watch() as ws:
        await told(ws, "opened")
        with pytest.raises(InvalidStatus) as refused:
            async with desk.connect():
                pass
        assert refused.value.response.status_code == 503
        await early.send("good-too-late")
        assert await closed(early) == (1013, "too many viewers")
        assert [viewing.ticket for viewing in desk.viewers.viewings()] == ["good"]


async def test_who_shows_no_ticket_takes_no_viewers_place(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wss, "WAITING_LIMIT", 5)
    monkeypatch.setattr(wss, "VIEWER_LIMIT", 5)
    async with AsyncExitStack() as stack:
        viewers = [await stack.enter_async_context(desk.watch(f"good-{n}")) for n in range(2)]
        for viewer in viewers:
            await told(viewer, "opened")
        ticketless = [await stack.enter_async_context(desk.connect()) for _ in range(12)]

        async with desk.watch("good-late") as late:
            await told(late, "opened")

        for ws in ticketless[:8]:  # the oldest went, as others crowded in
            assert (await closed(ws))[0] == 1006
        for ws in (*viewers, *ticketless[8:]):
            assert ws.state is State.OPEN
        await ticketless[8].send("good-slow")
        await told(ticketless[8], "opened")


async def test_a_ticket_that_is_being_redeemed_takes_no_viewers_place(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wss, "WAITING_LIMIT", 3)
    desk.redeemed = asyncio.Event()
    async with AsyncExitStack() as stack:
        held = [await stack.enter_async_context(desk.watch("forged")) for _ in range(9)]
        await until(lambda: all(ws.state is not State.OPEN for ws in held[:6]), 2, "the oldest to go")
        assert all(ws.state is State.OPEN for ws in held[6:])
        desk.redeemed.set()
        assert (await closed(held[8]))[0] == 4008


async def test_the_grant_ends_and_no_frame_follows(desk: Desk, film: list[Picture]) -> None:
    desk.publish(film)
    desk.until_us = desk.now_us() + 300_000
    async with desk.watch() as ws:
        await told(ws, "opened")

        async def film_on() -> None:
            while True:
                desk.publish(film)
                await asyncio.sleep(0.02)

        filming = asyncio.create_task(film_on())
        last_us = 0
        with pytest.raises(ConnectionClosed):
            while True:
                if isinstance(await ws.recv(), bytes):
                    last_us = now_us()
        filming.cancel()
        assert (ws.close_code, ws.close_reason) == (4001, "grant ended")
        assert now_us() < desk.until_us + 1_000_000
        assert desk.until_us - 200_000 < last_us < desk.until_us + 200_000
    (kind, _, _), (_, _, from_us, to_us) = desk.log
    assert kind == "open"
    assert 0 < to_us - from_us < 1_500_000


async def test_not_one_frame_is_written_after_the_end(desk: Desk, film: list[Picture]) -> None:
    desk.until_us = desk.now_us() + 30_000_000
    async with desk.watch() as ws:
        await told(ws, "opened")
        desk.publish(film)
        await told(ws, "codec")
        assert (await shown(ws)).sequence == 0
        desk.ahead_s = 30
        desk.publish(film)  # before anything else has looked at the clock
        with pytest.raises(ConnectionClosed):
            await ws.recv()
        assert ws.close_code == 4001


async def test_a_ticket_under_an_ended_grant_opens_nothing(desk: Desk, film: list[Picture]) -> None:
    desk.publish(film)
    desk.until_us = desk.now_us()
    async with desk.watch() as ws:
        with pytest.raises(ConnectionClosed):
            await ws.recv()
        assert ws.close_code == 4001


async def test_who_is_not_there_is_cut_and_who_says_so_stays(desk: Desk) -> None:
    async with desk.watch("good-here") as here, desk.watch("good-gone") as gone:
        await told(here, "opened")
        await told(gone, "opened")
        desk.ahead_s = 40
        await here.send('{"type":"here"}')
        await until(lambda: desk.viewers.viewings(), 1, "both")
        await asyncio.sleep(0.1)
        desk.ahead_s = 61
        assert await closed(gone) == (4001, "nobody here")
        assert [viewing.ticket for viewing in desk.viewers.viewings()] == ["good-here"]
        desk.ahead_s = 101
        assert (await closed(here))[0] == 4001


@pytest.mark.parametrize("message", ["good", '{"type":"there"}', "{", b"\x00", "[" * 4000])
async def test_what_is_not_understood_ends_it(desk: Desk, message: str | bytes) -> None:
    async with desk.watch() as ws:
        await ws.send(message)
        assert (await closed(ws))[0] == 1008


async def test_a_long_message_ends_it(desk: Desk) -> None:
    async with desk.watch("good" + "x" * 5000) as ws:
        assert (await closed(ws))[0] == 1009


@pytest.mark.parametrize("code", [4002, 4003, 4005])
async def test_a_camera_is_closed_for_all(desk: Desk, film: list[Picture], code: int) -> None:
    async with desk.watch("good-1") as one, desk.watch("good-2") as two:
        await told(one, "opened")
        await told(two, "opened")
        desk.viewers.close_camera("cam-2", code, "another")
        desk.viewers.close_camera("cam-1", code, "this")
        desk.publish(film)
        for ws in (one, two):
            with pytest.raises(ConnectionClosed):
                await ws.recv()
            assert (ws.close_code, ws.close_reason) == (code, "this")
    assert [entry[0] for entry in desk.log] == ["open", "open", "close", "close"]


async def test_a_grant_is_closed_and_the_others_stay(desk: Desk, film: list[Picture]) -> None:
    async with desk.watch("good") as one, desk.watch("good-long") as other:
        await told(one, "opened")
        await told(other, "opened")
        desk.viewers.close_grant(4, 4003, "withdrawn")
        desk.publish(film)
        assert await closed(one) == (4003, "withdrawn")
        await told(other, "codec")
        assert (await shown(other)).sequence == 0


async def test_a_unit_that_goes_is_told_and_ends_it_when_it_stays_away(desk: Desk) -> None:
    async with desk.watch() as ws:
        await told(ws, "opened")
        desk.viewers.unit_state("cam-1", False, 77)
        assert await told(ws, "unit") == {"type": "unit", "online": False, "since_us": 77}
        desk.viewers.unit_state("cam-1", False, 78)  # said once
        async with desk.watch() as later:
            await told(later, "opened")
            assert (await told(later, "unit"))["since_us"] == 77
        desk.viewers.unit_state("cam-1", True, 99)
        assert await told(ws, "unit") == {"type": "unit", "online": True, "since_us": 99}
        desk.viewers.unit_state("cam-1", False, 100)
        await told(ws, "unit")
        desk.viewers._offline["cam-1"] = (100, time.monotonic() - wss.UNIT_GONE_AFTER_S)
        assert await closed(ws) == (4004, "unit gone")


async def test_hub_time_comes_every_five_seconds(desk: Desk) -> None:
    async with desk.watch() as ws:
        await told(ws, "opened")
        desk.ahead_s = 5
        assert abs((await told(ws, "time"))["hub_time_us"] - desk.now_us()) < 1_000_000
        desk.ahead_s = 9
        await asyncio.sleep(0.25)
        desk.ahead_s = 10.1
        assert abs((await told(ws, "time"))["hub_time_us"] - desk.now_us()) < 300_000


async def test_what_was_watched_is_told_without_hole_or_overlap(desk: Desk) -> None:
    async with desk.watch() as ws:
        await told(ws, "opened")
        for minutes in (1, 2):
            desk.ahead_s = minutes * 60.0 - 1
            await ws.send('{"type":"here"}')
            await asyncio.sleep(0.15)
            desk.ahead_s = minutes * 60.0
            await until(lambda m=minutes: len(desk.log) == m + 1, 1, "a minute watched")
    await until(lambda: desk.log[-1][0] == "close", 1, "the end")
    assert [entry[0] for entry in desk.log] == ["open", "watched", "watched", "close"]
    assert desk.log[0][2] == desk.log[1][2]
    assert desk.log[1][3] == desk.log[2][2]
    assert desk.log[2][3] == desk.log[3][2]


class Reader:
    """Reads frames in the background, once told to."""

    def __init__(self, ws: ClientConnection, *, at_once: bool) -> None:
        self.seen: list[frames.Frame] = []
        self.go = asyncio.Event()
        if at_once:
            self.go.set()
        self.task = asyncio.create_task(self._read(ws))

    async def _read(self, ws: ClientConnection) -> None:
        await self.go.wait()
        async for message in ws:
            if isinstance(message, bytes):
                self.seen.append(frames.unpack_frame(message))


async def publish_to(desk: Desk, fast: Reader, film: list[Picture]) -> None:
    """One picture more, which the fast viewer gets whatever the slow one does."""
    desk.publish(film)
    await until(lambda: len(fast.seen) == desk.sent, 2, "the fast viewer")


async def test_a_slow_viewer_is_dropped_to_the_next_keyframe_and_the_fast_one_is_not(
    desk: Desk, film: list[Picture], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wss, "BACKLOG_LIMIT", 32 * 1024)
    async with desk.connect(max_queue=1) as slow_socket, desk.watch() as fast_socket:
        await slow_socket.send("good-slow")
        await until(lambda: len(desk.viewers.viewings()) == 2, 1, "both")
        fast, slow = Reader(fast_socket, at_once=True), Reader(slow_socket, at_once=False)
        (viewer,) = [viewer for viewer in desk.viewers._viewers if viewer.viewing.ticket == "good-slow"]
        assert viewer.subscription is not None
        largest = 0
        while not viewer.subscription.dropped or desk.sent < 410:  # in the middle of a group of pictures
            await publish_to(desk, fast, film)
            largest = max(largest, viewer.ws.transport.get_write_buffer_size())
        assert largest < 32 * 1024 + 64 * 1024  # the limit, and at most one picture over it
        slow.go.set()
        await until(lambda: viewer.ws.transport.get_write_buffer_size() == 0, 2, "the slow viewer to catch up")
        caught_up_at = desk.sent
        while not slow.seen or slow.seen[-1].sequence < caught_up_at:
            await publish_to(desk, fast, film)
            assert desk.sent < caught_up_at + 60
    await asyncio.wait([fast.task, slow.task])
    assert [frame.sequence for frame in fast.seen] == list(range(desk.sent))
    jumps = [b for a, b in zip(slow.seen, slow.seen[1:], strict=False) if b.sequence != a.sequence + 1]
    assert jumps
    assert all(frame.keyframe for frame in jumps)


async def test_a_slow_viewer_is_cut_in_time_too(desk: Desk, film: list[Picture]) -> None:
    async with desk.connect(max_queue=1, close_timeout=0.1) as ws:  # whoever reads nothing hears no goodbye either
        await ws.send("good")
        await until(lambda: desk.viewers.viewings(), 1, "the viewer")
        (viewer,) = desk.viewers._viewers
        while viewer.ws.transport.get_write_buffer_size() == 0:
            desk.publish(film)
            await asyncio.sleep(0)
        began = time.monotonic()
        desk.viewers.close_camera("cam-1", 4003, "withdrawn")
        await until(lambda: viewer.ws.transport.is_closing(), 1, "the cut")
        assert time.monotonic() - began < 1


async def test_a_viewer_that_vanishes_costs_the_others_nothing(desk: Desk, film: list[Picture]) -> None:
    async with desk.watch("good-stays") as stays:
        await told(stays, "opened")
        async with desk.watch("good-goes") as goes:
            await told(goes, "opened")
            desk.publish(film)
            goes.transport.abort()
            desk.publish(film, 2)  # into a transport that does not know yet
        await told(stays, "codec")
        assert [(await shown(stays)).sequence for _ in range(3)] == [0, 1, 2]
        await until(lambda: len(desk.viewers.viewings()) == 1, 1, "the other's end")


async def test_a_change_of_publisher_shows_no_broken_picture(desk: Desk, film: list[Picture]) -> None:
    async with desk.watch() as ws:
        await told(ws, "opened")
        desk.publish(film, 3)
        await told(ws, "codec")
        assert [(await shown(ws)).sequence for _ in range(3)] == [0, 1, 2]
        ring = desk.rings.of("cam-1")
        ring.reset()
        assert ring.publish(film[3].data, 1, False) is None
        async with desk.watch() as newcomer:
            assert (await told(newcomer, "opened"))["codec"] is None
            ring.publish(film[0].data, 2, True)
            frame = await shown(ws)
            assert (frame.sequence, frame.keyframe) == (3, True)


async def test_from_the_unit_to_the_viewer(tmp_path: Path, film: list[Picture]) -> None:
    async with running_hub() as hub:
        desk = Desk(tmp_path / "live.sock", rings=hub.rings)
        await desk.viewers.start(desk.path)
        async with running_unit(hub) as unit, desk.watch() as ws:
            await told(ws, "opened")
            began = time.monotonic()
            sent = []
            for n, picture in enumerate(film[:50]):
                sent.append(unit.send(picture))
                if n == 0:
                    await told(ws, "codec")
                assert (await shown(ws)).captured_at_us == sent[-1]
            assert time.monotonic() - began < 10
        await desk.viewers.close()
