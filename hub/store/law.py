# SPDX-License-Identifier: EUPL-1.2
"""What decisions stand on, as dated data: delegations by a council and designations of areas under them."""

import json
from dataclasses import dataclass

from contract.mandate import Position
from hub.store.database import Database, Transaction

ONE_AT_A_TIME = 0x667E  # an advisory lock's number: what is published is entered by one at a time
DELEGATION = (
    "id::text as id, ordinance, article, regime, valid_from_us, valid_to_us, mobile_allowed, max_window_h,"
    " max_designation_days, created_by, created_at_us"
)
DESIGNATION = (
    "id::text as id, delegation::text as delegation, name, publication, area, valid_from_us, valid_to_us,"
    " created_by, created_at_us"
)


@dataclass(frozen=True)
class DelegationRow:
    """An article by which a council lets the mayor decide, while it holds: from inclusive, to exclusive."""

    id: str
    ordinance: str
    article: str
    regime: str
    valid_from_us: int
    valid_to_us: int
    mobile_allowed: bool
    max_window_h: int
    max_designation_days: int
    created_by: str
    created_at_us: int


@dataclass(frozen=True)
class DesignationRow:
    """An area that the mayor designated under a delegation. `area` is JSON, `publication` None while there is none."""

    id: str
    delegation: str
    name: str
    publication: str | None
    area: str
    valid_from_us: int
    valid_to_us: int
    created_by: str
    created_at_us: int

    @property
    def outline(self) -> tuple[Position, ...]:
        """The area's corners."""
        return tuple(Position(**corner) for corner in json.loads(self.area))


class Law:
    """The tables delegations and designations. Rows are written once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_delegation(self, row: DelegationRow) -> None:
        """Keep a delegation."""
        async with self._database.transaction() as db:
            await db.run(
                "insert into delegations values (cast(:id as uuid), :ordinance, :article, :regime, :valid_from_us,"
                " :valid_to_us, :mobile_allowed, :max_window_h, :max_designation_days, :created_by, :created_at_us)",
                **vars(row),
            )

    async def delegations(self, limit: int) -> list[DelegationRow]:
        """The newest, newest first."""
        async with self._database.transaction() as db:
            return await db.rows(
                DelegationRow, f"select {DELEGATION} from delegations order by created_at_us desc, id limit :n", n=limit
            )

    async def delegation(self, delegation: str) -> DelegationRow | None:
        """The delegation of this id."""
        async with self._database.transaction() as db:
            return await db.row(
                DelegationRow, f"select {DELEGATION} from delegations where id = cast(:id as uuid)", id=delegation
            )

    async def add_designation(self, row: DesignationRow) -> bool:
        """Keep a designation; False where its publication is another area's."""
        async with self._database.transaction() as db:
            if row.publication is not None and await _of_another(db, row.publication, row.area):
                return False
            await db.run(
                "insert into designations values (cast(:id as uuid), cast(:delegation as uuid), :name, :publication,"
                " :area, :valid_from_us, :valid_to_us, :created_by, :created_at_us)",
                **vars(row),
            )
        return True

    async def designations(self, limit: int) -> list[DesignationRow]:
        """The newest, newest first."""
        async with self._database.transaction() as db:
            return await db.rows(
                DesignationRow,
                f"select {DESIGNATION} from designations order by created_at_us desc, id limit :n",
                n=limit,
            )

    async def designation(self, designation: str) -> DesignationRow | None:
        """The designation of this id."""
        async with self._database.transaction() as db:
            return await db.row(
                DesignationRow, f"select {DESIGNATION} from designations where id = cast(:id as uuid)", id=designation
            )

    async def publish(self, designation: str, publication: str) -> bool:
        """Note where a designation was published; False where that is known already, or is another area's."""
        async with self._database.transaction() as db:
            area = await db.value("select area from designations where id = cast(:id as uuid)", id=designation)
            if area is None or await _of_another(db, publication, area):
                return False
            changed = await db.run(
                "update designations set publication = :publication where id = cast(:id as uuid)"
                " and publication is null",
                id=designation,
                publication=publication,
            )
        return changed == 1


async def _of_another(db: Transaction, publication: str, area: str) -> bool:
    """Whether a publication is that of another area."""
    await db.value("select pg_advisory_xact_lock(:number)", number=ONE_AT_A_TIME)
    found = await db.value(
        "select count(*) from designations where publication = :publication and area <> :area",
        publication=publication,
        area=area,
    )
    return bool(found)
