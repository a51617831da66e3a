# SPDX-License-Identifier: EUPL-1.2
"""What stands for a deployment: its newest logged decision, that one's keyset and stop, what was signed while it runs,
and who is placed where.

Read from records that the keeper logged. What may be done under them is judged where it is done: by the keeper and by
the unit, who trust neither this nor the database.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from contract import placement
from contract.authority import place_of
from contract.envelope import read
from contract.mandate import (
    ASSIGNMENT,
    DECISION,
    KEYSET,
    STOP,
    Assignment,
    Decision,
    HourKey,
    Keyset,
    Post,
    Stop,
    Window,
)
from contract.placement import Placed
from contract.record import load
from contract.roster import BINDING, ROSTER
from contract.running import NECESSITY, OVERRUN, Course, Necessity, OverrunTaken
from hub.store.records import RecordRow, SignedRecords

SOON_US = 30 * 60_000_000  # so long before a window opens its cameras hang


@dataclass(frozen=True)
class StandingDecision:
    """A decision in force, with what hangs on it. `decided`, `issued` and `stopped` are the records as logged.

    `placed` and `aimed` are the assignments that hold under the decision, of which aiming may be over; `former` are the
    placements that do not, or that another one took the place of. `newest` are the newest placements of posts, whether
    or not they hold, and `serials` the highest serial of each place. `running` are the overruns and confirmations as
    logged, `earlier` the deployment's decisions before this one.
    """

    decision: Decision
    decided: RecordRow
    keyset: Keyset | None
    issued: RecordRow | None
    placed: tuple[Placed, ...]
    stop: Stop | None = None
    stopped: RecordRow | None = None
    aimed: tuple[Placed, ...] = ()
    former: tuple[Placed, ...] = ()
    newest: tuple[Placed, ...] = ()
    serials: Mapping[str, int] = field(default_factory=dict)
    running: tuple[RecordRow, ...] = ()
    earlier: tuple[RecordRow, ...] = ()

    @property
    def course(self) -> Course:
        """The decision as it runs: when its windows end."""
        return self.course_for(None)

    def course_for(self, setup: Window | None) -> Course:
        """The same, or of an assignment for aiming what it may do."""
        return course_of(self.decision, self.running, setup)

    def window(self, at_us: int) -> Window | None:
        """The window that is open at a moment, to its prolonged end; none once filming was stopped."""
        return None if self._stopped(at_us) else self.course.window(at_us)

    def aiming(self, at_us: int) -> tuple[Placed, ...]:
        """The assignments for aiming whose quarter of an hour runs at a moment."""
        if self._stopped(at_us):
            return ()
        return tuple(
            placed for placed in self.aimed if self.course_for(placed.assignment.setup).window(at_us) is not None
        )

    def over(self, at_us: int) -> bool:
        """Whether nothing more can come of it: stopped, or past its last window with overrun and grace."""
        return self._stopped(at_us) or at_us >= self.decision.last_moment_us

    def next_start(self, at_us: int) -> int | None:
        """When filming under it begins: now where a window is open, else the next window's start, None after all."""
        if self._stopped(at_us):
            return None
        if self.window(at_us) is not None:
            return at_us
        ahead = [window.from_us for window in self.decision.windows if window.from_us > at_us]
        return min((start_us for start_us in ahead if not self._stopped(start_us)), default=None)

    def pressing(self, at_us: int) -> Window | None:
        """The window that is open at a moment, or opens within half an hour of it."""
        start_us = self.next_start(at_us)
        if start_us is None or start_us - at_us > SOON_US:
            return None
        return self.course.window(start_us)

    @property
    def unplaced(self) -> tuple[Post, ...]:
        """The posts at which no camera is placed; none where no more units may film than are placed."""
        placed = {placed.assignment.post for placed in self.placed}
        room = self.decision.max_units - len({placed.assignment.unit for placed in self.placed})
        return tuple(post for post in self.decision.posts if post.post not in placed) if room > 0 else ()

    def camera(self, camera: str) -> Placed | None:
        """Where a camera is placed."""
        return next((placed for placed in self.placed if placed.assignment.camera == camera), None)

    def post_name(self, post: str) -> str:
        """What people call a post."""
        return next((p.name for p in self.decision.posts if p.post == post), post)

    def _stopped(self, at_us: int) -> bool:
        return self.stop is not None and at_us >= self.stop.ends_at_us


@dataclass(frozen=True)
class InForce:
    """The roster, its bindings, and every decision that units are to be told of, as they stood at one moment."""

    roster: RecordRow | None
    bindings: tuple[RecordRow, ...]
    decisions: tuple[StandingDecision, ...]


def course_of(decision: Decision, records: Iterable[RecordRow], setup: Window | None = None) -> Course:
    """How a decision runs, by the records of its deployment."""
    rows = [row for row in records if row.type in (OVERRUN, NECESSITY) and row.serial == decision.serial]
    bodies = [(row, read(row.envelope).body) for row in rows if row.deployment == decision.deployment]
    overruns = tuple(load(OverrunTaken, body) for row, body in bodies if row.type == OVERRUN)
    confirmed = tuple(load(Necessity, body).confirmed_at_us for row, body in bodies if row.type == NECESSITY)
    return Course(decision, overruns, confirmed, setup)


def standing(records: Iterable[RecordRow]) -> StandingDecision | None:
    """What stands for one deployment by its records; None while nothing is decided."""
    rows = list(records)
    decisions = [row for row in rows if row.type == DECISION]
    return _with(max(decisions, key=lambda row: row.serial), rows) if decisions else None


def orderable(records: Iterable[RecordRow]) -> StandingDecision | None:
    """What a unit can be told: as `standing`, by the newest decision whose hour keys are born.

    A newer decision is logged before its keys are: meanwhile the older one stands, for what is left out of a unit's
    message is withdrawn from it.
    """
    rows = list(records)
    decisions = sorted((row for row in rows if row.type == DECISION), key=lambda row: row.serial, reverse=True)
    return next((item for item in (_with(row, rows) for row in decisions) if item.issued), None)


def _with(decided: RecordRow, rows: Sequence[RecordRow]) -> StandingDecision:
    keysets = [(row, load(Keyset, read(row.envelope).body)) for row in rows if row.type == KEYSET]
    issued = max((item for item in keysets if item[1].decision == decided.digest), key=_serial, default=None)
    stops = [(row, load(Stop, read(row.envelope).body)) for row in rows if row.type == STOP]
    own = [item for item in stops if item[1].serial == decided.serial]
    stopped = min(own, key=lambda item: item[1].ends_at_us, default=None)
    running = [row for row in rows if row.type in (OVERRUN, NECESSITY) and row.serial == decided.serial]
    decision = load(Decision, read(decided.envelope).body)
    logged = sorted((_placed(row) for row in rows if row.type == ASSIGNMENT), key=lambda one: one.log_index)
    newest = {place_of(one.assignment): one for one in logged}
    holding = [one for one in placement.newest(logged) if placement.holds(one, decision)]
    placed = tuple(one for one in holding if one.assignment.setup is None)
    return StandingDecision(
        decision=decision,
        decided=decided,
        keyset=issued[1] if issued else None,
        issued=issued[0] if issued else None,
        placed=placed,
        stop=stopped[1] if stopped else None,
        stopped=stopped[0] if stopped else None,
        aimed=tuple(one for one in holding if one.assignment.setup is not None),
        former=tuple(one for one in logged if one.assignment.setup is None and one not in placed),
        newest=tuple(one for one in newest.values() if one.assignment.setup is None),
        serials={place: one.assignment.serial for place, one in newest.items()},
        running=tuple(running),
        earlier=tuple(row for row in rows if row.type == DECISION and row.serial < decided.serial),
    )


def _serial(item: tuple[RecordRow, Keyset]) -> int:
    return item[1].serial


def _placed(row: RecordRow) -> Placed:
    envelope = read(row.envelope)
    return Placed(load(Assignment, envelope.body), envelope, row.log_index)


def _first_window(stands: StandingDecision) -> int:
    return min(window.from_us for window in stands.decision.windows)


def _by_deployment(rows: Iterable[RecordRow]) -> list[list[RecordRow]]:
    grouped: dict[str, list[RecordRow]] = {}
    for row in rows:
        if row.deployment is not None:
            grouped.setdefault(row.deployment, []).append(row)
    return list(grouped.values())


class Orders:
    """Reads what stands."""

    def __init__(self, records: SignedRecords) -> None:
        self._records = records

    async def of_deployment(self, deployment: str) -> StandingDecision | None:
        """What stands for one deployment."""
        return standing(await self._records.of_deployment(deployment))

    async def current(self, now_us: int) -> list[StandingDecision]:
        """What stands for every deployment that is not over, first window first."""
        found = [standing(rows) for rows in _by_deployment(await self._rows(now_us))]
        return sorted((item for item in found if item is not None and not item.over(now_us)), key=_first_window)

    async def in_force(self, now_us: int) -> InForce:
        """What units are to be told, at one moment; what was stopped too, until its windows are over."""
        rows = await self._rows(now_us)
        rosters = [row for row in rows if row.type == ROSTER]
        found = [orderable(rows) for rows in _by_deployment(rows)]
        current = [item for item in found if item is not None and item.decision.last_moment_us > now_us]
        return InForce(
            # Of two with one serial, which the keeper does not log, the first.
            roster=max(rosters, key=lambda row: (row.serial, -row.log_index), default=None),
            bindings=tuple(row for row in rows if row.type == BINDING),
            decisions=tuple(sorted(current, key=_first_window)),
        )

    async def _rows(self, now_us: int) -> list[RecordRow]:
        def lasts(row: RecordRow) -> bool:
            return load(Decision, read(row.envelope).body).last_moment_us > now_us

        return await self._records.at_one_moment((ROSTER, BINDING), DECISION, lasts)

    async def decision(self, digest: str) -> Decision | None:
        """The logged decision of this digest."""
        row = await self._records.get(digest)
        return load(Decision, read(row.envelope).body) if row is not None and row.type == DECISION else None

    async def course(self, digest: str) -> Course | None:
        """How the logged decision of this digest runs."""
        decision = await self.decision(digest)
        return None if decision is None else course_of(decision, await self._records.of_deployment(decision.deployment))

    async def assignment(self, digest: str) -> Assignment | None:
        """The logged assignment of this digest, in force or not any more."""
        row = await self._records.get(digest)
        return load(Assignment, read(row.envelope).body) if row is not None and row.type == ASSIGNMENT else None

    async def hour_keys(self, deployment: str) -> list[HourKey]:
        """Every hour key that was ever issued for a deployment."""
        rows = await self._records.of_deployment(deployment)
        return [key for row in rows if row.type == KEYSET for key in load(Keyset, read(row.envelope).body).keys]
