# SPDX-License-Identifier: EUPL-1.2
"""What this unit may do, by the records it holds: it examines, remembers, and answers "may I film now, and if not why".

Promises: what was seen is on disk, synced, before it is acted upon, so that neither a reboot nor an older message
undoes it. A bad message changes nothing: what stands is held and the rule is reported. Inside a message that holds, a
bad mandate leaves its deployment's standing order as it was, and a deployment that is no longer named is withdrawn.
Every standing order is examined again at each start, so a reboot without a link films on.

On disk: `memory.json` (`contract.authority.Memory`), `mandate.json` (the newest message that held), and
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
from contract.live import PublishLease
from contract.mandate import MESSAGE_LIMIT, Window, read_message
from contract.messages import ACK, Ack
from contract.record import ContractError, dump, load
from contract.roster import Roster
from contract.tlog import Leaf
from edge.unit.clock import utc_text
from edge.unit.files import replace_file, sync_folder

MEMORY = "memory.json"
MANDATE = "mandate.json"
HELD = "held"
HELD_MEMORY = ".memory"
MEMORY_LIMIT = 1024 * 1024  # bytes; a few hundred per deployment ever seen

T = TypeVar("T")


class MemoryFileError(Exception):
    """The unit's memory cannot be read or written: it must not film, for it no longer knows what it has seen."""


@dataclass(frozen=True)
class Standing:
    """An order with an open window: film under it, sealed to its hour keys, until the window's end."""

    order: Order
    window: Window


@dataclass(frozen=True)
class NotNow:
    """Why a camera may not film now: a rule's id and words; the next window's start where there is one."""

    rule: str
    reason: str
    from_us: int | None = None


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
        saw: Callable[[int], None],
    ) -> None:
        """Read the memory and examine again what stood.

        Args:
            state: the unit's folder.
            anchors: pinned at enrolment.
            me: this unit.
            saw: is told of each signed time that was verified.

        Raises:
            MemoryFileError: there is a memory and it cannot be read.
        """
        self._state, self._anchors, self._me, self._saw = state, anchors, me, saw
        self.memory = _read_memory(state / MEMORY)
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
            MemoryFileError: it holds and could not be made durable; nothing has changed.
        """
        try:
            message = read_message(data)
            examined = examine(message, self._anchors, self.memory, self._me)
        except RefusedError as refused:
            return self._refused(refused.rule, str(refused))
        except ContractError as error:
            return self._refused("mandate.form", str(error))
        orders, sources = self._merged(examined, data)
        if (examined.memory, orders) != (self.memory, self._orders):
            self._keep(examined.memory, data, sources)
        before, self._orders, self._sources = self._orders, orders, sources
        self._roster, self._last = examined.roster, None
        self._refusals = {refusal.deployment: refusal for refusal in examined.refusals}
        self._saw_times(data)
        return Considered(
            begun=tuple(orders.keys() - before.keys()),
            changed=tuple(name for name in orders.keys() & before.keys() if orders[name] != before[name]),
            withdrawn=tuple(before.keys() - orders.keys()),
            refusals=examined.refusals,
        )

    def current(self, camera: str, now_us: int) -> Standing | NotNow:
        """The order under which this camera may film now, or why it may not."""
        mine = [order for orders in self._orders.values() for order in orders if order.assignment.camera == camera]
        for order in mine:
            window = order.window(now_us)
            if window is not None:
                return _unable(order) or _with_key(order, window, now_us)
        return _soonest(mine, now_us) or self._why_none()

    def publish_lease(self, data: bytes, start_id: str, now_us: int) -> PublishLease:
        """A lease that lets this start of the unit send a camera now.

        Raises:
            RefusedError: it does not hold, with its rule.
        """
        roster = self._known_roster("lease.roster")
        envelope = _parsed("lease.form", lambda: read(data))
        lease = check_publish_lease(envelope, roster, self._me.unit, start_id, now_us)
        self._saw(lease.made_at_us)
        return lease

    def ack(self, data: bytes) -> Ack:
        """The hub's word, by the order key, that a segment of this unit is stored and logged.

        Raises:
            RefusedError: it does not hold: keep the segment.
        """
        key = self._known_roster("ack.roster").order_key
        ack = _parsed("ack.signature", lambda: opened(read(data), ACK, Ack, key))
        if ack.unit != self._me.unit:
            raise RefusedError("ack.unit", "the ack is for another unit")
        self._saw(ack.at_us)
        return ack

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

    def _merged(self, examined: Examined, data: bytes) -> tuple[dict[str, tuple[Order, ...]], dict[str, _Source]]:
        """The orders that stand after this message, and for each the message that it came from."""
        orders = _by_deployment(examined.orders)
        sources = dict.fromkeys(orders, _Source(data, examined.memory))
        refused = {refusal.deployment for refusal in examined.refusals}
        for deployment, standing in self._orders.items():
            # A mandate too broken to say whose it is ("") may be anyone's: then nothing is taken for withdrawn.
            if deployment not in orders and (deployment in refused or "" in refused):
                orders[deployment], sources[deployment] = standing, self._sources[deployment]
        return orders, sources

    def _keep(self, memory: Memory, data: bytes, sources: Mapping[str, _Source]) -> None:
        """Make durable, in an order in which a power cut at any point leaves what can be examined again."""
        held = self._state / HELD
        apart = {deployment: source for deployment, source in sources.items() if source.data != data}
        try:
            held.mkdir(mode=0o700, exist_ok=True)
            for deployment, source in apart.items():
                replace_file(held / f"{deployment}{HELD_MEMORY}", dump(source.memory))
                replace_file(held / f"{deployment}.json", source.data)
            replace_file(self._state / MANDATE, data)
            replace_file(self._state / MEMORY, dump(memory))
            for path in held.iterdir():
                if path.stem not in apart:
                    path.unlink()
            sync_folder(held)
        except OSError as error:
            raise MemoryFileError(f"{error.filename}: {error.strerror}") from error
        self.memory = memory

    def _take_up(self) -> None:
        """Examine again what stood when the unit last ran, the newest message last, so that its roster stays."""
        for path in sorted((self._state / HELD).glob("*.json")):
            beside = path.with_suffix(HELD_MEMORY)
            examined = self._examined_again(path, _read_memory(beside) if beside.exists() else self.memory)
            if examined is not None:
                self._stand(path, examined, path.stem)
        newest = self._state / MANDATE
        examined = self._examined_again(newest, self.memory) if newest.exists() else None
        if examined is not None:
            self._stand(newest, examined, None)
            self._refusals = {refusal.deployment: refusal for refusal in examined.refusals}

    def _examined_again(self, path: Path, memory: Memory) -> Examined | None:
        """As `examine`, of a message whose log was found consistent before: a held one's is older than the newest."""
        known = replace(
            memory,
            checkpoint_size=EMPTY.checkpoint_size,
            checkpoint_root=EMPTY.checkpoint_root,
            checkpoint=EMPTY.checkpoint,
        )
        try:
            return examine(read_message(_read_bounded(path, MESSAGE_LIMIT)), self._anchors, known, self._me)
        except ContractError as error:
            self._last = Refusal("", getattr(error, "rule", "mandate.form"), str(error))
            return None

    def _stand(self, path: Path, examined: Examined, only: str | None) -> None:
        """Let the orders of a message that still holds stand: all of them, or those of one deployment."""
        source = _Source(_read_bounded(path, MESSAGE_LIMIT), examined.memory)
        self._roster = examined.roster
        for deployment, orders in _by_deployment(examined.orders).items():
            if only in (None, deployment):
                self._orders[deployment], self._sources[deployment] = orders, source
        self._saw_times(source.data)

    def _saw_times(self, data: bytes) -> None:
        """Leaves of a message that held are proven: time is past the newest of them."""
        self._saw(max((Leaf.decode(leaf.entry).at_us for leaf in read_message(data).leaves), default=0))


def _by_deployment(orders: tuple[Order, ...]) -> dict[str, tuple[Order, ...]]:
    grouped: dict[str, tuple[Order, ...]] = {}
    for order in orders:
        grouped[order.decision.deployment] = (*grouped.get(order.decision.deployment, ()), order)
    return grouped


def _unable(order: Order) -> NotNow | None:
    """Why this unit must not film what the order allows: it cannot yet do all that the order asks for."""
    decision = order.decision
    asks = (
        ("unit.masks", "masked pictures", bool(order.assignment.masks) or decision.live != "clear"),
        ("unit.count", "counting only", decision.regime == "COUNT"),
        ("unit.recording", "recording on a reason", decision.recording not in ("none", "continuous")),
        ("unit.prebuffer", "pictures from before a reason", decision.prebuffer_s != 0),
        ("unit.link-loss", "stopping when the link is lost", decision.on_link_loss != "record"),
        ("unit.upload", "uploading later or on demand", decision.upload != "live"),
    )
    for rule, what, asked in asks:
        if asked:
            return NotNow(rule, f"the order asks for {what}, and this unit cannot do that")
    return None


def _with_key(order: Order, window: Window, now_us: int) -> Standing | NotNow:
    try:
        order.hour_key(now_us)
    except RefusedError as refused:
        return NotNow(refused.rule, str(refused))
    return Standing(order, window)


def _soonest(orders: list[Order], now_us: int) -> NotNow | None:
    """Of windows that are not open: the next one, else that all have ended; None without any order."""
    starts = [window.from_us for order in orders for window in order.decision.windows if window.from_us > now_us]
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


def _read_memory(path: Path) -> Memory:
    if not path.exists():
        return EMPTY
    try:
        return load(Memory, _read_bounded(path, MEMORY_LIMIT), MEMORY_LIMIT)
    except ContractError as error:
        raise MemoryFileError(f"{path}: {error}") from error
