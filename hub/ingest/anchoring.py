# SPDX-License-Identifier: EUPL-1.2
"""A leaf in the log for each segment whose row and object are both here, and the ack that lets its unit delete.

While the log cannot be written segments wait, stored and unanchored; units keep their copies. A segment that the keeper
refuses, or whose stored row cannot be read, is set aside with the reason and holds up no other.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from contract.envelope import read
from contract.record import ContractError, dump
from hub.fleet.enrolment import Fleet
from hub.keeper.client import Keeper, KeeperRefusedError, KeeperUnreachableError, LogUnavailableError
from hub.store.faults import DatabaseUnavailableError
from hub.store.segments import SegmentRow, Segments

BATCH = 50
LOOK_S = 5.0  # also how long a fault is waited out
logger = logging.getLogger(__name__)


class Anchoring:
    """Runs in the worker, as one task; `wake` says that a segment was stored."""

    def __init__(self, segments: Segments, fleet: Fleet, keeper: Keeper, now_us: Callable[[], int]) -> None:
        self._segments = segments
        self._fleet = fleet
        self._keeper = keeper
        self._now_us = now_us
        self._something = asyncio.Event()

    def wake(self) -> None:
        """There is something to anchor."""
        self._something.set()

    async def run(self) -> None:
        """Anchor until cancelled."""
        while True:
            self._something.clear()
            try:
                more = await self.anchor()
            except (LogUnavailableError, KeeperUnreachableError, DatabaseUnavailableError) as error:
                logger.warning("segments wait to be anchored: %s", error)
                await asyncio.sleep(LOOK_S)
                continue
            if not more:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await self._something.wait()

    async def anchor(self) -> bool:
        """Anchor the oldest segments that wait; gives whether there may be more."""
        waiting = await self._segments.to_anchor(BATCH)
        for row in waiting:
            try:
                await self._anchor(row)
            except KeeperRefusedError as error:
                logger.error("segment %s of %s is not anchored: %s", row.chain[:16], row.unit, error.reason)
                await self._segments.refused(row.chain, f"{error.rule}: {error.reason}")
        return len(waiting) == BATCH

    async def _anchor(self, row: SegmentRow) -> None:
        try:
            envelope = read(row.row)
        except ContractError as error:
            raise KeeperRefusedError("segment.row", f"its stored row cannot be read: {error}") from error
        index = row.log_index
        if index is None:
            key = await self._fleet.key(row.unit)
            if key is None:
                raise KeeperRefusedError("segment.unit", "its unit is not known any more")
            index = await self._keeper.segment(envelope, key)
            await self._segments.logged(row.chain, index)
        ack = await self._keeper.ack(envelope, index)
        await self._segments.acked(row.chain, row.unit, dump(ack), self._now_us())
