# SPDX-License-Identifier: EUPL-1.2
"""A small real film, and the two ends of a real connection over loopback."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
import numpy as np

from contract import frames
from edge.live.whip import PublisherEvents, WhipPublisher
from hub.live.ring import AccessUnit, Rings
from hub.live.whip import Publishers
from tests.integration.edge.relay import Datagrams

RATE = 25
LOOPBACK = ["127.0.0.1"]
FAR_US = 2**52


@dataclass(frozen=True)
class Picture:
    """One access unit of the film."""

    data: bytes
    keyframe: bool
    pts_90k: int


def now_us() -> int:
    return time.time_ns() // 1000


def make_film(seconds: int = 4) -> list[Picture]:
    """320x180, 25 fps, a keyframe each second, moving and noisy enough to need several packets a frame."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 320, 180, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, RATE), Fraction(RATE, 1)
    encoder.bit_rate = 800_000
    encoder.profile = "Baseline"
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "g": str(RATE), "keyint_min": str(RATE)}
    noise = np.random.default_rng(7)
    film = []
    for n in range(seconds * RATE):
        image = np.full((180, 320, 3), n % 200, np.uint8)
        image[40:140, (n * 4) % 220 : (n * 4) % 220 + 100] = noise.integers(0, 255, (100, 100, 3), np.uint8)
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        frame.pts = n
        for packet in encoder.encode(frame):
            film.append(Picture(bytes(packet), packet.is_keyframe, n * 90_000 // RATE))
    return film


def nals(access_unit: bytes) -> list[bytes]:
    """The NAL units without ours: what must come through unchanged. RTP carries no start codes."""
    units = [access_unit[start:end] for _, start, end in frames.nal_units(access_unit)]
    return [unit for unit in units if frames.CAPTURE_TIME_UUID not in unit]


async def until(true: Callable[[], object], deadline_s: float, what: str) -> None:
    """Wait for a condition."""
    end = time.monotonic() + deadline_s
    while not true():
        assert time.monotonic() < end, f"not within {deadline_s} s: {what}"
        await asyncio.sleep(0.002)


class _Publishers(Publishers):
    """Tells which session was dropped, and why."""

    def __init__(self, dropped: list[tuple[str, str]], *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._dropped = dropped

    def _drop(self, camera: str, reason: str) -> None:
        if camera in self._sessions:
            self._dropped.append((camera, reason))
        super()._drop(camera, reason)


@dataclass
class Hub:
    """The media process's live part, with what it said."""

    until_us: int | None = FAR_US
    clock_us: Callable[[], int] = now_us
    monotonic: Callable[[], float] = time.monotonic
    rings: Rings = field(default_factory=Rings)
    dropped: list[tuple[str, str]] = field(default_factory=list)
    seen: list[tuple[AccessUnit, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.publishers = _Publishers(
            self.dropped,
            self.rings,
            admit=lambda unit, camera: self.until_us,
            ice_addresses=LOOPBACK,
            now_us=lambda: self.clock_us(),
            monotonic=lambda: self.monotonic(),
        )
        self.rings.of("cam-1").subscribe(self._take)

    def _take(self, unit: AccessUnit) -> bool:
        self.seen.append((unit, now_us()))
        return True

    def frame(self, n: int) -> frames.Frame:
        message = self.seen[n][0].message
        head = 4 if message[1] == 126 else 10 if message[1] == 127 else 2
        return frames.unpack_frame(message[head:])


@asynccontextmanager
async def running_hub(**given: object) -> AsyncIterator[Hub]:
    hub = Hub(**given)  # type: ignore[arg-type]
    hub.publishers.start()
    try:
        yield hub
    finally:
        await hub.publishers.close()


@dataclass
class Unit:
    """A unit's publisher with what it said."""

    hub: Hub
    may_send: bool = True
    deadline_us: int = FAR_US
    relay: Datagrams | None = None
    ended: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        async def post(offer: str) -> str:
            offer = self.relay.offer(offer) if self.relay else offer
            answer = await self.hub.publishers.answer("unit-1", "cam-1", offer)
            return self.relay.answer(answer) if self.relay else answer

        self.publisher = WhipPublisher(
            post,
            ice_addresses=LOOPBACK,
            events=PublisherEvents(may_send=lambda: self.may_send, on_end=self.ended.append),
            deadline_us=self.deadline_us,
            now_us=now_us,
            monotonic=time.monotonic,
        )

    def send(self, picture: Picture) -> int:
        captured_at_us = now_us()
        self.publisher.push(picture.data, captured_at_us, picture.keyframe, picture.pts_90k)
        return captured_at_us


@asynccontextmanager
async def running_unit(hub: Hub, **given: object) -> AsyncIterator[Unit]:
    unit = Unit(hub, **given)  # type: ignore[arg-type]
    await unit.publisher.start()
    try:
        yield unit
    finally:
        await unit.publisher.stop()
