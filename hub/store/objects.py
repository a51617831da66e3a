# SPDX-License-Identifier: EUPL-1.2
"""Objects: sealed segments in a folder. Not trusted: what is read is verified again.

An object appears whole or not at all, and is durable when `put` returns: the file and its folders are synced. So is
its absence when `delete` returns.
"""

import asyncio
import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore

T = TypeVar("T")


def object_name(deployment: str, camera: str, chain: str) -> str:
    """Where a segment lies in the object store."""
    return f"{deployment}/{camera}/{chain}.fzs"


def part_path(incoming: Path, unit: str, chain: str) -> Path:
    """Where lies what is here in part of a segment."""
    return incoming / unit / f"{chain}.part"


class Objects:
    """An object store in one folder."""

    def __init__(self, folder: Path) -> None:
        """Use a folder, made 0700 when it is not there."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._store = LocalStore(folder)

    async def put(self, key: str, source: Path) -> None:
        """Store a file's bytes under a key; the same key again replaces it. Raises OSError where it cannot."""
        with _as_os_error():
            await obstore.put_async(self._store, key, source)
        await asyncio.to_thread(self._sync, self._folder / key)

    async def get(self, key: str, start: int, end: int) -> bytes:
        """Bytes from `start` up to `end`. Raises FileNotFoundError, or another OSError where it cannot."""
        with _as_os_error():
            return bytes(await obstore.get_range_async(self._store, key, start=start, end=end))

    async def examine(self, key: str, judge: Callable[[BinaryIO, int], T]) -> T:
        """What `judge` makes of an object, read as a stream, and its length; it runs in a thread.

        Raises FileNotFoundError, or another OSError where it cannot be read, and what `judge` raises.
        """

        def judged() -> T:
            with _as_os_error():
                reader = obstore.open_reader(self._store, key)
                return judge(cast(BinaryIO, _Stream(reader)), reader.size)

        return await asyncio.to_thread(judged)

    async def length(self, key: str) -> int | None:
        """How long an object is, or None when there is none."""
        try:
            with _as_os_error():
                return (await obstore.head_async(self._store, key))["size"]
        except FileNotFoundError:
            return None

    async def delete(self, key: str) -> None:
        """Delete an object and see that it is gone; none of this name is gone too. Raises OSError: it may be there."""
        with contextlib.suppress(FileNotFoundError), _as_os_error():
            await obstore.delete_async(self._store, key)
        if await self.length(key) is not None:
            raise OSError(errno.EIO, "it is still there", key)
        folder = (self._folder / key).parent
        if folder.exists():
            await asyncio.to_thread(self._sync, folder)

    def _sync(self, path: Path) -> None:
        """Sync a file or folder and the folders above it."""
        for place in (path, *path.parents):
            descriptor = os.open(place, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            if place == self._folder:
                return


class _Stream:
    """The library's reader, whose pieces are a buffer type of its own, as far as a stream is needed to read on."""

    def __init__(self, reader: "obstore.ReadableFile") -> None:  # the library exports it to type checkers only
        self._reader = reader

    def read(self, size: int) -> bytes:
        """The next bytes, fewer at the end."""
        return bytes(self._reader.read(size))

    def tell(self) -> int:
        """How many were read."""
        return self._reader.tell()


@contextlib.contextmanager
def _as_os_error() -> Iterator[None]:
    """The library's own errors are no OSError; its text has the reason in its first line."""
    try:
        yield
    except BaseError as error:
        raise OSError(errno.EIO, str(error).partition("\n")[0]) from error
