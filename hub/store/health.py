# SPDX-License-Identifier: EUPL-1.2
"""How each unit last said it was: one report a unit, as signed."""

from dataclasses import dataclass

from hub.store.database import Database


@dataclass(frozen=True)
class HealthRow:
    """A unit's newest report, an envelope's bytes; `received_at_us` is the hub's time."""

    unit: str
    received_at_us: int
    report: bytes


class HealthTable:
    """The table health."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, unit: str) -> HealthRow | None:
        """The newest report of a unit."""
        async with self._database.transaction() as db:
            return await db.row(HealthRow, "select * from health where unit = :unit", unit=unit)

    async def all(self) -> dict[str, HealthRow]:
        """The newest report of each unit that made one."""
        async with self._database.transaction() as db:
            rows = await db.rows(HealthRow, "select * from health")
        return {row.unit: row for row in rows}

    async def keep(self, row: HealthRow) -> None:
        """This report is the unit's newest now."""
        async with self._database.transaction() as db:
            await db.run(
                "insert into health values (:unit, :received_at_us, :report) on conflict (unit) do update"
                " set received_at_us = excluded.received_at_us, report = excluded.report",
                **vars(row),
            )
