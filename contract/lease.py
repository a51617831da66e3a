# SPDX-License-Identifier: EUPL-1.2
"""The lease: "these orders still stand", asked by a unit and answered by the hub; and which limit rules without one.

A mandate is a retained message, so who swallows what follows it could keep a withdrawn order alive. A lease bounds
that: a unit asks every five minutes with a nonce of its own, and the keeper answers what stands. Only an answer within
30 s counts, so that a broker cannot serve an old one late.

:func:`ruling` is the one table of `docs/reference/mandate.md`. It needs no wall clock for the lease: a unit counts what
it has *spent* since the last signed hub time on its monotonic clock (:class:`Contact`), keeps that over a reboot, and a
reboot only spends more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from contract.mandate import Decision
from contract.record import Digest, Micros, Name, Nonce, Size, Text, Uuid
from contract.running import Course

LEASE_REQUEST = "lease-request"
LEASE = "lease"
LEASE_LIFE_US = 900_000_000
ASK_EVERY_US = 300_000_000
ANSWER_WITHIN_US = 30_000_000
REBOOT_SPENDS_US = 600_000_000  # where no real-time clock says how long it took
OFFLINE_GRACE = "offline-grace"  # the header's mark of what is filmed past the lease
REBOOTED_OFFLINE = "rebooted-offline"  # and of what is filmed after a restart that reached no hub yet


@dataclass(frozen=True)
class LeaseRequest:
    """Signed by the unit's identity key. `asked_at_us` is the unit's own clock, for people who look for a fault."""

    unit: Name
    start_id: Nonce
    nonce: Nonce
    asked_at_us: Micros


@dataclass(frozen=True)
class Stands:
    """One order that stands: the digests of its decision and its assignment."""

    deployment: Uuid
    decision: Digest
    assignment: Digest


@dataclass(frozen=True)
class Lease:
    """Signed by the order key, in answer to one nonce: what stands for this unit, and what time the hub has."""

    unit: Name
    nonce: Nonce
    stands: Annotated[tuple[Stands, ...], Size(0, 64)]
    hub_time_us: Micros
    until_us: Micros


@dataclass(frozen=True)
class Contact:
    """The last signed hub time, and how much has passed since, by the unit's monotonic clock and its reboots.

    `lease_us` is how long a lease lasts from that time. `stands` is None when the time came from a mandate message,
    which counts as a lease for all that it holds, once. `rebooted` says that a restart lies between.
    """

    hub_time_us: Micros
    lease_us: Micros
    spent_us: Micros
    rebooted: bool
    stands: tuple[Stands, ...] | None

    def later(self, by_us: int) -> Contact:
        """The same contact when this much more has passed."""
        return replace(self, spent_us=self.spent_us + max(0, by_us))

    def after_reboot(self, away_us: int | None) -> Contact:
        """The same contact after a restart: what a real-time clock says it took, else the fixed ten minutes."""
        spends_us = REBOOT_SPENDS_US if away_us is None else away_us
        return replace(self.later(spends_us), rebooted=True)


@dataclass(frozen=True)
class Ruling:
    """May this order be filmed under now: the rule that decides, until when at most, and what headers must say."""

    may: bool
    rule: Text
    reason: Text
    until_us: Micros
    marks: tuple[str, ...] = ()


def ruling(course: Course, order: Stands, at_us: int, stop_us: int | None, contact: Contact | None) -> Ruling:
    """Which limit rules: the window first; a stop; whether it is necessary; inside them the lease; without it what the
    decision says.

    Args:
        course: verified: the decision, and what was signed while it runs.
        order: how a lease would name it.
        at_us: the unit's time.
        stop_us: the earliest stop seen for this decision.
        contact: the last signed hub time, None for none ever.
    """
    window = course.window(at_us)
    if window is None:
        return Ruling(False, "window.closed", "no window is open", at_us)
    if stop_us is not None and at_us >= stop_us:
        return Ruling(False, "mandate.stopped", "filming under this decision was stopped", at_us)
    necessary_us = course.necessary_until_us(at_us)
    if necessary_us is not None and at_us >= necessary_us:
        return Ruling(False, "R06", "nobody confirmed in the last 24 hours that filming is necessary", at_us)
    if contact is None:
        return Ruling(False, "lease.none", "the hub has not confirmed that this order stands", at_us)
    if contact.stands is not None and order not in contact.stands:
        return Ruling(False, "lease.not-named", "the hub no longer names this order", at_us)
    ends = (end_us for end_us in (window.to_us, stop_us, necessary_us) if end_us is not None)
    return _by_contact(course.decision, contact, at_us, min(ends))


def _by_contact(decision: Decision, contact: Contact, at_us: int, end_us: int) -> Ruling:
    """Inside an open window: the lease, or what may be filmed without one."""
    lease_us = contact.lease_us - contact.spent_us
    grace_us = decision.offline_grace_s * 1_000_000 - contact.spent_us if decision.on_link_loss == "record" else 0
    until_us = min(end_us, at_us + max(lease_us, grace_us))
    marks = (REBOOTED_OFFLINE,) if contact.rebooted else ()
    if lease_us > 0:
        return Ruling(True, "lease.runs", "under a lease", until_us, marks)
    if grace_us > 0:
        return Ruling(
            True, "lease.grace", "the hub is not reached; within the grace", until_us, (OFFLINE_GRACE, *marks)
        )
    if decision.on_link_loss == "record" and decision.offline_grace_s * 1_000_000 > contact.lease_us:
        return Ruling(False, "lease.grace-spent", "the hub is not reached and the grace is spent", at_us)
    return Ruling(False, "lease.over", "the lease is over and the hub is not reached", at_us)
