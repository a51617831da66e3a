# SPDX-License-Identifier: EUPL-1.2
"""The agent: a mandate comes, its window opens, the camera starts, segments are sealed and sent; and all of it ends.

Read it from `Agent.run`. Promises: without an order whose window is open the source of pictures is not even opened;
within a second of a window's end, of a withdrawal or of a lease's end nothing is captured or sent any more, live first;
evidence and live are two branches of one camera, and neither waits for the other. Why it does not film stands in its
state and, once for each change, in its journal.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Hashable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from contract.index import IndexRow
from contract.live import PublishLease
from contract.messages import Ack, CameraState, Command
from edge.capture.camera import Branch, Camera
from edge.capture.source import Source
from edge.config import FIRMWARE, UnitConfig
from edge.link.delivery import Delivery, Outbox, Putter
from edge.link.mqtt import LineEvents, Uplink
from edge.live.branch import LiveBranch, MakeSession
from edge.live.small import Small
from edge.recorder.accounts import Accounts, under
from edge.recorder.ledger import Ledger
from edge.recorder.outbox import row_in
from edge.recorder.recorder import Recorder
from edge.recorder.recording import Recording, Terms
from edge.recorder.spool import Spool, SpoolError, Waiting
from edge.unit.authority import Authority, NotNow, Standing
from edge.unit.clock import UnitClock, utc_text
from edge.unit.commands import Commands
from edge.unit.downlink import Downlink
from edge.unit.health import Figures, HealthReporter, Pictures
from edge.unit.identity import FilmKeys, Identity, Random, new_start_id
from edge.unit.journal import Journal
from edge.unit.lease import Asking
from edge.unit.memory import MemoryFileError
from edge.unit.reporting import Report, Reporter, seen

TICK_S = 0.2  # how late a window's end may be noticed; a second is promised
HEARD_WITHIN_S = 10.0
CLOSE_WITHIN_S = 2.0  # a segment, when filming ends
DELIVER_WITHIN_S = 2.0  # what can still be sent, when the program ends
GOODBYE_WITHIN_S = 1.0


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What an agent is made of; `state` is the unit's own folder."""

    config: UnitConfig
    state: Path
    identity: Identity
    authority: Authority
    spool: Spool
    clock: UnitClock
    random: Random
    journal: Journal
    source: Callable[[], Source]
    session: MakeSession
    hub: Putter
    line: Callable[[LineEvents], Uplink]

    def fraction(self) -> float:
        """A random number from 0 up to 1."""
        return int.from_bytes(self.random(4)) / 2**32


@dataclass
class Filming:
    """One camera in one window, and its two branches."""

    standing: Standing
    camera: Camera
    recorder: Recorder | None
    live: LiveBranch
    small: Small | None  # between camera and live, where the order is for aiming

    def goes_on(self, found: Standing | NotNow) -> bool:
        """Whether this is what is ordered now; hour keys may have been added, or the window prolonged."""
        if isinstance(found, NotNow) or found.window.from_us != self.standing.window.from_us:
            return False
        mine, now = self.standing.order, found.order
        return (mine.decision_digest, mine.assignment_digest) == (now.decision_digest, now.assignment_digest)

    def hands_over(self, found: Standing | NotNow) -> bool:
        """Whether a newer order of the same deployment lets the camera be recorded on, without a picture lost."""
        if isinstance(found, NotNow) or self.recorder is None or self.recorder.broken is not None:
            return False
        mine, now = self.standing.order, found.order
        return now.recorded and mine.decision.deployment == now.decision.deployment

    def follow(self, found: Standing) -> None:
        """Film on under the same order as it stands now."""
        self.standing = found
        self.live.until(found.window.to_us)

    async def stop(self) -> bool:
        """Nothing more is sent, then nothing captured, then the segment is closed; false if the disk hangs."""
        await self.live.stop()
        await asyncio.to_thread(self.camera.stop)
        if self.small is not None:
            await asyncio.to_thread(self.small.stop)
        return self.recorder is None or await asyncio.to_thread(self.recorder.stop, CLOSE_WITHIN_S)

    @property
    def broken(self) -> BaseException | None:
        """What ended the recorder, where something did."""
        return self.recorder.broken if self.recorder is not None else None

    @property
    def trouble(self) -> tuple[str, str] | None:
        """Why there is no picture, or no record of it, though there should be."""
        return self.camera.trouble or (self.recorder.failure if self.recorder is not None else None)


class Agent:
    """One unit with one camera."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.start_id = new_start_id(parts.random)
        self._film_keys = FilmKeys(parts.identity, self.start_id, parts.random)
        self._numbers = itertools.count()
        self._filming: Filming | None = None
        self._standing: Standing | None = None  # what is filmed under, or was last
        self._lease: PublishLease | None = None
        self._camera = CameraState(parts.config.camera, "waiting", "mandate.none", "no mandate")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._broken: BaseException | None = None
        self._connected = False
        self._asking = Asking(parts.identity, self.start_id, parts.clock, parts.random)
        self._downlink = Downlink(
            authority=parts.authority,
            asking=self._asking,
            commands=Commands(parts.state, parts.config.unit),
            clock=parts.clock,
            journal=parts.journal,
            start_id=self.start_id,
            camera=parts.config.camera,
            on_lease=self._take_lease,
            on_ack=self._take_ack,
            on_command=self._fetch,
        )
        self._reporter = Reporter(parts.identity, self.start_id, parts.config.position, parts.clock, self._look)
        self._pictures = Pictures(parts.config.camera)
        self._health = HealthReporter(
            parts.identity, self.start_id, FIRMWARE, parts.clock, parts.state, self._pictures, self._figures
        )
        will = partial(self._reporter.state, online=False)
        self._line = parts.line(LineEvents(will=will, on_connection=self._on_connection, on_message=self._on_message))
        self._delivery = self._sending()
        self._accounts = Accounts(
            spool=parts.spool,
            unit=parts.config.unit,
            camera=parts.config.camera,
            film_for=lambda decision: self._film_keys.under(decision, parts.clock.now_us()),
            now_us=parts.clock.now_us,
            on_row=self._on_row,
            sure_us=parts.clock.sure_us,
            orders=lambda: parts.authority.orders,
        )

    def _sending(self) -> Delivery:
        parts = self._parts
        outbox = Outbox(
            waiting=parts.spool.waiting,
            publish_row=lambda row: self._line.publish("index", row),
            hub=parts.hub,
            set_aside=self._set_aside,
            on_trouble=lambda says: parts.journal.change("upload", says),
        )
        return Delivery(outbox, lambda: parts.clock.monotonic_ns() / 1e9, parts.fraction)

    async def run(self, stop: asyncio.Event) -> None:
        """Film what is ordered and send what is filmed, until told to stop."""
        self._loop = asyncio.get_running_loop()
        self._parts.spool.durability.start()
        await asyncio.to_thread(self._accounts.recover, self._ordered())
        self._line.start()
        delivering = asyncio.create_task(self._delivery.run())
        try:
            while not stop.is_set():
                self._ask()
                await self._step()
                self._reporter.say(lambda state: self._line.publish("state", state))
                self._health.say(lambda health: self._line.publish("health", health), self._doing())
                await _set_within(stop, TICK_S)
                # None ends by itself: what breaks one of them ends the agent, and its supervisor starts it again.
                if self._filming is not None:
                    self._note_broken(self._filming.broken)
                if delivering.done():
                    await delivering
                if self._broken is not None:
                    raise self._broken
        finally:
            await self._end_filming("the unit is stopping")
            await self._deliver_what_can_be()
            delivering.cancel()
            await asyncio.gather(delivering, return_exceptions=True)
            await asyncio.to_thread(self._line.stop, self._reporter.state(online=False), GOODBYE_WITHIN_S)
            await asyncio.to_thread(self._parts.spool.durability.stop)

    async def _step(self) -> None:
        """Film if and only if an order's window is open now."""
        ordered = self._ordered()
        found = self._allowed(ordered)
        if self._filming is not None and not self._filming.goes_on(found) and not await self._hand_over(found):
            await self._end_filming(found.reason if isinstance(found, NotNow) else "another order follows")
        self._account(ordered, found)
        if isinstance(found, Standing):
            if self._filming is None:
                await self._begin_filming(found)
            else:
                self._standing = found
                self._filming.follow(found)
        self._keep_time()
        trouble = self._filming.trouble if self._filming is not None else None
        self._camera = seen(self._parts.config.camera, found, trouble, self._parts.authority.refusal)
        given_up = self._parts.spool.given_up
        self._parts.journal.change("aside", f"no more room aside: {given_up} oldest files removed" if given_up else "")
        reason = self._camera.reason or "under a verified order"
        self._parts.journal.change("camera", f"{self._camera.camera} {self._camera.doing}: {reason}")

    def _ask(self) -> None:
        """Ask the hub what still stands, when that is due and there is somebody to believe."""
        due = self._connected and self._parts.authority.knows_the_hub and self._asking.due
        if due and not self._line.publish("ask", self._asking.question()):
            self._asking.anew()

    def _keep_time(self) -> None:
        says = ""
        try:
            self._parts.authority.keep_time()
        except MemoryFileError as error:
            says = f"the time, or when the hub was heard, cannot be remembered for a reboot: {error}"
        self._parts.journal.change("memory", says)

    def _ordered(self) -> Standing | NotNow:
        return self._parts.authority.current(self._parts.config.camera, self._parts.clock.now_us())

    def _allowed(self, ordered: Standing | NotNow) -> Standing | NotNow:
        """What is ordered, if nothing here keeps the camera from it."""
        if isinstance(ordered, Standing) and ordered.order.recorded and self._parts.spool.room.full:
            return NotNow("spool.full", "the spool is full and nothing in it is acked: no pictures until it is")
        return ordered

    def _account(self, ordered: Standing | NotNow, found: Standing | NotNow) -> None:
        """Every moment of the window becomes footage or a signed gap; what the disk refuses is tried again."""
        filming = self._filming is not None and self._filming.recorder is not None
        trouble = self._filming.trouble if self._filming is not None else None
        rule = found.rule if isinstance(found, NotNow) else trouble[0] if trouble is not None else None
        says = ""
        try:
            self._accounts.follow(ordered, filming, rule)
        except SpoolError as error:
            says = f"what is not recorded cannot be stated: {error}"
        self._parts.journal.change("accounts", says)

    async def _begin_filming(self, standing: Standing) -> None:
        parts, order = self._parts, standing.order
        self._standing = standing
        live = LiveBranch(
            parts.session,
            standing.window.to_us,
            parts.clock.now_us,
            parts.fraction,
            lambda says: parts.journal.change("live", says),
        )
        recorder, ledger = None, self._accounts.ledger
        if order.recorded:
            if ledger is None or ledger.under != under(standing):
                return  # its beginning does not stand on the disk yet
            recorder = Recorder(self._recording(standing, ledger), self._pictures.leave_out)
            recorder.start()
        small = None if order.assignment.setup is None else Small(live, lambda says: parts.journal.change("live", says))
        recorded: list[Branch] = [] if recorder is None else [recorder]
        camera = Camera(parts.source(), [self._pictures, *recorded, live if small is None else small])
        self._filming = Filming(standing, camera, recorder, live, small)
        camera.start(monotonic_ns=parts.clock.monotonic_ns, random=parts.fraction)
        self._say_filming(standing)
        if self._lease is not None and self._lease.until_us > parts.clock.now_us():
            await live.lease(self._lease)

    async def _hand_over(self, found: Standing | NotNow) -> bool:
        """Record on under a newer order of the same deployment, if that is what there is; whether it is done."""
        filming = self._filming
        if filming is None or not filming.hands_over(found) or isinstance(found, NotNow) or filming.recorder is None:
            return False

        def take_over() -> Recording:
            """In the recorder's thread, for which this one waits."""
            self._accounts.follow(found, False, None)
            ledger = self._accounts.ledger
            if ledger is None or ledger.under != under(found):
                raise SpoolError("spool.write", "the end of the older order does not stand yet")
            self._standing = found
            filming.follow(found)
            return self._recording(found, ledger)

        if not await asyncio.to_thread(filming.recorder.hand_over, take_over, CLOSE_WITHIN_S):
            return False
        self._say_filming(found)
        return True

    def _recording(self, standing: Standing, ledger: Ledger) -> Recording:
        parts, order = self._parts, standing.order
        demo = ("demo",) if order.decision.demo else ()
        terms = Terms(
            order=order,
            hour_key=lambda at_us: self._newest(standing).order.hour_key(at_us),
            ends_us=lambda: self._newest(standing).window.to_us,
            film=self._film_keys.under(order.decision_digest, parts.clock.now_us()),
            numbers=self._numbers,
            marks=lambda: (*demo, f"position-{parts.config.position}", *self._newest(standing).marks),
            checkpoint=lambda: parts.authority.memory.checkpoint,
            clock=parts.clock.state,
            random=parts.random,
        )
        return Recording(terms, ledger, parts.spool, self._on_row, self._accounts.tidy)

    def _say_filming(self, standing: Standing) -> None:
        parts, order = self._parts, standing.order
        parts.journal.say(
            "filming",
            f"{'films' if order.assignment.setup is None else 'shows, to be aimed,'} {parts.config.camera}"
            f" at {order.post.name} under deployment {order.decision.number}"
            f"{' (DEMO)' if order.decision.demo else ''} until {utc_text(standing.window.to_us)}",
            decision=order.decision_digest,
        )

    def _newest(self, begun: Standing) -> Standing:
        """What is filmed under as it stands now: hour keys, marks and its end may have changed since it was begun.

        Also while it ends: what is still to be sealed then was captured before that end.
        """
        newest = self._standing
        return newest if newest is not None and newest.order.decision == begun.order.decision else begun

    async def _end_filming(self, why: str) -> None:
        filming, self._filming = self._filming, None
        if filming is None:
            return
        whole = await filming.stop()
        self._note_broken(filming.broken)
        lost = "" if whole else "; the disk did not let the last segment be closed"
        self._parts.journal.say("stopped", f"stopped filming {self._parts.config.camera}: {why}{lost}")

    def _look(self) -> Report:
        spool = self._parts.spool
        return Report(self._camera, self._parts.authority.memory.checkpoint_size, len(spool.outbox.held()), spool.cut)

    def _doing(self) -> Hashable:
        """What the hub is told of at once when it changes: the orders held, and whether the camera films."""
        orders = frozenset(order.assignment_digest for order in self._parts.authority.orders)
        return orders, self._camera.doing

    def _figures(self) -> Figures:
        spool, authority = self._parts.spool, self._parts.authority
        held, answered = spool.outbox.held(), authority.contacts.answered
        return Figures(
            spool_bytes=spool.room.used_bytes,
            spool_limit=spool.room.limit_bytes,
            unsent=len(held),
            oldest_unsent_us=row_in(held[0].row).from_us if held else None,
            lease_until_us=None if answered is None else answered.hub_time_us + answered.lease_us,
            orders=authority.orders,
        )

    # --- What comes down ------------------------------------------------------------------------------------

    def _on_connection(self, connected: bool, reason: str) -> None:
        """In the line's thread. The state goes first: from its log size the hub makes a mandate's proof."""
        self._connected = connected
        if connected:
            self._asking.anew()
            self._line.publish("state", self._reporter.state(online=True))
            self._soon(lambda: self._delivery.wake(anew=True))
        self._parts.journal.change("line", "connected to the broker" if connected else reason)

    def _on_message(self, what: str, payload: bytes) -> None:
        """In the line's thread, which waits: what comes faster than it is dealt with stays on the network."""
        if self._loop is None:
            return
        heard = asyncio.run_coroutine_threadsafe(self._downlink.hear(what, payload), self._loop)
        heard.add_done_callback(self._on_heard)  # it may break after this thread has stopped waiting
        with contextlib.suppress(TimeoutError, CancelledError):
            heard.exception(HEARD_WITHIN_S)

    def _on_heard(self, heard: Future[None]) -> None:
        if not heard.cancelled():
            self._note_broken(heard.exception())

    def _note_broken(self, error: BaseException | None) -> None:
        """The first thing that broke stands; nothing that went well afterwards clears it."""
        if self._broken is None:
            self._broken = error

    async def _take_lease(self, lease: PublishLease) -> None:
        """Leases may overtake one another on their way: for one media process the one that lasts longest is kept."""
        held = self._lease
        if held is not None and held.media == lease.media and held.until_us > lease.until_us:
            return
        self._lease = lease
        if self._filming is not None:
            await self._filming.live.lease(lease)

    def _take_ack(self, ack: Ack) -> None:
        waiting = self._parts.spool.acked(ack.chain)
        if waiting is not None:
            says = f"{_named(waiting)} is stored and stands in the log at {ack.log_index}; deleted here"
            self._parts.journal.detail("acked", says, chain=ack.chain)

    async def _fetch(self, command: Command) -> None:
        """Somebody with a logged grant waits for this stretch: what of it is here goes first."""
        chains = await asyncio.to_thread(self._parts.spool.between, command.camera, command.from_us, command.to_us)
        self._delivery.first(chains)
        says = f"{len(chains)} segments go first, asked for under the grant at {command.grant} of the log"
        self._parts.journal.say("asked", says, grant=command.grant)

    # --- What goes up ---------------------------------------------------------------------------------------

    def _on_row(self, waiting: Waiting) -> None:
        """A row stands and is to be sent. In the recorder's thread, or the agent's."""
        body = waiting.body
        size = f", {body.length} bytes" if isinstance(body, IndexRow) else ""
        says = f"{_named(waiting)}: {(body.to_us - body.from_us) / 1e6:.1f} s{size}"
        self._parts.journal.detail("sealed", says, chain=waiting.chain)
        self._soon(self._delivery.wake)

    def _set_aside(self, chain: str, reason: str) -> None:
        if self._parts.spool.set_aside(chain):
            self._parts.journal.say("refused", f"the hub will not take a segment: {reason}; kept aside", chain=chain)

    async def _deliver_what_can_be(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DELIVER_WITHIN_S):
                while not self._delivery.idle:
                    self._delivery.wake()
                    await asyncio.sleep(TICK_S / 4)

    def _soon(self, act: Callable[[], None]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(act)


def _named(waiting: Waiting) -> str:
    """A row as the journal calls it."""
    body = waiting.body
    if isinstance(body, IndexRow):
        return f"{'recovered' if body.recovered else 'sealed'} segment {body.segment}"
    return f"{type(body).__name__.lower()} ({getattr(body, 'reason', None) or getattr(body, 'ended', '')})"


async def _set_within(event: asyncio.Event, within_s: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await event.wait()
