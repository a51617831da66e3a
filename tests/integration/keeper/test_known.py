# SPDX-License-Identifier: EUPL-1.2
"""What the log has already is known after a restart, at a cost that does not grow with the log."""

from __future__ import annotations

import asyncio
import hashlib
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.tlog import Leaf
from hub.audit.log import Log
from hub.audit.writer import Writer, create
from hub.keeper import known
from hub.keeper.appender import Appender
from hub.keeper.fault import FaultFile
from hub.keeper.known import RUN, Known
from tests.simulated_hub import ORIGIN

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
LEAVES = 7 * RUN - 1  # over a hundred thousand, and as many in no run as there can be
START_S = 2.0
MEMORY = 16 * 2**20  # bytes


def digest(index: int) -> str:
    return hashlib.sha256(b"%d" % index).hexdigest()


def leaf(index: int) -> Leaf:
    return Leaf(1_790_000_000_000_000 + index, "segment.stored", {"camera": "cam-1", "segment": "1"}, digest(index))


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    create(tmp_path / "log", ORIGIN, KEY)
    made = Writer(tmp_path / "log", ORIGIN, KEY, lambda: 0)
    yield made
    made.close()


def reader(folder: Path) -> Log:
    return Log(folder / "log", ORIGIN, KEY.public_key())


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of seven leaves."""
    monkeypatch.setattr(known, "RUN", 7)


def filled(folder: Path, writer: Writer, size: int) -> Known:
    """The index of a log of this size, as it grew."""
    found = Known(folder / "known", reader(folder), writer.checkpoint.size)
    for index in range(writer.checkpoint.size, size):
        writer.append([leaf(index)])
        found.add(leaf(index))
    return found


def finds_all(found: Known, size: int) -> None:
    assert found.size == size
    assert [found.find("segment.stored", digest(index)) for index in range(size)] == list(range(size))
    assert found.find("segment.stored", digest(size)) is None
    assert found.find("view.granted", digest(0)) is None


@pytest.mark.parametrize("size", [0, 6, 7, 8, 20, 21])
def test_it_finds_every_leaf_before_and_after_a_restart(tmp_path: Path, writer: Writer, short: None, size: int) -> None:
    finds_all(filled(tmp_path, writer, size), size)
    finds_all(Known(tmp_path / "known", reader(tmp_path), size), size)
    assert len(list((tmp_path / "known").iterdir())) == size // 7


@pytest.mark.parametrize("harm", ["gone", "torn", "empty"])
def test_a_run_that_is_lost_is_made_again(tmp_path: Path, writer: Writer, short: None, harm: str) -> None:
    filled(tmp_path, writer, 23)
    run = tmp_path / "known" / "000001.run"
    if harm == "gone":
        run.unlink()
    else:
        run.write_bytes(run.read_bytes()[:24] if harm == "torn" else b"")
    finds_all(Known(tmp_path / "known", reader(tmp_path), 23), 23)
    assert run.stat().st_size == 7 * 24


def test_a_disk_that_takes_no_run_costs_memory_only(
    tmp_path: Path, writer: Writer, short: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = filled(tmp_path, writer, 3)
    folder = tmp_path / "known"
    folder.rmdir()
    folder.write_bytes(b"")  # no folder, so no file in it
    for index in range(3, 10):
        found.add(leaf(index))
    finds_all(found, 10)
    folder.unlink()
    folder.mkdir()
    for index in range(10, 14):
        found.add(leaf(index))
    finds_all(found, 14)
    assert len(list(folder.iterdir())) == 2


def test_the_first_of_two_is_found(tmp_path: Path, writer: Writer, short: None) -> None:
    found = filled(tmp_path, writer, 0)
    for index in (1, 2, 3, 4, 5, 5, 6, 5):
        found.add(leaf(index))
    assert found.find("segment.stored", digest(5)) == 4


async def test_a_leaf_that_was_reported_as_failed_and_stands_is_known(tmp_path: Path, writer: Writer) -> None:
    found = Known(tmp_path / "known", reader(tmp_path), 0)
    appender = Appender(writer, reader(tmp_path), found, FaultFile(tmp_path / "fault"), lambda: 5)
    writer.append([leaf(0)])  # the last sync failed: the appender was not told of it
    drain = asyncio.create_task(appender.run())
    try:
        await appender.probe()
        assert found.find("segment.stored", digest(0)) == 0
    finally:
        drain.cancel()


def test_a_start_over_a_hundred_thousand_leaves(
    tmp_path: Path, writer: Writer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Writer and index together. What it may cost is promised, so it is asserted: 0.5 s is usual."""
    log = reader(tmp_path)
    found = Known(tmp_path / "known", log, 0)
    for start in range(0, LEAVES, 8192):
        batch = [leaf(index) for index in range(start, min(start + 8192, LEAVES))]
        writer.append(batch)
        for item in batch:
            found.add(item)
    writer.close()
    del found, batch

    started = time.monotonic()
    Writer(tmp_path / "log", ORIGIN, KEY, lambda: 0).close()
    Known(tmp_path / "known", log, LEAVES)
    took_s = time.monotonic() - started
    tracemalloc.start()
    Writer(tmp_path / "log", ORIGIN, KEY, lambda: 0).close()
    held = Known(tmp_path / "known", log, LEAVES)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    with capsys.disabled():
        print(f"\nkeeper: a start over {LEAVES} leaves takes {took_s:.2f} s and {peak / 2**20:.1f} MiB")
    assert took_s < START_S
    assert peak < MEMORY
    for index in (0, 1, RUN, LEAVES - 1):
        assert held.find("segment.stored", digest(index)) == index
