# SPDX-License-Identifier: EUPL-1.2
"""The units' API for segments: PUT by the chain value that names the whole of it, as often as one likes; and people's
for what there is of a deployment.

GET or HEAD says (`Upload-Offset`) how many bytes are here; a PUT with a Content-Range that begins there goes on.
"""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query, Request, Response
from pydantic import BaseModel

from contract.mandate import Window
from contract.record import INTEGER_LIMIT
from hub.access.signin import Watcher
from hub.fleet.routes import CallingUnit
from hub.ingest.coverage import SPAN_US, CameraCoverage, Coverages, Ended, WindowCoverage
from hub.ingest.segments import Intake, read_place
from hub.problem import ProblemError
from hub.store.deployments import Deployments

OFFSET = "Upload-Offset"
Name = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,32}$")]
Moment = Annotated[int, Query(ge=0, le=INTEGER_LIMIT)]
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


class Span(BaseModel):
    """A stretch of time, microseconds UTC."""

    from_us: int
    to_us: int


class StatedGap(Span):
    """No picture, and why: a word of `contract.index.Reason`."""

    reason: str


class CoveredWindow(Span):
    """A window of one decision as far as it was ordered. `missing` is neither footage nor a stated gap.

    `ended` is what ended it as the unit stated, null while it has not. `whole` counts while it is open too.
    """

    serial: int
    recorded: list[Span]
    gaps: list[StatedGap]
    missing: list[Span]
    ended: Ended | None
    closed: bool
    over: bool
    whole: bool


class CoveredCamera(BaseModel):
    """A camera. Before each moment of `unlinked` a row is missing; `unsound` rows are here and prove nothing."""

    camera: str
    windows: list[CoveredWindow]
    unlinked: list[int]
    unsound: int
    whole: bool


class CoverageRoutes:
    """Thin over `Coverages`."""

    def __init__(self, coverages: Coverages, deployments: Deployments) -> None:
        self._coverages = coverages
        self._deployments = deployments

    def router(self) -> APIRouter:
        """The route."""
        router = APIRouter(prefix="/v1", tags=["ingest"])
        router.add_api_route("/deployments/{deployment}/coverage", self.coverage, methods=["GET"])
        return router

    async def coverage(
        self,
        deployment: UUID,
        who: Watcher,
        camera: Annotated[str | None, Query(pattern=r"^[a-z0-9-]{1,32}$")] = None,
        from_us: Moment | None = None,
        to_us: Moment | None = None,
    ) -> list[CoveredCamera]:
        """What was recorded of each camera, or of one, what was not and why, and what nobody accounts for.

        Of a day at most; without both times of the window that is open, or was last.
        """
        span = _span(from_us, to_us)
        if await self._deployments.get(str(deployment)) is None:
            raise ProblemError("not-found")
        return [_camera(found) for found in await self._coverages.of_deployment(str(deployment), camera, span)]


def _span(from_us: int | None, to_us: int | None) -> Window | None:
    """The time that is asked for; None for none. Raises ProblemError."""
    if from_us is None and to_us is None:
        return None
    if from_us is None or to_us is None or not 0 < to_us - from_us <= SPAN_US:
        raise ProblemError("invalid-request", where="to_us", reason="from_us and to_us: a day at most, and both")
    return Window(from_us, to_us)


def _camera(found: CameraCoverage) -> CoveredCamera:
    return CoveredCamera(
        camera=found.camera,
        windows=[_window(window) for window in found.windows],
        unlinked=list(found.unlinked),
        unsound=found.unsound,
        whole=found.whole,
    )


def _window(found: WindowCoverage) -> CoveredWindow:
    return CoveredWindow(
        from_us=found.from_us,
        to_us=found.to_us,
        serial=found.serial,
        recorded=[Span(from_us=span.from_us, to_us=span.to_us) for span in found.recorded],
        gaps=[StatedGap(from_us=gap.from_us, to_us=gap.to_us, reason=gap.reason) for gap in found.gaps],
        missing=[Span(from_us=span.from_us, to_us=span.to_us) for span in found.missing],
        ended=found.ended,
        closed=found.closed,
        over=found.over,
        whole=found.whole,
    )
