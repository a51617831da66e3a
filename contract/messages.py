# SPDX-License-Identifier: EUPL-1.2
"""What a unit and the hub tell each other over MQTT, besides the mandate and the leases. All of it is signed.

Upward by the unit's film key or, before there is one, by its identity key; downward by the order key. The broker is
trusted for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from contract.envelope import Envelope
from contract.record import Count, Digest, Micros, Name, Nonce, Range, Size, Text, Uuid
from contract.segment import ClockState

INDEX_ROW = "index-row"
STATE = "state"
ACK = "ack"


@dataclass(frozen=True)
class IndexRow:
    """One per segment, sent at once, also when the segment itself is never uploaded. Signed by the film key."""

    deployment: Uuid
    unit: Name
    camera: Name
    run: Nonce
    segment: Count
    start_id: Nonce
    decision: Digest
    assignment: Digest
    hour_key: Nonce
    film_certificate: Envelope
    previous: Digest
    chain: Digest
    header_sha256: Digest
    records: Annotated[int, Range(1, 2**31)]
    length: Count
    from_us: Micros
    to_us: Micros


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
    """Segment and index row are stored and stand in the log: the unit may delete its copy."""

    unit: Name
    chain: Digest
    log_index: Count
    at_us: Micros
