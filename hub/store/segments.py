# SPDX-License-Identifier: EUPL-1.2
"""The index of segments: a signed row each, when its object came, when it was logged and acked.

A row's life: received -> stored (the object is durable) -> logged (`log_index`) -> acked (the unit may delete). Each
step is kept before the next begins, and each may be done twice. The database holds that a process start of a unit gives
a camera's number once and that a row has one follower; what contradicts that is kept apart, as disputed.
"""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from contract.segment import FIRST
from hub.store.database import Database

COUNTER, PREVIOUS, BEGINNING = "segments_counter", "segments_previous", "segments_beginning"
"""What a DuplicateError of `add` names: the number was given, the row before is followed, the start began already."""
FIELDS = (
    *("chain", "camera", "unit", "deployment", "run", "segment", "start_id", "previous", "from_us", "to_us", "length"),
    *("row", "received_at_us", "stored_at_us", "log_index", "acked_at_us", "refused"),
)
COLUMNS = ", ".join(FIELDS).replace("deployment", "deployment::text as deployment")
VALUES = ", ".join(f":{name}" for name in FIELDS).replace(":deployment", "cast(:deployment as uuid)")


@dataclass(frozen=True)
class SegmentRow:
    """One segment; `row` is its index row's envelope as received."""

    chain: str
    camera: str
    unit: str
    deployment: str
    run: str
    segment: int
    start_id: str | None  # None, as is `previous`: a row from before they were kept, that cannot be read
    previous: str | None
    from_us: int
    to_us: int
    length: int
    row: bytes
    received_at_us: int
    stored_at_us: int | None = None
    log_index: int | None = None
    acked_at_us: int | None = None
    refused: str | None = None

    @property
    def waits_for_ack(self) -> bool:
        """Whether its object is said to be here and its unit has no ack yet."""
        return self.stored_at_us is not None and self.acked_at_us is None and self.refused is None


@dataclass(frozen=True)
class DisputedRow:
    """A row that holds by itself and contradicts one that was here first."""

    chain: str
    unit: str
    camera: str
    rule: str
    reason: str
    row: bytes
    received_at_us: int


class Segments:
    """The table segments. What has its object is told on the channel segments."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, chain: str) -> SegmentRow | None:
        """The segment of this last chain value."""
        async with self._database.transaction() as db:
            return await db.row(SegmentRow, f"select {COLUMNS} from segments where chain = :chain", chain=chain)

    async def add(self, segment: SegmentRow) -> bool:
        """Keep a new row; False when its chain value is there already. Raises DuplicateError for another's place."""
        async with self._database.transaction() as db:
            added = await db.run(
                f"insert into segments ({', '.join(FIELDS)}) values ({VALUES}) on conflict (chain) do nothing",
                **vars(segment),
            )
        return added == 1

    async def mend(self, segment: SegmentRow) -> None:
        """Put a row that holds in the place of one that does not; what was stored and logged stays so.

        Raises DuplicateError as `add` does.
        """
        async with self._database.transaction() as db:
            await db.run(
                "update segments set camera = :camera, unit = :unit, deployment = cast(:deployment as uuid),"
                " run = :run, segment = :segment, start_id = :start_id, previous = :previous, from_us = :from_us,"
                " to_us = :to_us, length = :length, row = :row, refused = null where chain = :chain",
                **vars(segment),
            )

    async def dispute(self, row: DisputedRow) -> None:
        """Keep a row that contradicts another, once."""
        async with self._database.transaction() as db:
            await db.run(
                "insert into disputed_rows values (:chain, :unit, :camera, :rule, :reason, :row, :received_at_us)"
                " on conflict (chain) do nothing",
                **vars(row),
            )

    async def disputed(self, chain: str) -> DisputedRow | None:
        """The disputed row of this chain value."""
        async with self._database.transaction() as db:
            return await db.row(DisputedRow, "select * from disputed_rows where chain = :chain", chain=chain)

    async def unlinked(self, camera: str) -> list[SegmentRow]:
        """A camera's rows that follow a row which is not here, oldest first: after each of them something is missing.

        Rows may come out of order, so that one of these may find its place yet.
        """
        async with self._database.transaction() as db:
            return await db.rows(
                SegmentRow,
                f"select {COLUMNS} from segments s where camera = :camera and previous is distinct from :first"
                " and not exists (select from segments p where p.camera = s.camera and p.chain = s.previous)"
                " order by from_us, segment",
                camera=camera,
                first=FIRST,
            )

    @contextlib.asynccontextmanager
    async def alone(self, chain: str) -> AsyncIterator[bool]:
        """Whether nobody else, in whichever process, is in such a block for this segment; nobody is until it ends."""
        number = int.from_bytes(bytes.fromhex(chain)[:8], signed=True)
        async with self._database.transaction() as db:
            yield bool(await db.value("select pg_try_advisory_xact_lock(:number)", number=number))

    async def stored(self, chain: str, now_us: int) -> None:
        """Its object is durable."""
        async with self._database.transaction() as db:
            await db.run("update segments set stored_at_us = :now where chain = :chain", chain=chain, now=now_us)
            await db.notify("segments", chain)

    async def not_stored(self, segment: SegmentRow) -> None:
        """Its object is not here or not sound; one that was stored meanwhile stands."""
        async with self._database.transaction() as db:
            await db.run(
                "update segments set stored_at_us = null where chain = :chain and stored_at_us = :stored_at_us",
                chain=segment.chain,
                stored_at_us=segment.stored_at_us,
            )

    async def to_anchor(self, limit: int) -> list[SegmentRow]:
        """The oldest segments whose object is here and whose unit has no ack yet."""
        async with self._database.transaction() as db:
            return await db.rows(
                SegmentRow,
                f"select {COLUMNS} from segments where stored_at_us is not null and acked_at_us is null"
                " and refused is null order by stored_at_us limit :limit",
                limit=limit,
            )

    async def logged(self, chain: str, log_index: int) -> None:
        """Its leaf stands in the log."""
        async with self._database.transaction() as db:
            await db.run("update segments set log_index = :i where chain = :chain", chain=chain, i=log_index)

    async def refused(self, chain: str, reason: str) -> None:
        """The keeper will not log it."""
        async with self._database.transaction() as db:
            await db.run("update segments set refused = :reason where chain = :chain", chain=chain, reason=reason)

    async def acked(self, chain: str, unit: str, ack: bytes, now_us: int) -> None:
        """Its signed ack is to be sent to its unit."""
        async with self._database.transaction() as db:
            await db.run("update segments set acked_at_us = :now where chain = :chain", chain=chain, now=now_us)
            await db.run(
                "insert into downlink (unit, what, payload, created_at_us) values (:unit, 'ack', :ack, :now)",
                unit=unit,
                ack=ack,
                now=now_us,
            )
            await db.notify("downlink", unit)

    async def ack_again(self, chain: str) -> None:
        """The unit asks once more: the segment goes back to be acked anew."""
        async with self._database.transaction() as db:
            changed = await db.run(
                "update segments set acked_at_us = null where chain = :chain and acked_at_us is not null", chain=chain
            )
            if changed:
                await db.notify("segments", chain)
