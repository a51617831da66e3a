# SPDX-License-Identifier: EUPL-1.2
"""The rows of the cameras' chains: segments, gaps, closings, deletions, each as its unit signed it.

A row's life: received -> (a segment: stored, see `hub.store.segments`) -> logged (`log_index`) -> acked. Each step is
kept before the next begins, and each may be done twice. The database holds that a row has one follower, whatever kind
either is, and that a process start of a unit gives a camera's number once; what contradicts that is kept apart, as
disputed, the first few of a unit.
"""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from contract.index import DELETION
from contract.record import INTEGER_LIMIT
from contract.segment import FIRST
from hub.store.database import Database

COUNTER, PREVIOUS, BEGINNING = "rows_counter", "rows_previous", "rows_beginning"
"""What a DuplicateError of `add` names: the number was given, the row before is followed, the start began already."""
MINUTE_US = 60_000_000
DISPUTED_OF_A_UNIT = 100  # the first; later ones say no more than that it goes on
FIELDS = (
    *("chain", "kind", "camera", "unit", "deployment", "decision", "assignment", "start_id", "previous"),
    *("from_us", "to_us", "reason", "deleted", "run", "segment", "length", "row", "identity", "received_at_us"),
    *("stored_at_us", "erased_at_us", "log_index", "acked_at_us", "refused"),
)
COLUMNS = ", ".join(FIELDS).replace("deployment", "deployment::text as deployment")
VALUES = ", ".join(f":{name}" for name in FIELDS).replace(":deployment", "cast(:deployment as uuid)")
SAID = FIELDS[: FIELDS.index("received_at_us")]
MENDED = ", ".join(f"{name} = :{name}" for name in SAID if name != "chain").replace(
    ":deployment", "cast(:deployment as uuid)"
)
DELETED = (
    "exists (select from rows d where d.kind = 'deletion' and d.deleted = rows.chain and d.unit = rows.unit"
    " and d.camera = rows.camera)"
)


@dataclass(frozen=True, kw_only=True)
class KeptRow:
    """One row. `row` is its envelope as received, `identity` the key (SPKI) that its unit had then.

    `run`, `segment`, `length`, `stored_at_us` and `erased_at_us` are a segment's alone, `deleted` a deletion's: the
    chain value of the segment that it names.
    """

    chain: str
    kind: str
    camera: str
    unit: str
    deployment: str
    decision: str | None  # None, as are the three that follow: of a row that cannot be read
    assignment: str | None
    start_id: str | None
    previous: str | None
    from_us: int
    to_us: int
    row: bytes
    identity: bytes | None
    received_at_us: int
    reason: str | None = None
    deleted: str | None = None
    run: str | None = None
    segment: int | None = None
    length: int | None = None
    stored_at_us: int | None = None
    erased_at_us: int | None = None
    log_index: int | None = None
    acked_at_us: int | None = None
    refused: str | None = None


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


class Rows:
    """The tables rows and disputed_rows. What may be logged is told on the channel segments."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, chain: str) -> KeptRow | None:
        """The row of this chain value."""
        async with self._database.transaction() as db:
            return await db.row(KeptRow, f"select {COLUMNS} from rows where chain = :chain", chain=chain)

    async def add(self, row: KeptRow) -> bool:
        """Keep a new row; False when its chain value is there already. Raises DuplicateError for another's place."""
        async with self._database.transaction() as db:
            added = await db.run(
                f"insert into rows ({', '.join(FIELDS)}) values ({VALUES}) on conflict (chain) do nothing", **vars(row)
            )
            await db.notify("segments", row.chain)
        return added == 1

    async def mend(self, row: KeptRow) -> None:
        """Put a row that holds in the place of one that does not; what was stored and logged stays so.

        Raises DuplicateError as `add` does.
        """
        async with self._database.transaction() as db:
            await db.run(f"update rows set {MENDED}, refused = null where chain = :chain", **vars(row))

    async def dispute(self, row: DisputedRow) -> bool:
        """Keep a row that contradicts another, once; False where its unit has no room for more."""
        async with self._database.transaction() as db:
            added = await db.run(
                "insert into disputed_rows select :chain, :unit, :camera, :rule, :reason, :row, :received_at_us"
                " where (select count(*) from disputed_rows where unit = :unit and chain <> :chain) < :room"
                " on conflict (chain) do update set chain = excluded.chain",
                **vars(row),
                room=DISPUTED_OF_A_UNIT,
            )
        return added == 1

    async def disputed(self, chain: str) -> DisputedRow | None:
        """The disputed row of this chain value."""
        async with self._database.transaction() as db:
            return await db.row(DisputedRow, "select * from disputed_rows where chain = :chain", chain=chain)

    async def unlinked(self, cameras: list[str], within: tuple[int, int] = (0, INTEGER_LIMIT)) -> list[KeptRow]:
        """Rows of these cameras that follow a row which is not here, oldest first: before each something is missing.

        `within` are the moments, from and up to, of which they begin in one.

        Rows may come out of order, so that one of these may find its place yet.
        """
        async with self._database.transaction() as db:
            return await db.rows(
                KeptRow,
                f"select {COLUMNS} from rows where camera = any(:cameras) and previous is distinct from :first"
                " and from_us >= :from_us and from_us < :to_us"
                " and not exists (select from rows p where p.unit = rows.unit and p.camera = rows.camera"
                " and p.chain = rows.previous) order by from_us, segment, chain",
                cameras=cameras,
                first=FIRST,
                from_us=within[0],
                to_us=within[1],
            )

    async def of_camera(self, deployment: str, camera: str, from_us: int, to_us: int) -> list[KeptRow]:
        """One camera's rows under a deployment's orders that speak of this time, and all its closings, by time."""
        async with self._database.transaction() as db:
            return await db.rows(
                KeptRow,
                f"select {COLUMNS} from rows where deployment = cast(:deployment as uuid) and camera = :camera"
                " and (kind = 'closing' or from_us < :to_us and to_us >= :from_us) order by from_us, to_us, chain",
                deployment=deployment,
                camera=camera,
                from_us=from_us,
                to_us=to_us,
            )

    async def in_minute(self, row: KeptRow) -> int:
        """How many rows of a row's unit and camera begin in the same minute: of deletions, or of all other kinds."""
        from_us = row.from_us - row.from_us % MINUTE_US
        async with self._database.transaction() as db:
            return int(
                await db.value(
                    "select count(*) from rows where deployment = cast(:deployment as uuid) and camera = :camera"
                    " and unit = :unit and (kind = 'deletion') = :deletion"
                    " and from_us >= :from_us and from_us < :to_us",
                    deployment=row.deployment,
                    camera=row.camera,
                    unit=row.unit,
                    deletion=row.kind == DELETION,
                    from_us=from_us,
                    to_us=from_us + MINUTE_US,
                )
            )

    @contextlib.asynccontextmanager
    async def alone(self, chain: str) -> AsyncIterator[bool]:
        """Whether nobody else, in whichever process, is in such a block for this row; nobody is until it ends."""
        number = int.from_bytes(bytes.fromhex(chain)[:8], signed=True)
        async with self._database.transaction() as db:
            yield bool(await db.value("select pg_try_advisory_xact_lock(:number)", number=number))

    async def to_ack(self, limit: int) -> list[KeptRow]:
        """Rows whose unit waits for an ack and can have it: of each unit the next in its turn, new ones first.

        A segment's can be had once its object is here, or its unit holds it no more, or it was logged and erased since.
        """
        async with self._database.transaction() as db:
            return await db.rows(
                KeptRow,
                "with waiting as (select chain as waits, row_number() over"
                " (partition by unit order by log_index is not null, received_at_us, from_us, chain) as turn"
                " from rows where acked_at_us is null and refused is null and (kind <> 'index-row'"
                " or stored_at_us is not null and erased_at_us is null"
                f" or erased_at_us is not null and log_index is not null or {DELETED})"
                " order by turn limit :limit)"
                f" select {COLUMNS} from waiting join rows on chain = waits order by turn, received_at_us, from_us",
                limit=limit,
            )

    async def logged(self, chain: str, log_index: int) -> None:
        """Its leaf stands in the log."""
        async with self._database.transaction() as db:
            await db.run("update rows set log_index = :i where chain = :chain", chain=chain, i=log_index)

    async def refused(self, chain: str, reason: str) -> None:
        """The keeper will not log it."""
        async with self._database.transaction() as db:
            await db.run("update rows set refused = :reason where chain = :chain", chain=chain, reason=reason)

    async def acked(self, chain: str, unit: str, ack: bytes, now_us: int) -> None:
        """Its signed ack is to be sent to its unit."""
        async with self._database.transaction() as db:
            await db.run("update rows set acked_at_us = :now where chain = :chain", chain=chain, now=now_us)
            await db.run(
                "insert into downlink (unit, what, payload, created_at_us) values (:unit, 'ack', :ack, :now)",
                unit=unit,
                ack=ack,
                now=now_us,
            )
            await db.notify("downlink", unit)

    async def ack_again(self, chain: str) -> None:
        """The unit asks once more: the row goes back to be acked anew."""
        async with self._database.transaction() as db:
            changed = await db.run(
                "update rows set acked_at_us = null where chain = :chain and acked_at_us is not null", chain=chain
            )
            if changed:
                await db.notify("segments", chain)
