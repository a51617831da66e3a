# SPDX-License-Identifier: EUPL-1.2
"""The unit's state, as it reports it: signed by its identity, numbered, every five seconds and at each change."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from contract.envelope import enclose
from contract.messages import STATE, CameraState, State
from contract.record import dump
from edge.unit.clock import UnitClock
from edge.unit.identity import Identity

EVERY_US = 5_000_000


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
