# SPDX-License-Identifier: EUPL-1.2
"""That a deployment was decided as urgent is said in public, and so is what it still owes: in the log, and by number.

The log says so before the decision holds for anybody. Without a leaf nothing of it is decided.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from hub.deployments.plan_body import body_of
from hub.deployments.policy import DUTY_WITHIN_US
from hub.keeper.client import Keeper
from hub.store.approvals import Approvals, DutyRow, UrgentRow
from hub.store.plans import Plans

LIST_LIMIT = 100
DutyState = Literal["owed", "late", "done"]


@dataclass(frozen=True)
class UrgentLine:
    """An urgent deployment, and its duties."""

    row: UrgentRow
    duties: Sequence[DutyRow]


class Urgency:
    """Has it logged, and lists it."""

    def __init__(self, plans: Plans, approvals: Approvals, keeper: Keeper, now_us: Callable[[], int]) -> None:
        self._plans = plans
        self._approvals = approvals
        self._keeper = keeper
        self._now_us = now_us

    async def flag(self, decision: str, deployment: str) -> None:
        """Have the log say that a logged decision was urgent, if its plan was; again it changes nothing."""
        plan = await self._plans.of_decision(decision)
        if plan is None or body_of(plan.body).urgent is None:
            return
        owed = [duty for duty in await self._approvals.duties(deployment) if duty.done_at_us is None]
        due_us = min((duty.due_us for duty in owed), default=self._now_us() + DUTY_WITHIN_US)
        index = await self._keeper.urgent(decision, due_us, [duty.duty for duty in owed])
        await self._approvals.flagged(decision, deployment, index)

    async def done(self, deployment: str, duty: str) -> int:
        """Have the log say that a duty is done; gives the leaf's index."""
        return await self._keeper.duty(deployment, duty)

    async def newest(self) -> list[UrgentLine]:
        """The newest urgent deployments, each once."""
        rows = await self._approvals.urgent(LIST_LIMIT)
        duties = await self._approvals.duties_of([row.deployment for row in rows])
        return [UrgentLine(row, [duty for duty in duties if duty.deployment == row.deployment]) for row in rows]


def state_of(duty: DutyRow, now_us: int) -> DutyState:
    """How a duty is."""
    if duty.done_at_us is not None:
        return "done"
    return "late" if duty.due_us <= now_us else "owed"
