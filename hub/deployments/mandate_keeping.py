# SPDX-License-Identifier: EUPL-1.2
"""Which units' mandates are to be looked at, and looking at them one after another; a fault is waited out.

Looked at: what somebody asks for, a unit that starts or has seen more of the log, and every unit that reports, twice a
minute, because a message may have been lost.
"""

import asyncio
import logging

from contract.messages import State
from contract.record import ContractError
from hub.audit.faults import LogCorruptError, LogUnavailableError
from hub.deployments.mandates import Mandates
from hub.store.faults import DatabaseUnavailableError
from hub.store.records import EVERYBODY

AGAIN_S = 5.0
LOOK_S = 30.0
logger = logging.getLogger(__name__)


class MandateKeeping:
    """Runs in the worker, as one task."""

    def __init__(self, mandates: Mandates) -> None:
        self._mandates = mandates
        self._asked: dict[str, bool] = {}  # unit -> whether it has just started
        self._heard: dict[str, tuple[str, int, float]] = {}  # unit -> start, size of the log, when looked at
        self._something = asyncio.Event()

    def ask(self, unit: str, started: bool = False) -> None:
        """Look at this unit's mandate; at everybody's, when it is empty."""
        self._asked[unit] = started or self._asked.get(unit, False)
        self._something.set()

    def heard(self, state: State) -> None:
        """A unit says how it is."""
        now = asyncio.get_running_loop().time()
        start_id, size, looked = self._heard.get(state.unit, ("", 0, 0.0))
        started = start_id != state.start_id
        if started or size != state.checkpoint_size or now - looked >= LOOK_S:
            self._heard[state.unit] = (state.start_id, state.checkpoint_size, now)
            self.ask(state.unit, started)

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self._something.wait()
            self._something.clear()
            asked, self._asked = self._asked, {}
            try:
                for unit, started in asked.items():
                    await self._look(unit, started)
            except (DatabaseUnavailableError, LogUnavailableError, LogCorruptError) as error:
                logger.error("mandates wait: %s", error)
                for unit, started in asked.items():
                    self.ask(unit, started)
                await asyncio.sleep(AGAIN_S)

    async def _look(self, unit: str, started: bool) -> None:
        """Look at a unit's mandate. A record that cannot be read stops no other unit's, and is asked for again when
        the unit reports: until then the broker keeps what was sent last."""
        try:
            if unit == EVERYBODY:
                await self._mandates.refresh_all()
            else:
                await self._mandates.refresh(unit, started)
        except ContractError as error:
            logger.error("no mandate for %s: a stored record cannot be read: %s", unit or "anybody", error)
