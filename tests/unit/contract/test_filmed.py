# SPDX-License-Identifier: EUPL-1.2
"""Is a segment what its row and its assignment say: field by field."""

from dataclasses import fields, replace
from typing import Any

import pytest

from contract.filmed import IN_ASSIGNMENT, IN_ROW, check_header
from contract.index import IndexRow
from contract.mandate import Assignment
from contract.record import ContractError
from contract.segment import SegmentHeader
from tests.unit.contract.records import SAMPLES, header

assert isinstance(SAMPLES["index-row"], IndexRow)
ROW = SAMPLES["index-row"]
ASSIGNED = Assignment(
    deployment=header().deployment,
    serial=1,
    post=header().post,
    post_digest="8" * 64,
    unit=header().unit,
    unit_key="9" * 64,
    epoch=1,
    camera=header().camera,
    masks=(),
    masks_digest=header().masks_digest,
    zones=(),
    setup=None,
)
OTHER: dict[str, Any] = {
    "deployment": "01957a00-0000-7000-8000-000000000000",
    "post": "post-9",
    "unit": "unit-9",
    "camera": "cam-9",
    "layer": "sub",
    "run": "9" * 32,
    "segment": 9,
    "start_id": "9" * 32,
    "decision": "9" * 64,
    "assignment": "9" * 64,
    "hour_key": "9" * 32,
    "masks_digest": "9" * 64,
    "previous": "9" * 64,
    "film_certificate": replace(header().film_certificate, body=b"another"),
    "opened_at_us": header().opened_at_us + 1,
}
"""Of each field that a header shares with its row or its assignment, another value."""


def test_a_header_that_says_what_both_say() -> None:
    check_header(header(), ROW, ASSIGNED)


@pytest.mark.parametrize("name", OTHER)
def test_a_header_that_says_something_else(name: str) -> None:
    with pytest.raises(ContractError, match=f"differ in {name}"):
        check_header(replace(header(), **{name: OTHER[name]}), ROW, ASSIGNED)


@pytest.mark.parametrize("name", IN_ROW)
def test_a_row_that_says_something_else(name: str) -> None:
    row = replace(ROW, **{IN_ROW[name]: OTHER[name]})
    with pytest.raises(ContractError, match=f"header and row differ in {name}"):
        check_header(header(), row, ASSIGNED)


@pytest.mark.parametrize("name", IN_ASSIGNMENT)
def test_an_assignment_that_says_something_else(name: str) -> None:
    assignment = replace(ASSIGNED, **{IN_ASSIGNMENT[name]: OTHER[name]})
    with pytest.raises(ContractError, match=f"header and assignment differ in {name}"):
        check_header(header(), ROW, assignment)


def test_another_process_may_sign_the_row_of_what_one_left_open() -> None:
    row = replace(ROW, film_certificate=OTHER["film_certificate"], recovered=True)
    check_header(header(), row, ASSIGNED)


def test_a_certificate_that_was_signed_twice_says_the_same() -> None:
    again = replace(header().film_certificate, signatures=())
    check_header(header(), replace(ROW, film_certificate=again), ASSIGNED)


def test_no_field_that_both_have_is_left_out() -> None:
    said = {field.name for field in fields(SegmentHeader)}
    assert said & {field.name for field in fields(IndexRow)} == IN_ROW.keys() & IN_ROW.values()
    assert said & {field.name for field in fields(Assignment)} == IN_ASSIGNMENT.keys()
    assert OTHER.keys() == IN_ROW.keys() | IN_ASSIGNMENT.keys()
