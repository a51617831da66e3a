# SPDX-License-Identifier: EUPL-1.2
"""The spool: what it keeps across any ending, what it gives up and when, and what a bad disk does to it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.envelope import enclose
from contract.messages import INDEX_ROW, IndexRow
from contract.record import dump
from contract.segment import FIRST
from edge.recorder import spool as module
from edge.recorder.durability import Durability
from edge.recorder.spool import CLOSING_BYTES, Spool, SpoolError, Waiting
from tests.unit.contract.records import FILM_KEY, SAMPLES
from tests.unit.edge.unit import files

LIMIT = 2**20
RUN = "2" * 32
CAMERA = "cam-1"


def row(chain: str, previous: str = FIRST, number: int = 0, length: int = 0) -> bytes:
    sample = SAMPLES["index-row"]
    assert isinstance(sample, IndexRow)
    changes = {"chain": chain, "previous": previous, "segment": number, "run": RUN, "length": length}
    body = IndexRow(**{**vars(sample), **changes, "from_us": number * 1000, "to_us": number * 1000 + 999})
    return dump(enclose(INDEX_ROW, body, FILM_KEY))


def closed(spool: Spool, chain: str, number: int = 0, data: bytes = b"sealed") -> Waiting:
    """A segment of one record, closed."""
    file = spool.begin(CAMERA, RUN, number)
    file.append(data, 1)
    return spool.close(file, chain, row(chain, spool.previous(CAMERA), number, len(data)))


def test_a_closed_segment_waits_until_it_is_acked(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    waiting = closed(spool, "a" * 64)
    assert waiting.path.read_bytes() == b"sealed"
    assert files(tmp_path / CAMERA) == ["a" * 64 + ".fzs", "a" * 64 + ".row", "chain"]
    assert spool.waiting() == (waiting,)
    assert spool.acked("b" * 64) is None
    assert spool.acked("a" * 64) == waiting
    assert spool.acked("a" * 64) is None
    assert files(tmp_path / CAMERA) == ["chain"]


def test_the_chain_goes_on_across_starts(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    assert spool.previous(CAMERA) == FIRST
    closed(spool, "a" * 64)
    spool.acked("a" * 64)
    assert Spool(tmp_path, LIMIT).previous(CAMERA) == "a" * 64


def test_every_unacked_segment_is_there_again_oldest_first(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    made = [closed(spool, name * 64, number) for number, name in enumerate("cab")]
    assert list(Spool(tmp_path, LIMIT).waiting()) == made


def test_a_part_of_an_earlier_start_is_kept_aside_and_counted(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    spool.begin(CAMERA, RUN, 7).append(b"some records", 1)
    for _ in range(2):  # and it is counted at every later start too
        again = Spool(tmp_path, LIMIT)
        assert again.cut == 1
        assert again.waiting() == ()
        assert (tmp_path / CAMERA / f"{RUN}-7.cut").read_bytes() == b"some records"


@pytest.mark.parametrize("step", ["row", "renamed", "acked"])
def test_a_power_cut_between_two_steps_is_mended(tmp_path: Path, step: str) -> None:
    spool = Spool(tmp_path, LIMIT)
    closed(spool, "a" * 64)
    folder = tmp_path / CAMERA
    fzs, chain = folder / ("b" * 64 + ".fzs"), folder / "chain"
    closed(spool, "b" * 64, 1)
    if step == "acked":
        fzs.unlink()
        assert [waiting.chain for waiting in Spool(tmp_path, LIMIT).waiting()] == ["a" * 64]
        assert "b" * 64 + ".row" not in files(folder)
        return
    chain.write_text("a" * 64)
    if step == "row":
        fzs.rename(folder / f"{RUN}-1.part")
    again = Spool(tmp_path, LIMIT)
    assert [waiting.chain for waiting in again.waiting()] == ["a" * 64, "b" * 64]
    assert again.previous(CAMERA) == "b" * 64
    assert again.cut == 0
    assert fzs.read_bytes() == b"sealed"


def test_no_number_of_restarts_fills_the_spool(tmp_path: Path) -> None:
    for number in range(20):
        spool = Spool(tmp_path, LIMIT)
        assert not spool.full
        spool.begin(CAMERA, RUN, number).append(bytes(LIMIT // 16), 1)
        os.utime(tmp_path / CAMERA / f"{RUN}-{number}.part", ns=(number, number))
    last = Spool(tmp_path, LIMIT)
    assert not last.full
    assert (last.cut, last.given_up) == (5, 1)
    assert files(tmp_path / CAMERA) == sorted(f"{RUN}-{number}.cut" for number in range(16, 20))


def test_what_is_set_aside_gives_its_room_back(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    for number in range(20):
        closed(spool, f"{number:064x}", number, bytes(LIMIT // 16))
        assert spool.set_aside(f"{number:064x}")
    aside = [path for path in (tmp_path / CAMERA).iterdir() if path.suffix == ".refused"]
    assert 0 < sum(path.stat().st_size for path in aside) <= LIMIT // 4


def refusing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk takes every file but one of this name."""
    replace_file = module.replace_file

    def fail(path: Path, data: bytes) -> None:
        if path.name == name:
            raise OSError(errno.ENOSPC, "No space left on device")
        replace_file(path, data)

    monkeypatch.setattr(module, "replace_file", fail)


def test_a_chain_that_cannot_be_written_does_not_fork(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(tmp_path, LIMIT)
    with monkeypatch.context() as patched:
        refusing("chain", patched)
        made = [closed(spool, name * 64, number) for number, name in enumerate("ab")]
        assert made[1].body.previous == "a" * 64
        assert list(spool.waiting()) == made  # both are sent
        assert spool.acked("a" * 64) is None  # but nothing goes while only its row says where the chain is
        assert not spool.set_aside("a" * 64)
        assert list(spool.waiting()) == made
    again = Spool(tmp_path, LIMIT)
    assert (list(again.waiting()), again.previous(CAMERA)) == (made, "b" * 64)
    assert spool.acked("b" * 64) == made[1]
    assert spool.acked("a" * 64) == made[0]
    assert Spool(tmp_path, LIMIT).previous(CAMERA) == "b" * 64


def test_a_rename_that_fails_does_not_fork_the_chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its row is durable: the next start takes it up, so what follows it now must follow it then."""
    spool = Spool(tmp_path, LIMIT)

    def fail(path: Path, target: Path) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", fail)
        with pytest.raises(SpoolError):
            closed(spool, "a" * 64)
    assert spool.waiting() == ()
    closed(spool, "b" * 64, 1)
    again = Spool(tmp_path, LIMIT)
    assert [(item.chain, item.body.previous) for item in again.waiting()] == [("a" * 64, FIRST), ("b" * 64, "a" * 64)]


def test_a_row_that_cannot_be_written_is_followed_by_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(tmp_path, LIMIT)
    with monkeypatch.context() as patched:
        refusing("a" * 64 + ".row", patched)
        with pytest.raises(SpoolError):
            closed(spool, "a" * 64)
    assert spool.previous(CAMERA) == FIRST
    again = Spool(tmp_path, LIMIT)
    assert (again.waiting(), again.cut) == ((), 1)


def test_half_a_row_is_no_row(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    closed(spool, "a" * 64)
    (tmp_path / CAMERA / (".b.row.new")).write_bytes(b'{"bo')
    (tmp_path / CAMERA / ("c" * 64 + ".row")).write_bytes(b"{}")
    assert [waiting.chain for waiting in Spool(tmp_path, LIMIT).waiting()] == ["a" * 64]
    assert "c" * 64 + ".row.refused" in files(tmp_path / CAMERA)


def test_what_the_hub_refuses_is_kept_and_sent_no_more(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    closed(spool, "a" * 64)
    assert spool.set_aside("a" * 64)
    for again in (spool, Spool(tmp_path, LIMIT)):
        assert again.waiting() == ()
    assert (tmp_path / CAMERA / ("a" * 64 + ".fzs.refused")).read_bytes() == b"sealed"


def test_a_full_spool_takes_nothing_and_loses_nothing(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    size = LIMIT // 16
    with pytest.raises(SpoolError, match="none of them acked") as full:
        for number in range(20):
            closed(spool, f"{number:064x}", number, bytes(size))
    assert full.value.rule == "spool.full"
    held = spool.waiting()
    assert sum(waiting.path.stat().st_size for waiting in held) == len(held) * size > 0.85 * LIMIT
    assert spool.full
    with pytest.raises(SpoolError):
        spool.begin(CAMERA, RUN, 99)
    assert Spool(tmp_path, len(held) * size + CLOSING_BYTES).full  # an earlier start's segments count
    spool.acked(held[0].chain)
    spool.acked(held[1].chain)
    assert not spool.full
    closed(spool, "f" * 64, 100, bytes(size))


def test_a_full_spool_stays_full_until_a_tenth_is_free(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    size = LIMIT // 20
    with pytest.raises(SpoolError):
        for number in range(20):
            closed(spool, f"{number:064x}", number, bytes(size))
    spool.acked(f"{0:064x}")
    assert spool.full  # room for one, which would be gone in a second
    spool.acked(f"{1:064x}")
    assert not spool.full


def test_a_failed_write_leaves_the_last_whole_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(tmp_path, LIMIT)
    file = spool.begin(CAMERA, RUN, 0)
    file.append(b"whole", 1)
    with monkeypatch.context() as patched:
        patched.setattr(module, "write_all", half_written(module.write_all))
        with pytest.raises(SpoolError, match="No space left") as failed:
            file.append(b"half of this", 2)
    assert failed.value.rule == "spool.write"
    assert file.path.read_bytes() == b"whole"
    assert file.length == 5


def half_written(write_all: Callable[[int, bytes], None]) -> Callable[[int, bytes], None]:
    def fail(descriptor: int, data: bytes) -> None:
        write_all(descriptor, data[: len(data) // 2])
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


# --- Durability -----------------------------------------------------------------------------------------------


def test_durable_up_to_what_was_written_before_the_sync(tmp_path: Path) -> None:
    synced: list[Path] = []

    def sync(folder: Path) -> None:
        synced.append(folder)
        durability.wrote("cam-1", 20)  # during the sync: not covered by it

    durability = Durability(tmp_path, sync)
    assert durability.until_us("cam-1") == 0
    durability.wrote("cam-1", 10)
    assert durability.until_us("cam-1") == 0
    durability.sync()
    assert durability.until_us("cam-1") == 10
    durability.sync()
    assert durability.until_us("cam-1") == 20
    durability.sync()
    assert synced == [tmp_path, tmp_path]  # nothing new, nothing to sync


def test_a_failed_sync_ends_every_open_segment(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        raise OSError(errno.EIO, "Input/output error")

    spool = Spool(tmp_path, LIMIT)
    spool.durability = Durability(tmp_path, fail)
    open_files = [spool.begin(camera, RUN, 0) for camera in ("cam-1", "cam-2")]
    for file in open_files:
        file.append(b"whole", 5)
    spool.durability.sync()
    for file in open_files:
        assert spool.durability.until_us(file.camera) == 0
        with pytest.raises(SpoolError, match="not durable"):
            file.append(b"more", 6)


def test_it_syncs_by_itself_and_a_last_time(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    spool.durability.start()
    spool.begin(CAMERA, RUN, 0).append(b"whole", 7)
    spool.durability.stop()
    assert spool.durability.until_us(CAMERA) == 7
