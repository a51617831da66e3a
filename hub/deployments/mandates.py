# SPDX-License-Identifier: EUPL-1.2
"""A unit's mandate message: every order that concerns it, with the roster, the bindings and the log's proofs.

Composed from logged records under the log's newest checkpoint, with a consistency proof from the size that the unit
last reported. Of the bindings only those that stand are in it. Orders that do not fit into one message are an alarm
and never a shorter message, which a unit would take for their withdrawal: it keeps what it has.

A message that says nothing new is not made again, unless the unit could not verify it from where it is: the log grows
every few seconds, and a mandate should not. A unit that took a message reports its checkpoint's size: that is its ack,
for a broker's proves nothing, and until it comes the message is sent again from time to time.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from contract.authority import Anchors
from contract.envelope import Envelope, ed25519, opened, read
from contract.mandate import Consistency, LoggedLeaf, Mandate, MandateMessage, read_message
from contract.record import ContractError, dump, load
from contract.roster import BINDING, ROSTER, Roster, standing_bindings
from contract.tlog import TILE_WIDTH, verify_checkpoint
from hub.audit.log import Log, Tree
from hub.deployments.standing import Orders, Placed, StandingDecision
from hub.store.downlink import Downlink
from hub.store.records import RecordRow, SignedRecords
from hub.store.units import UnitRow, Units

SEND_AGAIN_US = 30_000_000
logger = logging.getLogger(__name__)


class Mandates:
    """Composes messages and hands those that say something new to the downlink."""

    def __init__(
        self,
        records: SignedRecords,
        units: Units,
        downlink: Downlink,
        anchors: Anchors,
        log_folder: Path,
        now_us: Callable[[], int],
    ) -> None:
        self._records = records
        self._orders = Orders(records)
        self._units = units
        self._downlink = downlink
        self._anchors = anchors
        self._log_folder = log_folder
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
        message = None if row is None or row.state != "active" else await self.compose(row)
        if row is None or message is None:
            return
        sent = await self._downlink.mandate(unit)
        size = None if sent is None else _size_if_same(sent.payload, message)
        if sent is None or size is None or not _serves(sent.payload, size, row.checkpoint_size):
            await self._downlink.add(unit, "mandate", dump(message), self._now_us())
            return
        waited_us = 0 if sent.sent_at_us is None else self._now_us() - sent.sent_at_us
        not_taken = size != row.checkpoint_size and waited_us >= SEND_AGAIN_US
        if sent.sent_at_us is not None and (started or not_taken):
            await self._downlink.again(sent)

    async def compose(self, unit: UnitRow) -> MandateMessage | None:
        """The message that would be sent now; None while no roster has two bindings, or what stands does not fit."""
        held = await self._records.newest(ROSTER)
        if held is None:
            return None
        roster = opened(read(held.envelope), ROSTER, Roster, self._anchors.roster_key)
        logged = [(row.log_index, read(row.envelope)) for row in await self._records.all(BINDING)]
        bindings = standing_bindings(roster, logged)
        if len(bindings) < 2:
            return None
        current = await self._orders.current(self._now_us())
        orders = [order for order in current if _placed(order, unit) and order.issued]
        log = Log(self._log_folder, roster.origin, ed25519(roster.log_key))
        message = await asyncio.to_thread(self._message, log, unit, held, bindings, orders)
        try:
            return read_message(dump(message))
        except ContractError as error:
            numbers = ", ".join(order.decision.number for order in orders)
            logger.error("%s keeps its old mandate: %s do not fit into one message: %s", unit.unit, numbers, error)
            return None

    def _message(
        self,
        log: Log,
        unit: UnitRow,
        roster: RecordRow,
        bindings: Sequence[tuple[int, Envelope]],
        orders: Sequence[StandingDecision],
    ) -> MandateMessage:
        text, checkpoint = log.checkpoint()
        tree = Tree(self._log_folder, checkpoint)
        indices = [roster.log_index, *(index for index, _ in bindings)]
        mandates = []
        for order in orders:
            placed = _placed(order, unit)
            issued = order.issued
            if issued is None:
                continue
            mandates.append(
                Mandate(read(order.decided.envelope), tuple(p.envelope for p in placed), read(issued.envelope))
            )
            indices += [order.decided.log_index, issued.log_index, *(p.log_index for p in placed)]
        seen = unit.checkpoint_size
        if seen > checkpoint.size:
            logger.error("%s has seen %s leaves and the log has %s", unit.unit, seen, checkpoint.size)
            seen = 0
        return MandateMessage(
            roster=read(roster.envelope),
            bindings=tuple(envelope for _, envelope in bindings),
            mandates=tuple(mandates),
            leaves=tuple(_leaf(tree, index) for index in dict.fromkeys(indices)),
            checkpoint=text,
            consistency=Consistency(seen, tree.consistency(seen, checkpoint.size)),
        )


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


def _placed(order: StandingDecision, unit: UnitRow) -> tuple[Placed, ...]:
    return tuple(
        p
        for p in order.placed
        if (p.assignment.unit, p.assignment.unit_key, p.assignment.epoch) == (unit.unit, unit.fingerprint, unit.epoch)
    )


def _leaf(tree: Tree, index: int) -> LoggedLeaf:
    entry = tree.entries(index // TILE_WIDTH)[index % TILE_WIDTH]
    return LoggedLeaf(index, entry, tree.inclusion(index, tree.size))


def _meaning(message: MandateMessage) -> tuple[tuple[str, ...], ...]:
    """The digests of all records in a message: two messages with the same ones order the same."""
    return (
        (message.roster.digest, *(envelope.digest for envelope in message.bindings)),
        *(_digests(mandate) for mandate in message.mandates),
    )


def _digests(mandate: Mandate) -> tuple[str, ...]:
    return (mandate.decision.digest, mandate.keyset.digest, *(envelope.digest for envelope in mandate.assignments))
