# SPDX-License-Identifier: EUPL-1.2
"""The timeline: for each camera of a deployment what is recorded, still at its unit, a gap, or erased.

From rows and the headers of what is stored; nothing is opened, so nothing is logged. Time that no row covers is not
there: the unit has not said yet, or is not heard.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from hub.footage.ordered import Ordered, ordered
from hub.footage.recordings import Recordings
from hub.problem import ProblemError
from hub.store.footage import Footage, Stretch
from hub.store.records import SignedRecords

SPAN_LIMIT = 5000
STRETCH_LIMIT_US = 24 * 3_600_000_000
Kind = Literal["recorded", "fetching", "gap", "erased"]


@dataclass(frozen=True)
class Span:
    """A stretch of one camera. `reason` is a gap's, or why its unit deleted a segment that never came."""

    kind: Kind
    from_us: int
    to_us: int
    segment: str | None = None
    run: str | None = None
    reason: str | None = None
    due_us: int | None = None
    starts_on_keyframe: bool | None = None


@dataclass(frozen=True)
class CameraSpans:
    """One camera at its post."""

    camera: str
    post: str
    unit: str
    spans: list[Span]


@dataclass(frozen=True)
class Seen:
    """What there is. `truncated`: only the oldest; ask again from where the last span begins."""

    now_us: int
    truncated: bool
    cameras: list[CameraSpans]


class Timeline:
    """Reads what was recorded."""

    def __init__(
        self, footage: Footage, records: SignedRecords, recordings: Recordings, now_us: Callable[[], int]
    ) -> None:
        self._footage = footage
        self._records = records
        self._recordings = recordings
        self._now_us = now_us

    async def see(self, deployment: str, from_us: int, to_us: int) -> Seen:
        """What a deployment's cameras have of this time, each span whole.

        Raises:
            ProblemError: no such deployment, or no stretch of a day at most.
        """
        if not 0 < to_us - from_us <= STRETCH_LIMIT_US:
            raise ProblemError("invalid-request", where="to_us", reason="not a stretch of 24 hours at most")
        order = ordered(await self._records.of_deployment(deployment))
        if order is None:
            raise ProblemError("not-found")
        now_us = self._now_us()
        found = await self._footage.of_deployment(deployment, from_us, to_us, SPAN_LIMIT + 1)
        shown = found[:SPAN_LIMIT]
        starts = await self._recordings.starts(stretch for stretch in shown if not order.gone(stretch, now_us))
        cameras = {placed.camera: CameraSpans(placed.camera, placed.post, placed.unit, []) for placed in order.placed}
        for stretch in shown:
            if stretch.camera in cameras:
                span = _span(stretch, order, now_us)
                cameras[stretch.camera].spans.append(replace(span, starts_on_keyframe=starts.get(stretch.chain)))
        return Seen(now_us, len(found) > SPAN_LIMIT, list(cameras.values()))


def _span(stretch: Stretch, order: Ordered, now_us: int) -> Span:
    if stretch.run is None:
        return Span("gap", stretch.from_us, stretch.to_us, reason=stretch.reason)
    due_us = order.due_us(stretch.from_us)
    if order.gone(stretch, now_us):
        lost = None if stretch.stored else stretch.lost
        return Span("erased", stretch.from_us, stretch.to_us, run=stretch.run, reason=lost, due_us=due_us)
    kind: Kind = "recorded" if stretch.stored else "fetching"
    return Span(kind, stretch.from_us, stretch.to_us, segment=stretch.chain, run=stretch.run, due_us=due_us)
