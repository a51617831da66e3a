# SPDX-License-Identifier: EUPL-1.2
"""What an urgent deployment owes within a day, and that it was done: by whom, when, with a word about it."""

from collections.abc import Callable

from hub.deployments.plan_body import body_of
from hub.problem import ProblemError
from hub.store.approvals import Approvals, DutyRow
from hub.store.law import Law
from hub.store.plans import Plans


class Duties:
    """Notes what was done. That a publication was made is not taken on somebody's word: its number must be here."""

    def __init__(self, approvals: Approvals, plans: Plans, law: Law, now_us: Callable[[], int]) -> None:
        self._approvals = approvals
        self._plans = plans
        self._law = law
        self._now_us = now_us

    async def of(self, deployment: str) -> list[DutyRow]:
        """What a deployment owes or owed."""
        return await self._approvals.duties(deployment)

    async def fulfil(self, deployment: str, duty: str, note: str, who: str) -> None:
        """Note that a duty is done; again it stays as it was first."""
        if duty == "publication":
            await self._require_published(deployment)
        done = DutyRow(deployment, duty, 0, self._now_us(), who, note)
        if not await self._approvals.fulfil(done):
            raise ProblemError("duty-unknown")

    async def _require_published(self, deployment: str) -> None:
        plan = await self._plans.of_deployment(deployment)
        named = None if plan is None else body_of(plan.body).designation
        row = None if named is None else await self._law.designation(named)
        if row is not None and row.publication is None:
            raise ProblemError("publication-missing", rule="R02", name=row.name)
