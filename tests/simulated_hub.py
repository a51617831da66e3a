# SPDX-License-Identifier: EUPL-1.2
"""A hub in one process: real keys, a real log, real records, and faults by name.

It makes what a hub would send a unit (mandate messages, leases, publish leases, acks) and takes what a unit sends
(index rows, segments). Each `Fault` spoils exactly one thing and leaves everything else valid and logged, so that a
refusal can only be for the rule in `RULES`.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum, auto
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from contract import segment, tlog
from contract.authority import Anchors, UnitName, masks_digest, post_digest
from contract.envelope import Envelope, PrivateKey, enclose, fingerprint, read, spki
from contract.events import Event
from contract.filmed import verified_row
from contract.index import IndexRow, Row, chain_value
from contract.keys import slot_code, slot_key, unwrap
from contract.lease import LEASE, LEASE_REQUEST, Lease, LeaseRequest, Stands
from contract.lease import LEASE_LIFE_US as CONFIRMED_US
from contract.live import LEASE_LIFE_US, PUBLISH_LEASE, PublishLease
from contract.mandate import (
    ASSIGNMENT,
    DECISION,
    HOUR_US,
    KEYSET,
    STOP,
    Assignment,
    Consistency,
    Decision,
    HourKey,
    Keyset,
    LoggedLeaf,
    Mandate,
    MandateMessage,
    Mask,
    Overrun,
    Position,
    Post,
    Stop,
    Team,
    View,
    Window,
)
from contract.messages import ACK, Ack
from contract.record import ContractError, dump, load
from contract.roster import BINDING, ROSTER, Binding, Roster, Slot
from contract.running import NECESSITY, OVERRUN, SETUP_LIFE_US, Necessity, OverrunTaken

MUNICIPALITY = "Voorbeeldstad"
ORIGIN = "flexzicht.example/voorbeeldstad"
DEPLOYMENT = "018f0000-0000-7000-8000-000000000001"
SLOTS = ("approver-a", "approver-b", "approver-c")
MINUTE_US = 60_000_000


class Fault(StrEnum):
    """What can be wrong with an order, or with the message that carries it."""

    ONE_SIGNATURE = auto()
    SAME_SLOT_TWICE = auto()
    SIGNER_NOT_BOUND = auto()
    WINDOW_BACKWARDS = auto()
    DEMO_DISAGREES = auto()
    DECISION_NOT_LOGGED = auto()
    OTHER_UNIT = auto()
    OTHER_UNIT_KEY = auto()
    OTHER_POST = auto()
    POST_ALTERED = auto()
    ONE_OF_THE_TEAM = auto()
    MASKS_ALTERED = auto()
    SETUP_TOO_LONG = auto()
    ASSIGNMENT_NOT_LOGGED = auto()
    KEY_OUTLIVES_RETENTION = auto()
    KEYSET_OF_ANOTHER_DECISION = auto()
    KEYSET_FORGED = auto()
    KEYSET_NOT_LOGGED = auto()
    ROSTER_FORGED = auto()
    ROSTER_OF_ANOTHER_TOWN = auto()
    ROSTER_NOT_LOGGED = auto()
    BINDING_FORGED = auto()
    BINDING_NOT_LOGGED = auto()
    LEAF_ALTERED = auto()
    CHECKPOINT_FORGED = auto()
    CHECKPOINT_OLDER = auto()
    SPLIT_VIEW = auto()
    PROOF_FROM_ANOTHER_SIZE = auto()


RULES = {
    Fault.ONE_SIGNATURE: "mandate.approvals",
    Fault.SAME_SLOT_TWICE: "mandate.approvals",
    Fault.SIGNER_NOT_BOUND: "mandate.approvals",
    Fault.WINDOW_BACKWARDS: "mandate.form",
    Fault.DEMO_DISAGREES: "mandate.demo",
    Fault.DECISION_NOT_LOGGED: "mandate.proof",
    Fault.OTHER_UNIT: "mandate.unit",
    Fault.OTHER_UNIT_KEY: "mandate.unit",
    Fault.OTHER_POST: "mandate.assignment",
    Fault.POST_ALTERED: "mandate.assignment",
    Fault.ONE_OF_THE_TEAM: "mandate.assignment",
    Fault.MASKS_ALTERED: "mandate.assignment",
    Fault.SETUP_TOO_LONG: "mandate.setup",
    Fault.ASSIGNMENT_NOT_LOGGED: "mandate.proof",
    Fault.KEY_OUTLIVES_RETENTION: "mandate.keyset",
    Fault.KEYSET_OF_ANOTHER_DECISION: "mandate.keyset",
    Fault.KEYSET_FORGED: "mandate.keyset",
    Fault.KEYSET_NOT_LOGGED: "mandate.proof",
    Fault.ROSTER_FORGED: "mandate.roster",
    Fault.ROSTER_OF_ANOTHER_TOWN: "mandate.roster",
    Fault.ROSTER_NOT_LOGGED: "mandate.proof",
    Fault.BINDING_FORGED: "mandate.binding",
    Fault.BINDING_NOT_LOGGED: "mandate.proof",
    Fault.LEAF_ALTERED: "mandate.proof",
    Fault.CHECKPOINT_FORGED: "mandate.log",
    Fault.CHECKPOINT_OLDER: "mandate.log",
    Fault.SPLIT_VIEW: "mandate.log",
    Fault.PROOF_FROM_ANOTHER_SIZE: "mandate.log",
}
MESSAGE_FAULTS = frozenset(list(Fault)[list(Fault).index(Fault.ROSTER_FORGED) :])
"""Faults that refuse the message as a whole; the others refuse one mandate in it."""
LOG_FAULTS = frozenset({Fault.CHECKPOINT_OLDER, Fault.SPLIT_VIEW, Fault.PROOF_FROM_ANOTHER_SIZE})
"""Faults that show only to a unit that has seen this log before."""


def ed25519(name: str) -> Ed25519PrivateKey:
    """The same key for the same name."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


def p256(name: str) -> ec.EllipticCurvePrivateKey:
    """The same key for the same name."""
    return ec.derive_private_key(int.from_bytes(hashlib.sha256(name.encode()).digest()[:31], "big") + 1, ec.SECP256R1())


def post(name: str = "post-1") -> Post:
    """A post on the square."""
    return Post(
        post=name,
        name="Dam, north side",
        position=Position(523_731_000, 48_926_000),
        area=(Position(523_730_000, 48_920_000), Position(523_730_000, 48_930_000), Position(523_740_000, 48_930_000)),
        view=View(90_000, -12_000, 66_000, 6_000),
        ceiling_px_per_m=80,
    )


@dataclass
class SimulatedHub:
    """One municipality, one deployment, one unit.

    Args:
        now_us: when its records are made and logged; move it to let time pass.
        me: the unit that orders are for.
        camera: that unit's camera.
    """

    now_us: int
    me: UnitName
    camera: str = "cam-1"
    demo: bool = True
    masks: tuple[Mask, ...] = ()
    entries: list[bytes] = field(default_factory=list)
    ring: dict[str, X25519PrivateKey] = field(default_factory=dict)
    mandates: dict[str, Mandate] = field(default_factory=dict)
    rows: dict[str, IndexRow] = field(default_factory=dict)
    chain: dict[str, Row] = field(default_factory=dict)  # by chain value, in the order they came
    segments: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.roster_key, self.order_key, self.log_key = ed25519("roster"), ed25519("order"), ed25519("log")
        self.approvers = {slot: p256(slot) for slot in SLOTS}
        self.operators = (p256("operator-1"), p256("operator-2"))
        self.roster = Roster(
            serial=1,
            municipality=MUNICIPALITY,
            origin=ORIGIN,
            order_key=spki(self.order_key),
            log_key=spki(self.log_key),
            slots=tuple(Slot(slot, f"Approver {slot[-1].upper()}", self._slot_keys(slot)) for slot in SLOTS),
            issued_at_us=self.now_us,
            demo=self.demo,
        )
        self.roster_envelope = enclose(ROSTER, self.roster, self.roster_key)
        self.log(Event.ROSTER_PUBLISHED, self.roster_envelope.digest, serial="1")
        self.bindings = [self.bind(slot, 0, self.approvers[slot]) for slot in SLOTS]

    @property
    def anchors(self) -> Anchors:
        """What the unit pinned."""
        return Anchors(MUNICIPALITY, ORIGIN, spki(self.roster_key), spki(self.log_key), self.demo)

    # --- The log --------------------------------------------------------------------------------------------

    def log(self, event: Event, digest: str, **ids: str) -> int:
        """Append a leaf and say where."""
        self.entries.append(tlog.Leaf(self.now_us, event.value, ids, digest).encode())
        return len(self.entries) - 1

    def checkpoint(self, size: int | None = None, key: Ed25519PrivateKey | None = None) -> str:
        """The log's word about its first `size` leaves."""
        size = len(self.entries) if size is None else size
        whole = tlog.Checkpoint(ORIGIN, size, tlog.tree_root(size, self._read))
        return tlog.sign_checkpoint(whole, key or self.log_key)

    def _read(self, level: int, index: int) -> bytes:
        return tlog.root([tlog.leaf_hash(e) for e in self.entries[index << level : (index + 1) << level]])

    def _leaf(self, index: int) -> LoggedLeaf:
        path = tlog.inclusion_proof(index, len(self.entries), self._read)
        return LoggedLeaf(index, self.entries[index], path)

    # --- Records --------------------------------------------------------------------------------------------

    def slot_key(self, slot: str, counter: int) -> Ed25519PrivateKey:
        """The key that the slot's printed code gives."""
        code = slot_code(hashlib.sha256(f"code {slot} {counter}".encode()).digest()[:16])
        return slot_key(code, MUNICIPALITY, slot, counter)

    def _slot_keys(self, slot: str) -> tuple[bytes, ...]:
        return tuple(spki(self.slot_key(slot, counter)) for counter in range(3))

    def bind(self, slot: str, counter: int, key: PrivateKey, signer: PrivateKey | None = None) -> Envelope:
        """Bind a person's key to a slot, and log it."""
        envelope = enclose(BINDING, Binding(slot, counter, spki(key)), signer or self.slot_key(slot, counter))
        self.log(Event.BINDING_MADE, envelope.digest, slot=slot, counter=str(counter))
        return envelope

    def decision(self, **changes: Any) -> Decision:
        """A decision whose window is open from a minute ago for an hour."""
        decision = Decision(
            deployment=DEPLOYMENT,
            number="2026-041",
            serial=1,
            regime="G151C",
            designation="APV 2026, article 2:1",
            delegation="Mayor's order 2026-7",
            necessity="Expected crowd of 20 000",
            area=post().area,
            posts=(post(), post("post-2")),
            windows=(Window(self.now_us - MINUTE_US, self.now_us + 60 * MINUTE_US),),
            overrun=Overrun(2, 30),
            recording="continuous",
            prebuffer_s=0,
            on_link_loss="record",
            team=Team(tuple(spki(key) for key in self.operators), ()),
            live="clear",
            retention_h=168,
            upload="live",
            offline_grace_s=3600,
            max_units=4,
            decided_at_us=self.now_us,
            demo=self.demo,
        )
        return replace(decision, **changes)

    def keyset(self, decision: Envelope, serial: int) -> Keyset:
        """Hour keys from the decision's first window to its last moment; the private halves stay in `ring`."""
        body = load(Decision, decision.body)
        first = min(window.from_us for window in body.windows) // HOUR_US
        keys = []
        for hour in range(first, body.last_moment_us // HOUR_US + 1):
            name = hashlib.sha256(f"{decision.digest} {hour}".encode()).hexdigest()[:32]
            private = X25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())
            self.ring[name] = private
            due_us = hour * HOUR_US + body.retention_h * HOUR_US
            keys.append(HourKey(name, hour * HOUR_US, "main", private.public_key().public_bytes_raw(), due_us))
        return Keyset(body.deployment, serial, decision.digest, tuple(keys))

    def order(self, fault: Fault | None = None, serial: int = 1, **changes: Any) -> Mandate:
        """Decide, assign and bear keys; what comes of it goes into every later message."""
        changes.setdefault("serial", serial)
        if fault is Fault.WINDOW_BACKWARDS:
            changes["windows"] = (Window(self.now_us + MINUTE_US, self.now_us - MINUTE_US),)
        if fault is Fault.DEMO_DISAGREES:
            changes["demo"] = not self.demo
        body = self.decision(**changes)
        decision = enclose(DECISION, body, *self._deciders(fault))
        if fault is not Fault.DECISION_NOT_LOGGED:
            self.log(Event.DECISION_SIGNED, decision.digest, deployment=body.deployment, serial=str(body.serial))
        assignment = self._assign(body, serial, fault)
        keyset = self._bear(decision, serial, fault)
        mandate = Mandate(decision, (assignment,), keyset)
        self.mandates[body.deployment] = mandate
        return mandate

    def _deciders(self, fault: Fault | None) -> Sequence[PrivateKey]:
        first, second, _ = self.approvers.values()
        if fault is Fault.ONE_SIGNATURE:
            return (first,)
        if fault is Fault.SAME_SLOT_TWICE:
            return (first, first)
        return (first, p256("nobody") if fault is Fault.SIGNER_NOT_BOUND else second)

    def _assign(self, decision: Decision, serial: int, fault: Fault | None) -> Envelope:
        place = decision.posts[0]
        masks = self.masks
        too_long = Window(self.now_us, self.now_us + SETUP_LIFE_US + 1)
        body = Assignment(
            deployment=decision.deployment,
            serial=serial,
            post="post-9" if fault is Fault.OTHER_POST else place.post,
            post_digest=post_digest(replace(place, ceiling_px_per_m=500) if fault is Fault.POST_ALTERED else place),
            unit="unit-9" if fault is Fault.OTHER_UNIT else self.me.unit,
            unit_key="9" * 64 if fault is Fault.OTHER_UNIT_KEY else self.me.unit_key,
            epoch=1,
            camera=self.camera,
            masks=(Mask((0, 200, 200), (0, 0, 200)),) if fault is Fault.MASKS_ALTERED else masks,
            masks_digest=masks_digest(masks),
            zones=(),
            setup=too_long if fault is Fault.SETUP_TOO_LONG else None,
        )
        team = self.operators[:1] if fault is Fault.ONE_OF_THE_TEAM else self.operators
        envelope = enclose(ASSIGNMENT, body, *team)
        if fault is not Fault.ASSIGNMENT_NOT_LOGGED:
            ids = {"deployment": body.deployment, "post": body.post, "serial": str(serial), "unit": body.unit}
            self.log(Event.ASSIGNMENT_SIGNED, envelope.digest, **ids)
        return envelope

    def _bear(self, decision: Envelope, serial: int, fault: Fault | None) -> Envelope:
        body = self.keyset(decision, serial)
        if fault is Fault.KEY_OUTLIVES_RETENTION:
            last = body.keys[-1]
            body = replace(body, keys=(*body.keys[:-1], replace(last, due_us=last.due_us + 1)))
        if fault is Fault.KEYSET_OF_ANOTHER_DECISION:
            body = replace(body, decision="9" * 64)
        envelope = enclose(KEYSET, body, ed25519("nobody") if fault is Fault.KEYSET_FORGED else self.order_key)
        if fault is not Fault.KEYSET_NOT_LOGGED:
            self.log(Event.KEYSET_ISSUED, envelope.digest, deployment=body.deployment, serial=str(serial))
        return envelope

    # --- Down -----------------------------------------------------------------------------------------------

    def message(self, seen: int = 0, fault: Fault | None = None) -> bytes:
        """The mandate message for a unit that has seen `seen` leaves of the log."""
        if fault is Fault.SPLIT_VIEW:
            self.entries[0] = self.entries[0].replace(b'"serial":"1"', b'"serial":"7"')
        roster = self._roster(fault)
        bindings = self._bindings(fault)
        records = [roster, *bindings]
        for mandate in self.mandates.values():
            records += [mandate.decision, *mandate.assignments, mandate.keyset, *mandate.swapped, *mandate.earlier]
            records += [*mandate.overruns, *mandate.necessities]
        size = seen - 1 if fault is Fault.CHECKPOINT_OLDER else len(self.entries)
        from_size = seen + 1 if fault is Fault.PROOF_FROM_ANOTHER_SIZE else seen
        message = MandateMessage(
            roster=roster,
            bindings=tuple(bindings),
            mandates=tuple(self.mandates.values()),
            leaves=self._leaves({record.digest for record in records}, fault),
            checkpoint=self.checkpoint(size, ed25519("nobody") if fault is Fault.CHECKPOINT_FORGED else None),
            consistency=Consistency(from_size, tlog.consistency_proof(seen, len(self.entries), self._read)),
        )
        return dump(message)

    def _roster(self, fault: Fault | None) -> Envelope:
        if fault is Fault.ROSTER_FORGED:
            return enclose(ROSTER, self.roster, ed25519("nobody"))
        if fault is Fault.ROSTER_OF_ANOTHER_TOWN:
            return enclose(ROSTER, replace(self.roster, municipality="Elders"), self.roster_key)
        if fault is Fault.ROSTER_NOT_LOGGED:
            return enclose(ROSTER, replace(self.roster, serial=2), self.roster_key)
        return self.roster_envelope

    def _bindings(self, fault: Fault | None) -> list[Envelope]:
        if fault is Fault.BINDING_FORGED:
            return [*self.bindings[1:], self.bind(SLOTS[0], 0, p256("nobody"), ed25519("nobody"))]
        if fault is Fault.BINDING_NOT_LOGGED:
            lost = enclose(BINDING, Binding(SLOTS[0], 1, spki(p256("new"))), self.slot_key(SLOTS[0], 1))
            return [*self.bindings, lost]
        return self.bindings

    def _leaves(self, wanted: set[str], fault: Fault | None) -> tuple[LoggedLeaf, ...]:
        digests = [tlog.Leaf.decode(entry).digest for entry in self.entries]
        leaves = [self._leaf(index) for index, digest in enumerate(digests) if digest in wanted]
        if fault is Fault.LEAF_ALTERED:
            altered = replace(tlog.Leaf.decode(leaves[-1].entry), at_us=self.now_us + 1).encode()
            leaves[-1] = replace(leaves[-1], entry=altered)
        return tuple(leaves)

    def lease(self, start_id: str, signer: PrivateKey | None = None, **changes: Any) -> bytes:
        """A publish lease for this start of the unit."""
        lease = PublishLease(
            unit=self.me.unit,
            start_id=start_id,
            camera=self.camera,
            media="5" * 32,
            grant=7,
            made_at_us=self.now_us,
            until_us=self.now_us + LEASE_LIFE_US,
        )
        return dump(enclose(PUBLISH_LEASE, replace(lease, **changes), signer or self.order_key))

    def ack(self, chain: str, signer: PrivateKey | None = None, **changes: Any) -> bytes:
        """The word that lets the unit delete a segment."""
        ack = replace(Ack(self.me.unit, chain, len(self.entries), self.now_us), **changes)
        return dump(enclose(ACK, ack, signer or self.order_key))

    # --- Up -------------------------------------------------------------------------------------------------

    def take_row(self, data: bytes, identity: bytes) -> Row:
        """Check a row of a camera's chain as the hub does, and keep it. Raises ContractError when it does not hold."""
        envelope = read(data)
        row = verified_row(envelope, identity)
        self.chain.setdefault(chain_value(envelope, row), row)
        if isinstance(row, IndexRow):
            self.rows[row.chain] = row
        return row

    def take_segment(self, chain: str, data: bytes, identity: bytes) -> segment.SealedSegment:
        """Check a segment against its row, and keep it. Raises ContractError when it does not hold."""
        row = self.rows[chain]
        sealed = segment.check(io.BytesIO(data))
        segment.film_certificate(sealed.header, identity)
        found = (sealed.chain.hex(), sealed.length, sealed.records, sealed.header_sha256.hex())
        if found != (chain, len(data), row.records, row.header_sha256):
            raise ContractError("the segment is not what its row says")
        self.segments[chain] = data
        return sealed

    def opened(self, data: bytes) -> list[bytes]:
        """A segment's records in the clear, with the hour key's private half: the init, then each fragment."""
        header, _ = segment.read_header(io.BytesIO(data))
        private = self.ring[header.hour_key].private_bytes_raw()
        chain_key = unwrap(header.wrapped, private, header.hpke_info)
        return list(segment.open_records(io.BytesIO(data), chain_key))


def overrun(hub: SimulatedHub, signer: PrivateKey | None = None, log: bool = True, **changes: Any) -> OverrunTaken:
    """One of the team takes the next overrun of the first window of the deployment's decision."""
    mandate = hub.mandates[DEPLOYMENT]
    decision = load(Decision, mandate.decision.body)
    window, nth = decision.windows[0], len(mandate.overruns) + 1
    until_us = window.to_us + nth * decision.overrun.minutes * MINUTE_US
    made = OverrunTaken(DEPLOYMENT, decision.serial, window.from_us, nth, until_us, "e" * 64)
    body = replace(made, **changes)
    envelope = enclose(OVERRUN, body, signer or hub.operators[0])
    ids = {"deployment": DEPLOYMENT, "serial": str(body.serial), "nth": str(body.nth), "until": str(body.until_us)}
    if log:
        hub.log(Event.OVERRUN_TAKEN, envelope.digest, **ids)
    hub.mandates[DEPLOYMENT] = replace(mandate, overruns=(*mandate.overruns, envelope))
    return body


def necessity(
    hub: SimulatedHub, at_us: int, signer: PrivateKey | None = None, log: bool = True, **changes: Any
) -> None:
    """An approver confirms that filming is necessary."""
    mandate = hub.mandates[DEPLOYMENT]
    body = replace(Necessity(DEPLOYMENT, load(Decision, mandate.decision.body).serial, at_us), **changes)
    envelope = enclose(NECESSITY, body, signer or hub.approvers[SLOTS[0]])
    if log:
        ids = {"deployment": DEPLOYMENT, "serial": str(body.serial)}
        hub.log(Event.NECESSITY_CONFIRMED, envelope.digest, **ids)
    hub.mandates[DEPLOYMENT] = replace(mandate, necessities=(*mandate.necessities, envelope))


def place(hub: SimulatedHub, *signers: PrivateKey, log: bool = True, **changes: Any) -> Envelope:
    """Another assignment in the deployment's decision, as its first one but for these changes; in no message yet."""
    mandate = hub.mandates[DEPLOYMENT]
    body = replace(load(Assignment, mandate.assignments[0].body), **changes)
    envelope = enclose(ASSIGNMENT, body, *(signers or hub.operators))
    if log:
        ids = {"deployment": body.deployment, "post": body.post, "serial": str(body.serial), "unit": body.unit}
        hub.log(Event.ASSIGNMENT_SIGNED, envelope.digest, **ids)
    return envelope


def aim(hub: SimulatedHub, setup: Window, *signers: PrivateKey, alone: bool = True, **changes: Any) -> Envelope:
    """Two of the team have the unit aimed: what later messages give it, `alone` or beside its placement."""
    mandate = hub.mandates[DEPLOYMENT]
    envelope = place(hub, *signers, setup=setup, **changes)
    hub.mandates[DEPLOYMENT] = replace(mandate, assignments=(*(() if alone else mandate.assignments), envelope))
    return envelope


def swap(hub: SimulatedHub, unit: str = "unit-9", serial: int = 2) -> Envelope:
    """Another unit stands at the post now: what later messages tell this one."""
    mandate = hub.mandates[DEPLOYMENT]
    envelope = place(hub, unit=unit, unit_key="9" * 64, serial=serial)
    hub.mandates[DEPLOYMENT] = replace(mandate, assignments=(), swapped=(envelope,))
    return envelope


def stop(hub: SimulatedHub, ends_at_us: int, signer: PrivateKey | None = None, deployment: str = DEPLOYMENT) -> None:
    """Filming under the deployment's decision ends then: what later messages say of it."""
    mandate = hub.mandates[deployment]
    body = Stop(deployment, load(Decision, mandate.decision.body).serial, ends_at_us)
    hub.mandates[deployment] = replace(mandate, stop=enclose(STOP, body, signer or hub.order_key))


def confirm(hub: SimulatedHub, question: bytes, signer: PrivateKey | None = None, **changes: Any) -> bytes:
    """The lease that answers a unit's question: by the newest that was ordered."""
    request = load(LeaseRequest, read(question).body)
    assert read(question).type == LEASE_REQUEST
    stands = tuple(
        Stands(deployment, mandate.decision.digest, assignment.digest)
        for deployment, mandate in hub.mandates.items()
        if mandate.stop is None
        for assignment in mandate.assignments
    )
    lease = Lease(request.unit, request.nonce, stands, hub.now_us, hub.now_us + CONFIRMED_US)
    return dump(enclose(LEASE, replace(lease, **changes), signer or hub.order_key))


def unit_name(unit: str = "unit-1") -> tuple[UnitName, ec.EllipticCurvePrivateKey]:
    """A unit and its identity key."""
    key = p256(unit)
    return UnitName(unit, fingerprint(spki(key))), key
