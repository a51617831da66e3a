# SPDX-License-Identifier: EUPL-1.2
"""Units: what they are known by, and what they last reported."""

from dataclasses import dataclass, replace

from hub.store.database import Database


@dataclass(frozen=True)
class UnitRow:
    """An enrolled unit. `key` is its identity's SPKI, `fingerprint` that one's SHA-256.

    `changed_at_us` is since when it is online or offline.
    """

    unit: str
    key: bytes
    fingerprint: str
    certificate_serial: str
    epoch: int
    state: str
    enrolled_at_us: int
    camera: str
    source_note: str | None
    start_id: str | None = None
    online: bool = False
    seen_at_us: int | None = None
    checkpoint_size: int = 0
    reported: bytes | None = None
    held_back: int = 0
    changed_at_us: int | None = None


@dataclass(frozen=True)
class RevocationRow:
    """A unit's revocation; `log_index` is None until the log has it."""

    unit: str
    epoch: int
    reason: str
    asked_by: str
    revoked_at_us: int
    log_index: int | None = None


class Units:
    """The tables units and revocations.

    A change of `online`, `start_id` or `state`, or of what a unit says it does, is told on the channel unit_state.

    `held_back` is how many orders a unit is not told of yet, because its mandate message is full.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, unit: str) -> UnitRow | None:
        """The unit of this id."""
        async with self._database.transaction() as db:
            return await db.row(UnitRow, "select * from units where unit = :unit", unit=unit)

    async def of_camera(self, camera: str) -> UnitRow | None:
        """The unit that has this camera."""
        async with self._database.transaction() as db:
            return await db.row(UnitRow, "select * from units where camera = :camera", camera=camera)

    async def of_key(self, key: bytes) -> UnitRow | None:
        """The unit that has this identity key."""
        async with self._database.transaction() as db:
            return await db.row(UnitRow, "select * from units where key = :key", key=key)

    async def of_cameras(self, cameras: list[str]) -> dict[str, UnitRow]:
        """The units that have these cameras, by camera."""
        async with self._database.transaction() as db:
            rows = await db.rows(UnitRow, "select * from units where camera = any(:cameras)", cameras=cameras)
        return {row.camera: row for row in rows}

    async def all(self) -> list[UnitRow]:
        """All units."""
        async with self._database.transaction() as db:
            return await db.rows(UnitRow, "select * from units order by unit")

    async def enrol(self, row: UnitRow) -> None:
        """Keep a unit, or give a known one its new key, certificate, camera and epoch; what it reported stays.

        Raises:
            DuplicateError: another unit has this camera.
        """
        async with self._database.transaction() as db:
            await db.run(
                "insert into units (unit, key, fingerprint, certificate_serial, epoch, state, enrolled_at_us, camera,"
                " source_note) values (:unit, :key, :fingerprint, :certificate_serial, :epoch, :state, :enrolled_at_us,"
                " :camera, :source_note) on conflict (unit) do update set key = excluded.key,"
                " fingerprint = excluded.fingerprint, certificate_serial = excluded.certificate_serial,"
                " epoch = excluded.epoch, enrolled_at_us = excluded.enrolled_at_us, camera = excluded.camera,"
                " source_note = excluded.source_note",
                **{k: v for k, v in vars(row).items() if k not in REPORTED and k != "held_back"},
            )

    async def renewed(self, unit: str, serial: str) -> bool:
        """Whether this certificate was issued to a unit in use as its next; from now on it is the one that counts."""
        async with self._database.transaction() as db:
            touched = await db.run(
                "update units set certificate_serial = :serial where unit = :unit and state = 'active' and exists"
                " (select 1 from enrolments e where e.unit = :unit and e.key = units.key and e.serial = :serial"
                " and e.state = 'issued')",
                unit=unit,
                serial=serial,
            )
        return touched == 1

    async def report(self, row: UnitRow, otherwise: bool = False) -> None:
        """Keep what a unit reported: start_id, online, seen_at_us, checkpoint_size, reported.

        `otherwise`: it does something else than it did, which is told.
        Of a unit that was revoked meanwhile nothing is kept: it stays offline.
        """
        async with self._database.transaction() as db:
            before = await db.row(UnitRow, "select * from units where unit = :unit for update", unit=row.unit)
            await db.run(
                "update units set start_id = :start_id, online = :online, seen_at_us = :seen_at_us,"
                " checkpoint_size = :checkpoint_size, reported = :reported, changed_at_us = :changed_at_us"
                " where unit = :unit and state = 'active'",
                **{k: v for k, v in vars(row).items() if k in REPORTED or k == "unit"},
            )
            if before is not None and (otherwise or (before.online, before.start_id) != (row.online, row.start_id)):
                await db.notify("unit_state", row.unit)

    async def silent(self, since_us: int, now_us: int) -> list[str]:
        """Mark units offline that have said nothing since then, and give their ids."""
        async with self._database.transaction() as db:
            gone = await db.rows(
                _Id,
                "update units set online = false, changed_at_us = :now where online and seen_at_us < :since"
                " returning unit",
                since=since_us,
                now=now_us,
            )
            for row in gone:
                await db.notify("unit_state", row.unit)
        return [row.unit for row in gone]

    async def hold_back(self, unit: str, orders: int) -> None:
        """Keep how many orders a unit is not told of yet."""
        async with self._database.transaction() as db:
            await db.run("update units set held_back = :orders where unit = :unit", unit=unit, orders=orders)

    async def revoke(self, row: RevocationRow) -> RevocationRow:
        """A unit is out of use from now on, and offline; gives its revocation, the first one where there is one."""
        async with self._database.transaction() as db:
            await db.run(
                "insert into revocations values (:unit, :epoch, :reason, :asked_by, :revoked_at_us, :log_index)"
                " on conflict (unit, epoch) do nothing",
                **vars(row),
            )
            await db.run(
                "update units set state = 'revoked', online = false,"
                " changed_at_us = case when online then :now else changed_at_us end where unit = :unit",
                unit=row.unit,
                now=row.revoked_at_us,
            )
            for channel in ("unit_state", "mandate", "revoked"):
                await db.notify(channel, row.unit)
            kept = await db.row(
                RevocationRow,
                "select * from revocations where unit = :unit and epoch = :epoch",
                unit=row.unit,
                epoch=row.epoch,
            )
        return kept or row

    async def unlogged_revocations(self) -> list[RevocationRow]:
        """Revocations that the log does not have yet, oldest first."""
        async with self._database.transaction() as db:
            return await db.rows(
                RevocationRow, "select * from revocations where log_index is null order by revoked_at_us, unit"
            )

    async def revocation_logged(self, row: RevocationRow, log_index: int) -> RevocationRow:
        """The log has a revocation, there; gives it as it is then."""
        async with self._database.transaction() as db:
            await db.run(
                "update revocations set log_index = :log_index where unit = :unit and epoch = :epoch",
                unit=row.unit,
                epoch=row.epoch,
                log_index=log_index,
            )
        return replace(row, log_index=log_index)

    async def in_state(self, state: str) -> list[str]:
        """The ids of all units that are `active`, or that were `revoked`."""
        async with self._database.transaction() as db:
            rows = await db.rows(_Id, "select unit from units where state = :state order by unit", state=state)
        return [row.unit for row in rows]


@dataclass(frozen=True)
class _Id:
    unit: str


REPORTED = frozenset({"start_id", "online", "seen_at_us", "checkpoint_size", "reported", "changed_at_us"})
