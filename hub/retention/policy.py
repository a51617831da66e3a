# SPDX-License-Identifier: EUPL-1.2
"""When footage must be gone: rules over facts, without a clock, a disk or a database, so that anybody can read them.

An hour key dies at its hour's start plus the retention, and with it all that is sealed to it, wherever it lies. A
segment whose own due is earlier, because its unit's clock ran ahead, is deleted at its own. That is worth less than its
key's death, and counts as `deleted` until then. No clock that is wrong lengthens anything: of what the unit claims and
what the hub saw the earlier counts, and the ceiling holds whatever else is said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from contract.mandate import HOUR_US, RETENTION_CEILING_H

CEILING_US = RETENTION_CEILING_H * HOUR_US
LATE_US = 60_000_000  # past due and not gone so long: an alarm


@dataclass(frozen=True)
class LoggedKey:
    """An hour key as the log has it."""

    key: str
    from_us: int
    due_us: int
    destroyed: bool

    @property
    def retention_h(self) -> int:
        """How long its hour's footage is kept, in whole hours, never more than the ceiling."""
        return min((self.due_us - self.from_us) // HOUR_US, RETENTION_CEILING_H)


@dataclass(frozen=True)
class StoredSegment:
    """What decides a segment's end: its key, where its row can be read, the time that its unit claims, its receipt."""

    chain: str
    hour_key: str | None
    captured_us: int
    received_us: int


def due_us(captured_us: int, received_us: int, retention_h: int) -> int:
    """When footage must be gone: the earlier of claimed capture and first receipt, plus the retention."""
    return min(captured_us, received_us) + min(retention_h, RETENTION_CEILING_H) * HOUR_US


def key_due_us(key: LoggedKey) -> int:
    """When a key must be gone; the ceiling holds whatever its birth says."""
    return min(key.due_us, key.from_us + CEILING_US)


def due(keys: Iterable[LoggedKey], now_us: int) -> tuple[LoggedKey, ...]:
    """The keys that are to be destroyed now."""
    return tuple(key for key in keys if not key.destroyed and key_due_us(key) <= now_us)


def late(keys: Iterable[LoggedKey], now_us: int) -> tuple[LoggedKey, ...]:
    """The keys that should have been destroyed over a minute ago."""
    return due(keys, now_us - LATE_US)


def segment_due_us(segment: StoredSegment, of_its_hour: Iterable[LoggedKey]) -> int:
    """When a segment's ciphertext must be gone, whether or not its key lives on.

    One whose row cannot be read falls with the last key of its hour; one whose key nobody knows, at the ceiling.
    """
    own = _sealed_to(segment, of_its_hour)
    retention_h = max((key.retention_h for key in own), default=RETENTION_CEILING_H)
    itself_us = due_us(segment.captured_us, segment.received_us, retention_h)
    return min(itself_us, max(map(key_due_us, own), default=itself_us))


def to_erase(segment: StoredSegment, of_its_hour: Iterable[LoggedKey], now_us: int) -> bool:
    """Whether a segment's ciphertext is to be swept now: its key is dead, or it is due itself."""
    own = _sealed_to(segment, of_its_hour)
    dead = bool(own) and all(key.destroyed for key in own)
    return dead or segment_due_us(segment, own) <= now_us


def _sealed_to(segment: StoredSegment, of_its_hour: Iterable[LoggedKey]) -> list[LoggedKey]:
    """The segment's key, or where its row cannot be read all that it may be."""
    return [key for key in of_its_hour if segment.hour_key is None or key.key == segment.hour_key]
