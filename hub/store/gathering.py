# SPDX-License-Identifier: EUPL-1.2
"""All that a list of deployments is shown from, read together: seven questions, however many deployments."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.store.approvals import REFUSAL, DutyRow, RefusalRow, SigningRow, duties_of
from hub.store.database import Database, Transaction
from hub.store.deployments import DRAFT_COLUMNS, DraftRow
from hub.store.plans import COLUMNS as PLAN_COLUMNS
from hub.store.plans import FROM as PLANS
from hub.store.plans import PlanRow
from hub.store.records import COLUMNS as RECORD_COLUMNS
from hub.store.records import RecordRow

OF_THESE = "= any(cast(:ids as uuid[]))"


@dataclass(frozen=True)
class Gathered:
    """What there is of one deployment, oldest first; `signings` are of any decision of it, `refusal` is the newest.

    `plan` was submitted last, `decided` is the plan of what stands.
    """

    drafts: Sequence[DraftRow]
    records: Sequence[RecordRow]
    plan: PlanRow | None
    decided: PlanRow | None
    signings: Sequence[SigningRow]
    refusal: RefusalRow | None
    duties: Sequence[DutyRow]
    urgent_index: int | None


@dataclass(frozen=True)
class _Urgent:
    deployment: str
    log_index: int


class Gathering:
    """Reads drafts, records, plans, signings, refusals, duties and urgencies, as they stand at one moment."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, deployments: Sequence[str]) -> dict[str, Gathered]:
        """What there is of each of these deployments."""
        ids = list(deployments)
        async with self._database.transaction() as db:
            await db.run("set transaction isolation level repeatable read read only")
            drafts = await db.rows(
                DraftRow,
                f"select {DRAFT_COLUMNS} from drafts where deployment {OF_THESE} order by created_at_us, digest",
                ids=ids,
            )
            records = await db.rows(
                RecordRow,
                f"select {RECORD_COLUMNS} from records where deployment {OF_THESE} order by log_index",
                ids=ids,
            )
            plans, decided = await _plans(db, ids)
            signings = await db.rows(
                SigningRow,
                "select * from signings where decision = any(:digests) order by at_us, slot",
                digests=[*(row.digest for row in drafts), *(row.digest for row in records)],
            )
            refusals = await db.rows(
                RefusalRow,
                f"select distinct on (refusals.deployment) {REFUSAL} from refusals where deployment {OF_THESE}"
                " order by refusals.deployment, at_us desc",
                ids=ids,
            )
            urgent = await db.rows(
                _Urgent,
                "select deployment::text as deployment, min(log_index) as log_index from urgencies"
                f" where deployment {OF_THESE} group by deployment",
                ids=ids,
            )
            duties = await duties_of(db, ids)
        plan_of, refusal_of = {row.deployment: row for row in plans}, {row.deployment: row for row in refusals}
        decided_of = {row.deployment: row for row in decided}
        index_of = {row.deployment: row.log_index for row in urgent}
        return {
            one: Gathered(
                drafts=[row for row in drafts if row.deployment == one],
                records=[row for row in records if row.deployment == one],
                plan=plan_of.get(one),
                decided=decided_of.get(one),
                signings=signings,
                refusal=refusal_of.get(one),
                duties=[row for row in duties if row.deployment == one],
                urgent_index=index_of.get(one),
            )
            for one in ids
        }


async def _plans(db: Transaction, ids: list[str]) -> tuple[list[PlanRow], list[PlanRow]]:
    """The plan of each that was submitted last, and the one of what stands."""
    last = await db.rows(
        PlanRow,
        f"select distinct on (p.deployment) {PLAN_COLUMNS} {PLANS} where p.deployment {OF_THESE}"
        " and p.decision is not null order by p.deployment, p.created_at_us desc, p.id desc",
        ids=ids,
    )
    decided = await db.rows(
        PlanRow,
        f"select distinct on (p.deployment) {PLAN_COLUMNS} {PLANS}"
        f" join records r on r.digest = p.decision and r.type = 'decision' where p.deployment {OF_THESE}"
        " order by p.deployment, r.serial desc",
        ids=ids,
    )
    return last, decided
