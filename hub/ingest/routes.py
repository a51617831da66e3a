# SPDX-License-Identifier: EUPL-1.2
"""The units' API for segments: PUT by the chain value that names the whole of it, as often as one likes.

GET or HEAD says (`Upload-Offset`) how many bytes are here; a PUT with a Content-Range that begins there goes on.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Path, Request, Response
from pydantic import BaseModel

from hub.fleet.routes import CallingUnit
from hub.ingest.segments import Intake, read_place

OFFSET = "Upload-Offset"
Name = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,32}$")]
Chain = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


class Taken(BaseModel):
    """What is here of a segment, durable once it is stored; its unit may delete it only at the signed ack.

    One that is erased was here, and nothing of it is wanted any more.
    """

    status: Literal["stored, not anchored", "in part", "erased"]


class Held(BaseModel):
    """How many bytes of a segment are here, durably; all of them once it is stored."""

    offset: int


class IngestRoutes:
    """Thin over `Intake`."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(prefix="/v1/units", tags=["ingest"])
        router.add_api_route("/{unit}/segments/{chain}", self.put, methods=["PUT"], status_code=202)
        router.add_api_route("/{unit}/segments/{chain}", self.offset, methods=["GET", "HEAD"])
        return router

    async def put(
        self,
        unit: Name,
        chain: Chain,
        request: Request,
        response: Response,
        caller: CallingUnit,
        content_range: Annotated[str | None, Header()] = None,
    ) -> Taken:
        """Take a segment, or what is missing of it."""
        place = None if content_range is None else read_place(content_range)
        here = await self._intake.take(caller, chain, request.stream(), place)
        if place is None or here == place.total:
            return Taken(status="erased" if await self._intake.erased(chain) else "stored, not anchored")
        response.status_code, response.headers[OFFSET] = 200, str(here)
        return Taken(status="in part")

    async def offset(self, unit: Name, chain: Chain, response: Response, caller: CallingUnit) -> Held:
        """How many bytes are here."""
        offset = await self._intake.held(caller, chain)
        response.headers[OFFSET] = str(offset)
        return Held(offset=offset)
