# SPDX-License-Identifier: EUPL-1.2
"""Was this segment filmed under an order? What an index row must show, to the hub that takes it in, to the keeper that
logs it, and to an outsider who has the records.

By records alone: who filmed (:func:`signed_row`), under which order and when (:func:`check_ordered`), sealed to which
key (:func:`check_hour_key`); and with the file, whether it is what the row says (:func:`check_segment`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from contract.envelope import Envelope, fingerprint, opened
from contract.index import INDEX_ROW, ROWS, IndexRow, Row
from contract.mandate import HOUR_US, Assignment, Keyset
from contract.record import ContractError, load
from contract.running import Course
from contract.segment import FILM_CERTIFICATE, FilmCertificate, SegmentHeader, check, film_certificate

STOP_SLACK_US = 1_000_000  # outside a window capture ends within one second
IN_ROW = {
    **{name: name for name in ("deployment", "unit", "camera", "layer", "run", "segment", "start_id", "decision")},
    **{name: name for name in ("assignment", "hour_key", "film_certificate", "previous")},
    "opened_at_us": "from_us",
}
"""What a segment's header and its index row both state: the header's field, the row's."""
IN_ASSIGNMENT = {name: name for name in ("deployment", "post", "unit", "camera", "masks_digest")}
"""The same of a header and the assignment that it names."""


def verified_row(envelope: Envelope, identity: bytes) -> Row:
    """The row of a camera's chain in an envelope: this identity (SPKI) vouches for its film key, which signed it.

    Raises:
        ContractError: it does not, the certificate speaks of something else than the row, or its times run backwards.
    """
    if envelope.type not in ROWS:
        raise ContractError(f"a {envelope.type} where a row of a camera's chain belongs")
    row = load(ROWS[envelope.type], envelope.body)
    certificate = opened(row.film_certificate, FILM_CERTIFICATE, FilmCertificate, identity)
    opened(envelope, envelope.type, ROWS[envelope.type], certificate.key)
    if (certificate.unit, certificate.decision) != (row.unit, row.decision):
        raise ContractError("the film certificate speaks of another unit or decision")
    recovered = isinstance(row, IndexRow) and row.recovered  # a later process signs what an earlier one left open
    if certificate.start_id != row.start_id and not recovered:
        raise ContractError("the film certificate speaks of another start")
    if row.to_us < row.from_us:
        raise ContractError("the row ends before it begins")
    return row


def signed_row(envelope: Envelope, identity: bytes) -> IndexRow:
    """The segment row in an envelope, as :func:`verified_row` verifies it. Raises as that does."""
    if envelope.type != INDEX_ROW:
        raise ContractError(f"a {envelope.type} where a {INDEX_ROW} belongs")
    row = verified_row(envelope, identity)
    assert isinstance(row, IndexRow)
    return row


def check_ordered(row: Row, identity: bytes, course: Course, assignment: Assignment) -> None:
    """Whether the row's decision and assignment let this unit film this, then. The caller looked both up by digest,
    and what was signed while the decision ran.

    A statement speaks of a window as a segment does: it begins inside one, and ends a second after its end at most.

    Raises:
        ContractError: they do not.
    """
    filmed = (row.unit, fingerprint(identity), row.camera)
    if (assignment.unit, assignment.unit_key, assignment.camera) != filmed:
        raise ContractError("the assignment is another unit's, another key's or another camera's")
    if assignment.setup is not None:
        raise ContractError("the assignment is for aiming: under it nothing is recorded")
    if not row.deployment == course.decision.deployment == assignment.deployment:
        raise ContractError("the row, its decision and its assignment are of different deployments")
    inside = (w.from_us <= row.from_us < w.to_us and row.to_us <= w.to_us + STOP_SLACK_US for w in course.windows)
    if not any(inside):
        raise ContractError("outside every window of its decision")


def check_hour_key(said: IndexRow | SegmentHeader, keysets: Iterable[Keyset]) -> None:
    """Whether a segment, by its row or its header, is sealed to the key of its deployment, its layer and the hour in
    which it begins. A header says when that key dies, too.

    Raises:
        ContractError: it would outlive its hour, open with another's key, or be kept longer than that key.
    """
    begins_us = said.from_us if isinstance(said, IndexRow) else said.opened_at_us
    named = (said.hour_key, begins_us - begins_us % HOUR_US, said.layer)
    own = [key for keyset in keysets if keyset.deployment == said.deployment for key in keyset.keys]
    found = [key for key in own if (key.key, key.from_us, key.layer) == named]
    if not found:
        raise ContractError("sealed to an hour key that was never issued for this deployment and hour")
    if isinstance(said, SegmentHeader) and all(key.due_us != said.due_us for key in found):
        raise ContractError("the header names another end of its hour key than was issued")


def check_header(header: SegmentHeader, row: IndexRow, assignment: Assignment) -> None:
    """Whether a header says what its row and its assignment say, wherever they speak of the same.

    Of the two film certificates that is the digest: an ECDSA signature made twice differs, and both are good.

    Raises:
        ContractError: names the first field in which they differ.
    """
    for said, name in IN_ROW.items():
        ours, theirs = getattr(header, said), getattr(row, name)
        if said == "film_certificate":
            if row.recovered:
                continue  # another process signed the row; the header's own certificate is checked by itself
            ours, theirs = ours.digest, theirs.digest  # the same words; each envelope's signature is checked by itself
        if ours != theirs:
            raise ContractError(f"header and row differ in {said}")
    for said, name in IN_ASSIGNMENT.items():
        if getattr(header, said) != getattr(assignment, name):
            raise ContractError(f"header and assignment differ in {said}")


def check_segment(
    stream: BinaryIO, length: int, row: IndexRow, identity: bytes, assignment: Assignment
) -> SegmentHeader:
    """Check a whole segment without any key: every hash, link and signature, and that it is what its row says.

    Args:
        stream: at the start of the segment; one record at a time is in memory.
        length: how many bytes there are.
        row: verified by `signed_row`.
        identity: the unit's identity (SPKI), which vouches for the film key.
        assignment: the one that the row names.

    Raises:
        ContractError: it is altered, cut, longer, or another segment.
    """
    sealed = check(stream)
    film_certificate(sealed.header, identity)
    check_header(sealed.header, row, assignment)
    found = (sealed.chain.hex(), sealed.header_sha256.hex(), sealed.records, sealed.length, length)
    if found != (row.chain, row.header_sha256, row.records, row.length, row.length):
        raise ContractError("the segment is not what its row says")
    if (sealed.first_us, sealed.last_us) != (row.from_us, row.to_us):
        raise ContractError("the segment's times are not those of its row")
    if sealed.earliest_us < row.from_us - STOP_SLACK_US or sealed.latest_us > row.to_us + STOP_SLACK_US:
        raise ContractError("a record's time lies outside its segment")
    return sealed.header
