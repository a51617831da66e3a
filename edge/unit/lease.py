# SPDX-License-Identifier: EUPL-1.2
"""The unit's side of the lease: it asks the hub what still stands, and keeps how long ago it last heard.

:class:`Asking` has one question open at a time, with a nonce of its own. An answer counts once, within 30 s on the
monotonic clock; time is counted from the question, for that is the earliest moment at which it can have been signed.

:class:`Contacts` keeps what `contract.lease.ruling` is asked with, in `contact.json` in the unit's folder: written at
each answer and each minute, and read at each start. A restart spends what the clock says it took where the kernel holds
the clock for synchronised at both ends, else ten minutes. A file that is missing or torn is no contact at all.

An order counts as confirmed from when it was signed and logged, by its own decision and assignment: what else the log
holds says nothing of it, and whoever passes messages on may put any of that beside it. An answer that is newer rules.
"""

from __future__ import annotations

import threading
from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path

from contract.authority import Order, RefusedError
from contract.envelope import enclose, opened, read
from contract.lease import (
    ANSWER_WITHIN_US,
    ASK_EVERY_US,
    LEASE,
    LEASE_LIFE_US,
    LEASE_REQUEST,
    Contact,
    Lease,
    LeaseRequest,
    Stands,
)
from contract.record import ContractError, Micros, dump, load
from edge.unit.clock import UnitClock
from edge.unit.files import replace_file
from edge.unit.identity import Identity, Random
from edge.unit.memory import MemoryFileError

CONTACT = "contact.json"
CONTACT_LIMIT = 64 * 1024  # bytes; an answer with 64 orders takes 17 KiB, as many new ones 25 KiB
KEEP_EVERY_US = 60_000_000


def named(order: Order) -> Stands:
    """How a lease names an order."""
    return Stands(order.decision.deployment, order.decision_digest, order.assignment_digest)


@dataclass(frozen=True)
class Given:
    """An order that was signed later than the newest answer, and how long ago."""

    order: Stands
    contact: Contact


@dataclass(frozen=True)
class Kept:
    """What the file holds, as it was at `at_us` by a clock that was synchronised or not."""

    answered: Contact | None
    given: tuple[Given, ...]
    at_us: Micros
    synchronised: bool


class Contacts:
    """What was last heard of each order, and what has been spent since. One thread uses it."""

    def __init__(self, state: Path, clock: UnitClock) -> None:
        """Take up what was kept, with the restart spent.

        Raises:
            MemoryFileError: that it was spent cannot be made durable, and so would be given back by the next restart.
        """
        self._path, self._clock = state / CONTACT, clock
        kept = _read(self._path)
        away_us = _away_us(kept, clock)
        self._answered = kept.answered.after_reboot(away_us) if kept.answered is not None else None
        self._given = {given.order: given.contact.after_reboot(away_us) for given in kept.given}
        self._before: tuple[Stands, ...] = ()  # what stood before the newest answer
        self._at_ns = clock.monotonic_ns()
        self._kept_ns: int | None = None  # what is in memory is not what is on disk
        self.keep()

    def of(self, order: Stands) -> Contact | None:
        """What is to be held against an order at this moment; None where the hub never said a word of it."""
        contact = self._given.get(order, self._answered)
        return None if contact is None else contact.later(self._gone_us)

    def doubted(self, order: Stands) -> bool:
        """Whether only one answer, within half a minute, left this order out: its successor may be on its way."""
        contact = self.of(order)
        if contact is None or contact.stands is None or order in contact.stands:
            return False
        return order in self._before and contact.spent_us <= ANSWER_WITHIN_US

    @property
    def answered(self) -> Contact | None:
        """The newest answer, as it is at this moment."""
        return None if self._answered is None else self._answered.later(self._gone_us)

    def answer(self, lease: Lease, since_us: int) -> None:
        """The hub answered a question that was asked so long ago. Raises as `keep` does; it counts nevertheless."""
        self._now()
        life_us = lease.until_us - lease.hub_time_us
        named_before = self._answered.stands if self._answered is not None else None
        self._before = (*(named_before or ()), *self._given)
        self._answered = Contact(lease.hub_time_us, life_us, since_us, False, lease.stands)
        self._given = {order: given for order, given in self._given.items() if given.hub_time_us > lease.hub_time_us}
        self._kept_ns = None
        self.keep()

    def give(self, signed_us: Mapping[Stands, int], standing: Container[Stands]) -> None:
        """Orders were given that were signed then. Raises as `keep` does; they count nevertheless.

        Args:
            signed_us: of each order of a message that was taken.
            standing: every order that stands now; what was given and does not is forgotten.
        """
        self._now()
        before = self._given
        self._given = {order: contact for order, contact in before.items() if order in standing}
        answered_us = self._answered.hub_time_us if self._answered is not None else 0
        for order, at_us in signed_us.items():
            if at_us > answered_us and order not in self._given:
                spent_us = max(0, self._clock.now_us() - at_us)
                self._given[order] = Contact(at_us, LEASE_LIFE_US, spent_us, False, None)
        if self._given.keys() != before.keys():
            self._kept_ns = None
        self.keep()

    def keep(self) -> None:
        """Make durable what is new, and once a minute what is spent.

        Raises:
            MemoryFileError: it could not be; the next call tries again.
        """
        now_ns = self._clock.monotonic_ns()
        due = self._kept_ns is None or (now_ns - self._kept_ns) // 1000 >= KEEP_EVERY_US
        if not due or (self._answered is None and not self._given and not self._path.exists()):
            return
        self._now()
        given = tuple(Given(order, contact) for order, contact in self._given.items())
        kept = Kept(self._answered, given, self._clock.now_us(), self._clock.state().synchronised)
        try:
            replace_file(self._path, dump(kept))
        except OSError as error:
            raise MemoryFileError(f"{error.filename or self._path}: {error.strerror}") from error
        self._kept_ns = now_ns

    def _now(self) -> None:
        """Spend what has passed: what is held is as of this moment afterwards."""
        gone_us = self._gone_us
        self._at_ns += gone_us * 1000
        self._given = {order: contact.later(gone_us) for order, contact in self._given.items()}
        self._answered = None if self._answered is None else self._answered.later(gone_us)

    @property
    def _gone_us(self) -> int:
        return (self._clock.monotonic_ns() - self._at_ns) // 1000


class Asking:
    """One start's questions to the hub. `anew` may be called by any thread, the rest by one."""

    def __init__(self, identity: Identity, start_id: str, clock: UnitClock, random: Random) -> None:
        """Nothing is asked yet, so that asking is due."""
        self._identity, self._start_id, self._clock, self._random = identity, start_id, clock, random
        self._nonce: str | None = None  # of the question that is open
        self._asked_ns = 0
        self._unanswered = 0
        self._anew = threading.Event()
        self._anew.set()

    def anew(self) -> None:
        """Ask at the next occasion: the line stands again, a question was not taken, or there are other orders."""
        self._anew.set()

    @property
    def due(self) -> bool:
        """Whether to ask now: every five minutes; sooner while no answer comes, and less often each time."""
        every_us = ASK_EVERY_US
        if self._nonce is not None:
            every_us = min(ASK_EVERY_US, ANSWER_WITHIN_US << min(self._unanswered, 4))
        return self._anew.is_set() or self._since_us > every_us

    def question(self) -> bytes:
        """A new question, signed. An answer to an earlier one no longer counts."""
        self._unanswered = 0 if self._anew.is_set() or self._nonce is None else self._unanswered + 1
        self._anew.clear()
        self._nonce, self._asked_ns = self._random(16).hex(), self._clock.monotonic_ns()
        request = LeaseRequest(self._identity.unit, self._start_id, self._nonce, self._clock.now_us())
        return dump(enclose(LEASE_REQUEST, request, self._identity.key))

    def answer(self, data: bytes, order_key: bytes) -> tuple[Lease, int]:
        """The lease in an answer to the open question, and how long ago that was asked.

        Raises:
            RefusedError: the order key did not sign it, it answers something else, or it comes too late.
        """
        try:
            lease = opened(read(data), LEASE, Lease, order_key)
        except ContractError as error:
            raise RefusedError("lease.signature", str(error)) from error
        since_us = self._since_us
        if lease.unit != self._identity.unit:
            raise RefusedError("lease.unit", "the lease is for another unit")
        if lease.nonce != self._nonce:
            raise RefusedError("lease.nonce", "the lease answers no question that is open")
        if since_us > ANSWER_WITHIN_US:
            raise RefusedError("lease.late", f"the lease came {since_us // 1_000_000} s after the question")
        if not 0 <= lease.until_us - lease.hub_time_us <= LEASE_LIFE_US:
            raise RefusedError("lease.life", "the lease lasts longer than fifteen minutes")
        self._nonce = None
        return lease, since_us

    @property
    def _since_us(self) -> int:
        return (self._clock.monotonic_ns() - self._asked_ns) // 1000


def _read(path: Path) -> Kept:
    """What was kept; what cannot be read is as good as nothing, for then the hub must confirm first."""
    try:
        with path.open("rb") as file:
            return load(Kept, file.read(CONTACT_LIMIT + 1), CONTACT_LIMIT)
    except (OSError, ContractError):
        return Kept(None, (), 0, False)


def _away_us(kept: Kept, clock: UnitClock) -> int | None:
    """How long the restart took, since this was kept; None where the clock does not say."""
    return clock.now_us() - kept.at_us if kept.synchronised and clock.state().synchronised else None
