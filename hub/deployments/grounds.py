# SPDX-License-Identifier: EUPL-1.2
"""What a decision stands on, as people enter it: a council's delegation (R01) and an area designated under it (R02).

Both are dated data, written once: what holds is a matter of dates, and a change of the law is a new row. A designation
that is not published yet may be entered; only an urgent plan may stand on it, and its publication is noted later, once.
A publication is of one area: what approvers read by its number is that area, wherever another would lie.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from contract.mandate import Position
from contract.record import dump
from hub.deployments import rules
from hub.deployments.geometry import simple
from hub.deployments.ids import uuid7
from hub.problem import ProblemError
from hub.store.law import DelegationRow, DesignationRow, Law

DAY_US = 86_400_000_000
LIST_LIMIT = 200


@dataclass(frozen=True)
class NewDelegation:
    """What is entered of a delegation."""

    ordinance: str
    article: str
    regime: str
    valid_from_us: int
    valid_to_us: int
    mobile_allowed: bool
    max_window_h: int
    max_designation_days: int


@dataclass(frozen=True)
class NewDesignation:
    """What is entered of a designation."""

    delegation: str
    name: str
    publication: str | None
    area: Sequence[Position]
    valid_from_us: int
    valid_to_us: int


class Grounds:
    """Takes delegations and designations in, and finds them again."""

    def __init__(self, law: Law, now_us: Callable[[], int], random: Callable[[int], bytes]) -> None:
        self._law = law
        self._now_us = now_us
        self._random = random

    async def delegate(self, new: NewDelegation, who: str) -> DelegationRow:
        """Enter a delegation; also one that is over, for decisions were made under it."""
        rules.check_regime(new.regime)
        if new.valid_to_us <= new.valid_from_us:
            raise ProblemError("term-backwards", rule="R01")
        now_us = self._now_us()
        row = DelegationRow(uuid7(now_us, self._random), **vars(new), created_by=who, created_at_us=now_us)
        await self._law.add_delegation(row)
        return row

    async def designate(self, new: NewDesignation, who: str) -> DesignationRow:
        """Enter a designation, within its delegation's term and length."""
        held = await self._law.delegation(new.delegation)
        if held is None:
            raise ProblemError("delegation-unknown", rule="R01")
        if new.valid_to_us <= new.valid_from_us:
            raise ProblemError("term-backwards", rule="R02")
        if not held.valid_from_us <= new.valid_from_us < new.valid_to_us <= held.valid_to_us:
            raise ProblemError(
                "delegation-term",
                rule="R01",
                ordinance=held.ordinance,
                article=held.article,
                since=rules.day(held.valid_from_us),
                until=rules.day(held.valid_to_us),
            )
        days = -(-(new.valid_to_us - new.valid_from_us) // DAY_US)
        if days > held.max_designation_days:
            raise ProblemError("designation-too-long", rule="R02", days=days, limit=held.max_designation_days)
        if not simple(new.area):
            raise ProblemError("area-wrong", rule="R02")
        now_us = self._now_us()
        written = {**vars(new), "area": dump(tuple(new.area)).decode()}
        row = DesignationRow(uuid7(now_us, self._random), **written, created_by=who, created_at_us=now_us)
        if not await self._law.add_designation(row):
            raise ProblemError("published-elsewhere", rule="R02", publication=new.publication or "")
        return row

    async def publish(self, designation: str, publication: str) -> DesignationRow:
        """Note where a designation was published; the same again changes nothing."""
        noted = await self._law.publish(designation, publication)
        row = await self._law.designation(designation)
        if row is None:
            raise ProblemError("not-found")
        if not noted and row.publication is None:
            raise ProblemError("published-elsewhere", rule="R02", publication=publication)
        if row.publication != publication:
            raise ProblemError("published-already", rule="R02", name=row.name, publication=row.publication)
        return row

    async def delegations(self) -> list[DelegationRow]:
        """The newest delegations."""
        return await self._law.delegations(LIST_LIMIT)

    async def designations(self) -> list[DesignationRow]:
        """The newest designations."""
        return await self._law.designations(LIST_LIMIT)

    async def of(self, designation: str | None) -> tuple[DesignationRow | None, DelegationRow | None]:
        """A designation with the delegation that it stands on."""
        row = None if designation is None else await self._law.designation(designation)
        return (None, None) if row is None else (row, await self._law.delegation(row.delegation))
