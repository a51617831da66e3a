# SPDX-License-Identifier: EUPL-1.2
"""What a unit and the hub tell each other over MQTT, besides the mandate and the leases. All of it is signed.

Upward by the unit's film key or, before there is one, by its identity key; downward by the order key. The broker is
trusted for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from contract.index import INDEX_ROW, IndexRow  # noqa: F401
from contract.record import Count, Digest, Micros, Name, Nonce, Size, Text, Uuid
from contract.segment import ClockState

STATE = "state"
ACK = "ack"
HEALTH = "health"
COMMAND = "command"
COMMAND_LIFE_US = 300_000_000


@dataclass(frozen=True)
class CameraState:
    """One camera as the unit sees it: what it does, and if not filming, why not (a rule's id and words).

    While it films, rule and reason name a newer mandate that was refused: what stands is held.
    """

    camera: Name
    doing: Literal["filming", "waiting", "refused", "failing"]
    rule: Text | None
    reason: Text | None


@dataclass(frozen=True)
class State:
    """Retained; also the last will (`online` false). `checkpoint_size` is the newest log the unit has verified."""

    unit: Name
    start_id: Nonce
    sequence: Count
    at_us: Micros
    online: bool
    checkpoint_size: Count
    clock: ClockState
    position: Literal["pinned", "gnss", "unknown"]
    cameras: Annotated[tuple[CameraState, ...], Size(0, 8)]
    unsent: Count
    cut: Count


@dataclass(frozen=True)
class Ack:
    """The row with this chain value is logged, and a segment's file was stored, or its unit said that it holds none.

    The unit may delete its copy.
    """

    unit: Name
    chain: Digest
    log_index: Count
    at_us: Micros


@dataclass(frozen=True)
class CameraHealth:
    """One camera since the last report: pictures taken and left out, and when the last one came."""

    camera: Name
    pictures: Count
    left_out: Count
    last_picture_at_us: Micros | None


@dataclass(frozen=True)
class Order:
    """An order that the unit holds and has verified: what it is ready for."""

    deployment: Uuid
    decision: Digest
    from_us: Micros
    to_us: Micros


@dataclass(frozen=True)
class Health:
    """What a person asks before tomorrow: certificate, clock, disk, orders; every 30 s, by the identity key.

    `oldest_unsent_us` is the capture time of the oldest row that no ack came for; `lease_until_us` when the newest
    lease ends; a memory figure is the resident set of the agent.
    """

    unit: Name
    start_id: Nonce
    sequence: Count
    at_us: Micros
    firmware: Text
    clock: ClockState
    certificate_until_us: Micros
    disk_free: Count
    disk_total: Count
    spool_bytes: Count
    spool_limit: Count
    unsent: Count
    oldest_unsent_us: Micros | None
    lease_until_us: Micros | None
    rss_bytes: Count
    cameras: Annotated[tuple[CameraHealth, ...], Size(0, 8)]
    orders: Annotated[tuple[Order, ...], Size(0, 64)]


@dataclass(frozen=True)
class Command:
    """An instruction to one unit, signed by the order key for a logged grant; `sequence` only rises.

    `fetch`: send the segments of this camera that lie between `from_us` and `to_us` before all others, and also where
    the decision says that they are sent on demand only.
    """

    unit: Name
    sequence: Count
    issued_at_us: Micros
    expires_at_us: Micros
    grant: Count
    decision: Digest
    what: Literal["fetch"]
    camera: Name
    from_us: Micros
    to_us: Micros
