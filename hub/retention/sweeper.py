# SPDX-License-Identifier: EUPL-1.2
"""The sweeper: has due keys destroyed, then takes their ciphertext away. One task of the worker.

First the key, for with it every copy dies, also those that nobody knows of; the keeper judges by its own clock and the
logged birth. Then the objects, what was sent in part, and only when all of a segment is seen to be gone does the index
say that it is erased. Whatever fails is said as an error, left as it is and tried again, at first after ten seconds and
then ever less often, once a minute at least; it holds up nothing else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from contract.envelope import read
from contract.index import IndexRow
from contract.mandate import HOUR_US
from contract.record import ContractError, load
from hub.audit.faults import LogUnavailableError
from hub.keeper.client import Keeper, KeeperRefusedError, KeeperUnreachableError
from hub.retention.policy import CEILING_US, LoggedKey, StoredSegment, to_erase
from hub.retention.statements import Statements, logged_key
from hub.store.faults import DatabaseUnavailableError
from hub.store.objects import Objects, object_name, part_path
from hub.store.retention import Erasures, HeldSegment, HourKeys

LOOK_S = 10.0  # and at each due moment
AGAIN_US, AGAIN_MOST_US = 10_000_000, 60_000_000
PAGE = 500  # segments looked at together
logger = logging.getLogger(__name__)


class Patience:
    """When what failed is tried again: after ten seconds, then after twice as long, up to a minute."""

    def __init__(self, now_us: Callable[[], int]) -> None:
        self._now_us = now_us
        self._waits: dict[str, tuple[int, int]] = {}  # by name: not before, waited so long

    def due(self, name: str) -> bool:
        """Whether it may be tried now."""
        return self._waits.get(name, (0, 0))[0] <= self._now_us()

    def failed(self, name: str) -> None:
        """It was tried and failed."""
        waited_us = self._waits.get(name, (0, 0))[1]
        wait_us = min(AGAIN_MOST_US, 2 * waited_us or AGAIN_US)
        self._waits[name] = self._now_us() + wait_us, wait_us

    def done(self, name: str) -> None:
        """It succeeded."""
        self._waits.pop(name, None)


@dataclass(frozen=True)
class Places:
    """Where ciphertext lies: the object store, and the folder of what units have sent in part."""

    objects: Objects
    incoming: Path


class Sweeper:
    """`run` is its life, `sweep` one round."""

    def __init__(
        self,
        statements: Statements,
        keys: HourKeys,
        erasures: Erasures,
        places: Places,
        keeper: Keeper,
        now_us: Callable[[], int],
    ) -> None:
        self._statements = statements
        self._keys = keys
        self._erasures = erasures
        self._places = places
        self._keeper = keeper
        self._now_us = now_us
        self._keys_again, self._segments_again = Patience(now_us), Patience(now_us)

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            try:
                await self.sweep()
                wait_s = await self._until_due_s()
            except DatabaseUnavailableError as error:
                logger.error("ciphertext of dead keys is not swept: the database does not answer (%s)", error)
                wait_s = LOOK_S
            await asyncio.sleep(wait_s)

    async def sweep(self) -> None:
        """Destroy what is due, then sweep what died. Raises DatabaseUnavailableError, after the keys were seen to."""
        await self._destroy_due()
        for alarm in await self._statements.alarms():
            late_s = (self._now_us() - alarm.since_us) // 1_000_000
            logger.error("ERASURE IS LATE: %d x %s, the oldest by %d s", alarm.count, alarm.what, late_s)
        await self._sweep_segments()

    async def _until_due_s(self) -> float:
        now_us = self._now_us()
        next_us = await self._keys.next_due(now_us)
        return LOOK_S if next_us is None else min(LOOK_S, (next_us - now_us) / 1_000_000)

    async def _destroy_due(self) -> None:
        try:
            names = await self._keeper.overdue()
        except (KeeperUnreachableError, LogUnavailableError, KeeperRefusedError) as error:
            logger.error("due hour keys cannot be destroyed now, the keeper does not say which: %s", error)
            return
        for name in filter(self._keys_again.due, names):
            try:
                index = await self._keeper.destroy(name)
            except (KeeperRefusedError, KeeperUnreachableError, LogUnavailableError) as error:
                self._keys_again.failed(name)
                logger.error("the due hour key %s is not destroyed, or that is not logged: %s", name, error)
                continue
            self._keys_again.done(name)
            logger.info("hour key %s is destroyed: leaf %d", name, index)

    async def _sweep_segments(self) -> None:
        """Erase what is due, page by page; what fails is counted and said once a round."""
        now_us, after, erased = self._now_us(), "", 0
        failures: list[str] = []
        while page := await self._erasures.candidates(now_us - CEILING_US, after, PAGE):
            after = page[-1].chain
            for held, row in await self._due(page, now_us):
                if not self._segments_again.due(held.chain):
                    continue
                try:
                    await self._erase(held, row)
                except OSError as error:
                    self._segments_again.failed(held.chain)
                    failures.append(f"{held.chain}: {error}")
                    continue
                self._segments_again.done(held.chain)
                erased += 1
        if erased:
            logger.info("%d segments are erased", erased)
        if failures:
            logger.error("%d segments that are due are NOT deleted, somebody must look: %s", len(failures), failures[0])

    async def _due(self, page: list[HeldSegment], now_us: int) -> list[tuple[HeldSegment, IndexRow | None]]:
        """Which of a page are to be erased, with what their rows say of them."""
        keys: dict[tuple[str, int], list[LoggedKey]] = {}
        for deployment in {held.deployment for held in page}:
            hours = {_hour_us(held) for held in page if held.deployment == deployment}
            for found in await self._keys.of_hours(deployment, tuple(hours)):
                keys.setdefault((deployment, found.from_us), []).append(logged_key(found))
        due = []
        for held in page:
            row = _said(held)
            hour_key = None if row is None else row.hour_key
            segment = StoredSegment(held.chain, hour_key, held.from_us, held.received_at_us)
            if to_erase(segment, keys.get((held.deployment, _hour_us(held)), ()), now_us):
                due.append((held, row))
        return due

    async def _erase(self, held: HeldSegment, row: IndexRow | None) -> None:
        """All that the hub holds of a segment; only then is it said to be erased. Raises OSError."""
        for name in _names(held, row):
            await self._places.objects.delete(name)
        part = part_path(self._places.incoming, held.unit, held.chain)
        await asyncio.to_thread(part.unlink, missing_ok=True)
        await self._erasures.erased(held.chain, self._now_us())


def _hour_us(held: HeldSegment) -> int:
    return held.from_us - held.from_us % HOUR_US


def _said(held: HeldSegment) -> IndexRow | None:
    """A segment's row; None where the database gives back something else."""
    try:
        row = load(IndexRow, read(held.row).body)
    except ContractError as error:
        logger.warning("the row of segment %s cannot be read, it falls with its hour: %s", held.chain, error)
        return None
    return row if row.chain == held.chain else None


def _names(held: HeldSegment, row: IndexRow | None) -> Iterable[str]:
    """Where its object may lie: by the signed row, and by the columns beside it, which anybody may have changed."""
    names = {object_name(held.deployment, held.camera, held.chain)}
    if row is not None:
        names.add(object_name(row.deployment, row.camera, row.chain))
    return sorted(names)
