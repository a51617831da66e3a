# SPDX-License-Identifier: EUPL-1.2
"""The API for enrolling, showing and revoking units, and how the units' own application knows which unit asks."""

import base64
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from hub.access.signin import Operator, SignedIn
from hub.fleet.enrolment import Enrolment, Unit
from hub.fleet.revocation import Revoking
from hub.fleet.showing import EnrolledUnit, Showing, UnitView, enrolled
from hub.problem import ProblemError
from hub.store.units import Units

UnitPath = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,32}$")]
CERTIFICATE_HEADER = "x-client-cert"  # set by the front, which replaces every copy that a client sends


class NewUnit(BaseModel):
    """A unit to take in: its certificate (PEM), its camera, and what stands for the camera if it is no camera."""

    model_config = ConfigDict(extra="forbid", strict=True)
    certificate: str = Field(max_length=16_384)
    camera: str = Field(pattern=r"^[a-z0-9-]{1,32}$")
    source_note: str | None = Field(default=None, max_length=200)


class NewRevocation(BaseModel):
    """Why a unit is out of use from now on."""

    model_config = ConfigDict(extra="forbid", strict=True)
    reason: str = Field(min_length=1, max_length=500)


class RevokedUnit(BaseModel):
    """A unit that is out of use; `log_index` is null while the log cannot be written."""

    unit: str
    epoch: int
    revoked_at_us: int
    log_index: int | None


class FleetRoutes:
    """Thin over `Enrolment`, `Revoking` and `Showing`."""

    def __init__(self, enrolment: Enrolment, revoking: Revoking, units: Units, showing: Showing) -> None:
        self._enrolment = enrolment
        self._revoking = revoking
        self._units = units
        self._showing = showing

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(prefix="/v1/units", tags=["fleet"])
        router.add_api_route("", self.enrol, methods=["POST"], status_code=201)
        router.add_api_route("", self.show, methods=["GET"])
        router.add_api_route("/{unit}/revoke", self.revoke, methods=["POST"])
        return router

    async def enrol(self, asked: NewUnit, who: Operator) -> EnrolledUnit:
        """Take a unit in, or give a known one its new certificate."""
        row = await self._enrolment.enrol(asked.certificate, asked.camera, asked.source_note)
        return enrolled(await self._units.get(row.unit) or row)

    async def revoke(self, unit: UnitPath, asked: NewRevocation, who: Operator) -> RevokedUnit:
        """Put a unit out of use for good, at once."""
        row = await self._revoking.revoke(unit, asked.reason, who.name)
        return RevokedUnit(unit=row.unit, epoch=row.epoch, revoked_at_us=row.revoked_at_us, log_index=row.log_index)

    async def show(self, who: SignedIn) -> list[UnitView]:
        """All units; how they are and whether they are ready is for operators."""
        return await self._showing.all(whole=who.role == "operator")


async def presented(request: Request) -> Unit:
    """The unit that asks, by the certificate that the front passes on; looked up anew at every request.

    A route that names a unit (`{unit}` in its path) serves that one only.
    """
    enrolment: Enrolment = request.app.state.enrolment
    shown = request.headers.getlist(CERTIFICATE_HEADER)
    if len(shown) != 1:
        raise ProblemError("certificate-refused", rule="unit.certificate", reason="no certificate was shown")
    try:
        der = base64.b64decode(shown[0], validate=True)
    except ValueError as error:  # binascii.Error, or a letter that is not ASCII
        raise ProblemError("certificate-refused", rule="unit.certificate", reason="not a certificate") from error
    unit = await enrolment.admitted(der)
    if request.path_params.get("unit", unit.unit) != unit.unit:
        raise enrolment.refusal(unit.unit, "unit.other", "it asks in the name of another unit")
    return unit


CallingUnit = Annotated[Unit, Depends(presented)]
