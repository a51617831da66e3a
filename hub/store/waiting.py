# SPDX-License-Identifier: EUPL-1.2
"""What waits for somebody: records that people are signing, and plans that were sent back."""

from dataclasses import dataclass

from hub.store.database import Database


@dataclass(frozen=True)
class WaitingRow:
    """A record on its way, with the deployment that it is of; `subject` is an assignment's post."""

    digest: str
    deployment: str
    number: str
    title: str
    subject: str | None
    envelope: bytes
    created_at_us: int


@dataclass(frozen=True)
class ReturnedRow:
    """A plan whose decision was sent back and that nobody submitted since: by whom, by the name that people know."""

    plan: str
    deployment: str | None
    number: str | None
    title: str
    reason: str
    by: str
    at_us: int


class WaitingTables:
    """Reads drafts, refusals and plans together."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def drafts(self, kind: str) -> list[WaitingRow]:
        """Records of this kind that people are signing, oldest first."""
        async with self._database.transaction() as db:
            return await db.rows(
                WaitingRow,
                "select w.digest, w.deployment::text as deployment, d.number, d.title, w.subject, w.envelope,"
                " w.created_at_us from drafts w join deployments d on d.id = w.deployment where w.type = :kind"
                " order by w.created_at_us, w.digest",
                kind=kind,
            )

    async def returned(self, person: str) -> list[ReturnedRow]:
        """Plans that this account wrote in and that came back, the newest first."""
        async with self._database.transaction() as db:
            return await db.rows(
                ReturnedRow,
                "select p.id::text as plan, p.deployment::text as deployment, d.number, p.title, r.reason,"
                " coalesce(b.display, r.refused_by) as by, r.at_us from plans p"
                " join refusals r on r.decision = p.decision"
                " join plan_makers m on m.plan = p.id and m.person = :person"
                " left join deployments d on d.id = p.deployment left join people b on b.name = r.refused_by"
                " order by r.at_us desc",
                person=person,
            )
