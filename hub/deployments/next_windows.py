# SPDX-License-Identifier: EUPL-1.2
"""Which window each unit films in now, or next: what its readiness is held against."""

from collections.abc import Mapping
from dataclasses import replace

from contract.mandate import Window
from hub.deployments.standing import Orders, StandingDecision
from hub.fleet.readiness import Planned


class NextWindows:
    """Reads what stands."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    async def of_units(self, now_us: int) -> Mapping[str, Planned]:
        """By unit; one that is placed nowhere has none."""
        found: dict[str, Planned] = {}
        for stands in await self._orders.current(now_us):
            planned = _planned(stands, now_us)
            if planned is None:
                continue
            for placed in stands.placed:
                held = found.get(placed.assignment.unit)
                if held is None or planned.from_us < held.from_us:
                    found[placed.assignment.unit] = replace(planned, post=stands.post_name(placed.assignment.post))
        return found


def _planned(stands: StandingDecision, now_us: int) -> Planned | None:
    start_us = stands.next_start(now_us)
    windows = [each for each in stands.course.windows if start_us is not None and _holds(each, start_us)]
    return next((_as_planned(stands, window) for window in windows), None)


def _holds(window: Window, at_us: int) -> bool:
    return window.from_us <= at_us < window.to_us


def _as_planned(stands: StandingDecision, window: Window) -> Planned:
    decision, stop = stands.decision, stands.stop
    to_us = window.to_us if stop is None else min(window.to_us, stop.ends_at_us)
    return Planned(
        deployment=decision.deployment,
        number=decision.number,
        decision=stands.decided.digest,
        from_us=window.from_us,
        to_us=to_us,
        last_us=to_us if stop is not None else window.to_us + stands.decision.after_us,
        recorded=decision.recording == "continuous",
    )
