# SPDX-License-Identifier: EUPL-1.2
"""Deployments, the drafts of their decisions and assignments while people sign them, and why they were stopped."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.store.approvals import SigningRow, note_signing
from hub.store.database import Database, Transaction
from hub.store.plans import Submission, submit
from hub.store.records import RecordRow, insert

COLUMNS = "id::text as id, number, title, created_by, created_at_us, demo"
DRAFT_COLUMNS = "digest, type, deployment::text as deployment, subject, envelope, created_by, created_at_us"
STOP_COLUMNS = "decision, deployment::text as deployment, reason, asked_by, ends_at_us"
NUMBER_TAKEN = "deployments_number_key"
DRAFT_INSERT = (
    "insert into drafts values"
    " (:digest, :type, cast(:deployment as uuid), :subject, :envelope, :created_by, :created_at_us)"
)


@dataclass(frozen=True)
class DeploymentRow:
    """Cameras placed for one demonstration; what was decided stands in its records."""

    id: str
    number: str
    title: str
    created_by: str
    created_at_us: int
    demo: bool


@dataclass(frozen=True)
class DraftRow:
    """A record that people are signing; `envelope` holds its body and the signatures so far."""

    digest: str
    type: str
    deployment: str
    subject: str | None
    envelope: bytes
    created_by: str
    created_at_us: int


@dataclass(frozen=True)
class StopRow:
    """That filming under a decision was stopped: by whom and why, and the moment that it ends."""

    decision: str
    deployment: str
    reason: str
    asked_by: str
    ends_at_us: int


async def insert_draft(db: Transaction, draft: DraftRow) -> None:
    """Keep a record that people are to sign, inside another transaction."""
    await db.run(DRAFT_INSERT, **vars(draft))


class Deployments:
    """The tables deployments, drafts and stops."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def next_number(self, year: int) -> str:
        """The number that a deployment of this year would get now; two who ask at once get the same."""
        async with self._database.transaction() as db:
            last = await db.value(
                "select max(split_part(number, '-', 2)::int) from deployments where number like :year", year=f"{year}-%"
            )
        return f"{year}-{(last or 0) + 1:03}"

    async def add(self, deployment: DeploymentRow, draft: DraftRow, submission: Submission) -> None:
        """Keep a deployment with its decision's draft, and what plan that is.

        Raises:
            DuplicateError: the number is taken (`NUMBER_TAKEN`), or the plan was changed or submitted meanwhile.
        """
        async with self._database.transaction() as db:
            await db.run(
                "insert into deployments values"
                " (cast(:id as uuid), :number, :title, :created_by, :created_at_us, :demo)",
                **vars(deployment),
            )
            await insert_draft(db, draft)
            await submit(db, submission, deployment.id, draft.digest)

    async def add_decision(self, draft: DraftRow, submission: Submission) -> None:
        """Keep one more decision's draft of a deployment that there is, and what plan that is.

        Raises:
            DuplicateError: another decision waits already, or the plan was changed or submitted meanwhile.
        """
        async with self._database.transaction() as db:
            await insert_draft(db, draft)
            await submit(db, submission, draft.deployment, draft.digest)

    async def get(self, deployment: str) -> DeploymentRow | None:
        """The deployment of this id."""
        async with self._database.transaction() as db:
            return await db.row(
                DeploymentRow, f"select {COLUMNS} from deployments where id = cast(:id as uuid)", id=deployment
            )

    async def of_ids(self, deployments: list[str]) -> list[DeploymentRow]:
        """The deployments of these ids."""
        async with self._database.transaction() as db:
            return await db.rows(
                DeploymentRow,
                f"select {COLUMNS} from deployments where id = any(cast(:ids as uuid[]))",
                ids=deployments,
            )

    async def all(self, limit: int) -> list[DeploymentRow]:
        """The newest deployments, newest first."""
        async with self._database.transaction() as db:
            return await db.rows(
                DeploymentRow, f"select {COLUMNS} from deployments order by created_at_us desc limit :n", n=limit
            )

    async def add_draft(self, draft: DraftRow, gone: Sequence[str] = ()) -> None:
        """Keep a record that people are to sign, and throw away those that it leaves without a use, by digest.

        Raises:
            DuplicateError: the very same is there.
        """
        async with self._database.transaction() as db:
            await db.run("delete from drafts where digest = any(:gone)", gone=list(gone))
            await insert_draft(db, draft)

    async def draft(self, digest: str) -> DraftRow | None:
        """The draft of this digest."""
        async with self._database.transaction() as db:
            return await db.row(DraftRow, f"select {DRAFT_COLUMNS} from drafts where digest = :digest", digest=digest)

    async def drafts(self, deployment: str) -> list[DraftRow]:
        """A deployment's drafts, oldest first."""
        async with self._database.transaction() as db:
            return await db.rows(
                DraftRow,
                f"select {DRAFT_COLUMNS} from drafts where deployment = cast(:id as uuid)"
                " order by created_at_us, digest",
                id=deployment,
            )

    async def sign(self, digest: str, before: bytes, after: bytes, signing: SigningRow | None = None) -> bool:
        """Replace a draft's envelope by one with a signature more; False when someone else was first."""
        async with self._database.transaction() as db:
            changed = await db.run(
                "update drafts set envelope = :after where digest = :digest and envelope = :before",
                digest=digest,
                before=before,
                after=after,
            )
            if changed == 1 and signing is not None:
                await note_signing(db, signing)
        return changed == 1

    async def logged(self, record: RecordRow, unit: str | None = None, signing: SigningRow | None = None) -> None:
        """A draft was logged: it moves to the records, and the unit that it concerns is told."""
        async with self._database.transaction() as db:
            await insert(db, record)
            if signing is not None:
                await note_signing(db, signing)
            await db.run("delete from drafts where digest = :digest", digest=record.digest)
            if unit is not None:
                await db.notify("mandate", unit)

    async def stop(self, row: StopRow) -> StopRow:
        """Keep that a decision is stopped; gives the stop that holds, which is the first one."""
        async with self._database.transaction() as db:
            await db.run(
                "insert into stops values (:decision, cast(:deployment as uuid), :reason, :asked_by, :ends_at_us)"
                " on conflict (decision) do nothing",
                **vars(row),
            )
            kept = await db.row(StopRow, f"select {STOP_COLUMNS} from stops where decision = :d", d=row.decision)
        return kept or row
