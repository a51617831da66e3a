# SPDX-License-Identifier: EUPL-1.2
"""A log that grows across tiles, and what its readers make of it, sound and altered."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract import tlog
from contract.record import ContractError
from hub.audit.faults import LogCorruptError
from hub.audit.log import Log
from hub.audit.writer import Writer, create
from tests.integration.audit.conftest import KEY, ORIGIN, Bench, by_hand, leaf, leaves


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_new_log_is_empty(bench: Bench) -> None:
    bench.check(0)
    text, checkpoint = bench.log.checkpoint()
    assert text.startswith(f"{ORIGIN}\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— {ORIGIN} ")
    assert checkpoint.root == tlog.EMPTY_ROOT
    assert names(bench.folder) == {"checkpoint"}
    assert list(bench.log.entries(0, 10)) == []


def test_600_leaves_across_tiles_checked_after_each_step(bench: Bench, writer: Writer) -> None:
    size = 0
    earlier = [bench.check(0)]
    # One by one at first and around the tiles' borders, else in batches, some of which straddle a border.
    for batch in [1, 1, 1, 2, 40, 100, 110, 1, 1, 43, 211, 1, 1, 30, 57]:
        assert writer.append(leaves(size, size + batch)) == size
        size += batch
        now = bench.check(size)
        assert writer.checkpoint == now
        for old in earlier:
            path = bench.log.consistency(old.size, size)
            tlog.verify_consistency(old.size, old.root, size, now.root, path)
        earlier.append(now)
    assert size == 600
    for index in (0, 1, 255, 256, 299, 511, 512, 599):
        hash_ = tlog.leaf_hash(leaf(index).encode())
        tlog.verify_inclusion(hash_, index, 600, now.root, bench.log.inclusion(index, 600))


def test_what_lies_there_is_what_the_specification_says(grown: Path) -> None:
    assert names(grown) == {
        "checkpoint",
        *("tile/0/000", "tile/0/001", "tile/0/002.p/86", "tile/0/002.p/88"),
        *("tile/entries/000", "tile/entries/001", "tile/entries/002.p/86", "tile/entries/002.p/88"),
        "tile/1/000.p/2",
    }
    assert (grown / "tile/0/000").stat().st_size == 8192
    assert (grown / "tile/1/000.p/2").read_bytes()[:32] == by_hand(
        [tlog.leaf_hash(leaf(index).encode()) for index in range(256)]
    )


def test_a_log_of_exactly_one_tile(bench: Bench, writer: Writer) -> None:
    writer.append(leaves(0, 256))
    bench.check(256)
    assert names(bench.folder) == {"checkpoint", "tile/0/000", "tile/entries/000", "tile/1/000.p/1"}
    writer.close()
    again = bench.writer()
    assert again.append(leaves(256, 257)) == 256
    again.close()
    bench.check(257)


def test_every_leaf_and_every_range(grown: Path) -> None:
    log = Bench(grown).log
    assert [log.entry(index) for index in (0, 255, 256, 599)] == [leaf(index) for index in (0, 255, 256, 599)]
    for start, end in ((0, 600), (0, 1), (250, 260), (255, 256), (256, 512), (599, 10_000), (600, 700), (5, 5), (9, 3)):
        assert list(log.entries(start, end)) == leaves(start, min(end, 600))[: max(0, end - start)]
    assert [index for index, _ in log.find("key.born")] == [99, 199, 299, 399, 499, 599]
    assert [index for index, _ in log.find("key.born", 250)] == [299, 399, 499, 599]
    assert list(log.find("roster.published")) == []


def test_proofs_for_every_size(grown: Path) -> None:
    bench = Bench(grown)
    tree = bench.log.tree()
    hashes = [tlog.leaf_hash(entry) for entry in bench.raw(600)]
    for size in range(1, 601, 7):
        root = by_hand(hashes[:size])
        for index in {0, size // 3, size - 1}:
            tlog.verify_inclusion(hashes[index], index, size, root, tree.inclusion(index, size))
        tlog.verify_consistency(size, root, 600, tree.checkpoint.root, tree.consistency(size, 600))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (0, 601), (600, 601), (-1, 10), (0, -1)])
def test_no_proof_for_what_the_log_does_not_have(grown: Path, index: int, size: int) -> None:
    with pytest.raises(ContractError):
        Bench(grown).log.inclusion(index, size)


@pytest.mark.parametrize(("old", "new"), [(0, 601), (601, 600), (5, 4), (-1, 5)])
def test_no_consistency_with_what_the_log_does_not_have(grown: Path, old: int, new: int) -> None:
    with pytest.raises(ContractError):
        Bench(grown).log.consistency(old, new)


def test_no_leaf_that_the_log_does_not_have(grown: Path) -> None:
    for index in (600, -1):
        with pytest.raises(ContractError):
            Bench(grown).log.entry(index)


def test_what_the_public_may_fetch(grown: Path, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    shutil.copytree(grown, folder)
    log = Bench(folder).log
    for path in names(folder):
        assert log.resource(path) == (folder / path).read_bytes()
    # Never: what is not a tile's path, what is outside, and what no checkpoint covers, even if it lies there.
    (folder / "tile/0/003").write_bytes(bytes(8192))
    (folder / "tile/0/002.p/89").write_bytes(bytes(89 * 32))
    (tmp_path / "secret").write_text("secret")
    for path in (
        "tile/0/003",
        "tile/0/002.p/89",
        "tile/0/002.p/1",
        "../secret",
        "tile/../checkpoint",
        ".new",
        "tile",
        "",
    ):
        with pytest.raises(ContractError):
            log.resource(path)


def test_a_reader_while_it_grows(bench: Bench, writer: Writer) -> None:
    """A tile becomes full and its partial ones go while another reads: it may see nothing but a sound log."""
    writer.append(leaves(0, 245))
    done = threading.Event()
    faults: list[BaseException] = []
    seen: list[int] = []

    def read() -> None:
        try:
            while not done.is_set():
                size = bench.log.checkpoint()[1].size
                bench.log.inclusion(size - 1, size)
                bench.log.consistency(100, size)
                assert bench.log.entry(size - 1) == leaf(size - 1)
                seen.append(bench.log.check().size)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is shown below
            faults.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    size = 245
    while size < 265 and not faults:
        size = writer.append([leaf(size)]) + 1
    done.set()
    thread.join()
    assert faults == []
    assert seen == sorted(seen)
    assert any(245 < at < 265 for at in seen)
    bench.check(265)


def test_an_older_tree_when_its_partial_tiles_are_gone(bench: Bench, writer: Writer) -> None:
    writer.append(leaves(0, 250))
    tree = bench.log.tree()
    writer.append(leaves(250, 300))
    assert not (bench.folder / "tile/0/000.p").exists()
    assert tree.entries(0) == tuple(item.encode() for item in leaves(0, 250))
    tlog.verify_consistency(100, tree.root(100), 250, tree.checkpoint.root, tree.consistency(100, 250))


# --- Altered --------------------------------------------------------------------------------------------------

ALTERED = ["checkpoint", "tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2", "tile/entries/001"]


@pytest.mark.parametrize("name", [*ALTERED, "tile/entries/002.p/88"])
@pytest.mark.parametrize("where", [0.0, 0.5, 1.0])
def test_a_flipped_bit_is_found(grown: Path, tmp_path: Path, name: str, where: float) -> None:
    bench = Bench(tmp_path / "log")
    shutil.copytree(grown, bench.folder)
    data = bytearray((bench.folder / name).read_bytes())
    data[int(where * (len(data) - 1))] ^= 1
    (bench.folder / name).write_bytes(data)
    with pytest.raises(LogCorruptError):
        bench.log.check()
    if name != "tile/entries/001":  # entries that a writer does not need are read by `check`, not at its start
        with pytest.raises(LogCorruptError):
            bench.writer()


@pytest.mark.parametrize("name", [*ALTERED, "tile/entries/002.p/88"])
def test_a_lost_or_short_file_is_found(grown: Path, tmp_path: Path, name: str) -> None:
    bench = Bench(tmp_path / "log")
    shutil.copytree(grown, bench.folder)
    data = (bench.folder / name).read_bytes()
    for rest in (None, b"", data[:32], data[:-1], data[:-32], data + b"\0"):
        (bench.folder / name).unlink()
        if rest is not None:
            (bench.folder / name).write_bytes(rest)
        with pytest.raises(LogCorruptError):
            bench.log.check()
        if name != "tile/entries/001":
            with pytest.raises(LogCorruptError):
                bench.writer()
        (bench.folder / name).write_bytes(data)
    bench.check(600)


def test_an_altered_entry_is_not_given_out(grown: Path, tmp_path: Path) -> None:
    bench = Bench(tmp_path / "log")
    shutil.copytree(grown, bench.folder)
    path = bench.folder / "tile/entries/000"
    path.write_bytes(path.read_bytes().replace(b'"number":"7"', b'"number":"8"', 1))
    with pytest.raises(LogCorruptError, match="entry 7 "):
        bench.log.entry(7)
    with pytest.raises(LogCorruptError):
        list(bench.log.find("key.born"))
    assert bench.log.entry(256) == leaf(256)


def test_a_forged_leaf_with_its_own_tiles_is_not_given_out(grown: Path, tmp_path: Path) -> None:
    """Root rewrites an entry and every hash above it, but cannot sign."""
    bench = Bench(tmp_path / "log")
    other = Bench(tmp_path / "other")
    shutil.copytree(grown, bench.folder)
    create(other.folder, ORIGIN, KEY)
    writer = other.writer()
    writer.append([*leaves(0, 7), leaf(8), *leaves(8, 600)])
    writer.close()
    shutil.rmtree(bench.folder / "tile")
    shutil.copytree(other.folder / "tile", bench.folder / "tile")
    for call in (
        lambda: bench.log.entry(7),
        lambda: bench.log.inclusion(7, 600),
        lambda: bench.log.consistency(6, 600),
    ):
        with pytest.raises(LogCorruptError):
            call()


def test_another_key_and_another_origin_are_refused(grown: Path) -> None:
    for log in (
        Log(grown, ORIGIN, Ed25519PrivateKey.generate().public_key()),
        Log(grown, "other.example/log", KEY.public_key()),
    ):
        with pytest.raises(LogCorruptError):
            log.checkpoint()
