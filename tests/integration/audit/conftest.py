# SPDX-License-Identifier: EUPL-1.2
"""A log on a real disk, its key, and leaves to put into it."""

from __future__ import annotations

import functools
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.tlog import Checkpoint, Leaf
from hub.audit.log import Log
from hub.audit.writer import Writer, create

ORIGIN = "hub.example.nl/log"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@dataclass
class Bench:
    """One log in a folder, as a writer and as a reader see it; `clock_us` is what the writer takes for now."""

    folder: Path
    clock_us: int = 1_000_000

    def writer(self) -> Writer:
        return Writer(self.folder, ORIGIN, KEY, lambda: self.clock_us)

    @property
    def log(self) -> Log:
        return Log(self.folder, ORIGIN, KEY.public_key())

    def check(self, size: int) -> Checkpoint:
        """The whole log, twice: by its own check, and by hand from the entries as they lie there."""
        checkpoint = self.log.check()
        assert checkpoint.size == size
        entries = self.raw(size)
        assert entries == [encoded(index) for index in range(size)]
        assert by_hand([sha256(b"\0" + entry).digest() for entry in entries]) == checkpoint.root
        return checkpoint

    def raw(self, size: int) -> list[bytes]:
        """The entries, parsed without the code under test."""
        entries: list[bytes] = []
        for n in range(-(-size // 256)):
            width = min(256, size - 256 * n)
            name = f"{n:03}" if width == 256 else f"{n:03}.p/{width}"
            data = (self.folder / "tile" / "entries" / name).read_bytes()
            while data:
                (length,) = struct.unpack_from(">H", data)
                entries.append(data[2 : 2 + length])
                data = data[2 + length :]
        return entries


def by_hand(leaves: list[bytes]) -> bytes:
    """RFC 6962 2.1, as it stands there."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256().digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + by_hand(leaves[:k]) + by_hand(leaves[k:])).digest()


@functools.cache
def leaf(index: int) -> Leaf:
    """The leaf that every test puts at this index."""
    event = "key.born" if index % 100 == 99 else "view.granted"
    return Leaf(1_767_225_600_000_000 + index, event, {"number": str(index)}, sha256(b"%d" % index).hexdigest())


@functools.cache
def encoded(index: int) -> bytes:
    """Its bytes."""
    return leaf(index).encode()


def leaves(start: int, end: int) -> list[Leaf]:
    return [leaf(index) for index in range(start, end)]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A new log without a leaf."""
    folder = tmp_path / "log"
    create(folder, ORIGIN, KEY)
    return Bench(folder)


@pytest.fixture
def writer(bench: Bench) -> Iterator[Writer]:
    """The bench's writer."""
    writer = bench.writer()
    yield writer
    writer.close()


@pytest.fixture(scope="session")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 600 leaves, to be copied or read, never written."""
    bench = Bench(tmp_path_factory.mktemp("grown") / "log")
    create(bench.folder, ORIGIN, KEY)
    writer = bench.writer()
    writer.append(leaves(0, 598))
    writer.append(leaves(598, 600))
    writer.close()
    return bench.folder
