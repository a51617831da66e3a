# SPDX-License-Identifier: EUPL-1.2
"""The outbox: what waits in the spool gets to the hub, row by MQTT and segment by PUT, until the hub's ack.

Promises: rows go oldest first, at once and again while no ack comes (a broker's PUBACK proves nothing); segments go
newest first, one at a time, with backoff under full jitter, and before all others those that somebody waits for, of
the newest request first; one that failed goes behind those that did not, and one whose row the hub does not know yet
waits for ever longer by itself, up to a minute: neither holds up another. A segment that the hub will never take is
kept aside and told; nothing is given up for time. It holds no state that matters: after a restart it begins again from
the spool.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from edge.link.upload import Answer, Outcome

ROW_AGAIN_S = 60.0
SEGMENT_AGAIN_S = 600.0  # stored, and still no ack: the hub may have lost it
NO_ROW_FIRST_S = 0.25  # a row and its segment go by two ways; the row is seldom this much later
NO_ROW_LOST = 3  # times that the hub had no row: it is not merely late
NO_ROW_MOST_S = 60.0
LOOK_SOON_S = 0.5
BACKOFF_FIRST_S = 0.5
BACKOFF_MOST_S = 30.0
LOOK_AGAIN_S = 1.0


class Sealed(Protocol):
    """A closed segment, as the spool keeps it."""

    @property
    def chain(self) -> str:
        """Its last chain value."""

    @property
    def path(self) -> Path | None:
        """Its file; None where the row is all there is."""

    @property
    def row(self) -> bytes:
        """Its signed index row."""


class Putter(Protocol):
    """Where segments are sent."""

    async def put(self, chain: str, path: Path) -> Answer:
        """Send one."""


@dataclass(frozen=True, kw_only=True)
class Outbox:
    """What is to be delivered, and how it leaves."""

    waiting: Callable[[], Sequence[Sealed]]  # oldest first
    publish_row: Callable[[bytes], bool]  # false: no session or no room
    hub: Putter
    set_aside: Callable[[str, str], None]  # (chain, reason): never to be taken
    on_trouble: Callable[[str], None]  # the hub is not reached, or "" when it is again


@dataclass
class _Progress:
    """Of one segment; times on the monotonic clock, in seconds."""

    row_due_s: float = 0.0
    segment_due_s: float = 0.0
    stored: bool = False
    without_row: int = 0  # how often the hub had no row for it
    failed: int = 0  # how often it did not get there, or the hub had a fault with it
    asked: int = 0  # the number of the newest request for it


@dataclass
class Delivery:
    """Runs in the event loop, as one task."""

    outbox: Outbox
    monotonic: Callable[[], float]
    random: Callable[[], float]  # from 0 up to 1
    _progress: dict[str, _Progress] = field(default_factory=dict)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _failures: int = 0
    _resume_s: float = 0.0
    _requests: int = 0

    def first(self, chains: Collection[str]) -> None:
        """Somebody waits for these segments: they go at once, before all others and before what was asked earlier."""
        self._requests += 1
        for chain in chains:
            progress = self._progress.setdefault(chain, _Progress())
            progress.asked, progress.segment_due_s = self._requests, 0.0
            progress.without_row = progress.failed = 0
        self._resume_s, self._failures = 0.0, 0  # the request came by the line that was waited for
        self._wake.set()

    def wake(self, *, anew: bool = False) -> None:
        """There is something new; `anew`: a new session, in which every row is said again and no pause holds."""
        if anew:
            for progress in self._progress.values():
                progress.row_due_s = 0.0
                if progress.without_row:
                    progress.without_row, progress.segment_due_s = 0, 0.0
            self._resume_s, self._failures = 0.0, 0
        self._wake.set()

    @property
    def idle(self) -> bool:
        """Whether all that waits has been said and stored, and only acks are missing."""
        now_s = self.monotonic()
        return all(
            (progress := self._progress.get(item.chain)) is not None
            and (progress.stored or item.path is None)
            and progress.row_due_s > now_s
            for item in self.outbox.waiting()
        )

    async def run(self) -> None:
        """Deliver until cancelled."""
        while True:
            self._wake.clear()
            waiting = self.outbox.waiting()
            self._progress = {item.chain: self._progress.get(item.chain) or _Progress() for item in waiting}
            self._send_rows(waiting)
            item = self._next_segment(waiting)
            if item is not None and item.path is not None:
                self._note(item, await self.outbox.hub.put(item.chain, item.path))
                continue
            try:
                async with asyncio.timeout(self._pause_s()):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _pause_s(self) -> float:
        """How long to rest when nothing is due: until the next segment whose row was late, or as long as one may."""
        if self._failures or not self._progress:
            return LOOK_AGAIN_S
        now_s = self.monotonic()
        late = (one.segment_due_s - now_s for one in self._progress.values() if one.without_row)
        return min([LOOK_SOON_S, *(due_s for due_s in late if due_s > 0)])

    def _send_rows(self, waiting: Sequence[Sealed]) -> None:
        now_s = self.monotonic()
        for item in waiting:
            progress = self._progress[item.chain]
            if progress.row_due_s > now_s:
                continue
            if not self.outbox.publish_row(item.row):
                return
            progress.row_due_s = now_s + ROW_AGAIN_S

    def _next_segment(self, waiting: Sequence[Sealed]) -> Sealed | None:
        """Of those due that failed least, what was asked for last, then the newest.

        One whose row was never sent would only be told to wait.
        """
        now_s = self.monotonic()
        if now_s < self._resume_s:
            return None
        found: Sealed | None = None
        best = (0, 0)
        for item in waiting:  # oldest first: of equals the last is kept
            progress = self._progress[item.chain]
            if item.path is None or progress.row_due_s <= 0 or progress.segment_due_s > now_s:
                continue
            rank = (progress.failed, -progress.asked)
            if found is None or rank <= best:
                found, best = item, rank
        return found

    def _note(self, item: Sealed, answer: Answer) -> None:
        progress, now_s = self._progress[item.chain], self.monotonic()
        if answer.outcome is Outcome.GONE:
            progress.segment_due_s = now_s + SEGMENT_AGAIN_S  # where it still waits, its file was taken away
            return
        if answer.outcome is Outcome.LATER:
            self._failures += 1
            progress.failed += 1
            ceiling_s = min(BACKOFF_MOST_S, BACKOFF_FIRST_S * 2 ** min(self._failures, 16))
            self._resume_s = now_s + self.random() * ceiling_s
            self.outbox.on_trouble(answer.reason)
            return
        self._failures = 0
        self.outbox.on_trouble("")
        if answer.outcome is Outcome.STORED:
            progress.stored, progress.segment_due_s = True, now_s + SEGMENT_AGAIN_S
            progress.without_row = progress.failed = 0
        elif answer.outcome is Outcome.NO_ROW_YET:
            ceiling_s = min(NO_ROW_MOST_S, NO_ROW_FIRST_S * 2 ** min(progress.without_row, 16))
            progress.segment_due_s = now_s + ceiling_s * (1 + self.random()) / 2
            progress.without_row += 1
            if progress.without_row >= NO_ROW_LOST:  # a broker that was killed took it and passed it to nobody
                progress.row_due_s = now_s
        else:
            progress.segment_due_s = now_s + SEGMENT_AGAIN_S  # where it cannot be set aside
            self.outbox.set_aside(item.chain, answer.reason)
