# SPDX-License-Identifier: EUPL-1.2
"""People who look by the sockets that the page uses, without a browser: at what is live, and back at what was."""

from __future__ import annotations

import asyncio
import contextlib
import io
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from contract.frames import unpack_frame
from contract.segment import read_header
from tests.acceptance.stage import Stage, now_us
from tests.acceptance.test_watching import Looker, looker

AGAIN_S = 0.25  # who sees nothing any more tries again
HERE_EVERY = 250  # pictures; a viewer who is not heard of for a minute is let go
REPLAYED_US = 60_000_000
BROKEN = (httpx.HTTPError, OSError, WebSocketException, TimeoutError)


@dataclass
class Eye:
    """One person's look at one camera, which opens again under its grant when the line breaks."""

    stage: Stage
    who: Looker
    camera: str
    captured_us: int = 0  # of the newest picture
    arrivals_s: list[float] = field(default_factory=list)
    grant: int | None = None

    async def look(self) -> None:
        """Until cancelled."""
        while True:
            with contextlib.suppress(*BROKEN):
                await self._once()
            await asyncio.sleep(AGAIN_S)

    async def _once(self) -> None:
        wanted: dict[str, Any] = {"cameras": [self.camera], "purpose": "watch"}
        if self.grant is not None:
            wanted["grant"] = self.grant
        answer = await self.who.http.post("/v1/views", json=wanted, timeout=5)
        if answer.status_code != httpx.codes.CREATED:
            return
        (view,) = answer.json()
        self.grant = view["log_index"]
        port = self.stage.machine.ports["people"]
        where: dict[str, Any] = {"host": "127.0.0.1", "port": port, "origin": self.stage.machine.address}
        async with connect(f"ws://localhost:{port}/live", compression=None, open_timeout=5, **where) as socket:
            await socket.send(view["ticket"])
            async for message in socket:
                if isinstance(message, bytes):
                    self.captured_us = max(self.captured_us, unpack_frame(message).captured_at_us)
                    self.arrivals_s.append(time.monotonic())
                    if len(self.arrivals_s) % HERE_EVERY == 0:
                        await socket.send('{"type":"here"}')

    def longest_gap_s(self, since_s: float) -> float:
        """The longest time without a picture since then, up to the newest."""
        times = [at_s for at_s in self.arrivals_s if at_s >= since_s]
        return max((late - early for early, late in zip([since_s, *times], times, strict=False)), default=float("inf"))


@dataclass
class Replayer:
    """One person who looks back at a camera's last minute, again and again: records, and the keys that open them."""

    who: Looker
    camera: str
    segments: int = 0

    async def look_back(self) -> None:
        """Until cancelled."""
        while True:
            with contextlib.suppress(*BROKEN):
                await self._once()
            await asyncio.sleep(AGAIN_S)

    async def _once(self) -> None:
        to_us = now_us()
        stretch = {"from_us": to_us - REPLAYED_US, "to_us": to_us}
        overview = (await self.who.http.get("/v1/overview")).json()
        for filming in overview["filming"]:
            asked = {"deployment": filming["deployment"], **stretch}
            footage = (await self.who.http.get("/v1/footage", params=asked)).json()
            (camera,) = [item for item in footage["cameras"] if item["camera"] == self.camera]
            wanted = {"cameras": [self.camera], "purpose": "replay", **stretch}
            answer = await self.who.http.post("/v1/views", json=wanted)
            if answer.status_code != httpx.codes.CREATED:
                return
            for span in camera["spans"]:
                if span["kind"] == "recorded":
                    await self._open(answer.json()[0]["log_index"], span, stretch)

    async def _open(self, grant: int, span: dict[str, Any], stretch: dict[str, int]) -> None:
        """One segment, as far as the grant reaches."""
        place = {
            "grant": grant,
            "from_us": max(span["from_us"], stretch["from_us"]),
            "to_us": min(span["to_us"], stretch["to_us"]),
        }
        path = f"/v1/segments/{span['segment']}"
        records = await self.who.http.get(f"{path}/records", params=place)
        keys = await self.who.http.post(f"{path}/keys", json=place)
        if (records.status_code, keys.status_code) == (httpx.codes.OK, httpx.codes.OK):
            read_header(io.BytesIO(records.content))
            self.segments += 1


@asynccontextmanager
async def looking(stage: Stage) -> AsyncIterator[tuple[Looker, list[Eye]]]:
    """One person, who looks at every camera."""
    who = await looker(stage)
    eyes = [Eye(stage, who, plan.camera) for plan in stage.machine.units]
    tasks = [asyncio.create_task(eye.look()) for eye in eyes]
    yield who, eyes
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await who.http.aclose()
