# SPDX-License-Identifier: EUPL-1.2
"""A clock for tests whose hands they move."""

from __future__ import annotations

from edge.unit.clock import UnitClock
from tests.unit.edge.unit import CLOCK, NOW_US


class Hands:
    """A wall clock and a monotonic one that a test moves."""

    def __init__(self) -> None:
        self.wall_us, self.monotonic_ns = NOW_US, 5_000_000_000

    def pass_us(self, duration_us: int) -> None:
        self.wall_us += duration_us
        self.monotonic_ns += duration_us * 1000

    def clock(self) -> UnitClock:
        """As a program has it that starts now."""
        return UnitClock(lambda: self.wall_us, lambda: self.monotonic_ns, lambda: CLOCK)
