# SPDX-License-Identifier: EUPL-1.2
"""What units say of themselves: state by MQTT, signed by the identity key; and silence, which says something too.

The broker is not trusted with it: a state that is not the unit's own is dropped, an older one of the same start changes
nothing, and what the broker kept (a retained message) says what the unit was like, never that it is there now: the same
state may follow as it was said, and counts then.
"""

import logging
from collections.abc import Callable
from dataclasses import replace

from contract.envelope import opened, read
from contract.messages import STATE, State
from contract.record import ContractError
from hub.store.units import UnitRow, Units

SILENCE_US = 15_000_000  # NO PICTURE after a last will, or no state for so long
logger = logging.getLogger(__name__)


class ReportRefusedError(Exception):
    """A message is not the unit's own, or not of the form: the text says which."""


class Reports:
    """Takes states in. One task calls it, so that states keep their order."""

    def __init__(self, units: Units, now_us: Callable[[], int]) -> None:
        self._units = units
        self._now_us = now_us

    async def take(self, unit: str, payload: bytes, retained: bool) -> State | None:
        """Take a state; gives it, or None where it is no news or says goodbye.

        Raises:
            ReportRefusedError: it is not this unit's state.
        """
        row = await self._units.get(unit)
        if row is None or row.state != "active":
            raise ReportRefusedError("the unit is not enrolled, or was revoked")
        state = _state(payload, row)
        before = last_state(row)
        if not _is_news(state, before, retained):
            return None
        if not state.online:
            await self._units.report(self._turned(row, online=False))
            return None
        seen = row
        if not retained:
            seen = replace(self._turned(row, online=True), seen_at_us=self._now_us(), reported=payload)
        otherwise = before is None or before.cameras != state.cameras
        known = replace(seen, start_id=state.start_id, checkpoint_size=state.checkpoint_size)
        await self._units.report(known, otherwise)
        return state

    async def notice_silence(self) -> None:
        """Mark units offline that have said nothing for 15 seconds."""
        for unit in await self._units.silent(self._now_us() - SILENCE_US, self._now_us()):
            logger.warning("%s has said nothing for %d s", unit, SILENCE_US // 1_000_000)

    def _turned(self, row: UnitRow, online: bool) -> UnitRow:
        changed_at_us = row.changed_at_us if row.online == online else self._now_us()
        return replace(row, online=online, changed_at_us=changed_at_us)


def last_state(row: UnitRow) -> State | None:
    """The newest state known, verified when it came: only read now, because the unit's key may be new.

    One that cannot be read, as another version of this hub kept it, is none: the next state replaces it.
    """
    if row.reported is None:
        return None
    try:
        state = opened(read(row.reported), STATE, State)
    except ContractError as error:
        logger.warning("the stored state of %s cannot be read: %s", row.unit, error)
        return None
    return state if state.unit == row.unit else None


def _state(payload: bytes, row: UnitRow) -> State:
    """The state in an envelope, signed by the unit."""
    try:
        state = opened(read(payload), STATE, State, row.key)
    except ContractError as error:
        raise ReportRefusedError(str(error)) from error
    if state.unit != row.unit:
        raise ReportRefusedError("a state of another unit")
    return state


def _is_news(state: State, before: State | None, retained: bool) -> bool:
    """Whether a state is newer than the newest one known.

    A last will is made when the connection is, so its sequence is old and only its start counts: the will of an
    earlier start does not end a later one.
    """
    if before is None:
        return True
    if state.start_id == before.start_id:
        return not state.online or state.sequence > before.sequence
    return state.online and (not retained or state.at_us > before.at_us)
