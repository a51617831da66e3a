# SPDX-License-Identifier: EUPL-1.2
"""Sealed records and the keys that open them, for who holds a standing grant to replay. Nothing is opened here.

Promises: a key leaves only when the log holds the grant and, since, that this minute of footage was seen; the keeper
judges the grant, the segment and its due date itself. Keys are neither kept nor logged.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from contract.live import Grant, GrantRef
from contract.record import load
from hub.access.signin import Person
from hub.fleet.enrolment import Fleet
from hub.footage.ordered import Ordered, ordered
from hub.footage.recordings import Contents, Place, Recordings
from hub.footage.replays import Replays
from hub.keeper.client import Keeper, KeeperRefusedError
from hub.problem import ProblemError
from hub.store.records import SignedRecords
from hub.store.rows import KeptRow
from hub.store.segments import Segments

MINUTE_US = 60_000_000
KEPT_MINUTES = 50_000  # of all grants, in memory; one that was forgotten is logged once more


@dataclass(frozen=True)
class Tables:
    """What segments are found by."""

    segments: Segments
    records: SignedRecords
    fleet: Fleet


@dataclass(frozen=True)
class Excerpt:
    """Some records of a segment, under a grant: record 0 and those that begin in the stretch."""

    row: KeptRow
    ref: GrantRef
    contents: Contents
    chosen: tuple[Place, ...]


class Releasing:
    """Gives out what a grant names."""

    def __init__(
        self, tables: Tables, replays: Replays, recordings: Recordings, keeper: Keeper, now_us: Callable[[], int]
    ) -> None:
        self._tables = tables
        self._replays = replays
        self._recordings = recordings
        self._keeper = keeper
        self._now_us = now_us
        self._seen: OrderedDict[tuple[int, int], None] = OrderedDict()  # (grant, minute) in the log

    async def excerpt(self, who: Person, chain: str, grant: int, from_us: int, to_us: int) -> Excerpt:
        """The records of a segment that begin in this stretch, and record 0.

        Raises:
            ProblemError: outside a standing grant of this session, erased or due, not here, or altered.
        """
        row = await self._tables.segments.get(chain)
        if row is None:
            raise ProblemError("not-granted", rule="footage.grant")
        ref = await self._replays.standing(grant, who, row, from_us, to_us)
        order = ordered(await self._tables.records.of_deployment(row.deployment))
        if order is None or self._gone(row, order):
            raise ProblemError("footage-erased", rule="footage.erased")
        if row.stored_at_us is None:
            raise ProblemError("footage-elsewhere")
        contents = await self._recordings.contents(row)
        within = contents.within(from_us, to_us)
        if not within:
            raise ProblemError("footage-absent", camera=row.camera)
        return Excerpt(row, ref, contents, (contents.records[0], *within))

    async def keys(self, excerpt: Excerpt, from_us: int, to_us: int) -> dict[int, bytes]:
        """The record keys of an excerpt, by index, once the log holds that it was seen.

        Raises:
            ProblemError: the hour key is dead or due, or the keeper does not let this grant open it.
        """
        row, contents, last = excerpt.row, excerpt.contents, excerpt.chosen[-1].fields
        identity = row.identity or await self._tables.fleet.key(row.unit)
        if identity is None:
            raise ProblemError("footage-altered", rule="footage.unit", reason="its unit is not known any more")
        fields = [record.fields for record in contents.records[: last.index + 1]]
        try:
            keys = await self._keeper.release(excerpt.ref, identity, contents.head, fields, from_us, to_us)
        except KeeperRefusedError as error:
            raise _refused(error) from error
        await self._log_seen(excerpt.ref, excerpt.chosen[1].fields.wall_us, last.wall_us + last.duration_us)
        return keys

    def _gone(self, row: KeptRow, order: Ordered) -> bool:
        due_us = order.due_us(row.from_us)
        return row.erased_at_us is not None or (due_us is not None and due_us <= self._now_us())

    async def _log_seen(self, ref: GrantRef, from_us: int, to_us: int) -> None:
        """Have the log hold that these minutes of footage were seen under this grant: each once, as far as it goes."""
        grant = load(Grant, ref.body)
        assert grant.footage_from_us is not None and grant.footage_to_us is not None  # the keeper released for it
        from_us, to_us = max(from_us, grant.footage_from_us), min(to_us, grant.footage_to_us)  # its unit's word
        minutes = [
            minute
            for minute in range(from_us // MINUTE_US, -(-to_us // MINUTE_US))
            if (ref.index, minute) not in self._seen
        ]
        if not minutes:
            return
        first_us = max(minutes[0] * MINUTE_US, grant.footage_from_us)
        end_us = min((minutes[-1] + 1) * MINUTE_US, grant.footage_to_us)
        await self._keeper.watched(ref, first_us, end_us)
        for minute in minutes:
            self._seen[ref.index, minute] = None
        while len(self._seen) > KEPT_MINUTES:
            self._seen.popitem(last=False)


def _refused(error: KeeperRefusedError) -> ProblemError:
    if error.rule in ("keeper.due", "keeper.key"):
        return ProblemError("footage-erased", rule="footage.erased")
    if error.rule == "keeper.grant":
        return ProblemError("not-granted", rule="footage.grant")
    if error.rule == "keeper.segment":
        return ProblemError("footage-altered", rule="footage.altered", reason=error.reason)
    return ProblemError("rule-refused", rule=error.rule, reason=error.reason)
