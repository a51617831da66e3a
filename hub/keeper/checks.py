# SPDX-License-Identifier: EUPL-1.2
"""What the keeper demands before it logs or signs: pure, on the contract alone, so that an outsider can read it.

Each function returns what holds or raises `RefusedError` with the rule. None of them believes a caller: grants are
compared with their leaf, records with their signatures, and both with the records that the keeper itself logged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from contract.authority import RefusedError, masks_digest, post_digest, two_slots
from contract.envelope import Envelope, opened, signers
from contract.events import Event
from contract.filmed import check_hour_key, check_ordered, signed_row
from contract.live import Grant, GrantRef
from contract.mandate import (
    ASSIGNMENT,
    DECISION,
    Assignment,
    Decision,
    Keyset,
    Window,
    check_decision,
    hours_touched,
)
from contract.messages import IndexRow
from contract.record import ContractError, load
from contract.roster import BINDING, ROSTER, Approver, Binding, Roster, read_binding
from contract.roster import bound as bound_by
from contract.tlog import Leaf, commitment

KEYSET_LIMIT = 256  # hour keys in one keyset
GRANT_SLACK_US = 60_000_000  # a grant may begin this much before or after the keeper's own now


@dataclass(frozen=True)
class Records:
    """What the keeper has logged: the roster in force, its bindings by log index, decisions and assignments."""

    roster: Envelope | None
    bindings: Sequence[tuple[int, Envelope]]
    decisions: Mapping[str, Envelope]
    assignments: Mapping[str, Envelope]

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

    def assigned(self, deployment: str, camera: str) -> Assignment:
        """The assignment in force of a camera in a deployment: of its post, the highest serial."""
        bodies = [load(Assignment, envelope.body) for envelope in self.assignments.values()]
        posts: dict[str, Assignment] = {}
        for body in sorted(bodies, key=lambda body: body.serial):
            if body.deployment == deployment:
                posts[body.post] = body
        own = [body for body in posts.values() if body.camera == camera]
        if not own:
            raise RefusedError("keeper.assignment", f"camera {camera} is not assigned in this deployment")
        return max(own, key=lambda body: body.serial)


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
    """A decision that two slots signed, whose serial rises and whose windows are not all over."""
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
    for other in records.decisions.values():
        logged = load(Decision, other.body)
        if logged.deployment == body.deployment and logged.serial >= body.serial and other.digest != envelope.digest:
            raise RefusedError("keeper.serial", "a decision with this serial or a higher one was logged")
    return body


def assignment(envelope: Envelope, records: Records) -> Assignment:
    """An assignment that two of the decision's team signed, for a post that the decision has."""
    if envelope.type != ASSIGNMENT:
        raise RefusedError("keeper.assignment", "not an assignment")
    body = load(Assignment, envelope.body)
    _, order = records.newest(body.deployment)
    if len(signers(envelope, order.team.operators)) < 2:
        raise RefusedError("keeper.assignment", "the assignment lacks the valid signatures of two of the team")
    post = next((post for post in order.posts if post.post == body.post), None)
    if post is None or post_digest(post) != body.post_digest or masks_digest(body.masks) != body.masks_digest:
        raise RefusedError("keeper.assignment", "the post or the masks are not those of the decision")
    for other in records.assignments.values():
        logged = load(Assignment, other.body)
        same_post = (logged.deployment, logged.post) == (body.deployment, body.post)
        if same_post and logged.serial >= body.serial and other.digest != envelope.digest:
            raise RefusedError("keeper.serial", "an assignment with this serial or a higher one was logged")
    bodies = [load(Assignment, other.body) for other in records.assignments.values()]
    units = {other.unit for other in bodies if other.deployment == body.deployment} | {body.unit}
    if len(units) > order.max_units:
        raise RefusedError("keeper.assignment", "more units than the decision allows")
    return body


def hours(order: Decision) -> tuple[int, ...]:
    """The start of every hour that takes a key, as far as one keyset holds them."""
    found = hours_touched(order, KEYSET_LIMIT)
    if len(found) > KEYSET_LIMIT:
        raise RefusedError("keeper.keyset", f"the windows need more than {KEYSET_LIMIT} hour keys")
    return found


def open_window(order: Decision, now_us: int) -> Window:
    """The window that is open now."""
    window = order.window(now_us)
    if window is None:
        raise RefusedError("keeper.window", "no window of this deployment is open")
    return window


def grant(body: Grant, records: Records, now_us: int) -> Window:
    """A grant for cameras of a deployment whose window is open, no longer than that window."""
    _, order = records.newest(body.deployment)
    window = open_window(order, now_us)
    if abs(body.from_us - now_us) > GRANT_SLACK_US or not now_us < body.until_us <= window.to_us:
        raise RefusedError("keeper.grant", "a grant begins now and ends with the window at the latest")
    for camera in body.cameras:
        records.assigned(body.deployment, camera)
    return window


def logged_grant(ref: GrantRef, leaf: Leaf, now_us: int | None) -> Grant:
    """The grant behind a leaf: its body and salt give the leaf's commitment. With `now_us`, it still stands."""
    if leaf.event != Event.VIEW_GRANTED.value or commitment(ref.body, ref.salt) != leaf.digest:
        raise RefusedError("keeper.grant", "the log does not hold this grant at this place")
    body = load(Grant, ref.body)
    if now_us is not None and now_us >= body.until_us:
        raise RefusedError("keeper.grant", "the grant has ended")
    return body


def segment(row_envelope: Envelope, identity: bytes, records: Records, keysets: Iterable[Keyset]) -> IndexRow:
    """An index row of the assigned unit, by a film key that its identity vouches for, filmed inside a window."""
    try:
        row = signed_row(row_envelope, identity)
        envelope = records.assignments.get(row.assignment)
        if envelope is None:
            raise RefusedError("keeper.segment", "no such assignment was logged")
        check_ordered(row, identity, records.decision(row.decision), load(Assignment, envelope.body))
        check_hour_key(row, keysets)
    except RefusedError:
        raise
    except ContractError as error:
        raise RefusedError("keeper.segment", str(error)) from error
    return row
