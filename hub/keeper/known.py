# SPDX-License-Identifier: EUPL-1.2
"""Where an event with a digest first stands in the log: an index that costs a start and the memory little.

The newest leaves are held in memory. Each time :data:`RUN` of them are whole they become a *run*: a file of sorted
entries of 24 bytes, the first 16 of SHA-256(event, newline, digest) and the leaf's place as u64, big-endian, that is
mapped and searched. A run says nothing that the log does not: one that is missing or not whole is made again from the
log. So a start reads fewer than :data:`RUN` leaves, and memory holds fewer, however long the log is.
"""

from __future__ import annotations

import hashlib
import logging
import mmap
import struct
from pathlib import Path

from contract.tlog import Leaf
from hub import files
from hub.audit.log import Log

RUN = 16_384  # leaves; about 0.4 s of reading at a start, and a file of 384 KiB
NAME = 16  # bytes of the hash that are kept: 128 bits
_ENTRY = struct.Struct(">16sQ")
logger = logging.getLogger(__name__)


class Known:
    """The index of one log. Its folder belongs to the keeper alone, and is as trusted as its keys."""

    def __init__(self, folder: Path, log: Log, size: int) -> None:
        """Take in the log's first `size` leaves."""
        self._folder = folder
        self._runs: list[mmap.mmap] = []
        self._newest: list[tuple[bytes, int]] = []  # what is in no run yet, in the log's order
        self._places: dict[bytes, int] = {}  # the same, by name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        files.sweep(folder)
        while self.size + RUN <= size and self._map():
            pass
        for leaf in log.entries(self.size, size):
            self.add(leaf)

    def add(self, leaf: Leaf) -> None:
        """Take in the leaf that follows."""
        name, index = _name(leaf.event, leaf.digest), self.size
        self._newest.append((name, index))
        self._places.setdefault(name, index)
        if self.size % RUN == 0:
            self._store()

    def find(self, event: str, digest: str) -> int | None:
        """The lowest index of a leaf with this event and digest."""
        name = _name(event, digest)
        for run in self._runs:
            found = _search(run, name)
            if found is not None:
                return found
        return self._places.get(name)

    @property
    def size(self) -> int:
        """Leaves taken in."""
        return len(self._runs) * RUN + len(self._newest)

    def _store(self) -> None:
        """The oldest in memory become a run. What the disk refuses stays in memory, and is tried a run later again."""
        try:
            while len(self._newest) >= RUN:
                entries = sorted(self._newest[:RUN])
                files.replace(self._path(), b"".join(_ENTRY.pack(*entry) for entry in entries))
                if not self._map():
                    return
                del self._newest[:RUN]
        except OSError as error:
            logger.warning("%s: not stored, kept in memory: %s", self._path().name, error)
        self._places = {name: index for name, index in reversed(self._newest)}

    def _map(self) -> bool:
        """Whether the next run is there whole; it is mapped then."""
        try:
            with self._path().open("rb") as file:
                run = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError):  # an empty file cannot be mapped
            return False
        if len(run) != RUN * _ENTRY.size:
            return False
        self._runs.append(run)
        return True

    def _path(self) -> Path:
        return self._folder / f"{len(self._runs):06}.run"


def _name(event: str, digest: str) -> bytes:
    return hashlib.sha256(f"{event}\n{digest}".encode()).digest()[:NAME]


def _search(run: mmap.mmap, name: bytes) -> int | None:
    low, high = 0, RUN
    while low < high:
        middle = (low + high) // 2
        below = _ENTRY.unpack_from(run, middle * _ENTRY.size)[0] < name
        low, high = (middle + 1, high) if below else (low, middle)
    at, index = _ENTRY.unpack_from(run, low * _ENTRY.size) if low < RUN else (b"", 0)
    return int(index) if at == name else None
