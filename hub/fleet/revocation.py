# SPDX-License-Identifier: EUPL-1.2
"""A unit is revoked: lost, stolen, or out of service for good. One operator does it, with a reason.

It holds at once and waits for nothing, not even for the log: the units' application refuses the very next request, the
media process drops the unit's session, its mandate message is made anew without orders, and the list of those whom the
broker must turn away is written for whoever runs the broker. The log gets ids alone, as soon as it can be written, of a
unit that was ever given a post; who and why stands in a table. What the unit filmed before still counts.
"""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from hub import files
from hub.audit.faults import LogUnavailableError
from hub.keeper.client import KeeperRefusedError, KeeperUnreachableError
from hub.problem import ProblemError
from hub.store.faults import DatabaseUnavailableError
from hub.store.units import RevocationRow, Units
from hub.waking import Waking

LOOK_S = 10.0
logger = logging.getLogger(__name__)


class RevocationLog(Protocol):
    """The keeper's part."""

    async def revoked(self, unit: str, epoch: int) -> int:
        """Log `unit.revoked`, once for each enrolment; gives its index."""


class Revoking:
    """The step, and what of it waits for the log."""

    def __init__(self, units: Units, log: RevocationLog, now_us: Callable[[], int]) -> None:
        self._units = units
        self._log = log
        self._now_us = now_us
        self._refused: set[str] = set()  # of which that was said

    async def revoke(self, unit: str, reason: str, who: str) -> RevocationRow:
        """Revoke a unit; asked again it is the revocation that there is. `log_index` is None while the log waits.

        Raises:
            ProblemError: there is no such unit.
        """
        known = await self._units.get(unit)
        if known is None:
            raise ProblemError("not-found")
        kept = await self._units.revoke(RevocationRow(unit, known.epoch, reason, who, self._now_us()))
        logger.warning("%s is revoked", unit)
        return kept if kept.log_index is not None else await self._logged(kept)

    async def log_waiting(self) -> None:
        """Log what could not be logged when it was done."""
        for row in await self._units.unlogged_revocations():
            await self._logged(row)

    async def _logged(self, row: RevocationRow) -> RevocationRow:
        try:
            index = await self._log.revoked(row.unit, row.epoch)
        except KeeperRefusedError as error:
            if row.unit not in self._refused:
                logger.warning("that %s is revoked holds, and the log does not say so: %s", row.unit, error)
            self._refused.add(row.unit)
            return row
        except (KeeperUnreachableError, LogUnavailableError) as error:
            logger.error("that %s is revoked waits to be logged: %s", row.unit, error)
            return row
        return await self._units.revocation_logged(row, index)


class BrokerLists:
    """Keeps the broker's two lists, and logs what waits. Runs in the worker, as one task.

    Each list is a file: a JSON array of unit ids, replaced as a whole. Whoever runs the broker reads them at the
    broker's start and whenever they change: who is admitted is one of its users, and who was revoked is none.
    """

    def __init__(self, units: Units, revoking: Revoking, revoked: Path, admitted: Path) -> None:
        self._units = units
        self._revoking = revoking
        self._lists = {"revoked": revoked, "active": admitted}
        self._waking = Waking()

    def wake(self) -> None:
        """A unit was let in, or revoked."""
        self._waking.wake()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self._waking.begin()
            try:
                await self.look()
            except (DatabaseUnavailableError, OSError) as error:
                logger.error("who was let in or revoked waits to be told to the broker: %s", error)
            await self._waking.woken(LOOK_S)

    async def look(self) -> None:
        """Write each list that is not what it should be, then log what waits."""
        for state, path in self._lists.items():
            names = json.dumps(await self._units.in_state(state)).encode() + b"\n"
            if not path.exists() or path.read_bytes() != names:
                path.parent.mkdir(exist_ok=True)
                files.replace(path, names)
        await self._revoking.log_waiting()
