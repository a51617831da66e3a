# SPDX-License-Identifier: EUPL-1.2
"""Rows by MQTT: what a unit says of its cameras, one signed row for each segment, gap, closing and deletion.

A row is taken when the unit's identity vouches for the film key, that key signed the row, and the row speaks of a
logged decision and of the assignment that placed this very unit. The same row again asks for its ack, and mends the row
that is kept where the database spoilt it. A row that contradicts one that was here first is kept apart as disputed:
both are signed, and the unit is told so when it sends the segment. Rows may come out of order.

Every row is a leaf in the log for good, so that a unit may not say the same moments again and again: a gap lasts, moves
on from the row before it and has passed; of one minute of a camera's time so many rows are taken and no more, however
late they come. A row beyond that is kept apart as one that contradicts is.
"""

import logging
from collections.abc import Callable
from typing import NoReturn

from contract.envelope import Envelope, read
from contract.filmed import check_ordered, verified_row
from contract.index import GAP, INDEX_ROW, Closing, Deletion, Gap, IndexRow, Row, chain_value
from contract.record import ContractError, dump
from hub.deployments.standing import Orders
from hub.fleet.enrolment import Fleet, Unit
from hub.store.faults import DuplicateError
from hub.store.rows import BEGINNING, COUNTER, PREVIOUS, DisputedRow, KeptRow, Rows

SEGMENT_LIMIT = 64 * 1024 * 1024  # bytes
AHEAD_US = 60_000_000  # what a unit's clock may be ahead of the hub's
IDLE_US = 100_000  # a unit states no gap of half a second or less (`contract.chain.JOIN_US`)
OF_A_MINUTE = 60  # rows that begin in one minute of a camera's time: segments have seconds, gaps more than half a one
ASKS_AGAIN_US = 55_000_000  # a unit asks again once a minute, and not each time is as long on its way

CONTRADICTIONS = {
    COUNTER: ("segment.counter", "two segments with one counter"),
    PREVIOUS: ("segment.fork", "a fork of the chain: another row follows the same one"),
    BEGINNING: ("segment.fork", "a fork of the chain: this start of the unit began it already"),
}
"""The constraint of the database that a row ran into: the rule, and what it means."""
logger = logging.getLogger(__name__)


class RowRefusedError(Exception):
    """A row does not hold: the text says why, `rule` to a program. The unit keeps what it speaks of."""

    def __init__(self, reason: str, rule: str = "segment.row") -> None:
        super().__init__(f"{rule}: {reason}")
        self.rule = rule


class SpoiltRowError(Exception):
    """A row that was taken in cannot be read back as it was signed: the hub's own fault, not the unit's."""


class RowIntake:
    """Takes rows in."""

    def __init__(self, rows: Rows, orders: Orders, fleet: Fleet, now_us: Callable[[], int]) -> None:
        self._rows = rows
        self._orders = orders
        self._fleet = fleet
        self._now_us = now_us
        self._asked: dict[str, int] = {}  # when a row was last asked for again, oldest first; of the last minute

    async def take(self, unit: str, payload: bytes) -> None:
        """Keep a row; one that is here already asks for its ack again.

        Raises:
            RowRefusedError: it does not hold, contradicts another, or says nothing new.
        """
        enrolled = await self._fleet.unit(unit)
        if enrolled is None:
            raise RowRefusedError("the unit is not enrolled, or was revoked")
        try:
            envelope = read(payload)
            row = verified(envelope, enrolled)
            await self._ordered(row, enrolled)
            self._has_passed(row)
        except ContractError as error:
            raise RowRefusedError(str(error)) from error
        new = kept(envelope, row, enrolled.key, self._now_us())
        try:
            if await self._rows.get(new.chain) is not None:
                await self._again(new)
                return
            await self._moves_on(new)
            if not await self._rows.add(new):
                await self._again(new)
        except DuplicateError as error:
            await self._contradicts(new, str(error))

    async def _again(self, row: KeptRow) -> None:
        """A row of this chain value is here. Another that holds stands; one that does not is mended."""
        held = await self._rows.get(row.chain)
        if held is not None and held.row != row.row:
            try:
                kept_row(held)
            except SpoiltRowError as error:
                logger.error("the row %s of %s was spoilt here and is mended: %s", row.chain[:16], row.unit, error)
                await self._rows.mend(row)
            else:
                raise RowRefusedError("a replayed segment: another row of it is here", "segment.replayed")
        if self._asks(row.chain):
            await self._rows.ack_again(row.chain)

    def _asks(self, chain: str) -> bool:
        """Whether a row is asked for again for the first time within a minute."""
        now_us = self._now_us()
        while self._asked and now_us - next(iter(self._asked.values())) >= ASKS_AGAIN_US:
            del self._asked[next(iter(self._asked))]
        if chain in self._asked:
            return False
        self._asked[chain] = now_us
        return True

    def _has_passed(self, row: Row) -> None:
        """Refuse a statement of what has not been yet; the unit says it again, and then it may have passed."""
        if isinstance(row, (Gap, Closing)) and row.to_us > self._now_us() + AHEAD_US:
            raise RowRefusedError("it states what has not been yet", "row.future")

    async def _moves_on(self, row: KeptRow) -> None:
        """Refuse a row that only makes its chain longer."""
        if row.kind == GAP:
            before = await self._rows.get(row.previous or "")
            covered_us = row.from_us
            if before is not None and before.decision == row.decision and before.kind in (INDEX_ROW, GAP):
                covered_us = max(covered_us, before.to_us)
            if row.to_us - covered_us <= IDLE_US:
                raise RowRefusedError("a gap of no time that was not covered before it", "row.idle")
        if await self._rows.in_minute(row) >= OF_A_MINUTE:
            await self._apart(row, "row.crowded", f"{OF_A_MINUTE} rows of this camera begin in that minute already")

    async def _contradicts(self, row: KeptRow, constraint: str) -> None:
        held = await self._rows.get(row.chain)
        if held is not None and held.row == row.row:  # the same row at the same moment: one of them was kept
            return
        await self._apart(row, *CONTRADICTIONS[constraint])

    async def _apart(self, row: KeptRow, rule: str, reason: str) -> NoReturn:
        """Keep a row apart, as evidence, and refuse it."""
        disputed = DisputedRow(row.chain, row.unit, row.camera, rule, reason, row.row, row.received_at_us)
        if not await self._rows.dispute(disputed):
            reason += "; there is no room to keep it"
        raise RowRefusedError(reason, rule)

    async def _ordered(self, row: Row, unit: Unit) -> None:
        """Refuse a row that was not made under a logged order for this unit, or not in its windows."""
        course = await self._orders.course(row.decision)
        assignment = await self._orders.assignment(row.assignment)
        if course is None or assignment is None:
            raise ContractError("no such decision or assignment was logged")
        check_ordered(row, unit.key, course, assignment)


def verified(envelope: Envelope, unit: Unit) -> Row:
    """The row in an envelope, once its film key is found to be this unit's and to have signed it."""
    row = verified_row(envelope, unit.key)
    if row.unit != unit.unit:
        raise ContractError("a row of another unit")
    if isinstance(row, IndexRow) and row.length > SEGMENT_LIMIT:
        raise ContractError(f"a segment of {row.length} bytes, more than {SEGMENT_LIMIT}")
    return row


def kept_row(held: KeptRow) -> tuple[Envelope, Row]:
    """The row that was taken in, as its unit signed it with the key that it had then.

    Whether that key was the unit's is not the database's to say: an assignment names its fingerprint.

    Raises:
        SpoiltRowError: the database gives something else back.
    """
    try:
        if held.identity is None:
            raise ContractError("its unit's key is not kept with it")
        envelope = read(held.row)
        row = verified_row(envelope, held.identity)
    except ContractError as error:
        raise SpoiltRowError(str(error)) from error
    if (chain_value(envelope, row), row.unit, envelope.type) != (held.chain, held.unit, held.kind):
        raise SpoiltRowError("it is another one")
    return envelope, row


def kept(envelope: Envelope, row: Row, identity: bytes, now_us: int) -> KeptRow:
    """A row as the database keeps it, beside its envelope's bytes."""
    segment = row if isinstance(row, IndexRow) else None
    reason = row.reason if isinstance(row, (Gap, Deletion)) else row.ended if isinstance(row, Closing) else None
    return KeptRow(
        chain=chain_value(envelope, row),
        kind=envelope.type,
        camera=row.camera,
        unit=row.unit,
        deployment=row.deployment,
        decision=row.decision,
        assignment=row.assignment,
        start_id=row.start_id,
        previous=row.previous,
        from_us=row.from_us,
        to_us=row.to_us,
        reason=reason,
        deleted=row.segment if isinstance(row, Deletion) else None,
        run=None if segment is None else segment.run,
        segment=None if segment is None else segment.segment,
        length=None if segment is None else segment.length,
        row=dump(envelope),
        identity=identity,
        received_at_us=now_us,
    )
