# SPDX-License-Identifier: EUPL-1.2
"""Why windows were prolonged, who asked for it and who signed it. The log holds a commitment to the reason alone.

Nothing erases these rows by itself yet; without its salt the log's commitment says nothing.
"""

from dataclasses import dataclass

from hub.store.database import Database
from hub.store.deployments import DraftRow, insert_draft
from hub.store.records import EVERYBODY, RecordRow, insert

COLUMNS = "digest, deployment::text as deployment, reason, salt, asked_by, asked_at_us, signed_by"


@dataclass(frozen=True)
class OverrunRow:
    """One overrun that was asked for, by the digest of its record."""

    digest: str
    deployment: str
    reason: str
    salt: bytes
    asked_by: str
    asked_at_us: int
    signed_by: str | None = None


class Overruns:
    """The table overruns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, row: OverrunRow, draft: DraftRow) -> None:
        """Keep why an overrun is asked for, with what is to be signed."""
        async with self._database.transaction() as db:
            await db.run(
                "insert into overruns values"
                " (:digest, cast(:deployment as uuid), :reason, :salt, :asked_by, :asked_at_us, :signed_by)",
                **vars(row),
            )
            await insert_draft(db, draft)

    async def logged(self, record: RecordRow, who: str) -> None:
        """The overrun was logged by whose signature this is: its draft moves to the records, and all units are told."""
        async with self._database.transaction() as db:
            if await insert(db, record):
                await db.run("update overruns set signed_by = :who where digest = :d", who=who, d=record.digest)
            await db.run("delete from drafts where digest = :digest", digest=record.digest)
            await db.notify("mandate", EVERYBODY)

    async def of_deployment(self, deployment: str) -> dict[str, OverrunRow]:
        """Those of a deployment, by digest."""
        async with self._database.transaction() as db:
            rows = await db.rows(
                OverrunRow,
                f"select {COLUMNS} from overruns where deployment = cast(:deployment as uuid)",
                deployment=deployment,
            )
        return {row.digest: row for row in rows}
