# SPDX-License-Identifier: EUPL-1.2
"""Who signed a decision and who sent one back, and what an urgent deployment still owes."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.store.database import Database, Transaction

DUTY = "deployment::text as deployment, duty, due_us, done_at_us, done_by, note, log_index"
REFUSAL = "decision, deployment::text as deployment, refused_by, reason, at_us"


@dataclass(frozen=True)
class SigningRow:
    """An approver's slot, with its name in the roster, signed a decision; `person` is the account that sent it."""

    decision: str
    slot: str
    name: str
    person: str
    at_us: int


@dataclass(frozen=True)
class RefusalRow:
    """A decision's draft was sent back: by whom and why."""

    decision: str
    deployment: str
    refused_by: str
    reason: str
    at_us: int


@dataclass(frozen=True)
class DutyRow:
    """What an urgent deployment owes by then; `done_at_us` is None while it does."""

    deployment: str
    duty: str
    due_us: int
    done_at_us: int | None
    done_by: str | None
    note: str | None
    log_index: int | None


@dataclass(frozen=True)
class DoneDuty:
    """That a duty was done: when, by whom, with what word about it, and where the log says so."""

    deployment: str
    duty: str
    done_at_us: int
    done_by: str
    note: str
    log_index: int


@dataclass(frozen=True)
class UrgentRow:
    """A deployment that was decided as urgent, and where the log says so first."""

    deployment: str
    number: str
    log_index: int


async def note_signing(db: Transaction, signing: SigningRow) -> None:
    """Note, inside another transaction, that a slot signed; its first time stands."""
    await db.run(
        "insert into signings values (:decision, :slot, :name, :person, :at_us) on conflict do nothing", **vars(signing)
    )


async def duties_of(db: Transaction, deployments: Sequence[str]) -> list[DutyRow]:
    """What these deployments owe or owed, inside another transaction."""
    return await db.rows(
        DutyRow,
        f"select {DUTY} from duties where deployment = any(cast(:ids as uuid[])) order by due_us, duty",
        ids=list(deployments),
    )


class Approvals:
    """The tables signings, refusals, duties and urgencies."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def signings(self, decision: str) -> list[SigningRow]:
        """Who signed a decision, in order."""
        async with self._database.transaction() as db:
            return await db.rows(
                SigningRow, "select * from signings where decision = :decision order by at_us, slot", decision=decision
            )

    async def begin_logging(self, digest: str, before: bytes, after: bytes, signing: SigningRow) -> bool:
        """Note, before the keeper is asked, that the last signature is given: from now on nobody sends it back.

        False where somebody else signed or sent back first.
        """
        async with self._database.transaction() as db:
            changed = await db.run(
                "update drafts set logging = :after where digest = :digest and envelope = :before and logging is null",
                digest=digest,
                before=before,
                after=after,
            )
            if changed == 1:
                await note_signing(db, signing)
        return changed == 1

    async def being_logged(self, digest: str) -> bytes | None:
        """A draft with all its signatures, from when the keeper was asked to log it until it is a record."""
        async with self._database.transaction() as db:
            found: bytes | None = await db.value("select logging from drafts where digest = :digest", digest=digest)
        return None if found is None else bytes(found)

    async def not_logged(self, digest: str, slots: Sequence[str]) -> None:
        """The keeper did not log it and will not: the draft is as it was before these slots signed last."""
        async with self._database.transaction() as db:
            changed = await db.run(
                "update drafts set logging = null where digest = :digest and logging is not null", digest=digest
            )
            if changed == 1:
                await db.run(
                    "delete from signings where decision = :digest and slot = any(:slots)",
                    digest=digest,
                    slots=list(slots),
                )

    async def send_back(self, row: RefusalRow) -> bool:
        """Withdraw a decision's draft and keep who did and why; False where it waits no more, or is being logged."""
        async with self._database.transaction() as db:
            gone = await db.run("delete from drafts where digest = :digest and logging is null", digest=row.decision)
            if gone == 1:
                await db.run(
                    "insert into refusals values (:decision, cast(:deployment as uuid), :refused_by, :reason, :at_us)",
                    **vars(row),
                )
        return gone == 1

    async def sent_back(self, deployment: str) -> RefusalRow | None:
        """The newest draft of a deployment that was sent back."""
        async with self._database.transaction() as db:
            return await db.row(
                RefusalRow,
                f"select {REFUSAL} from refusals where deployment = cast(:id as uuid) order by at_us desc limit 1",
                id=deployment,
            )

    async def duties(self, deployment: str) -> list[DutyRow]:
        """What a deployment owes or owed."""
        return await self.duties_of([deployment])

    async def duties_of(self, deployments: Sequence[str]) -> list[DutyRow]:
        """What these deployments owe or owed."""
        async with self._database.transaction() as db:
            return await duties_of(db, deployments)

    async def owed(self) -> list[DutyRow]:
        """What is owed by any deployment that was decided, what is due first first."""
        async with self._database.transaction() as db:
            return await db.rows(
                DutyRow,
                f"select {DUTY} from duties where done_at_us is null and exists (select from records r"
                " where r.deployment = duties.deployment and r.type = 'decision') order by due_us, deployment, duty",
            )

    async def fulfil(self, done: DoneDuty) -> None:
        """Note that a duty is done; the first time stands."""
        async with self._database.transaction() as db:
            await db.run(
                "update duties set done_at_us = :done_at_us, done_by = :done_by, note = :note, log_index = :log_index"
                " where deployment = cast(:deployment as uuid) and duty = :duty and done_at_us is null",
                **vars(done),
            )

    async def flagged(self, decision: str, deployment: str, log_index: int) -> None:
        """Note where the log says that a decision was urgent."""
        async with self._database.transaction() as db:
            await db.run(
                "insert into urgencies values (:decision, cast(:deployment as uuid), :index) on conflict do nothing",
                decision=decision,
                deployment=deployment,
                index=log_index,
            )

    async def urgent(self, limit: int) -> list[UrgentRow]:
        """The deployments that were urgent, the newest first."""
        async with self._database.transaction() as db:
            return await db.rows(
                UrgentRow,
                "select u.deployment::text as deployment, d.number, min(u.log_index) as log_index from urgencies u"
                " join deployments d on d.id = u.deployment group by u.deployment, d.number order by 3 desc limit :n",
                n=limit,
            )
