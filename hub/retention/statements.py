# SPDX-License-Identifier: EUPL-1.2
"""Statements of erasure: what the log says of each hour key's birth, due date and death, and what is late.

The statement is the leaf `key.destroyed` itself; here it is only found and read out. Whoever doubts it takes the index
to the public log. Any process may read the log on: what was taken in once is not taken in twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from contract.events import Event
from contract.mandate import HOUR_US
from contract.tlog import Leaf
from hub.audit.faults import LogCorruptError, LogUnavailableError
from hub.audit.log import Log
from hub.retention.policy import LATE_US, LoggedKey, key_due_us, late
from hub.store.retention import Death, Erasures, HourKeyRow, HourKeys, Late, SegmentCount

AT_ONCE = 4096  # leaves read together
STANDS_US = 10_000_000
KEPT_DEPLOYMENTS = 64
STATEMENT_LIMIT = 4096  # hours of one deployment; nearly six times the ceiling
GRADES = {
    "file": "file: remnants possible",  # the key lay in a file; a disk may keep what was overwritten
}
NOTHING = SegmentCount(0, 0, 0)
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Statement:
    """What is known of one hour key, and of its hour's objects."""

    key: HourKeyRow
    overdue_since_us: int | None
    says: str | None
    segments: SegmentCount


def logged_key(row: HourKeyRow) -> LoggedKey:
    """A key as the policy takes it."""
    return LoggedKey(row.key, row.from_us, row.due_us, row.destroyed_index is not None)


class Statements:
    """Reads the log on into the tables, and answers from them."""

    def __init__(self, log: Log, keys: HourKeys, erasures: Erasures, now_us: Callable[[], int]) -> None:
        self._log = log
        self._keys = keys
        self._erasures = erasures
        self._now_us = now_us
        self._kept: OrderedDict[str, tuple[int, list[Statement]]] = OrderedDict()  # by deployment, with when
        self._asking = asyncio.Lock()

    async def refresh(self) -> None:
        """Take in what the log says since it was last read. Raises LogUnavailableError, LogCorruptError."""
        size = (await asyncio.to_thread(self._log.checkpoint))[1].size
        at = await self._keys.read_to()
        if at > size:
            logger.error("the log has %d leaves where %d were read before: it is read from its beginning", size, at)
            await self._keys.forget()
            at = 0
        while at < size:
            end = min(at + AT_ONCE, size)
            leaves = await asyncio.to_thread(list, self._log.entries(at, end))
            await self._keys.take_in(*_of_keys(at, leaves), end)
            at = end

    async def recent(self, deployment: str) -> list[Statement]:
        """What `of_deployment` gave within the last ten seconds: anybody may ask, and one at a time is answered."""
        async with self._asking:
            at_us, found = self._kept.get(deployment, (0, []))
            if not 0 <= self._now_us() - at_us < STANDS_US:
                at_us, found = self._now_us(), await self.of_deployment(deployment)
                self._kept[deployment] = at_us, found
                self._kept.move_to_end(deployment)
            while len(self._kept) > KEPT_DEPLOYMENTS:
                self._kept.popitem(last=False)
            return found

    async def of_deployment(self, deployment: str) -> list[Statement]:
        """Every hour key of a deployment, oldest hour first. Raises as `refresh` does."""
        await self.refresh()
        now_us = self._now_us()
        rows = await self._keys.of_deployment(deployment, STATEMENT_LIMIT)
        if not rows:
            return []
        found = await self._erasures.counts(deployment, rows[0].from_us, rows[-1].from_us + HOUR_US)
        counts = {count.from_us: count for count in found}
        return [_statement(row, counts.get(row.from_us, NOTHING), now_us) for row in rows]

    async def alarms(self) -> list[Late]:
        """What is late by over a minute. Where the log cannot be read, by what was read of it before."""
        try:
            await self.refresh()
        except (LogUnavailableError, LogCorruptError) as error:
            logger.error("what is erased cannot be read from the log: %s", error)
        now_us = self._now_us()
        found = []
        keys = late(map(logged_key, await self._keys.alive_due(now_us)), now_us)
        if keys:
            found.append(Late("key", len(keys), min(map(key_due_us, keys))))
        left = await self._erasures.left_of_dead_keys(now_us - LATE_US)
        return [*found, left] if left is not None else found


def _statement(row: HourKeyRow, segments: SegmentCount, now_us: int) -> Statement:
    key = logged_key(row)
    overdue_us = None if key.destroyed or key_due_us(key) > now_us else key_due_us(key)
    says = None if row.grade is None else GRADES.get(row.grade, row.grade)
    return Statement(row, overdue_us, says, segments)


def _of_keys(first: int, leaves: Iterable[Leaf]) -> tuple[list[HourKeyRow], list[Death]]:
    """The births and deaths among leaves that begin at an index."""
    born, deaths = [], []
    for index, leaf in enumerate(leaves, first):
        ids = leaf.ids
        if leaf.event == Event.KEY_BORN.value:
            hour_us, due_us = int(ids["hour"]), int(ids["due"])
            born.append(HourKeyRow(ids["key"], ids["deployment"], hour_us, ids["layer"], due_us, index, leaf.at_us))
        elif leaf.event == Event.KEY_DESTROYED.value:
            deaths.append(Death(ids["key"], index, leaf.at_us, ids["grade"]))
    return born, deaths
