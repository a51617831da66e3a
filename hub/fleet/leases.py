# SPDX-License-Identifier: EUPL-1.2
"""Units ask which orders still stand; the keeper's answer goes back at once, past everything that waits to be sent.

A unit that was revoked gets none. An answer counts for thirty seconds, so nothing here is kept or tried again: what
cannot be answered in time is left out, and the unit asks again. Units take turns, one question of each: who asks
without end waits behind everybody who asked once.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from contract.envelope import Envelope, opened, read
from contract.lease import ANSWER_WITHIN_US, LEASE_REQUEST, LeaseRequest
from contract.record import ContractError, dump
from hub.audit.faults import LogUnavailableError
from hub.fleet.reports import ReportRefusedError
from hub.keeper.client import KeeperRefusedError, KeeperUnreachableError
from hub.store.faults import DatabaseUnavailableError
from hub.store.units import Units

WAITING_LIMIT = 1000  # units
ANSWER_S = 5.0  # what one question may take of the others' time
STALE_S = ANSWER_WITHIN_US / 1_000_000 - ANSWER_S
FAULTS = (KeeperRefusedError, KeeperUnreachableError, LogUnavailableError, DatabaseUnavailableError, TimeoutError)
logger = logging.getLogger(__name__)

Say = Callable[[str, str, bytes], Awaitable[bool]]
"""(unit, what, payload): publish at once; false where that is not possible now."""


class LeaseSigner(Protocol):
    """The keeper's part."""

    async def lease(self, request: Envelope, identity: bytes) -> Envelope:
        """What stands for the unit whose identity key (SPKI) signed the question, in answer to it."""


class Leases:
    """Answers one question after another. Runs in the worker, as a task of its own: states wait for no keeper."""

    def __init__(self, units: Units, keeper: LeaseSigner, say: Say) -> None:
        self._units = units
        self._keeper = keeper
        self._say = say
        self._waiting: dict[str, tuple[bytes, float]] = {}  # each unit's newest question, in the order of their turns
        self._something = asyncio.Event()

    def heard(self, unit: str, payload: bytes) -> None:
        """A unit asks. A question of it that still waits is answered no more; its turn stands."""
        if unit not in self._waiting and len(self._waiting) >= WAITING_LIMIT:
            logger.error("a question of %s is left out: %d others wait", unit, WAITING_LIMIT)
            return
        self._waiting[unit] = (payload, asyncio.get_running_loop().time())
        self._something.set()

    async def run(self) -> None:
        """Answer until cancelled."""
        while True:
            while not self._waiting:
                self._something.clear()
                await self._something.wait()
            unit = next(iter(self._waiting))
            payload, heard_s = self._waiting.pop(unit)
            if asyncio.get_running_loop().time() - heard_s > STALE_S:
                continue
            try:
                async with asyncio.timeout(ANSWER_S):
                    if not await self._say(unit, "lease", await self.answer(unit, payload)):
                        logger.warning("a question of %s is not answered: the line does not stand", unit)
            except ReportRefusedError as error:
                logger.warning("ask of %s refused: %s", unit, error)
            except FAULTS as error:
                logger.error("a question of %s is not answered: %s", unit, str(error) or type(error).__name__)

    async def answer(self, unit: str, payload: bytes) -> bytes:
        """The lease that answers a question.

        Raises:
            ReportRefusedError: it is not this unit's own, or the unit is not in use.
        """
        row = await self._units.get(unit)
        if row is None or row.state != "active":
            raise ReportRefusedError("the unit is not enrolled, or was revoked")
        try:
            envelope = read(payload)
            request = opened(envelope, LEASE_REQUEST, LeaseRequest, row.key)
        except ContractError as error:
            raise ReportRefusedError(str(error)) from error
        if request.unit != unit:
            raise ReportRefusedError("a question of another unit")
        return dump(await self._keeper.lease(envelope, row.key))
