# SPDX-License-Identifier: EUPL-1.2
"""The signed records of looking: grant, ticket, publish lease.

A *grant* is written to the log before anything opens. A *ticket* lets one viewer open one socket under it, once. A
*publish lease* lets one unit send one camera to one media process while somebody looks. Tickets and leases are signed
by the order key, which only the keeper holds and only uses for a logged grant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from contract.record import Count, Digest, Micros, Name, Nonce, Size, Text, Uuid

TICKET = "ticket"
PUBLISH_LEASE = "publish-lease"
TICKET_LIFE_US = 60_000_000
LEASE_LIFE_US = 300_000_000
LEASE_RENEWAL_US = 120_000_000
SALT_BYTES = 16


@dataclass(frozen=True)
class Grant:
    """Who may look at which cameras of a deployment, why, and until when: the body behind `view.granted`.

    To `watch` is to see live pictures; to `replay` to open what was recorded from `footage_from_us` up to, not
    including, `footage_to_us`, which only a replay has.
    """

    actor: Text
    session: Digest
    deployment: Uuid
    cameras: Annotated[tuple[Name, ...], Size(1, 16)]
    purpose: Literal["watch", "replay"]
    from_us: Micros
    until_us: Micros
    footage_from_us: Micros | None = None
    footage_to_us: Micros | None = None


@dataclass(frozen=True)
class GrantRef:
    """A grant as evidence: its exact body and salt, and the index of the leaf that commits to them."""

    body: Annotated[bytes, Size(2, 8192)]
    salt: Annotated[bytes, Size(SALT_BYTES, SALT_BYTES)]
    index: Count


@dataclass(frozen=True)
class Ticket:
    """One socket for one camera at one media process; single use, to be redeemed within 60 s of `made_at_us`."""

    id: Nonce
    grant: Count
    camera: Name
    session: Digest
    media: Nonce
    made_at_us: Micros
    until_us: Micros


@dataclass(frozen=True)
class PublishLease:
    """This start of this unit may send this camera to this media process until then: five minutes, renewed."""

    unit: Name
    start_id: Nonce
    camera: Name
    media: Nonce
    grant: Count
    made_at_us: Micros
    until_us: Micros
