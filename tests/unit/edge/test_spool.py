# SPDX-License-Identifier: EUPL-1.2
"""The spool: what it keeps across any ending, what it gives up and when, and what a bad disk does to it."""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from contract.envelope import enclose
from contract.index import INDEX_ROW, IndexRow
from contract.mandate import Window
from contract.record import dump
from contract.segment import FIRST
from edge.recorder import spool as module
from edge.recorder.durability import Durability
from edge.recorder.outbox import Head, Held, Outbox, OutboxError, Under
from edge.recorder.spool import CLOSING_BYTES, OUTBOX, SegmentFile, Spool, SpoolError, Waiting
from tests.unit.contract.records import FILM_KEY, SAMPLES
from tests.unit.edge.unit import files

LIMIT = 2**20
RUN = "2" * 32
CAMERA = "cam-1"
UNDER = Under("deployment", "d" * 64, "a" * 64, Window(0, 10**9))
DUE_US = 5000


def held(chain: str, previous: str = FIRST, number: int = 0, length: int = 0) -> Held:
    sample = SAMPLES["index-row"]
    assert isinstance(sample, IndexRow)
    body = replace(
        sample, chain=chain, previous=previous, segment=number, run=RUN, length=length,
        from_us=number * 1000, to_us=number * 1000 + 999,
    )  # fmt: skip
    return Held(chain, CAMERA, dump(enclose(INDEX_ROW, body, FILM_KEY)), f"{RUN}-{number}", DUE_US)


def head(chain: str) -> Head:
    return Head(chain, UNDER, 999, False)


def deletion(chain: str, previous: str) -> tuple[Held, Head]:
    """A statement's row, and the head with it."""
    return replace(held(chain, previous), part=None, due_us=None), head(chain)


def closed(spool: Spool, chain: str, number: int = 0, data: bytes = b"sealed") -> Waiting:
    """A segment of one record, closed."""
    file = spool.begin(CAMERA, RUN, number)
    file.append(data, 1)
    return spool.close(file, held(chain, spool.outbox.previous(CAMERA), number, len(data)), head(chain))


def test_a_closed_segment_waits_until_it_is_acked(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    waiting = closed(spool, "a" * 64)
    assert waiting.path is not None
    assert waiting.path.read_bytes() == b"sealed"
    assert files(tmp_path / CAMERA) == ["a" * 64 + ".fzs"]
    assert spool.waiting() == (waiting,)
    assert isinstance(waiting.body, IndexRow)
    assert spool.acked("b" * 64) is None
    assert spool.acked("a" * 64) == waiting
    assert spool.acked("a" * 64) is None
    assert files(tmp_path / CAMERA) == []
    assert Spool(tmp_path, LIMIT).waiting() == ()


def test_the_chain_goes_on_across_starts(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    assert (spool.outbox.previous(CAMERA), spool.outbox.head(CAMERA)) == (FIRST, None)
    closed(spool, "a" * 64)
    spool.acked("a" * 64)
    again = Spool(tmp_path, LIMIT)
    assert again.outbox.previous(CAMERA) == "a" * 64
    assert again.outbox.head(CAMERA) == head("a" * 64)


def test_every_unacked_segment_is_there_again_in_its_order(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    made = [closed(spool, name * 64, number) for number, name in enumerate("cab")]
    assert list(Spool(tmp_path, LIMIT).waiting()) == made


def test_a_part_of_an_earlier_start_is_there_to_be_recovered(tmp_path: Path) -> None:
    Spool(tmp_path, LIMIT).begin(CAMERA, RUN, 7).append(b"some records", 1)
    again = Spool(tmp_path, LIMIT)
    (part,) = again.parts()
    assert again.waiting() == ()
    again.cut_off(part)
    for counted in (again, Spool(tmp_path, LIMIT)):  # and it is counted at every later start too
        assert (counted.cut, counted.parts(), counted.room.used_bytes) == (1, (), 0)
    assert (tmp_path / CAMERA / f"{RUN}-7.cut").read_bytes() == b"some records"


def test_a_power_cut_before_the_file_has_its_name_is_mended(tmp_path: Path) -> None:
    closed(Spool(tmp_path, LIMIT), "a" * 64)
    fzs = tmp_path / CAMERA / ("a" * 64 + ".fzs")
    fzs.rename(tmp_path / CAMERA / f"{RUN}-0.part")
    again = Spool(tmp_path, LIMIT)
    assert [waiting.path for waiting in again.waiting()] == [fzs]
    assert fzs.read_bytes() == b"sealed"
    assert again.parts() == ()


def test_a_power_cut_before_an_acked_file_went_is_mended(tmp_path: Path) -> None:
    closed(Spool(tmp_path, LIMIT), "a" * 64)
    left = tmp_path / CAMERA / ("b" * 64 + ".fzs")
    left.write_bytes(b"acked")
    Spool(tmp_path, LIMIT)
    assert files(tmp_path / CAMERA) == ["a" * 64 + ".fzs"]


def test_no_number_of_restarts_fills_the_spool(tmp_path: Path) -> None:
    for number in range(20):
        spool = Spool(tmp_path, LIMIT)
        for part in spool.parts():
            spool.cut_off(part)
        assert not spool.room.full
        spool.begin(CAMERA, RUN, number).append(bytes(LIMIT // 16), 1)
        os.utime(tmp_path / CAMERA / f"{RUN}-{number}.part", ns=(number, number))
    last = Spool(tmp_path, LIMIT)
    last.cut_off(last.parts()[0])
    assert not last.room.full
    assert (last.cut, last.given_up) == (5, 1)
    assert files(tmp_path / CAMERA) == sorted(f"{RUN}-{number}.cut" for number in range(16, 20))


def test_what_is_set_aside_gives_its_room_back(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    for number in range(20):
        closed(spool, f"{number:064x}", number, bytes(LIMIT // 16))
        assert spool.set_aside(f"{number:064x}")
    aside = [path for path in (tmp_path / CAMERA).iterdir() if path.suffix == ".refused"]
    assert 0 < sum(path.stat().st_size for path in aside) <= LIMIT // 4
    assert spool.room.used_bytes == 0


class Stuck:
    """A disk that takes no transaction."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(outbox: Outbox, *statements: object) -> None:
            raise OutboxError("database or disk is full")

        monkeypatch.setattr(Outbox, "_commit", fail)


def test_a_row_that_cannot_be_written_is_followed_by_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(tmp_path, LIMIT)
    with monkeypatch.context() as patched:
        Stuck(patched)
        with pytest.raises(SpoolError) as failed:
            closed(spool, "a" * 64)
    assert failed.value.rule == "spool.write"
    assert (spool.outbox.previous(CAMERA), spool.waiting()) == (FIRST, ())
    again = Spool(tmp_path, LIMIT)
    assert again.waiting() == ()
    assert len(again.parts()) == 1


def test_an_ack_that_cannot_be_noted_leaves_all_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(tmp_path, LIMIT)
    waiting = closed(spool, "a" * 64)
    with monkeypatch.context() as patched:
        Stuck(patched)
        assert spool.acked("a" * 64) is None
        assert not spool.set_aside("a" * 64)
        with pytest.raises(SpoolError):
            spool.forget("a" * 64, *deletion("d" * 64, "a" * 64))
    assert spool.waiting() == (waiting,)
    assert files(tmp_path / CAMERA) == ["a" * 64 + ".fzs"]


def test_a_rename_that_fails_does_not_fork_the_chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its row is durable: the next start gives the file its name, and what follows it now follows it then."""
    spool = Spool(tmp_path, LIMIT)

    def fail(path: Path, target: Path) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", fail)
        closed(spool, "a" * 64)
    closed(spool, "b" * 64, 1)
    again = Spool(tmp_path, LIMIT)
    found = [(item.chain, item.body.previous) for item in again.waiting()]
    assert found == [("a" * 64, FIRST), ("b" * 64, "a" * 64)]
    assert files(tmp_path / CAMERA) == ["a" * 64 + ".fzs", "b" * 64 + ".fzs"]


def test_an_outbox_that_cannot_be_read_is_said_and_not_begun_anew(tmp_path: Path) -> None:
    closed(Spool(tmp_path, LIMIT), "a" * 64)
    for name in (OUTBOX, f"{OUTBOX}-wal"):
        path = tmp_path / name
        if path.exists():
            path.write_bytes(b"torn" * 1000)
    with pytest.raises(SpoolError) as failed:
        Spool(tmp_path, LIMIT)
    assert failed.value.rule == "spool.outbox"


def test_rows_are_durable_when_they_are_made(tmp_path: Path) -> None:
    """Another process, which sees only what was committed, reads the row and the head."""
    closed(Spool(tmp_path, LIMIT), "a" * 64)
    with closing(sqlite3.connect(tmp_path / OUTBOX)) as database:
        assert database.execute("pragma journal_mode").fetchone() == ("wal",)
        assert database.execute("select chain from rows").fetchall() == [("a" * 64,)]
        assert database.execute("select chain, closed from heads").fetchall() == [("a" * 64, 0)]


def test_what_the_hub_refuses_is_kept_and_sent_no_more(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    closed(spool, "a" * 64)
    assert spool.set_aside("a" * 64)
    for again in (spool, Spool(tmp_path, LIMIT)):
        assert again.waiting() == ()
        assert again.outbox.previous(CAMERA) == "a" * 64
    assert (tmp_path / CAMERA / ("a" * 64 + ".fzs.refused")).read_bytes() == b"sealed"


def test_what_is_forgotten_leaves_its_row(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    closed(spool, "a" * 64)
    assert spool.forget("a" * 64, *deletion("d" * 64, "a" * 64)) is not None
    for again in (spool, Spool(tmp_path, LIMIT)):
        assert again.forget("a" * 64, *deletion("e" * 64, "d" * 64)) is None  # it is said once
        found = [(item.chain, item.path, item.due_us) for item in again.waiting()]
        assert found == [("a" * 64, None, None), ("d" * 64, None, None)]
    assert (files(tmp_path / CAMERA), spool.room.used_bytes) == ([], 0)


def test_a_full_spool_takes_nothing_and_loses_nothing(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    size = LIMIT // 16
    with pytest.raises(SpoolError, match="none of them acked") as full:
        for number in range(20):
            closed(spool, f"{number:064x}", number, bytes(size))
    assert full.value.rule == "spool.full"
    waiting = spool.waiting()
    assert sum(item.path.stat().st_size for item in waiting if item.path) == len(waiting) * size > 0.85 * LIMIT
    assert spool.room.full
    with pytest.raises(SpoolError):
        spool.begin(CAMERA, RUN, 99)
    assert Spool(tmp_path, len(waiting) * size + CLOSING_BYTES - 1).room.full  # an earlier start's segments count
    spool.acked(waiting[0].chain)
    spool.acked(waiting[1].chain)
    assert not spool.room.full
    closed(spool, "f" * 64, 100, bytes(size))


def test_a_full_spool_stays_full_until_a_tenth_is_free(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    size = LIMIT // 20
    with pytest.raises(SpoolError):
        for number in range(20):
            closed(spool, f"{number:064x}", number, bytes(size))
    spool.acked(f"{0:064x}")
    assert spool.room.full  # room for one, which would be gone in a second
    spool.acked(f"{1:064x}")
    assert not spool.room.full


def test_a_failed_write_leaves_the_last_whole_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(tmp_path, LIMIT)
    file = spool.begin(CAMERA, RUN, 0)
    file.append(b"whole", 1)
    with monkeypatch.context() as patched:
        patched.setattr(module, "write_all", half_written(write_all))
        with pytest.raises(SpoolError, match="No space left") as failed:
            file.append(b"half of this", 2)
    assert failed.value.rule == "spool.write"
    assert file.path.read_bytes() == b"whole"
    assert file.length == 5


def write_all(descriptor: int, data: bytes) -> None:
    os.write(descriptor, data)


def half_written(write: Callable[[int, bytes], None]) -> Callable[[int, bytes], None]:
    def fail(descriptor: int, data: bytes) -> None:
        write(descriptor, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    return fail


def test_a_segment_without_a_record_is_dropped(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    spool.drop(spool.begin(CAMERA, RUN, 0))
    assert files(tmp_path / CAMERA) == []


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "spool").write_bytes(b"")
    with pytest.raises(SpoolError):
        Spool(tmp_path / "spool", LIMIT)


def test_a_start_reads_no_file_that_has_its_row(tmp_path: Path) -> None:
    """Ten gigabytes in five thousand files, all holes: within two seconds, which is promised."""
    spool = Spool(tmp_path, 2**40)
    (tmp_path / CAMERA).mkdir()
    spool.outbox._database.execute("begin")
    for number in range(5000):
        item = held(f"{number:064x}", f"{number - 1:064x}" if number else FIRST, number, 2_000_000)
        spool.outbox._database.execute(
            "insert into rows (chain, camera, row, part, due_us) values (?, ?, ?, ?, ?)",
            (item.chain, item.camera, item.row, item.part, item.due_us),
        )
        with (tmp_path / CAMERA / f"{item.chain}.fzs").open("wb") as sparse:
            sparse.truncate(2_000_000)
    spool.outbox._database.execute("commit")
    began = time.monotonic()
    again = Spool(tmp_path, 2**40)
    assert time.monotonic() - began < 2
    assert (len(again.waiting()), again.room.used_bytes >= 10**10) == (5000, True)


# --- Durability -----------------------------------------------------------------------------------------------


def test_what_was_written_during_a_sync_is_synced_again(tmp_path: Path) -> None:
    synced: list[Path] = []

    def sync(folder: Path) -> None:
        synced.append(folder)
        durability.wrote("cam-1", 20)  # during the sync: not covered by it

    durability = Durability(tmp_path, sync)
    durability.sync()
    durability.wrote("cam-1", 10)
    durability.sync()
    durability.sync()
    durability.sync()
    assert synced == [tmp_path, tmp_path]  # nothing new, nothing to sync


def test_a_failed_sync_ends_every_open_segment(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        raise OSError(errno.EIO, "Input/output error")

    spool = Spool(tmp_path, LIMIT)
    spool.durability = Durability(tmp_path, fail)
    open_files: list[SegmentFile] = [spool.begin(camera, RUN, 0) for camera in ("cam-1", "cam-2")]
    for file in open_files:
        file.append(b"whole", 5)
    spool.durability.sync()
    for file in open_files:
        with pytest.raises(SpoolError, match="not durable"):
            file.append(b"more", 6)


def test_it_syncs_by_itself_and_a_last_time(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    synced: list[Path] = []
    spool.durability = Durability(tmp_path, synced.append)
    spool.durability.start()
    spool.begin(CAMERA, RUN, 0).append(b"whole", 7)
    spool.durability.stop()
    assert synced
