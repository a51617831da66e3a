# SPDX-License-Identifier: EUPL-1.2
"""Segments that are here in part: a file each that only grows, and an upload goes on at the byte where it broke off.

    <folder>/<unit>/<chain>.part

They outlive the process. A unit has room for a few; the oldest makes room for the next. Who appends is one request: the
next one for the same segment takes it over, and the one before writes no more.

Once the last byte is here the file gets a name of its own, `<folder>/<random>.fzs`, by which it is checked and stored:
no other request reaches what was checked. A stop at that moment leaves a scratch file, and nothing in part.
"""

import asyncio
import contextlib
import os
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from hub.store.objects import part_path

OF_A_UNIT = 4  # partial segments; each is bounded by its row


class OffsetError(Exception):
    """A request goes on somewhere else than where its segment ends here; `offset` is where that is."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"{offset} bytes are here")
        self.offset = offset


class Part:
    """One request's hold on a partial segment."""

    def __init__(self, parts: "Parts", unit: str, path: Path, file: BinaryIO) -> None:
        self.path = path
        self._parts = parts
        self._unit = unit
        self._file = file

    async def append(self, piece: bytes) -> None:
        """Add bytes. Raises OffsetError once another request has taken over, OSError where the disk refuses."""
        async with self._parts.lock(self._unit):
            if self._parts.holder(self.path) is not self:
                raise OffsetError(_size(self.path))
            await asyncio.to_thread(self._file.write, piece)

    @contextlib.asynccontextmanager
    async def whole(self) -> AsyncIterator[Path]:
        """The file under a name that nobody else knows, until the block ends; the segment is not here in part any more.

        Raises OffsetError once another request has taken over.
        """
        async with self._parts.lock(self._unit):
            if self._parts.holder(self.path) is not self:
                raise OffsetError(_size(self.path))
            private = self._parts.taken_out(self.path)
        try:
            yield private
        finally:
            self._parts.forget(self.path, private)
            private.unlink(missing_ok=True)


class Parts:
    """All units' partial segments, of this process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)  # by unit
        self._holders: dict[Path, Part] = {}
        self._whole: dict[Path, Path] = {}  # what is being checked, by the name that it had

    def lock(self, unit: str) -> asyncio.Lock:
        """Held while a unit's files are looked at or written."""
        return self._locks[unit]

    def holder(self, path: Path) -> Part | None:
        """Who appends to a file now."""
        return self._holders.get(path)

    def taken_out(self, path: Path) -> Path:
        """Give a file a private name; its unit's lock is held."""
        private = self._whole[path] = self._folder / f"{secrets.token_hex(16)}.fzs"
        os.replace(path, private)
        return private

    def forget(self, path: Path, private: Path) -> None:
        """A file is checked."""
        if self._whole.get(path) == private:
            del self._whole[path]

    async def held(self, unit: str, chain: str, length: int) -> int:
        """How many bytes of a segment of this length are here, durably: all of them while they are being checked.

        All of them that nobody checks are dropped: a stop came between the last byte and its check.
        """
        path = self._path(unit, chain)
        async with self.lock(unit):
            size = await asyncio.to_thread(_durable, self._whole.get(path, path))
            if size < length or path in self._whole or path in self._holders:
                return size
            await asyncio.to_thread(path.unlink, missing_ok=True)
            return 0

    @contextlib.asynccontextmanager
    async def appending(self, unit: str, chain: str, offset: int) -> AsyncIterator[Part]:
        """Go on with a segment at this byte. Raises OffsetError if it ends elsewhere, OSError if the disk refuses."""
        path = self._path(unit, chain)
        async with self.lock(unit):
            if (size := _size(path)) != offset:
                raise OffsetError(size)
            file = await asyncio.to_thread(self._open, path)
            part = self._holders[path] = Part(self, unit, path, file)
        try:
            yield part
        finally:
            file.close()
            if self._holders.get(path) is part:
                del self._holders[path]

    async def drop(self, unit: str, chain: str) -> None:
        """Forget what is here of a segment."""
        async with self.lock(unit):
            await asyncio.to_thread(self._path(unit, chain).unlink, missing_ok=True)

    def _path(self, unit: str, chain: str) -> Path:
        return part_path(self._folder, unit, chain)

    def _open(self, path: Path) -> BinaryIO:
        path.parent.mkdir(mode=0o770, parents=True, exist_ok=True)  # the worker takes away what is due
        if not path.exists():
            others = sorted(path.parent.glob("*.part"), key=lambda other: other.stat().st_mtime_ns)
            for other in others[: max(0, len(others) - OF_A_UNIT + 1)]:
                other.unlink()
        return open(path, "ab", buffering=0)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _durable(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return 0
    try:
        os.fsync(descriptor)
        return os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)
