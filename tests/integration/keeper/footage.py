# SPDX-License-Identifier: EUPL-1.2
"""A sealed segment of the simulated unit, under the order and to the hour key that a keeper logged."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from typing import Any

from contract import segment
from contract.envelope import PrivateKey, enclose, spki
from contract.live import Grant, GrantRef
from contract.mandate import Decision, Keyset, Mandate
from contract.record import load
from contract.segment import FILM_CERTIFICATE, ClockState, FilmCertificate, SealedRecord, SegmentHeader
from edge.recorder.seal import Sealer, When
from tests.integration.keeper.keeping import START, Running
from tests.simulated_hub import ed25519, unit_name

STEP_US = 400_000
RECORDS = 6  # the init and five fragments


@dataclass(frozen=True)
class Footage:
    """A segment in parts: its bytes up to record 0, and its records."""

    head: bytes
    records: list[SealedRecord]
    header_sha256: bytes

    @property
    def fields(self) -> list[segment.RecordFields]:
        """Without the ciphertexts."""
        return [record.fields for record in self.records]


def plaintext(index: int) -> bytes:
    """What the record of this index holds."""
    return b"picture %d" % index


def film(run: Running, mandate: Mandate, identity: PrivateKey | None = None, **changes: Any) -> Footage:
    """Six records, 0.4 s apart from the hub's now."""
    hub = run.hub
    key = load(Keyset, mandate.keyset.body).for_hour(hub.now_us)
    assert key is not None
    film_key = ed25519("film")
    fields: dict[str, Any] = {
        "deployment": load(Decision, mandate.decision.body).deployment,
        "post": "post-1",
        "unit": hub.me.unit,
        "camera": hub.camera,
        "run": "d" * 32,
        "segment": 0,
        "start_id": START,
        "decision": mandate.decision.digest,
        "assignment": mandate.assignments[0].digest,
        "hour_key": key.key,
        "due_us": key.due_us,
        "layer": "main",
        "envelope": "none",
        "masks_digest": "b" * 64,
        "model_digest": None,
        "firmware": "test",
        "clock": ClockState("kernel-pll", True, 1500),
        "checkpoint": "none",
        "wrapped": b"",
        "previous": segment.FIRST,
        "opened_at_us": hub.now_us,
        "opened_monotonic_us": 0,
        "marks": ("demo",),
    } | changes
    certificate = FilmCertificate(fields["unit"], fields["decision"], START, spki(film_key), hub.now_us)
    fields["film_certificate"] = enclose(FILM_CERTIFICATE, certificate, identity or unit_name()[1])
    sealer = Sealer(SegmentHeader(**fields), key.public, film_key, os.urandom)
    data = sealer.head
    for index in range(RECORDS):
        when = When(fields["opened_at_us"] + max(0, index - 1) * STEP_US, index, STEP_US)
        data += sealer.seal("fragment" if index else "init", plaintext(index), when, index == 1)
    stream = io.BytesIO(data)
    header, header_sha256 = segment.read_header(stream)
    return Footage(sealer.head, list(segment.read_records(stream, header, header_sha256)), header_sha256)


async def replay(run: Running, first_us: int, end_us: int, **changes: Any) -> GrantRef:
    """Somebody may look back at the hub's camera."""
    now_us = run.hub.now_us
    grant: dict[str, Any] = {
        "actor": "viewer",
        "session": "c" * 64,
        "deployment": run.hub.decision().deployment,
        "cameras": (run.hub.camera,),
        "purpose": "replay",
        "from_us": now_us,
        "until_us": now_us + 600_000_000,
        "footage_from_us": first_us,
        "footage_to_us": end_us,
    } | changes
    return await run.keeper.grant(Grant(**grant))
