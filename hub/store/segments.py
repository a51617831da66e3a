# SPDX-License-Identifier: EUPL-1.2
"""Where the object of each segment stands: whether it is durable here. What was recorded is a row's to say.

An object that was erased (`hub.store.retention`) is not asked for again, and its absence is no fault.
"""

from hub.store.database import Database
from hub.store.rows import COLUMNS, KeptRow


class Segments:
    """The rows that are segments (the view segments). What has its object is told on the channel segments."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, chain: str) -> KeptRow | None:
        """The segment of this last chain value."""
        async with self._database.transaction() as db:
            return await db.row(KeptRow, f"select {COLUMNS} from segments where chain = :chain", chain=chain)

    async def stored(self, chain: str, now_us: int) -> None:
        """Its object is durable."""
        async with self._database.transaction() as db:
            await db.run("update segments set stored_at_us = :now where chain = :chain", chain=chain, now=now_us)
            await db.notify("segments", chain)

    async def not_stored(self, segment: KeptRow) -> None:
        """Its object is not here or not sound; one that was stored or erased meanwhile stands so."""
        async with self._database.transaction() as db:
            await db.run(
                "update segments set stored_at_us = null where chain = :chain and stored_at_us = :stored_at_us"
                " and erased_at_us is null",
                chain=segment.chain,
                stored_at_us=segment.stored_at_us,
            )

    async def deletion(self, row: KeptRow) -> KeptRow | None:
        """The row by which a segment's own unit says that it holds the segment no more."""
        async with self._database.transaction() as db:
            return await db.row(
                KeptRow,
                f"select {COLUMNS} from rows where kind = 'deletion' and deleted = :chain and unit = :unit"
                " and camera = :camera order by received_at_us limit 1",
                chain=row.chain,
                unit=row.unit,
                camera=row.camera,
            )
