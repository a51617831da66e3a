# SPDX-License-Identifier: EUPL-1.2
"""One whole segment with true keys and fixed random, step by step: what `docs/reference/segment.md` works out in hex.

It is filmed under the order in `MESSAGE`, and sealed to an hour key of that order's keyset.

HPKE is written out here once more, from RFC 9180 and with a fixed ephemeral key, so that the golden file holds its
output and the contract's own opening is held against another implementation.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contract import segment
from contract.authority import EMPTY, examine
from contract.envelope import Envelope, PrivateKey, Signature, enclose, fingerprint, spki
from contract.index import INDEX_ROW, IndexRow
from contract.keys import next_chain_key
from contract.mandate import Assignment, read_message
from contract.record import decode, dump, encode
from contract.segment import FILM_CERTIFICATE, FIRST, FilmCertificate, RecordFields, SegmentHeader
from tests.simulated_hub import SimulatedHub, p256
from tests.unit.contract.records import CLOCK, FILM_KEY, ME, NOW_US, RUN, START_ID
from tests.unit.contract.resigning import deterministic, relogged

HUB = SimulatedHub(NOW_US, ME)
HUB.order()
MESSAGE = encode(relogged(decode(HUB.message())))
ORDER = examine(read_message(MESSAGE), HUB.anchors, EMPTY, ME).orders[0]
IDENTITY = p256("unit-1")
EPHEMERAL = X25519PrivateKey.from_private_bytes(hashlib.sha256(b"ephemeral").digest())
CHAIN_KEY = hashlib.sha256(b"chain key").digest()
PLAIN = (b"init of the run", b"fragment one", b"fragment two")
_KEM, _HPKE = b"KEM" + b"\x00\x20", b"HPKE" + b"\x00\x20\x00\x01\x00\x02"


def signed(kind: str, record: object, key: PrivateKey) -> Envelope:
    """An envelope with the one signature that this key makes."""
    bare = enclose(kind, record)
    alg = "ed25519" if key is FILM_KEY else "es256"
    signature = Signature(alg, fingerprint(spki(key)), deterministic(bare.signing_input, key))  # type: ignore[arg-type]
    return replace(bare, signatures=(signature,))


def _extract(salt: bytes, suite: bytes, label: bytes, ikm: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, "sha256")


def _expand(prk: bytes, suite: bytes, label: bytes, info: bytes, length: int) -> bytes:
    labeled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(prk, labeled + b"\x01", "sha256")[:length]


def wrapped(chain_key: bytes, public: bytes, info: bytes) -> bytes:
    """HPKE base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, first message (RFC 9180, 4.1, 5.1)."""
    enc = EPHEMERAL.public_key().public_bytes_raw()
    shared = EPHEMERAL.exchange(X25519PublicKey.from_public_bytes(public))
    eae = _extract(b"", _KEM, b"eae_prk", shared)
    secret_kem = _expand(eae, _KEM, b"shared_secret", enc + public, 32)
    context = b"\x00" + _extract(b"", _HPKE, b"psk_id_hash", b"") + _extract(b"", _HPKE, b"info_hash", info)
    secret = _extract(secret_kem, _HPKE, b"secret", b"")
    key, nonce = _expand(secret, _HPKE, b"key", context, 32), _expand(secret, _HPKE, b"base_nonce", context, 12)
    return enc + AESGCM(key).encrypt(nonce, chain_key, b"")


@dataclass(frozen=True)
class Record:
    """One record, each step of it."""

    link: bytes
    chain: bytes
    record_key: bytes
    aad: bytes
    fields: bytes
    ciphertext: bytes


@dataclass(frozen=True)
class Worked:
    """The segment, what it was made of, and its row."""

    header: SegmentHeader
    header_json: bytes
    hour_private: bytes
    hour_public: bytes
    records: tuple[Record, ...]
    data: bytes
    row: Envelope
    assignment: Assignment


def _header() -> tuple[SegmentHeader, bytes]:
    hour_key = ORDER.hour_key(NOW_US)
    certificate = FilmCertificate(ME.unit, ORDER.decision_digest, START_ID, spki(FILM_KEY), NOW_US)
    header = SegmentHeader(
        deployment=ORDER.decision.deployment,
        post=ORDER.assignment.post,
        unit=ME.unit,
        camera=ORDER.assignment.camera,
        run=RUN,
        segment=0,
        start_id=START_ID,
        decision=ORDER.decision_digest,
        assignment=ORDER.assignment_digest,
        hour_key=hour_key.key,
        due_us=hour_key.due_us,
        layer="main",
        envelope="none",
        masks_digest=ORDER.assignment.masks_digest,
        model_digest=None,
        firmware="flexzicht-edge 0.1.0",
        clock=CLOCK,
        checkpoint=read_message(MESSAGE).checkpoint,
        film_certificate=signed(FILM_CERTIFICATE, certificate, IDENTITY),
        wrapped=bytes(80),
        previous=FIRST,
        opened_at_us=NOW_US,
        opened_monotonic_us=77_000_000,
        marks=("demo",),
    )
    header = replace(header, wrapped=wrapped(CHAIN_KEY, hour_key.public, header.hpke_info))
    signature = deterministic(segment.header_signing_input(header), FILM_KEY)
    named = Signature("ed25519", fingerprint(spki(FILM_KEY)), signature)
    return replace(header, signature=named), HUB.ring[hour_key.key].private_bytes_raw()


def _record(index: int, key: bytes, header_json: bytes, previous: bytes) -> Record:
    digest = hashlib.sha256(header_json).digest()
    record_key = hmac.digest(key, b"record\x01", "sha256")
    aad = digest + index.to_bytes(4, "big")
    ciphertext = AESGCM(record_key).encrypt(bytes(12), PLAIN[index], aad)
    fields = RecordFields(
        index=index,
        kind="fragment" if index else "init",
        wall_us=NOW_US + max(0, index - 1) * 400_000,
        monotonic_us=77_000_000 + max(0, index - 1) * 400_000,
        duration_us=400_000 if index else 0,
        keyframe=index == 1,
        plain_sha256=hashlib.sha256(PLAIN[index]).hexdigest(),
        cipher_sha256=hashlib.sha256(ciphertext).hexdigest(),
    )
    link = dump(fields)
    beginning = previous if index else b"FZS-1" + bytes.fromhex(FIRST) + digest
    value = hashlib.sha256(beginning + link).digest()
    message = b"flexzicht/segment-record/v1\n" + value
    named = Signature("ed25519", fingerprint(spki(FILM_KEY)), deterministic(message, FILM_KEY))
    return Record(link, value, record_key, aad, dump(replace(fields, signature=named)), ciphertext)


def worked() -> Worked:
    """The example, made anew; the same bytes every time."""
    header, hour_private = _header()
    header_json = dump(header)
    data = b"FZS-1\r\n\x1a" + len(header_json).to_bytes(4, "big") + header_json
    records, key, value = [], CHAIN_KEY, b""
    for index in range(len(PLAIN)):
        record = _record(index, key, header_json, value)
        records.append(record)
        data += len(record.fields).to_bytes(4, "big") + record.fields
        data += len(record.ciphertext).to_bytes(4, "big") + record.ciphertext
        key, value = next_chain_key(key), record.chain
    public = X25519PrivateKey.from_private_bytes(hour_private).public_key().public_bytes_raw()
    row = signed(INDEX_ROW, _row(header, header_json, value, len(data)), FILM_KEY)
    return Worked(header, header_json, hour_private, public, tuple(records), data, row, ORDER.assignment)


def _row(header: SegmentHeader, header_json: bytes, value: bytes, length: int) -> IndexRow:
    return IndexRow(
        deployment=header.deployment,
        unit=header.unit,
        camera=header.camera,
        layer=header.layer,
        run=header.run,
        segment=header.segment,
        start_id=header.start_id,
        decision=header.decision,
        assignment=header.assignment,
        hour_key=header.hour_key,
        film_certificate=header.film_certificate,
        recovered=False,
        previous=header.previous,
        chain=value.hex(),
        header_sha256=hashlib.sha256(header_json).hexdigest(),
        records=len(PLAIN),
        length=length,
        from_us=NOW_US,
        to_us=NOW_US + 800_000,
    )
