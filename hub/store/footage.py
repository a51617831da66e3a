# SPDX-License-Identifier: EUPL-1.2
"""The rows of the cameras' chains as a person looks back at them: by time, without the signed bytes.

Of a segment that its own unit says it holds no more, `lost` is the reason. Rows that the keeper would not log are left
out: they prove nothing.
"""

from dataclasses import dataclass

from hub.store.database import Database

SEGMENT_LASTS_US = 3_600_000_000  # at most: no segment crosses the hour of its key
COLUMNS = (
    "r.chain, r.kind, r.camera, r.unit, r.deployment::text as deployment, r.run, r.from_us, r.to_us, r.length,"
    " r.reason, r.stored_at_us is not null as stored, r.erased_at_us is not null as erased,"
    " (select d.reason from rows d where d.kind = 'deletion' and d.deleted = r.chain and d.unit = r.unit"
    " and d.camera = r.camera limit 1) as lost"
)
SHOWN = "r.kind in ('index-row', 'gap') and r.refused is null and r.from_us < :to_us and r.to_us > :from_us"


@dataclass(frozen=True)
class Stretch:
    """A segment (`run` is not None) or a gap. `lost` is why its unit holds a segment no more, where it says so."""

    chain: str
    kind: str
    camera: str
    unit: str
    deployment: str
    run: str | None
    from_us: int
    to_us: int
    length: int | None
    reason: str | None
    stored: bool
    erased: bool
    lost: str | None


class Footage:
    """Reads the table rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_deployment(self, deployment: str, from_us: int, to_us: int, limit: int) -> list[Stretch]:
        """What a deployment's cameras have of this time, oldest first."""
        async with self._database.transaction() as db:
            return await db.rows(
                Stretch,
                f"select {COLUMNS} from rows r where r.deployment = cast(:deployment as uuid) and {SHOWN}"
                " order by r.from_us, r.camera, r.to_us, r.chain limit :limit",
                deployment=deployment,
                from_us=from_us,
                to_us=to_us,
                limit=limit,
            )

    async def segments(self, cameras: list[str], from_us: int, to_us: int, limit: int) -> list[Stretch]:
        """The segments of these cameras that have something of this time, under whatever deployment, oldest first."""
        async with self._database.transaction() as db:
            return await db.rows(
                Stretch,
                f"select {COLUMNS} from rows r where r.camera = any(:cameras) and r.kind = 'index-row' and {SHOWN}"
                " and r.from_us > :early_us order by r.from_us, r.camera, r.chain limit :limit",
                cameras=cameras,
                early_us=from_us - SEGMENT_LASTS_US,
                from_us=from_us,
                to_us=to_us,
                limit=limit,
            )
