# SPDX-License-Identifier: EUPL-1.2
"""Index rows by MQTT: one signed row per segment, taken in before the segment itself.

A row is taken when the unit's identity vouches for the film key, that key signed the row, and the row speaks of a
logged decision and of the assignment that placed this very unit. Two rows of one chain value are one.
"""

from collections.abc import Callable

from contract.envelope import Envelope, opened, read
from contract.messages import INDEX_ROW, IndexRow
from contract.record import ContractError, dump, load
from contract.segment import FILM_CERTIFICATE, FilmCertificate
from hub.deployments.standing import Orders
from hub.fleet.enrolment import Fleet, Unit
from hub.store.segments import SegmentRow, Segments

SEGMENT_LIMIT = 64 * 1024 * 1024  # bytes
STOP_SLACK_US = 1_000_000  # outside a window capture ends within one second


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
        if (assignment.unit, assignment.unit_key, assignment.camera) != (unit.unit, unit.fingerprint, row.camera):
            raise ContractError("the assignment is another unit's, another key's or another camera's")
        if not row.deployment == decision.deployment == assignment.deployment:
            raise ContractError("the row, its decision and its assignment are of different deployments")
        if not any(
            w.from_us <= row.from_us < w.to_us and row.to_us <= w.to_us + STOP_SLACK_US for w in decision.windows
        ):
            raise ContractError("filmed outside every window of its decision")


def verified(envelope: Envelope, unit: Unit) -> IndexRow:
    """The row in an envelope, once its film key is found to be this unit's and to have signed it."""
    if envelope.type != INDEX_ROW:
        raise ContractError(f"a {envelope.type} where a {INDEX_ROW} belongs")
    row = load(IndexRow, envelope.body)
    certificate = opened(row.film_certificate, FILM_CERTIFICATE, FilmCertificate, unit.key)
    opened(envelope, INDEX_ROW, IndexRow, certificate.key)
    if row.unit != unit.unit:
        raise ContractError("a row of another unit")
    if (certificate.unit, certificate.decision, certificate.start_id) != (row.unit, row.decision, row.start_id):
        raise ContractError("the film certificate speaks of another unit, decision or start")
    if row.length > SEGMENT_LIMIT:
        raise ContractError(f"a segment of {row.length} bytes, more than {SEGMENT_LIMIT}")
    if row.to_us < row.from_us:
        raise ContractError("the segment ends before it begins")
    return row
