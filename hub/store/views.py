# SPDX-License-Identifier: EUPL-1.2
"""Grants to look, with the body and salt behind their leaf in the log; and the media processes that carry pictures."""

from dataclasses import dataclass

from hub.store.database import Database

LOOKERS_LIMIT = 200


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
class LookerRow:
    """A grant that stands, and the name of whose it is. `watching`: a socket is open under it."""

    log_index: int
    body: bytes
    display: str
    watching: bool


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

    async def lookers(self, alive_since_us: int, now_us: int) -> list[LookerRow]:
        """Grants that stand, with whose they are and whether a socket is open under one, in any living media process.

        The newest, and those under which somebody watches before all others.
        """
        async with self._database.transaction() as db:
            return await db.rows(
                LookerRow,
                "select g.log_index, g.body, coalesce(p.display, g.actor) as display,"
                " w.log_index is not null as watching from grants g left join people p on p.name = g.actor"
                " left join (select distinct unnest(watching) as log_index from media where seen_at_us >= :since) w"
                " on w.log_index = g.log_index"
                " where w.log_index is not null or (g.until_us > :now and g.ended_at_us is null)"
                " order by watching desc, g.log_index desc limit :limit",
                since=alive_since_us,
                now=now_us,
                limit=LOOKERS_LIMIT,
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
