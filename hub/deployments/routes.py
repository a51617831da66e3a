# SPDX-License-Identifier: EUPL-1.2
"""The API for deployments: register, read what is to be signed, sign, place, stop."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from contract.envelope import Envelope, read
from contract.mandate import ASSIGNMENT, DECISION, Assignment
from contract.record import load
from hub.access.routes import SignatureBody
from hub.access.signin import Approver, Operator, Person, SignedIn, having
from hub.deployments import rules
from hub.deployments.deciding import Deciding
from hub.deployments.placing import Placing
from hub.deployments.standing import StandingDecision, standing
from hub.deployments.stopping import Stopping
from hub.problem import ProblemError
from hub.store.deployments import DeploymentRow, Deployments, DraftRow
from hub.store.records import RecordRow, SignedRecords

STRICT = ConfigDict(extra="forbid", strict=True)
LIST_LIMIT = 50
Name = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]
Text = Annotated[str, Field(min_length=1, max_length=500)]
Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]+={0,2}$", max_length=300)]
Stopper = Annotated[Person, Depends(having("operator", "approver"))]
DigestPath = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


class PositionBody(BaseModel):
    """A place in 1e-7 degree WGS 84."""

    model_config = STRICT
    lat_e7: int
    lon_e7: int


class ViewBody(BaseModel):
    """Where a camera looks, in thousandths of a degree and millimetres."""

    model_config = STRICT
    azimuth_mdeg: int
    tilt_mdeg: int
    hfov_mdeg: int
    height_mm: int


class PostBody(BaseModel):
    """A place for one camera, and how sharp it may be at most."""

    model_config = STRICT
    post: Name
    name: Text
    position: PositionBody
    area: list[PositionBody]
    view: ViewBody
    ceiling_px_per_m: int


class WindowBody(BaseModel):
    """When filming is allowed, microseconds UTC: from inclusive, to exclusive."""

    model_config = STRICT
    from_us: int
    to_us: int


class OverrunBody(BaseModel):
    """How often and how long a window may be prolonged."""

    model_config = STRICT
    times: int
    minutes: int


class TeamBody(BaseModel):
    """Who may place cameras: public keys (SPKI, base64)."""

    model_config = STRICT
    operators: list[Key]
    installers: list[Key] = []


class NewDeployment(BaseModel):
    """What is asked for one demonstration. The hub adds id, number, serial and time, and drafts the decision."""

    model_config = ConfigDict(extra="allow", strict=True)  # what is unknown is refused by R15, in words
    title: str = Field(min_length=1, max_length=120)
    regime: Literal["G151C", "PW3", "COUNT"]
    designation: str = Field(max_length=500)
    delegation: str = Field(max_length=500)
    necessity: str = Field(max_length=500)
    area: list[PositionBody]
    posts: list[PostBody]
    windows: list[WindowBody]
    overrun: OverrunBody = OverrunBody(times=2, minutes=30)
    recording: Literal["none", "on_reason", "continuous"] = "none"
    prebuffer_s: int = 0
    on_link_loss: Literal["record", "stop"]
    team: TeamBody
    live: Literal["clear", "masked"] = "clear"
    retention_h: int = 168
    upload: Literal["live", "deferred", "on_demand"] = "live"
    offline_grace_s: int = 3600
    max_units: int


class NewAssignment(BaseModel):
    """This unit's camera at that post."""

    model_config = STRICT
    post: Name
    unit: Name
    camera: Name


class NewStop(BaseModel):
    """Why filming stops now."""

    model_config = STRICT
    reason: Text


class NewSignature(BaseModel):
    """One signature more."""

    model_config = STRICT
    signature: SignatureBody


class RecordView(BaseModel):
    """A record to sign or signed: the signing input is `flexzicht/<type>/v1`, a newline, and the body's bytes."""

    type: str
    digest: str
    body: str = Field(description="base64 of the exact bytes")
    signed_by: list[str]
    log_index: int | None


class AssignmentView(RecordView):
    """A placement."""

    post: str
    unit: str
    camera: str
    serial: int


class DeploymentView(BaseModel):
    """A deployment. `state`: draft, decided, open (a window is open now) or over."""

    id: str
    number: str
    title: str
    state: Literal["draft", "decided", "open", "over"]
    stopped_at_us: int | None = Field(description="since when nothing is filmed any more under this decision")
    demo: bool
    created_by: str
    created_at_us: int
    decision: RecordView
    hour_keys: int
    assignments: list[AssignmentView]


@dataclass(frozen=True)
class Steps:
    """What can be done with a deployment."""

    deciding: Deciding
    placing: Placing
    stopping: Stopping


class DeploymentRoutes:
    """Thin over the steps."""

    def __init__(
        self, steps: Steps, deployments: Deployments, records: SignedRecords, now_us: Callable[[], int]
    ) -> None:
        self._steps = steps
        self._deployments = deployments
        self._records = records
        self._now_us = now_us

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(prefix="/v1", tags=["deployments"])
        router.add_api_route("/deployments", self.register, methods=["POST"], status_code=201)
        router.add_api_route("/deployments", self.recent, methods=["GET"])
        router.add_api_route("/deployments/{deployment}", self.show, methods=["GET"])
        sign, assign = "/deployments/{deployment}/decision/signatures", "/deployments/{deployment}/assignments"
        router.add_api_route(sign, self.sign_decision, methods=["POST"], status_code=201)
        router.add_api_route(assign, self.assign, methods=["POST"], status_code=201)
        router.add_api_route("/deployments/{deployment}/stop", self.stop, methods=["POST"])
        router.add_api_route(
            "/assignments/{digest}/signatures", self.sign_assignment, methods=["POST"], status_code=201
        )
        return router

    async def register(self, asked: NewDeployment, who: Operator) -> DeploymentView:
        """Register a demonstration; the answer holds the decision to sign."""
        rules.check_fields(asked.model_extra or {})
        body = asked.model_dump(exclude={"title"})
        return await self._view(await self._steps.deciding.register(asked.title, body, who.name))

    async def recent(self, who: SignedIn) -> list[DeploymentView]:
        """The newest deployments."""
        return [await self._view(row) for row in await self._deployments.all(LIST_LIMIT)]

    async def show(self, deployment: UUID, who: SignedIn) -> DeploymentView:
        """One deployment."""
        row = await self._deployments.get(str(deployment))
        if row is None:
            raise ProblemError("not-found")
        return await self._view(row)

    async def sign_decision(self, deployment: UUID, body: NewSignature, who: Approver) -> DeploymentView:
        """Add an approver's signature; with the second approver's the decision is logged and holds."""
        await self._steps.deciding.sign_decision(str(deployment), body.signature.signature())
        return await self.show(deployment, who)

    async def assign(self, deployment: UUID, asked: NewAssignment, who: Operator) -> AssignmentView:
        """Draft a placement; the answer holds what two of the team are to sign."""
        envelope = await self._steps.placing.assign(str(deployment), asked.post, asked.unit, asked.camera, who.name)
        return await self._assignment(envelope)

    async def sign_assignment(self, digest: DigestPath, body: NewSignature, who: Operator) -> AssignmentView:
        """Add a team member's signature; with the second the placement is logged and holds."""
        return await self._assignment(await self._steps.placing.sign_assignment(digest, body.signature.signature()))

    async def stop(self, deployment: UUID, asked: NewStop, who: Stopper) -> DeploymentView:
        """Stop filming now; one person may, and only two start it again, by a newer decision."""
        await self._steps.stopping.stop(str(deployment), asked.reason, who.name)
        return await self.show(deployment, who)

    async def _assignment(self, envelope: Envelope) -> AssignmentView:
        record = await self._records.get(envelope.digest)
        return _assignment(envelope, None if record is None else record.log_index)

    async def _view(self, row: DeploymentRow) -> DeploymentView:
        drafts = await self._deployments.drafts(row.id)
        records = await self._records.of_deployment(row.id)
        stands = standing(records)
        return DeploymentView(
            id=row.id,
            number=row.number,
            title=row.title,
            state=_state(stands, self._now_us()),
            stopped_at_us=None if stands is None or stands.stop is None else stands.stop.ends_at_us,
            demo=row.demo,
            created_by=row.created_by,
            created_at_us=row.created_at_us,
            decision=_decision(drafts, stands),
            hour_keys=0 if stands is None or stands.keyset is None else len(stands.keyset.keys),
            assignments=_assignments(drafts, records),
        )


def _state(stands: StandingDecision | None, now_us: int) -> Literal["draft", "decided", "open", "over"]:
    if stands is None:
        return "draft"
    if stands.window(now_us) is not None:
        return "open"
    return "decided" if stands.next_start(now_us) is not None else "over"


def _decision(drafts: list[DraftRow], stands: StandingDecision | None) -> RecordView:
    if stands is not None:
        return RecordView(**_fields(read(stands.decided.envelope)), log_index=stands.decided.log_index)
    draft = next(draft for draft in drafts if draft.type == DECISION)
    return RecordView(**_fields(read(draft.envelope)), log_index=None)


def _assignments(drafts: list[DraftRow], records: list[RecordRow]) -> list[AssignmentView]:
    logged = [_assignment(read(row.envelope), row.log_index) for row in records if row.type == ASSIGNMENT]
    return [*logged, *(_assignment(read(draft.envelope), None) for draft in drafts if draft.type == ASSIGNMENT)]


def _assignment(envelope: Envelope, log_index: int | None) -> AssignmentView:
    body = load(Assignment, envelope.body)
    return AssignmentView(
        **_fields(envelope),
        log_index=log_index,
        post=body.post,
        unit=body.unit,
        camera=body.camera,
        serial=body.serial,
    )


def _fields(envelope: Envelope) -> dict[str, Any]:
    return {
        "type": envelope.type,
        "digest": envelope.digest,
        "body": base64.b64encode(envelope.body).decode(),
        "signed_by": [signature.key for signature in envelope.signatures],
    }
