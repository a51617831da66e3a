# SPDX-License-Identifier: EUPL-1.2
"""The units as people are shown them: where each is, how it is, and whether it is ready for its next window.

Who only watches is told which units there are and whether they answer. The rest is for who has to see to them.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field

from contract.messages import CameraState, Health
from hub.fleet.health import last_health
from hub.fleet.readiness import Check, Facts, Planned, readiness
from hub.fleet.reports import last_state
from hub.store.health import HealthRow, HealthTable
from hub.store.units import UnitRow, Units

Plans = Callable[[int], Awaitable[Mapping[str, Planned]]]
"""The window that each unit films in at this moment, or next."""


class EnrolledUnit(BaseModel):
    """A unit as it is known."""

    unit: str
    camera: str
    source_note: str | None
    fingerprint: str
    epoch: int
    state: str
    online: bool
    seen_at_us: int | None
    held_back: int = Field(description="orders that it is not told of yet, because its mandate message is full")


class WindowView(BaseModel):
    """The window that a unit films in now, or next."""

    deployment: str
    number: str
    from_us: int
    to_us: int


class HealthView(BaseModel):
    """How a unit last said it was; `received_at_us` by the hub's clock, the rest by the unit's. Sizes are bytes."""

    received_at_us: int
    at_us: int
    firmware: str
    clock_source: str
    clock_synchronised: bool
    clock_error_us: int
    certificate_until_us: int
    disk_free: int
    disk_total: int
    spool_bytes: int
    spool_limit: int
    unsent: int
    oldest_unsent_us: int | None
    lease_until_us: int | None
    rss_bytes: int
    pictures: int
    left_out: int
    last_picture_at_us: int | None


class CheckView(BaseModel):
    """One thing that must be right for the next window: what to say of it is a key, with figures."""

    check: str
    ok: bool
    says: str
    parameters: dict[str, int | str]
    warns: bool = Field(description="right now, and nothing keeps it so")


class UnitView(EnrolledUnit):
    """A unit as it is now. `doing` and `rule` are what it last said; what follows them only operators are told."""

    since_us: int | None = Field(description="since when it is online, or offline")
    doing: str | None = Field(description="filming, waiting, refused or failing, as it last said")
    rule: str | None = Field(description="why it does not film")
    next: WindowView | None
    health: HealthView | None
    ready: list[CheckView]


def enrolled(row: UnitRow) -> EnrolledUnit:
    """A unit as it was taken in."""
    return EnrolledUnit(**_known(row))


@dataclass(frozen=True)
class Unready:
    """A unit in use that is not ready for the window that it films in now or next, and which checks say so.

    Where it has not said how it is, that is all there is to say: `report`.
    """

    unit: str
    planned: Planned
    checks: tuple[str, ...]


class Showing:
    """Puts together what is asked of all units."""

    def __init__(self, units: Units, health: HealthTable, plans: Plans, now_us: Callable[[], int]) -> None:
        self._units = units
        self._health = health
        self._plans = plans
        self._now_us = now_us

    async def all(self, whole: bool) -> list[UnitView]:
        """All units; without `whole` only where they are."""
        now_us = self._now_us()
        health = await self._health.all() if whole else {}
        plans = await self._plans(now_us) if whole else {}
        rows = await self._units.all()
        return [_shown(row, health.get(row.unit), plans.get(row.unit), whole, now_us) for row in rows]

    async def unready(self, now_us: int) -> list[Unready]:
        """The units of a window that runs or comes which are not ready for it."""
        health, plans = await self._health.all(), await self._plans(now_us)
        found = []
        for row in await self._units.all():
            planned = plans.get(row.unit)
            if planned is None or row.state != "active":
                continue
            wrong = [check for check in readiness(_facts(row, health.get(row.unit), planned), now_us) if not check.ok]
            if wrong:
                names = ["report" if check.says.startswith("report.") else check.check for check in wrong]
                found.append(Unready(row.unit, planned, tuple(dict.fromkeys(names))))
        return found

    async def facts(self, unit: str, now_us: int) -> tuple[Facts, bool] | None:
        """What is known of one unit in use, and whether it is online; None where there is none of this name."""
        row = await self._units.get(unit)
        if row is None or row.state != "active":
            return None
        kept, plans = (await self._health.all()).get(unit), await self._plans(now_us)
        return _facts(row, kept, plans.get(unit)), row.online


def _shown(row: UnitRow, kept: HealthRow | None, planned: Planned | None, whole: bool, now_us: int) -> UnitView:
    facts = _facts(row, kept, planned)
    camera, report = facts.camera, facts.health
    checks = readiness(facts, now_us) if whole and row.state == "active" else ()
    return UnitView(
        **_known(row),
        since_us=row.changed_at_us,
        doing=None if camera is None else camera.doing,
        rule=None if camera is None else camera.rule,
        next=None if planned is None else _window(planned),
        health=None if report is None or kept is None else _health(report, kept.received_at_us),
        ready=[_check(check) for check in checks],
    )


def _facts(row: UnitRow, kept: HealthRow | None, planned: Planned | None) -> Facts:
    report = None if kept is None else last_health(kept)
    heard_us = 0 if kept is None else kept.received_at_us
    return Facts(report, heard_us, _camera(row), planned, row.held_back)


def _known(row: UnitRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in EnrolledUnit.model_fields}


def _camera(row: UnitRow) -> CameraState | None:
    state = last_state(row)
    return next((camera for camera in state.cameras if camera.camera == row.camera), None) if state else None


def _window(planned: Planned) -> WindowView:
    return WindowView(
        deployment=planned.deployment, number=planned.number, from_us=planned.from_us, to_us=planned.to_us
    )


def _health(report: Health, received_at_us: int) -> HealthView:
    pictures = [each.last_picture_at_us for each in report.cameras if each.last_picture_at_us is not None]
    return HealthView(
        received_at_us=received_at_us,
        clock_source=report.clock.source,
        clock_synchronised=report.clock.synchronised,
        clock_error_us=report.clock.error_us,
        pictures=sum(each.pictures for each in report.cameras),
        left_out=sum(each.left_out for each in report.cameras),
        last_picture_at_us=max(pictures, default=None),
        **{name: getattr(report, name) for name in HealthView.model_fields if hasattr(report, name)},
    )


def _check(check: Check) -> CheckView:
    return CheckView(**vars(check))
