# SPDX-License-Identifier: EUPL-1.2
"""Who signed a decision and who sent one back, and what an urgent deployment still owes."""

from dataclasses import dataclass

from hub.store.database import Database, Transaction

DUTY = "deployment::text as deployment, duty, due_us, done_at_us, done_by, note"
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


async def note_signing(db: Transaction, signing: SigningRow) -> None:
    """Note, inside another transaction, that a slot signed; its first time stands."""
    await db.run(
        "insert into signings values (:decision, :slot, :name, :person, :at_us) on conflict do nothing", **vars(signing)
    )


class Approvals:
    """The tables signings, refusals and duties."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def signings(self, decision: str) -> list[SigningRow]:
        """Who signed a decision, in order."""
        async with self._database.transaction() as db:
            return await db.rows(
                SigningRow, "select * from signings where decision = :decision order by at_us, slot", decision=decision
            )

    async def send_back(self, row: RefusalRow) -> bool:
        """Withdraw a decision's draft and keep who did and why; False where it waits no more."""
        async with self._database.transaction() as db:
            gone = await db.run("delete from drafts where digest = :digest", digest=row.decision)
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
        async with self._database.transaction() as db:
            return await db.rows(
                DutyRow,
                f"select {DUTY} from duties where deployment = cast(:id as uuid) order by due_us, duty",
                id=deployment,
            )

    async def owed(self) -> list[DutyRow]:
        """What is owed by any deployment, what is due first first."""
        async with self._database.transaction() as db:
            return await db.rows(
                DutyRow, f"select {DUTY} from duties where done_at_us is null order by due_us, deployment, duty"
            )

    async def fulfil(self, duty: DutyRow) -> bool:
        """Note that a duty is done; the first time stands. False where there is no such duty."""
        async with self._database.transaction() as db:
            await db.run(
                "update duties set done_at_us = :done_at_us, done_by = :done_by, note = :note"
                " where deployment = cast(:deployment as uuid) and duty = :duty and done_at_us is null",
                **{key: value for key, value in vars(duty).items() if key != "due_us"},
            )
            found = await db.value(
                "select count(*) from duties where deployment = cast(:deployment as uuid) and duty = :duty",
                deployment=duty.deployment,
                duty=duty.duty,
            )
        return bool(found)
