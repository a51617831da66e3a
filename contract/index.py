# SPDX-License-Identifier: EUPL-1.2
"""What a camera's chain is made of: rows, each signed at once and each naming the one before it.

Four kinds of row. A *segment row* (:class:`IndexRow`) says what was recorded. A *gap* says what was not, and why. A
*closing statement* ends an open window: after it nothing of that window follows. A *deletion* says that the unit
forgot a segment that the hub had not taken. Together they cover every moment of a window, so that "it was off" is
provable too, and nothing can be left out: each row's `previous` is the chain value of the row before, across
processes and restarts of the unit.

A segment row's chain value is the last one inside its file; a statement's is its digest (`contract.envelope`), which
covers its `previous`. Rows are signed by the film key that their certificate names; a process that finds a segment
which an earlier one left open signs its row (`recovered`), and the segment's own header still names who filmed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from contract.envelope import Envelope
from contract.record import Count, Digest, Micros, Name, Nonce, Range, Uuid

INDEX_ROW = "index-row"
GAP = "gap"
CLOSING = "closing"
DELETION = "deletion"

Reason = Literal[
    "no-process",  # no program ran: power, a crash, a restart
    "no-order",  # the window was open before this unit held a verified order for it
    "no-lease",  # the hub no longer confirmed the order, and the decision says stop, or the grace was spent
    "no-key",  # the keyset has no key for this hour
    "no-picture",  # the camera gave none, or none that adds up
    "disk",  # it could not be written, or what was written is not durable
    "full",  # the spool held all that it may
    "behind",  # the disk did not keep up
    "clock",  # the clock was moved, or is not trusted
    "refused",  # a term of the order that this unit cannot keep
]
"""Why there is no picture of a stretch of an open window."""
Layer = Literal["main", "sub"]


@dataclass(frozen=True)
class IndexRow:
    """One per segment, sent at once, also when the segment itself is never uploaded."""

    deployment: Uuid
    unit: Name
    camera: Name
    layer: Layer
    run: Nonce
    segment: Count
    start_id: Nonce
    decision: Digest
    assignment: Digest
    hour_key: Nonce
    film_certificate: Envelope
    recovered: bool
    previous: Digest
    chain: Digest
    header_sha256: Digest
    records: Annotated[int, Range(1, 2**31)]
    length: Count
    from_us: Micros
    to_us: Micros


@dataclass(frozen=True)
class Gap:
    """No picture of `from_us` up to `to_us`, and why. `start_id` is the process that says so."""

    deployment: Uuid
    unit: Name
    camera: Name
    layer: Layer
    start_id: Nonce
    decision: Digest
    assignment: Digest
    film_certificate: Envelope
    previous: Digest
    reason: Reason
    from_us: Micros
    to_us: Micros


@dataclass(frozen=True)
class Closing:
    """The window from `from_us` to `to_us` is over for this camera: what it recorded of it stands before this row.

    `ended` says what ended it: the window itself, a stop, an order that was withdrawn or replaced.
    """

    deployment: Uuid
    unit: Name
    camera: Name
    layer: Layer
    start_id: Nonce
    decision: Digest
    assignment: Digest
    film_certificate: Envelope
    previous: Digest
    ended: Literal["window", "stopped", "withdrawn", "replaced"]
    from_us: Micros
    to_us: Micros


@dataclass(frozen=True)
class Deletion:
    """The unit no longer holds the segment `segment` (its chain value), though no ack for it came."""

    deployment: Uuid
    unit: Name
    camera: Name
    layer: Layer
    start_id: Nonce
    decision: Digest
    assignment: Digest
    film_certificate: Envelope
    previous: Digest
    segment: Digest
    reason: Literal["retention", "room", "wipe"]
    from_us: Micros
    to_us: Micros


Row = IndexRow | Gap | Closing | Deletion
ROWS: dict[str, type[IndexRow] | type[Gap] | type[Closing] | type[Deletion]] = {
    INDEX_ROW: IndexRow,
    GAP: Gap,
    CLOSING: Closing,
    DELETION: Deletion,
}


def chain_value(envelope: Envelope, row: Row) -> str:
    """What the next row of the camera names as `previous`."""
    return row.chain if isinstance(row, IndexRow) else envelope.digest
