# SPDX-License-Identifier: EUPL-1.2
"""Signed records as they were logged: roster, bindings, decisions, assignments, keysets, stops. Written once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hub.store.database import Database, Transaction

EVERYBODY = ""
"""In place of a unit's id: every unit's mandate is to be made anew."""
COLUMNS = "digest, type, deployment::text as deployment, subject, serial, envelope, log_index, logged_at_us"
INSERT = (
    "insert into records values"
    " (:digest, :type, cast(:deployment as uuid), :subject, :serial, :envelope, :log_index, :logged_at_us)"
    " on conflict (digest) do nothing"
)


@dataclass(frozen=True)
class RecordRow:
    """One logged record; `envelope` is its canonical bytes."""

    digest: str
    type: str
    deployment: str | None
    subject: str | None
    serial: int
    envelope: bytes
    log_index: int
    logged_at_us: int


async def insert(db: Transaction, record: RecordRow) -> bool:
    """Keep a record inside another transaction; one that is there stays as it is, and the answer is False."""
    return await db.run(INSERT, **vars(record)) == 1


class SignedRecords:
    """The table records."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, record: RecordRow, notify_all: bool = False) -> None:
        """Keep a logged record; one that is there stays. With `notify_all` every unit's mandate is made anew."""
        async with self._database.transaction() as db:
            await insert(db, record)
            if notify_all:
                await db.notify("mandate", EVERYBODY)

    async def get(self, digest: str) -> RecordRow | None:
        """The record of this digest."""
        async with self._database.transaction() as db:
            return await db.row(RecordRow, f"select {COLUMNS} from records where digest = :digest", digest=digest)

    async def newest(self, kind: str) -> RecordRow | None:
        """The record of a kind with the highest serial: the roster that holds."""
        async with self._database.transaction() as db:
            return await db.row(
                RecordRow,
                f"select {COLUMNS} from records where type = :kind order by serial desc, log_index limit 1",
                kind=kind,
            )

    async def all(self, kind: str) -> list[RecordRow]:
        """All records of a kind, oldest first."""
        async with self._database.transaction() as db:
            return await db.rows(
                RecordRow, f"select {COLUMNS} from records where type = :kind order by log_index", kind=kind
            )

    async def of_deployment(self, deployment: str) -> list[RecordRow]:
        """All records of a deployment, oldest first."""
        async with self._database.transaction() as db:
            return await db.rows(
                RecordRow,
                f"select {COLUMNS} from records where deployment = cast(:deployment as uuid) order by log_index",
                deployment=deployment,
            )

    async def at_one_moment(
        self, kinds: Sequence[str], decision: str, wanted: Callable[[RecordRow], bool]
    ) -> list[RecordRow]:
        """All records of these kinds, and all of the deployments that have a wanted decision, oldest first.

        As they stood together: a record that is kept meanwhile is seen by neither of the two questions.

        Args:
            kinds: of the records that belong to no deployment.
            decision: the kind of a decision.
            wanted: whether a decision's deployment is.
        """
        async with self._database.transaction() as db:
            await db.run("set transaction isolation level repeatable read read only")
            first = await db.rows(
                RecordRow,
                f"select {COLUMNS} from records where type = any(:kinds) order by log_index",
                kinds=[*kinds, decision],
            )
            named = sorted({row.deployment for row in first if row.type == decision and wanted(row) and row.deployment})
            rest = await db.rows(
                RecordRow,
                f"select {COLUMNS} from records where deployment = any(cast(:named as uuid[])) order by log_index",
                named=named,
            )
        return [*(row for row in first if row.type != decision), *rest]
