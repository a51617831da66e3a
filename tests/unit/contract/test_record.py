# SPDX-License-Identifier: EUPL-1.2
"""Records: one byte form, golden for each format, and nothing but ContractError for any bytes at all."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract import record
from contract.record import ContractError, Name, Range, Size, build, decode, dump, encode, load
from tests.unit.contract.records import SAMPLES

GOLDEN = Path(__file__).parent / "golden"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@dataclass(frozen=True)
class Sample:
    name: Name
    kind: Literal["a", "b"]
    count: Annotated[int, Range(0, 10)]
    flag: bool
    data: Annotated[bytes, Size(0, 4)]
    many: Annotated[tuple[int, ...], Size(0, 3)]
    inner: Sample | None


SAMPLE = {"count": 1, "data": "AAE=", "flag": True, "kind": "a", "many": [1, 2], "name": "cam-1"}


@pytest.mark.parametrize("name", SAMPLES)
def test_golden_bytes(name: str) -> None:
    """A format that changes breaks every unit in the field: then the golden file changes with it, knowingly."""
    expected = (GOLDEN / f"{name}.json").read_bytes()
    assert dump(SAMPLES[name]) == expected.rstrip(b"\n")


@pytest.mark.parametrize("name", SAMPLES)
def test_golden_bytes_are_read_back(name: str) -> None:
    sample = SAMPLES[name]
    assert load(type(sample), (GOLDEN / f"{name}.json").read_bytes().rstrip(b"\n")) == sample


def test_every_golden_file_has_a_record() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(SAMPLES)


@settings(max_examples=300)
@given(st.sampled_from(sorted(SAMPLES)), st.binary(max_size=200))
def test_any_bytes_give_a_record_or_a_contract_error(name: str, data: bytes) -> None:
    _loads_or_refuses(name, data)


@settings(max_examples=400)
@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_a_changed_value_gives_a_record_or_a_contract_error(name: str, data: st.DataObject) -> None:
    """Whatever stands in place of any field, at any depth, as canonical JSON."""
    value = json.loads(dump(SAMPLES[name]))
    where: Any = value
    while True:
        keys = list(range(len(where))) if isinstance(where, list) else sorted(where)
        key = data.draw(st.sampled_from(keys), label="field")
        if not isinstance(where[key], (list, dict)) or not where[key] or data.draw(st.booleans(), label="stop"):
            break
        where = where[key]
    where[key] = data.draw(JSON, label="value")
    try:
        changed = encode(value)
    except ContractError:
        changed = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    _loads_or_refuses(name, changed)


@settings(max_examples=300)
@given(st.sampled_from(sorted(SAMPLES)), st.integers(0), st.integers(0, 7))
def test_a_flipped_bit_never_gives_the_same_record(name: str, at: int, bit: int) -> None:
    data = bytearray(dump(SAMPLES[name]))
    data[at % len(data)] ^= 1 << bit
    with suppress(ContractError):
        assert load(type(SAMPLES[name]), bytes(data)) != SAMPLES[name]


def _loads_or_refuses(name: str, data: bytes) -> None:
    """What is read writes exactly the bytes that it came from."""
    try:
        read = load(type(SAMPLES[name]), data)
    except ContractError:
        return
    assert dump(read) == data


@given(JSON)
def test_what_encodes_decodes_to_itself(value: Any) -> None:
    try:
        data = encode(value)
    except ContractError:
        return
    assert decode(data) == value
    assert encode(decode(data)) == data


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b'{"b":1,"a":2}', "not canonical"),
        (b'{"a": 1}', "not canonical"),
        (b'{"a":1,"a":1}', "not canonical"),
        (b'{"a":"\\u0041"}', "not canonical"),
        (b'{"a":1.0}', "float"),
        (b'{"a":NaN}', "float"),
        (b'{"a":9007199254740992}', "out of range"),
        (b'{"\xc3\xa9":1}', "not ASCII"),
        (b'{"a":"\\ud800"}', "surrogate"),
        (b"[" * 2000 + b"]" * 2000, "nested|not JSON"),
        (b"\xff", "not JSON"),
        (b"", "not JSON"),
        (b"9" * 5000, "not JSON"),
    ],
)
def test_only_the_canonical_form_is_read(text: bytes, why: str) -> None:
    with pytest.raises(ContractError, match=why):
        decode(text)


def test_rfc_8785_strings() -> None:
    """RFC 8785, 3.2.2.2: these escapes and no others."""
    assert encode('\u20ac$\x0f\nA\'B"\\\\"/\x7f') == '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/\x7f"'.encode()


def test_a_record_is_read() -> None:
    assert build(Sample, SAMPLE) == Sample("cam-1", "a", 1, True, b"\x00\x01", (1, 2), None)


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("name", "Cam 1", "name: not of the form"),
        ("name", 1, "name: not str"),
        ("name", "cam-1\n", "name: not of the form"),
        ("kind", "c", "kind: not one of a, b"),
        ("kind", ["a"], "kind: not one of"),
        ("count", 11, "count: 11 is not within 0..10"),
        ("count", -1, "count: -1 is not within"),
        ("count", True, "count: not int"),
        ("flag", 1, "flag: not bool"),
        ("data", "AAE", "data: not base64"),
        ("data", "AAF=", "data: not canonical base64"),
        ("data", "AAAAAAAA", "data: length 6"),
        ("many", {}, "many: not an array"),
        ("many", [1, "2"], r"many\[1\]: not int"),
        ("many", [1, 2, 3, 4], "many: length 4"),
        ("inner", 1, "inner: not an object"),
        ("inner", {**SAMPLE, "count": 99}, "inner.count: 99"),
        ("other", 1, "unknown field 'other'"),
    ],
)
def test_a_refusal_names_the_field(field: str, value: object, why: str) -> None:
    with pytest.raises(ContractError, match=why):
        build(Sample, {**SAMPLE, field: value})


def test_a_missing_field_is_refused_and_an_optional_one_is_not() -> None:
    with pytest.raises(ContractError, match="count: missing"):
        build(Sample, {name: value for name, value in SAMPLE.items() if name != "count"})
    assert b"inner" not in dump(build(Sample, SAMPLE))


def test_null_is_no_absent_field() -> None:
    """One record, one encoding: an optional field that is not there is not written as null either."""
    with pytest.raises(ContractError):
        load(Sample, encode({**SAMPLE, "inner": None}))


def test_longer_than_the_limit_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(ContractError, match="more than"):
        decode(b'"' + b"a" * record.RECORD_LIMIT + b'"')
