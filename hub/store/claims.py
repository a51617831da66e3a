# SPDX-License-Identifier: EUPL-1.2
"""Enrolments: units that ask to be let in, or for their next certificate."""

from dataclasses import dataclass

from hub.store.database import Database, Transaction

ONE_AT_A_TIME = 0x667D  # an advisory lock's number: rows are counted and units named by one at a time
FORGOTTEN_AFTER_US = 8 * 86_400_000_000  # until then a code that was used or is over is known as that


@dataclass(frozen=True)
class EnrolmentRow:
    """One that asks; `key` is its identity's SPKI.

    `state` is waiting (nobody typed its code), claimed, confirmed (to be signed), issued or refused.
    """

    id: str
    kind: str
    key: bytes
    fingerprint: str
    claim: str | None
    source_note: str | None
    address: str
    state: str
    asked_at_us: int
    changed_at_us: int
    unit: str | None = None
    camera: str | None = None
    claimed_by: str | None = None
    decided_by: str | None = None
    reason: str | None = None
    certificate: str | None = None
    serial: str | None = None
    client_id: str | None = None


@dataclass(frozen=True)
class ClaimRow:
    """That a key proved a code, first at that moment; once typed, which unit it named, and for a while by whom."""

    fingerprint: str
    claim: str
    asked_at_us: int
    unit: str | None
    used_by: str | None


@dataclass(frozen=True)
class Bounds:
    """How many may wait without anybody having typed their code: from one address, and in all."""

    of_address: int
    of_all: int


class Enrolments:
    """The tables enrolments and claims. One that is confirmed or issued is told on the channel enrolment."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, enrolment: str) -> EnrolmentRow | None:
        """The one of this id."""
        async with self._database.transaction() as db:
            return await db.row(EnrolmentRow, "select * from enrolments where id = :id", id=enrolment)

    async def of_key(self, key: bytes) -> EnrolmentRow | None:
        """The one of this key."""
        async with self._database.transaction() as db:
            return await db.row(EnrolmentRow, "select * from enrolments where key = :key", key=key)

    async def claimable(self) -> list[EnrolmentRow]:
        """All that ever gave a proof of a code, as far as they are remembered."""
        async with self._database.transaction() as db:
            return await db.rows(EnrolmentRow, "select * from enrolments where claim is not null")

    async def proofs_of(self, fingerprint: str) -> list[ClaimRow]:
        """All codes that a key proved."""
        async with self._database.transaction() as db:
            return await db.rows(ClaimRow, "select * from claims where fingerprint = :key", key=fingerprint)

    async def used(self) -> list[ClaimRow]:
        """All codes that were typed, whatever became of who proved them."""
        async with self._database.transaction() as db:
            return await db.rows(ClaimRow, "select * from claims where unit is not null")

    async def in_states(self, *states: str) -> list[EnrolmentRow]:
        """Those in one of these states, the longest in it first."""
        async with self._database.transaction() as db:
            return await db.rows(
                EnrolmentRow,
                "select * from enrolments where state = any(:states) order by changed_at_us, id",
                states=list(states),
            )

    async def ask(self, row: EnrolmentRow, bounds: Bounds) -> None:
        """Keep one that asks, in place of an earlier one of its key; where too many wait the oldest of them goes."""
        async with self._database.transaction() as db:
            await _alone(db)
            await db.run("delete from enrolments where asked_at_us <= :at", at=row.asked_at_us - FORGOTTEN_AFTER_US)
            await db.run("delete from enrolments where key = :key", key=row.key)
            oldest = (
                "delete from enrolments where id in (select id from enrolments where state = 'waiting'"
                " {} order by asked_at_us desc, id offset :room)"
            )
            if row.state == "waiting":
                mine = oldest.format("and address = :address")
                await db.run(mine, address=row.address, room=bounds.of_address - 1)
                await db.run(oldest.format(""), room=bounds.of_all - 1)
            names = vars(row)
            await db.run(
                f"insert into enrolments ({', '.join(names)}) values ({', '.join(f':{name}' for name in names)})",
                **names,
            )
            await _prove(db, row)
            if row.state == "confirmed":
                await db.notify("enrolment", row.id)

    async def claim(self, enrolment: str, who: str, now_us: int) -> EnrolmentRow | None:
        """Its code was typed: it is named, as the next unit. None where it waits no more.

        The name is this hub's to give. It is no unit's and was none's; nor is its camera's.
        """
        async with self._database.transaction() as db:
            await _alone(db)
            number = await db.value(
                "select coalesce(max(substring(name from '[0-9]{1,8}$')::bigint), 0) + 1 from"
                " (select unit as name from units union all select camera from units"
                " union all select unit from enrolments) known where name ~ '^(unit|camera)-[0-9]{1,8}$'"
            )
            claimed = await db.row(
                EnrolmentRow,
                "update enrolments set state = 'claimed', claimed_by = :who, changed_at_us = :now, unit = :unit,"
                " camera = :camera where id = :id and state = 'waiting' returning *",
                id=enrolment,
                who=who,
                now=now_us,
                unit=f"unit-{number}",
                camera=f"camera-{number}",
            )
            if claimed is not None:
                await db.run(
                    "update claims set unit = :unit, used_by = :claimed_by"
                    " where fingerprint = :fingerprint and claim = :claim",
                    **vars(claimed),
                )
        return claimed

    async def decide(
        self, enrolment: str, state: str, who: str | None, now_us: int, reason: str | None = None
    ) -> EnrolmentRow | None:
        """One that was claimed is confirmed or refused; None where it is not claimed."""
        async with self._database.transaction() as db:
            row = await db.row(
                EnrolmentRow,
                "update enrolments set state = :state, decided_by = :who, changed_at_us = :now, reason = :reason"
                " where id = :id and state = 'claimed' returning *",
                id=enrolment,
                state=state,
                who=who,
                now=now_us,
                reason=reason,
            )
            if row is not None and state == "confirmed":
                await db.notify("enrolment", enrolment)
        return row

    async def end(self, enrolment: str, now_us: int, reason: str) -> None:
        """One that was confirmed cannot be signed, for good."""
        async with self._database.transaction() as db:
            await db.run(
                "update enrolments set state = 'refused', changed_at_us = :now, reason = :reason"
                " where id = :id and state = 'confirmed'",
                id=enrolment,
                now=now_us,
                reason=reason,
            )

    async def issue(self, row: EnrolmentRow, now_us: int) -> None:
        """One that was confirmed has its certificate; `row` holds it."""
        async with self._database.transaction() as db:
            await db.run(
                "update enrolments set state = 'issued', changed_at_us = :now, certificate = :certificate,"
                " serial = :serial, client_id = :client_id where id = :id and state = 'confirmed'",
                id=row.id,
                now=now_us,
                certificate=row.certificate,
                serial=row.serial,
                client_id=row.client_id,
            )
            await db.notify("enrolled", row.unit or "")


async def _prove(db: Transaction, row: EnrolmentRow) -> None:
    """Keep which code a key proved first; what nobody typed goes with who asked, and who typed it after a while."""
    if row.claim is not None:
        await db.run(
            "insert into claims values (:fingerprint, :claim, :asked_at_us, null, null) on conflict do nothing",
            **vars(row),
        )
    await db.run("delete from claims where unit is null and fingerprint not in (select fingerprint from enrolments)")
    await db.run("update claims set used_by = null where asked_at_us <= :at", at=row.asked_at_us - FORGOTTEN_AFTER_US)


async def _alone(db: Transaction) -> None:
    await db.value("select pg_advisory_xact_lock(:number)", number=ONE_AT_A_TIME)
