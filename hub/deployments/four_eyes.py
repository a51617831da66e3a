# SPDX-License-Identifier: EUPL-1.2
"""R10 for decisions: nobody signs what they planned, and one person signs once.

Held by the account and by the key, for either may be changed to look like another's. That two slots' keys signed is
for the keeper and for each unit to judge; that they are two people, and none of those who planned, only the hub knows.
"""

from collections.abc import Collection

from contract.envelope import fingerprint
from contract.mandate import Decision
from contract.roster import Approver
from hub.access.approvers import Approvers
from hub.access.signin import Person
from hub.problem import ProblemError
from hub.store.approvals import Approvals
from hub.store.people import People
from hub.store.plans import Plans


class FourEyes:
    """Reads who wrote a plan, who signed it already, and whose key is whose."""

    def __init__(self, plans: Plans, people: People, approvals: Approvals, approvers: Approvers) -> None:
        self._plans = plans
        self._people = people
        self._approvals = approvals
        self._approvers = approvers

    async def require_another(self, who: Person, digest: str) -> None:
        """Refuse who wrote in the plan of this decision, whatever their role is, then who may not approve at all."""
        if who.name in await self._makers(digest):
            raise ProblemError("own-plan", rule="R10", who=await self._others(digest, ()))
        if who.role != "approver":
            raise ProblemError("not-allowed", rule="R11", role=who.role, needed="approver")

    async def require_own_key(self, who: Person, digest: str, decision: Decision, key: Approver) -> None:
        """Refuse a key that is not that of this person's slot, or with which a planner or the team signs."""
        if key.slot != who.slot:
            raise ProblemError("not-your-slot", rule="R10", slot=key.slot)
        barred = await self._barred(digest, decision)
        if fingerprint(key.key) in barred:
            raise ProblemError("own-plan", rule="R10", who=await self._others(digest, barred))
        signed = await self._approvals.signings(digest)
        if any(one.person == who.name and one.slot != key.slot for one in signed):
            raise ProblemError("signed-by-you", rule="R10", who=await self._others(digest, barred))

    async def _makers(self, digest: str) -> list[str]:
        plan = await self._plans.of_decision(digest)
        return [] if plan is None else await self._plans.makers(plan.id)

    async def _barred(self, digest: str, decision: Decision) -> set[str]:
        """The fingerprints of the keys of who planned and of the team."""
        makers = await self._makers(digest)
        held = [bytes(one.key) for one in await self._people.team() if one.key is not None and one.name in makers]
        team = decision.team
        return {fingerprint(key) for key in (*held, *team.operators, *team.installers)}

    async def _others(self, digest: str, barred: Collection[str]) -> str:
        """Who can sign now, by the names that people know."""
        makers = await self._makers(digest)
        signed = {one.slot for one in await self._approvals.signings(digest)}
        names = [
            status.holder.display
            for status in await self._approvers.all()
            if status.key is not None
            and status.key not in barred
            and status.slot not in signed
            and status.holder is not None
            and status.holder.name not in makers
        ]
        return ", ".join(names) or "-"
