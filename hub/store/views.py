# SPDX-License-Identifier: EUPL-1.2
"""Grants to look, with the body and salt behind their leaf in the log; and the media processes that carry pictures."""

from dataclasses import dataclass

from hub.store.database import Database


@dataclass(frozen=True)
class GrantRow:
    """A grant to look. `body` and `salt` are what the leaf at `log_index` commits to; erasing them empties the leaf."""

    log_index: int
    body: bytes
    salt: bytes
    actor: str
    session: str
    until_us: int
    opened_at_us: int | None = None
    ended_at_us: int | None = None


@dataclass(frozen=True)
class MediaRow:
    """A media process: one start of it. `watching` are the grants under which a socket is open there."""

    start_id: str
    started_at_us: int
    seen_at_us: int
    watching: list[int]


class Views:
    """The tables grants and media."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, grant: GrantRow) -> None:
        """Keep a logged grant."""
        async with self._database.transaction() as db:
            await db.run(
                "insert into grants values (:log_index, :body, :salt, :actor, :session, :until_us,"
                " :opened_at_us, :ended_at_us)",
                **vars(grant),
            )

    async def get(self, log_index: int) -> GrantRow | None:
        """The grant whose leaf has this index."""
        async with self._database.transaction() as db:
            return await db.row(GrantRow, "select * from grants where log_index = :i", i=log_index)

    async def end(self, log_index: int, now_us: int) -> None:
        """Nobody looks under this grant any more; one that was ended stays as it was."""
        async with self._database.transaction() as db:
            await db.run(
                "update grants set ended_at_us = :now where log_index = :i and ended_at_us is null",
                i=log_index,
                now=now_us,
            )

    async def ended(self, indices: list[int]) -> list[int]:
        """Those of these grants that have been ended before their time."""
        async with self._database.transaction() as db:
            rows = await db.rows(
                GrantRow, "select * from grants where log_index = any(:i) and ended_at_us is not null", i=indices
            )
        return [row.log_index for row in rows]

    async def open(self, log_index: int, now_us: int) -> None:
        """Somebody looks under this grant now."""
        async with self._database.transaction() as db:
            await db.run(
                "update grants set opened_at_us = :now where log_index = :i and opened_at_us is null",
                i=log_index,
                now=now_us,
            )

    async def watching(self, alive_since_us: int) -> list[GrantRow]:
        """Grants under which a socket is open now, in any media process that is alive."""
        async with self._database.transaction() as db:
            return await db.rows(
                GrantRow,
                "select * from grants where log_index in"
                " (select unnest(watching) from media where seen_at_us >= :since)",
                since=alive_since_us,
            )

    async def register_media(self, start_id: str, now_us: int, forget_before_us: int, watching: list[int]) -> None:
        """A media process lives, with sockets open under these grants; who has said nothing for long is forgotten."""
        async with self._database.transaction() as db:
            await db.run("delete from media where seen_at_us < :before", before=forget_before_us)
            await db.run(
                "insert into media values (:id, :now, :now, cast(:watching as bigint[]))"
                " on conflict (start_id) do update set seen_at_us = :now, watching = excluded.watching",
                id=start_id,
                now=now_us,
                watching=watching,
            )

    async def forget_media(self, start_id: str) -> None:
        """A media process ends."""
        async with self._database.transaction() as db:
            await db.run("delete from media where start_id = :id", id=start_id)

    async def newest_media(self, alive_since_us: int) -> MediaRow | None:
        """The media process that started last, of those that are alive."""
        async with self._database.transaction() as db:
            return await db.row(
                MediaRow,
                "select * from media where seen_at_us >= :since order by started_at_us desc limit 1",
                since=alive_since_us,
            )
