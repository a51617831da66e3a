# SPDX-License-Identifier: EUPL-1.2
"""How units say they are: taken in by the worker, and read again for who asks.

As with states the broker is trusted for nothing: a report is the unit's own by its signature, and one of another start
than its newest state's, or an older one of the same, changes nothing.
"""

import logging
from collections.abc import Callable

from contract.envelope import opened, read
from contract.messages import HEALTH, Health
from contract.record import ContractError
from hub.fleet.reports import ReportRefusedError
from hub.store.health import HealthRow, HealthTable
from hub.store.units import Units

logger = logging.getLogger(__name__)


class HealthReports:
    """Takes reports in. One task calls it, so that reports keep their order."""

    def __init__(self, units: Units, table: HealthTable, now_us: Callable[[], int]) -> None:
        self._units = units
        self._table = table
        self._now_us = now_us

    async def take(self, unit: str, payload: bytes) -> bool:
        """Keep a report if it is news; gives whether it was.

        Raises:
            ReportRefusedError: it is not this unit's report.
        """
        row = await self._units.get(unit)
        if row is None or row.state != "active":
            raise ReportRefusedError("the unit is not enrolled, or was revoked")
        try:
            report = opened(read(payload), HEALTH, Health, row.key)
        except ContractError as error:
            raise ReportRefusedError(str(error)) from error
        if report.unit != unit:
            raise ReportRefusedError("a report of another unit")
        kept = await self._table.get(unit)
        before = None if kept is None else last_health(kept)
        old = before is not None and before.start_id == report.start_id and before.sequence >= report.sequence
        if report.start_id != row.start_id or old:
            return False
        await self._table.keep(HealthRow(unit, self._now_us(), payload))
        return True


def last_health(row: HealthRow) -> Health | None:
    """The newest report known, verified when it came; None where another version of this hub kept it."""
    try:
        return opened(read(row.report), HEALTH, Health)
    except ContractError as error:
        logger.warning("the stored health of %s cannot be read: %s", row.unit, error)
        return None
