# SPDX-License-Identifier: EUPL-1.2
"""One camera's accounts over its orders: which ledger is open now, and which one must be closed first.

Told at each step of the agent what is ordered, and why nothing is filmed where that is so, it opens a ledger when a
window opens, states a minute of nothing as a gap while it lasts, states the end when the window ends, and forgets what
is due. What the disk does not take is tried again at the next step and said meanwhile.

It forgets and states by what has passed for certain (`UnitClock.sure_us`). An order that stands is not over because a
clock that nothing vouches for says so: its ledger stays open, and its end is stated once that has come.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from contract.authority import Order
from contract.index import Reason
from edge.recorder.ledger import Ended, Ledger
from edge.recorder.outbox import Head, Under
from edge.recorder.recovery import FilmFor, forget_aside, forget_due, recover, settle
from edge.recorder.spool import Spool, Waiting
from edge.unit.authority import NotNow, Standing

GAP_EVERY_US = 60_000_000
TIDY_EVERY_US = 1_000_000
_REASONS: dict[str, Reason] = {
    "spool.full": "full",
    "spool.write": "disk",
    "recorder.behind": "behind",
    "mandate.keyset": "no-key",
}
_REASONS_BY_ROOM: dict[str, Reason] = {"lease": "no-lease", "camera": "no-picture", "clock": "clock", "window": "clock"}


def reason_for(rule: str) -> Reason:
    """Why there is no picture, in the closed words of a gap, from the rule that keeps it away."""
    return _REASONS.get(rule) or _REASONS_BY_ROOM.get(rule.split(".")[0], "refused")


def in_force(ordered: Standing | NotNow) -> Standing | None:
    """The order whose window is open, whether or not it may be filmed under now."""
    return ordered if isinstance(ordered, Standing) else ordered.within


def under(standing: Standing) -> Under:
    """What rows of a standing order are made under."""
    order = standing.order
    return Under(order.decision.deployment, order.decision_digest, order.assignment_digest, standing.window)


@dataclass
class Accounts:
    """Of one camera and one process start. One thread uses it, but for `tidy`, which the recorder calls.

    Args:
        now_us: the unit's time.
        sure_us: as `UnitClock.sure_us` gives it.
        orders: every order of the unit that stands.
    """

    spool: Spool
    unit: str
    camera: str
    film_for: FilmFor
    now_us: Callable[[], int]
    on_row: Callable[[Waiting], None]
    sure_us: Callable[[], int]
    orders: Callable[[], tuple[Order, ...]]
    started_at_us: int = 0
    ledger: Ledger | None = None
    _tidied_at_us: int = 0

    def recover(self, standing: Standing | NotNow) -> None:
        """What an earlier start left. Once, before anything is filmed. Raises SpoolError, OSError."""
        self.started_at_us = self.now_us()
        mine = in_force(standing)
        window = mine.window if mine is not None else None
        for waiting in recover(self.spool, self.unit, self.film_for, lambda decision, at_us: window):
            self.on_row(waiting)

    def follow(self, ordered: Standing | NotNow, filming: bool, rule: str | None) -> None:
        """Bring the ledger in step.

        Args:
            ordered: the order whose window is open now, whether or not it is filmed under, or why there is none.
            filming: whether a recorder is at work, which then makes the rows.
            rule: what keeps the camera from filming, None where nothing does.

        Raises:
            SpoolError: a row does not stand; call again.
        """
        mine = in_force(ordered)
        due = under(mine) if mine is not None and _recorded(mine) else None
        if self.ledger is not None and rule is not None:
            self.ledger.note(reason_for(rule))
        if self.ledger is not None and due is not None and self.ledger.under.same(due):
            self.ledger.prolong(due)
        if filming:
            return
        if self.ledger is None or self.ledger.under != due:
            self._change(due, ordered.rule if isinstance(ordered, NotNow) else None)
        if self.ledger is not None and self.sure_us() - self.ledger.covered_us >= GAP_EVERY_US:
            self._say(self.ledger.gap(self.sure_us()))
        self.tidy()

    def tidy(self) -> None:
        """Forget what is due, within a second. Raises SpoolError."""
        sure_us = self.sure_us()
        if abs(sure_us - self._tidied_at_us) < TIDY_EVERY_US:
            return
        for waiting in forget_due(self.spool, self.camera, self.film_for, sure_us):
            self._say(waiting)
        forget_aside(self.spool, self.camera, sure_us)
        self._tidied_at_us = sure_us

    def _change(self, due: Under | None, rule: str | None) -> None:
        """Close what is over; open what is due. `rule` says why nothing is."""
        head = self.spool.outbox.head(self.camera)
        if head is not None and not head.closed and not head.under.same(due):
            if self._stands(head, due, rule):
                if due is None:
                    return
            elif self.ledger is not None and self.ledger.under.same(head.under):
                over = self.sure_us() >= self.ledger.under.window.to_us
                self._say(self.ledger.close("window" if over else self._ended(head, rule), self.sure_us()))
            else:
                ended = self._ended(head, rule)
                self._say(settle(self.spool, self.unit, self.camera, self.film_for, ended, self.sure_us()))
        self.ledger = None
        if due is not None:
            reason: Reason = "no-picture"
            if due.window.from_us < self.started_at_us:
                reason = "no-process"
            elif self.now_us() - due.window.from_us > GAP_EVERY_US:
                reason = "no-order"
            film = self.film_for(due.decision)
            self.ledger = Ledger(self.spool, self.unit, self.camera, due, film, reason, self.sure_us)

    def _stands(self, head: Head, due: Under | None, rule: str | None) -> bool:
        """Whether only the clock says that the head's window is not open, and nothing that counts says that it is over.

        Where another window of the same order opens by that clock, this one is left without an end: it is not known.
        """
        if self.sure_us() >= head.under.window.to_us or (due is None and rule not in ("window.before", "window.after")):
            return False
        mine = (head.under.decision, head.under.assignment)
        if due is not None:
            return (due.decision, due.assignment) == mine
        return any((order.decision_digest, order.assignment_digest) == mine for order in self.orders())

    def _ended(self, head: Head, rule: str | None) -> Ended:
        """What ended a window before its time."""
        if rule == "mandate.stopped":
            return "stopped"
        mine = (head.under.decision, head.under.assignment)
        of_its_post = (
            (order.decision_digest, order.assignment_digest)
            for order in self.orders()
            if (order.decision.deployment, order.assignment.camera) == (head.under.deployment, self.camera)
        )
        return "replaced" if rule is None or any(order != mine for order in of_its_post) else "withdrawn"

    def _say(self, waiting: Waiting | None) -> None:
        if waiting is not None:
            self.on_row(waiting)


def _recorded(standing: Standing) -> bool:
    return standing.order.recorded
