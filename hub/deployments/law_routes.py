# SPDX-License-Identifier: EUPL-1.2
"""The API for what decisions stand on: the table of regimes, delegations, designations."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from contract.record import INTEGER_LIMIT
from hub.access.body import STRICT
from hub.access.signin import Person, SignedIn, having
from hub.deployments.grounds import Grounds, NewDelegation, NewDesignation
from hub.deployments.plan_body import CORNERS_LIMIT, Id, PositionBody, Word
from hub.deployments.regimes import REGIMES, Language
from hub.problem import preferred
from hub.store.law import DesignationRow

Entering = Annotated[Person, Depends(having("operator", "approver"))]
Moment = Annotated[int, Field(ge=0, le=INTEGER_LIMIT)]
Naming = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\r\n\t]*\S[^\r\n\t]*$")]
Published = Annotated[str, Field(pattern=r"^[a-z]{2,6}-[0-9]{4}-[0-9]{1,7}$", description="as gmb-2026-123456")]


class RegimeView(BaseModel):
    """One row of the table, in the reader's language."""

    regime: str
    law: str
    controller: str
    live: list[str] = Field(description="roles that may watch")
    replay: list[str] = Field(description="roles that may look back")
    review: str = Field(description="who reviews a request for footage")
    retention_h: int
    retention_ceiling_h: int
    pictures: bool


class DelegationBody(BaseModel):
    """By which article a council lets the mayor decide, from when to when, and how far."""

    model_config = STRICT
    ordinance: Naming
    article: Naming
    regime: Word
    valid_from_us: Moment
    valid_to_us: Moment
    mobile_allowed: bool
    max_window_h: Annotated[int, Field(ge=1, le=10_000)]
    max_designation_days: Annotated[int, Field(ge=1, le=10_000)]


class DelegationView(DelegationBody):
    """A delegation."""

    id: str


class DesignationBody(BaseModel):
    """An area, designated under a delegation. `publication` is null while it is not published."""

    model_config = STRICT
    delegation: Id
    name: Naming
    publication: Published | None = None
    area: Annotated[list[PositionBody], Field(min_length=3, max_length=CORNERS_LIMIT)]
    valid_from_us: Moment
    valid_to_us: Moment


class DesignationView(DesignationBody):
    """A designation."""

    id: str


class PublicationBody(BaseModel):
    """Its number in the official gazette."""

    model_config = STRICT
    publication: Published


class LawRoutes:
    """Thin over `Grounds`."""

    def __init__(self, grounds: Grounds) -> None:
        self._grounds = grounds

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(prefix="/v1", tags=["law"])
        router.add_api_route("/regimes", self.regimes, methods=["GET"])
        router.add_api_route("/delegations", self.delegations, methods=["GET"])
        router.add_api_route("/delegations", self.delegate, methods=["POST"], status_code=201)
        router.add_api_route("/designations", self.designations, methods=["GET"])
        router.add_api_route("/designations", self.designate, methods=["POST"], status_code=201)
        router.add_api_route("/designations/{designation}/publication", self.publish, methods=["PUT"])
        return router

    async def regimes(self, who: SignedIn, request: Request) -> list[RegimeView]:
        """Which regimes there are, and what follows from each."""
        return [_regime(regime, preferred(request.headers.get("accept-language", ""))) for regime in REGIMES]

    async def delegations(self, who: SignedIn) -> list[DelegationView]:
        """What councils delegated, the newest first."""
        return [DelegationView.model_validate(_shown(vars(row))) for row in await self._grounds.delegations()]

    async def delegate(self, asked: DelegationBody, who: Entering) -> DelegationView:
        """Enter a delegation. It is not changed afterwards: another is a new one, with its own dates."""
        row = await self._grounds.delegate(NewDelegation(**asked.model_dump()), who.name)
        return DelegationView.model_validate(_shown(vars(row)))

    async def designations(self, who: SignedIn) -> list[DesignationView]:
        """What areas were designated, the newest first."""
        return [_designation(row) for row in await self._grounds.designations()]

    async def designate(self, asked: DesignationBody, who: Entering) -> DesignationView:
        """Enter a designation. It is not changed afterwards; its publication may be noted later."""
        corners = [place.position() for place in asked.area]
        row = await self._grounds.designate(NewDesignation(**{**asked.model_dump(), "area": corners}), who.name)
        return _designation(row)

    async def publish(self, designation: UUID, asked: PublicationBody, who: Entering) -> DesignationView:
        """Note where it was published."""
        return _designation(await self._grounds.publish(str(designation), asked.publication))


def _regime(name: str, language: Language) -> RegimeView:
    row = REGIMES[name]
    words = {"law": row.law, "controller": row.controller, "review": row.review}
    said = {key: value[language] for key, value in words.items()}
    return RegimeView(**{**vars(row), **said, "live": list(row.live), "replay": list(row.replay)})


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in ("created_by", "created_at_us")}


def _designation(row: DesignationRow) -> DesignationView:
    corners = [{"lat_e7": place.lat_e7, "lon_e7": place.lon_e7} for place in row.outline]
    return DesignationView.model_validate({**_shown(vars(row)), "area": corners})
