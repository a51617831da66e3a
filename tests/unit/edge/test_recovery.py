# SPDX-License-Identifier: EUPL-1.2
"""After a power cut: cut files have rows, windows have ends, what is due is gone, the chain has no hole and no fork."""

from __future__ import annotations

import io
import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from contract import chain, segment
from contract.envelope import read
from contract.index import Closing, Deletion, Gap, IndexRow, Row
from contract.mandate import Window
from contract.record import ContractError
from edge.recorder.ledger import Ledger
from edge.recorder.recording import Recording
from edge.recorder.recovery import forget_aside, forget_due, recover, settle
from edge.recorder.spool import Spool, Waiting
from edge.unit.identity import FilmKey, make_film_key
from tests.unit.edge import unit
from tests.unit.edge.pictures import pictures, video_format
from tests.unit.edge.unit import IDENTITY, NOW_US

S = 1_000_000
HUB = unit.hub(windows=(Window(NOW_US, NOW_US + 60 * S),))
ORDER = unit.order(HUB)
WINDOW = ORDER.decision.windows[0]
CAMERA = ORDER.assignment.camera


@dataclass
class Start:
    """One process of the unit, on a spool that outlives it."""

    folder: Path
    number: int = 1
    spool: Spool = field(init=False)
    sealed: list[Waiting] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.spool = Spool(self.folder, 2**30)

    @property
    def start_id(self) -> str:
        return f"{self.number:032x}"

    def film_for(self, decision: str) -> FilmKey:
        return make_film_key(IDENTITY, decision, self.start_id, NOW_US, unit.steady_random(self.start_id))

    def recording(self) -> Recording:
        terms = unit.terms(
            HUB,
            order=ORDER,
            ends_us=lambda: WINDOW.to_us,
            film=self.film_for(ORDER.decision_digest),
            random=unit.steady_random(f"terms {self.number}"),
        )
        return Recording(terms, self.ledger(), self.spool, self.sealed.append)

    def ledger(self) -> Ledger:
        return unit.ledger(unit.terms(HUB, order=ORDER, film=self.film_for(ORDER.decision_digest)), self.spool)

    def films(self, seconds: float, from_s: float, first: int = 0) -> Recording:
        """Film, and leave it open."""
        recording = self.recording()
        recording.begin(video_format())
        for picture in pictures(seconds, NOW_US + int(from_s * S), first=first):
            recording.add(picture)
        return recording

    def recovers(self) -> list[Waiting]:
        return recover(self.spool, "unit-1", self.film_for, lambda decision, at_us: WINDOW)

    def rows(self) -> list[Row]:
        return [item.body for item in self.spool.waiting()]

    def verified(self) -> list[Row]:
        """Every row, once the whole chain holds from its first row."""
        envelopes = [read(item.row) for item in self.spool.waiting()]
        return [link.row for link in chain.verified(envelopes, IDENTITY.public, segment.FIRST)]


def test_a_cut_file_gets_its_row_and_the_time_without_a_process_a_gap(tmp_path: Path) -> None:
    first = Start(tmp_path)
    first.films(11, 0)  # one whole segment, and three seconds of the next
    second = Start(tmp_path, 2)
    (recovered,) = second.recovers()
    second.films(9, 20).end()
    second.ledger().close("window", WINDOW.to_us)
    rows = second.verified()
    assert [type(row) for row in rows] == [IndexRow, IndexRow, Gap, IndexRow, IndexRow, Gap, Closing]
    cut, gap = rows[1], rows[2]
    assert isinstance(cut, IndexRow) and isinstance(gap, Gap)
    assert (cut.recovered, cut.start_id) == (True, first.start_id)
    assert cut.to_us == NOW_US + int(10.8 * S)  # its last whole record; what was in memory is lost
    assert (gap.from_us, gap.to_us, gap.reason) == (cut.to_us, NOW_US + 20 * S, "no-process")
    assert recovered.path is not None
    assert segment.check(io.BytesIO(recovered.path.read_bytes())).chain.hex() == recovered.chain
    assert chain.coverage(rows, ORDER.decision_digest, WINDOW).whole
    assert second.spool.cut == 0


@pytest.mark.parametrize("seed", range(20))
def test_wherever_a_file_is_cut_it_is_valid_to_its_last_whole_record(tmp_path: Path, seed: int) -> None:
    Start(tmp_path).films(6, 0)
    (part,) = (tmp_path / CAMERA).glob("*.part")
    data = part.read_bytes()
    at = random.Random(seed).randrange(len(data))
    part.write_bytes(data[:at])
    second = Start(tmp_path, 2)
    found = second.recovers()
    try:
        whole = segment.check(io.BytesIO(data[:at]))
    except ContractError:
        assert (found, second.spool.cut, second.rows()) == ([], 1, [])
        return
    (row,) = second.verified()
    assert isinstance(row, IndexRow)
    assert (row.records, row.length, row.chain) == (whole.records, whole.length, whole.chain.hex())
    (path,) = [item.path for item in found if item.path is not None]
    assert path.read_bytes() == data[: whole.length]


def test_a_power_cut_during_recovery_is_recovered_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Start(tmp_path).films(6, 0)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", lambda path, target: path)
        Start(tmp_path, 2).recovers()
    third = Start(tmp_path, 3)
    assert third.recovers() == []
    assert len(third.verified()) == 1
    assert [item.path.exists() for item in third.spool.waiting() if item.path] == [True]


def test_an_altered_file_is_kept_aside(tmp_path: Path) -> None:
    Start(tmp_path).films(6, 0)
    (part,) = (tmp_path / CAMERA).glob("*.part")
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)
    second = Start(tmp_path, 2)
    assert (second.recovers(), second.spool.cut) == ([], 1)
    second.films(9, 20).end()
    assert [type(row) for row in second.verified()] == [Gap, IndexRow, IndexRow]


def test_a_file_with_another_place_in_the_chain_is_kept_aside(tmp_path: Path) -> None:
    """Two files that follow the same row would fork the chain: the first that has a row keeps it."""
    first = Start(tmp_path)
    first.films(3, 0)
    Start(tmp_path, 2).films(3, 5)  # as if the first had been overlooked
    third = Start(tmp_path, 3)
    assert (len(third.recovers()), third.spool.cut) == (1, 1)
    assert [type(row) for row in third.verified()] == [Gap, IndexRow]


def test_a_window_that_ended_without_a_process_is_closed_by_the_next(tmp_path: Path) -> None:
    Start(tmp_path).films(6, 0)
    second = Start(tmp_path, 2)
    second.recovers()
    settle(second.spool, "unit-1", CAMERA, second.film_for, "withdrawn", WINDOW.to_us + 9 * S)
    assert settle(second.spool, "unit-1", CAMERA, second.film_for, "withdrawn", WINDOW.to_us + 10 * S) is None
    rows = second.verified()
    assert [type(row) for row in rows] == [IndexRow, Gap, Closing]
    assert isinstance(rows[2], Closing) and rows[2].ended == "window"
    assert chain.coverage(rows, ORDER.decision_digest, WINDOW).whole


def test_an_order_that_was_withdrawn_meanwhile_is_closed_as_that(tmp_path: Path) -> None:
    Start(tmp_path).films(6, 0)
    second = Start(tmp_path, 2)
    second.recovers()
    settle(second.spool, "unit-1", CAMERA, second.film_for, "withdrawn", NOW_US + 30 * S)
    rows = second.verified()
    assert isinstance(rows[-1], Closing) and (rows[-1].ended, rows[-1].to_us) == ("withdrawn", NOW_US + 30 * S)
    assert chain.coverage(rows, ORDER.decision_digest, WINDOW).whole


def test_what_is_due_is_forgotten_and_a_signed_row_says_so(tmp_path: Path) -> None:
    first = Start(tmp_path)
    first.films(9, 0).end()
    sealed = first.spool.waiting()
    due_us = max(item.due_us or 0 for item in sealed)
    assert forget_due(first.spool, CAMERA, first.film_for, due_us - 1) == []
    gone = forget_due(first.spool, CAMERA, first.film_for, due_us)
    assert len(gone) == 2
    assert forget_due(first.spool, CAMERA, first.film_for, due_us) == []
    assert list((tmp_path / CAMERA).glob("*.fzs")) == []
    rows = Start(tmp_path, 2).verified()
    assert [type(row) for row in rows] == [IndexRow, IndexRow, Deletion, Deletion]
    assert [row.segment for row in rows if isinstance(row, Deletion)] == [item.chain for item in sealed]
    assert [item.body for item in gone] == rows[2:]  # what is said of it is that it was deleted
    assert {row.reason for row in rows if isinstance(row, Deletion)} == {"retention"}


def test_what_was_acked_is_not_stated_as_deleted(tmp_path: Path) -> None:
    first = Start(tmp_path)
    first.films(9, 0).end()
    for item in first.spool.waiting():
        first.spool.acked(item.chain)
    assert forget_due(first.spool, CAMERA, first.film_for, 2**52) == []


def test_what_is_kept_aside_is_forgotten_by_its_own_header(tmp_path: Path) -> None:
    first = Start(tmp_path)
    first.films(9, 0).end()
    due_us = max(item.due_us or 0 for item in first.spool.waiting())
    for item in first.spool.waiting():
        first.spool.set_aside(item.chain)
    assert forget_aside(first.spool, CAMERA, due_us - 1) == 0
    assert forget_aside(first.spool, CAMERA, due_us) == 2
    assert first.spool.aside(CAMERA) == ()


def test_what_is_kept_aside_and_cannot_be_read_goes_after_the_longest_retention(tmp_path: Path) -> None:
    first = Start(tmp_path)
    first.spool.begin(CAMERA, "2" * 32, 1).append(b"nothing that can be read", NOW_US)
    for part in first.spool.parts():
        first.spool.cut_off(part)
    (path,) = first.spool.aside(CAMERA)
    written_us = path.stat().st_mtime_ns // 1000
    assert forget_aside(first.spool, CAMERA, written_us + 671 * 3600 * S) == 0
    assert forget_aside(first.spool, CAMERA, written_us + 672 * 3600 * S) == 1
