# SPDX-License-Identifier: EUPL-1.2
"""The API for deployments: submit a plan, read what is to be signed, sign or send back, place, stop, catch up."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path
from pydantic import BaseModel, Field

from hub.access.body import STRICT, Name, SignatureBody
from hub.access.signin import Approver, Operator, Person, Placer, SignedIn, having
from hub.deployments.deciding import Deciding
from hub.deployments.duties import Duties
from hub.deployments.placing import Placing
from hub.deployments.planning import Planning
from hub.deployments.stopping import Stopping
from hub.deployments.views import AssignmentView, DeploymentPage, DeploymentView, Views
from hub.problem import ProblemError, preferred
from hub.store.deployments import Deployments

LIST_LIMIT = 50
Text = Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]
Stopper = Annotated[Person, Depends(having("operator", "approver"))]
DigestPath = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
Languages = Annotated[str, Header(alias="accept-language")]
DutyPath = Annotated[str, Path(pattern=r"^[a-z-]{1,32}$")]


class NewAssignment(BaseModel):
    """This unit's camera at that post; with `setup_minutes` to be aimed, from now on, watched and never recorded."""

    model_config = STRICT
    post: Name
    unit: Name
    camera: Name
    setup_minutes: int | None = Field(default=None, ge=1, le=15)


class NewSubmission(BaseModel):
    """Nothing but that it is submitted as it stands."""

    model_config = STRICT


class NewStop(BaseModel):
    """Why filming stops now."""

    model_config = STRICT
    reason: Text


class NewRefusal(BaseModel):
    """What is to be changed before this can be signed."""

    model_config = STRICT
    reason: Text


class NewNote(BaseModel):
    """What was done, in a sentence."""

    model_config = STRICT
    note: Text


class NewSignature(BaseModel):
    """One signature more."""

    model_config = STRICT
    signature: SignatureBody


@dataclass(frozen=True)
class Steps:
    """What can be done with a deployment."""

    planning: Planning
    deciding: Deciding
    placing: Placing
    stopping: Stopping
    duties: Duties


class DeploymentRoutes:
    """Thin over the steps."""

    def __init__(self, steps: Steps, deployments: Deployments, views: Views) -> None:
        self._steps = steps
        self._deployments = deployments
        self._views = views

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(prefix="/v1", tags=["deployments"])
        router.add_api_route("/plans/{plan}/submission", self.submit, methods=["POST"], status_code=201)
        router.add_api_route("/deployments", self.recent, methods=["GET"])
        router.add_api_route("/deployments/{deployment}", self.show, methods=["GET"])
        decision, assign = "/deployments/{deployment}/decision", "/deployments/{deployment}/assignments"
        router.add_api_route(f"{decision}/signatures", self.sign_decision, methods=["POST"], status_code=201)
        router.add_api_route(f"{decision}/refusal", self.send_back, methods=["POST"], status_code=201)
        router.add_api_route(assign, self.assign, methods=["POST"], status_code=201)
        router.add_api_route(f"{assign}/pending", self.pending, methods=["GET"])
        router.add_api_route("/deployments/{deployment}/stop", self.stop, methods=["POST"])
        router.add_api_route("/deployments/{deployment}/duties/{duty}", self.fulfil, methods=["POST"])
        router.add_api_route(
            "/assignments/{digest}/signatures", self.sign_assignment, methods=["POST"], status_code=201
        )
        return router

    async def submit(
        self, plan: UUID, asked: NewSubmission, who: Operator, languages: Languages = ""
    ) -> DeploymentPage:
        """Have a plan's decision drafted; the answer holds what two approvers are to sign."""
        return await self._shown(await self._steps.planning.submit(str(plan), who.name), languages)

    async def recent(self, who: SignedIn) -> list[DeploymentView]:
        """The newest deployments."""
        return await self._views.of(await self._deployments.all(LIST_LIMIT))

    async def show(self, deployment: UUID, who: SignedIn, languages: Languages = "") -> DeploymentPage:
        """One deployment, with what those who sign it should know besides."""
        return await self._shown(str(deployment), languages)

    async def sign_decision(
        self, deployment: UUID, body: NewSignature, who: SignedIn, languages: Languages = ""
    ) -> DeploymentPage:
        """Add an approver's signature; with the second approver's the decision is logged and holds.

        Who planned it is refused by R10, whatever their role is; else only an approver may.
        """
        await self._steps.deciding.sign_decision(str(deployment), body.signature.signature(), who)
        return await self._shown(str(deployment), languages)

    async def send_back(
        self, deployment: UUID, asked: NewRefusal, who: Approver, languages: Languages = ""
    ) -> DeploymentPage:
        """Withdraw the decision that waits, with a reason; its plan can be edited again."""
        await self._steps.deciding.send_back(str(deployment), asked.reason, who)
        return await self._shown(str(deployment), languages)

    async def assign(self, deployment: UUID, asked: NewAssignment, who: Placer) -> AssignmentView:
        """Draft a placement, or an aiming; the answer holds what two of the team are to sign."""
        where = (asked.post, asked.unit, asked.camera)
        return await self._views.assignment(
            await self._steps.placing.assign(str(deployment), *where, who.name, asked.setup_minutes)
        )

    async def pending(self, deployment: UUID, who: Placer) -> list[AssignmentView]:
        """What waits for a signature of the team."""
        return [await self._views.assignment(one) for one in await self._steps.placing.pending(str(deployment))]

    async def sign_assignment(self, digest: DigestPath, body: NewSignature, who: Placer) -> AssignmentView:
        """Add a team member's signature; with the second the placement is logged and holds."""
        signed = await self._steps.placing.sign_assignment(digest, body.signature.signature(), who)
        return await self._views.assignment(signed)

    async def stop(self, deployment: UUID, asked: NewStop, who: Stopper, languages: Languages = "") -> DeploymentPage:
        """Stop filming now; one person may, and only two start it again, by a newer decision."""
        await self._steps.stopping.stop(str(deployment), asked.reason, who.name)
        return await self._shown(str(deployment), languages)

    async def fulfil(
        self, deployment: UUID, duty: DutyPath, asked: NewNote, who: Operator, languages: Languages = ""
    ) -> DeploymentPage:
        """Note that what an urgent deployment owed is done."""
        await self._steps.duties.fulfil(str(deployment), duty, asked.note, who.name)
        return await self._shown(str(deployment), languages)

    async def _shown(self, deployment: str, languages: str) -> DeploymentPage:
        row = await self._deployments.get(deployment)
        if row is None:
            raise ProblemError("not-found")
        return await self._views.page(row, self._steps.planning.beside, preferred(languages))
