# SPDX-License-Identifier: EUPL-1.2
"""Index rows by MQTT: one signed row per segment, taken in before the segment itself.

A row is taken when the unit's identity vouches for the film key, that key signed the row, and the row speaks of a
logged decision and of the assignment that placed this very unit. The same row again asks for its ack, and mends the row
that is kept where the database spoilt it. A row that contradicts one that was here first is kept apart as disputed:
both are signed, and the unit is told so when it sends the segment. Rows may come out of order.
"""

import logging
from collections.abc import Callable

from contract.envelope import Envelope, read
from contract.filmed import check_ordered, signed_row
from contract.index import IndexRow
from contract.record import ContractError, dump
from hub.deployments.standing import Orders
from hub.fleet.enrolment import Fleet, Unit
from hub.store.faults import DuplicateError
from hub.store.segments import BEGINNING, COUNTER, PREVIOUS, DisputedRow, SegmentRow, Segments

SEGMENT_LIMIT = 64 * 1024 * 1024  # bytes


CONTRADICTIONS = {
    COUNTER: ("segment.counter", "two segments with one counter"),
    PREVIOUS: ("segment.fork", "a fork of the chain: another row follows the same one"),
    BEGINNING: ("segment.fork", "a fork of the chain: this start of the unit began it already"),
}
"""The constraint of the database that a row ran into: the rule, and what it means."""
logger = logging.getLogger(__name__)


class RowRefusedError(Exception):
    """An index row does not hold: the text says why, `rule` to a program. The unit keeps its segment."""

    def __init__(self, reason: str, rule: str = "segment.row") -> None:
        super().__init__(f"{rule}: {reason}")
        self.rule = rule


class SpoiltRowError(Exception):
    """A row that was taken in cannot be read back as it was signed: the hub's own fault, not the unit's."""


class IndexRows:
    """Takes rows in."""

    def __init__(self, segments: Segments, orders: Orders, fleet: Fleet, now_us: Callable[[], int]) -> None:
        self._segments = segments
        self._orders = orders
        self._fleet = fleet
        self._now_us = now_us

    async def take(self, unit: str, payload: bytes) -> None:
        """Keep a row; one that is here already asks for its ack again.

        Raises:
            RowRefusedError: it does not hold, or contradicts another.
        """
        enrolled = await self._fleet.unit(unit)
        if enrolled is None:
            raise RowRefusedError("the unit is not enrolled, or was revoked")
        try:
            envelope = read(payload)
            row = verified(envelope, enrolled)
            await self._ordered(row, enrolled)
        except ContractError as error:
            raise RowRefusedError(str(error)) from error
        new = kept(row, dump(envelope), self._now_us())
        try:
            if not await self._segments.add(new):
                await self._again(new, enrolled)
        except DuplicateError as error:
            await self._contradicts(new, str(error))

    async def _again(self, row: SegmentRow, unit: Unit) -> None:
        """A row of this chain value is here. Another that holds stands; one that does not is mended."""
        held = await self._segments.get(row.chain)
        if held is not None and held.row != row.row:
            try:
                kept_row(held, unit.key)
            except SpoiltRowError as error:
                logger.error("the row of segment %s was spoilt here and is mended: %s", row.chain[:16], error)
                await self._segments.mend(row)
            else:
                raise RowRefusedError("a replayed segment: another row of it is here", "segment.replayed")
        await self._segments.ack_again(row.chain)

    async def _contradicts(self, row: SegmentRow, constraint: str) -> None:
        held = await self._segments.get(row.chain)
        if held is not None and held.row == row.row:  # the same row at the same moment: one of them was kept
            return
        rule, reason = CONTRADICTIONS[constraint]
        await self._segments.dispute(
            DisputedRow(row.chain, row.unit, row.camera, rule, reason, row.row, row.received_at_us)
        )
        raise RowRefusedError(reason, rule)

    async def _ordered(self, row: IndexRow, unit: Unit) -> None:
        """Refuse a row that was not filmed under a logged order for this unit, or not in its windows."""
        decision = await self._orders.decision(row.decision)
        assignment = await self._orders.assignment(row.assignment)
        if decision is None or assignment is None:
            raise ContractError("no such decision or assignment was logged")
        check_ordered(row, unit.key, decision, assignment)


def verified(envelope: Envelope, unit: Unit) -> IndexRow:
    """The row in an envelope, once its film key is found to be this unit's and to have signed it."""
    row = signed_row(envelope, unit.key)
    if row.unit != unit.unit:
        raise ContractError("a row of another unit")
    if row.length > SEGMENT_LIMIT:
        raise ContractError(f"a segment of {row.length} bytes, more than {SEGMENT_LIMIT}")
    return row


def kept_row(held: SegmentRow, key: bytes) -> IndexRow:
    """The row that was taken in, as its unit (with this identity key) signed it.

    Raises:
        SpoiltRowError: the database gives something else back.
    """
    try:
        row = signed_row(read(held.row), key)
    except ContractError as error:
        raise SpoiltRowError(str(error)) from error
    if (row.chain, row.unit) != (held.chain, held.unit):
        raise SpoiltRowError("it is another segment's")
    return row


def kept(row: IndexRow, envelope: bytes, now_us: int) -> SegmentRow:
    """A row as the database keeps it, beside its envelope's bytes."""
    return SegmentRow(
        chain=row.chain,
        camera=row.camera,
        unit=row.unit,
        deployment=row.deployment,
        run=row.run,
        segment=row.segment,
        start_id=row.start_id,
        previous=row.previous,
        from_us=row.from_us,
        to_us=row.to_us,
        length=row.length,
        row=envelope,
        received_at_us=now_us,
    )
