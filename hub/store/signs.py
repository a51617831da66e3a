# SPDX-License-Identifier: EUPL-1.2
"""Signs that were put up: which photo shows the one at which way in. The photos lie in the object store, by hash."""

from dataclasses import dataclass

from hub.store.database import Database

COLUMNS = (
    "deployment::text as deployment, entry, entry_lat_e7, entry_lon_e7, photo, size, taken_at_us, lat_e7, lon_e7,"
    " taken_by, kept_at_us"
)


@dataclass(frozen=True)
class SignRow:
    """One photo of a sign. `entry_lat_e7` and `entry_lon_e7` are where the plan had that way in."""

    deployment: str
    entry: str
    entry_lat_e7: int
    entry_lon_e7: int
    photo: str
    size: int
    taken_at_us: int
    lat_e7: int | None
    lon_e7: int | None
    taken_by: str
    kept_at_us: int


class Signs:
    """The table signs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, row: SignRow) -> None:
        """Keep a photo's row; the same photo of the same way in again changes nothing."""
        async with self._database.transaction() as db:
            await db.run(
                "insert into signs values (cast(:deployment as uuid), :entry, :entry_lat_e7, :entry_lon_e7, :photo,"
                " :size, :taken_at_us, :lat_e7, :lon_e7, :taken_by, :kept_at_us) on conflict do nothing",
                **vars(row),
            )

    async def of_deployment(self, deployment: str) -> list[SignRow]:
        """Those of a deployment, newest first."""
        async with self._database.transaction() as db:
            return await db.rows(
                SignRow,
                f"select {COLUMNS} from signs where deployment = cast(:deployment as uuid)"
                " order by kept_at_us desc, photo",
                deployment=deployment,
            )
