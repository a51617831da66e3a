# SPDX-License-Identifier: EUPL-1.2
"""The index of segments: a signed row each, when its object came, when it was logged and acked.

A row's life: received -> stored (the object is durable) -> logged (`log_index`) -> acked (the unit may delete). Each
step is kept before the next begins, and each may be done twice.
"""

from dataclasses import dataclass

from hub.store.database import Database

COLUMNS = (
    "chain, camera, unit, deployment::text as deployment, run, segment, from_us, to_us, length, row, received_at_us,"
    " stored_at_us, log_index, acked_at_us, refused"
)


@dataclass(frozen=True)
class SegmentRow:
    """One segment; `row` is its index row's envelope as received."""

    chain: str
    camera: str
    unit: str
    deployment: str
    run: str
    segment: int
    from_us: int
    to_us: int
    length: int
    row: bytes
    received_at_us: int
    stored_at_us: int | None = None
    log_index: int | None = None
    acked_at_us: int | None = None
    refused: str | None = None


class Segments:
    """The table segments. What has its object is told on the channel segments."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, chain: str) -> SegmentRow | None:
        """The segment of this last chain value."""
        async with self._database.transaction() as db:
            return await db.row(SegmentRow, f"select {COLUMNS} from segments where chain = :chain", chain=chain)

    async def add(self, segment: SegmentRow) -> bool:
        """Keep a new row; False when it is there already."""
        async with self._database.transaction() as db:
            added = await db.run(
                "insert into segments values (:chain, :camera, :unit, cast(:deployment as uuid), :run, :segment,"
                " :from_us, :to_us, :length, :row, :received_at_us, :stored_at_us, :log_index, :acked_at_us, :refused)"
                " on conflict (chain) do nothing",
                **vars(segment),
            )
        return added == 1

    async def stored(self, chain: str, now_us: int) -> None:
        """Its object is durable."""
        async with self._database.transaction() as db:
            await db.run(
                "update segments set stored_at_us = coalesce(stored_at_us, :now) where chain = :chain",
                chain=chain,
                now=now_us,
            )
            await db.notify("segments", chain)

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
