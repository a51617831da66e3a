# SPDX-License-Identifier: EUPL-1.2
"""Is this unit ready for its next window? Pure: from what it last said, what is planned, and the hub's time.

Each check says by a key and its figures what holds or what is to be done; the console has the words. What a unit said
long ago says nothing of tomorrow, so without a fresh report nothing is ready.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from contract.messages import CameraState, Health

FRESH_US = 120_000_000  # four reports missed
CLOCK_ERROR_US = 1_000_000  # what a clock may be off, by the kernel's own bound or against ours
CLOCK_OFF_US = 60_000_000  # between the unit's clock and ours, its way included
PICTURE_WITHIN_US = 40_000_000  # before its report a camera that films had a picture
UNPLANNED_US = 24 * 3_600_000_000  # how far ahead is looked where nothing is planned: tomorrow
BYTES_PER_S = 250_000  # one camera at 2 Mbit/s


@dataclass(frozen=True)
class Planned:
    """The window that a unit films in now or next. `last_us` is its end with the whole overrun and grace."""

    deployment: str
    number: str
    decision: str
    from_us: int
    to_us: int
    last_us: int
    recorded: bool
    post: str = ""  # what people call the post


@dataclass(frozen=True)
class Facts:
    """What is known of a unit; `health` came at `received_at_us`, by the hub's clock."""

    health: Health | None
    received_at_us: int
    camera: CameraState | None
    planned: Planned | None
    held_back: int


@dataclass(frozen=True)
class Check:
    """One thing: whether it is as it must be, what to say of it, and the figures in it.

    `warns`: it is right now, and nothing keeps it so.
    """

    check: str
    ok: bool
    says: str
    parameters: dict[str, int | str] = field(default_factory=dict)
    warns: bool = False


def readiness(facts: Facts, now_us: int) -> tuple[Check, ...]:
    """All checks, in the order in which a person would look."""
    health = facts.health
    if health is None:
        return tuple(Check(name, False, "report.none") for name in CHECKS)
    if now_us - facts.received_at_us > FRESH_US:
        return tuple(Check(name, False, "report.old", {"at_us": facts.received_at_us}) for name in CHECKS)
    return tuple(check(facts, health, now_us) for check in CHECKS.values())


def certificate(facts: Facts, health: Health, now_us: int) -> Check:
    """Without a certificate a unit can say and send nothing."""
    until_us = health.certificate_until_us
    needed_us = facts.planned.last_us if facts.planned is not None else now_us + UNPLANNED_US
    if until_us <= now_us:
        return Check("certificate", False, "certificate.over", {"until_us": until_us})
    if until_us < needed_us:
        return Check("certificate", False, "certificate.ends-before", {"until_us": until_us, "needed_us": needed_us})
    return Check("certificate", True, "certificate.lasts", {"until_us": until_us})


def clock(facts: Facts, health: Health, now_us: int) -> Check:
    """A wrong clock opens a window at the wrong time, and every picture is marked with it.

    One that nobody keeps is right for as long as ours finds it right, which each report shows anew. The way of a report
    counts as being off: what is measured is a bound, and never smaller than the truth by more than our own error.
    """
    off_us = health.at_us - facts.received_at_us
    if abs(off_us) > CLOCK_OFF_US:
        return Check("clock", False, "clock.ahead" if off_us > 0 else "clock.behind", {"off_us": abs(off_us)})
    if not health.clock.synchronised or health.clock.error_us > CLOCK_ERROR_US:
        if abs(off_us) > CLOCK_ERROR_US:
            return Check("clock", False, "clock.free", {"off_us": abs(off_us)})
        return Check("clock", True, "clock.agrees", {"off_us": abs(off_us)}, warns=True)
    return Check("clock", True, "clock.synchronised", {"error_us": health.clock.error_us})


def disk(facts: Facts, health: Health, now_us: int) -> Check:
    """Whether the whole window fits even if nothing can be sent; at least an hour where nothing is planned."""
    room = max(0, min(health.disk_free, health.spool_limit - health.spool_bytes))
    room_us = room * 1_000_000 // BYTES_PER_S
    planned = facts.planned
    needed_us = 3_600_000_000
    if planned is not None:
        needed_us = planned.to_us - max(now_us, planned.from_us) if planned.recorded else 0
    figures: dict[str, int | str] = {"room_us": room_us, "needed_us": needed_us}
    return Check("disk", room_us >= needed_us, "disk.room" if room_us >= needed_us else "disk.short", figures)


def mandate(facts: Facts, health: Health, now_us: int) -> Check:
    """Whether the unit itself holds, verified, the order that the hub has for it."""
    planned, camera = facts.planned, facts.camera
    if planned is None:
        return Check("mandate", False, "mandate.unplanned")
    figures: dict[str, int | str] = {"number": planned.number, "from_us": planned.from_us}
    if any((order.decision, order.from_us) == (planned.decision, planned.from_us) for order in health.orders):
        return Check("mandate", True, "mandate.held", figures)
    if facts.held_back:
        return Check("mandate", False, "mandate.held-back", figures)
    if camera is not None and camera.doing == "refused" and camera.rule is not None:
        return Check("mandate", False, "mandate.refused", {**figures, "rule": camera.rule})
    return Check("mandate", False, "mandate.missing", figures)


def camera(facts: Facts, health: Health, now_us: int) -> Check:
    """A camera is opened under an order alone, so before the window nothing can be said of it."""
    state = facts.camera
    if state is None or state.doing in ("waiting", "refused"):
        return Check("camera", True, "camera.shut")
    if state.doing == "failing":
        return Check("camera", False, "camera.failing", {"rule": state.rule or ""})
    seen = [each.last_picture_at_us for each in health.cameras if each.camera == state.camera]
    last_us = next((at_us for at_us in seen if at_us is not None), None)
    if last_us is None or health.at_us - last_us > PICTURE_WITHIN_US:
        return Check("camera", False, "camera.silent")
    left_out = sum(each.left_out for each in health.cameras)
    if left_out:
        return Check("camera", False, "camera.leaves-out", {"pictures": left_out})
    return Check("camera", True, "camera.filming")


def lease(facts: Facts, health: Health, now_us: int) -> Check:
    """Whether the hub's word that the orders stand reached the unit lately."""
    until_us = health.lease_until_us
    if until_us is None:
        return Check("lease", False, "lease.none")
    if until_us <= now_us:
        return Check("lease", False, "lease.over", {"until_us": until_us})
    return Check("lease", True, "lease.runs", {"until_us": until_us})


CHECKS: dict[str, Callable[[Facts, Health, int], Check]] = {
    "certificate": certificate,
    "clock": clock,
    "disk": disk,
    "mandate": mandate,
    "camera": camera,
    "lease": lease,
}
