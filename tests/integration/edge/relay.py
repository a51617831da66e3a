# SPDX-License-Identifier: EUPL-1.2
"""A line between a unit and the hub that is as bad as a test says: thin, lossy, silent, or shut.

A `Link` is the line's condition, one for all that passes through it; conditions that have a name are below. `Streams`
carries TCP: nothing of a connection is lost on the way, as with the real one, but bytes wait and connections break.
`Datagrams` carries a live session's UDP and stands in both its descriptions instead of the two ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import cast

LOOPBACK = "127.0.0.1"
PIECE_BYTES = 4096  # connections take turns by so much
_CANDIDATE = re.compile(r"(a=candidate:\S+ \d+ \S+ \d+ 127\.0\.0\.1 )(\d+)( typ host)")
_BREAK = struct.pack("ii", 1, 0)  # SO_LINGER: what is closed is reset, and its peer sees that


class Door(Enum):
    """What becomes of a connection."""

    OPEN = auto()
    SILENT = auto()  # taken, and nothing passes: what was sent arrives when the door opens, if anybody still waits
    SHUT = auto()  # broken, and so is each new one at once


@dataclass(frozen=True, kw_only=True)
class Condition:
    """How a line is. Rate and loss are for each way, the delay is one way's."""

    door: Door = Door.OPEN
    rate: int | None = None  # bytes a second of TCP, shared by all connections
    loss: float = 0.0  # share of the datagrams of media; a handshake is left alone, DTLS sends nothing again here
    delay_s: float = 0.0  # of datagrams
    jitter_s: float = 0.0  # at most so much later, so that they overtake each other


CLEAR = Condition()
SWALLOWS = Condition(door=Door.SILENT)
ACCEPTS_NOTHING = Condition(door=Door.SHUT)


class Link:
    """The one line that all relays of a test share."""

    def __init__(self, condition: Condition = CLEAR, seed: int = 1) -> None:
        self.condition = condition
        self.carried: Counter[str] = Counter()  # bytes of TCP, by way
        self.broken = 0  # connections
        self._connections: set[asyncio.WriteTransport] = set()
        self._opened = asyncio.Event()
        self._free_s: dict[str, float] = {}
        self._random = random.Random(seed)
        self.be(condition)

    def be(self, condition: Condition) -> None:
        """From now on."""
        self.condition = condition
        if condition.door is Door.OPEN:
            self._opened.set()
        else:
            self._opened.clear()
        if condition.door is Door.SHUT:
            self.reset()

    def reset(self) -> None:
        """Break all connections that stand; both ends are told."""
        for transport in tuple(self._connections):
            self.broken += 1
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _BREAK)
            transport.abort()

    async def stall(self, for_s: float) -> None:
        """Nothing passes for so long; then all is as before."""
        before = self.condition
        self.be(SWALLOWS)
        await asyncio.sleep(for_s)
        self.be(before)

    @contextlib.contextmanager
    def holding(self, transport: asyncio.WriteTransport) -> Iterator[None]:
        """While a connection stands."""
        self._connections.add(transport)
        try:
            yield
        finally:
            self._connections.discard(transport)

    async def opened(self) -> None:
        """Wait until something passes."""
        await self._opened.wait()

    async def pass_on(self, way: str, size: int) -> None:
        """Wait for the turn of so many bytes."""
        await self._opened.wait()
        if self.condition.rate is not None:
            now_s = asyncio.get_running_loop().time()
            self._free_s[way] = max(now_s, self._free_s.get(way, 0.0)) + size / self.condition.rate
            await asyncio.sleep(self._free_s[way] - now_s)
        self.carried[way] += size

    def fate_s(self, media: bool) -> float | None:
        """How long a datagram is under way; None for one that never arrives."""
        is_lost = media and self._random.random() < self.condition.loss
        if self.condition.door is not Door.OPEN or is_lost:
            return None
        return self.condition.delay_s + self._random.random() * self.condition.jitter_s


@dataclass
class Streams:
    """TCP, from a port of its own to `to_port`, which is asked for each connection."""

    link: Link
    to_port: int = 0
    port: int = 0
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Streams]:
        listener = await asyncio.start_server(self._taken, LOOPBACK, 0)
        self.port = listener.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            listener.close()
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._under_way.add(task)
        try:
            with self.link.holding(writer.transport), contextlib.suppress(OSError):
                if self.link.condition.door is Door.SHUT:
                    self.link.reset()
                else:
                    await self.link.opened()
                    await self._carry(reader, writer)
        finally:
            writer.close()
            self._under_way.discard(task)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(LOOPBACK, self.to_port)
        ways = [
            asyncio.create_task(self._pump("up", reader, far_writer)),
            asyncio.create_task(self._pump("down", far_reader, writer)),
        ]
        try:
            with self.link.holding(far_writer.transport):
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            far_writer.close()

    async def _pump(self, way: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(PIECE_BYTES):
            await self.link.pass_on(way, len(piece))
            writer.write(piece)
            await writer.drain()


class _Side(asyncio.DatagramProtocol):
    transport: asyncio.DatagramTransport

    def __init__(self, received: Callable[[bytes, int], None]) -> None:
        self._received = received

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._received(data, addr[1])

    @property
    def port(self) -> int:
        return int(self.transport.get_extra_info("sockname")[1])


class Datagrams:
    """UDP of one live session after another."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.from_unit = 0
        self.media_lost = 0
        self._unit_port = self._hub_port = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Datagrams]:
        loop, address = asyncio.get_running_loop(), (LOOPBACK, 0)
        _, self._to_unit = await loop.create_datagram_endpoint(lambda: _Side(self._unit_sent), local_addr=address)
        _, self._to_hub = await loop.create_datagram_endpoint(lambda: _Side(self._hub_sent), local_addr=address)
        try:
            yield self
        finally:
            self._to_unit.transport.close()
            self._to_hub.transport.close()
            await asyncio.sleep(0)

    def offer(self, sdp: str) -> str:
        """The unit's description, as the hub is to see it."""
        self._unit_port, sdp = self._replace(sdp, self._to_hub)
        return sdp

    def answer(self, sdp: str) -> str:
        """The hub's description, as the unit is to see it."""
        self._hub_port, sdp = self._replace(sdp, self._to_unit)
        return sdp

    @staticmethod
    def _replace(sdp: str, side: _Side) -> tuple[int, str]:
        found = _CANDIDATE.search(sdp)
        assert found
        return int(found[2]), _CANDIDATE.sub(rf"\g<1>{side.port}\g<3>", sdp)

    def _unit_sent(self, data: bytes, port: int) -> None:
        self.from_unit += 1
        if port == self._unit_port:
            self._pass_on(data, self._to_hub, self._hub_port)

    def _hub_sent(self, data: bytes, port: int) -> None:
        if port == self._hub_port:  # what an earlier session still says reaches nobody
            self._pass_on(data, self._to_unit, self._unit_port)

    def _pass_on(self, data: bytes, side: _Side, port: int) -> None:
        delay_s = self.link.fate_s(media=127 < data[0] < 192)  # SRTP and SRTCP (RFC 7983)
        if delay_s is None:
            self.media_lost += 1
        else:
            asyncio.get_running_loop().call_later(delay_s, self._send, side, data, port)

    @staticmethod
    def _send(side: _Side, data: bytes, port: int) -> None:
        if not side.transport.is_closing():
            side.transport.sendto(data, (LOOPBACK, port))


@asynccontextmanager
async def running_relay(condition: Condition = CLEAR) -> AsyncIterator[Datagrams]:
    """A line for live pictures alone."""
    async with Datagrams(Link(condition)).running() as relay:
        yield relay
