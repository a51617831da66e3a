# SPDX-License-Identifier: EUPL-1.2
"""Index rows by MQTT: one signed row per segment, taken in before the segment itself.

A row is taken when the unit's identity vouches for the film key, that key signed the row, and the row speaks of a
logged decision and of the assignment that placed this very unit. Two rows of one chain value are one.
"""

from collections.abc import Callable

from contract.envelope import Envelope, read
from contract.filmed import check_ordered, signed_row
from contract.messages import IndexRow
from contract.record import ContractError, dump
from hub.deployments.standing import Orders
from hub.fleet.enrolment import Fleet, Unit
from hub.store.segments import SegmentRow, Segments

SEGMENT_LIMIT = 64 * 1024 * 1024  # bytes


class RowRefusedError(Exception):
    """An index row does not hold: the text says why. The unit keeps its segment."""


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
            RowRefusedError: it does not hold.
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
        new = await self._segments.add(
            SegmentRow(
                chain=row.chain,
                camera=row.camera,
                unit=row.unit,
                deployment=row.deployment,
                run=row.run,
                segment=row.segment,
                from_us=row.from_us,
                to_us=row.to_us,
                length=row.length,
                row=dump(envelope),
                received_at_us=self._now_us(),
            )
        )
        if not new:
            await self._segments.ack_again(row.chain)

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
