# SPDX-License-Identifier: EUPL-1.2
"""A line between a unit and the hub that delays and loses datagrams, and counts them."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

_CANDIDATE = re.compile(r"(a=candidate:\S+ \d+ \S+ \d+ 127\.0\.0\.1 )(\d+)( typ host)")


class _Side(asyncio.DatagramProtocol):
    def __init__(self, received: Callable[[bytes], None]) -> None:
        self._received = received

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: object) -> None:
        self._received(data)


class Relay:
    """Stands in both descriptions instead of the two ends."""

    def __init__(self, *, loss: float = 0.0, delay_s: float = 0.0, seed: int = 1) -> None:
        self.loss = loss
        self.delay_s = delay_s
        self.from_unit = 0
        self.media_lost = 0
        self._random = random.Random(seed)
        self._unit_port = self._hub_port = 0

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        address = ("127.0.0.1", 0)
        _, self._to_unit = await loop.create_datagram_endpoint(lambda: _Side(self._unit_sent), local_addr=address)
        _, self._to_hub = await loop.create_datagram_endpoint(lambda: _Side(self._hub_sent), local_addr=address)

    async def close(self) -> None:
        self._to_unit.transport.close()
        self._to_hub.transport.close()
        await asyncio.sleep(0)

    def offer(self, sdp: str) -> str:
        self._unit_port, sdp = self._replace(sdp, self._to_hub)
        return sdp

    def answer(self, sdp: str) -> str:
        self._hub_port, sdp = self._replace(sdp, self._to_unit)
        return sdp

    @staticmethod
    def _replace(sdp: str, side: _Side) -> tuple[int, str]:
        found = _CANDIDATE.search(sdp)
        assert found
        port = side.transport.get_extra_info("sockname")[1]
        return int(found[2]), _CANDIDATE.sub(rf"\g<1>{port}\g<3>", sdp)

    def _unit_sent(self, data: bytes) -> None:
        self.from_unit += 1
        self._pass_on(data, self._to_hub, self._hub_port)

    def _hub_sent(self, data: bytes) -> None:
        self._pass_on(data, self._to_unit, self._unit_port)

    def _pass_on(self, data: bytes, side: _Side, port: int) -> None:
        media = 127 < data[0] < 192  # SRTP and SRTCP; the handshake is left alone unless the line is cut
        if self.loss == 1.0 or (media and self._random.random() < self.loss):
            self.media_lost += 1
            return
        asyncio.get_running_loop().call_later(self.delay_s, self._send, side, data, port)

    @staticmethod
    def _send(side: _Side, data: bytes, port: int) -> None:
        if not side.transport.is_closing():
            side.transport.sendto(data, ("127.0.0.1", port))


@asynccontextmanager
async def running_relay(*, loss: float = 0.0, delay_s: float = 0.0) -> AsyncIterator[Relay]:
    relay = Relay(loss=loss, delay_s=delay_s)
    await relay.start()
    try:
        yield relay
    finally:
        await relay.close()
