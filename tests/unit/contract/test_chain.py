# SPDX-License-Identifier: EUPL-1.2
"""A camera's chain: each row in its place, and every moment of a window footage, a signed gap, or named as missing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract.chain import OF_A_SEGMENT, coverage, end_of, in_order, meets, verified
from contract.envelope import Envelope, enclose, spki
from contract.index import CLOSING, DELETION, GAP, INDEX_ROW, ROWS, Closing, Deletion, Gap, IndexRow, Row, chain_value
from contract.mandate import Window
from contract.record import ContractError, load
from contract.segment import FILM_CERTIFICATE, FIRST, FilmCertificate
from tests.simulated_hub import ed25519, unit_name
from tests.unit.contract.records import DIGEST, FILM_KEY, NOW_US, OF_A_CAMERA, SAMPLES, START_ID

ME, IDENTITY = unit_name()
LATER_KEY = ed25519("film of a later start")
S = 1_000_000
WINDOW = Window(NOW_US, NOW_US + 60 * S)


def certificate(start_id: str = START_ID, key: object = FILM_KEY) -> Envelope:
    body = FilmCertificate(ME.unit, DIGEST, start_id, spki(key), NOW_US)  # type: ignore[arg-type]
    return enclose(FILM_CERTIFICATE, body, IDENTITY)


def chained(*rows: Row, key: object = FILM_KEY) -> list[Envelope]:
    """Rows as one camera's chain, signed."""
    previous, found = FIRST, []
    kinds = {cls: kind for kind, cls in ROWS.items()}
    for row in rows:
        row = replace(row, previous=previous, film_certificate=certificate())
        envelope = enclose(kinds[type(row)], row, key)  # type: ignore[arg-type]
        previous = chain_value(envelope, row)
        found.append(envelope)
    return found


def segment(number: int, from_s: float, to_s: float) -> IndexRow:
    sample = SAMPLES["index-row"]
    assert isinstance(sample, IndexRow)
    times = {"from_us": NOW_US + int(from_s * S), "to_us": NOW_US + int(to_s * S)}
    return replace(sample, segment=number, chain=f"{number:064x}", **times)  # type: ignore[arg-type]


def gap(from_s: float, to_s: float) -> Gap:
    return Gap(**OF_A_CAMERA, reason="no-process", from_us=NOW_US + int(from_s * S), to_us=NOW_US + int(to_s * S))


def closing(to_s: float = 60) -> Closing:
    return Closing(**OF_A_CAMERA, ended="window", from_us=NOW_US, to_us=NOW_US + int(to_s * S))


def deletion(of: IndexRow) -> Deletion:
    times = {"from_us": of.from_us, "to_us": of.to_us}
    return Deletion(**OF_A_CAMERA, segment=of.chain, reason="retention", **times)  # type: ignore[arg-type]


DELETED = segment(1, 2, 10)
WHOLE = (gap(0, 2), DELETED, segment(2, 10.3, 18), gap(18, 50), segment(3, 50, 60), deletion(DELETED), closing())
OTHER = {
    **{"deployment": "01957a00-0000-7000-8000-000000000000", "layer": "sub", "assignment": "9" * 64},
    **{"from_us": DELETED.from_us - 1, "to_us": DELETED.to_us + 1},
}
"""What a deletion by its own unit and decision may say otherwise than the row of its segment."""


def test_a_whole_chain() -> None:
    links = verified(chained(*WHOLE), spki(IDENTITY), FIRST)
    assert [type(link.row) for link in links] == [type(row) for row in WHOLE]
    found = coverage([link.row for link in links], DIGEST, WINDOW)
    assert found.whole and len(found.gaps) == 2


@pytest.mark.parametrize("place", range(len(WHOLE)))
def test_a_row_that_is_left_out_is_found(place: int) -> None:
    rows = chained(*WHOLE)
    del rows[place]
    if place == len(WHOLE) - 1:  # the last leaves no trace in the chain, but the window is not closed
        rows_read = [link.row for link in verified(rows, spki(IDENTITY), FIRST)]
        assert not coverage(rows_read, DIGEST, WINDOW).closed
    else:
        with pytest.raises(ContractError, match=f"row {place}: does not follow"):
            verified(rows, spki(IDENTITY), FIRST)


@pytest.mark.parametrize("place", range(len(WHOLE)))
def test_an_altered_row_is_named(place: int) -> None:
    rows = chained(*WHOLE)
    body = bytearray(rows[place].body)
    at = body.index(b'"to_us":') + 12
    body[at] = ord("9") if body[at] != ord("9") else ord("8")
    rows[place] = replace(rows[place], body=bytes(body))
    with pytest.raises(ContractError, match=f"row {place}: .*signature"):
        verified(rows, spki(IDENTITY), FIRST)


def test_another_units_row_is_refused() -> None:
    with pytest.raises(ContractError, match="row 0"):
        verified(chained(*WHOLE), spki(ed25519("another unit")), FIRST)


def test_a_recovered_row_names_the_start_that_filmed_and_is_signed_by_the_one_that_found_it() -> None:
    row = replace(segment(1, 0, 8), previous=FIRST, film_certificate=certificate("9" * 32, LATER_KEY), recovered=True)
    assert verified([enclose(INDEX_ROW, row, LATER_KEY)], spki(IDENTITY), FIRST)
    with pytest.raises(ContractError, match="another start"):
        verified([enclose(INDEX_ROW, replace(row, recovered=False), LATER_KEY)], spki(IDENTITY), FIRST)


def test_a_row_of_another_camera_is_refused() -> None:
    with pytest.raises(ContractError, match="row 1: another camera's"):
        verified(chained(gap(0, 2), replace(gap(2, 3), camera="cam-2")), spki(IDENTITY), FIRST)


def test_a_deletion_of_what_was_never_recorded_is_refused() -> None:
    with pytest.raises(ContractError, match="row 1: deletes a segment that no row before it has"):
        verified(chained(segment(2, 10, 18), deletion(DELETED), closing()), spki(IDENTITY), FIRST)
    with pytest.raises(ContractError, match="row 0: deletes a segment"):
        verified(chained(deletion(DELETED), DELETED), spki(IDENTITY), FIRST)


@pytest.mark.parametrize("name", OTHER)
def test_a_deletion_that_says_something_else_than_its_segment_is_refused(name: str) -> None:
    changed = replace(deletion(DELETED), **{name: OTHER[name]})  # type: ignore[arg-type]
    rows = chained(gap(0, 2), DELETED, changed)
    why = f"the deletion and the row of its segment differ in {name}"
    with pytest.raises(ContractError, match=f"row 2: {why}"):
        verified(rows, spki(IDENTITY), FIRST)
    with pytest.raises(ContractError, match=f"row 1: {why}"):
        verified(rows[1:], spki(IDENTITY), rows[0].digest)


def test_a_deletion_is_held_to_all_that_it_shares_with_its_segment() -> None:
    assert {*OTHER, "unit", "camera", "decision"} == set(OF_A_SEGMENT)


def test_a_part_of_a_chain_may_delete_what_stands_before_it() -> None:
    rows = chained(DELETED, deletion(DELETED), closing())
    assert len(verified(rows[1:], spki(IDENTITY), DELETED.chain)) == 2


def test_a_segment_that_was_deleted_still_covers_its_time() -> None:
    assert coverage((whole := segment(1, 0, 60), deletion(whole), closing()), DIGEST, WINDOW).whole


def test_an_order_that_was_withdrawn_at_its_first_moment_is_closed() -> None:
    assert coverage((closing(0),), DIGEST, WINDOW).whole


@pytest.mark.parametrize(
    ("from_s", "to_s", "met"),
    [(0, 0, True), (59, 59, True), (60, 60, False), (60, 61, False), (-1, 0, False), (-1, -1, False), (-1, 1, True)],
)
def test_a_span_meets_a_window(from_s: float, to_s: float, met: bool) -> None:
    assert meets(gap(from_s, to_s), WINDOW) is met


def test_what_is_neither_footage_nor_gap_is_missing() -> None:
    rows = (segment(1, 1, 8), segment(2, 8.5, 20), segment(3, 21, 59))
    found = coverage(rows, DIGEST, WINDOW)
    seconds = [((hole.from_us - NOW_US) / S, (hole.to_us - NOW_US) / S) for hole in found.missing]
    assert seconds == [(0, 1), (20, 21), (59, 60)]
    assert not found.closed and not found.whole


def test_a_window_that_was_closed_early_asks_for_no_more() -> None:
    found = coverage((segment(1, 0, 30), closing(30)), DIGEST, WINDOW)
    assert found.whole


def test_filming_that_was_taken_up_after_a_closing_leaves_the_hole_before_it_missing() -> None:
    """The closing ended nothing: what follows it is footage of the window, until another one ends it."""
    rows = (segment(1, 0, 30), closing(30), segment(2, 50, 55))
    found = coverage(rows, DIGEST, WINDOW)
    seconds = [((hole.from_us - NOW_US) // S, (hole.to_us - NOW_US) // S) for hole in found.missing]
    assert (seconds, found.closed) == ([(30, 50), (55, 60)], False)
    assert coverage((*rows[:2], gap(30, 50), rows[2], closing(55)), DIGEST, WINDOW).whole
    assert coverage((*rows[:2], gap(30, 40)), DIGEST, WINDOW).missing == (Window(NOW_US + 40 * S, WINDOW.to_us),)


def test_a_deletion_after_the_closing_takes_nothing_up_again() -> None:
    rows = (filmed := segment(1, 0, 30), closing(30), deletion(filmed))
    assert coverage(rows, DIGEST, WINDOW).whole
    assert end_of(rows, DIGEST, WINDOW) == rows[1]


def test_rows_of_another_decision_cover_nothing() -> None:
    found = coverage((replace(segment(1, 0, 60), decision="f" * 64), closing()), DIGEST, WINDOW)
    assert found.missing == (WINDOW,)


def test_rows_are_put_in_order() -> None:
    rows = chained(*WHOLE)
    read = [(envelope, load(ROWS[envelope.type], envelope.body)) for envelope in rows]
    assert in_order(reversed(read), FIRST) == tuple(rows)
    assert in_order(read[1:], FIRST) == ()


def test_the_kinds_are_four() -> None:
    assert set(ROWS) == {INDEX_ROW, GAP, CLOSING, DELETION}
