# SPDX-License-Identifier: EUPL-1.2
"""What the keeper demands before it logs or signs: pure, on the contract alone, so that an outsider can read it.

Each function returns what holds or raises `RefusedError` with the rule. None of them believes a caller: grants are
compared with their leaf, records with their signatures, and both with the records that the keeper itself logged.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from contract import placement
from contract.authority import RefusedError, place_of, two_slots, why_not_under
from contract.envelope import Envelope, fingerprint, opened, public_key, signers, verify
from contract.events import Event
from contract.filmed import check_hour_key, check_ordered, verified_row
from contract.index import CLOSING, DELETION, GAP, INDEX_ROW, Deletion, Gap, IndexRow, Row
from contract.live import Grant, GrantRef
from contract.mandate import (
    ASSIGNMENT,
    DECISION,
    HOUR_US,
    Assignment,
    Decision,
    HourKey,
    Keyset,
    Window,
    check_decision,
    hours_touched,
)
from contract.placement import Placed
from contract.record import ContractError, load
from contract.roster import BINDING, ROSTER, Approver, Binding, Roster, read_binding
from contract.roster import bound as bound_by
from contract.running import (
    AHEAD_US,
    NECESSITY,
    OVERRUN,
    Course,
    Necessity,
    OverrunTaken,
    check_necessity,
    check_setup,
)
from contract.segment import (
    RecordFields,
    SegmentHeader,
    film_certificate,
    first_link,
    next_link,
    read_header,
    record_signing_input,
    unsigned,
)
from contract.tlog import Leaf, commitment

KEYSET_LIMIT = 256  # hour keys in one keyset
STOP_SLACK_US = 60_000_000  # a stop may be asked for this long before it is signed
SETUP_SLACK_US = 15 * 60_000_000  # the second of the team signs this long after the draft
AIMED_A_DAY_US = HOUR_US  # at one post, in any 24 hours
NECESSITY_SLACK_US = 15 * 60_000_000  # likewise the approver
GRANT_SLACK_US = 60_000_000  # a grant may begin this much before or after the keeper's own now
REPLAY_LIFE_US = HOUR_US  # a grant to replay lasts this long at most
REPLAY_LIMIT_US = HOUR_US  # and names this much footage at most

ROW_EVENTS = {
    INDEX_ROW: (Event.SEGMENT_STORED, Event.SEGMENT_UNSENT),
    GAP: (Event.GAP_STATED,),
    CLOSING: (Event.CAMERA_CLOSED,),
    DELETION: (Event.SEGMENT_DELETED,),
}
"""As what a row of each kind may stand in the log, under its digest."""


@dataclass(frozen=True)
class Records:
    """What the keeper has logged: the roster in force, its bindings by log index, decisions and assignments.

    `stops` says when filming ends, `overruns` and `necessities` what was signed while it ran, each by deployment and
    serial of the decision; `stopped_us` when a deployment was last stopped, by the log. `unit_key` gives the
    fingerprint of the key that a unit's name stands for.
    """

    roster: Envelope | None
    bindings: Sequence[tuple[int, Envelope]]
    decisions: Mapping[str, Envelope]
    assignments: Mapping[str, Placed]
    stops: Mapping[tuple[str, int], int]
    stopped_us: Mapping[str, int]
    unit_key: Callable[[str], str | None]
    overruns: Mapping[tuple[str, int], Sequence[OverrunTaken]] = field(default_factory=dict)
    necessities: Mapping[tuple[str, int], Sequence[Necessity]] = field(default_factory=dict)

    def course(self, order: Decision, setup: Window | None = None) -> Course:
        """A logged decision as it runs."""
        name = (order.deployment, order.serial)
        confirmed_us = tuple(body.confirmed_at_us for body in self.necessities.get(name, ()))
        return Course(order, tuple(self.overruns.get(name, ())), confirmed_us, setup)

    def decision(self, digest: str) -> Decision:
        """A logged decision."""
        envelope = self.decisions.get(digest)
        if envelope is None:
            raise RefusedError("keeper.decision", "no such decision was logged")
        return load(Decision, envelope.body)

    def newest(self, deployment: str) -> tuple[str, Decision]:
        """The logged decision of a deployment with the highest serial, and its digest."""
        found = [(digest, load(Decision, envelope.body)) for digest, envelope in self.decisions.items()]
        own = [(digest, decision) for digest, decision in found if decision.deployment == deployment]
        if not own:
            raise RefusedError("keeper.decision", "no decision of this deployment was logged")
        return max(own, key=lambda item: item[1].serial)

    def of_deployment(self, deployment: str) -> list[Placed]:
        """Every assignment that was logged of a deployment, in force or not any more."""
        return [placed for placed in self.assignments.values() if placed.assignment.deployment == deployment]

    def standing(self, order: Decision) -> list[Assignment]:
        """Who stands where, and is aimed where, under a decision of a deployment."""
        newest = placement.newest(self.of_deployment(order.deployment))
        return [placed.assignment for placed in newest if placement.holds(placed, order)]


def roster(envelope: Envelope, root: bytes, standing: Envelope | None) -> Roster:
    """A roster under the pinned root that does not go back."""
    try:
        body = opened(envelope, ROSTER, Roster, root)
    except ContractError as error:
        raise RefusedError("keeper.roster", str(error)) from error
    other = standing if standing is not None and standing.digest != envelope.digest else None
    if other is not None and body.serial <= load(Roster, other.body).serial:
        raise RefusedError("keeper.roster", "a roster with this serial or a higher one is in force")
    return body


def in_force(records: Records) -> Roster:
    """The roster in force."""
    if records.roster is None:
        raise RefusedError("keeper.roster", "no roster was published")
    return load(Roster, records.roster.body)


def binding(envelope: Envelope, records: Records) -> Binding:
    """A binding that a slot key of the roster signed, the first with this printed code."""
    if envelope.type != BINDING:
        raise RefusedError("keeper.binding", "not a binding")
    held = in_force(records)
    try:
        body = read_binding(envelope, held)
    except ContractError as error:
        raise RefusedError("keeper.binding", str(error)) from error
    code = held.key_of(body)
    for _, other in records.bindings:
        logged = load(Binding, other.body)
        same = (logged.slot, logged.counter) == (body.slot, body.counter)
        if same and other.digest != envelope.digest and signers(other, [code]):
            raise RefusedError("keeper.binding", f"this code of slot {body.slot} was used for another key")
    return body


def bound(records: Records) -> Mapping[str, Approver]:
    """Who may approve now, by key."""
    return bound_by(in_force(records), records.bindings)


def decision(envelope: Envelope, records: Records, now_us: int) -> Decision:
    """A decision that two slots signed, whose serial rises and whose windows are not all over.

    What was drafted before a stop was signed, by one or by both, without knowing of it: it starts nothing again.
    """
    if envelope.type != DECISION:
        raise RefusedError("keeper.decision", "not a decision")
    body = load(Decision, envelope.body)
    check_decision(body)
    if not two_slots(envelope, bound(records)):
        raise RefusedError("keeper.approvals", "the decision lacks the valid signatures of two different approvers")
    if body.demo != in_force(records).demo:
        raise RefusedError("keeper.demo", "the decision and the roster disagree whether this is a demo")
    if max(window.to_us for window in body.windows) <= now_us:
        raise RefusedError("keeper.window", "every window of the decision is over")
    if envelope.digest not in records.decisions:
        _drafted(body, records, now_us)
    for other in records.decisions.values():
        logged = load(Decision, other.body)
        if logged.deployment == body.deployment and logged.serial >= body.serial and other.digest != envelope.digest:
            raise RefusedError("keeper.serial", "a decision with this serial or a higher one was logged")
    return body


def _drafted(body: Decision, records: Records, now_us: int) -> None:
    """A decision was drafted in the past, and after the newest stop of its deployment."""
    if body.decided_at_us > now_us + AHEAD_US:
        raise RefusedError("keeper.decision", "the decision was drafted in a time to come")
    if body.decided_at_us <= records.stopped_us.get(body.deployment, -1):
        raise RefusedError("keeper.stopped", "it was drafted before filming was stopped: that takes a new draft")


def assignment(envelope: Envelope, records: Records, now_us: int) -> Assignment:
    """An assignment that two of the decision's team signed, for a post that the decision has."""
    if envelope.type != ASSIGNMENT:
        raise RefusedError("keeper.assignment", "not an assignment")
    body = load(Assignment, envelope.body)
    _, order = records.newest(body.deployment)
    fault = why_not_under(envelope, body, order)
    if fault is not None:
        raise RefusedError("keeper.assignment", fault)
    if records.unit_key(body.unit) != body.unit_key:
        raise RefusedError("keeper.unit", f"{body.unit} is not the name of this key")
    for placed in records.of_deployment(body.deployment):
        same_place = place_of(placed.assignment) == place_of(body)
        if same_place and placed.assignment.serial >= body.serial and placed.envelope.digest != envelope.digest:
            raise RefusedError("keeper.serial", "an assignment with this serial or a higher one was logged")
    if envelope.digest in records.assignments:
        return body
    if body.setup is not None:
        _setup(body, body.setup, order, records, now_us)
    _require_room(body, order, records, now_us)
    return body


def _require_room(body: Assignment, order: Decision, records: Records, now_us: int) -> None:
    """No more units than were decided: those that are placed, and those that are aimed now."""
    units = {body.unit}
    for other in records.standing(order):
        over = other.setup is not None and other.setup.to_us <= now_us
        if place_of(other) != place_of(body) and not over:
            units.add(other.unit)
    if len(units) > order.max_units:
        raise RefusedError("keeper.assignment", "more units than the decision allows")


def _setup(body: Assignment, setup: Window, order: Decision, records: Records, now_us: int) -> None:
    """Aiming begins now, lasts a quarter of an hour, and an hour a day at one post; nothing is aimed days before a
    window, or after the last."""
    try:
        check_setup(setup)
    except ContractError as error:
        raise RefusedError("keeper.setup", str(error)) from error
    if not now_us < setup.to_us or abs(setup.from_us - now_us) > SETUP_SLACK_US:
        raise RefusedError("keeper.setup", "aiming begins when it is signed, and is not over by then")
    if not records.course(order, setup).windows:
        raise RefusedError("keeper.setup", "no window of the decision is open or begins within a day")
    own = (placed.assignment for placed in records.of_deployment(order.deployment))
    aimed = [other.setup for other in own if other.setup is not None and other.post == body.post]
    spent_us = sum(one.to_us - one.from_us for one in aimed if one.to_us > now_us - 24 * HOUR_US)
    if spent_us + setup.to_us - setup.from_us > AIMED_A_DAY_US:
        raise RefusedError("keeper.setup", "at this post an hour was aimed within a day")
    not_stopped(order, records, now_us)


def overrun(envelope: Envelope, records: Records, now_us: int) -> OverrunTaken:
    """The next overrun of the window that is open, signed by one of the team's operators."""
    if envelope.type != OVERRUN:
        raise RefusedError("keeper.overrun", "not an overrun")
    body = load(OverrunTaken, envelope.body)
    _, order = records.newest(body.deployment)
    if not signers(envelope, order.team.operators):
        raise RefusedError("keeper.overrun", "the overrun lacks the valid signature of an operator of the team")
    if body in records.overruns.get((body.deployment, body.serial), ()):
        return body
    not_stopped(order, records, now_us)
    if body != records.course(order).next_overrun(now_us, body.reason_digest):
        raise RefusedError("keeper.overrun", "not the next overrun that the decision allows of the window that is open")
    return body


def necessity(envelope: Envelope, records: Records, now_us: int) -> Necessity:
    """R06: a bound approver's word that filming is still necessary, given now."""
    if envelope.type != NECESSITY:
        raise RefusedError("keeper.necessity", "not a confirmation")
    body = load(Necessity, envelope.body)
    _, order = records.newest(body.deployment)
    if not signers(envelope, [approver.key for approver in bound(records).values()]):
        raise RefusedError("keeper.necessity", "the confirmation lacks the valid signature of a bound approver")
    if body in records.necessities.get((body.deployment, body.serial), ()):
        return body
    try:
        check_necessity(body, order, now_us)
    except ContractError as error:
        raise RefusedError("keeper.necessity", str(error)) from error
    if body.confirmed_at_us < now_us - NECESSITY_SLACK_US:
        raise RefusedError("keeper.necessity", "the confirmation was made too long ago")
    return body


def hours(order: Decision) -> tuple[int, ...]:
    """The start of every hour that takes a key, as far as one keyset holds them."""
    found = hours_touched(order, KEYSET_LIMIT)
    if len(found) > KEYSET_LIMIT:
        raise RefusedError("keeper.keyset", f"the windows need more than {KEYSET_LIMIT} hour keys")
    return found


def open_window(order: Decision, records: Records, now_us: int, setup: Window | None = None) -> Window:
    """The window that is open now, to its prolonged end, or to the stop or the end of its necessity before it."""
    not_stopped(order, records, now_us)
    course = records.course(order, setup)
    window = course.window(now_us)
    if window is None:
        raise RefusedError("keeper.window", "no window of this deployment is open")
    necessary_us = course.necessary_until_us(now_us)
    if necessary_us is not None and necessary_us <= now_us:
        raise RefusedError("keeper.window", "R06: nobody confirmed in the last 24 hours that filming is necessary")
    ends_us = (window.to_us, records.stops.get((order.deployment, order.serial)), necessary_us)
    return Window(window.from_us, min(end_us for end_us in ends_us if end_us is not None))


def carried(deployment: str, camera: str, records: Records, now_us: int) -> tuple[Assignment, Window]:
    """By which assignment a camera may be sent live now, and until when: filmed in an open window, else aimed."""
    _, order = records.newest(deployment)
    placed = [body for body in records.standing(order) if body.camera == camera]
    filmed = next((body for body in placed if body.setup is None), None)
    if filmed is not None and records.course(order).window(now_us) is not None:
        return filmed, open_window(order, records, now_us)
    aimed = [body for body in placed if body.setup is not None and records.course(order, body.setup).window(now_us)]
    for body in sorted(aimed, key=lambda body: body.serial, reverse=True):
        return body, open_window(order, records, now_us, body.setup)
    open_window(order, records, now_us)
    raise RefusedError("keeper.assignment", f"camera {camera} is not assigned in this deployment")


def not_stopped(order: Decision, records: Records, now_us: int) -> None:
    """Filming under a decision was not stopped, or is not yet."""
    ends_at_us = records.stops.get((order.deployment, order.serial))
    if ends_at_us is not None and ends_at_us <= now_us:
        raise RefusedError("keeper.stopped", "filming under this decision was stopped")


def stop(ends_at_us: int, order: Decision, now_us: int) -> int:
    """When a stop that is asked for now ends filming: never long ago, for what was filmed under the order stays so.

    Who could not be asked in time is asked now, and what was asked for earlier ends now; when nothing films under the
    decision any more, there is nothing to stop.
    """
    ends_us = ends_at_us if ends_at_us >= now_us - STOP_SLACK_US else now_us
    if ends_us > order.last_moment_us:
        raise RefusedError("keeper.stop", "filming under this decision ends before that by itself")
    return ends_us


def revocation(unit: str, epoch: int, records: Records) -> None:
    """A unit and enrolment that a logged assignment names; of others the keeper knows nothing."""
    bodies = [placed.assignment for placed in records.assignments.values()]
    if (unit, epoch) not in {(body.unit, body.epoch) for body in bodies}:
        raise RefusedError("keeper.unit", f"no assignment of {unit} under this enrolment was logged")


def grant(body: Grant, records: Records, now_us: int) -> None:
    """A grant that begins now: to watch cameras while their window is open, or to replay what they recorded."""
    if abs(body.from_us - now_us) > GRANT_SLACK_US:
        raise RefusedError("keeper.grant", "a grant begins now")
    if body.purpose == "watch":
        _watch(body, records, now_us)
    else:
        _replay(body, records, now_us)


def _watch(body: Grant, records: Records, now_us: int) -> None:
    """A look lasts as long as the window may be prolonged, and shows as long as it is: `carried` cuts each lease."""
    if body.footage_from_us is not None or body.footage_to_us is not None:
        raise RefusedError("keeper.grant", "a grant to watch names no footage")
    _, order = records.newest(body.deployment)
    for camera in body.cameras:
        placed, window = carried(body.deployment, camera, records, now_us)
        course = records.course(order, placed.setup)
        ends_us = (course.last_us(now_us), records.stops.get((order.deployment, order.serial)))
        last_us = min((end_us for end_us in ends_us if end_us is not None), default=window.to_us)
        if not now_us < body.until_us <= last_us:
            raise RefusedError("keeper.grant", "a grant to watch ends with the window and its overrun at the latest")


def _replay(body: Grant, records: Records, now_us: int) -> None:
    """No window need be open: what was recorded may be looked back at until it is forgotten."""
    if not now_us < body.until_us <= now_us + REPLAY_LIFE_US:
        raise RefusedError("keeper.grant", "a grant to replay lasts an hour at most")
    from_us, to_us = footage(body)
    if not from_us < to_us <= now_us + GRANT_SLACK_US or to_us - from_us > REPLAY_LIMIT_US:
        raise RefusedError("keeper.grant", "the footage is not a past stretch of an hour at most")
    bodies = [placed.assignment for placed in records.of_deployment(body.deployment)]
    filmed = {placed.camera for placed in bodies if placed.setup is None}
    if not filmed.issuperset(body.cameras):
        raise RefusedError("keeper.assignment", "a camera was never assigned in this deployment")


def footage(body: Grant) -> tuple[int, int]:
    """The stretch of time that a grant to replay names."""
    if body.purpose != "replay" or body.footage_from_us is None or body.footage_to_us is None:
        raise RefusedError("keeper.grant", "the grant is not to replay a stretch of footage")
    return body.footage_from_us, body.footage_to_us


def logged_grant(ref: GrantRef, leaf: Leaf, now_us: int | None) -> Grant:
    """The grant behind a leaf: its body and salt give the leaf's commitment. With `now_us`, it still stands."""
    if leaf.event != Event.VIEW_GRANTED.value or commitment(ref.body, ref.salt) != leaf.digest:
        raise RefusedError("keeper.grant", "the log does not hold this grant at this place")
    body = load(Grant, ref.body)
    if now_us is not None and now_us >= body.until_us:
        raise RefusedError("keeper.grant", "the grant has ended")
    return body


def row(row_envelope: Envelope, identity: bytes, records: Records, keysets: Iterable[Keyset]) -> Row:
    """A row of the assigned unit, by a film key that its identity vouches for, of a window of its decision."""
    try:
        row = verified_row(row_envelope, identity)
        placed = records.assignments.get(row.assignment)
        if placed is None:
            raise RefusedError("keeper.segment", "no such assignment was logged")
        course = records.course(records.decision(row.decision))
        check_ordered(row, identity, course, placed.assignment)
        if isinstance(row, IndexRow):
            check_hour_key(row, keysets)
    except RefusedError:
        raise
    except ContractError as error:
        raise RefusedError("keeper.segment", str(error)) from error
    return row


def deletion(segment: Row, statement: Row) -> None:
    """The statement is the deletion of this segment, by its own unit."""
    named = isinstance(segment, IndexRow) and isinstance(statement, Deletion) and statement.segment == segment.chain
    if not named or (statement.unit, statement.camera) != (segment.unit, segment.camera):
        raise RefusedError("keeper.deletion", "this is not by the segment's own unit and camera the segment's deletion")


def row_leaf(row: Row, unsent: bool) -> tuple[Event, dict[str, str]]:
    """What the log says of a row, and the ids of its leaf."""
    if isinstance(row, IndexRow):
        event = Event.SEGMENT_UNSENT if unsent else Event.SEGMENT_STORED
        return event, {"camera": row.camera, "segment": str(row.segment)}
    if isinstance(row, Deletion):
        return Event.SEGMENT_DELETED, {"camera": row.camera, "segment": row.segment}
    return Event.GAP_STATED if isinstance(row, Gap) else Event.CAMERA_CLOSED, {"camera": row.camera}


@dataclass(frozen=True)
class SegmentEvidence:
    """What a caller shows of a segment: the unit's identity (SPKI), its bytes up to record 0, its record fields."""

    identity: bytes
    header: bytes
    records: tuple[RecordFields, ...]


@dataclass(frozen=True)
class Wanted:
    """What an opener is asked: the key, the wrapped ck_0 and what it is bound to, and which records."""

    hour_key: str
    sealed: bytes
    info: bytes
    records: tuple[int, ...]


def due(due_us: int, now_us: int) -> None:
    """An hour key dies when its due date has passed, not before."""
    if now_us < due_us:
        raise RefusedError("keeper.due", f"the key is due in {(due_us - now_us) // 1_000_000} s")


def newest(digest: str, records: Records) -> Decision:
    """A logged decision, if no newer one of its deployment was logged."""
    order = records.decision(digest)
    if records.newest(order.deployment)[0] != digest:
        raise RefusedError("keeper.superseded", "a newer decision of this deployment was logged")
    return order


def release(
    body: Grant,
    segment: SegmentEvidence,
    from_us: int,
    to_us: int,
    records: Records,
    keysets: Iterable[Keyset],
    now_us: int,
) -> Wanted:
    """Which records of a segment a logged grant opens: of its cameras, in its range, filmed under an order, not due.

    Record 0 is among them: the init, in which there is no picture and without which there is none.
    """
    first_us, end_us = footage(body)
    if not first_us <= from_us < to_us <= end_us:
        raise RefusedError("keeper.grant", "the range is not inside that of the grant")
    try:
        header, fields = opened_segment(segment)
        _filmed(header, segment.identity, records)
    except RefusedError:
        raise
    except ContractError as error:
        raise RefusedError("keeper.segment", str(error)) from error
    if header.deployment != body.deployment or header.camera not in body.cameras:
        raise RefusedError("keeper.grant", "the grant does not name this segment's deployment and camera")
    key = _issued(header, keysets)
    retention_us = records.decision(header.decision).retention_h * HOUR_US
    claimed_us = min(header.opened_at_us, *(record.wall_us for record in fields))
    if now_us >= min(key.due_us, claimed_us + retention_us):
        raise RefusedError("keeper.due", "this footage is past its retention")
    chosen = tuple(record.index for record in fields[1:] if from_us <= record.wall_us < to_us)
    if not chosen:
        raise RefusedError("keeper.range", "no record of this segment lies in the range")
    return Wanted(header.hour_key, header.wrapped, header.hpke_info, (0, *chosen))


def opened_segment(segment: SegmentEvidence) -> tuple[SegmentHeader, tuple[RecordFields, ...]]:
    """Header and record fields that one film key signed; by the chain, the last one's signature covers all of them.

    Raises:
        ContractError: they are not of one segment, from its first record on, or were altered.
    """
    stream = io.BytesIO(segment.header)
    header, header_sha256 = read_header(stream)
    if stream.read(1):
        raise ContractError("more than a header")
    chain = b""
    for expected, fields in enumerate(segment.records):
        if fields.index != expected or (fields.kind == "init") != (expected == 0):
            raise ContractError(f"record {expected} is missing or out of place")
        link = unsigned(fields)
        chain = next_link(chain, link) if expected else first_link(header.previous, header_sha256, link)
    certificate = film_certificate(header, segment.identity)
    signature = segment.records[-1].signature
    if signature is None or signature.key != fingerprint(certificate.key):
        raise ContractError("the last record is not signed by the film key")
    if not verify(record_signing_input(chain), signature, public_key(certificate.key)):
        raise ContractError("the record fields were altered")
    return header, segment.records


def _filmed(header: SegmentHeader, identity: bytes, records: Records) -> None:
    """The header's order was logged, and was for this unit, key and camera."""
    logged = records.assignments.get(header.assignment)
    if logged is None:
        raise RefusedError("keeper.segment", "no such assignment was logged")
    placed = logged.assignment
    filmed = (header.unit, fingerprint(identity), header.camera, header.post)
    if (placed.unit, placed.unit_key, placed.camera, placed.post) != filmed:
        raise ContractError("the assignment is another unit's, another key's, another camera's or another post's")
    if not header.deployment == placed.deployment == records.decision(header.decision).deployment:
        raise ContractError("the header, its decision and its assignment are of different deployments")


def _issued(header: SegmentHeader, keysets: Iterable[Keyset]) -> HourKey:
    """The hour key of the header, as it was issued for the header's deployment."""
    own = (key for keyset in keysets if keyset.deployment == header.deployment for key in keyset.keys)
    key = next((key for key in own if key.key == header.hour_key), None)
    if key is None:
        raise RefusedError("keeper.segment", "sealed to an hour key that was never issued for this deployment")
    return key
