# SPDX-License-Identifier: EUPL-1.2
"""Hour keys by the log's word, and the segments whose objects may be due.

An index: the log says it all again, and the keeper believes none of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from contract.mandate import HOUR_US
from hub.store.database import Database

KEY_COLUMNS = (
    "key, deployment::text as deployment, from_us, layer, due_us, born_index, born_at_us, destroyed_index,"
    " destroyed_at_us, grade"
)
HERE = "(erased_at_us is null or stored_at_us > erased_at_us)"  # as the index rows_not_erased has it
OF_ITS_HOUR = f"k.deployment = s.deployment and s.from_us >= k.from_us and s.from_us < k.from_us + {HOUR_US}"


@dataclass(frozen=True)
class HourKeyRow:
    """An hour key: its birth's leaf and, once it is dead, its death's."""

    key: str
    deployment: str
    from_us: int
    layer: str
    due_us: int
    born_index: int
    born_at_us: int
    destroyed_index: int | None = None
    destroyed_at_us: int | None = None
    grade: str | None = None


@dataclass(frozen=True)
class Death:
    """A key's death as the log has it."""

    key: str
    destroyed_index: int
    destroyed_at_us: int
    grade: str


@dataclass(frozen=True)
class HeldSegment:
    """A segment that is not erased. `row` is its signed row; `stored_at_us` is None where its object never came."""

    chain: str
    deployment: str
    camera: str
    unit: str
    from_us: int
    received_at_us: int
    row: bytes
    stored_at_us: int | None


@dataclass(frozen=True)
class SegmentCount:
    """Of an hour: how many segments' objects are here, and how many were deleted while their key lived."""

    from_us: int
    here: int
    deleted_early: int


@dataclass(frozen=True)
class Late:
    """What should be gone and is not: the hub's keys or its footage, how much of it, and since when the oldest."""

    what: Literal["key", "footage"]
    count: int
    since_us: int


class HourKeys:
    """The tables hour_keys and log_read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read_to(self) -> int:
        """How many leaves of the log were taken in."""
        async with self._database.transaction() as db:
            return int(await db.value("select size from log_read") or 0)

    async def take_in(self, born: Sequence[HourKeyRow], deaths: Sequence[Death], size: int) -> None:
        """Keep what the leaves up to `size` say; the first leaf about a key counts. Once more changes nothing."""
        async with self._database.transaction() as db:
            for key in born:
                await db.run(
                    "insert into hour_keys values (:key, cast(:deployment as uuid), :from_us, :layer, :due_us,"
                    " :born_index, :born_at_us) on conflict (key) do nothing",
                    **{name: value for name, value in vars(key).items() if value is not None},
                )
            for death in deaths:
                await db.run(
                    "update hour_keys set destroyed_index = :destroyed_index, destroyed_at_us = :destroyed_at_us,"
                    " grade = :grade where key = :key and destroyed_index is null",
                    **vars(death),
                )
            await db.run(
                "insert into log_read (size) values (:size)"
                " on conflict (sole) do update set size = greatest(log_read.size, excluded.size)",
                size=size,
            )

    async def forget(self) -> None:
        """Begin again with the log's first leaf."""
        async with self._database.transaction() as db:
            await db.run("delete from hour_keys")
            await db.run("delete from log_read")

    async def of_deployment(self, deployment: str, limit: int) -> list[HourKeyRow]:
        """A deployment's keys, oldest hour first."""
        async with self._database.transaction() as db:
            return await db.rows(
                HourKeyRow,
                f"select {KEY_COLUMNS} from hour_keys where deployment = cast(:deployment as uuid)"
                " order by from_us, born_index limit :limit",
                deployment=deployment,
                limit=limit,
            )

    async def of_hours(self, deployment: str, hours_us: Sequence[int]) -> list[HourKeyRow]:
        """All keys of these hours, by their starts."""
        async with self._database.transaction() as db:
            return await db.rows(
                HourKeyRow,
                f"select {KEY_COLUMNS} from hour_keys where deployment = cast(:deployment as uuid)"
                " and from_us = any(:hours)",
                deployment=deployment,
                hours=list(hours_us),
            )

    async def alive_due(self, until_us: int) -> list[HourKeyRow]:
        """The keys that are due by then and of whose death the log knows nothing, the longest due first."""
        async with self._database.transaction() as db:
            return await db.rows(
                HourKeyRow,
                f"select {KEY_COLUMNS} from hour_keys where destroyed_index is null and due_us <= :until"
                " order by due_us",
                until=until_us,
            )

    async def living(self, now_us: int, limit: int) -> list[str]:
        """The deployments of which a key lives whose hour has begun, the newest hour first."""
        async with self._database.transaction() as db:
            found = await db.value(
                "select array(select deployment::text from hour_keys where destroyed_index is null and due_us > :now"
                " and from_us <= :now group by deployment order by max(from_us) desc limit :limit)",
                now=now_us,
                limit=limit,
            )
        return list(found)

    async def next_due(self, now_us: int) -> int | None:
        """When the next living key is due."""
        async with self._database.transaction() as db:
            found = await db.value(
                "select min(due_us) from hour_keys where destroyed_index is null and due_us > :now", now=now_us
            )
            return None if found is None else int(found)


class Erasures:
    """The view segments, as far as objects are erased."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def candidates(self, seen_before_us: int, after: str, limit: int) -> list[HeldSegment]:
        """Segments that may be due, by chain value, from the first after `after`.

        A key of their hour is dead; or they came before their hour began; or they were seen before a moment.
        """
        async with self._database.transaction() as db:
            return await db.rows(
                HeldSegment,
                "select chain, deployment::text as deployment, camera, unit, from_us, received_at_us, row, stored_at_us"
                f" from segments s where {HERE} and chain > :after and (least(from_us, received_at_us) <= :seen"
                f" or received_at_us < from_us - from_us % {HOUR_US} or exists (select from hour_keys k where"
                f" {OF_ITS_HOUR} and k.destroyed_index is not null)) order by chain limit :limit",
                after=after,
                seen=seen_before_us,
                limit=limit,
            )

    async def erased(self, chain: str, now_us: int) -> None:
        """Its object is gone for good; one that was stored meanwhile and erased again counts from then."""
        async with self._database.transaction() as db:
            await db.run(
                f"update segments set erased_at_us = greatest(:now, stored_at_us) where chain = :chain and {HERE}",
                chain=chain,
                now=now_us,
            )

    async def left_of_dead_keys(self, until_us: int) -> Late | None:
        """The objects that are here though a key of their hour died by then."""
        async with self._database.transaction() as db:
            return await db.row(
                Late,
                "select 'footage' as what, count(distinct s.chain) as count, min(k.destroyed_at_us) as since_us"
                f" from hour_keys k join segments s on {OF_ITS_HOUR} and {HERE} and s.stored_at_us is not null"
                " where k.destroyed_at_us <= :until and not exists (select from hour_keys other where"
                " other.deployment = k.deployment and other.from_us = k.from_us and other.destroyed_index is null)"
                " having count(*) > 0",
                until=until_us,
            )

    async def counts(self, deployment: str, from_us: int, to_us: int) -> list[SegmentCount]:
        """What is left of each hour of this stretch."""
        async with self._database.transaction() as db:
            return await db.rows(
                SegmentCount,
                f"select s.from_us - s.from_us % {HOUR_US} as from_us,"
                f" count(*) filter (where s.stored_at_us is not null and {HERE}) as here,"
                " count(*) filter (where s.stored_at_us is not null and s.erased_at_us is not null and not exists"
                f" (select from hour_keys k where {OF_ITS_HOUR} and k.destroyed_at_us <= s.erased_at_us))"
                " as deleted_early from segments s where s.deployment = cast(:deployment as uuid)"
                " and s.from_us >= :from_us and s.from_us < :to_us group by 1",
                deployment=deployment,
                from_us=from_us,
                to_us=to_us,
            )
