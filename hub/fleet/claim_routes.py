# SPDX-License-Identifier: EUPL-1.2
"""The API by which a unit comes in: its own two questions, and what an installer and an operator do about them.

A unit that has no certificate yet asks without a session; the front passes it to these two questions alone. One whose
certificate counts asks for its next at the units' own application.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field

from contract.claim import compared
from hub.access.body import STRICT
from hub.access.signin import Operator, Placer, calling_address
from hub.fleet.certifying import Renewals
from hub.fleet.claims import Claims
from hub.fleet.enrolling import LASTS_US, Door
from hub.fleet.routes import CallingUnit
from hub.store.claims import EnrolmentRow

DIGEST = r"^[0-9a-f]{64}$"
EnrolmentPath = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]


class NewEnrolment(BaseModel):
    """A unit asks to be let in: its request (PKCS#10, PEM), proof of its claim code, what stands for its camera."""

    model_config = STRICT
    csr: str = Field(max_length=8192)
    claim: str | None = Field(default=None, pattern=DIGEST)
    source_note: str | None = Field(default=None, max_length=200)


class Asked(BaseModel):
    """Where the answer will be."""

    id: str


class EnrolmentAnswer(BaseModel):
    """How an enrolment stands, told to whoever has its key; with `issued` comes what the unit needs."""

    state: str = Field(description="waiting (for its code), claimed, confirmed, issued or refused")
    unit: str | None = None
    camera: str | None = None
    certificate: str | None = None
    client_id: str | None = Field(default=None, description="the secret name of its session at the broker")
    reason: str | None = None


class NewClaim(BaseModel):
    """The code on a unit's label, as somebody typed it."""

    model_config = STRICT
    code: str = Field(min_length=1, max_length=40)


class Confirmation(BaseModel):
    """The fingerprint that was compared with the unit's own label."""

    model_config = STRICT
    fingerprint: str = Field(pattern=DIGEST)


class EnrolmentView(BaseModel):
    """An enrolment that people see to; `groups` is its fingerprint as it stands on the unit's label."""

    enrolment: str
    kind: str = Field(description="new, or renewal of a certificate that lapsed")
    unit: str
    camera: str
    fingerprint: str
    groups: list[str]
    state: str
    source_note: str | None
    claimed_by: str | None
    asked_at_us: int
    until_us: int


class ClaimRoutes:
    """Thin over `Door` and `Claims`."""

    def __init__(self, door: Door, claims: Claims) -> None:
        self._door = door
        self._claims = claims

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(prefix="/v1", tags=["fleet"])
        router.add_api_route("/enrolments", self.ask, methods=["POST"], status_code=202)
        router.add_api_route("/enrolments", self.show, methods=["GET"])
        router.add_api_route("/enrolments/{enrolment}", self.look, methods=["GET"])
        router.add_api_route("/enrolments/{enrolment}/confirmation", self.confirm, methods=["POST"])
        router.add_api_route("/enrolments/{enrolment}/refusal", self.refuse, methods=["POST"])
        router.add_api_route("/claims", self.claim, methods=["POST"], status_code=201)
        return router

    async def ask(self, asked: NewEnrolment, request: Request) -> Asked:
        """A unit asks to be let in, or for a certificate in place of one that lapsed. No session."""
        row = await self._door.ask(asked.csr, asked.claim, asked.source_note, calling_address(request))
        return Asked(id=row.id)

    async def look(self, enrolment: EnrolmentPath, request: Request) -> EnrolmentAnswer:
        """How it stands; `Authorization: Flexzicht <signature>` by the key that asked. No session."""
        given = request.headers.get("authorization", "")
        row = await self._door.look(enrolment, given, calling_address(request))
        return _answer(row)

    async def claim(self, asked: NewClaim, request: Request, who: Placer) -> EnrolmentView:
        """Find the unit that waits with this code, and give it its name. A code works once, for a day."""
        return _view(await self._claims.claim(asked.code, who, calling_address(request)))

    async def show(self, who: Placer) -> list[EnrolmentView]:
        """The units that wait to be confirmed, or for their certificate."""
        return [_view(row) for row in await self._claims.to_see_to()]

    async def confirm(self, enrolment: EnrolmentPath, asked: Confirmation, who: Operator) -> EnrolmentView:
        """This is the unit: its label has this fingerprint. Its certificate follows by itself."""
        return _view(await self._claims.confirm(enrolment, asked.fingerprint, who))

    async def refuse(self, enrolment: EnrolmentPath, who: Operator) -> EnrolmentView:
        """This is not the unit, or it may not come in."""
        return _view(await self._claims.refuse(enrolment, who))


class RenewalRoutes:
    """A unit's own next certificate, over the connection that shows its present one."""

    def __init__(self, renewals: Renewals) -> None:
        self._renewals = renewals

    def router(self) -> APIRouter:
        """The route, for the units' application."""
        router = APIRouter(prefix="/v1/units", tags=["fleet"])
        router.add_api_route("/{unit}/certificate", self.renew, methods=["POST"])
        return router

    async def renew(self, unit: CallingUnit, response: Response) -> EnrolmentAnswer:
        """Its next certificate, or 202 until that is signed."""
        row = await self._renewals.renew(unit)
        response.status_code = 200 if row.state == "issued" else 202
        return _answer(row)


def _answer(row: EnrolmentRow) -> EnrolmentAnswer:
    if row.state == "issued":
        names = ("state", "unit", "camera", "certificate", "client_id")
        return EnrolmentAnswer(**{name: getattr(row, name) for name in names})
    return EnrolmentAnswer(state=row.state, reason=row.reason)


def _view(row: EnrolmentRow) -> EnrolmentView:
    same = ("kind", "fingerprint", "state", "source_note", "claimed_by", "asked_at_us")
    return EnrolmentView(
        enrolment=row.id,
        unit=row.unit or "",
        camera=row.camera or "",
        groups=list(compared(row.fingerprint)),
        until_us=row.asked_at_us + LASTS_US,
        **{name: getattr(row, name) for name in same},
    )
