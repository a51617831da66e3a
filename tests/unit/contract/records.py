# SPDX-License-Identifier: EUPL-1.2
"""One sample of every record of the contract, the same bytes in every run: what golden files and fuzzing start from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from contract import tlog
from contract.authority import Anchors, Memory, Remembered
from contract.envelope import Envelope, Signature, enclose, sign, spki
from contract.index import Closing, Deletion, Gap, IndexRow
from contract.lease import Contact, Lease, LeaseRequest, Stands
from contract.live import Grant, GrantRef, PublishLease, Ticket
from contract.mandate import HOUR_US, Assignment, Consistency, LoggedLeaf, Mandate, MandateMessage, Stop
from contract.messages import Ack, CameraHealth, CameraState, Command, Health, Order, State
from contract.record import dump, load
from contract.roster import Binding
from contract.running import Necessity, OverrunTaken
from contract.segment import (
    FILM_CERTIFICATE,
    ClockState,
    FilmCertificate,
    RecordFields,
    SegmentHeader,
    header_signing_input,
)
from tests.simulated_hub import DEPLOYMENT, MUNICIPALITY, ORIGIN, SLOTS, SimulatedHub, ed25519, unit_name

NOW_US = 1_775_000_000_000_000
ME, _ = unit_name()
FILM_KEY = ed25519("film")
START_ID = "1" * 32
RUN = "2" * 32
HOUR_KEY = "3" * 32
MEDIA = "5" * 32
CHAIN = "c" * 64
DIGEST = "d" * 64
CLOCK = ClockState("kernel-pll", True, 1500)
CHECKPOINT = tlog.sign_checkpoint(tlog.Checkpoint(ORIGIN, 1, tlog.leaf_hash(b"the only entry")), ed25519("log"))
SIGNATURE = Signature("ed25519", DIGEST, bytes(range(64)))


def _unsigned(kind: str, body: bytes) -> Envelope:
    """ES256 signatures differ from run to run; a golden file needs one that does not."""
    return Envelope(kind, body, (SIGNATURE,))


def film_certificate() -> Envelope:
    """A certificate whose signature does not hold but whose bytes stay the same."""
    body = FilmCertificate(ME.unit, DIGEST, START_ID, spki(FILM_KEY), NOW_US)
    return _unsigned(FILM_CERTIFICATE, enclose(FILM_CERTIFICATE, body).body)


def header() -> SegmentHeader:
    """A segment's header, validly signed by the film key in its certificate."""
    unsigned = SegmentHeader(
        deployment=DEPLOYMENT,
        post="post-1",
        unit=ME.unit,
        camera="cam-1",
        run=RUN,
        segment=4,
        start_id=START_ID,
        decision=DIGEST,
        assignment="a" * 64,
        hour_key=HOUR_KEY,
        due_us=NOW_US - NOW_US % HOUR_US + 168 * HOUR_US,
        layer="main",
        envelope="none",
        masks_digest="b" * 64,
        model_digest=None,
        firmware="flexzicht-edge 0.1.0",
        clock=CLOCK,
        checkpoint=CHECKPOINT,
        film_certificate=film_certificate(),
        wrapped=bytes(range(80)),
        previous=CHAIN,
        opened_at_us=NOW_US,
        opened_monotonic_us=77_000_000,
        marks=("demo", "unsynchronised"),
    )
    return replace(unsigned, signature=sign(header_signing_input(unsigned), FILM_KEY))


OF_A_CAMERA: dict[str, Any] = {
    **{"deployment": DEPLOYMENT, "unit": ME.unit, "camera": "cam-1", "layer": "main", "start_id": START_ID},
    **{"decision": DIGEST, "assignment": "a" * 64, "film_certificate": film_certificate(), "previous": CHAIN},
}
STANDS = Stands(DEPLOYMENT, DIGEST, "a" * 64)


def _samples() -> dict[str, object]:
    hub = SimulatedHub(NOW_US, ME)
    decision = hub.decision()
    keyset = hub.keyset(_unsigned("decision", dump(decision)), 1)
    assignment = load(Assignment, hub.order().assignments[0].body)
    mandate = Mandate(_unsigned("decision", b"{}"), (_unsigned("assignment", b"{}"),), _unsigned("keyset", b"{}"))
    bindings = tuple(_unsigned("binding", b"{}") for _ in SLOTS)
    leaf = LoggedLeaf(3, hub.entries[0], (bytes(32),))
    return {
        "envelope": enclose("ack", Ack(ME.unit, CHAIN, 12, NOW_US), ed25519("order")),
        "roster": hub.roster,
        "binding": Binding(SLOTS[0], 1, spki(ed25519("person"))),
        "decision": decision,
        "assignment": assignment,
        "keyset": replace(keyset, keys=keyset.keys[:2]),
        "mandate-message": MandateMessage(
            _unsigned("roster", b"{}"), bindings, (mandate,), (leaf,), CHECKPOINT, Consistency(2, (bytes(32),))
        ),
        "anchors": Anchors(MUNICIPALITY, ORIGIN, spki(ed25519("roster")), spki(ed25519("log")), True),
        "memory": Memory(1, tlog.leaf_hash(b"the only entry"), CHECKPOINT, (Remembered("roster", 1, DIGEST),)),
        "grant": Grant("person-1", DIGEST, DEPLOYMENT, ("cam-1",), "watch", NOW_US, NOW_US + 1),
        "grant-ref": GrantRef(b"{}", bytes(16), 12),
        "ticket": Ticket("4" * 32, 12, "cam-1", DIGEST, MEDIA, NOW_US, NOW_US + 1),
        "publish-lease": PublishLease(ME.unit, START_ID, "cam-1", MEDIA, 12, NOW_US, NOW_US + 300_000_000),
        "film-certificate": FilmCertificate(ME.unit, DIGEST, START_ID, spki(FILM_KEY), NOW_US),
        "segment-header": header(),
        "record-fields": RecordFields(1, "fragment", NOW_US, 77_000_000, 400_000, True, CHAIN, DIGEST, SIGNATURE),
        "index-row": IndexRow(
            DEPLOYMENT, ME.unit, "cam-1", "main", RUN, 4, START_ID, DIGEST, "a" * 64, HOUR_KEY, film_certificate(),
            False, CHAIN, DIGEST, "e" * 64, 21, 2_000_000, NOW_US, NOW_US + 8_000_000,
        ),
        "state": State(
            ME.unit, START_ID, 7, NOW_US, True, 9, CLOCK, "pinned",
            (CameraState("cam-1", "waiting", "window.before", "the window opens at 12:00"),), 2, 0,
        ),
        "gap": Gap(**OF_A_CAMERA, reason="no-process", from_us=NOW_US, to_us=NOW_US + 4_000_000),
        "closing": Closing(**OF_A_CAMERA, ended="window", from_us=NOW_US, to_us=NOW_US + 8_000_000),
        "deletion": Deletion(
            **OF_A_CAMERA, segment="e" * 64, reason="retention", from_us=NOW_US, to_us=NOW_US + 8_000_000
        ),
        "stop": Stop(DEPLOYMENT, 2, NOW_US),
        "overrun": OverrunTaken(DEPLOYMENT, 2, NOW_US, 1, NOW_US + 1_800_000_000, DIGEST),
        "necessity": Necessity(DEPLOYMENT, 2, NOW_US),
        "lease-request": LeaseRequest(ME.unit, START_ID, "6" * 32, NOW_US),
        "lease": Lease(ME.unit, "6" * 32, (STANDS,), NOW_US, NOW_US + 900_000_000),
        "contact": Contact(NOW_US, 900_000_000, 12_000_000, False, (STANDS,)),
        "command": Command(
            ME.unit, 3, NOW_US, NOW_US + 300_000_000, 12, DIGEST, "fetch", "cam-1", NOW_US, NOW_US + 60_000_000
        ),
        "health": Health(
            ME.unit, START_ID, 7, NOW_US, "flexzicht-edge 0.1.0", CLOCK, NOW_US + 1, 5_000, 10_000, 2_000, 8_000, 2,
            NOW_US - 1, NOW_US + 900_000_000, 80_000_000, (CameraHealth("cam-1", 750, 0, NOW_US),),
            (Order(DEPLOYMENT, DIGEST, NOW_US, NOW_US + 1),),
        ),
        "ack": Ack(ME.unit, CHAIN, 12, NOW_US),
    }  # fmt: skip


SAMPLES = _samples()
