# SPDX-License-Identifier: EUPL-1.2
"""The API for plans: write, look through, go back to an earlier version."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, Field

from hub.access.body import STRICT
from hub.access.signin import Operator, Person, SignedIn, having
from hub.deployments import rules
from hub.deployments.coverage import Coverage
from hub.deployments.finding_view import FindingView, shown
from hub.deployments.plan_body import PlanBody, Word, body_of
from hub.deployments.planning import Planning
from hub.problem import ProblemError, preferred
from hub.store.plans import PlanRow

Title = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\r\n\t]*\S[^\r\n\t]*$")]
PLANNERS = ("operator", "approver")
Planner = Annotated[Person, Depends(having(*PLANNERS))]
Version = Annotated[int, Path(ge=1, le=2**31 - 1)]


class NewPlan(BaseModel):
    """How a plan begins: its title is a place, a date and a number."""

    model_config = STRICT
    title: Title
    regime: Word


class SavedPlan(BaseModel):
    """What somebody wrote on a version."""

    model_config = STRICT
    base_version: Annotated[int, Field(ge=1, le=2**31 - 2)]
    title: Title
    body: PlanBody


class PlanSummary(BaseModel):
    """A plan in a list. `deployment` and `number`: what it was submitted for, or revises."""

    id: str
    title: str
    state: Literal["editing", "submitted", "decided"]
    version: int
    changed_by: str
    changed_at_us: int
    deployment: str | None
    number: str | None


class PlanView(PlanSummary):
    """A plan."""

    body: PlanBody


class PlanVersion(BaseModel):
    """That there is such a version."""

    version: int
    changed_by: str
    changed_at_us: int


class ChecksView(BaseModel):
    """All findings, and the numbers of the coverage where there is an area."""

    findings: list[FindingView]
    coverage: Coverage | None


class PlanningRoutes:
    """Thin over `Planning`."""

    def __init__(self, planning: Planning) -> None:
        self._planning = planning

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(prefix="/v1", tags=["plans"])
        router.add_api_route("/plans", self.newest, methods=["GET"])
        router.add_api_route("/plans", self.create, methods=["POST"], status_code=201)
        router.add_api_route("/plans/{plan}", self.show, methods=["GET"])
        router.add_api_route("/plans/{plan}", self.save, methods=["PUT"])
        router.add_api_route("/plans/{plan}/versions", self.versions, methods=["GET"])
        router.add_api_route("/plans/{plan}/versions/{version}", self.version, methods=["GET"])
        router.add_api_route("/plans/{plan}/checks", self.check, methods=["POST"])
        router.add_api_route("/deployments/{deployment}/plans", self.revise, methods=["POST"], status_code=201)
        return router

    async def newest(self, who: SignedIn) -> list[PlanSummary]:
        """The plans that were changed last; who neither plans nor approves is shown those that were submitted."""
        return [PlanSummary(**_summary(row)) for row in await self._planning.newest() if _shows(row, who)]

    async def create(self, asked: NewPlan, who: Operator) -> PlanView:
        """Begin a plan."""
        return _view(await self._planning.create(asked.title, asked.regime, who.name))

    async def show(self, plan: UUID, who: SignedIn) -> PlanView:
        """One plan; while it is being written it is for those alone who plan or approve."""
        row = await self._planning.get(str(plan))
        if not _shows(row, who):
            raise ProblemError("not-allowed", rule="R11", role=who.role, needed=" / ".join(PLANNERS))
        return _view(row)

    async def save(self, plan: UUID, asked: SavedPlan, who: Operator) -> PlanView:
        """Keep what was written on a version; 409 where another is the newest by now, which then stays."""
        rules.check_fields(asked.body.model_extra or {})
        row = await self._planning.save(str(plan), asked.base_version, asked.title, asked.body, who.name)
        return _view(row)

    async def versions(self, plan: UUID, who: Planner) -> list[PlanVersion]:
        """The versions that are kept, newest first."""
        return [
            PlanVersion(version=row.version, changed_by=row.changed_by, changed_at_us=row.changed_at_us)
            for row in await self._planning.versions(str(plan))
        ]

    async def version(self, plan: UUID, version: Version, who: Planner) -> PlanView:
        """A plan as it was; saving that again brings it back."""
        return _view(await self._planning.version(str(plan), version))

    async def check(self, plan: UUID, who: Planner, request: Request) -> ChecksView:
        """All that the rules have to say of a plan as it is now."""
        checked = await self._planning.check(str(plan), who.session)
        language = preferred(request.headers.get("accept-language", ""))
        return ChecksView(
            findings=[shown(finding, language) for finding in checked.findings], coverage=checked.coverage
        )

    async def revise(self, deployment: UUID, who: Operator) -> PlanView:
        """Begin a plan for a newer decision of a deployment."""
        return _view(await self._planning.revise(str(deployment), who.name))


def _shows(row: PlanRow, who: Person) -> bool:
    return row.state != "editing" or who.role in PLANNERS


def _summary(row: PlanRow) -> dict[str, Any]:
    return {name: value for name, value in vars(row).items() if name in PlanSummary.model_fields}


def _view(row: PlanRow) -> PlanView:
    return PlanView(**_summary(row), body=body_of(row.body))
