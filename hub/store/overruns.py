# SPDX-License-Identifier: EUPL-1.2
"""Why windows were prolonged, and who asked for it. The log holds a commitment to the reason alone."""

from dataclasses import dataclass

from hub.store.database import Database

COLUMNS = "digest, deployment::text as deployment, reason, salt, asked_by, asked_at_us"


@dataclass(frozen=True)
class OverrunRow:
    """One overrun that was asked for, by the digest of its record."""

    digest: str
    deployment: str
    reason: str
    salt: bytes
    asked_by: str
    asked_at_us: int


class Overruns:
    """The table overruns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, row: OverrunRow) -> None:
        """Keep why an overrun is asked for."""
        async with self._database.transaction() as db:
            await db.run(
                "insert into overruns values"
                " (:digest, cast(:deployment as uuid), :reason, :salt, :asked_by, :asked_at_us)",
                **vars(row),
            )

    async def of_deployment(self, deployment: str) -> dict[str, OverrunRow]:
        """Those of a deployment, by digest."""
        async with self._database.transaction() as db:
            rows = await db.rows(
                OverrunRow,
                f"select {COLUMNS} from overruns where deployment = cast(:deployment as uuid)",
                deployment=deployment,
            )
        return {row.digest: row for row in rows}
