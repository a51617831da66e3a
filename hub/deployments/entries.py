# SPDX-License-Identifier: EUPL-1.2
"""The ways into a decision's area, as its plan names them: where signs are to stand."""

from collections.abc import Callable
from dataclasses import dataclass

from contract.mandate import Position
from hub.deployments import policy
from hub.deployments.grounds import Grounds
from hub.deployments.plan_body import PlanEntry, body_of
from hub.store.plans import Plans


@dataclass(frozen=True)
class Entrance:
    """A way into the area."""

    entry: str
    name: str
    position: Position


class Entries:
    """Reads plans for them."""

    def __init__(self, plans: Plans, grounds: Grounds, now_us: Callable[[], int]) -> None:
        self._plans = plans
        self._grounds = grounds
        self._now_us = now_us

    async def of(self, decision: str) -> list[Entrance] | None:
        """Those of the plan that was submitted as this decision; None where there is no such plan."""
        row = await self._plans.of_decision(decision)
        if row is None:
            return None
        body = body_of(row.body)
        designation, _ = await self._grounds.of(body.designation)
        outline = () if designation is None else designation.outline
        return [_entrance(each) for each in policy.filled(body, outline, self._now_us()).entries]


def _entrance(each: PlanEntry) -> Entrance:
    place = Position(0, 0) if each.position is None else each.position.position()
    return Entrance(each.entry, each.name or each.entry, place)
