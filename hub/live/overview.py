# SPDX-License-Identifier: EUPL-1.2
"""What films now and who looks at it, what is next, what can be looked back at, and what is wrong. No pictures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from contract.envelope import fingerprint
from contract.live import Grant
from contract.mandate import Window
from contract.messages import CameraState
from contract.placement import Placed
from contract.record import load
from contract.running import Course
from hub.deployments.standing import Orders, StandingDecision
from hub.fleet.reports import last_state
from hub.fleet.showing import Unready
from hub.live.alarms import Alarm, unplaced, unready
from hub.live.recent import Recent, RecentDeployment
from hub.store.approvals import Approvals
from hub.store.deployments import Deployments
from hub.store.retention import Late
from hub.store.units import UnitRow, Units
from hub.store.views import LookerRow, Views

MEDIA_SILENT_US = 15_000_000  # a media process says every five seconds that it lives
UPCOMING_LIMIT = 6
NO_REASON = "0" * 64  # an overrun that nobody takes has none


class FilmingCamera(BaseModel):
    """A camera that may film now. `source_note` says what stands for the camera when it is no camera.

    `doing` and `recording` are what the unit itself reports; null where it has not, or says nothing any more.
    `since_us` is since when the unit is online, or was last heard of.
    """

    camera: str
    post: str
    unit: str
    name: str
    unit_online: bool
    since_us: int | None
    doing: Literal["filming", "waiting", "refused", "failing"] | None
    rule: str | None
    recording: bool | None
    source_note: str | None


class Look(BaseModel):
    """Somebody looks now: live, or back. `log_index` is the number of their look."""

    name: str
    purpose: Literal["watch", "replay"]
    cameras: list[str]
    log_index: int
    since_us: int


class OverrunState(BaseModel):
    """How often the open window was prolonged and may be still; `next_us` is until when by one more, if one may be."""

    times: int
    minutes: int
    taken: int
    left: int
    last_us: int
    next_us: int | None


class FilmingDeployment(BaseModel):
    """A deployment whose window is open: whether it films is what its cameras' units say.

    `watching` counts people, however many tiles each has open. `approved_by` are the roster's names of who signed.
    `operators` are the fingerprints of the keys of its team that may prolong it; `necessary_until_us` is until when it
    stands that filming is necessary.
    """

    deployment: str
    number: str
    title: str
    regime: str
    serial: int
    recording_mode: str
    overrun: OverrunState
    necessary_until_us: int | None
    operators: list[str]
    from_us: int
    until_us: int
    retention_h: int
    demo: bool
    approved_by: list[str]
    cameras: list[FilmingCamera]
    watching: int
    looks: list[Look]


class NextWindow(BaseModel):
    """A window that opens later. `placed` of its `posts` have a unit."""

    deployment: str
    number: str
    title: str
    from_us: int
    to_us: int
    posts: int
    placed: int


class Overview(BaseModel):
    """What films now, what did and is not forgotten, what will, and what is wrong; `now_us` is the hub's time."""

    now_us: int
    demo: bool
    filming: list[FilmingDeployment]
    recent: list[RecentDeployment]
    next: NextWindow | None
    upcoming: list[NextWindow]
    alarms: list[Alarm]


@dataclass(frozen=True)
class Tables:
    """What the overview is answered from."""

    deployments: Deployments
    orders: Orders
    units: Units
    views: Views
    recent: Recent
    approvals: Approvals
    unready: Callable[[int], Awaitable[Sequence[Unready]]]  # units of a window that runs or comes
    late: Callable[[], Awaitable[Sequence[Late]]]  # what should be erased and is not


class Overviews:
    """Reads it all, at one moment."""

    def __init__(self, tables: Tables, now_us: Callable[[], int]) -> None:
        self._tables = tables
        self._now_us = now_us

    async def now(self) -> Overview:
        """As it is now."""
        now_us, tables = self._now_us(), self._tables
        stands = await tables.orders.current(now_us)
        units = {unit.unit: unit for unit in await tables.units.all()}
        titles = {row.id: row.title for row in await tables.deployments.of_ids([_id(item) for item in stands])}
        lookers = await tables.views.lookers(now_us - MEDIA_SILENT_US, now_us)
        looks = [(load(Grant, row.body), row) for row in lookers]
        filming = [
            _filming(item, now_us, titles.get(_id(item), item.decision.number), units, looks, await self._names(item))
            for item in stands
            if item.window(now_us) is not None
        ]
        upcoming = sorted(_upcoming(stands, titles, now_us), key=lambda window: window.from_us)[:UPCOMING_LIMIT]
        failing = [alarm for one in filming for camera in one.cameras for alarm in _alarms(one, camera)]
        said = {alarm.unit for alarm in failing}
        late = [Alarm(kind="erasure-late", **vars(late)) for late in await tables.late()]  # reads the log on
        return Overview(
            now_us=now_us,
            demo=any(item.decision.demo for item in stands),
            filming=filming,
            recent=await tables.recent.ended({one.deployment for one in filming}, now_us),
            next=next(iter(upcoming), None),
            upcoming=upcoming,
            alarms=[
                *late,
                *unplaced(stands, titles, now_us),
                *failing,
                *unready(await tables.unready(now_us), said),
            ],
        )

    async def _names(self, stands: StandingDecision) -> list[str]:
        return [signing.name for signing in await self._tables.approvals.signings(stands.decided.digest)]


def _id(stands: StandingDecision) -> str:
    return stands.decision.deployment


def _filming(
    stands: StandingDecision,
    now_us: int,
    title: str,
    units: Mapping[str, UnitRow],
    looks: Iterable[tuple[Grant, LookerRow]],
    approved_by: list[str],
) -> FilmingDeployment:
    decision, course = stands.decision, stands.course
    window = course.window(now_us) or Window(now_us, now_us)
    own = [(grant, row) for grant, row in looks if grant.deployment == decision.deployment]
    return FilmingDeployment(
        deployment=decision.deployment,
        number=decision.number,
        title=title,
        regime=decision.regime,
        serial=decision.serial,
        recording_mode=decision.recording,
        overrun=_overrun(course, window, now_us),
        necessary_until_us=course.necessary_until_us(now_us),
        operators=[fingerprint(key) for key in decision.team.operators],
        from_us=window.from_us,
        until_us=window.to_us,
        retention_h=decision.retention_h,
        demo=decision.demo,
        approved_by=approved_by,
        cameras=[_camera(placed, stands, units.get(placed.assignment.unit)) for placed in stands.placed],
        watching=len({grant.actor for grant, row in own if row.watching}),
        looks=[_look(grant, row) for grant, row in own if row.watching or grant.purpose == "replay"],
    )


def _overrun(course: Course, window: Window, now_us: int) -> OverrunState:
    further = course.next_overrun(now_us, NO_REASON)
    return OverrunState(
        times=course.decision.overrun.times,
        minutes=course.decision.overrun.minutes,
        taken=course.taken(window),
        left=course.left(window),
        last_us=course.last_us(now_us) or window.to_us,
        next_us=None if further is None else further.until_us,
    )


def _camera(placed: Placed, stands: StandingDecision, unit: UnitRow | None) -> FilmingCamera:
    assignment = placed.assignment
    does = None if unit is None else _does(unit, assignment.camera)
    doing = None if does is None else does.doing
    films = None if doing is None else doing == "filming"
    return FilmingCamera(
        camera=assignment.camera,
        post=assignment.post,
        unit=assignment.unit,
        name=stands.post_name(assignment.post),
        unit_online=unit is not None and unit.online,
        since_us=_since_us(unit),
        doing=doing,
        rule=None if does is None else does.rule,
        recording=stands.decision.recording == "continuous" and films,
        source_note=None if unit is None else unit.source_note,
    )


def _since_us(unit: UnitRow | None) -> int | None:
    if unit is None:
        return None
    return unit.changed_at_us if unit.online else unit.seen_at_us


def _does(unit: UnitRow, camera: str) -> CameraState | None:
    """What the unit says that its camera does; None where it does not say."""
    state = last_state(unit) if unit.online else None
    return None if state is None else next((each for each in state.cameras if each.camera == camera), None)


def _look(grant: Grant, row: LookerRow) -> Look:
    return Look(
        name=row.display,
        purpose=grant.purpose,
        cameras=list(grant.cameras),
        log_index=row.log_index,
        since_us=grant.from_us,
    )


def _upcoming(stands: Iterable[StandingDecision], titles: Mapping[str, str], now_us: int) -> Iterator[NextWindow]:
    for item in stands:
        decision = item.decision
        for window in decision.windows:
            if window.from_us > now_us and (item.stop is None or window.from_us < item.stop.ends_at_us):
                yield NextWindow(
                    deployment=decision.deployment,
                    number=decision.number,
                    title=titles.get(decision.deployment, decision.number),
                    from_us=window.from_us,
                    to_us=window.to_us,
                    posts=len(decision.posts),
                    placed=len({placed.assignment.post for placed in item.placed}),
                )


def _alarms(filming: FilmingDeployment, camera: FilmingCamera) -> Iterator[Alarm]:
    """What is wrong with a camera that may film now; of what its unit does not report nothing more is known."""
    silent = not camera.unit_online
    if silent or camera.doing in ("failing", "refused"):
        yield Alarm(
            kind="unit-silent" if silent else "camera-failing",
            since_us=camera.since_us if silent else None,
            number=filming.number,
            unit=camera.unit,
            camera=camera.camera,
            name=camera.name,
            rule=camera.rule,
            until_us=filming.until_us,
        )
