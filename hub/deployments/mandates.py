# SPDX-License-Identifier: EUPL-1.2
"""Which units are to be sent a mandate message: those whose last one no longer says what stands, or was not taken.

A message that says nothing new is not made again, unless the unit could not verify it from where it is: the log grows
every few seconds, and a mandate should not. A unit that took a message reports its checkpoint's size: that is its ack,
for a broker's proves nothing, and until it comes the message is sent again from time to time. A unit that was revoked
is sent one without orders.
"""

import logging
from collections.abc import Callable

from contract.envelope import ed25519
from contract.mandate import Mandate, MandateMessage, read_message
from contract.record import ContractError, dump, load
from contract.roster import Roster
from contract.tlog import verify_checkpoint
from hub.deployments.composing import Composer
from hub.store.downlink import Downlink
from hub.store.units import UnitRow, Units

SEND_AGAIN_US = 30_000_000
logger = logging.getLogger(__name__)


class Mandates:
    """Hands messages that say something new to the downlink."""

    def __init__(self, composer: Composer, units: Units, downlink: Downlink, now_us: Callable[[], int]) -> None:
        self._composer = composer
        self._units = units
        self._downlink = downlink
        self._now_us = now_us

    async def refresh_all(self) -> None:
        """Look after every unit."""
        for unit in await self._units.all():
            await self.refresh(unit.unit)

    async def refresh(self, unit: str, started: bool = False) -> None:
        """Have a unit's mandate sent, if what it has is not what stands, cannot be verified by it, or was not taken.

        Args:
            unit: its id.
            started: it has just started, and what was said before may not have reached it.
        """
        row = await self._units.get(unit)
        composed = None if row is None else await self._composer.compose(row)
        if row is None or composed is None:
            return
        await self._note_held_back(row, composed.held_back)
        message = composed.message
        sent = await self._downlink.mandate(unit)
        size = None if sent is None else _size_if_same(sent.payload, message)
        if sent is None or size is None or not _serves(sent.payload, size, row.checkpoint_size):
            await self._downlink.add(unit, "mandate", dump(message), self._now_us())
            return
        waited_us = 0 if sent.sent_at_us is None else self._now_us() - sent.sent_at_us
        not_taken = row.state == "active" and size != row.checkpoint_size and waited_us >= SEND_AGAIN_US
        if sent.sent_at_us is not None and (started or not_taken):
            await self._downlink.again(sent)

    async def _note_held_back(self, row: UnitRow, numbers: tuple[str, ...]) -> None:
        if numbers:
            logger.error("%s is not told of %s yet: its mandate message is full", row.unit, ", ".join(numbers))
        if len(numbers) != row.held_back:
            await self._units.hold_back(row.unit, len(numbers))


def _size_if_same(sent: bytes, fresh: MandateMessage) -> int | None:
    """The size of the log in a message that was sent, if it says the same as the fresh one."""
    try:
        message = read_message(sent)
        if _meaning(message) != _meaning(fresh):
            return None
        roster = load(Roster, message.roster.body)
        return verify_checkpoint(message.checkpoint, roster.origin, ed25519(roster.log_key)).size
    except ContractError:
        return None


def _serves(sent: bytes, size: int, seen: int) -> bool:
    """Whether a unit that has seen so much of the log can verify the message that was sent."""
    return seen in (0, read_message(sent).consistency.from_size, size)


def _meaning(message: MandateMessage) -> tuple[tuple[str, ...], ...]:
    """The digests of all records in a message: two messages with the same ones order the same."""
    return (
        (message.roster.digest, *(envelope.digest for envelope in message.bindings)),
        *(_digests(mandate) for mandate in message.mandates),
    )


def _digests(mandate: Mandate) -> tuple[str, ...]:
    stop = () if mandate.stop is None else (mandate.stop,)
    several = (*mandate.assignments, *mandate.swapped, *mandate.overruns, *mandate.necessities)
    return tuple(each.digest for each in (mandate.decision, mandate.keyset, *stop, *several))
