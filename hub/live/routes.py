# SPDX-License-Identifier: EUPL-1.2
"""The API for looking: what films now, and the grant without which nothing opens.

Order of a look: the grant is written to the log, kept, and only then are tickets signed. Each is for one socket, one
camera and one media process, and must be used within a minute. Whose line broke may ask for another ticket under the
grant that still stands for this session; it says nothing new, so the log is not written again. To look back is granted
here as well, and needs no ticket and no media process.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from contract.live import Grant, GrantRef
from contract.record import INTEGER_LIMIT, dump, load
from hub.access.signin import Person, SignedIn, having
from hub.deployments.regimes import may_see
from hub.deployments.standing import StandingDecision
from hub.keeper.client import Keeper
from hub.live.overview import MEDIA_SILENT_US, Overview, Overviews, Tables
from hub.pace import Pace
from hub.problem import ProblemError
from hub.store.views import GrantRow

CAMERAS_LIMIT = 16
WATCHERS = ("operator", "viewer")
AIMERS = ("operator", "installer")
Looker = Annotated[Person, Depends(having("operator", "viewer", "installer"))]
LOOKS_A_MINUTE = 60  # new grants to watch, of one session
Name = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]


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


class LiveRoutes:
    """Thin over the keeper, who judges each grant himself."""

    def __init__(self, tables: Tables, keeper: Keeper, replay: Replay, now_us: Callable[[], int]) -> None:
        self._tables = tables
        self._overviews = Overviews(tables, now_us)
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
        """What films now, who looks, what is next and what is wrong."""
        return await self._overviews.now()

    async def look(self, asked: NewViews, who: Looker) -> list[View] | list[ReplayView]:
        """Write to the log that this person may look; to watch, give a ticket for each camera.

        A camera that is aimed is shown to those who aim: operators and installers. Installers see nothing else.
        """
        stretch = asked.stretch
        if stretch is not None:
            if who.role not in WATCHERS:
                raise ProblemError("not-allowed", rule="R11", role=who.role, needed=" / ".join(WATCHERS))
            return _replays(await self._replay(who, asked.cameras, *stretch))
        return await self._watch(asked, who)

    async def _watch(self, asked: NewViews, who: Person) -> list[View]:
        now_us = self._now_us()
        media = await self._tables.views.newest_media(now_us - MEDIA_SILENT_US)
        if media is None:
            raise ProblemError("media-unavailable")
        views = []
        stands = await self._tables.orders.current(now_us)
        for deployment, cameras, last_us in _by_deployment(stands, asked.cameras, who.role, now_us):
            row = await self._standing(asked.grant, who, deployment, cameras)
            row = row or await self._granted(who, deployment, cameras, last_us)
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

    async def _granted(self, who: Person, stands: StandingDecision, cameras: tuple[str, ...], last_us: int) -> GrantRow:
        """A new grant, logged and kept. It lasts as long as the window may be prolonged; pictures, as long as it is."""
        now_us = self._now_us()
        wait_us = self._pace.wait_us(who.session)
        if wait_us:
            raise ProblemError("too-many-attempts", retry_after_s=-(-wait_us // 1_000_000))
        until_us = min(last_us, who.expires_at_us)
        grant = Grant(who.name, who.session, stands.decision.deployment, cameras, "watch", now_us, until_us)
        ref = await self._keeper.grant(grant)
        row = GrantRow(ref.index, ref.body, ref.salt, who.name, who.session, until_us)
        await self._tables.views.add(row)
        return row

    async def _view(self, row: GrantRow, camera: str, media: str) -> View:
        ticket = await self._keeper.ticket(GrantRef(row.body, row.salt, row.log_index), camera, media)
        return View(camera=camera, ticket=dump(ticket).decode(), until_us=row.until_us, log_index=row.log_index)


def _replays(rows: Iterable[GrantRow]) -> list[ReplayView]:
    return [
        ReplayView(camera=camera, until_us=row.until_us, log_index=row.log_index)
        for row in rows
        for camera in load(Grant, row.body).cameras
    ]


def _by_deployment(
    stands: Iterable[StandingDecision], cameras: Iterable[str], role: str, now_us: int
) -> list[tuple[StandingDecision, tuple[str, ...], int]]:
    """The deployments in which the cameras film now, or are aimed, and until when a look may last.

    Refuses a camera that does neither, or not for this role.
    """
    wanted = dict.fromkeys(cameras)
    found = []
    stands = list(stands)
    _require_regime(stands, wanted, role, now_us)
    for item in stands:
        for shown, last_us in _shown(item, role, now_us):
            own = tuple(camera for camera in wanted if camera in shown)
            wanted = dict.fromkeys(camera for camera in wanted if camera not in own)
            if own:
                found.append((item, own, last_us))
    for camera in wanted:
        raise ProblemError("window-closed", rule="R04", camera=camera)
    return found


def _require_regime(stands: Sequence[StandingDecision], cameras: Collection[str], role: str, now_us: int) -> None:
    """Refuse who is of the control room where a deployment's law shows its pictures to others."""
    for item in stands:
        if role not in WATCHERS or item.window(now_us) is None or may_see(item.decision.regime, role, "watch"):
            continue
        if any(placed.assignment.camera in cameras for placed in item.placed):
            raise ProblemError("regime-hides", rule="R11", regime=item.decision.regime, role=role)


def _shown(stands: StandingDecision, role: str, now_us: int) -> Iterator[tuple[frozenset[str], int]]:
    """Which cameras of a deployment this role may look at now, and until when."""
    ends_us = INTEGER_LIMIT if stands.stop is None else stands.stop.ends_at_us
    last_us = stands.course.last_us(now_us)
    films = stands.window(now_us) is not None
    filmed = frozenset(placed.assignment.camera for placed in stands.placed) if films else frozenset()
    if last_us is not None and may_see(stands.decision.regime, role, "watch"):
        yield filmed, min(last_us, ends_us)
    for placed in stands.aiming(now_us) if role in AIMERS else ():
        setup = placed.assignment.setup
        camera = frozenset({placed.assignment.camera}) - filmed
        if setup is not None:
            yield camera, min(stands.course_for(setup).last_us(now_us) or now_us, ends_us)
