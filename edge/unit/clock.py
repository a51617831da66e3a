# SPDX-License-Identifier: EUPL-1.2
"""The unit's time: microseconds UTC that never go below what was signed, and what the kernel knows of its own clock.

Time = max(wall clock, greatest signed time seen + what has passed since, on the monotonic clock). A signed time is only
a lower bound, for it may be old; but what the hub answered to a question of this unit's own is the time of that answer,
and from then on the wall clock counts for at most a minute more than that. A clock that is not synchronised is used and
*shown*, in the state and in every header, never hidden and never a reason to be silent. But nothing is deleted, and no
statement of the past signed, by a clock for which nothing vouches.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from contract.record import INTEGER_LIMIT
from contract.segment import ClockState

KernelClock = Callable[[], ClockState]

_STA_UNSYNC = 0x0040  # linux/timex.h
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
SIGNED = "signed-time"
AHEAD_US = 60_000_000  # what a clock may be ahead of an answered question, its way included, before it is corrected
AGREES_US = 600_000_000  # a clock this close to what has passed for certain is believed: a restart, a minute unkept
UNREADABLE = ClockState("unreadable", False, INTEGER_LIMIT)


class _Timeval(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("micros", ctypes.c_long))


class _Timex(ctypes.Structure):
    """struct timex of adjtimex(2), as glibc and musl have it on 64-bit Linux."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),  # microseconds
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("time", _Timeval),
        ("tick", ctypes.c_long),
        ("ppsfreq", ctypes.c_long),
        ("jitter", ctypes.c_long),
        ("shift", ctypes.c_int),
        ("stabil", ctypes.c_long),
        ("jitcnt", ctypes.c_long),
        ("calcnt", ctypes.c_long),
        ("errcnt", ctypes.c_long),
        ("stbcnt", ctypes.c_long),
        ("tai", ctypes.c_int),
        ("reserved", ctypes.c_int * 11),
    )


def kernel_clock() -> ClockState:
    """What adjtimex(2) says: whether something disciplines the clock, and its error bound in microseconds."""
    adjtimex = getattr(ctypes.CDLL(None, use_errno=True), "adjtimex", None)
    if adjtimex is None:
        return UNREADABLE
    timex = _Timex()
    state = adjtimex(ctypes.byref(timex))  # modes 0: reads only, needs no privilege
    return UNREADABLE if state < 0 else clock_state(state, timex.status, timex.maxerror)


def clock_state(state: int, status: int, maxerror_us: int) -> ClockState:
    """A reading of the kernel's clock. `source` says who keeps it: `kernel-pll` (NTP or PTP) or `free-running`."""
    synchronised = state != _TIME_ERROR and not status & _STA_UNSYNC
    return ClockState("kernel-pll" if synchronised else "free-running", synchronised, max(0, maxerror_us))


class UnitClock:
    """The clock that every room of the agent is given. May be used from any thread."""

    def __init__(
        self,
        wall_us: Callable[[], int] = lambda: time.time_ns() // 1000,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        kernel: KernelClock = kernel_clock,
    ) -> None:
        self._wall_us, self.monotonic_ns, self._kernel = wall_us, monotonic_ns, kernel
        self._lock = threading.Lock()
        self._floor_us = 0
        self._floor_at_ns = monotonic_ns()
        self._answered_us: int | None = None
        self._answered_at_ns = self._floor_at_ns

    def now_us(self) -> int:
        """Microseconds UTC."""
        return self._bounded(self._wall_us())

    def sure_us(self) -> int:
        """The time by which something may be forgotten or stated of the past: `now_us` where anything vouches for it,
        the kernel, an answer in this start, or that it agrees with what has passed for certain; else only the latter.
        """
        now_us, floor_us = self.now_us(), self.floor_us()
        with self._lock:
            vouched = self._answered_us is not None or now_us - floor_us <= AGREES_US
        return now_us if vouched or self._kernel().synchronised else floor_us

    def state(self) -> ClockState:
        """What is known of this time's worth; a clock that what was signed corrects is not synchronised."""
        wall_us = self._wall_us()
        wrong_us = abs(self._bounded(wall_us) - wall_us)
        return ClockState(SIGNED, False, wrong_us) if wrong_us else self._kernel()

    def saw(self, signed_at_us: int) -> None:
        """A verified signature names this moment: time is past it."""
        with self._lock:
            now_ns = self.monotonic_ns()
            risen_us = self._floor_us + (now_ns - self._floor_at_ns) // 1000
            if signed_at_us > risen_us:
                self._floor_us, self._floor_at_ns = signed_at_us, now_ns

    def answered(self, hub_time_us: int) -> None:
        """A verified answer to this unit's own question came now: it is that time, and was not long before."""
        with self._lock:
            self._answered_us, self._answered_at_ns = hub_time_us, self.monotonic_ns()
        self.saw(hub_time_us)

    def _bounded(self, wall_us: int) -> int:
        with self._lock:
            answered_us, at_ns = self._answered_us, self._answered_at_ns
        if answered_us is not None:
            wall_us = min(wall_us, answered_us + (self.monotonic_ns() - at_ns) // 1000 + AHEAD_US)
        return max(wall_us, self.floor_us())

    def floor_us(self) -> int:
        """A moment that has passed for certain: the newest that was signed, and what went by since; 0 for none yet."""
        with self._lock:
            return self._floor_us + (self.monotonic_ns() - self._floor_at_ns) // 1000 if self._floor_us else 0


def utc_text(at_us: int) -> str:
    """A moment as people read it: UTC, to the second."""
    return datetime.fromtimestamp(at_us // 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
