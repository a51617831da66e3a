# SPDX-License-Identifier: EUPL-1.2
"""Plans as people write them: the newest version, those before it, and everybody who ever wrote in one."""

from dataclasses import dataclass

from hub.store.database import Database, Transaction
from hub.store.faults import DuplicateError

VERSIONS_KEPT = 200  # of one plan; the console saves by itself every few seconds while somebody writes
COLUMNS = (
    "p.id::text as id, p.title, p.version, p.body, p.changed_by, p.changed_at_us, p.created_by,"
    " p.deployment::text as deployment, d.number, p.decision,"
    " case when exists (select from records r where r.digest = p.decision) then 'decided'"
    " when exists (select from drafts w where w.digest = p.decision) then 'submitted' else 'editing' end as state"
)
FROM = "from plans p left join deployments d on d.id = p.deployment"
EDITABLE = (
    "not exists (select from records r where r.digest = plans.decision)"
    " and not exists (select from drafts w where w.digest = plans.decision)"
)


@dataclass(frozen=True)
class PlanRow:
    """A plan as it is now. `body` is JSON; `decision` the digest of what it was submitted as, the last time."""

    id: str
    title: str
    version: int
    body: str
    changed_by: str
    changed_at_us: int
    created_by: str
    deployment: str | None
    number: str | None
    decision: str | None
    state: str


@dataclass(frozen=True)
class VersionRow:
    """One version of a plan."""

    version: int
    title: str
    body: str
    changed_by: str
    changed_at_us: int


@dataclass(frozen=True)
class VersionNote:
    """That there is such a version."""

    version: int
    changed_by: str
    changed_at_us: int


@dataclass(frozen=True)
class Maker:
    """Somebody who wrote in a plan."""

    person: str


@dataclass(frozen=True)
class Submission:
    """A plan's version that is submitted as a decision, and what an urgent one still owes: duties by when."""

    plan: str
    version: int
    duties: tuple[tuple[str, int], ...] = ()


async def submit(db: Transaction, submission: Submission, deployment: str, decision: str) -> None:
    """Note, inside another transaction, what a plan was submitted as.

    Raises:
        DuplicateError: it was changed or submitted meanwhile.
    """
    changed = await db.run(
        "update plans set deployment = cast(:deployment as uuid), decision = :decision"
        f" where id = cast(:plan as uuid) and version = :version and {EDITABLE}",
        deployment=deployment,
        decision=decision,
        plan=submission.plan,
        version=submission.version,
    )
    if changed != 1:
        raise DuplicateError("plans")
    # What an earlier draft would have owed is owed by nobody, as long as nothing was decided.
    await db.run(
        "delete from duties where deployment = cast(:deployment as uuid) and done_at_us is null and not exists"
        " (select from records r where r.deployment = duties.deployment and r.type = 'decision')",
        deployment=deployment,
    )
    for duty, due_us in submission.duties:
        await db.run(
            "insert into duties values (cast(:deployment as uuid), :duty, :due_us) on conflict do nothing",
            deployment=deployment,
            duty=duty,
            due_us=due_us,
        )


class Plans:
    """The tables plans, plan_versions and plan_makers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, plan: str, first: VersionRow, deployment: str | None) -> None:
        """Keep a new plan with its first version; with `deployment` it is to revise that."""
        async with self._database.transaction() as db:
            await db.run(
                "insert into plans values (cast(:plan as uuid), :title, :version, :body, :changed_by, :changed_at_us,"
                " :changed_by, :changed_at_us, cast(:deployment as uuid), null)",
                plan=plan,
                deployment=deployment,
                **vars(first),
            )
            await _version(db, plan, first)

    async def change(self, plan: str, base_version: int, after: VersionRow) -> bool:
        """Keep a version that follows `base_version`; False when another does, or nobody may change it now."""
        async with self._database.transaction() as db:
            changed = await db.run(
                "update plans set title = :title, version = :version, body = :body, changed_by = :changed_by,"
                " changed_at_us = :changed_at_us"
                f" where id = cast(:plan as uuid) and version = :base_version and {EDITABLE}",
                plan=plan,
                base_version=base_version,
                **vars(after),
            )
            if changed == 1:
                await _version(db, plan, after)
        return changed == 1

    async def get(self, plan: str) -> PlanRow | None:
        """The plan of this id."""
        async with self._database.transaction() as db:
            return await db.row(PlanRow, f"select {COLUMNS} {FROM} where p.id = cast(:id as uuid)", id=plan)

    async def of_decision(self, decision: str) -> PlanRow | None:
        """The plan that was submitted as this decision."""
        async with self._database.transaction() as db:
            return await db.row(PlanRow, f"select {COLUMNS} {FROM} where p.decision = :digest", digest=decision)

    async def newest(self, limit: int) -> list[PlanRow]:
        """The plans that were changed last, newest first."""
        async with self._database.transaction() as db:
            return await db.rows(
                PlanRow, f"select {COLUMNS} {FROM} order by p.changed_at_us desc, p.id limit :n", n=limit
            )

    async def versions(self, plan: str) -> list[VersionNote]:
        """Which versions are kept, newest first."""
        async with self._database.transaction() as db:
            return await db.rows(
                VersionNote,
                "select version, changed_by, changed_at_us from plan_versions"
                " where plan = cast(:id as uuid) order by version desc",
                id=plan,
            )

    async def version(self, plan: str, version: int) -> VersionRow | None:
        """One version."""
        async with self._database.transaction() as db:
            return await db.row(
                VersionRow,
                "select version, title, body, changed_by, changed_at_us from plan_versions"
                " where plan = cast(:id as uuid) and version = :version",
                id=plan,
                version=version,
            )

    async def makers(self, plan: str) -> list[str]:
        """The accounts of all who wrote in it."""
        async with self._database.transaction() as db:
            found = await db.rows(
                Maker, "select person from plan_makers where plan = cast(:id as uuid) order by person", id=plan
            )
        return [maker.person for maker in found]


async def _version(db: Transaction, plan: str, row: VersionRow) -> None:
    await db.run(
        "insert into plan_versions values (cast(:plan as uuid), :version, :title, :body, :changed_by, :changed_at_us)",
        plan=plan,
        **vars(row),
    )
    await db.run(
        "insert into plan_makers values (cast(:plan as uuid), :person) on conflict do nothing",
        plan=plan,
        person=row.changed_by,
    )
    await db.run(
        "delete from plan_versions where plan = cast(:plan as uuid) and version <= :gone",
        plan=plan,
        gone=row.version - VERSIONS_KEPT,
    )
