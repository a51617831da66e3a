# SPDX-License-Identifier: EUPL-1.2
"""The units' API for live: WHIP (RFC 9725). The units' application knows who asks and holds no picture."""

import asyncio
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi import Path as InPath

from hub.fleet.routes import CallingUnit
from hub.live.handover import Offer, OfferRefusedError, hand_over
from hub.problem import ProblemError

SDP_LIMIT = 16 * 1024  # bytes; an offer has about 2000
SDP_WITHIN_S = 10.0
Name = Annotated[str, InPath(pattern=r"^[a-z0-9-]{1,32}$")]


class WhipRoutes:
    """The offer of a unit goes to the media process, which holds the lease, and its answer back."""

    def __init__(self, media_socket: Path, within_s: float = SDP_WITHIN_S) -> None:
        self._media_socket = media_socket
        self._within_s = within_s

    def router(self) -> APIRouter:
        """The route."""
        router = APIRouter(prefix="/v1/units", tags=["live"])
        router.add_api_route("/{unit}/whip/{camera}", self.offer, methods=["POST"], status_code=201)
        return router

    async def offer(self, unit: Name, camera: Name, request: Request, caller: CallingUnit) -> Response:
        """Take an offer; the answer is the media process's."""
        if camera != caller.camera:
            raise ProblemError("live-refused", rule="live.camera", reason="the camera is another unit's")
        try:
            answer = await hand_over(self._media_socket, Offer(unit, camera, await self._sdp(request)))
        except OfferRefusedError as error:
            raise ProblemError("live-refused", rule="live.offer", reason=str(error)) from error
        return Response(answer, 201, {"Location": request.url.path}, "application/sdp")

    async def _sdp(self, request: Request) -> str:
        body = b""
        try:
            async with asyncio.timeout(self._within_s):
                async for piece in request.stream():
                    body += piece
                    if len(body) > SDP_LIMIT:
                        raise ProblemError("too-large", limit=SDP_LIMIT)
            return body.decode()
        except TimeoutError as error:
            raise ProblemError("too-slow", seconds=int(self._within_s)) from error
        except UnicodeDecodeError as error:
            raise ProblemError("invalid-request", where="body", reason="not text") from error
