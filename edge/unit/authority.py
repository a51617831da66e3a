# SPDX-License-Identifier: EUPL-1.2
"""What this unit may do, by the records it holds: it examines, remembers, and answers "may I film now, and if not why".

Promises: what was seen is on disk, synced, before it is acted upon, so that neither a reboot nor an older message
undoes it. Every standing order is examined again at each start, so a reboot without a link films on, as long as the
hub's last word allows.

What a message comes to, `edge.unit.taken` says; what the hub last confirmed, `edge.unit.lease`; which limit rules,
`contract.lease.ruling`.

On disk: `memory.json` (`edge.unit.memory`), `mandate.json` (the newest message that held), and
`held/<deployment>.json` (the message that a held order came from, where the newest refused its successor) with
`held/<deployment>.memory` (what the unit remembered once that message held: it is examined again by that, for the
newest may name a later roster, code or serial, and a held order is held nevertheless).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from contract.authority import (
    EMPTY,
    Anchors,
    Examined,
    Memory,
    Order,
    Refusal,
    RefusedError,
    UnitName,
    check_publish_lease,
    examine,
)
from contract.envelope import opened, read
from contract.lease import ruling
from contract.live import PublishLease
from contract.mandate import MESSAGE_LIMIT, Window, read_message
from contract.messages import ACK, Ack, Command
from contract.record import ContractError
from contract.roster import Roster
from edge.unit.clock import UnitClock, utc_text
from edge.unit.commands import Commands
from edge.unit.files import replace_file, sync_folder
from edge.unit.lease import Asking, Contacts, named
from edge.unit.memory import (
    MEMORY,
    MemoryFileError,
    bounded,
    overtaken,
    place,
    read_memory,
    stop_us,
    time_us,
    with_time,
    withdrawn_at,
    write_memory,
)
from edge.unit.taken import newest_us, signed_us, taken_from

MANDATE = "mandate.json"
HELD = "held"
HELD_MEMORY = ".memory"
KEEP_TIME_US = 60_000_000

T = TypeVar("T")


@dataclass(frozen=True)
class Standing:
    """An order with an open window: film under it, sealed to its hour keys, until the window's end.

    `marks` is what headers must say of it now: that the hub is not reached.
    """

    order: Order
    window: Window
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotNow:
    """Why a camera may not film now: a rule's id and words; the next window's start where there is one.

    `within` is the order that stands all the same, in its open window: it may be filmed under again, and what is not
    filmed of it is a gap. Without it nothing stands: what was filmed under is over ("mandate.stopped"), or withdrawn.
    An order that one answer of the hub left out stands so until the next one, or for half a minute.
    """

    rule: str
    reason: str
    from_us: int | None = None
    within: Standing | None = None


@dataclass(frozen=True)
class Considered:
    """What a message came to: orders that began, changed or ended (by deployment), and what was refused."""

    begun: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    def changes(self) -> tuple[tuple[str, str], ...]:
        """(deployment, what happened in words)."""
        verified = "verified: two approvers, roster, log, serial, and this unit's own key"
        return (
            *((name, f"a mandate, {verified}") for name in self.begun),
            *((name, f"a newer mandate, {verified}") for name in self.changed),
            *((name, "the mandate is withdrawn") for name in self.withdrawn),
        )


@dataclass(frozen=True)
class _Source:
    """The message that an order came from, and what the unit remembered once it held."""

    data: bytes
    memory: Memory


class Authority:
    """The records this unit acts on. One thread uses it."""

    def __init__(
        self,
        state: Path,
        anchors: Anchors,
        me: UnitName,
        clock: UnitClock,
    ) -> None:
        """Read the memory and examine again what stood.

        Args:
            state: the unit's folder.
            anchors: pinned at enrolment.
            me: this unit.
            clock: is told of each signed time that was verified, now and before.

        Raises:
            MemoryFileError: the memory is missing or torn, or what the unit keeps cannot be written.
        """
        self._state, self._anchors, self._me, self._clock = state, anchors, me, clock
        self.memory = read_memory(state / MEMORY)
        clock.saw(time_us(self.memory))
        self.contacts = Contacts(state, clock)
        self._roster: Roster | None = None
        self._orders: dict[str, tuple[Order, ...]] = {}
        self._sources: dict[str, _Source] = {}
        self._refusals: dict[str, Refusal] = {}
        self._last: Refusal | None = None
        self._take_up()

    @property
    def refusal(self) -> Refusal | None:
        """What was last refused and still is: of the newest message, or of a mandate in it."""
        return self._last or next(iter(self._refusals.values()), None)

    def consider(self, data: bytes) -> Considered:
        """Examine a message, remember it, and let its orders stand.

        Raises:
            MemoryFileError: it holds and could not be made durable; nothing has changed, unless it is when the hub
                was heard that could not.
        """
        try:
            message = read_message(data)
            taken = taken_from(message, examine(message, self._anchors, self.memory, self._me), self.memory)
        except RefusedError as refused:
            return self._refused(refused.rule, str(refused))
        except ContractError as error:
            return self._refused("mandate.form", str(error))
        self._clock.saw(newest_us(message))
        orders, sources = self._merged(taken, data)
        if (taken.memory, orders) != (self.memory, self._orders):
            self._keep(taken.memory, data, sources)
        before, self._orders, self._sources = self._orders, orders, sources
        self._roster, self._last = taken.roster, None
        self._refusals = {refusal.deployment: refusal for refusal in taken.refusals}
        self.contacts.give(
            {named(order): signed_us(order, message) for order in taken.orders},
            {named(order) for standing in orders.values() for order in standing},
        )
        return Considered(
            begun=tuple(orders.keys() - before.keys()),
            changed=tuple(name for name in orders.keys() & before.keys() if orders[name] != before[name]),
            withdrawn=tuple(before.keys() - orders.keys()),
            refusals=taken.refusals,
        )

    def keep_time(self) -> None:
        """Remember durably how late it is for certain, and how long the hub was not heard: each minute, and at once
        when a window ends by it.

        Raises:
            MemoryFileError: it could not be made durable.
        """
        kept_us, now_us = time_us(self.memory), self._clock.floor_us()
        mine = [order for orders in self._orders.values() for order in orders]
        if now_us - kept_us >= KEEP_TIME_US or any(order.window(kept_us) != order.window(now_us) for order in mine):
            self._remember(with_time(self.memory, now_us))
        self.contacts.keep()

    def current(self, camera: str, now_us: int) -> Standing | NotNow:
        """The order under which this camera may film now, or why it may not."""
        mine = [order for orders in self._orders.values() for order in orders if order.assignment.camera == camera]
        windows = [(order, order.window(now_us)) for order in mine]
        found = [self._ruled(Standing(order, window), now_us) for order, window in windows if window is not None]
        return max(found, key=_worth, default=None) or _soonest(mine, now_us) or self._why_none()

    @property
    def orders(self) -> tuple[Order, ...]:
        """Every order that stands, whether or not its window is open."""
        return tuple(order for orders in self._orders.values() for order in orders)

    @property
    def doubts(self) -> bool:
        """Whether the hub's newest answer left out an order that stands, and another must say so first."""
        return any(self.contacts.doubted(named(order)) for order in self.orders)

    @property
    def knows_the_hub(self) -> bool:
        """Whether a roster is known, by which the hub's word can be told from anybody's."""
        return self._roster is not None

    def lease(self, data: bytes, asking: Asking) -> None:
        """The hub's word on what still stands, and how late it is, if it answers the question that is open.

        Raises:
            RefusedError: it does not hold, with its rule.
            MemoryFileError: it counts, and could not be made durable.
        """
        lease, since_us = asking.answer(data, self._known_roster("lease.roster").order_key)
        self._clock.answered(lease.hub_time_us)
        self.contacts.answer(lease, since_us)

    def publish_lease(self, data: bytes, start_id: str, now_us: int) -> PublishLease:
        """A lease that lets this start of the unit send a camera now.

        Raises:
            RefusedError: it does not hold, with its rule.
        """
        roster = self._known_roster("lease.roster")
        envelope = _parsed("lease.form", lambda: read(data))
        lease = check_publish_lease(envelope, roster, self._me.unit, start_id, now_us)
        self._clock.saw(lease.made_at_us)
        return lease

    def command(self, data: bytes, commands: Commands, now_us: int) -> Command:
        """The hub's word that something is to be done, by the order key.

        Raises:
            RefusedError: it does not hold, with its rule.
            MemoryFileError: it holds, and that it was heard could not be made durable.
        """
        command = commands.take(data, self._known_roster("command.roster").order_key, now_us)
        self._clock.saw(command.issued_at_us)
        return command

    def ack(self, data: bytes) -> Ack:
        """The hub's word, by the order key, that a segment of this unit is stored and logged.

        Raises:
            RefusedError: it does not hold: keep the segment.
        """
        key = self._known_roster("ack.roster").order_key
        ack = _parsed("ack.signature", lambda: opened(read(data), ACK, Ack, key))
        if ack.unit != self._me.unit:
            raise RefusedError("ack.unit", "the ack is for another unit")
        self._clock.saw(ack.at_us)
        return ack

    def _ruled(self, standing: Standing, now_us: int) -> Standing | NotNow:
        """May it be filmed under this order, whose window is open?"""
        order = standing.order
        stopped_us = stop_us(self.memory, order.decision)
        found = ruling(order.course, named(order), now_us, stopped_us, self.contacts.of(named(order)))
        if not found.may:
            unnamed = found.rule == "lease.not-named" and not self.contacts.doubted(named(order))
            over = found.rule == "mandate.stopped" or unnamed
            return NotNow(found.rule, found.reason, within=None if over else standing)
        return _unable(standing) or _without_key(standing, now_us) or replace(standing, marks=found.marks)

    def _known_roster(self, rule: str) -> Roster:
        if self._roster is None:
            raise RefusedError(rule, "no roster is known yet, so no key to check with")
        return self._roster

    def _refused(self, rule: str, reason: str) -> Considered:
        self._last = Refusal("", rule, reason)
        return Considered(refusals=(self._last,))

    def _why_none(self) -> NotNow:
        if self.refusal is not None:
            return NotNow(self.refusal.rule, self.refusal.reason)
        return NotNow("mandate.none", "no mandate")

    def _merged(self, taken: Examined, data: bytes) -> tuple[dict[str, tuple[Order, ...]], dict[str, _Source]]:
        """The orders that stand after this message, and for each the message that it came from."""
        orders = _by_deployment(taken.orders)
        sources = dict.fromkeys(orders, _Source(data, taken.memory))
        for deployment in self._orders.keys() & {refusal.deployment for refusal in taken.refusals}:
            held = _still(self._orders[deployment], taken.memory)
            if deployment not in orders and held:
                orders[deployment], sources[deployment] = held, self._sources[deployment]
        return orders, sources

    def _keep(self, memory: Memory, data: bytes, sources: Mapping[str, _Source]) -> None:
        """Make durable, in an order in which a power cut at any point leaves what can be examined again."""
        held = self._state / HELD
        apart = {deployment: source for deployment, source in sources.items() if source.data != data}
        memory = with_time(memory, self._clock.floor_us())
        try:
            bounded(memory)  # before anything of it stands on the disk
            held.mkdir(mode=0o700, exist_ok=True)
            for deployment, source in apart.items():
                write_memory(held / f"{deployment}{HELD_MEMORY}", source.memory)
                replace_file(held / f"{deployment}.json", source.data)
            replace_file(self._state / MANDATE, data)
            write_memory(self._state / MEMORY, memory)
            for path in held.iterdir():
                if path.stem not in apart:
                    path.unlink()
            sync_folder(held)
        except OSError as error:
            raise MemoryFileError(f"{error.filename}: {error.strerror}") from error
        self.memory = memory

    def _take_up(self) -> None:
        """Examine again what stood when the unit last ran: the newest message, then those that held orders came from.

        A power cut may have kept the newest message and not what it changed in the memory: that follows now.
        """
        newest = self._state / MANDATE
        again = self._again(newest, self.memory) if newest.exists() else None
        if again is not None:
            data, taken = again
            self._orders = _by_deployment(taken.orders)
            self._sources = dict.fromkeys(self._orders, _Source(data, taken.memory))
            self._roster = taken.roster
            self._refusals = {refusal.deployment: refusal for refusal in taken.refusals}
            self._remember(taken.memory)
        for path in sorted((self._state / HELD).glob("*.json")):
            if path.stem not in self._orders:
                self._take_up_held(path)

    def _take_up_held(self, path: Path) -> None:
        beside = path.with_suffix(HELD_MEMORY)
        again = self._again(path, read_memory(beside) if beside.exists() else self.memory)
        if again is None:
            return
        data, taken = again
        self._roster = self._roster or taken.roster
        orders = _by_deployment(taken.orders).get(path.stem, ())
        held = _still(orders, self.memory)
        if held:
            self._orders[path.stem], self._sources[path.stem] = held, _Source(data, taken.memory)

    def _again(self, path: Path, memory: Memory) -> tuple[bytes, Examined] | None:
        """A message of which this was remembered. Its log was found consistent then: a held one's is older by now."""
        known = replace(memory, checkpoint_size=EMPTY.checkpoint_size, checkpoint_root=EMPTY.checkpoint_root)
        try:
            data = _read_bounded(path, MESSAGE_LIMIT)
            message = read_message(data)
            taken = taken_from(message, examine(message, self._anchors, known, self._me), memory)
        except ContractError as error:
            self._last = Refusal("", getattr(error, "rule", "mandate.form"), str(error))
            return None
        self._clock.saw(newest_us(message))
        return data, taken

    def _remember(self, memory: Memory) -> None:
        """Make durable what differs from what is remembered."""
        if memory == self.memory:
            return
        try:
            write_memory(self._state / MEMORY, memory)
        except OSError as error:
            raise MemoryFileError(f"{error.filename}: {error.strerror}") from error
        self.memory = memory


def _by_deployment(orders: tuple[Order, ...]) -> dict[str, tuple[Order, ...]]:
    grouped: dict[str, tuple[Order, ...]] = {}
    for order in orders:
        grouped[order.decision.deployment] = (*grouped.get(order.decision.deployment, ()), order)
    return grouped


def _still(orders: tuple[Order, ...], memory: Memory) -> tuple[Order, ...]:
    """Those that are held while their deployment's newest mandate does not hold: neither withdrawn nor replaced."""
    return tuple(
        order for order in orders if withdrawn_at(memory, place(order)) is None and not overtaken(memory, order)
    )


def _worth(found: Standing | NotNow) -> int:
    """Of two orders for one camera: the one to film under, before one for aiming, else the one that stands all the
    same."""
    if isinstance(found, Standing):
        return 3 if found.order.assignment.setup is None else 2
    return int(found.within is not None)


def _unable(standing: Standing) -> NotNow | None:
    """Why this unit must not film what the order allows: it cannot yet do all that the order asks for."""
    order, decision = standing.order, standing.order.decision
    asks = (
        ("unit.masks", "masked pictures", bool(order.assignment.masks) or decision.live != "clear"),
        ("unit.count", "counting only", decision.regime == "COUNT"),
        ("unit.recording", "recording on a reason", decision.recording not in ("none", "continuous")),
        ("unit.prebuffer", "pictures from before a reason", decision.prebuffer_s != 0),
        ("unit.upload", "uploading later or on demand", decision.upload != "live"),
    )
    for rule, what, asked in asks:
        if asked:
            reason = f"the order asks for {what}, and this unit cannot do that"
            return NotNow(rule, reason, within=standing)
    return None


def _without_key(standing: Standing, now_us: int) -> NotNow | None:
    if standing.order.assignment.setup is not None:
        return None  # nothing is sealed
    try:
        standing.order.hour_key(now_us)
    except RefusedError as refused:
        return NotNow(refused.rule, str(refused), within=standing)
    return None


def _soonest(orders: list[Order], now_us: int) -> NotNow | None:
    """Of windows that are not open: the next one, else that all have ended; None without any order."""
    starts = [window.from_us for order in orders for window in order.course.windows if window.from_us > now_us]
    if starts:
        return NotNow("window.before", f"the window opens at {utc_text(min(starts))}", min(starts))
    return NotNow("window.after", "the window has ended") if orders else None


def _parsed(rule: str, parse: Callable[[], T]) -> T:
    try:
        return parse()
    except ContractError as error:
        raise RefusedError(rule, str(error)) from error


def _read_bounded(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise MemoryFileError(f"{path}: {error.strerror}") from error
