# SPDX-License-Identifier: EUPL-1.2
"""What an urgent deployment owes within a day, and that it was done: by whom, when, with a word about it.

That it was done stands in the log, without who and what they said.
"""

from collections.abc import Callable

from hub.deployments.deciding import Deciding
from hub.deployments.plan_body import body_of
from hub.deployments.urgency import Urgency
from hub.problem import ProblemError
from hub.store.approvals import Approvals, DoneDuty
from hub.store.law import Law
from hub.store.plans import Plans


class Duties:
    """Notes what was done. That a publication was made is not taken on somebody's word: its number must be here."""

    def __init__(
        self,
        approvals: Approvals,
        plans: Plans,
        law: Law,
        deciding: Deciding,
        urgency: Urgency,
        now_us: Callable[[], int],
    ) -> None:
        self._approvals = approvals
        self._plans = plans
        self._law = law
        self._deciding = deciding
        self._urgency = urgency
        self._now_us = now_us

    async def fulfil(self, deployment: str, duty: str, note: str, who: str) -> None:
        """Note that a duty is done, and have the log say so; again it stays as it was first.

        Raises:
            ProblemError: nothing is decided, there is no such duty, or its designation is not published.
        """
        stands = await self._deciding.standing(deployment)
        known = next((one for one in await self._approvals.duties(deployment) if one.duty == duty), None)
        if known is None:
            raise ProblemError("duty-unknown")
        if known.done_at_us is not None:
            return
        if duty == "publication":
            await self._require_published(stands.decided.digest)
        await self._urgency.flag(stands.decided.digest, deployment)
        index = await self._urgency.done(deployment, duty)
        await self._approvals.fulfil(DoneDuty(deployment, duty, self._now_us(), who, note, index))

    async def _require_published(self, decision: str) -> None:
        """Of what stands, whatever newer plan waits."""
        plan = await self._plans.of_decision(decision)
        named = None if plan is None else body_of(plan.body).designation
        row = None if named is None else await self._law.designation(named)
        if row is None:
            raise ProblemError("designation-unknown", rule="R02")
        if row.publication is None:
            raise ProblemError("publication-missing", rule="R02", name=row.name)
