# SPDX-License-Identifier: EUPL-1.2
"""Is every moment of a deployment's windows footage or a signed gap? Per camera, by the rows that its units sent.

A window is held against the rows of its own decision as far as it was ordered: from its beginning, until a newer
decision or assignment took its place, or it was stopped. Of a window that is open the last minute is left out, for
its rows may still be on their way.

The database is an index over the rows. What is shown to people is read from it; `verified` takes no row whose
signature, key and order do not hold, and is what an examination of the whole hub goes by.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from contract.chain import JOIN_US, coverage, end_of, meets
from contract.envelope import read
from contract.filmed import check_ordered
from contract.index import ROWS, Gap, IndexRow, Row
from contract.mandate import ASSIGNMENT, DECISION, HOUR_US, STOP, Assignment, Decision, Stop, Window
from contract.record import INTEGER_LIMIT, ContractError, load
from contract.running import Course
from hub.deployments.standing import course_of
from hub.ingest.messages import SpoiltRowError, kept_row
from hub.store.records import RecordRow, SignedRecords
from hub.store.rows import KeptRow, Rows

SPAN_US = 24 * HOUR_US  # what is looked at together
LATE_US = 60_000_000  # a unit states a minute of nothing, and a segment has 20 s at most
Ended = Literal["window", "stopped", "withdrawn", "replaced"]


@dataclass(frozen=True)
class WindowCoverage:
    """One camera in one window of one decision, as far as it lies in the time that was asked for.

    `to_us` is how far the window was ordered, `over` whether that passed.

    `recorded` are stretches without a hole of more than half a second; `missing` is neither recorded nor a gap.
    """

    decision: str
    serial: int
    from_us: int
    to_us: int
    recorded: tuple[Window, ...]
    gaps: tuple[Gap, ...]
    missing: tuple[Window, ...]
    ended: Ended | None  # as its unit stated
    over: bool

    @property
    def closed(self) -> bool:
        """Whether its end was stated."""
        return self.ended is not None

    @property
    def whole(self) -> bool:
        """Whether nothing is missing and, once it is over, its end was stated."""
        return not self.missing and (self.closed or not self.over)


@dataclass(frozen=True)
class CameraCoverage:
    """One camera of a deployment.

    `unlinked` are the beginnings of rows before which a row is missing, `unsound` is how many rows prove nothing: the
    keeper would not log them, or they cannot be read as they were signed.
    """

    camera: str
    windows: tuple[WindowCoverage, ...]
    unlinked: tuple[int, ...]
    unsound: int

    @property
    def whole(self) -> bool:
        """Whether its windows are whole and its chain is."""
        return not self.unlinked and not self.unsound and all(window.whole for window in self.windows)


@dataclass(frozen=True)
class _Ordered:
    """How long a decision was in force: until a newer one was logged, or it was stopped; and how it ran."""

    digest: str
    course: Course
    from_us: int
    to_us: int

    @property
    def decision(self) -> Decision:
        """What was decided."""
        return self.course.decision


@dataclass(frozen=True)
class _Placed:
    """How long an assignment was in force: until a newer one of its post was logged."""

    assignment: Assignment
    from_us: int
    to_us: int


class Coverages:
    """Holds rows against orders, of a day at most and one camera after another: in memory are one camera's rows."""

    def __init__(self, rows: Rows, records: SignedRecords, now_us: Callable[[], int]) -> None:
        self._rows = rows
        self._records = records
        self._now_us = now_us

    async def of_deployment(
        self, deployment: str, camera: str | None = None, span: Window | None = None, verified: bool = False
    ) -> list[CameraCoverage]:
        """What is there of each camera that was placed in a deployment, or of one of them.

        Args:
            deployment: its id.
            camera: only this one.
            span: of this time, `SPAN_US` at most; without it the window that is open, or was last, and of a longer one
                its last day so far.
            verified: believe no row that is not proved by itself.
        """
        orders = OrderBook(await self._records.of_deployment(deployment), self._now_us())
        seen = orders.newest() if span is None else span
        named = sorted(orders.cameras if camera is None else orders.cameras & {camera})
        unlinked = await self._rows.unlinked(named, (seen.from_us, seen.to_us))
        found = []
        for name in named:
            kept = await self._rows.of_camera(deployment, name, seen.from_us, seen.to_us)
            holes = [row.from_us for row in unlinked if row.camera == name and row.deployment == deployment]
            found.append(await asyncio.to_thread(orders.held, CameraRows(name, kept, holes), seen, verified))
        return found


@dataclass(frozen=True)
class CameraRows:
    """One camera's rows, and the beginnings of those before which a row is missing."""

    camera: str
    kept: Sequence[KeptRow]
    unlinked: Sequence[int]


class OrderBook:
    """What was ordered in one deployment, as its records say it; the moment is the hub's own."""

    def __init__(self, records: Sequence[RecordRow], now_us: int) -> None:
        self._now_us = now_us
        self._decisions = _in_force(records)
        self._placed = {row.digest: placed for row, placed in _placed(records)}

    @property
    def cameras(self) -> set[str]:
        """Every camera that was ever placed."""
        return {placed.assignment.camera for placed in self._placed.values()}

    def newest(self) -> Window:
        """The window that is open, or was last, or is the first to come; of a longer one its last day so far."""
        windows = sorted((w for order in self._decisions for w in order.course.windows), key=lambda w: w.from_us)
        begun = [window for window in windows if window.from_us <= self._now_us]
        window = next(iter([*reversed(begun), *windows]), Window(self._now_us, self._now_us + 1))
        to_us = min(window.to_us, max(self._now_us, window.from_us + SPAN_US))
        return Window(max(window.from_us, to_us - SPAN_US), to_us)

    def held(self, of: CameraRows, span: Window, verified: bool) -> CameraCoverage:
        """One camera's rows, held against its windows as far as they lie in the span."""
        own = _as_chained(list(of.kept))
        rows = [body for row in own if (body := self._body(row, verified)) is not None]
        windows = [
            found
            for order in self._decisions
            for window in order.course.windows
            if window.from_us < span.to_us and window.to_us > span.from_us
            if (found := self._window(of.camera, rows, order, window, span)) is not None
        ]
        return CameraCoverage(of.camera, tuple(windows), tuple(of.unlinked), len(own) - len(rows))

    def _body(self, row: KeptRow, verified: bool) -> Row | None:
        """What a row says; None where it proves nothing."""
        if row.refused is not None:
            return None
        try:
            if not verified:
                envelope = read(row.row)
                return load(ROWS[envelope.type], envelope.body) if envelope.type == row.kind else None
            _, body = kept_row(row)
            order = next((order for order in self._decisions if order.digest == body.decision), None)
            placed = self._placed.get(body.assignment)
            if order is None or placed is None:
                return None
            check_ordered(body, row.identity or b"", order.course, placed.assignment)
        except (ContractError, SpoiltRowError):
            return None
        return body

    def _window(
        self, camera: str, rows: list[Row], order: _Ordered, window: Window, span: Window
    ) -> WindowCoverage | None:
        """A window as far as it was ordered for a camera, and lies in the span; None where it was not, and nothing
        speaks of it."""
        own = [row for row in rows if row.decision == order.digest and meets(row, window)]
        until_us = max((self._ends(placed, order, window) for placed in self._of(camera)), default=window.from_us)
        if order.decision.recording != "continuous":
            until_us = window.from_us
        if not own and min(until_us, self._now_us - LATE_US) <= window.from_us:
            return None
        closing = end_of(own, order.digest, window)
        from_us = max(window.from_us, span.from_us)
        whole_us = closing.to_us if closing is not None else max(until_us, window.from_us + 1)
        if whole_us <= span.from_us and window.from_us < span.from_us:
            return None  # over before the span begins
        to_us = whole_us if span.to_us >= window.to_us else min(whole_us, span.to_us)
        looked_us = to_us if closing is not None else max(min(to_us, self._now_us - LATE_US), from_us)
        found = coverage(own, order.digest, Window(from_us, looked_us))
        return WindowCoverage(
            decision=order.digest,
            serial=order.decision.serial,
            from_us=from_us,
            to_us=to_us,
            recorded=_joined(row for row in own if isinstance(row, IndexRow) and row.from_us < to_us),
            gaps=tuple(sorted(found.gaps, key=lambda gap: gap.from_us)),
            missing=found.missing,
            ended=None if closing is None else closing.ended,
            over=closing is not None or self._now_us - LATE_US >= to_us,
        )

    def _of(self, camera: str) -> list[_Placed]:
        return [placed for placed in self._placed.values() if placed.assignment.camera == camera]

    def _ends(self, placed: _Placed, order: _Ordered, window: Window) -> int:
        """Until when a window was ordered by these two together; its beginning where it never was."""
        from_us = max(placed.from_us, order.from_us, window.from_us)
        to_us = min(placed.to_us, order.to_us, window.to_us)
        return to_us if from_us < to_us else window.from_us


def _as_chained(rows: list[KeptRow]) -> list[KeptRow]:
    """One camera's rows as they follow one another; stretches between which a row is not here, by how late they end."""
    following: dict[str | None, list[KeptRow]] = {}
    for row in rows:
        following.setdefault(row.previous, []).append(row)
    here = {row.chain for row in rows}
    stretches = []
    for first in (row for row in rows if row.previous not in here):
        stretch, ahead = list[KeptRow](), [first]
        while ahead:
            stretch.append(ahead.pop())
            ahead.extend(following.pop(stretch[-1].chain, ()))
        stretches.append(stretch)
    stretches.sort(key=lambda found: (max(row.to_us for row in found), max(row.received_at_us for row in found)))
    return [row for stretch in stretches for row in stretch]


def _joined(rows: Iterable[Row]) -> tuple[Window, ...]:
    """Stretches of footage, without the holes that are none."""
    found: list[Window] = []
    for row in sorted(rows, key=lambda row: row.from_us):
        if found and row.from_us - found[-1].to_us <= JOIN_US:
            found[-1] = Window(found[-1].from_us, max(found[-1].to_us, row.to_us))
        else:
            found.append(Window(row.from_us, row.to_us))
    return tuple(found)


def _in_force(records: Sequence[RecordRow]) -> tuple[_Ordered, ...]:
    """Every decision and how long it was in force, oldest first."""
    decisions = sorted((row for row in records if row.type == DECISION), key=lambda row: row.serial)
    stops = [load(Stop, read(row.envelope).body) for row in records if row.type == STOP]
    found = []
    for number, row in enumerate(decisions):
        body = load(Decision, read(row.envelope).body)
        ends = [stop.ends_at_us for stop in stops if stop.serial == row.serial]
        ends += [newer.logged_at_us for newer in decisions[number + 1 : number + 2]]
        course = course_of(body, records)
        found.append(_Ordered(row.digest, course, row.logged_at_us, min(ends, default=body.last_moment_us)))
    return tuple(found)


def _placed(records: Sequence[RecordRow]) -> list[tuple[RecordRow, _Placed]]:
    """Every assignment and how long it was in force; not those for aiming, under which nothing is recorded."""
    rows = sorted((row for row in records if row.type == ASSIGNMENT), key=lambda row: row.serial)
    bodies = [(row, load(Assignment, read(row.envelope).body)) for row in rows]
    recorded = [(row, body) for row, body in bodies if body.setup is None]
    found = []
    for number, (row, body) in enumerate(recorded):
        newer = [other.logged_at_us for other, _ in recorded[number + 1 :] if other.subject == row.subject]
        found.append((row, _Placed(body, row.logged_at_us, min(newer, default=INTEGER_LIMIT))))
    return found
