# SPDX-License-Identifier: EUPL-1.2
"""What may be asked of the keeper, and what it answers: one request and one answer per connection.

A message is a u32 big-endian length and RFC 8785 JSON: `{call, arguments}` there, and back either `{answer}`,
`{refused: {rule, reason}}` or `{unavailable: reason}`. Both ends use the same dataclasses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from contract.envelope import Envelope
from contract.live import Grant, GrantRef
from contract.record import Count, Digest, Key, Micros, Name, Nonce, Range, Size, Text, Uuid
from contract.segment import HEADER_LIMIT, MAGIC, RecordFields

MESSAGE_LIMIT = 256 * 1024
RELEASE_LIMIT = 256  # records of one segment in one call: four times what 20 s in fragments of 0.4 s have


@dataclass(frozen=True)
class LogRecord:
    """Call `record`: check a roster, binding, decision, assignment, overrun or confirmed necessity, and log it."""

    envelope: Envelope


@dataclass(frozen=True)
class Birth:
    """Call `birth`: make the hour keys that a logged decision needs, and issue its keyset."""

    decision: Digest


@dataclass(frozen=True)
class OpenGrant:
    """Call `grant`: write to the log that someone may look."""

    grant: Grant


@dataclass(frozen=True)
class Watched:
    """Call `watched`: write to the log that someone looked, under a logged grant."""

    ref: GrantRef
    from_us: Micros
    to_us: Micros


@dataclass(frozen=True)
class MakeTicket:
    """Call `ticket`: one socket for one camera at one media process."""

    ref: GrantRef
    camera: Name
    media: Nonce


@dataclass(frozen=True)
class MakeLease:
    """Call `publish_lease`: let the unit's present start send a camera to a media process."""

    ref: GrantRef
    camera: Name
    media: Nonce
    start_id: Nonce


@dataclass(frozen=True)
class LogRow:
    """Call `row`: log a row of a camera's chain. `identity` is the unit's public key (SPKI).

    An index row is logged as stored; with the deletion by which its unit says that it holds the segment no more, as
    never sent.
    """

    row: Envelope
    identity: Key
    deletion: Envelope | None = None


@dataclass(frozen=True)
class MakeAck:
    """Call `ack`: tell the unit that a row is logged, and what it speaks of may go."""

    row: Envelope
    log_index: Count


@dataclass(frozen=True)
class StopFilming:
    """Call `stop`: sign and log that filming under a logged decision ends at that moment."""

    decision: Digest
    ends_at_us: Micros


@dataclass(frozen=True)
class LogUrgent:
    """Call `urgent`: log that a logged decision was an urgent one, and what is owed for it until when."""

    decision: Digest
    due_us: Micros
    owes: Annotated[tuple[Name, ...], Size(0, 8)]


@dataclass(frozen=True)
class LogDuty:
    """Call `duty`: log that an urgent deployment did what it owed."""

    deployment: Uuid
    duty: Name


@dataclass(frozen=True)
class LogRevocation:
    """Call `revoked`: log that a unit is out of use, once for each enrolment."""

    unit: Name
    epoch: Annotated[int, Range(1, 2**31)]


@dataclass(frozen=True)
class Certify:
    """Call `certify`: sign seven days of a unit's certificate; the name is this key's (SPKI) for good."""

    unit: Name
    key: Key


@dataclass(frozen=True)
class Certified:
    """The certificate, as DER."""

    certificate: Annotated[bytes, Size(1, 4096)]


@dataclass(frozen=True)
class AskLease:
    """Call `lease`: confirm which orders stand for the unit whose key (SPKI) signed this question."""

    request: Envelope
    identity: Key


@dataclass(frozen=True)
class Destroy:
    """Call `destroy`: delete the private half of an hour key that is past due, and log that."""

    key: Nonce


@dataclass(frozen=True)
class AskOverdue:
    """Call `overdue`: which keys are past due and not destroyed, as far as the log knows."""


@dataclass(frozen=True)
class Overdue:
    """Their ids, at most a thousand; when those are destroyed, ask again."""

    keys: tuple[Nonce, ...]


@dataclass(frozen=True)
class Release:
    """Call `release`: the keys of a segment's records from `from_us` up to, not including, `to_us`, to replay them.

    `identity` is the unit's public key (SPKI), `header` the segment from its first byte to the end of its header,
    `records` the fields of its records from 0 to the last one wanted, without their ciphertexts. Each link of the chain
    covers all before it, so only the last one's signature is needed and looked at.
    """

    ref: GrantRef
    identity: Key
    header: Annotated[bytes, Size(1, len(MAGIC) + 4 + HEADER_LIMIT)]
    records: Annotated[tuple[RecordFields, ...], Size(1, RELEASE_LIMIT)]
    from_us: Micros
    to_us: Micros


@dataclass(frozen=True)
class RecordKey:
    """mk_i of one record."""

    index: Count
    key: Annotated[bytes, Size(32, 32)]


@dataclass(frozen=True)
class Released:
    """Record 0's, without which nothing plays, and those of the records in the range."""

    keys: tuple[RecordKey, ...]


@dataclass(frozen=True)
class MakeCommand:
    """Call `command`: tell a unit to send a camera's footage from `from_us` up to `to_us` before all other."""

    ref: GrantRef
    unit: Name
    camera: Name
    from_us: Micros
    to_us: Micros


@dataclass(frozen=True)
class AskStatus:
    """Call `status`."""


@dataclass(frozen=True)
class Logged:
    """The index of the leaf; the same again when the same record is asked for twice."""

    index: Count


@dataclass(frozen=True)
class Signed:
    """A signed record, and the index of its leaf when it has one."""

    envelope: Envelope
    index: Count | None


@dataclass(frozen=True)
class Granted:
    """The grant as evidence."""

    ref: GrantRef


@dataclass(frozen=True)
class KeeperStatus:
    """The log's size, and since when it cannot be written (None when it can)."""

    size: Count
    failing_since_us: Micros | None


@dataclass(frozen=True)
class Refused:
    """Why the keeper will not."""

    rule: Text
    reason: Annotated[str, Size(1, 2000)]
