# SPDX-License-Identifier: EUPL-1.2
"""A leaf in the log for each segment whose row and object are both here, and the ack that lets its unit delete.

The database's word that an object is stored is not taken: it is read and checked whole against the signed row first.
One that is not sound is no longer said to be stored, and its unit sends it again. While the log cannot be written
segments wait, stored and unanchored; units keep their copies. A segment that the keeper refuses, or whose stored row
cannot be read, is set aside with the reason and holds up no other.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from contract.envelope import read
from contract.filmed import check_segment
from contract.index import IndexRow
from contract.record import ContractError, dump
from hub.audit.faults import LogUnavailableError
from hub.deployments.standing import Orders
from hub.fleet.enrolment import Fleet
from hub.ingest.messages import SpoiltRowError, kept_row
from hub.ingest.segments import object_key
from hub.keeper.client import Keeper, KeeperRefusedError, KeeperUnreachableError
from hub.store.faults import DatabaseUnavailableError
from hub.store.objects import Objects
from hub.store.segments import SegmentRow, Segments

BATCH = 50
LOOK_S = 5.0  # also how long a fault is waited out
logger = logging.getLogger(__name__)


class UnsoundError(Exception):
    """An object that a row says is stored is absent, unreadable, or not what the row says."""


class Anchoring:
    """Runs in the worker, as one task; `wake` says that a segment was stored."""

    def __init__(
        self,
        segments: Segments,
        orders: Orders,
        fleet: Fleet,
        objects: Objects,
        keeper: Keeper,
        now_us: Callable[[], int],
    ) -> None:
        self._segments = segments
        self._orders = orders
        self._fleet = fleet
        self._objects = objects
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
            async with self._segments.alone(row.chain) as alone:
                held = await self._segments.get(row.chain) if alone else None
                if held is not None and held.waits_for_ack:
                    await self._settle(held)
        return len(waiting) == BATCH

    async def _settle(self, row: SegmentRow) -> None:
        try:
            await self._anchor(row)
        except UnsoundError as error:
            logger.error("%s of %s is said to be stored and is not: %s; to be sent again", row.chain, row.unit, error)
            await self._segments.not_stored(row)
        except KeeperRefusedError as error:
            logger.error("segment %s of %s is not anchored: %s", row.chain[:16], row.unit, error.reason)
            await self._segments.refused(row.chain, f"{error.rule}: {error.reason}")

    async def _anchor(self, row: SegmentRow) -> None:
        key = await self._fleet.key(row.unit)
        if key is None:
            raise KeeperRefusedError("segment.unit", "its unit is not known any more")
        try:
            body = kept_row(row, key)
        except SpoiltRowError as error:
            raise KeeperRefusedError("segment.row", f"its stored row cannot be read: {error}") from error
        envelope = read(row.row)
        await self._check_object(body, key)
        index = row.log_index
        if index is None:
            index = await self._keeper.segment(envelope, key)
            await self._segments.logged(row.chain, index)
        ack = await self._keeper.ack(envelope, index)
        await self._segments.acked(row.chain, row.unit, dump(ack), self._now_us())

    async def _check_object(self, row: IndexRow, key: bytes) -> None:
        """Read the object, whole and as its row says, or raise UnsoundError."""
        assignment = await self._orders.assignment(row.assignment)
        if assignment is None:
            raise KeeperRefusedError("segment.assignment", "its assignment is not known any more")
        try:
            await self._objects.examine(
                object_key(row), lambda stream, length: check_segment(stream, length, row, key, assignment)
            )
        except (ContractError, OSError) as error:
            raise UnsoundError(str(error).partition("\n")[0]) from error
