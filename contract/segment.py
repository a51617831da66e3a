# SPDX-License-Identifier: EUPL-1.2
"""FZS-1: the sealed segment, as it lies on the unit's disk, in the hub's store and in a case file.

    magic (8 bytes) | u32 length, header | record 0 | record 1 | ...
    record = u32 length, fields | u32 length, ciphertext

Integers are big-endian. Header and fields are RFC 8785 JSON. Record 0 is the run's init segment (ISO/IEC
14496-12), every other record one fragment (moof and mdat). The file only grows: cut anywhere, it is valid to its last
whole record.

*Chain*: chain_0 = SHA-256("FZS-1" | previous chain value | SHA-256(header) | fields of record 0),
chain_n = SHA-256(chain_{n-1} | fields), fields being their JSON without the signature. It covers the hash of each
ciphertext, so one value names the whole segment, and each segment names the one before it.
*Seal*: AES-256-GCM under a key of its own per record (`contract.keys`), nonce of 12 zero bytes, AAD =
SHA-256(header) | u32 index. The first chain key is wrapped to the hour key, bound to the header's ids.
Checking needs no key; opening needs the hour key's private half, which no unit ever held.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, BinaryIO, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contract.envelope import Envelope, Signature, fingerprint, opened, public_key, signing_input, verify
from contract.keys import WRAPPED_BYTES, next_chain_key, record_key
from contract.record import (
    ContractError,
    Count,
    Digest,
    Key,
    Micros,
    Name,
    Nonce,
    Range,
    Size,
    Text,
    Uuid,
    build,
    decode,
    dump,
    encode,
    load,
    plain,
)

MAGIC = b"FZS-1\r\n\x1a"
HEADER_LIMIT = 16 * 1024
RECORD_LIMIT = 8 * 1024 * 1024
FIELDS_LIMIT = 4096
FIRST = "0" * 64  # the previous chain value of a camera's very first segment
FILM_CERTIFICATE = "film-certificate"
_LENGTH = struct.Struct(">I")
_NONCE = bytes(12)
_TAG_BYTES = 16


@dataclass(frozen=True)
class FilmCertificate:
    """The unit's identity key vouches for a film key: one per process start and decision, held in RAM only."""

    unit: Name
    decision: Digest
    start_id: Nonce
    key: Key
    made_at_us: Micros


@dataclass(frozen=True)
class ClockState:
    """What the unit knew of its clock: the error bound is the kernel's own (adjtimex), in microseconds."""

    source: Name
    synchronised: bool
    error_us: Count


@dataclass(frozen=True)
class SegmentHeader:
    """Under which order, by which unit and key, in which hour a segment was filmed.

    `due_us` is when that hour's key dies, as its birth in the log has it: who holds the file forgets it then. `layer`
    and `envelope` are reserved: a main and a sub stream under hour keys of their own, and frames sealed to viewers.
    `marks` say what a reader must know: a demo, an unsynchronised clock, a pinned position, a cut.
    """

    deployment: Uuid
    post: Name
    unit: Name
    camera: Name
    run: Nonce
    segment: Count
    start_id: Nonce
    decision: Digest
    assignment: Digest
    hour_key: Nonce
    due_us: Micros
    layer: Literal["main", "sub"]
    envelope: Literal["none", "viewers"]
    masks_digest: Digest
    model_digest: Digest | None
    firmware: Text
    clock: ClockState
    checkpoint: Annotated[str, Size(1, 4096)]
    film_certificate: Envelope
    wrapped: Annotated[bytes, Size(WRAPPED_BYTES, WRAPPED_BYTES)]
    previous: Digest
    opened_at_us: Micros
    opened_monotonic_us: Micros
    marks: Annotated[tuple[Name, ...], Size(0, 16)]
    signature: Signature | None = None

    @property
    def hpke_info(self) -> bytes:
        """What the wrapped chain key is bound to: the format, the hour key, and the hash of all ids."""
        ids = (
            *(self.deployment, self.post, self.unit, self.camera, self.run, str(self.segment)),
            *(self.start_id, self.decision, self.assignment, self.layer),
        )
        return b"FZS-1" + bytes.fromhex(self.hour_key) + hashlib.sha256("/".join(ids).encode()).digest()


@dataclass(frozen=True)
class RecordFields:
    """One record: capture time is arrival at the demuxer, wall clock and monotonic, in microseconds."""

    index: Annotated[int, Range(0, 2**31)]
    kind: Literal["init", "fragment"]
    wall_us: Micros
    monotonic_us: Micros
    duration_us: Micros
    keyframe: bool
    plain_sha256: Digest
    cipher_sha256: Digest
    signature: Signature | None = None


@dataclass(frozen=True)
class SealedRecord:
    """A record as it stands in a file, with the chain value up to it."""

    fields: RecordFields
    ciphertext: bytes
    chain: bytes


@dataclass(frozen=True)
class SealedSegment:
    """What a check without any key found. `length` counts the bytes up to the last whole record.

    By its first and last record it lasts from `first_us` to `last_us`, by all from `earliest_us` to `latest_us`.
    """

    header: SegmentHeader
    header_sha256: bytes
    records: int
    chain: bytes
    length: int
    first_us: int
    last_us: int
    earliest_us: int
    latest_us: int


def header_signing_input(header: SegmentHeader) -> bytes:
    """What the film key signs: the header's JSON without its signature."""
    return signing_input("segment-header", dump(replace(header, signature=None)))


def record_signing_input(chain: bytes) -> bytes:
    """What the film key signs for each record: its chain value."""
    return signing_input("segment-record", chain)


def framed(data: bytes) -> bytes:
    """u32 length and the bytes."""
    return _LENGTH.pack(len(data)) + data


def first_link(previous: str, header_sha256: bytes, unsigned_fields: bytes) -> bytes:
    """chain_0 of a segment."""
    return hashlib.sha256(b"FZS-1" + bytes.fromhex(previous) + header_sha256 + unsigned_fields).digest()


def next_link(chain: bytes, unsigned_fields: bytes) -> bytes:
    """chain_n from chain_{n-1}."""
    return hashlib.sha256(chain + unsigned_fields).digest()


def associated_data(header_sha256: bytes, index: int) -> bytes:
    """AAD of a record: it opens under its own header and at its own place only."""
    return header_sha256 + _LENGTH.pack(index)


def seal(plaintext: bytes, chain_key: bytes, header_sha256: bytes, index: int) -> bytes:
    """Ciphertext and tag. One key seals one record, so the nonce is constant; never call it twice for one key."""
    return AESGCM(record_key(chain_key)).encrypt(_NONCE, plaintext, associated_data(header_sha256, index))


def unseal(ciphertext: bytes, chain_key: bytes, header_sha256: bytes, index: int) -> bytes:
    """The fragment again.

    Raises:
        ContractError: another key, another place, or altered bytes.
    """
    try:
        return AESGCM(record_key(chain_key)).decrypt(_NONCE, ciphertext, associated_data(header_sha256, index))
    except (InvalidTag, ValueError) as error:
        raise ContractError(f"record {index} does not open") from error


def unsigned(fields: RecordFields) -> bytes:
    """A record's fields without their signature, as chained."""
    return encode({name: value for name, value in plain(fields).items() if name != "signature"})


def film_certificate(header: SegmentHeader, identity: bytes) -> FilmCertificate:
    """The header's film certificate, signed by this unit identity (SPKI) and naming the header's own unit and order.

    Raises:
        ContractError: it does not hold, or speaks of another unit, decision or process start.
    """
    certificate = opened(header.film_certificate, FILM_CERTIFICATE, FilmCertificate, identity)
    claimed = (certificate.unit, certificate.decision, certificate.start_id)
    if claimed != (header.unit, header.decision, header.start_id):
        raise ContractError("the film certificate speaks of another unit, decision or start")
    return certificate


def read_header(stream: BinaryIO) -> tuple[SegmentHeader, bytes]:
    """The header and the SHA-256 of its stored bytes; the film key in its certificate must have signed it.

    Whether the unit's identity vouches for that film key is `film_certificate`'s to say.

    Raises:
        ContractError: not FZS-1, too long, or the signature is wrong.
    """
    if stream.read(len(MAGIC)) != MAGIC:
        raise ContractError("not an FZS-1 segment")
    data = _read_framed(stream, HEADER_LIMIT)
    if data is None:
        raise ContractError("the header is cut off")
    header = load(SegmentHeader, data, HEADER_LIMIT)
    film_key = load(FilmCertificate, header.film_certificate.body).key
    if not _signed(header_signing_input(header), header.signature, film_key):
        raise ContractError("the header's signature is wrong")
    return header, hashlib.sha256(data).digest()


def read_records(stream: BinaryIO, header: SegmentHeader, header_sha256: bytes) -> Iterator[SealedRecord]:
    """Each whole record in turn, its ciphertext hash, chain and signature checked. A cut tail ends the iteration.

    Raises:
        ContractError: names the record that was altered, dropped or moved.
    """
    film_key = load(FilmCertificate, header.film_certificate.body).key
    chain = b""
    expected = 0
    while (data := _read_framed(stream, FIELDS_LIMIT)) is not None:
        ciphertext = _read_framed(stream, RECORD_LIMIT)
        if ciphertext is None:
            return
        fields = build(RecordFields, decode(data, FIELDS_LIMIT))
        if fields.index != expected or (fields.kind == "init") != (expected == 0):
            raise ContractError(f"record {expected} is missing or out of place")
        if len(ciphertext) < _TAG_BYTES or hashlib.sha256(ciphertext).hexdigest() != fields.cipher_sha256:
            raise ContractError(f"record {expected} was altered")
        link = unsigned(fields)
        chain = next_link(chain, link) if expected else first_link(header.previous, header_sha256, link)
        if not _signed(record_signing_input(chain), fields.signature, film_key):
            raise ContractError(f"record {expected}: the signature is wrong")
        yield SealedRecord(fields, ciphertext, chain)
        expected += 1


def check(stream: BinaryIO) -> SealedSegment:
    """Check a whole segment without any key. A file that is cut off is valid to its last whole record.

    Raises:
        ContractError: anything in it was altered, or no record is whole.
    """
    header, header_sha256 = read_header(stream)
    length = stream.tell()
    last: SealedRecord | None = None
    first_us = earliest_us = latest_us = 0
    for last in read_records(stream, header, header_sha256):
        length = stream.tell()
        begins_us, ends_us = last.fields.wall_us, last.fields.wall_us + last.fields.duration_us
        first_us = first_us or begins_us
        earliest_us, latest_us = min(earliest_us or begins_us, begins_us), max(latest_us, ends_us)
    if last is None:
        raise ContractError("no whole record")
    return SealedSegment(
        *(header, header_sha256, last.fields.index + 1, last.chain, length),
        *(first_us, ends_us, earliest_us, latest_us),
    )


def open_records(stream: BinaryIO, chain_key: bytes) -> Iterator[bytes]:
    """The plaintext of each record in turn (the first is the init), checked against its signed hash.

    Args:
        stream: at the start of a segment.
        chain_key: ck_0, unwrapped with the hour key and `SegmentHeader.hpke_info`.

    Raises:
        ContractError: a record was altered or the key is another's.
    """
    header, header_sha256 = read_header(stream)
    for record in read_records(stream, header, header_sha256):
        plaintext = unseal(record.ciphertext, chain_key, header_sha256, record.fields.index)
        if hashlib.sha256(plaintext).hexdigest() != record.fields.plain_sha256:
            raise ContractError(f"record {record.fields.index} is not what was signed")
        yield plaintext
        chain_key = next_chain_key(chain_key)


def _signed(message: bytes, signature: Signature | None, film_key: bytes) -> bool:
    """Whether the film key signed it, under its own name: no bit of a signature is left uncovered."""
    if signature is None or signature.key != fingerprint(film_key):
        return False
    return verify(message, signature, public_key(film_key))


def _read_framed(stream: BinaryIO, limit: int) -> bytes | None:
    """The next length-prefixed bytes, or None at a cut; a length past the limit is no cut but a lie."""
    prefix = stream.read(_LENGTH.size)
    if len(prefix) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(prefix)
    if length > limit:
        raise ContractError(f"a length of {length} bytes, more than {limit}")
    data = stream.read(length)
    return data if len(data) == length else None
