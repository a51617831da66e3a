# SPDX-License-Identifier: EUPL-1.2
"""Live of one camera: a session to the hub stands while a publish lease does, and inside the window only.

A lease begins a session or prolongs the one that stands. A session that ends by itself is begun again, after a pause
with jitter, for as long as the lease lasts. Without a lease nothing is offered and no datagram leaves. Pictures come
from the camera's thread and are never waited for; all else happens in the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from contract.live import PublishLease
from contract.record import ContractError
from edge.live.whip import PublisherEvents, PublishError
from edge.media import AccessUnit, BrokenStreamError, VideoFormat, to_annexb
from edge.unit.clock import utc_text

AGAIN_FIRST_S = 0.5
AGAIN_MOST_S = 8.0


class Session(Protocol):
    """What `edge.live.whip.WhipPublisher` is to this branch."""

    deadline_us: int

    async def start(self) -> None:
        """Offer and connect; raises PublishError."""

    def push(self, au_annexb: bytes, captured_at_us: int, keyframe: bool, pts_90k: int) -> None:
        """Send one picture; any thread, never waits."""

    async def stop(self) -> None:
        """End; no datagram leaves afterwards."""


MakeSession = Callable[[int, PublisherEvents], Session]
"""Makes a session that may send until this moment."""


class LiveBranch:
    """From the camera's start under an order to its end."""

    def __init__(
        self,
        make: MakeSession,
        to_us: int,
        now_us: Callable[[], int],
        random: Callable[[], float],
        tell: Callable[[str], None],
    ) -> None:
        """`to_us` is the window's end; `random` gives numbers from 0 up to 1; `tell` hears of each change in words."""
        self._make, self._to_us, self._now_us = make, to_us, now_us
        self._random, self._tell = random, tell
        self._lease: PublishLease | None = None
        self._format: VideoFormat | None = None
        self._session: Session | None = None
        self._ended = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def lease(self, lease: PublishLease) -> None:
        """A verified lease for this camera: go on, or begin."""
        before, self._lease = self._lease, lease
        if self._task is not None and not self._task.done():
            if before is not None and before.media == lease.media:
                if self._session is not None:
                    self._session.deadline_us = self._until_us
                return
            await self._end()  # another media process: the session that stands leads nowhere
        self._task = asyncio.create_task(self._keep())

    def until(self, to_us: int) -> None:
        """The window's end as it stands now: it was prolonged, or is what it was."""
        self._to_us = to_us
        if self._session is not None:
            self._session.deadline_us = self._until_us

    def begin(self, video_format: VideoFormat) -> None:
        """The camera (re)starts with this format."""
        self._format = video_format

    def add(self, unit: AccessUnit) -> None:
        """Send one picture, if a session stands."""
        session, video_format = self._session, self._format
        if session is None or video_format is None:
            return
        try:
            session.push(to_annexb(unit, video_format), unit.captured_at_us, unit.keyframe, unit.pts_90k)
        except (ContractError, BrokenStreamError) as error:
            self._tell(f"a picture cannot be sent live: {error}")

    async def stop(self) -> None:
        """Take the lease away: within 200 ms nothing more leaves."""
        self._lease = None
        await self._end()

    @property
    def _until_us(self) -> int:
        return min(self._lease.until_us, self._to_us) if self._lease is not None else 0

    def _may_send(self) -> bool:
        return self._now_us() < self._until_us

    async def _keep(self) -> None:
        failures = 0
        while self._may_send():
            self._ended.clear()
            events = PublisherEvents(may_send=self._may_send, on_end=self._on_end)
            session = self._make(self._until_us, events)
            try:
                await session.start()
                self._session, failures = session, 0
                session.deadline_us = self._until_us
                self._tell("somebody looks under a logged grant: live pictures go out")
                await self._ended.wait()
            except PublishError as error:
                self._tell(f"no live session: {error}")
            finally:
                self._session = None
                await session.stop()
            failures += 1
            ceiling_s = min(AGAIN_MOST_S, AGAIN_FIRST_S * 2 ** min(failures, 8))
            await asyncio.sleep(min(self._random() * ceiling_s, max(0.0, (self._until_us - self._now_us()) / 1e6)))

    def _on_end(self, reason: str) -> None:
        self._tell(f"live ended: {self._over or reason}")
        self._ended.set()

    @property
    def _over(self) -> str:
        """Why nothing may be sent any more, in words; empty while it may."""
        if self._may_send() or self._lease is None:
            return ""
        if self._lease.until_us < self._to_us:
            ended = f"the lease ended at {utc_text(self._lease.until_us)} and none followed"
            return f"{ended}: nobody looks any more, or the hub is not reached"
        return f"the window ended at {utc_text(self._to_us)}"

    async def _end(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
