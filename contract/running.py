# SPDX-License-Identifier: EUPL-1.2
"""How a decision runs: what is signed while it does, by one person, and within what two people signed before.

An *overrun* prolongs the window that is open: one operator of the team signs it, as often and as long as the decision
allows. A confirmed *necessity* (R06) is one approver's word that filming is still necessary: it counts for 24 hours, as
the start of a window does, and without it filming stops. A *setup* is an assignment for aiming: a quarter of an hour,
live alone, also in the day before a window.

:class:`Course` is the one place where windows get their ends, for the unit, the keeper, the hub and an outsider. What
it is made of is verified by who makes it (`contract.authority`, `hub.keeper.checks`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated

from contract.mandate import HOUR_US, OVERRUNS_LIMIT, Decision, Serial, Window
from contract.record import ContractError, Digest, Micros, Range, Uuid

OVERRUN = "overrun"
NECESSITY = "necessity"
NECESSITY_LIFE_US = 24 * HOUR_US  # R06
SETUP_LIFE_US = 15 * 60_000_000
SETUP_AHEAD_US = 24 * HOUR_US  # nothing is aimed longer before a window than this
AHEAD_US = 60_000_000  # a person's clock may be this far ahead of the log's


@dataclass(frozen=True)
class OverrunTaken:
    """Signed by one of the team's operators: the window that began then goes on until this moment.

    `serial` is the decision's, `nth` counts the overruns of one window from 1. Why is kept apart, where it can be
    erased: `reason_digest` is a salted commitment to it.
    """

    deployment: Uuid
    serial: Serial
    window_from_us: Micros
    nth: Annotated[int, Range(1, OVERRUNS_LIMIT)]
    until_us: Micros
    reason_digest: Digest


@dataclass(frozen=True)
class Necessity:
    """Signed by one bound approver: filming under the decision of this serial was still necessary at this moment."""

    deployment: Uuid
    serial: Serial
    confirmed_at_us: Micros


@dataclass(frozen=True)
class Course:
    """A decision, the overruns that were taken of its windows, and when it was confirmed that it is necessary.

    With `setup` it is what an assignment for aiming may do: that stretch alone, where it begins in the day before a
    window or in it, and no longer than the window.
    """

    decision: Decision
    overruns: tuple[OverrunTaken, ...] = ()
    confirmed_us: tuple[int, ...] = ()
    setup: Window | None = None

    @property
    def windows(self) -> tuple[Window, ...]:
        """When filming is allowed, each window to its prolonged end, and none into the next one."""
        prolonged = _prolonged(self.decision, self.overruns)
        if self.setup is None:
            return prolonged
        from_us = self.setup.from_us
        ends_us = [window.to_us for window in prolonged if window.from_us - SETUP_AHEAD_US <= from_us < window.to_us]
        return (replace(self.setup, to_us=min(self.setup.to_us, max(ends_us))),) if ends_us else ()

    def window(self, at_us: int) -> Window | None:
        """The window that is open at a moment."""
        return next((window for window in self.windows if window.from_us <= at_us < window.to_us), None)

    def necessary_until_us(self, at_us: int) -> int | None:
        """Until when it stands, in the window that is open, that filming is necessary; None where that does not count.

        24 hours from the window's start, or from the newest confirmation that lies before this moment. Windows that
        touch are one: to cut it into pieces begins no new day.
        """
        window = self.window(at_us)
        if window is None or self.setup is not None:
            return None
        confirmed = (moment for moment in self.confirmed_us if moment <= at_us)
        return max([self._begun_us(window), *confirmed]) + NECESSITY_LIFE_US

    def _begun_us(self, window: Window) -> int:
        """When filming began that goes on in a window: its start, or that of the first of those that touch."""
        from_us = window.from_us
        for before in sorted(self.windows, key=lambda other: other.from_us, reverse=True):
            if before.from_us < from_us <= before.to_us:
                from_us = before.from_us
        return from_us

    def last_us(self, at_us: int) -> int | None:
        """When the window that is open ends at the latest, with all of its overrun; None where none is open."""
        window = self.window(at_us)
        if window is None or self.setup is not None:
            return None if window is None else window.to_us
        whole_us = _own_end(self.decision, window.from_us) + self.decision.overrun.times * _overrun_us(self.decision)
        starts_us = [other.from_us for other in self.decision.windows if other.from_us > window.from_us]
        return max(window.to_us, min([whole_us, *starts_us]))

    def taken(self, window: Window) -> int:
        """How many overruns were taken of a window."""
        return sum(taken.window_from_us == window.from_us for taken in self.overruns)

    def left(self, window: Window) -> int:
        """How many may still be taken of it."""
        return self.decision.overrun.times - self.taken(window) if self.decision.overrun.minutes else 0

    def next_overrun(self, at_us: int, reason_digest: str) -> OverrunTaken | None:
        """The overrun that may be taken of the window that is open now; None where none may."""
        window = self.window(at_us)
        if window is None or self.setup is not None or self.left(window) <= 0:
            return None
        nth = self.taken(window) + 1
        return OverrunTaken(
            self.decision.deployment,
            self.decision.serial,
            window.from_us,
            nth,
            _own_end(self.decision, window.from_us) + nth * _overrun_us(self.decision),
            reason_digest,
        )


def check_overruns(decision: Decision, overruns: Iterable[OverrunTaken]) -> None:
    """Whether these are overruns that the decision allows: of one of its windows each, exactly as long as it says,
    counted from 1 without a hole.

    Raises:
        ContractError: names the first thing that is wrong.
    """
    counted: dict[int, int] = {}
    for taken in sorted(overruns, key=lambda taken: (taken.window_from_us, taken.nth)):
        if (taken.deployment, taken.serial) != (decision.deployment, decision.serial):
            raise ContractError("the overrun is of another decision")
        end_us = _own_end(decision, taken.window_from_us)
        if taken.nth > decision.overrun.times:
            raise ContractError("the decision does not allow so many overruns")
        if taken.until_us != end_us + taken.nth * _overrun_us(decision):
            raise ContractError("the overrun is not as long as the decision says")
        if taken.nth != counted.get(taken.window_from_us, 0) + 1:
            raise ContractError("an overrun is missing before this one, or it was taken twice")
        counted[taken.window_from_us] = taken.nth


def check_necessity(necessity: Necessity, decision: Decision, logged_at_us: int) -> None:
    """Whether a confirmation is of this decision, and was not made for a time to come.

    Raises:
        ContractError: it is of another, or from the future.
    """
    if (necessity.deployment, necessity.serial) != (decision.deployment, decision.serial):
        raise ContractError("the confirmation is of another decision")
    if necessity.confirmed_at_us > logged_at_us + AHEAD_US:
        raise ContractError("the confirmation speaks of a time to come")


def check_setup(setup: Window) -> None:
    """Whether a setup runs forwards, for a quarter of an hour at most. Raises ContractError."""
    if not 0 < setup.to_us - setup.from_us <= SETUP_LIFE_US:
        raise ContractError("a setup lasts a quarter of an hour at most")


def _overrun_us(decision: Decision) -> int:
    return decision.overrun.minutes * 60_000_000


def _own_end(decision: Decision, from_us: int) -> int:
    found = next((window for window in decision.windows if window.from_us == from_us), None)
    if found is None:
        raise ContractError("the overrun is of a window that the decision does not have")
    return found.to_us


def _prolonged(decision: Decision, overruns: Iterable[OverrunTaken]) -> tuple[Window, ...]:
    ends: Mapping[int, int] = {
        taken.window_from_us: taken.until_us for taken in sorted(overruns, key=lambda taken: taken.nth)
    }
    starts = sorted(window.from_us for window in decision.windows)
    found = []
    for window in decision.windows:
        next_us = next((start_us for start_us in starts if start_us > window.from_us), None)
        to_us = max(window.to_us, ends.get(window.from_us, window.to_us))
        found.append(replace(window, to_us=to_us if next_us is None else min(to_us, next_us)))
    return tuple(found)
