# SPDX-License-Identifier: EUPL-1.2
"""The units' API for segments: PUT by the chain value that names the whole of it, as often as one likes."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel

from hub.fleet.routes import CallingUnit
from hub.ingest.segments import Intake

Name = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,32}$")]
Chain = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


class Taken(BaseModel):
    """A segment is durable here; its unit may delete it only at the signed ack."""

    status: str = "stored, not anchored"


class IngestRoutes:
    """Thin over `Intake`."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    def router(self) -> APIRouter:
        """The route."""
        router = APIRouter(prefix="/v1/units", tags=["ingest"])
        router.add_api_route("/{unit}/segments/{chain}", self.put, methods=["PUT"], status_code=202)
        return router

    async def put(self, unit: Name, chain: Chain, request: Request, caller: CallingUnit) -> Taken:
        """Take a segment."""
        await self._intake.take(caller, chain, request.stream())
        return Taken()
