# SPDX-License-Identifier: EUPL-1.2
"""The order to film: decision, assignment, keyset, and the one message that carries them to a unit.

Three signed records, because three kinds of people change them at three speeds, a stop that shortens them, and what is
signed while they run (`contract.running`); with their log proofs they are the *mandate*. `contract.authority` says
whether a unit may film under one. Positions are in units of 1e-7 degree (WGS 84), angles in thousandths of a degree,
times in microseconds UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from contract.envelope import Envelope
from contract.record import (
    INTEGER_LIMIT,
    RECORD_LIMIT,
    ContractError,
    Count,
    Digest,
    Key,
    Micros,
    Name,
    Nonce,
    Pattern,
    Range,
    Size,
    Text,
    Uuid,
    load,
)

DECISION = "decision"
ASSIGNMENT = "assignment"
KEYSET = "keyset"
STOP = "stop"

RETENTION_CEILING_H = 672  # 28 days: Gemeentewet article 151c(9); configured only downwards
GRACE_CEILING_S = 12 * 3600
OVERRUNS_LIMIT = 4  # of one window
HOUR_US = 3_600_000_000
MESSAGE_LIMIT = RECORD_LIMIT

Serial = Annotated[int, Range(1, 2**31)]
Latitude = Annotated[int, Range(-900_000_000, 900_000_000)]
Longitude = Annotated[int, Range(-1_800_000_000, 1_800_000_000)]


@dataclass(frozen=True)
class Position:
    """A place, in 1e-7 degree WGS 84."""

    lat_e7: Latitude
    lon_e7: Longitude


Polygon = Annotated[tuple[Position, ...], Size(3, 64)]


@dataclass(frozen=True)
class View:
    """Where a camera looks: clockwise from north, down from the horizon, and the width of its view."""

    azimuth_mdeg: Annotated[int, Range(0, 359_999)]
    tilt_mdeg: Annotated[int, Range(-90_000, 90_000)]
    hfov_mdeg: Annotated[int, Range(1_000, 180_000)]
    height_mm: Annotated[int, Range(0, 100_000)]


@dataclass(frozen=True)
class Post:
    """A place for one camera. `ceiling_px_per_m` is how sharp it may be at most (IEC 62676-4:2025)."""

    post: Name
    name: Text
    position: Position
    area: Polygon
    view: View
    ceiling_px_per_m: Annotated[int, Range(1, 1500)]


@dataclass(frozen=True)
class Window:
    """When filming is allowed: from inclusive, to exclusive."""

    from_us: Micros
    to_us: Micros


@dataclass(frozen=True)
class Overrun:
    """How often and how long one of the team may prolong a window."""

    times: Annotated[int, Range(0, OVERRUNS_LIMIT)]
    minutes: Annotated[int, Range(0, 60)]


@dataclass(frozen=True)
class Team:
    """Who may place cameras under this decision: public keys (SPKI). Operators may prolong its windows, too."""

    operators: Annotated[tuple[Key, ...], Size(2, 16)]
    installers: Annotated[tuple[Key, ...], Size(0, 16)]

    @property
    def keys(self) -> tuple[bytes, ...]:
        """All of them: any two sign an assignment."""
        return (*self.operators, *self.installers)


@dataclass(frozen=True)
class Decision:
    """What two different approvers sign: where, when, how sharp, recorded how, kept how long, seen by whom."""

    deployment: Uuid
    number: Annotated[str, Pattern(r"[0-9]{4}-[0-9]{3,5}")]
    serial: Serial
    regime: Literal["G151C", "PW3", "COUNT"]
    designation: Text
    delegation: Text
    necessity: Text
    area: Polygon
    posts: Annotated[tuple[Post, ...], Size(1, 32)]
    windows: Annotated[tuple[Window, ...], Size(1, 32)]
    overrun: Overrun
    recording: Literal["none", "on_reason", "continuous"]
    prebuffer_s: Annotated[int, Range(0, 120)]
    on_link_loss: Literal["record", "stop"]
    team: Team
    live: Literal["clear", "masked"]
    retention_h: Annotated[int, Range(1, RETENTION_CEILING_H)]
    upload: Literal["live", "deferred", "on_demand"]
    offline_grace_s: Annotated[int, Range(0, GRACE_CEILING_S)]
    max_units: Annotated[int, Range(1, 64)]
    decided_at_us: Micros
    demo: bool

    @property
    def after_us(self) -> int:
        """How long past a window's end its whole overrun and the offline grace reach."""
        return self.overrun.times * self.overrun.minutes * 60_000_000 + self.offline_grace_s * 1_000_000

    @property
    def last_moment_us(self) -> int:
        """The end of the last window with its whole overrun and grace: what hour keys must cover."""
        return max(window.to_us for window in self.windows) + self.after_us

    def window(self, at_us: int) -> Window | None:
        """The window that is open at a moment."""
        return next((window for window in self.windows if window.from_us <= at_us < window.to_us), None)


@dataclass(frozen=True)
class Mask:
    """What is blacked out before anything is stored: a polygon in thousandths of the picture's width and height."""

    x: Annotated[tuple[Annotated[int, Range(0, 1000)], ...], Size(3, 32)]
    y: Annotated[tuple[Annotated[int, Range(0, 1000)], ...], Size(3, 32)]


@dataclass(frozen=True)
class Assignment:
    """This unit at that post, signed by two of the team. Survives a newer decision that leaves its post as it was.

    With `setup` it is for aiming: the camera is watched in that stretch, a quarter of an hour at most, and recorded
    never. Its serials are their own, so that aiming anew withdraws no placement.
    """

    deployment: Uuid
    serial: Serial
    post: Name
    post_digest: Digest
    unit: Name
    unit_key: Digest
    epoch: Annotated[int, Range(1, 2**31)]
    camera: Name
    masks: Annotated[tuple[Mask, ...], Size(0, 32)]
    masks_digest: Digest
    zones: Annotated[tuple[Mask, ...], Size(0, 32)]
    setup: Window | None = None


@dataclass(frozen=True)
class HourKey:
    """The public half (X25519, 32 bytes) that one hour's footage of one layer is sealed to, and when it must die."""

    key: Nonce
    from_us: Micros
    layer: Literal["main", "sub"]
    public: Annotated[bytes, Size(32, 32)]
    due_us: Annotated[int, Range(0, INTEGER_LIMIT)]


@dataclass(frozen=True)
class Keyset:
    """The hour keys of a deployment, to the end of its windows with overrun and grace; signed by the order key."""

    deployment: Uuid
    serial: Serial
    decision: Digest
    keys: Annotated[tuple[HourKey, ...], Size(1, 256)]

    def for_hour(self, at_us: int, layer: str = "main") -> HourKey | None:
        """The key that a picture of this moment is sealed to, or None: then nothing is filmed."""
        hour_us = at_us - at_us % HOUR_US
        return next((key for key in self.keys if key.from_us == hour_us and key.layer == layer), None)


@dataclass(frozen=True)
class Stop:
    """Signed by the order key alone: filming under this decision ends at that moment, or has ended. It only shortens.

    It names the decision's serial, so that a newer decision, by two people again, stands beside it unharmed.
    """

    deployment: Uuid
    serial: Serial
    ends_at_us: Micros


@dataclass(frozen=True)
class LoggedLeaf:
    """A leaf of the log (canonical bytes) with its place and its inclusion path under the message's checkpoint."""

    index: Count
    entry: Annotated[bytes, Size(2, 4096)]
    path: Annotated[tuple[Annotated[bytes, Size(32, 32)], ...], Size(0, 63)]


@dataclass(frozen=True)
class Consistency:
    """A proof that the log only grew from this size (which the unit reported) to the message's checkpoint."""

    from_size: Count
    path: Annotated[tuple[Annotated[bytes, Size(32, 32)], ...], Size(0, 63)]


@dataclass(frozen=True)
class Mandate:
    """One deployment's order for one unit. What was signed while it ran says when its windows end.

    `swapped` are the newest assignments of posts at which another unit was placed after this one: so it knows by itself
    that its own are older. `earlier` are the decisions that they were signed under, where this one has another team.
    """

    decision: Envelope
    assignments: Annotated[tuple[Envelope, ...], Size(0, 8)]
    keyset: Envelope
    overruns: Annotated[tuple[Envelope, ...], Size(0, 16)] = ()
    necessities: Annotated[tuple[Envelope, ...], Size(0, 16)] = ()
    swapped: Annotated[tuple[Envelope, ...], Size(0, 8)] = ()
    earlier: Annotated[tuple[Envelope, ...], Size(0, 8)] = ()
    stop: Envelope | None = None


@dataclass(frozen=True)
class MandateMessage:
    """All that a unit needs to know that it may film, in one retained message of at most 64 KiB."""

    roster: Envelope
    bindings: Annotated[tuple[Envelope, ...], Size(2, 64)]
    mandates: Annotated[tuple[Mandate, ...], Size(0, 8)]
    leaves: Annotated[tuple[LoggedLeaf, ...], Size(0, 128)]
    checkpoint: Annotated[str, Size(1, 4096)]
    consistency: Consistency


def read_message(data: bytes) -> MandateMessage:
    """A mandate message from its bytes; nothing in it is verified yet.

    Raises:
        ContractError: too long or not of this form.
    """
    return load(MandateMessage, data, MESSAGE_LIMIT)


def check_decision(decision: Decision) -> None:
    """What the types cannot say: windows run forwards and apart, posts have names of their own.

    Raises:
        ContractError: names the first thing that is wrong.
    """
    for window in decision.windows:
        if window.to_us <= window.from_us:
            raise ContractError("a window ends before it begins")
    ordered = sorted(decision.windows, key=lambda window: window.from_us)
    if any(later.from_us < earlier.to_us for earlier, later in zip(ordered, ordered[1:], strict=False)):
        raise ContractError("two windows overlap")
    if len({post.post for post in decision.posts}) != len(decision.posts):
        raise ContractError("two posts share a name")
    if len(set(decision.team.keys)) != len(decision.team.keys):
        raise ContractError("the team names a key twice")


def check_keyset(keyset: Keyset) -> None:
    """What the types cannot say: one key for an hour and a layer, each for a whole hour and with an id of its own.

    Raises:
        ContractError: names the first thing that is wrong.
    """
    if any(key.from_us % HOUR_US for key in keyset.keys):
        raise ContractError("an hour key begins within an hour")
    if len({(key.from_us, key.layer) for key in keyset.keys}) != len(keyset.keys):
        raise ContractError("two keys for one hour and layer")
    if len({key.key for key in keyset.keys}) != len(keyset.keys):
        raise ContractError("two hour keys share an id")


def hours_touched(decision: Decision, limit: int) -> tuple[int, ...]:
    """The start of every hour that the windows touch, with their overrun and the offline grace: each takes a key.

    Counted no further than needed: where there are more than `limit`, more than `limit` of them come back.
    """
    found: set[int] = set()
    for window in decision.windows:
        first_us = window.from_us - window.from_us % HOUR_US
        end_us = min(window.to_us + decision.after_us, first_us + (limit + 1) * HOUR_US)
        found.update(range(first_us, end_us, HOUR_US))
    return tuple(sorted(found))
