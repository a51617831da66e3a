# SPDX-License-Identifier: EUPL-1.2
"""May this unit film now, by the records alone? One pure answer, used by the unit, a court and a council.

:func:`examine` takes a mandate message, what the unit pinned at enrolment and what it remembers, and gives back the
orders that hold and the refusals with their rule. Order of checks: roster under the pinned key; checkpoint under the
roster's log key; that log consistent with the last one seen (no split view); every leaf's inclusion; bindings and
their counters; then each mandate by itself: approvals of two slots, serial, keyset, what one person signed while it
ran, post, assignment by two of the team, this unit's own key, masks. A fault in the message refuses the message, a
fault in one mandate that one only, and a fault in one assignment of it that assignment.

A decision that holds is remembered whatever becomes of the rest of its mandate: two people replaced the older one by
it, and nothing of the older one stands any more.

The caller persists `Examined.memory` before it acts on `Examined.orders`, so that neither a reboot nor an older
message undoes what was seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Annotated

from contract.envelope import Envelope, ed25519, opened, signers
from contract.events import Event
from contract.live import LEASE_LIFE_US, PUBLISH_LEASE, PublishLease
from contract.mandate import (
    ASSIGNMENT,
    DECISION,
    KEYSET,
    Assignment,
    Decision,
    HourKey,
    Keyset,
    Mandate,
    MandateMessage,
    Mask,
    Post,
    Window,
    check_decision,
    check_keyset,
)
from contract.record import ContractError, Count, Digest, Key, Name, Size, Text, dump, encode, load, plain
from contract.roster import ROSTER, Approver, Binding, Roster, approvers
from contract.running import (
    NECESSITY,
    OVERRUN,
    Course,
    Necessity,
    OverrunTaken,
    check_necessity,
    check_overruns,
    check_setup,
)
from contract.tlog import Checkpoint, Leaf, leaf_hash, verify_checkpoint, verify_consistency, verify_inclusion

UNKNOWN = "0" * 64  # in memories of units that noted a slot's counter only; the next binding seen is noted
CLOCK_TOLERANCE_US = 60_000_000  # a lease may have been made by a clock this far ahead of ours


class RefusedError(ContractError):
    """The records do not allow it. `rule` is stable, for machines; the text is for people."""

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(reason)
        self.rule = rule


@dataclass(frozen=True)
class Anchors:
    """What a unit pins at enrolment; no message changes it."""

    municipality: Text
    origin: Text
    roster_key: Key
    log_key: Key
    accept_demo: bool


@dataclass(frozen=True)
class Remembered:
    """The highest serial seen of one record, and which record that was."""

    what: Text
    serial: Count
    digest: Digest


@dataclass(frozen=True)
class Memory:
    """What a unit never forgets: newest log, roster serial, counters of slots, serials. A fresh unit's is empty."""

    checkpoint_size: Count
    checkpoint_root: Annotated[bytes, Size(32, 32)]
    checkpoint: Annotated[str, Size(0, 4096)]
    serials: tuple[Remembered, ...]

    def serial(self, what: str) -> Remembered | None:
        """The highest serial seen of `what`."""
        return next((item for item in self.serials if item.what == what), None)


EMPTY = Memory(0, bytes(32), "", ())


@dataclass(frozen=True)
class Order:
    """One camera of this unit may film under this decision, in its windows, sealed to its hour keys; or be aimed."""

    decision: Decision
    decision_digest: str
    assignment: Assignment
    assignment_digest: str
    post: Post
    keyset: Keyset
    overruns: tuple[OverrunTaken, ...] = ()
    confirmed_us: tuple[int, ...] = ()

    @property
    def course(self) -> Course:
        """When it may be filmed under: in the decision's windows, or for aiming alone."""
        return Course(self.decision, self.overruns, self.confirmed_us, self.assignment.setup)

    @property
    def recorded(self) -> bool:
        """Whether what is filmed under it is recorded."""
        return self.decision.recording == "continuous" and self.assignment.setup is None

    def window(self, at_us: int) -> Window | None:
        """The window that is open at this moment."""
        return self.course.window(at_us)

    def hour_key(self, at_us: int) -> HourKey:
        """The key of this hour. Raises RefusedError when there is none: then no picture, and a gap."""
        key = self.keyset.for_hour(at_us)
        if key is None:
            raise RefusedError("mandate.keyset", "the keyset has no key for this hour")
        return key


@dataclass(frozen=True)
class Refusal:
    """Why a mandate of the message does not hold."""

    deployment: str
    rule: str
    reason: str


@dataclass(frozen=True)
class Examined:
    """What a message amounts to. Persist `memory` first, then act."""

    roster: Roster
    orders: tuple[Order, ...]
    refusals: tuple[Refusal, ...]
    memory: Memory


@dataclass(frozen=True)
class UnitName:
    """Who is asking: the unit's id and the SHA-256 of its identity key's SPKI."""

    unit: Name
    unit_key: Digest


@dataclass(frozen=True)
class _Proven:
    """The message's log content, verified: index and time of each (event, digest)."""

    roster: Roster
    approvers: Mapping[str, Approver]
    indices: Mapping[tuple[str, str], tuple[int, int]]

    def require(self, event: Event, digest: str) -> tuple[int, int]:
        """Where in the log it first stands, and when it was logged."""
        found = self.indices.get((event.value, digest))
        if found is None:
            raise RefusedError("mandate.proof", f"no proof that the log holds this {event.value}")
        return found


def examine(message: MandateMessage, anchors: Anchors, memory: Memory, me: UnitName) -> Examined:
    """Verify a whole message for one unit.

    Args:
        message: as received.
        anchors: pinned at enrolment.
        memory: what this unit remembers (`EMPTY` for a fresh one).
        me: this unit.

    Raises:
        RefusedError: the message as a whole does not hold; keep what stands and report the rule.
    """
    roster = _roster(message, anchors, memory)
    checkpoint = _checkpoint(message, roster, memory)
    indices = _leaves(message, checkpoint)
    bound = _bindings(message, roster, indices, memory)
    proven = _Proven(roster, {key: approver for key, (approver, _) in bound.items()}, indices)
    proven.require(Event.ROSTER_PUBLISHED, message.roster.digest)
    _one_each(message)

    memory = replace(
        memory,
        checkpoint_size=checkpoint.size,
        checkpoint_root=checkpoint.root,
        checkpoint=message.checkpoint,
    )
    memory = _remember(memory, "roster", roster.serial, message.roster.digest)
    for approver, binding in bound.values():
        memory = _remember(memory, f"slot/{approver.slot}", approver.counter, binding)
    judging = _Judging(proven, me, memory)
    for mandate in message.mandates:
        judging.judge(mandate)
    return Examined(roster, tuple(judging.orders), tuple(judging.refusals), judging.memory)


def check_publish_lease(envelope: Envelope, roster: Roster, unit: str, start_id: str, now_us: int) -> PublishLease:
    """A lease that lets this start of this unit send a camera now.

    Raises:
        RefusedError: not signed by the order key, for another unit or start, too long, or over.
    """
    try:
        lease = opened(envelope, PUBLISH_LEASE, PublishLease, roster.order_key)
    except ContractError as error:
        raise RefusedError("lease.signature", str(error)) from error
    if lease.unit != unit:
        raise RefusedError("lease.unit", "the lease is for another unit")
    if lease.start_id != start_id:
        raise RefusedError("lease.start", "the lease is for an earlier start")
    if lease.until_us - lease.made_at_us > LEASE_LIFE_US or lease.made_at_us > now_us + CLOCK_TOLERANCE_US:
        raise RefusedError("lease.life", "the lease lasts longer than five minutes or comes from the future")
    if now_us >= lease.until_us:
        raise RefusedError("lease.over", "the lease is over")
    return lease


def post_digest(post: Post) -> str:
    """How an assignment names a post: SHA-256 of its canonical JSON."""
    return hashlib.sha256(dump(post)).hexdigest()


def masks_digest(masks: tuple[Mask, ...]) -> str:
    """How an assignment and a header name the approved masks: SHA-256 of their canonical JSON."""
    return hashlib.sha256(encode(plain(masks))).hexdigest()


def two_slots(envelope: Envelope, bound: Mapping[str, Approver]) -> bool:
    """Whether approvers of at least two different slots validly signed."""
    signed = signers(envelope, [approver.key for approver in bound.values()])
    return len({bound[key].slot for key in signed}) >= 2


def _roster(message: MandateMessage, anchors: Anchors, memory: Memory) -> Roster:
    try:
        roster = opened(message.roster, ROSTER, Roster, anchors.roster_key)
    except ContractError as error:
        raise RefusedError("mandate.roster", str(error)) from error
    if (roster.origin, roster.municipality) != (anchors.origin, anchors.municipality):
        raise RefusedError("mandate.roster", "the roster is of another municipality or log")
    if roster.demo and not anchors.accept_demo:
        raise RefusedError("mandate.demo", "this unit does not film under demo mandates")
    if memory.serial("roster") is None and roster.log_key != anchors.log_key:
        raise RefusedError("mandate.roster", "the first roster names another log key than the unit pinned")
    _remember(memory, "roster", roster.serial, message.roster.digest)
    return roster


def _checkpoint(message: MandateMessage, roster: Roster, memory: Memory) -> Checkpoint:
    try:
        checkpoint = verify_checkpoint(message.checkpoint, roster.origin, ed25519(roster.log_key))
        if memory.checkpoint_size == 0 or (checkpoint.size, checkpoint.root) == (
            memory.checkpoint_size,
            memory.checkpoint_root,
        ):
            return checkpoint
        if checkpoint.size <= memory.checkpoint_size:
            raise ContractError("this log is older than the one seen before, or differs from it")
        if message.consistency.from_size != memory.checkpoint_size:
            raise ContractError(f"the proof starts at {message.consistency.from_size}, not at what was seen")
        verify_consistency(
            memory.checkpoint_size,
            memory.checkpoint_root,
            checkpoint.size,
            checkpoint.root,
            message.consistency.path,
        )
    except ContractError as error:
        raise RefusedError("mandate.log", str(error)) from error
    return checkpoint


def _leaves(message: MandateMessage, checkpoint: Checkpoint) -> dict[tuple[str, str], tuple[int, int]]:
    indices: dict[tuple[str, str], tuple[int, int]] = {}
    for leaf in message.leaves:
        try:
            entry = Leaf.decode(leaf.entry)
            verify_inclusion(leaf_hash(leaf.entry), leaf.index, checkpoint.size, checkpoint.root, leaf.path)
        except ContractError as error:
            raise RefusedError("mandate.proof", str(error)) from error
        name, found = (entry.event, entry.digest), (leaf.index, entry.at_us)
        indices[name] = min(found, indices.get(name, found))
    return indices


def _bindings(
    message: MandateMessage, roster: Roster, indices: Mapping[tuple[str, str], tuple[int, int]], memory: Memory
) -> Mapping[str, tuple[Approver, str]]:
    """Who may approve, by key, each with the digest of the binding that made it so."""
    logged = []
    for envelope in message.bindings:
        place = indices.get((Event.BINDING_MADE.value, envelope.digest))
        if place is None:
            raise RefusedError("mandate.proof", "no proof that the log holds this binding.made")
        logged.append((place[0], envelope))
    try:
        bound = approvers(roster, logged)
        digests = {load(Binding, envelope.body): envelope.digest for _, envelope in logged}
    except ContractError as error:
        raise RefusedError("mandate.binding", str(error)) from error
    found = {}
    for key, approver in bound.items():
        digest = digests[Binding(approver.slot, approver.counter, approver.key)]
        _check_slot(approver, digest, memory)
        found[key] = (approver, digest)
    return found


def _check_slot(approver: Approver, digest: str, memory: Memory) -> None:
    """A code counts once: neither an earlier code nor another key under the same one replaces what was seen."""
    seen = memory.serial(f"slot/{approver.slot}")
    if seen is None or approver.counter > seen.serial:
        return
    if approver.counter < seen.serial:
        raise RefusedError("mandate.binding", f"slot {approver.slot} already used a later code")
    if seen.digest not in (UNKNOWN, digest):
        raise RefusedError("mandate.binding", f"slot {approver.slot} already bound another key with this code")


def _one_each(message: MandateMessage) -> None:
    """Two decisions of one deployment side by side would let the older one stand beside what replaced it."""
    named = [name for name in map(_deployment, message.mandates) if name]
    if len(set(named)) != len(named):
        raise RefusedError("mandate.form", "the message has two mandates for one deployment")


class _Judging:
    """What the mandates of a message come to for one unit, one after another."""

    def __init__(self, proven: _Proven, me: UnitName, memory: Memory) -> None:
        self.memory = memory
        self.orders: list[Order] = []
        self.refusals: list[Refusal] = []
        self._proven, self._me = proven, me

    def judge(self, mandate: Mandate) -> None:
        """Take a mandate in: an order for each of its assignments that holds, and why the rest of it does not."""
        deployment = _deployment(mandate)
        with self._refusing(deployment):
            decision = _decision(mandate.decision, self._proven)
            self._remember(f"decision/{deployment}", decision.serial, mandate.decision.digest)
            keyset = _keyset(mandate, decision, self._proven)
            self._remember(f"keyset/{deployment}", keyset.serial, mandate.keyset.digest)
            running = (_overruns(mandate, decision, self._proven), _confirmed(mandate, decision, self._proven))
            held = self._assignments(mandate, decision)
            for envelope in mandate.assignments:
                if envelope.digest in held:
                    digests = (mandate.decision.digest, held[envelope.digest][0], envelope.digest)
                    self.orders.append(Order(decision, *digests, held[envelope.digest][1], keyset, *running))
            for envelope in mandate.swapped:
                with self._refusing(deployment):
                    successor = _successor(envelope, mandate, decision, self._proven, self._me)
                    self._remember(f"assignment/{deployment}/{place_of(successor)}", successor.serial, envelope.digest)

    def _assignments(self, mandate: Mandate, decision: Decision) -> dict[str, tuple[Assignment, Post]]:
        """Those that hold, by digest. The newest first: a camera that was placed elsewhere since stands no more where
        it was."""
        held = {}
        for envelope in sorted(mandate.assignments, key=self._logged_at, reverse=True):
            with self._refusing(decision.deployment):
                assignment, post = _assignment(envelope, decision, self._proven, self._me)
                self._assigned(assignment, envelope)
                held[envelope.digest] = (assignment, post)
        return held

    def _assigned(self, assignment: Assignment, envelope: Envelope) -> None:
        """Remember both of an assignment or none: its serial at its post, and where its camera was placed last."""
        before = self.memory
        deployment, (index, _) = assignment.deployment, self._proven.require(Event.ASSIGNMENT_SIGNED, envelope.digest)
        try:
            self._remember(f"assignment/{deployment}/{place_of(assignment)}", assignment.serial, envelope.digest)
            if assignment.setup is None:
                self._remember(f"camera/{deployment}/{assignment.camera}", index, envelope.digest)
        except RefusedError:
            self.memory = before
            raise

    def _logged_at(self, envelope: Envelope) -> int:
        """Where an assignment stands in the log; what is in no proven leaf of it is refused, in whichever order."""
        return self._proven.indices.get((Event.ASSIGNMENT_SIGNED.value, envelope.digest), (0, 0))[0]

    def _remember(self, what: str, serial: int, digest: str) -> None:
        self.memory = _remember(self.memory, what, serial, digest)

    @contextmanager
    def _refusing(self, deployment: str) -> Iterator[None]:
        try:
            yield
        except RefusedError as refused:
            self.refusals.append(Refusal(deployment, refused.rule, str(refused)))
        except ContractError as error:
            self.refusals.append(Refusal(deployment, "mandate.form", str(error)))


def place_of(assignment: Assignment) -> str:
    """What a serial of an assignment is of: its post, or the aiming at that post."""
    return assignment.post if assignment.setup is None else f"{assignment.post}.setup"


def two_of_the_team(envelope: Envelope, decision: Decision) -> bool:
    """Whether two different keys of the team, operators or installers, validly signed."""
    return len(signers(envelope, decision.team.keys)) >= 2


def why_not_under(envelope: Envelope, assignment: Assignment, decision: Decision) -> str | None:
    """Why a logged assignment does not hold under a decision; None where it does. The unit, the keeper and the hub ask
    this alone, so that none of them takes for placed what another one refuses."""
    if not two_of_the_team(envelope, decision):
        return "the assignment lacks the valid signatures of two of the team"
    post = next((post for post in decision.posts if post.post == assignment.post), None)
    if assignment.deployment != decision.deployment or post is None or assignment.post_digest != post_digest(post):
        return "the assignment is for another post than the decision has"
    if assignment.masks_digest != masks_digest(assignment.masks):
        return "the masks are not those signed"
    return None


def _overruns(mandate: Mandate, decision: Decision, proven: _Proven) -> tuple[OverrunTaken, ...]:
    found = []
    for envelope in mandate.overruns:
        if envelope.type != OVERRUN or not signers(envelope, decision.team.operators):
            raise RefusedError("mandate.overrun", "not an overrun that an operator of the team validly signed")
        found.append(load(OverrunTaken, envelope.body))
        proven.require(Event.OVERRUN_TAKEN, envelope.digest)
    try:
        check_overruns(decision, found)
    except ContractError as error:
        raise RefusedError("mandate.overrun", str(error)) from error
    return tuple(found)


def _confirmed(mandate: Mandate, decision: Decision, proven: _Proven) -> tuple[int, ...]:
    """When bound approvers said that filming is necessary."""
    keys = [approver.key for approver in proven.approvers.values()]
    found = []
    for envelope in mandate.necessities:
        if envelope.type != NECESSITY or not signers(envelope, keys):
            raise RefusedError("mandate.necessity", "not a confirmation that a bound approver validly signed")
        body = load(Necessity, envelope.body)
        _, logged_at_us = proven.require(Event.NECESSITY_CONFIRMED, envelope.digest)
        try:
            check_necessity(body, decision, logged_at_us)
        except ContractError as error:
            raise RefusedError("mandate.necessity", str(error)) from error
        found.append(body.confirmed_at_us)
    return tuple(found)


def _decision(envelope: Envelope, proven: _Proven) -> Decision:
    if envelope.type != DECISION:
        raise RefusedError("mandate.form", "not a decision")
    decision = load(Decision, envelope.body)
    check_decision(decision)
    if not two_slots(envelope, proven.approvers):
        raise RefusedError("mandate.approvals", "the decision lacks the valid signatures of two different approvers")
    if decision.demo != proven.roster.demo:
        raise RefusedError("mandate.demo", "the decision and the roster disagree whether this is a demo")
    proven.require(Event.DECISION_SIGNED, envelope.digest)
    return decision


def _assignment(envelope: Envelope, decision: Decision, proven: _Proven, me: UnitName) -> tuple[Assignment, Post]:
    if envelope.type != ASSIGNMENT:
        raise RefusedError("mandate.form", "not an assignment")
    assignment = load(Assignment, envelope.body)
    fault = why_not_under(envelope, assignment, decision)
    if fault is not None:
        raise RefusedError("mandate.assignment", fault)
    if (assignment.unit, assignment.unit_key) != (me.unit, me.unit_key):
        raise RefusedError("mandate.unit", "the assignment is for another unit or another key of it")
    _check_setup(assignment)
    proven.require(Event.ASSIGNMENT_SIGNED, envelope.digest)
    return assignment, next(post for post in decision.posts if post.post == assignment.post)


def _successor(envelope: Envelope, mandate: Mandate, decision: Decision, proven: _Proven, me: UnitName) -> Assignment:
    """Another unit's assignment to a post at which this one stood: it is older from now on, whoever shows it.

    Signed by two of this decision's team, or of an earlier decision's: it only takes away, and does so for good.
    """
    if envelope.type != ASSIGNMENT:
        raise RefusedError("mandate.form", "not an assignment")
    assignment = load(Assignment, envelope.body)
    teams = (decision, *(_earlier(former, decision, proven) for former in mandate.earlier))
    if assignment.deployment != decision.deployment or not any(two_of_the_team(envelope, team) for team in teams):
        raise RefusedError("mandate.assignment", "a swap lacks the valid signatures of two of its decision's team")
    if (assignment.unit, assignment.unit_key) == (me.unit, me.unit_key):
        raise RefusedError("mandate.unit", "a swap names this unit itself")
    proven.require(Event.ASSIGNMENT_SIGNED, envelope.digest)
    return assignment


def _earlier(envelope: Envelope, decision: Decision, proven: _Proven) -> Decision:
    """A decision that this one replaced. That the log holds it is enough: who approved it may have other keys now."""
    if envelope.type != DECISION:
        raise RefusedError("mandate.form", "not a decision")
    earlier = load(Decision, envelope.body)
    if earlier.deployment != decision.deployment or earlier.serial >= decision.serial:
        raise RefusedError("mandate.form", "not an earlier decision of this deployment")
    proven.require(Event.DECISION_SIGNED, envelope.digest)
    return earlier


def _check_setup(assignment: Assignment) -> None:
    if assignment.setup is None:
        return
    try:
        check_setup(assignment.setup)
    except ContractError as error:
        raise RefusedError("mandate.setup", str(error)) from error


def _keyset(mandate: Mandate, decision: Decision, proven: _Proven) -> Keyset:
    try:
        keyset = opened(mandate.keyset, KEYSET, Keyset, proven.roster.order_key)
        check_keyset(keyset)
    except ContractError as error:
        raise RefusedError("mandate.keyset", str(error)) from error
    if (keyset.deployment, keyset.decision) != (decision.deployment, mandate.decision.digest):
        raise RefusedError("mandate.keyset", "the keyset is for another decision")
    ceiling_us = decision.retention_h * 3_600_000_000
    if any(key.due_us > key.from_us + ceiling_us for key in keyset.keys):
        raise RefusedError("mandate.keyset", "an hour key would outlive the retention that was decided")
    proven.require(Event.KEYSET_ISSUED, mandate.keyset.digest)
    return keyset


def _remember(memory: Memory, what: str, serial: int, digest: str) -> Memory:
    """Memory with this serial in it. Raises RefusedError when a higher one, or another of the same, was seen."""
    seen = memory.serial(what)
    if seen is not None and (serial < seen.serial or (serial == seen.serial and seen.digest not in (digest, UNKNOWN))):
        raise RefusedError("mandate.serial", f"{what}: serial {serial} after {seen.serial} was seen")
    others = tuple(item for item in memory.serials if item.what != what)
    return replace(memory, serials=(*others, Remembered(what, serial, digest)))


def _deployment(mandate: Mandate) -> str:
    try:
        return load(Decision, mandate.decision.body).deployment
    except ContractError:
        return ""
