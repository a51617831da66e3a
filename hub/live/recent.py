# SPDX-License-Identifier: EUPL-1.2
"""Deployments that film no more and are not forgotten yet: what a person can still look back at."""

from collections.abc import Collection
from dataclasses import dataclass

from contract.mandate import HOUR_US, Window
from hub.deployments.standing import Orders, StandingDecision
from hub.store.deployments import Deployments
from hub.store.retention import HourKeys
from hub.store.units import UnitRow, Units

RECENT_LIMIT = 20


@dataclass(frozen=True)
class RecentCamera:
    """A camera that may have filmed there."""

    camera: str
    unit: str
    name: str
    source_note: str | None


@dataclass(frozen=True)
class RecentDeployment:
    """Its newest window is over, `ended_us`; `forgotten_us` is when the key of that window's last hour is due."""

    deployment: str
    number: str
    title: str
    from_us: int
    ended_us: int
    forgotten_us: int
    cameras: list[RecentCamera]


class Recent:
    """Read from the hour keys that live by the log's word: with its last key a deployment is gone from here."""

    def __init__(self, deployments: Deployments, orders: Orders, units: Units, keys: HourKeys) -> None:
        self._deployments = deployments
        self._orders = orders
        self._units = units
        self._keys = keys

    async def ended(self, filming: Collection[str], now_us: int) -> list[RecentDeployment]:
        """Those not in `filming`, the newest first, `RECENT_LIMIT` at most."""
        living = [one for one in await self._keys.living(now_us, RECENT_LIMIT) if one not in filming]
        if not living:
            return []
        units = {unit.unit: unit for unit in await self._units.all()}
        found = []
        for deployment in living:
            row = await self._deployments.get(deployment)
            stands = await self._orders.of_deployment(deployment)
            window = None if stands is None else _last_window(stands, now_us)
            if row is None or stands is None or window is None:
                continue
            forgotten_us = _forgotten_us(window, stands.decision.retention_h)
            if forgotten_us <= now_us:
                continue  # what still lives is of hours in which nothing could be filmed
            found.append(
                RecentDeployment(
                    deployment=deployment,
                    number=row.number,
                    title=row.title,
                    from_us=window.from_us,
                    ended_us=window.to_us,
                    forgotten_us=forgotten_us,
                    cameras=_cameras(stands, units),
                )
            )
        return sorted(found, key=lambda one: one.ended_us, reverse=True)


def _last_window(stands: StandingDecision, now_us: int) -> Window | None:
    """The newest window in which it filmed, cut off where it was stopped."""
    end_us = now_us if stands.stop is None else min(now_us, stands.stop.ends_at_us)
    begun = [window for window in stands.course.windows if window.from_us < end_us]
    newest = max(begun, key=lambda window: window.from_us, default=None)
    return None if newest is None else Window(newest.from_us, min(newest.to_us, end_us))


def _forgotten_us(window: Window, retention_h: int) -> int:
    return (window.to_us - 1) // HOUR_US * HOUR_US + retention_h * HOUR_US


def _cameras(stands: StandingDecision, units: dict[str, UnitRow]) -> list[RecentCamera]:
    found = []
    for placed in stands.placed:
        order = placed.assignment
        unit = units.get(order.unit)
        note = None if unit is None else unit.source_note
        found.append(RecentCamera(order.camera, order.unit, stands.post_name(order.post), note))
    return found
