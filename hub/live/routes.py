# SPDX-License-Identifier: EUPL-1.2
"""The API for looking: what films now, and the grant without which nothing opens.

Order of a look: the grant is written to the log, kept, and only then are tickets signed. Each is for one socket, one
camera and one media process, and must be used within a minute. Whose line broke may ask for another ticket under the
grant that still stands for this session; it says nothing new, so the log is not written again. To look back is granted
here as well, and needs no ticket and no media process.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from contract.envelope import opened, read
from contract.live import Grant, GrantRef
from contract.messages import STATE, State
from contract.record import INTEGER_LIMIT, ContractError, dump, load
from hub.access.signin import Person, SignedIn, Watcher
from hub.deployments.standing import Orders, Placed, StandingDecision
from hub.keeper.client import Keeper
from hub.live.recent import Recent, RecentDeployment
from hub.pace import Pace
from hub.problem import ProblemError
from hub.store.deployments import DeploymentRow, Deployments
from hub.store.retention import Late
from hub.store.units import UnitRow, Units
from hub.store.views import GrantRow, Views

MEDIA_SILENT_US = 15_000_000  # a media process says every five seconds that it lives
CAMERAS_LIMIT = 16
LOOKS_A_MINUTE = 60  # new grants to watch, of one session
Name = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]


class FilmingCamera(BaseModel):
    """A camera that may film now. `source_note` says what stands for the camera when it is no camera.

    `recording` is what the unit itself reports; null where it has not, or says nothing any more.
    """

    camera: str
    post: str
    unit: str
    name: str
    unit_online: bool
    recording: bool | None
    source_note: str | None


class FilmingDeployment(BaseModel):
    """A deployment whose window is open. `watching` counts people, however many tiles each has open."""

    deployment: str
    number: str
    title: str
    from_us: int
    until_us: int
    retention_h: int
    demo: bool
    cameras: list[FilmingCamera]
    watching: int


class NextWindow(BaseModel):
    """The window that opens next."""

    number: str
    from_us: int


class Alarm(BaseModel):
    """What somebody must see to. `erasure-late`: so many hour keys, or sealed segments, should be gone since then."""

    kind: Literal["erasure-late"]
    what: Literal["key", "footage"]
    count: int
    since_us: int


class Overview(BaseModel):
    """What films now, what did and is not forgotten, and what is wrong; `now_us` is the hub's time."""

    now_us: int
    demo: bool
    filming: list[FilmingDeployment]
    recent: list[RecentDeployment]
    next: NextWindow | None
    alarms: list[Alarm]


class NewViews(BaseModel):
    """Who asks wants to watch these cameras; or to go on under `grant`, which a broken line cut off.

    A grant that does not stand any more, or not for these cameras and this session, is passed over for a new one. To
    `replay` takes a stretch of time instead, half an hour at most.
    """

    model_config = ConfigDict(extra="forbid", strict=True)
    cameras: list[Name] = Field(min_length=1, max_length=CAMERAS_LIMIT)
    purpose: Literal["watch", "replay"]
    grant: int | None = Field(default=None, ge=0, le=INTEGER_LIMIT)
    from_us: int | None = Field(default=None, ge=0, le=INTEGER_LIMIT)
    to_us: int | None = Field(default=None, ge=0, le=INTEGER_LIMIT)

    @property
    def stretch(self) -> tuple[int, int] | None:
        """What is to be replayed; None to watch. Raises ProblemError where the two are mixed."""
        given = [value is not None for value in (self.grant, self.from_us, self.to_us)]
        if given != [False, True, True] if self.purpose == "replay" else any(given[1:]):
            raise ProblemError("invalid-request", where="purpose", reason="from_us and to_us belong to a replay only")
        return None if self.from_us is None or self.to_us is None else (self.from_us, self.to_us)


class View(BaseModel):
    """One socket to open: connect to `url`, send `ticket` as the first message. `log_index` is this look's number."""

    camera: str
    transport: Literal["wss"] = "wss"
    url: str = "/live"
    ticket: str
    until_us: int
    log_index: int


class ReplayView(BaseModel):
    """One camera to look back at until then. `log_index` is this look's number."""

    camera: str
    until_us: int
    log_index: int


Replay = Callable[[Person, Sequence[str], int, int], Awaitable[Sequence[GrantRow]]]
"""(who, cameras, from_us, to_us): grants to look back, logged and kept."""


@dataclass(frozen=True)
class Tables:
    """What looking is answered from."""

    deployments: Deployments
    orders: Orders
    units: Units
    views: Views
    recent: Recent
    late: Callable[[], Awaitable[Sequence[Late]]]  # what should be erased and is not


class LiveRoutes:
    """Thin over the keeper, who judges each grant himself."""

    def __init__(self, tables: Tables, keeper: Keeper, replay: Replay, now_us: Callable[[], int]) -> None:
        self._tables = tables
        self._keeper = keeper
        self._replay = replay
        self._now_us = now_us
        self._pace = Pace(LOOKS_A_MINUTE, now_us)

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(prefix="/v1", tags=["live"])
        router.add_api_route("/overview", self.overview, methods=["GET"])
        router.add_api_route("/views", self.look, methods=["POST"], status_code=201)
        return router

    async def overview(self, who: SignedIn) -> Overview:
        """What films now, and what is next."""
        now_us = self._now_us()
        stands = await self._tables.orders.current(now_us)
        units = {unit.unit: unit for unit in await self._tables.units.all()}
        filming = [await self._filming(item, units, now_us) for item in stands if item.window(now_us) is not None]
        alarms = [Alarm(kind="erasure-late", **vars(late)) for late in await self._tables.late()]  # reads the log on
        return Overview(
            now_us=now_us,
            demo=any(item.decision.demo for item in stands),
            filming=filming,
            recent=await self._tables.recent.ended({one.deployment for one in filming}, now_us),
            next=_next(stands, now_us),
            alarms=alarms,
        )

    async def look(self, asked: NewViews, who: Watcher) -> list[View] | list[ReplayView]:
        """Write to the log that this person may look; to watch, give a ticket for each camera."""
        stretch = asked.stretch
        if stretch is not None:
            return _replays(await self._replay(who, asked.cameras, *stretch))
        return await self._watch(asked, who)

    async def _watch(self, asked: NewViews, who: Person) -> list[View]:
        now_us = self._now_us()
        media = await self._tables.views.newest_media(now_us - MEDIA_SILENT_US)
        if media is None:
            raise ProblemError("media-unavailable")
        views = []
        stands = await self._tables.orders.current(now_us)
        for deployment, cameras in _by_deployment(stands, asked.cameras, now_us):
            row = await self._standing(asked.grant, who, deployment, cameras)
            row = row or await self._granted(who, deployment, cameras)
            views += [await self._view(row, camera, media.start_id) for camera in cameras]
        return views

    async def _standing(
        self, index: int | None, who: Person, stands: StandingDecision, cameras: tuple[str, ...]
    ) -> GrantRow | None:
        """The grant at `index`, if this session may still look at these cameras under it."""
        row = None if index is None else await self._tables.views.get(index)
        if row is None or row.session != who.session or row.ended_at_us is not None or row.until_us <= self._now_us():
            return None
        grant = load(Grant, row.body)
        fits = grant.deployment == stands.decision.deployment and set(cameras) <= set(grant.cameras)
        return row if fits else None

    async def _granted(self, who: Person, stands: StandingDecision, cameras: tuple[str, ...]) -> GrantRow:
        """A new grant, logged and kept."""
        now_us = self._now_us()
        window = stands.window(now_us)
        if window is None:
            raise ProblemError("window-closed", rule="R04", camera=cameras[0])
        wait_us = self._pace.wait_us(who.session)
        if wait_us:
            raise ProblemError("too-many-attempts", retry_after_s=-(-wait_us // 1_000_000))
        until_us = min(window.to_us, who.expires_at_us)
        grant = Grant(who.name, who.session, stands.decision.deployment, cameras, "watch", now_us, until_us)
        ref = await self._keeper.grant(grant)
        row = GrantRow(ref.index, ref.body, ref.salt, who.name, who.session, until_us)
        await self._tables.views.add(row)
        return row

    async def _view(self, row: GrantRow, camera: str, media: str) -> View:
        ticket = await self._keeper.ticket(GrantRef(row.body, row.salt, row.log_index), camera, media)
        return View(camera=camera, ticket=dump(ticket).decode(), until_us=row.until_us, log_index=row.log_index)

    async def _filming(self, stands: StandingDecision, units: dict[str, UnitRow], now_us: int) -> FilmingDeployment:
        decision = stands.decision
        window = stands.window(now_us)
        row: DeploymentRow | None = await self._tables.deployments.get(decision.deployment)
        looking = [load(Grant, grant.body) for grant in await self._tables.views.watching(now_us - MEDIA_SILENT_US)]
        watching = {grant.actor for grant in looking if grant.deployment == decision.deployment}
        return FilmingDeployment(
            deployment=decision.deployment,
            number=decision.number,
            title=row.title if row is not None else decision.number,
            from_us=window.from_us if window is not None else now_us,
            until_us=window.to_us if window is not None else now_us,
            retention_h=decision.retention_h,
            demo=decision.demo,
            cameras=[_camera(placed, stands, units.get(placed.assignment.unit)) for placed in stands.placed],
            watching=len(watching),
        )


def _camera(placed: Placed, stands: StandingDecision, unit: UnitRow | None) -> FilmingCamera:
    assignment = placed.assignment
    return FilmingCamera(
        camera=assignment.camera,
        post=assignment.post,
        unit=assignment.unit,
        name=stands.post_name(assignment.post),
        unit_online=unit is not None and unit.online,
        recording=stands.decision.recording == "continuous" and _films(unit, assignment.camera),
        source_note=None if unit is None else unit.source_note,
    )


def _films(unit: UnitRow | None, camera: str) -> bool | None:
    """Whether the unit reports that it films; None where it does not report."""
    if unit is None or not unit.online or unit.reported is None:
        return None
    try:
        state = opened(read(unit.reported), STATE, State, unit.key)
    except ContractError:
        return None  # kept by another version of this hub; the unit's next state replaces it
    return next((each.doing == "filming" for each in state.cameras if each.camera == camera), None)


def _replays(rows: Iterable[GrantRow]) -> list[ReplayView]:
    return [
        ReplayView(camera=camera, until_us=row.until_us, log_index=row.log_index)
        for row in rows
        for camera in load(Grant, row.body).cameras
    ]


def _next(stands: Iterable[StandingDecision], now_us: int) -> NextWindow | None:
    ahead = [
        NextWindow(number=item.decision.number, from_us=window.from_us)
        for item in stands
        for window in item.decision.windows
        if window.from_us > now_us
    ]
    return min(ahead, key=lambda window: window.from_us, default=None)


def _by_deployment(
    stands: Iterable[StandingDecision], cameras: Iterable[str], now_us: int
) -> list[tuple[StandingDecision, tuple[str, ...]]]:
    """The deployments in which the cameras film now. Refuses a camera that films in none."""
    filming = [item for item in stands if item.window(now_us) is not None]
    wanted = dict.fromkeys(cameras)
    found = []
    for item in filming:
        own = tuple(camera for camera in wanted if item.camera(camera) is not None)
        wanted = dict.fromkeys(camera for camera in wanted if camera not in own)
        if own:
            found.append((item, own))
    for camera in wanted:
        raise ProblemError("window-closed", rule="R04", camera=camera)
    return found
