# SPDX-License-Identifier: EUPL-1.2
"""What goes wrong in the field or is done on purpose, each by its name: segments, rows, keys, payloads, ids.

And a file that was cut is valid to its last whole record, wherever the cut is.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from contract import chain, segment
from contract.envelope import Envelope, enclose, read, spki
from contract.filmed import check_hour_key, check_ordered, check_segment, signed_row, verified_row
from contract.index import CLOSING, GAP, INDEX_ROW, IndexRow
from contract.keys import next_chain_key, unwrap
from contract.mandate import HOUR_US, Assignment, Decision, read_message
from contract.messages import Ack, State
from contract.record import RECORD_LIMIT, ContractError, dump, encode, load, plain
from contract.segment import FILM_CERTIFICATE, MAGIC, FilmCertificate, RecordFields
from contract.topics import parse
from tests.simulated_hub import SimulatedHub, ed25519
from tests.unit.contract.mutation import resealed, written
from tests.unit.contract.parsing import ORDER
from tests.unit.contract.records import FILM_KEY, ME, NOW_US, SAMPLES, START_ID
from tests.unit.contract.worked import CHAIN_KEY, IDENTITY, PLAIN, signed, worked

MADE = worked()
WHO = spki(IDENTITY)
ROW = signed_row(MADE.row, WHO)
STRANGER = ed25519("a film key that nobody vouches for")


def parts(data: bytes = MADE.data) -> list[bytes]:
    """Header, then fields and ciphertext by turns."""
    found, at = [], len(MAGIC)
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        found.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    return found


def joined(pieces: list[bytes]) -> bytes:
    return MAGIC + b"".join(segment.framed(piece) for piece in pieces)


def whole(data: bytes, row: IndexRow = ROW, assignment: Assignment = MADE.assignment) -> object:
    return check_segment(io.BytesIO(data), len(data), row, WHO, assignment)


# --- A file that was cut --------------------------------------------------------------------------------------


def long_segment(chance: random.Random) -> tuple[bytes, list[int], list[bytes]]:
    """A segment of forty records of any size, where each record ends, and their plaintexts."""
    data = MAGIC + segment.framed(MADE.header_json)
    digest = hashlib.sha256(MADE.header_json).digest()
    ends, plain, key, link = [], [], CHAIN_KEY, b""
    for index in range(40):
        plain.append(chance.randbytes(chance.choice((0, 1, 200, 5000))))
        ciphertext = segment.seal(plain[-1], key, digest, index)
        fields = RecordFields(
            index=index,
            kind="fragment" if index else "init",
            wall_us=NOW_US + index * 400_000,
            monotonic_us=index * 400_000,
            duration_us=400_000 if index else 0,
            keyframe=index == 1,
            plain_sha256=hashlib.sha256(plain[-1]).hexdigest(),
            cipher_sha256=hashlib.sha256(ciphertext).hexdigest(),
        )
        bare = segment.unsigned(fields)
        link = segment.next_link(link, bare) if index else segment.first_link(segment.FIRST, digest, bare)
        named = Envelope("segment-record", link, ()).signed_by(FILM_KEY).signatures[0]
        data += segment.framed(dump(replace(fields, signature=named))) + segment.framed(ciphertext)
        ends.append(len(data))
        key = next_chain_key(key)
    return data, ends, plain


def test_a_file_cut_at_two_hundred_places_is_valid_to_its_last_whole_record() -> None:
    chance = random.Random(11)
    data, ends, plain = long_segment(chance)
    cuts = [chance.randrange(len(data) + 1) for _ in range(200)]
    cuts += [end + by for end in ends for by in (-1, 0, 1) if end + by <= len(data)]
    for cut in cuts:
        stands = [end for end in ends if end <= cut]
        if not stands:
            with pytest.raises(ContractError, match="cut off|no whole record|not an FZS-1"):
                segment.check(io.BytesIO(data[:cut]))
            continue
        found = segment.check(io.BytesIO(data[:cut]))
        assert (found.length, found.records) == (stands[-1], len(stands)), cut
        mended = segment.check(io.BytesIO(data[: found.length]))
        assert (mended.chain, mended.last_us) == (found.chain, found.last_us)
        assert list(segment.open_records(io.BytesIO(data[:cut]), CHAIN_KEY)) == plain[: len(stands)]


def test_of_a_record_whose_ciphertext_is_cut_the_fields_are_not_looked_at() -> None:
    pieces = parts()
    cut = joined([*pieces[:3], b"no fields at all"])
    for tail in (b"", b"\x00\x00\x00", (20).to_bytes(4, "big") + bytes(19)):
        assert segment.check(io.BytesIO(cut + tail)).records == 1
    with pytest.raises(ContractError, match="not JSON"):
        segment.check(io.BytesIO(cut + segment.framed(bytes(20))))


def test_a_damaged_length_reads_as_a_cut_and_the_row_shows_it() -> None:
    """Under its limit no length can be told from a true one: without its row a file proves a beginning only."""
    at = len(joined(parts()[:3]))
    longer = int.from_bytes(MADE.data[at : at + 4], "big") + 1000
    damaged = MADE.data[:at] + longer.to_bytes(4, "big") + MADE.data[at + 4 :]
    assert segment.check(io.BytesIO(damaged)).records == 1
    with pytest.raises(ContractError, match="not what its row says"):
        whole(damaged)


def test_a_ciphertext_shorter_than_its_tag() -> None:
    ciphertext = bytes(15)
    digest = hashlib.sha256(MADE.header_json).digest()
    fields = RecordFields(0, "init", NOW_US, 0, 0, False, "e" * 64, hashlib.sha256(ciphertext).hexdigest())
    link = segment.first_link(segment.FIRST, digest, segment.unsigned(fields))
    named = Envelope("segment-record", link, ()).signed_by(FILM_KEY).signatures[0]
    with pytest.raises(ContractError, match="record 0 was altered"):
        segment.check(io.BytesIO(joined([MADE.header_json, dump(replace(fields, signature=named)), ciphertext])))


def test_a_segment_with_its_init_and_no_picture_is_whole() -> None:
    found = segment.check(io.BytesIO(joined(parts()[:3])))
    assert (found.records, found.first_us, found.last_us) == (1, NOW_US, NOW_US)


# --- A segment ------------------------------------------------------------------------------------------------


def with_header(**changes: Any) -> bytes:
    """The segment under a changed header, all signed again."""
    header = {**json.loads(parts()[0]), **changes}
    return joined(resealed([written(header), *parts()[1:]]))


def signed_by_a_stranger() -> bytes:
    header = segment.read_header(io.BytesIO(MADE.data))[0]
    bare = replace(header, signature=None)
    forged = Envelope("segment-header", dump(bare), ()).signed_by(STRANGER).signatures[0]
    return joined([dump(replace(header, signature=forged)), *parts()[1:]])


def with_a_certificate_of_ones_own() -> bytes:
    """Everything is consistent but for who vouches."""
    body = FilmCertificate(ME.unit, ROW.decision, START_ID, spki(FILM_KEY), NOW_US)
    own = enclose(FILM_CERTIFICATE, body, ed25519("a unit that was never enrolled"))
    return with_header(film_certificate=plain(own))


def flipped(at: int) -> bytes:
    data = bytearray(MADE.data)
    data[at] ^= 1
    return bytes(data)


SEGMENTS: dict[str, tuple[Callable[[], bytes], str]] = {
    "not a segment": (lambda: b"RIFF" + MADE.data, "not an FZS-1 segment"),
    "empty": (lambda: b"", "not an FZS-1 segment"),
    "a header of a megabyte": (lambda: MAGIC + segment.framed(bytes(1 << 20)), "1048576 bytes, more than 16384"),
    "fields of a megabyte": (lambda: joined([parts()[0], bytes(1 << 20)]), "1048576 bytes, more than 4096"),
    "a ciphertext of 8 MiB and one": (
        lambda: joined(parts()[:2]) + (segment.RECORD_LIMIT + 1).to_bytes(4, "big"),
        "8388609 bytes, more than 8388608",
    ),
    "a header that is no JSON": (lambda: joined([b"{", *parts()[1:]]), "not JSON"),
    "a header with white space": (lambda: joined([parts()[0] + b" ", *parts()[1:]]), "not canonical JSON"),
    "a missing record": (lambda: joined([*parts()[:3], *parts()[5:]]), "record 1 is missing or out of place"),
    "the first record missing": (lambda: joined([parts()[0], *parts()[3:]]), "record 0 is missing or out of place"),
    "a record twice": (lambda: joined([*parts()[:5], *parts()[3:]]), "record 2 is missing or out of place"),
    "a byte of the header": (lambda: flipped(MADE.data.index(b'"unit-1"') + 6), "signature is wrong|differ|not canon"),
    "a byte of a ciphertext": (lambda: flipped(len(MADE.data) - 1), "record 2 was altered"),
    "a byte of a record's fields": (lambda: flipped(MADE.data.rindex(b'"wall_us":') + 20), "record 2: the signature"),
    "signed by a stranger": (signed_by_a_stranger, "the header's signature is wrong"),
    "vouched for by a stranger": (with_a_certificate_of_ones_own, "the signature of .* is missing or wrong"),
    "another unit's": (lambda: with_header(unit="unit-9"), "another unit, decision or start"),
    "an id with a slash": (lambda: with_header(camera="cam/1"), r"SegmentHeader.camera: not of the form"),
    "an id with dots": (lambda: with_header(post=".."), r"SegmentHeader.post: not of the form"),
    "another hour's key": (lambda: with_header(hour_key="9" * 32), "header and row differ in hour_key"),
    "another camera's": (lambda: with_header(camera="cam-9"), "header and row differ in camera"),
    "another post's": (lambda: with_header(post="post-9"), "header and assignment differ in post"),
    "masks that nobody approved": (lambda: with_header(masks_digest="9" * 64), "differ in masks_digest"),
    "opened an hour earlier": (lambda: with_header(opened_at_us=NOW_US - HOUR_US), "differ in opened_at_us"),
    "cut": (lambda: MADE.data[:-1], "the segment is not what its row says"),
    "longer than its row": (lambda: MADE.data + b"\x00", "the segment is not what its row says"),
    "another of the same unit": (lambda: with_header(firmware="another"), "the segment is not what its row says"),
}


@pytest.mark.parametrize(
    ("changes", "whole_again"),
    [
        ({"duration_us": 2**52}, False),
        ({"wall_us": NOW_US - 1_000_001}, False),
        ({"duration_us": 400_000 + 1_400_001}, False),
        ({"wall_us": NOW_US - 1_000_000}, True),
        ({"duration_us": 400_000 + 1_400_000}, True),
    ],
)
def test_a_record_that_lies_outside_its_segment(changes: dict[str, int], whole_again: bool) -> None:
    """Truly signed by its unit, between a first and a last record that agree with the row."""
    pieces = parts()
    pieces[3] = written({**json.loads(pieces[3]), **changes})
    data = joined(resealed(pieces))
    row = replace(ROW, chain=segment.check(io.BytesIO(data)).chain.hex(), length=len(data))
    if whole_again:
        whole(data, row)
        return
    with pytest.raises(ContractError, match="a record's time lies outside its segment"):
        whole(data, row)


@pytest.mark.parametrize("name", SEGMENTS)
def test_a_segment_that_is_not_what_its_row_says(name: str) -> None:
    make, why = SEGMENTS[name]
    with pytest.raises(ContractError, match=why):
        whole(make())


def test_plaintext_that_was_changed_by_who_has_the_key() -> None:
    """Whoever opens a record could seal another picture in its place; its signed hash says so."""
    pieces = parts()
    digest = hashlib.sha256(pieces[0]).digest()
    pieces[2] = segment.seal(PLAIN[0] + b"!", CHAIN_KEY, digest, 0)
    with pytest.raises(ContractError, match="record 0 was altered"):
        list(segment.open_records(io.BytesIO(joined(pieces)), CHAIN_KEY))
    with pytest.raises(ContractError, match="record 0 is not what was signed"):
        list(segment.open_records(io.BytesIO(joined(resealed(pieces))), CHAIN_KEY))


def test_the_key_of_another_hour_or_header_opens_nothing() -> None:
    header = MADE.header
    with pytest.raises(ContractError, match="does not open with this hour key"):
        unwrap(header.wrapped, CHAIN_KEY, header.hpke_info)
    with pytest.raises(ContractError, match="does not open with this hour key"):
        unwrap(header.wrapped, MADE.hour_private, replace(header, segment=1).hpke_info)


# --- Rows -----------------------------------------------------------------------------------------------------


def row(key: Any = FILM_KEY, **changes: Any) -> Envelope:
    return signed(INDEX_ROW, replace(ROW, **changes), key) if key is FILM_KEY else enclose(INDEX_ROW, ROW, key)


ROWS: dict[str, tuple[Callable[[], Envelope], str]] = {
    "signed by a stranger": (lambda: row(STRANGER), "index-row: the signature of .* is missing or wrong"),
    "of another unit": (lambda: row(unit="unit-9"), "another unit or decision"),
    "of another decision": (lambda: row(decision="9" * 64), "another unit or decision"),
    "of another start": (lambda: row(start_id="9" * 32), "another start"),
    "ends an hour before it begins": (lambda: row(to_us=NOW_US - HOUR_US), "ends before it begins"),
    "a state in its place": (lambda: signed("state", SAMPLES["state"], FILM_KEY), "a state where a row"),
    "a gap that says it is a closing": (lambda: replace(gap(), type=CLOSING), "Closing: unknown field 'reason'"),
    "altered": (lambda: replace(row(), body=row(length=1).body), "the signature of .* is missing or wrong"),
    "altered gap": (lambda: replace(gap(), body=gap(to_us=NOW_US + 9).body), "the signature of .* is missing"),
    "altered closing": (lambda: replace(closing(), body=closing(to_us=NOW_US).body), "the signature of .* is missing"),
}


def gap(**changes: Any) -> Envelope:
    return signed(GAP, _stated("gap", **changes), FILM_KEY)


def closing(**changes: Any) -> Envelope:
    return signed(CLOSING, _stated("closing", **changes), FILM_KEY)


def _stated(name: str, **changes: Any) -> Any:
    facts = {"previous": segment.FIRST, "film_certificate": ROW.film_certificate, "decision": ROW.decision}
    return replace(SAMPLES[name], **{**facts, **changes})  # type: ignore[type-var]


@pytest.mark.parametrize("name", ROWS)
def test_a_row_that_does_not_hold(name: str) -> None:
    make, why = ROWS[name]
    with pytest.raises(ContractError, match=why):
        verified_row(make(), WHO)


def test_a_row_twice_is_out_of_place() -> None:
    with pytest.raises(ContractError, match="row 1: does not follow"):
        chain.verified([MADE.row, MADE.row], WHO, segment.FIRST)


def ordered(**changes: Any) -> IndexRow:
    """The row as it would stand under the order of the simulated hub."""
    return replace(ROW, **{"from_us": NOW_US, "to_us": NOW_US + 1, **changes})


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"from_us": NOW_US - HOUR_US}, "outside every window"),
        ({"from_us": NOW_US + HOUR_US, "to_us": NOW_US + HOUR_US + 1}, "outside every window"),
        ({"to_us": NOW_US + 2 * HOUR_US}, "outside every window"),
        ({"camera": "cam-9"}, "another camera's"),
        ({"unit": "unit-9"}, "another unit's"),
        ({"deployment": "018f0000-0000-7000-8000-000000000009"}, "different deployments"),
    ],
)
def test_filmed_without_an_order(changes: dict[str, Any], why: str) -> None:
    check_ordered(ordered(), WHO, ORDER.course, ORDER.assignment)
    with pytest.raises(ContractError, match=why):
        check_ordered(ordered(**changes), WHO, ORDER.course, ORDER.assignment)


@pytest.mark.parametrize("by_us", [HOUR_US, -HOUR_US])
def test_a_key_of_the_hour_before_or_after(by_us: int) -> None:
    key = ORDER.keyset.for_hour(NOW_US)
    assert key is not None
    check_hour_key(ordered(hour_key=key.key), [ORDER.keyset])
    with pytest.raises(ContractError, match="never issued for this deployment and hour"):
        check_hour_key(ordered(hour_key=key.key, from_us=NOW_US + by_us), [ORDER.keyset])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"due_us": MADE.header.due_us + 1}, "another end of its hour key"),
        ({"layer": "sub"}, "never issued"),
        ({"opened_at_us": NOW_US + HOUR_US}, "never issued"),
        ({"deployment": "018f0000-0000-7000-8000-000000000009"}, "never issued"),
    ],
)
def test_a_header_is_held_to_the_key_that_was_issued(changes: dict[str, Any], why: str) -> None:
    check_hour_key(MADE.header, [ORDER.keyset])
    with pytest.raises(ContractError, match=why):
        check_hour_key(replace(MADE.header, **changes), [ORDER.keyset])


def test_a_row_of_another_layer_than_its_key() -> None:
    check_hour_key(ROW, [ORDER.keyset])
    with pytest.raises(ContractError, match="never issued"):
        check_hour_key(replace(ROW, layer="sub"), [ORDER.keyset])


# --- Payloads and ids -----------------------------------------------------------------------------------------


DEEP = b'{"a":' * 500 + b"1" + b"}" * 500
READERS: dict[str, Callable[[bytes], object]] = {
    "envelope": read,
    "mandate": read_message,
    "state": lambda data: load(State, data),
    "ack": lambda data: load(Ack, data),
    "decision": lambda data: load(Decision, data),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not JSON"),
        (b"\x00", "not JSON"),
        (b"null", "not an object"),
        (b"[]", "not an object"),
        (b'{"\\u0000":1}', "unknown field"),
        (DEEP, "not JSON|nested too deeply"),
        (b'{"x":' + b"9" * 5000 + b"}", "not JSON|out of range"),
        (b'{"x":NaN}', "float has no place"),
        (b'{"x":"\\ud800"}', "lone surrogate"),
        (b" " * (2 * RECORD_LIMIT + 1), "more than"),
    ],
    ids=["empty", "nul", "null", "array", "nul-name", "deep", "huge-integer", "nan", "surrogate", "oversized"],
)
def test_a_broken_oversized_or_deep_payload(reader: str, data: bytes, why: str) -> None:
    with pytest.raises(ContractError, match=why):
        READERS[reader](data)


@pytest.mark.parametrize("unit", ["a.b", "..", "a/b", "", "+", "#", "UNIT", "u" * 33, "unit-1\n", "é"])
def test_an_id_that_could_lead_elsewhere(unit: str) -> None:
    with pytest.raises(ContractError, match="topic"):
        parse(f"fz/1/{unit}/state")
    sample: Any = SAMPLES["ack"]
    with pytest.raises(ContractError, match="Ack.unit: not of the form"):
        load(Ack, encode({"at_us": 1, "chain": sample.chain, "log_index": 1, "unit": unit}))


def test_a_mandate_message_past_its_limit() -> None:
    hub = SimulatedHub(NOW_US, ME)
    hub.order()
    with pytest.raises(ContractError, match="more than 65536"):
        read_message(hub.message() + b" " * RECORD_LIMIT)
