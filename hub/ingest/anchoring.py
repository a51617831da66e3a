# SPDX-License-Identifier: EUPL-1.2
"""A leaf in the log for each row, and the ack that lets its unit delete: of a segment once its object is here too.

The database's word that an object is stored is not taken: it is read and checked whole against the signed row first.
One that is not sound is no longer said to be stored, and its unit sends it again. A segment that its unit says it holds
no more is logged as such, without an object; one that was logged and erased since is only acked. While the log cannot
be written rows wait, stored and unanchored; units keep their copies. A row that the keeper refuses, or that cannot be
read, is set aside with the reason and holds up no other. Units take turns, and a row that was logged before and whose
unit asks for its ack again comes after that unit's new ones: of its object only the length is looked at again.
"""

import asyncio
import logging
from collections.abc import Callable

from contract.envelope import Envelope
from contract.filmed import check_segment
from contract.index import IndexRow
from contract.record import ContractError, dump
from hub.audit.faults import LogUnavailableError
from hub.deployments.standing import Orders
from hub.ingest.messages import SpoiltRowError, kept_row
from hub.ingest.segments import object_key
from hub.keeper.client import Keeper, KeeperRefusedError, KeeperUnreachableError
from hub.store.faults import DatabaseUnavailableError
from hub.store.objects import Objects
from hub.store.rows import KeptRow, Rows
from hub.store.segments import Segments
from hub.waking import Waking

BATCH = 50
LOOK_S = 5.0  # also how long a fault is waited out
logger = logging.getLogger(__name__)


class UnsoundError(Exception):
    """An object that a row says is stored is absent, unreadable, or not what the row says."""


class Anchoring:
    """Runs in the worker, as one task; `wake` says that a row came or a segment was stored."""

    def __init__(
        self,
        rows: Rows,
        segments: Segments,
        orders: Orders,
        objects: Objects,
        keeper: Keeper,
        now_us: Callable[[], int],
    ) -> None:
        self._rows = rows
        self._segments = segments
        self._orders = orders
        self._objects = objects
        self._keeper = keeper
        self._now_us = now_us
        self._waking = Waking()

    def wake(self) -> None:
        """There is something to anchor."""
        self._waking.wake()

    async def run(self) -> None:
        """Anchor until cancelled."""
        while True:
            self._waking.begin()
            try:
                more = await self.anchor()
            except (LogUnavailableError, KeeperUnreachableError, DatabaseUnavailableError) as error:
                logger.warning("rows wait to be anchored: %s", error)
                await asyncio.sleep(LOOK_S)
                continue
            if not more:
                await self._waking.woken(LOOK_S)

    async def anchor(self) -> bool:
        """Anchor rows that wait, of each unit the oldest in its turn; gives whether there may be more."""
        waiting = await self._rows.to_ack(BATCH)
        for row in waiting:
            async with self._rows.alone(row.chain) as alone:
                held = await self._rows.get(row.chain) if alone else None
                if held is not None and held.acked_at_us is None and held.refused is None:
                    await self._settle(held)
        return len(waiting) == BATCH

    async def _settle(self, row: KeptRow) -> None:
        try:
            await self._anchor(row)
        except UnsoundError as error:
            logger.error("%s of %s is said to be stored and is not: %s; to be sent again", row.chain, row.unit, error)
            await self._segments.not_stored(row)
        except SpoiltRowError as error:
            logger.error("the row %s of %s was spoilt here: %s", row.chain[:16], row.unit, error)
            await self._rows.refused(row.chain, f"segment.row: its stored row cannot be read: {error}")
        except KeeperRefusedError as error:
            logger.error("the row %s of %s is not anchored: %s", row.chain[:16], row.unit, error.reason)
            await self._rows.refused(row.chain, f"{error.rule}: {error.reason}")

    async def _anchor(self, row: KeptRow) -> None:
        envelope, body = kept_row(row)
        deletion: Envelope | None = None
        if isinstance(body, IndexRow):
            if row.erased_at_us is None and row.stored_at_us is not None:
                if row.log_index is None:
                    await self._check_object(body, row.identity or b"")
                else:
                    await self._check_length(body)
            elif row.log_index is None:
                deletion = await self._deletion(row)
        index = row.log_index
        if index is None:
            index = await self._keeper.row(envelope, row.identity or b"", deletion)
            await self._rows.logged(row.chain, index)
        ack = await self._keeper.ack(envelope, index)
        await self._rows.acked(row.chain, row.unit, dump(ack), self._now_us())

    async def _deletion(self, row: KeptRow) -> Envelope:
        """The row by which its unit says that it holds the segment no more. Raises UnsoundError without one."""
        held = await self._segments.deletion(row)
        if held is None:
            raise UnsoundError("its object went while it waited")
        try:
            return kept_row(held)[0]
        except SpoiltRowError as error:
            raise UnsoundError(f"the row of its deletion was spoilt here: {error}") from error

    async def _check_length(self, row: IndexRow) -> None:
        """An object that was read whole before its row was logged is still there, or raise UnsoundError."""
        try:
            length = await self._objects.length(object_key(row))
        except OSError as error:
            raise UnsoundError(str(error).partition("\n")[0]) from error
        if length != row.length:
            raise UnsoundError(f"its object has {length} bytes where its row says {row.length}")

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
