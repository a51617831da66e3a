# SPDX-License-Identifier: EUPL-1.2
"""The transparency log for everyone: its checkpoint and tiles, as C2SP `tlog-tiles` lays them out."""

import asyncio

from fastapi import APIRouter, HTTPException, Response

from contract.record import ContractError
from hub.audit.log import CHECKPOINT, Log

FOREVER = "public, max-age=31536000, immutable"  # a tile of this name never changes


class LogRoutes:
    """Thin over the log's reader; a path that is not the log's own is not found."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def router(self) -> APIRouter:
        """The route."""
        router = APIRouter(prefix="/v1/log", tags=["log"])
        router.add_api_route("/{path:path}", self.read, methods=["GET"], response_class=Response)
        return router

    async def read(self, path: str) -> Response:
        """`checkpoint`, `tile/<level>/<n>` or `tile/entries/<n>`."""
        try:
            content = await asyncio.to_thread(self._log.resource, path)
        except ContractError as error:
            raise HTTPException(404) from error
        if path == CHECKPOINT:
            return Response(content, media_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-cache"})
        return Response(content, media_type="application/octet-stream", headers={"Cache-Control": FOREVER})
