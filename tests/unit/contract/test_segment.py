# SPDX-License-Identifier: EUPL-1.2
"""FZS-1: golden bytes; any cut is valid to its last whole record; any change is found and named."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contract import segment
from contract.envelope import enclose, sign, spki
from contract.keys import next_chain_key
from contract.record import ContractError, dump
from contract.segment import FILM_CERTIFICATE, FilmCertificate, RecordFields, SegmentHeader, header_signing_input
from tests.simulated_hub import ed25519, unit_name
from tests.unit.contract.records import FILM_KEY, NOW_US, header

GOLDEN = Path(__file__).parent / "golden" / "segment.fzs"
CHAIN_KEY = bytes(range(32))
PLAIN = [b"init segment", b"fragment one", b"fragment two"]
_, UNIT = unit_name()


def made(head: SegmentHeader | None = None, claimed: Sequence[bytes] = PLAIN) -> bytes:
    """A segment written by the contract's own functions, step by step as its text says; it signs for `claimed`."""
    stored = dump(head or header())
    digest = hashlib.sha256(stored).digest()
    data = segment.MAGIC + segment.framed(stored)
    chain, key = b"", CHAIN_KEY
    for index, plaintext in enumerate(PLAIN):
        ciphertext = segment.seal(plaintext, key, digest, index)
        fields = RecordFields(
            index=index,
            kind="fragment" if index else "init",
            wall_us=NOW_US + index * 400_000,
            monotonic_us=77_000_000 + index * 400_000,
            duration_us=400_000 if index else 0,
            keyframe=index == 1,
            plain_sha256=hashlib.sha256(claimed[index]).hexdigest(),
            cipher_sha256=hashlib.sha256(ciphertext).hexdigest(),
        )
        link = segment.unsigned(fields)
        chain = segment.next_link(chain, link) if index else segment.first_link(header().previous, digest, link)
        fields = replace(fields, signature=sign(segment.record_signing_input(chain), FILM_KEY))
        data += segment.framed(dump(fields)) + segment.framed(ciphertext)
        key = next_chain_key(key)
    return data


DATA = made()


def boundaries() -> list[int]:
    """The length after each whole record."""
    stream = io.BytesIO(DATA)
    head, digest = segment.read_header(stream)
    return [stream.tell() for _ in segment.read_records(stream, head, digest)]


ENDS = boundaries()


def test_golden_bytes() -> None:
    assert GOLDEN.read_bytes() == DATA


def test_a_whole_segment() -> None:
    found = segment.check(io.BytesIO(DATA))
    assert (found.records, found.length) == (3, len(DATA))
    assert (found.first_us, found.last_us) == (NOW_US, NOW_US + 1_200_000)
    assert list(segment.open_records(io.BytesIO(DATA), CHAIN_KEY)) == PLAIN


@given(st.integers(0, len(DATA)))
@example(ENDS[0])
@example(ENDS[1] - 1)
def test_a_cut_file_is_valid_to_its_last_whole_record(length: int) -> None:
    whole = [end for end in ENDS if end <= length]
    if not whole:
        with pytest.raises(ContractError):
            segment.check(io.BytesIO(DATA[:length]))
        return
    found = segment.check(io.BytesIO(DATA[:length]))
    assert (found.records, found.length) == (len(whole), whole[-1])


@settings(max_examples=400)
@given(st.integers(0, 8 * len(DATA) - 1))
def test_any_flipped_bit_is_found(bit: int) -> None:
    """A flipped length at most cuts the file; what is then still valid is a beginning of the true segment."""
    flipped = bytearray(DATA)
    flipped[bit // 8] ^= 1 << bit % 8
    try:
        found = segment.check(io.BytesIO(bytes(flipped)))
    except ContractError:
        return
    assert found.length <= bit // 8
    assert found.length in ENDS[:-1]


@settings(max_examples=200)
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_a_segment_or_a_contract_error(data: bytes, magic: bool) -> None:
    for reader in (segment.check, lambda stream: list(segment.open_records(stream, CHAIN_KEY))):
        with pytest.raises(ContractError):
            reader(io.BytesIO((segment.MAGIC if magic else b"") + data))


def records() -> list[bytes]:
    starts = [len(DATA) - len(DATA[end:]) for end in ENDS]
    first = io.BytesIO(DATA)
    segment.read_header(first)
    edges = [first.tell(), *starts]
    return [DATA[a:b] for a, b in zip(edges, edges[1:], strict=False)]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda r: [r[0], r[2]], "record 1 is missing or out of place"),
        (lambda r: [r[0], r[2], r[1]], "record 1 is missing or out of place"),
        (lambda r: [r[1], r[2]], "record 0 is missing or out of place"),
        (lambda r: [r[0], r[0], r[1]], "record 1 is missing or out of place"),
        (lambda r: [r[0], r[1][:-1] + b"x", r[2]], "record 1 was altered"),
    ],
)
def test_what_was_done_is_named(change: Callable[[list[bytes]], list[bytes]], why: str) -> None:
    beginning = DATA[: len(DATA) - sum(map(len, records()))]
    with pytest.raises(ContractError, match=why):
        segment.check(io.BytesIO(beginning + b"".join(change(records()))))


def test_a_record_of_another_segment_does_not_fit() -> None:
    """Same ids, same keys, another header: the chain's first link holds the header's hash."""
    other = replace(header(), signature=None, segment=5)
    other = replace(other, signature=sign(header_signing_input(other), FILM_KEY))
    mixed = made(other)
    beginning = mixed[: len(mixed) - sum(map(len, records()))]
    with pytest.raises(ContractError, match="record 0: the signature is wrong"):
        segment.check(io.BytesIO(beginning + b"".join(records())))


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_ciphertext_opens_at_its_own_place_only(index: int) -> None:
    digest = bytes(32)
    ciphertext = segment.seal(b"plain", CHAIN_KEY, digest, index)
    assert segment.unseal(ciphertext, CHAIN_KEY, digest, index) == b"plain"
    for arguments in ((CHAIN_KEY, digest, index + 1), (CHAIN_KEY, b"\1" * 32, index), (bytes(32), digest, index)):
        with pytest.raises(ContractError, match="does not open"):
            segment.unseal(ciphertext, *arguments)


def test_a_plaintext_that_is_not_the_signed_one_is_named() -> None:
    """All signatures hold, and the key opens it: only the signed hash says that another picture was meant."""
    data = made(claimed=[*PLAIN[:2], b"another picture"])
    segment.check(io.BytesIO(data))
    with pytest.raises(ContractError, match="record 2 is not what was signed"):
        list(segment.open_records(io.BytesIO(data), CHAIN_KEY))


def test_a_length_past_the_limit_is_no_cut() -> None:
    with pytest.raises(ContractError, match="more than"):
        segment.check(io.BytesIO(segment.MAGIC + (segment.HEADER_LIMIT + 1).to_bytes(4, "big")))
    with pytest.raises(ContractError, match="more than"):
        segment.check(io.BytesIO(DATA + (segment.FIELDS_LIMIT + 1).to_bytes(4, "big")))


def test_the_wrapped_key_is_bound_to_every_id() -> None:
    head = header()
    changes = [
        {"deployment": "018f0000-0000-7000-8000-000000000009"},
        {"post": "post-9"},
        {"unit": "unit-9"},
        {"camera": "cam-9"},
        {"run": "9" * 32},
        {"segment": 9},
        {"start_id": "9" * 32},
        {"decision": "9" * 64},
        {"assignment": "9" * 64},
        {"layer": "sub"},
        {"hour_key": "9" * 32},
    ]
    infos = {replace(head, **change).hpke_info for change in changes}  # type: ignore[arg-type]
    assert len(infos | {head.hpke_info}) == len(changes) + 1


def certified(**changes: str) -> SegmentHeader:
    body = replace(
        FilmCertificate(header().unit, header().decision, header().start_id, spki(FILM_KEY), NOW_US),
        **changes,  # type: ignore[arg-type]
    )
    return replace(header(), film_certificate=enclose(FILM_CERTIFICATE, body, UNIT))


def test_the_identity_vouches_for_the_film_key() -> None:
    assert segment.film_certificate(certified(), spki(UNIT)).key == spki(FILM_KEY)
    with pytest.raises(ContractError, match="missing or wrong"):
        segment.film_certificate(certified(), spki(ed25519("nobody")))


@pytest.mark.parametrize("change", [{"unit": "unit-9"}, {"decision": "9" * 64}, {"start_id": "9" * 32}])
def test_a_film_certificate_of_another_time_or_place(change: dict[str, str]) -> None:
    with pytest.raises(ContractError, match="another unit, decision or start"):
        segment.film_certificate(certified(**change), spki(UNIT))
