# SPDX-License-Identifier: EUPL-1.2
"""Plans: written by operators together, looked through as often as they like, and submitted as a decision's draft.

A plan is saved half-filled and by itself. Each save names the version that it was written on: who comes second is told
so and nothing of either is lost. What stood before is kept, so undoing is saving an older version again. `check` says
all that stands in the way at once; `submit` refuses by the first of it, and changes nothing then.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hub.deployments import drafting, policy, rules
from hub.deployments.checks import Checks
from hub.deployments.coverage import Coverage, Obstacle
from hub.deployments.deciding import Deciding
from hub.deployments.finding import Finding, refuse
from hub.deployments.grounds import Grounds
from hub.deployments.ids import uuid7
from hub.deployments.plan_body import PlanBody, body_of, said
from hub.deployments.rules import Asked, Member
from hub.pace import Pace
from hub.problem import ProblemError
from hub.store.people import People
from hub.store.plans import PlanRow, Plans, Submission, VersionNote, VersionRow

LIST_LIMIT = 100
CHECKS_A_MINUTE = 30  # of one session; the console asks when somebody pauses


@dataclass(frozen=True)
class Checked:
    """What was found in a plan, with the numbers of its coverage once there is an area."""

    findings: list[Finding]
    coverage: Coverage | None


class Planning:
    """The steps on plans."""

    def __init__(
        self,
        plans: Plans,
        grounds: Grounds,
        people: People,
        deciding: Deciding,
        obstacles: Callable[[], Sequence[Obstacle]],
        now_us: Callable[[], int],
        random: Callable[[int], bytes],
    ) -> None:
        self._plans = plans
        self._grounds = grounds
        self._people = people
        self._deciding = deciding
        self._checks = Checks(obstacles)
        self._pace = Pace(CHECKS_A_MINUTE, now_us)
        self._now_us = now_us
        self._random = random

    async def newest(self) -> list[PlanRow]:
        """The plans that were changed last."""
        return await self._plans.newest(LIST_LIMIT)

    async def get(self, plan: str) -> PlanRow:
        """A plan."""
        row = await self._plans.get(plan)
        if row is None:
            raise ProblemError("not-found")
        return row

    async def create(self, title: str, regime: str, who: str) -> PlanRow:
        """Begin a plan; the regime is asked first, for what else is asked follows from it."""
        rules.check_regime(regime)
        return await self._add(title, PlanBody(regime=regime), who, None)

    async def revise(self, deployment: str, who: str) -> PlanRow:
        """Begin a plan for a newer decision of a deployment, from the one that stands without what is over."""
        stands = await self._deciding.standing(deployment)
        plan = await self._plans.of_decision(stands.decided.digest)
        if plan is None:
            raise ProblemError("not-found")
        body = body_of(plan.body)
        ahead = [window for window in body.windows if (window.to_us or 0) > self._now_us()]
        return await self._add(plan.title, body.model_copy(update={"windows": ahead}), who, deployment)

    async def save(self, plan: str, base_version: int, title: str, body: PlanBody, who: str) -> PlanRow:
        """Keep what somebody wrote on `base_version`; the same again changes nothing.

        Raises:
            ProblemError: another version is the newest by now, or people are signing.
        """
        row = await self.get(plan)
        written = said(body)
        if (row.title, row.body) == (title, written) and row.version in (base_version, base_version + 1):
            return row
        after = VersionRow(base_version + 1, title, written, who, self._now_us())
        if not await self._plans.change(plan, base_version, after):
            row = await self.get(plan)
            if row.state != "editing":
                raise ProblemError("plan-submitted")
            raise ProblemError("plan-changed", version=row.version, changed_by=row.changed_by)
        return await self.get(plan)

    async def versions(self, plan: str) -> list[VersionNote]:
        """The versions of a plan that are kept, newest first."""
        await self.get(plan)
        return await self._plans.versions(plan)

    async def version(self, plan: str, version: int) -> PlanRow:
        """A plan as it was then."""
        row = await self.get(plan)
        found = await self._plans.version(plan, version)
        if found is None:
            raise ProblemError("not-found")
        return replace(row, **vars(found))

    async def check(self, plan: str, session: str) -> Checked:
        """All that the rules have to say of a plan as it is now. Refused where a session asks too often."""
        if wait_us := self._pace.wait_us(session):
            raise ProblemError("too-many-attempts", retry_after_s=-(-wait_us // 1_000_000))
        row = await self.get(plan)
        return await self._checked(await self._asked(row), row)

    async def submit(self, plan: str, who: str) -> str:
        """Have a plan's decision drafted for two approvers to sign; gives its deployment.

        Raises:
            ProblemError: a rule refuses it, or it waits for signatures already.
        """
        row = await self.get(plan)
        if row.state != "editing":
            raise ProblemError("plan-submitted")
        asked = await self._asked(row)
        checked = await self._checked(asked, row)
        for finding in checked.findings:
            if finding.severity == "refuse":
                raise finding.problem()
        due_us = asked.now_us + policy.DUTY_WITHIN_US
        duties = tuple((duty, due_us) for duty in policy.owed(body_of(row.body), asked.designation))
        return await self._deciding.draft(asked, Submission(plan, row.version, duties), row.deployment, who)

    async def beside(self, decision: str) -> tuple[list[Finding], str | None]:
        """What those who sign a decision should know and do not sign: all that is found in its plan now, as long as
        it waits, and what else was weighed."""
        row = await self._plans.of_decision(decision)
        if row is None:
            return [], None
        found = (await self._checked(await self._asked(row), row)).findings if row.state == "submitted" else []
        return found, body_of(row.body).alternatives

    async def _add(self, title: str, body: PlanBody, who: str, deployment: str | None) -> PlanRow:
        now_us = self._now_us()
        plan = uuid7(now_us, self._random)
        await self._plans.add(plan, VersionRow(1, title, said(body), who, now_us), deployment)
        return await self.get(plan)

    async def _asked(self, row: PlanRow) -> Asked:
        body, now_us = body_of(row.body), self._now_us()
        designation, delegation = await self._grounds.of(body.designation)
        outline = () if designation is None else designation.outline
        people = {
            one.name: Member(one.role, None if one.key is None else bytes(one.key)) for one in await self._people.team()
        }
        return Asked(row.title, policy.filled(body, outline, now_us), designation, delegation, people, now_us)

    async def _checked(self, asked: Asked, row: PlanRow) -> Checked:
        found = [*rules.findings(asked), *await self._against_standing(asked, row)]
        coverage, of_views = await self._checks.shown(asked)
        found += of_views
        if not any(finding.severity == "refuse" for finding in found):
            found += drafting.measured(asked)
        return Checked(found, coverage)

    async def _against_standing(self, asked: Asked, row: PlanRow) -> list[Finding]:
        """A deployment keeps its regime: what was filmed under one is not held under another."""
        regime = None if row.deployment is None else await self._deciding.regime(row.deployment)
        if regime is None or regime == asked.body.regime:
            return []
        return [refuse("regime-fixed", "R01", "regime", held=regime)]
