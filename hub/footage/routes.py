# SPDX-License-Identifier: EUPL-1.2
"""The API for looking back: the timeline, sealed records, and the keys that open them in the browser.

The grant that both need is asked as every look is, at `POST /v1/views` (purpose `replay`). Sealed records come as a
beginning of a segment (docs/reference/segment.md): magic, header, record 0, then the records asked for, each as stored.
"""

from __future__ import annotations

import base64
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from contract.record import INTEGER_LIMIT
from hub.access.signin import Watcher
from hub.footage.recordings import Recordings, length
from hub.footage.releasing import Releasing
from hub.footage.timeline import Kind, Timeline

NO_STORE = {"Cache-Control": "no-store"}
Chain = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
Deployment = Annotated[str, Query(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Moment = Annotated[int, Query(ge=0, le=INTEGER_LIMIT)]


class Span(BaseModel):
    """A stretch of a camera. `due_us`: when it is forgotten. `starts_on_keyframe`: whether it plays by itself."""

    model_config = ConfigDict(from_attributes=True)
    kind: Kind
    from_us: int
    to_us: int
    segment: str | None = None
    run: str | None = None
    reason: str | None = None
    due_us: int | None = None
    starts_on_keyframe: bool | None = None


class CameraFootage(BaseModel):
    """One camera at its post, its spans oldest first; time without a span is time of which nothing is known."""

    model_config = ConfigDict(from_attributes=True)
    camera: str
    post: str
    unit: str
    spans: list[Span]


class Recorded(BaseModel):
    """What there is of a stretch of time. `truncated`: only the oldest spans; ask again from where the last begins."""

    model_config = ConfigDict(from_attributes=True)
    now_us: int
    truncated: bool
    cameras: list[CameraFootage]


class AskedKeys(BaseModel):
    """Which stretch of a segment is to be opened, under which grant."""

    model_config = ConfigDict(extra="forbid", strict=True)
    grant: int = Field(ge=0, le=INTEGER_LIMIT)
    from_us: int = Field(ge=0, le=INTEGER_LIMIT)
    to_us: int = Field(ge=0, le=INTEGER_LIMIT)


class RecordKey(BaseModel):
    """The key of one record: AES-256-GCM, base64."""

    index: int
    key: str


class ReleasedKeys(BaseModel):
    """The keys of record 0 and of the records that begin in the stretch, under this header's hash."""

    segment: str
    header_sha256: str
    keys: list[RecordKey]


class FootageRoutes:
    """Thin over `Timeline` and `Releasing`."""

    def __init__(self, timeline: Timeline, releasing: Releasing, recordings: Recordings) -> None:
        self._timeline = timeline
        self._releasing = releasing
        self._recordings = recordings

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(prefix="/v1", tags=["footage"])
        router.add_api_route("/footage", self.footage, methods=["GET"], response_model_exclude_none=True)
        router.add_api_route(
            "/segments/{chain}/records", self.records, methods=["GET"], response_class=StreamingResponse
        )
        router.add_api_route("/segments/{chain}/keys", self.keys, methods=["POST"])
        return router

    async def footage(self, who: Watcher, deployment: Deployment, from_us: Moment, to_us: Moment) -> Recorded:
        """What a deployment's cameras have of this time, at most a day of it."""
        return Recorded.model_validate(await self._timeline.see(deployment, from_us, to_us))

    async def records(
        self, who: Watcher, chain: Chain, from_us: Moment, to_us: Moment, grant: Moment
    ) -> StreamingResponse:
        """Sealed records, as stored."""
        excerpt = await self._releasing.excerpt(who, chain, grant, from_us, to_us)
        return StreamingResponse(
            await self._recordings.pieces(excerpt.contents, excerpt.chosen),
            media_type="application/octet-stream",
            headers={**NO_STORE, "Content-Length": str(length(excerpt.contents, excerpt.chosen))},
        )

    async def keys(self, who: Watcher, chain: Chain, asked: AskedKeys, response: Response) -> ReleasedKeys:
        """The keys of those records, once the log holds who saw them."""
        excerpt = await self._releasing.excerpt(who, chain, asked.grant, asked.from_us, asked.to_us)
        keys = await self._releasing.keys(excerpt, asked.from_us, asked.to_us)
        response.headers.update(NO_STORE)
        found = [RecordKey(index=index, key=base64.b64encode(key).decode()) for index, key in sorted(keys.items())]
        return ReleasedKeys(segment=chain, header_sha256=excerpt.contents.header_sha256, keys=found)
