# SPDX-License-Identifier: EUPL-1.2
"""Was this segment filmed under an order? What an index row must show, to the hub that takes it in, to the keeper that
logs it, and to an outsider who has the records.

Three questions, each by records alone: who filmed (:func:`signed_row`), under which order and when
(:func:`check_ordered`), and sealed to which key (:func:`check_hour_key`).
"""

from __future__ import annotations

from collections.abc import Iterable

from contract.envelope import Envelope, fingerprint, opened
from contract.mandate import HOUR_US, Assignment, Decision, Keyset
from contract.messages import INDEX_ROW, IndexRow
from contract.record import ContractError, load
from contract.segment import FILM_CERTIFICATE, FilmCertificate

STOP_SLACK_US = 1_000_000  # outside a window capture ends within one second


def signed_row(envelope: Envelope, identity: bytes) -> IndexRow:
    """The row in an envelope, once this identity (SPKI) vouches for its film key and that key signed it.

    Raises:
        ContractError: it does not, or the certificate speaks of something else than the row.
    """
    if envelope.type != INDEX_ROW:
        raise ContractError(f"a {envelope.type} where a {INDEX_ROW} belongs")
    row = load(IndexRow, envelope.body)
    certificate = opened(row.film_certificate, FILM_CERTIFICATE, FilmCertificate, identity)
    opened(envelope, INDEX_ROW, IndexRow, certificate.key)
    if (certificate.unit, certificate.decision, certificate.start_id) != (row.unit, row.decision, row.start_id):
        raise ContractError("the film certificate speaks of another unit, decision or start")
    if row.to_us < row.from_us:
        raise ContractError("the segment ends before it begins")
    return row


def check_ordered(row: IndexRow, identity: bytes, decision: Decision, assignment: Assignment) -> None:
    """Whether the row's decision and assignment let this unit film this, then. The caller looked both up by digest.

    Raises:
        ContractError: they do not.
    """
    filmed = (row.unit, fingerprint(identity), row.camera)
    if (assignment.unit, assignment.unit_key, assignment.camera) != filmed:
        raise ContractError("the assignment is another unit's, another key's or another camera's")
    if not row.deployment == decision.deployment == assignment.deployment:
        raise ContractError("the row, its decision and its assignment are of different deployments")
    inside = (w.from_us <= row.from_us < w.to_us and row.to_us <= w.to_us + STOP_SLACK_US for w in decision.windows)
    if not any(inside):
        raise ContractError("filmed outside every window of its decision")


def check_hour_key(row: IndexRow, keysets: Iterable[Keyset]) -> None:
    """Whether the row is sealed to the key of its own deployment and of the hour in which it begins.

    Raises:
        ContractError: it would outlive its hour, or open with another deployment's key.
    """
    hour_us = row.from_us - row.from_us % HOUR_US
    own = (key for keyset in keysets if keyset.deployment == row.deployment for key in keyset.keys)
    if not any((key.key, key.from_us) == (row.hour_key, hour_us) for key in own):
        raise ContractError("sealed to an hour key that was never issued for this deployment and hour")
