# SPDX-License-Identifier: EUPL-1.2
"""Which units' mandates are to be looked at again, and looking at them one after another; a fault is waited out."""

import asyncio
import logging

from hub.audit.log import LogCorruptError, LogUnavailableError
from hub.deployments.mandates import Mandates
from hub.store.faults import DatabaseUnavailableError

AGAIN_S = 5.0
EVERYBODY = ""
logger = logging.getLogger(__name__)


class MandateKeeping:
    """Runs in the worker, as one task."""

    def __init__(self, mandates: Mandates) -> None:
        self._mandates = mandates
        self._asked: dict[str, None] = {}
        self._something = asyncio.Event()

    def ask(self, unit: str) -> None:
        """Look at this unit's mandate; at everybody's, when it is empty."""
        self._asked[unit] = None
        self._something.set()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self._something.wait()
            self._something.clear()
            asked, self._asked = self._asked, {}
            try:
                if EVERYBODY in asked:
                    await self._mandates.refresh_all()
                else:
                    for unit in asked:
                        await self._mandates.refresh(unit)
            except (DatabaseUnavailableError, LogUnavailableError, LogCorruptError) as error:
                logger.error("mandates wait: %s", error)
                self._asked = asked | self._asked
                await asyncio.sleep(AGAIN_S)
                self._something.set()
