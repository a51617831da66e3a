# SPDX-License-Identifier: EUPL-1.2
"""The transparency log's closed vocabulary: what may be written, with which ids, and which digest.

A leaf holds ids and one digest, never a person's name. The digest of a signed record is its own; of a body that must
be erasable one day (who looked, and why) it is a salted commitment, whose salt and body live in a table that can be
emptied.
"""

from __future__ import annotations

from enum import StrEnum


class Event(StrEnum):
    """What the log can say. Each value's comment gives its ids; the digest is the signed record's unless noted."""

    ROSTER_PUBLISHED = "roster.published"  # serial
    BINDING_MADE = "binding.made"  # slot, counter
    DECISION_SIGNED = "decision.signed"  # deployment, serial
    ASSIGNMENT_SIGNED = "assignment.signed"  # deployment, post, serial, unit
    OVERRUN_TAKEN = "overrun.taken"  # deployment, serial, nth, until
    NECESSITY_CONFIRMED = "necessity.confirmed"  # deployment, serial
    DEPLOYMENT_STOPPED = "deployment.stopped"  # deployment, serial
    DEPLOYMENT_URGENT = "deployment.urgent"  # deployment, serial, due, owes: `DUTIES` with commas, or none; decision's
    DUTY_DONE = "duty.done"  # deployment, duty; digest = SHA-256 of the two as JSON
    UNIT_ENROLLED = "unit.enrolled"  # unit; digest = SHA-256 of its identity's public key (SPKI)
    UNIT_REVOKED = "unit.revoked"  # unit, epoch; digest = SHA-256 of the two as JSON
    KEY_BORN = "key.born"  # key, deployment, hour, layer, due; digest = SHA-256 of the public half
    KEY_DESTROYED = "key.destroyed"  # as key.born, and grade: how well it died; digest = SHA-256 of the public half
    KEYSET_ISSUED = "keyset.issued"  # deployment, serial
    SEGMENT_STORED = "segment.stored"  # camera, segment; digest of the index row
    SEGMENT_UNSENT = "segment.unsent"  # camera, segment; digest of the index row, whose file never came
    SEGMENT_DELETED = "segment.deleted"  # camera, segment (its chain value); digest of the deletion
    GAP_STATED = "gap.stated"  # camera; digest of the gap
    CAMERA_CLOSED = "camera.closed"  # camera; digest of the closing
    VIEW_GRANTED = "view.granted"  # until; salted commitment to the grant
    VIEW_WATCHED = "view.watched"  # grant, from, to; salted commitment to the same grant
    LOG_GAP = "log.gap"  # from, to, renewals; digest = SHA-256 of nothing


DUTIES = ("alternatives", "consultation", "entries", "posts", "publication")
"""What an urgent deployment may owe, as the log names it."""

PUBLIC_IDS: dict[Event, frozenset[str]] = {
    Event.ROSTER_PUBLISHED: frozenset({"serial"}),
    Event.BINDING_MADE: frozenset({"slot", "counter"}),
    Event.DECISION_SIGNED: frozenset({"deployment", "serial"}),
    Event.ASSIGNMENT_SIGNED: frozenset({"deployment", "post", "serial", "unit"}),
    Event.OVERRUN_TAKEN: frozenset({"deployment", "serial", "nth", "until"}),
    Event.NECESSITY_CONFIRMED: frozenset({"deployment", "serial"}),
    Event.DEPLOYMENT_STOPPED: frozenset({"deployment", "serial"}),
    Event.DEPLOYMENT_URGENT: frozenset({"deployment", "serial", "due", "owes"}),
    Event.DUTY_DONE: frozenset({"deployment", "duty"}),
    Event.UNIT_ENROLLED: frozenset({"unit"}),
    Event.UNIT_REVOKED: frozenset({"unit", "epoch"}),
    Event.KEY_BORN: frozenset({"key", "deployment", "hour", "layer", "due"}),
    Event.KEY_DESTROYED: frozenset({"key", "deployment", "hour", "layer", "due", "grade"}),
    Event.KEYSET_ISSUED: frozenset({"deployment", "serial"}),
    Event.SEGMENT_STORED: frozenset({"camera", "segment"}),
    Event.SEGMENT_UNSENT: frozenset({"camera", "segment"}),
    Event.SEGMENT_DELETED: frozenset({"camera", "segment"}),
    Event.GAP_STATED: frozenset({"camera"}),
    Event.CAMERA_CLOSED: frozenset({"camera"}),
    Event.VIEW_GRANTED: frozenset({"until"}),
    Event.VIEW_WATCHED: frozenset({"grant", "from", "to"}),
    Event.LOG_GAP: frozenset({"from", "to", "renewals"}),
}
