# SPDX-License-Identifier: EUPL-1.2
"""The unit's state, as it reports it: signed by its identity, numbered, every five seconds and at each change."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from contract.authority import Refusal
from contract.envelope import enclose
from contract.messages import STATE, CameraState, State
from contract.record import dump
from edge.unit.authority import NotNow, Standing
from edge.unit.clock import UnitClock
from edge.unit.identity import Identity

EVERY_US = 5_000_000
AIMED = "mandate.setup"
Doing = Literal["waiting", "refused", "failing"]
_WITHOUT_ORDER: dict[str, Doing] = {
    "mandate.none": "waiting",
    "mandate.stopped": "waiting",
    "window.before": "waiting",
    "window.after": "waiting",
    "spool.full": "failing",
    **dict.fromkeys(("lease.none", "lease.not-named", "lease.over", "lease.grace-spent"), "waiting"),
}


@dataclass(frozen=True)
class Report:
    """What may change between two states."""

    camera: CameraState
    checkpoint_size: int
    unsent: int
    cut: int


class Reporter:
    """Says it when it is new or five seconds old. `state` may be asked for by any thread."""

    def __init__(
        self, identity: Identity, start_id: str, position: str, clock: UnitClock, look: Callable[[], Report]
    ) -> None:
        """`look` gives what is to be reported now."""
        self._identity, self._start_id, self._position = identity, start_id, position
        self._clock, self._look = clock, look
        self._sequence = itertools.count()
        self._said: Report | None = None
        self._said_at_us = 0

    def state(self, online: bool) -> bytes:
        """The signed state now; with `online` false, a last will or a goodbye."""
        report, now_us = self._look(), self._clock.now_us()
        state = State(
            unit=self._identity.unit,
            start_id=self._start_id,
            sequence=next(self._sequence),
            at_us=now_us,
            online=online,
            checkpoint_size=report.checkpoint_size,
            clock=self._clock.state(),
            position="pinned" if self._position == "pinned" else "unknown",
            cameras=(report.camera,),
            unsent=report.unsent,
            cut=report.cut,
        )
        return dump(enclose(STATE, state, self._identity.key))

    def say(self, publish: Callable[[bytes], bool]) -> None:
        """Publish the state if it is due; what was not taken is due again."""
        report, now_us = self._look(), self._clock.now_us()
        due = report != self._said or not 0 <= now_us - self._said_at_us < EVERY_US
        if due and publish(self.state(True)):
            self._said, self._said_at_us = report, now_us


def seen(camera: str, found: Standing | NotNow, trouble: tuple[str, str] | None, held: Refusal | None) -> CameraState:
    """What a camera does, as its state says it.

    Args:
        camera: its name.
        found: the order that stands, or why none does.
        trouble: rule and words of what keeps it from filming all the same.
        held: a newer mandate that was refused while the older one stands.
    """
    if isinstance(found, NotNow):
        doing: Doing = _WITHOUT_ORDER.get(found.rule, "refused")
        return CameraState(camera, doing, found.rule, found.reason)
    if trouble is not None:
        return CameraState(camera, "failing", *trouble)
    if held is None and found.order.assignment.setup is not None:
        return CameraState(camera, "filming", AIMED, "for aiming: shown live, small, and not recorded")
    return CameraState(camera, "filming", held.rule if held else None, held.reason if held else None)
