# SPDX-License-Identifier: EUPL-1.2
"""A full disk, a killed process, a power cut, at every step of an append; and logs that must not be written to."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.record import ContractError
from contract.tlog import Leaf
from hub.audit.faults import LogCorruptError, LogUnavailableError
from hub.audit.writer import Writer, create
from tests.integration.audit.conftest import KEY, ORIGIN, Bench, leaf, leaves
from tests.integration.audit.disk import Disk, Killed

BEFORE, AFTER = 250, 262  # leaves; the batch between them fills a tile and begins the next
ROOT = Path(__file__).parents[3]

Trials = Callable[[], Iterator[tuple[int, Bench]]]


@pytest.fixture(scope="session")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 250 leaves, to be copied."""
    bench = Bench(tmp_path_factory.mktemp("before") / "log")
    create(bench.folder, ORIGIN, KEY)
    writer = bench.writer()
    writer.append(leaves(0, BEFORE - 1))
    writer.append(leaves(BEFORE - 1, BEFORE))
    writer.close()
    return bench.folder


@pytest.fixture
def trials(before: Path, tmp_path: Path) -> Trials:
    """Fresh copies of that log, one for each step at which something may happen."""

    def fresh() -> Iterator[tuple[int, Bench]]:
        for step in range(100):
            bench = Bench(tmp_path / f"{step}" / "log")
            shutil.copytree(before, bench.folder)
            yield step, bench
        pytest.fail("an append of a hundred steps")

    return fresh


def disk_full() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("after", [False, True])
def test_a_full_disk_at_each_step(trials: Trials, monkeypatch: pytest.MonkeyPatch, after: bool) -> None:
    refused = []
    for step, bench in trials():
        writer = bench.writer()
        with monkeypatch.context() as patch:
            disk = Disk(patch)
            disk.arm(step, disk_full, after)
            try:
                assert writer.append(leaves(BEFORE, AFTER)) == BEFORE
            except LogUnavailableError as failure:
                assert "No space left" in str(failure)
                assert writer.failing_since_us == 1_000_000
                refused.append(bench.log.checkpoint()[1].size)
            disk.disarm()
            tree = bench.log.tree()
            tree.verify()
            size = tree.size
            # Without anything else being done, the next append works, on what the disk says.
            assert writer.append(leaves(size, AFTER + 3)) == size
            assert writer.failing_since_us is None
            bench.check(AFTER + 3)
        writer.close()
        if not disk.failed:
            break
    assert set(disk.steps) == {"open", "write", "fsync", "mkdir", "replace"}
    # All or none. Refused and there all the same: only once the checkpoint has its name, and is not synced.
    assert refused.count(AFTER) == (3 if after else 2)  # replace (having done it), open, fsync
    assert refused == [BEFORE] * (len(refused) - refused.count(AFTER)) + [AFTER] * refused.count(AFTER)


def test_a_kill_at_each_step(trials: Trials, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    for step, bench in trials():
        writer = bench.writer()
        with monkeypatch.context() as patch:
            disk = Disk(patch)
            disk.arm(step, Killed)
            with contextlib.suppress(Killed):
                writer.append(leaves(BEFORE, AFTER))
            disk.disarm()
            writer.close()  # as the kernel does it
            size = bench.log.checkpoint()[1].size
            sizes.append(size)
            again = bench.writer()  # which verifies the tiles
            # Another batch than the one that was cut off: its files are written over.
            assert again.append(leaves(size, AFTER + 3)) == size
            again.close()
        bench.check(AFTER + 3)
        partial = {str(path.relative_to(bench.folder)) for path in bench.folder.rglob("*.p")}
        assert partial == {"tile/0/001.p", "tile/1/000.p", "tile/entries/001.p"}
        if not disk.failed:
            break
    assert sizes == sorted(sizes)
    assert set(sizes) == {BEFORE, AFTER}


@pytest.mark.parametrize(
    ("kept", "keeps"),
    [
        ("nothing", lambda path: False),
        ("only the checkpoint", lambda path: path.name == "checkpoint"),
    ],
)
def test_a_power_cut_at_each_step(
    trials: Trials, monkeypatch: pytest.MonkeyPatch, kept: str, keeps: Callable[[Path], bool]
) -> None:
    for step, bench in trials():
        writer = bench.writer()
        returned = BEFORE
        with monkeypatch.context() as patch:
            disk = Disk(patch)
            disk.arm(step, Killed, after=True)
            with contextlib.suppress(Killed):
                returned = writer.append(leaves(BEFORE, AFTER)) + AFTER - BEFORE
            disk.disarm()
            writer.close()
            disk.cut_power(keeps)
            size = bench.log.checkpoint()[1].size
            assert size >= returned, f"of what was not synced, {kept} was kept: a leaf that was logged is lost"
            again = bench.writer()
            assert again.append(leaves(size, AFTER + 3)) == size
            again.close()
        bench.check(AFTER + 3)
        if not disk.failed:
            break
    assert returned == AFTER


def test_a_restart_makes_sure_of_what_it_finds(trials: Trials, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed when the checkpoint had its name but was not synced: what the next process builds upon must stay."""
    found = []
    for step, bench in trials():
        writer = bench.writer()
        with monkeypatch.context() as patch:
            disk = Disk(patch)
            disk.arm(step, Killed)
            with contextlib.suppress(Killed):
                writer.append(leaves(BEFORE, BEFORE + 1))
            writer.close()
            disk.arm(None, Killed)
            again = bench.writer()
            found.append(again.checkpoint.size)
            again.close()
            disk.disarm()
            disk.cut_power(lambda path: False)
            assert bench.log.checkpoint()[1] == again.checkpoint
        if found[-1] > BEFORE:
            break
    assert found[-2:] == [BEFORE, BEFORE + 1]


LOOP = """
import sys
from pathlib import Path
from tests.integration.audit.conftest import Bench, leaf
writer = Bench(Path(sys.argv[1])).writer()
size = writer.checkpoint.size
while True:
    size = writer.append([leaf(size)]) + 1
    print(size, flush=True)
"""


def test_a_real_kill(bench: Bench) -> None:
    size = 0
    for rounds in (5, 20):
        with subprocess.Popen(
            [sys.executable, "-c", LOOP, str(bench.folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            for _ in range(rounds):
                size = int(process.stdout.readline())
            process.send_signal(signal.SIGKILL)
            size = max(size, *map(int, process.stdout.read().split()), 0)
        found = bench.log.check().size
        assert size <= found <= size + 1
        bench.check(found)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A tmpfs of 256 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("a small disk needs root to mount it")
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("no tmpfs can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_really_full(small_disk: Path) -> None:
    bench = Bench(small_disk / "log")
    create(bench.folder, ORIGIN, KEY)
    writer = bench.writer()
    assert writer.append(leaves(0, 10)) == 0
    with (small_disk / "film").open("wb", buffering=0) as film, pytest.raises(OSError, match="No space left"):
        while True:
            film.write(bytes(4096))
    for at_us in (5_000_000, 6_000_000):
        bench.clock_us = at_us
        with pytest.raises(LogUnavailableError, match="No space left"):
            writer.append(leaves(10, 20))
    assert writer.failing_since_us == 5_000_000
    bench.check(10)
    writer.close()
    writer = bench.writer()  # a keeper that is started again on a full disk reads, and still cannot write
    with pytest.raises(LogUnavailableError):
        writer.append([])
    (small_disk / "film").unlink()
    assert writer.append(leaves(10, 20)) == 10
    writer.close()
    bench.check(20)


def test_a_disk_that_became_read_only(small_disk: Path) -> None:
    bench = Bench(small_disk / "log")
    create(bench.folder, ORIGIN, KEY)
    writer = bench.writer()
    writer.append(leaves(0, 10))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(LogUnavailableError, match="Read-only"):
        writer.append(leaves(10, 20))
    bench.check(10)
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    assert writer.append(leaves(10, 20)) == 10
    writer.close()
    bench.check(20)


def test_a_batch_with_a_leaf_that_does_not_fit_writes_nothing(bench: Bench, writer: Writer) -> None:
    writer.append(leaves(0, 3))
    huge = Leaf(1, "event", {f"id{number}": "x" * 500 for number in range(140)}, "0" * 64)
    with pytest.raises(ContractError):
        writer.append([leaf(3), huge])
    assert writer.append([leaf(3)]) == 3
    bench.check(4)


def test_an_empty_batch_asks_whether_the_log_can_be_written(bench: Bench, writer: Writer) -> None:
    writer.append(leaves(0, 3))
    before = bench.log.checkpoint()
    assert writer.append([]) == 3
    assert bench.log.checkpoint() == before
    shutil.move(bench.folder, bench.folder.with_name("away"))
    with pytest.raises(LogUnavailableError):
        writer.append([])
    shutil.move(bench.folder.with_name("away"), bench.folder)
    assert writer.append([leaf(3)]) == 3


# --- Logs that must not be written to -------------------------------------------------------------------------


def test_one_writer_at_a_time(bench: Bench) -> None:
    first = bench.writer()
    with pytest.raises(LogUnavailableError, match="another process"):
        bench.writer()
    first.append(leaves(0, 1))
    first.close()
    with pytest.raises(LogUnavailableError, match="closed"):
        first.append(leaves(1, 2))
    second = bench.writer()
    assert second.append(leaves(1, 2)) == 1
    second.close()


def test_a_log_is_made_once(bench: Bench, writer: Writer) -> None:
    writer.append(leaves(0, 3))
    with pytest.raises(LogCorruptError, match="not empty"):
        create(bench.folder, ORIGIN, KEY)
    bench.check(3)


def test_a_log_does_not_begin_again_by_itself(bench: Bench, writer: Writer, tmp_path: Path) -> None:
    writer.append(leaves(0, 3))
    writer.close()
    (bench.folder / "checkpoint").unlink()
    for folder in (bench.folder, tmp_path / "nowhere"):
        with pytest.raises(LogCorruptError, match="no log here"):
            Writer(folder, ORIGIN, KEY, lambda: 0)
    with pytest.raises(LogCorruptError, match="not empty"):
        create(bench.folder, ORIGIN, KEY)


@pytest.mark.parametrize(
    ("origin", "key"), [(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32))), ("other.example/log", KEY)]
)
def test_a_log_of_another_key_or_name(bench: Bench, origin: str, key: Ed25519PrivateKey) -> None:
    with pytest.raises(LogCorruptError):
        Writer(bench.folder, origin, key, lambda: 0)
    bench.writer().close()  # and the lock was let go


def test_an_older_copy_of_the_log_is_not_written_on(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """After trouble the disk is read again: what comes back must hold all that was logged, or the log would fork."""
    writer = bench.writer()
    writer.append(leaves(0, 5))
    shutil.copytree(bench.folder, bench.folder.with_name("old"))
    writer.append(leaves(5, 9))
    shutil.copytree(bench.folder, bench.folder.with_name("now"))
    with monkeypatch.context() as patch:
        disk = Disk(patch)
        disk.arm(1, disk_full)
        with pytest.raises(LogUnavailableError):
            writer.append(leaves(9, 12))
    shutil.rmtree(bench.folder)
    shutil.copytree(bench.folder.with_name("old"), bench.folder)
    with pytest.raises(LogCorruptError, match="shrunk"):
        writer.append(leaves(9, 12))
    # As long, and signed by the same key, but another log.
    fork = Writer(bench.folder, ORIGIN, KEY, lambda: 0)
    fork.append(leaves(100, 110))
    fork.close()
    with pytest.raises(LogCorruptError, match="not the one that was written"):
        writer.append(leaves(9, 12))
    shutil.rmtree(bench.folder)
    shutil.copytree(bench.folder.with_name("now"), bench.folder)
    assert writer.append(leaves(9, 12)) == 9
    writer.close()


def test_what_a_cut_off_write_left_is_written_over(before: Path, tmp_path: Path) -> None:
    bench = Bench(tmp_path / "log")
    shutil.copytree(before, bench.folder)
    for name in (
        "tile/0/000",
        "tile/entries/000",
        "tile/0/000.p/252",
        "tile/entries/000.p/252",
        "tile/1/000.p/1",
        ".new",
    ):
        (bench.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (bench.folder / name).write_bytes(b"torn")
    bench.check(BEFORE)
    writer = bench.writer()
    writer.append(leaves(BEFORE, BEFORE + 2))
    bench.check(BEFORE + 2)
    writer.append(leaves(BEFORE + 2, AFTER))
    writer.close()
    bench.check(AFTER)
    assert not (bench.folder / ".new").exists()


def test_partial_tiles_that_cannot_be_removed_stop_nothing(
    before: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(tmp_path / "log")
    shutil.copytree(before, bench.folder)
    writer = bench.writer()
    partials = bench.folder / "tile/0/000.p"
    with monkeypatch.context() as patch:

        def refuse(path: Path) -> None:
            raise PermissionError(errno.EACCES, "no", str(path))

        patch.setattr(shutil, "rmtree", refuse)
        with caplog.at_level(logging.WARNING):
            writer.append(leaves(BEFORE, AFTER))
    assert "superseded, but not removed" in caplog.text
    assert partials.is_dir()
    bench.check(AFTER)
    writer.append(leaves(AFTER, AFTER + 1))
    assert not partials.exists()
    writer.close()
    bench.check(AFTER + 1)
