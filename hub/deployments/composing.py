# SPDX-License-Identifier: EUPL-1.2
"""A unit's mandate message: the orders that concern it, with the roster, the bindings and the log's proofs.

Composed from logged records under the log's newest checkpoint, with a consistency proof from the size that the unit
last reported. Of the bindings only those that stand are in it.

A message holds eight orders and 64 KiB. A unit takes an order that is left out for withdrawn, so what must be in it is
every order whose window is open, and every one that was in the message before and is not over. Then come the others,
next to begin first, as long as there is room: the rest is held back until there is. An assignment for which there
would be no room by the time it begins is refused before anybody signs it (`room_for`).
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from contract.authority import Anchors, two_of_the_team
from contract.envelope import Envelope, ed25519, opened, read
from contract.mandate import (
    MESSAGE_LIMIT,
    Assignment,
    Consistency,
    Decision,
    LoggedLeaf,
    Mandate,
    MandateMessage,
    read_message,
)
from contract.placement import Placed, moves
from contract.record import ContractError, dump, load
from contract.roster import ROSTER, Roster, standing_bindings
from contract.running import NECESSITY, OVERRUN, OverrunTaken
from contract.tlog import TILE_WIDTH
from hub.audit.log import Log, Tree
from hub.deployments.standing import Orders, StandingDecision
from hub.store.downlink import Downlink
from hub.store.records import RecordRow, SignedRecords
from hub.store.units import UnitRow

# Kept free for what a message that is full must still take: a stop for an order in it (2 KiB with its proof), a new
# binding, and proofs that grow by 60 bytes a leaf whenever the log doubles.
RESERVE = 6 * 1024  # bytes
SWAPPED_LIMIT = 8  # in one mandate
RUNNING_LIMIT = 4  # overruns, and confirmations: of one window there are no more overruns
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Composed:
    """A message, and the numbers of the deployments for which there was no room in it yet."""

    message: MandateMessage
    held_back: tuple[str, ...]


class Composer:
    """Makes messages. Holds no state."""

    def __init__(
        self,
        records: SignedRecords,
        downlink: Downlink,
        anchors: Anchors,
        log_folder: Path,
        now_us: Callable[[], int],
    ) -> None:
        self._orders = Orders(records)
        self._downlink = downlink
        self._anchors = anchors
        self._log_folder = log_folder
        self._now_us = now_us

    async def compose(self, unit: UnitRow) -> Composed | None:
        """The message that would be sent now; None while no roster has two bindings, or what must be in it does not
        fit: then the unit keeps what it has."""
        now_us = self._now_us()
        sheet = await self._sheet(unit, now_us)
        if sheet is None:
            return None
        told = await self._told(unit.unit)
        return await asyncio.to_thread(_chosen, sheet, unit, told, now_us)

    async def room_for(self, unit: UnitRow, assignment: Envelope) -> int | None:
        """None when there is room for one more assignment by the time it begins; else how many orders are in its way.

        Judged with `RESERVE` to spare, so that what was signed can also be kept.
        """
        now_us = self._now_us()
        sheet = await self._sheet(unit, now_us)
        if sheet is None:
            return None  # there is nobody yet who could have decided
        told = await self._told(unit.unit)
        return await asyncio.to_thread(_in_the_way, sheet, told, assignment, now_us)

    async def _told(self, unit: str) -> frozenset[str] | None:
        """The deployments in the newest message for a unit: what is left out of the next one is withdrawn.

        None where that message cannot be read: then every one may have been in it.
        """
        row = await self._downlink.mandate(unit)
        if row is None:
            return frozenset()
        try:
            mandates = read_message(row.payload).mandates
            return frozenset(load(Decision, mandate.decision.body).deployment for mandate in mandates)
        except ContractError as error:
            logger.error("the message that was kept for %s cannot be read: %s", unit, error)
            return None

    async def _sheet(self, unit: UnitRow, now_us: int) -> "_Sheet | None":
        stands = await self._orders.in_force(now_us)
        if stands.roster is None:
            return None
        roster = opened(read(stands.roster.envelope), ROSTER, Roster, self._anchors.roster_key)
        bindings = standing_bindings(roster, [(row.log_index, read(row.envelope)) for row in stands.bindings])
        if len(bindings) < 2:
            return None
        log = Log(self._log_folder, roster.origin, ed25519(roster.log_key))
        text, checkpoint = await asyncio.to_thread(log.checkpoint)
        tree = Tree(self._log_folder, checkpoint)
        seen = unit.checkpoint_size
        if seen > checkpoint.size:
            logger.error("%s has seen %s leaves and the log has %s", unit.unit, seen, checkpoint.size)
            seen = 0
        orders = stands.decisions if unit.state == "active" else ()
        mine = [_own(order, unit, now_us) for order in orders]
        return _Sheet(stands.roster, tuple(bindings), mine, text, tree, seen)


@dataclass(frozen=True)
class _Order(StandingDecision):
    """A decision cut down to one unit; `swapped` are the placements of who was placed since where that unit stood, and
    `earlier` the decisions whose teams alone signed those."""

    swapped: tuple[Placed, ...] = ()


@dataclass(frozen=True)
class _Sheet:
    """What every message of a unit has in common, and all decisions with this unit's placements, if it has any."""

    roster: RecordRow
    bindings: tuple[tuple[int, Envelope], ...]
    orders: Sequence[_Order]
    checkpoint: str
    tree: Tree
    seen: int

    def message(self, orders: Sequence[_Order]) -> MandateMessage:
        """The message with these orders, first window first, each cut down to this unit."""
        indices = [self.roster.log_index, *(index for index, _ in self.bindings)]
        mandates = []
        for order in self.orders:
            if order not in orders or order.issued is None:
                continue
            mandates.append(_mandate(order, order.issued))
            indices += [order.decided.log_index, order.issued.log_index]
            indices += [placed.log_index for placed in (*order.placed, *order.aimed, *order.swapped)]
            indices += [row.log_index for row in (*order.running, *order.earlier)]
            if order.stopped is not None:
                indices.append(order.stopped.log_index)
        return MandateMessage(
            roster=read(self.roster.envelope),
            bindings=tuple(envelope for _, envelope in self.bindings),
            mandates=tuple(mandates),
            leaves=tuple(_leaf(self.tree, index) for index in dict.fromkeys(indices)),
            checkpoint=self.checkpoint,
            consistency=Consistency(self.seen, self.tree.consistency(self.seen, self.tree.size)),
        )

    def fits(self, orders: Sequence[_Order]) -> bool:
        """Whether these orders fit into one message, with the reserve to spare."""
        data = dump(self.message(orders))
        try:
            read_message(data)
        except ContractError:
            return False
        return len(data) + RESERVE <= MESSAGE_LIMIT


def _chosen(sheet: _Sheet, unit: UnitRow, told: frozenset[str] | None, now_us: int) -> Composed | None:
    mine = [order for order in sheet.orders if order.placed or order.aimed or order.swapped]
    chosen = [order for order in mine if _must_stay(order, told, now_us)]
    if any(order.earlier for order in chosen) and not sheet.fits(chosen):
        # To be told nothing of a deployment ends what stood of it as well, if not for good.
        lean = [replace(order, swapped=(), earlier=()) if order.earlier else order for order in sheet.orders]
        return _chosen(replace(sheet, orders=lean), unit, told, now_us)
    left = [order for order in mine if order not in chosen]
    ahead = sorted((order for order in left if not _is_past(order, now_us)), key=lambda order: _start(order, now_us))
    held_back: tuple[str, ...] = ()
    for place, order in enumerate(ahead):
        if not sheet.fits([*chosen, order]):
            # Nor any after it, even if smaller: once in, it would stay, and be in the way of what begins before it.
            held_back = tuple(later.decision.number for later in ahead[place:])
            break
        chosen.append(order)
    for order in left:  # what was stopped says so as long as there is room; left out it is withdrawn, which is as good
        if _is_past(order, now_us) and sheet.fits([*chosen, order]):
            chosen.append(order)
    try:
        return Composed(read_message(dump(sheet.message(chosen))), held_back)
    except ContractError as error:
        numbers = ", ".join(order.decision.number for order in mine if order in chosen)
        logger.error("%s keeps its old mandate: %s do not fit into one message: %s", unit.unit, numbers, error)
        return None


def _in_the_way(sheet: _Sheet, told: frozenset[str] | None, assignment: Envelope, now_us: int) -> int | None:
    body = load(Assignment, assignment.body)
    orders = [_with(order, body, assignment) for order in sheet.orders]
    new = next((order for order in orders if order.decision.deployment == body.deployment), None)
    if new is None or _is_past(new, now_us):
        return None
    sheet = replace(sheet, orders=orders)
    mine = [order for order in orders if order.placed or order.aimed]
    for moment_us in sorted({_start(order, now_us) for order in mine if not _is_past(order, now_us)}):
        needed = [
            order
            for order in mine
            if not order.over(moment_us) and (_was_told(order, told) or _start(order, now_us) <= moment_us)
        ]
        if new in needed and not sheet.fits(needed):
            return len(needed) - 1
    return None


def _must_stay(order: StandingDecision, told: frozenset[str] | None, now_us: int) -> bool:
    if order.over(now_us):
        return False
    return order.window(now_us) is not None or bool(order.aimed) or _was_told(order, told)


def _was_told(order: StandingDecision, told: frozenset[str] | None) -> bool:
    return told is None or order.decision.deployment in told


def _is_past(order: StandingDecision, now_us: int) -> bool:
    return order.next_start(now_us) is None


def _start(order: StandingDecision, now_us: int) -> int:
    """When it begins; of what is past, a moment at which it is over, so that it is in nothing's way."""
    start_us = order.next_start(now_us)
    return order.decision.last_moment_us if start_us is None else start_us


def _with(order: _Order, body: Assignment, envelope: Envelope) -> _Order:
    """The order with one assignment more, or another one for a post; its leaf, not logged yet, is the decision's."""
    if order.decision.deployment != body.deployment:
        return order
    new = Placed(body, envelope, order.decided.log_index)
    if body.setup is not None:
        return replace(order, aimed=(*(one for one in order.aimed if one.assignment.post != body.post), new))
    left = (one for one in order.placed if one.assignment.post != body.post and not moves(body, one.assignment))
    return replace(order, placed=(*left, new))


def _own(order: StandingDecision, unit: UnitRow, now_us: int) -> _Order:
    """What of an order is for this unit: its placements by its present key, its aiming while it lasts; and who was
    placed since where it stood."""
    me = (unit.unit, unit.fingerprint, unit.epoch)

    def is_mine(placed: Placed) -> bool:
        body = placed.assignment
        return (body.unit, body.unit_key, body.epoch) == me

    mine = {placed.assignment.post for placed in order.former if is_mine(placed)}
    others = (one for one in order.newest if one.assignment.post in mine and one.assignment.unit != unit.unit)
    started = order.next_start(now_us) is not None
    swapped = tuple(others)[:SWAPPED_LIMIT] if started else ()
    windows = {taken.from_us for taken in order.course.windows if taken.to_us > now_us}
    cut = replace(
        order,
        placed=tuple(placed for placed in order.placed if is_mine(placed)),
        aimed=tuple(placed for placed in order.aimed if is_mine(placed) and _aims(order, placed, now_us)),
        running=_counting(order.running, windows),
        earlier=_signed_under(swapped, order),
    )
    return _Order(**vars(cut), swapped=swapped)


def _signed_under(swapped: Sequence[Placed], order: StandingDecision) -> tuple[RecordRow, ...]:
    """The decisions of whose team two signed these, where two of the newest one's did not."""
    found = {}
    for placed in swapped:
        if two_of_the_team(placed.envelope, order.decision):
            continue
        for row in sorted(order.earlier, key=lambda row: row.serial, reverse=True):
            if two_of_the_team(placed.envelope, load(Decision, read(row.envelope).body)):
                found[row.digest] = row
                break
    return tuple(found.values())


def _aims(order: StandingDecision, placed: Placed, now_us: int) -> bool:
    return any(window.to_us > now_us for window in order.course_for(placed.assignment.setup).windows)


def _counting(running: Sequence[RecordRow], windows: set[int]) -> tuple[RecordRow, ...]:
    """The overruns of windows that are not over, and the newest confirmations: as many as a mandate holds."""
    overruns = [row for row in running if row.type == OVERRUN and _began(row) in windows]
    confirmed = sorted((row for row in running if row.type == NECESSITY), key=lambda row: row.log_index)
    return (*overruns[-RUNNING_LIMIT:], *confirmed[-RUNNING_LIMIT:])


def _began(row: RecordRow) -> int:
    return load(OverrunTaken, read(row.envelope).body).window_from_us


def _mandate(order: _Order, issued: RecordRow) -> Mandate:
    return Mandate(
        decision=read(order.decided.envelope),
        assignments=tuple(placed.envelope for placed in (*order.placed, *order.aimed)),
        keyset=read(issued.envelope),
        overruns=tuple(read(row.envelope) for row in order.running if row.type == OVERRUN),
        necessities=tuple(read(row.envelope) for row in order.running if row.type == NECESSITY),
        swapped=tuple(placed.envelope for placed in order.swapped),
        earlier=tuple(read(row.envelope) for row in order.earlier),
        stop=None if order.stopped is None else read(order.stopped.envelope),
    )


def _leaf(tree: Tree, index: int) -> LoggedLeaf:
    entry = tree.entries(index // TILE_WIDTH)[index % TILE_WIDTH]
    return LoggedLeaf(index, entry, tree.inclusion(index, tree.size))
