# SPDX-License-Identifier: EUPL-1.2
"""The log as its readers see it: a folder of C2SP tiles and a signed checkpoint.

    log = Log(folder, origin, public_key)
    text, checkpoint = log.checkpoint()
    leaf = log.entry(7)
    path = log.inclusion(7, checkpoint.size)

Promises: only reads; holds nothing between two calls, so that any number of processes may read while one writes;
never blindly trusts the disk: what a call gives out was checked, in that call, against a checkpoint that the log's key
signed. Asking for what the log does not have is a ContractError; the errors of `hub.audit.faults` are about the log
itself.

The files, by trust: `checkpoint` is signed, the rest is worth what the checkpoint's root says; none of it may be lost.
Only `hub.audit.writer` writes them. Files of a larger tree than the checkpoint's, of a write that was cut off, do not
count.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contract import tlog
from contract.record import ContractError
from contract.tlog import TILE_HEIGHT, TILE_WIDTH, Checkpoint, Leaf
from hub.audit.faults import LogCorruptError, LogUnavailableError

CHECKPOINT = "checkpoint"


class Tree:
    """The tiles on disk, as the tree of one checkpoint; any disagreement is a :class:`LogCorruptError`."""

    def __init__(self, folder: Path, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.size = checkpoint.size
        self._folder = folder
        # A proof touches at most a dozen tiles; within one call they are read once, so what is proven is what is used.
        self.tile = functools.lru_cache(maxsize=64)(self._tile)
        self._read = tlog.from_tiles(self.tile)

    def bundle(self, n: int) -> tuple[bytes, ...]:
        """The entries of bundle `n`, as they lie there."""
        width = tlog.tile_width(0, n, self.size)
        data, name = self._file(tlog.entries_path(n, width), tlog.entries_path(n))
        with judged(name):
            entries = tlog.decode_bundle(data)
        if len(entries) < width:
            raise LogCorruptError(f"{name}: {len(entries)} entries, not {width}")
        return entries[:width]

    def entries(self, n: int) -> tuple[bytes, ...]:
        """The entries of bundle `n`, each checked against the root."""
        hashes = self.tile(0, n)
        # Every hash of a tile takes part in the path of each of its leaves: one proof vouches for the whole tile.
        self.inclusion(n * TILE_WIDTH, self.size)
        entries = self.bundle(n)
        for at, (entry, leaf) in enumerate(zip(entries, hashes, strict=True)):
            if tlog.leaf_hash(entry) != leaf:
                raise LogCorruptError(f"entry {n * TILE_WIDTH + at} is not the one that was logged")
        return entries

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """A verified path from leaf `index` to the root of the first `size` leaves."""
        root = self.root(size)
        path = tlog.inclusion_proof(index, size, self._read)
        leaf = self.tile(0, index // TILE_WIDTH)[index % TILE_WIDTH]
        with judged(f"leaf {index}"):
            tlog.verify_inclusion(leaf, index, size, root, path)
        return path

    def consistency(self, old_size: int, new_size: int) -> tuple[bytes, ...]:
        """A verified path from the root of the first `old_size` leaves to that of the first `new_size`."""
        old_root, new_root = self.root(old_size), self.root(new_size)
        path = tlog.consistency_proof(old_size, new_size, self._read)
        with judged(f"tree of {old_size}"):
            tlog.verify_consistency(old_size, old_root, new_size, new_root, path)
        return path

    def root(self, size: int) -> bytes:
        """The root of the first `size` leaves, shown to lead to the checkpoint's."""
        if not 0 <= size <= self.size:
            raise ContractError(f"the log has {self.size} leaves, not {size}")
        root = tlog.tree_root(size, self._read)
        path = tlog.consistency_proof(size, self.size, self._read)
        with judged(f"tree of {size}"):
            tlog.verify_consistency(size, root, self.size, self.checkpoint.root, path)
        return root

    def verify(self) -> None:
        """Check every tile of every level against the level above, and the last of each level against the root."""
        level = 0
        while self.size >> TILE_HEIGHT * level:
            for n in range(self.size >> TILE_HEIGHT * (level + 1)):
                above = self.tile(level + 1, n // TILE_WIDTH)[n % TILE_WIDTH]
                if tlog.root(self._tile(level, n)) != above:
                    raise LogCorruptError(f"{tlog.tile_path(level, n)} is not what the level above says")
            level += 1
        self.root(self.size)

    def _tile(self, level: int, n: int) -> tuple[bytes, ...]:
        width = tlog.tile_width(level, n, self.size)
        data, name = self._file(tlog.tile_path(level, n, width), tlog.tile_path(level, n))
        with judged(name):
            hashes = tlog.decode_tile(data)
        if len(hashes) < width:
            raise LogCorruptError(f"{name}: {len(hashes)} hashes, not {width}")
        return hashes[:width]

    def _file(self, path: str, full: str) -> tuple[bytes, str]:
        """A tile's bytes and where they lay; once the full tile is there, the partial one may be gone."""
        for name in dict.fromkeys((path, full)):
            try:
                return read(self._folder / name), name
            except FileNotFoundError:
                continue
        raise LogCorruptError(f"{path} is missing")


class Log:
    """The read side of one log. See the module for its promises."""

    def __init__(self, folder: Path, origin: str, public_key: Ed25519PublicKey) -> None:
        self._folder = folder
        self._origin = origin
        self._public_key = public_key

    def checkpoint(self) -> tuple[str, Checkpoint]:
        """The newest checkpoint, as text with all its signatures and as what it says.

        Raises:
            LogCorruptError: there is none, or the log's key did not sign it.
            LogUnavailableError: the disk does not give it.
        """
        try:
            text = read(self._folder / CHECKPOINT).decode()
        except FileNotFoundError as error:
            raise LogCorruptError(f"{self._folder}: no log here; hub.audit.writer.create makes a new one") from error
        except UnicodeDecodeError as error:
            raise LogCorruptError(f"{self._folder / CHECKPOINT}: not text") from error
        with judged(f"{self._folder / CHECKPOINT}"):
            return text, tlog.verify_checkpoint(text, self._origin, self._public_key)

    def tree(self) -> Tree:
        """The tiles under the newest checkpoint, for several questions about the same tree."""
        return Tree(self._folder, self.checkpoint()[1])

    def entry(self, index: int) -> Leaf:
        """The leaf at `index`."""
        for leaf in self.entries(index, index + 1):
            return leaf
        raise ContractError(f"the log has no leaf {index}")

    def entries(self, start: int, end: int) -> Iterator[Leaf]:
        """Leaves `start` up to and without `end`, or to the log's end if that comes first."""
        tree = self.tree()
        end = min(end, tree.size)
        if start < 0:
            raise ContractError("the log begins with leaf 0")
        while start < end:
            n, at = divmod(start, TILE_WIDTH)
            for entry in tree.entries(n)[at : at + end - start]:
                yield _leaf(entry, start)
                start += 1

    def find(self, event: str, start: int = 0) -> Iterator[tuple[int, Leaf]]:
        """(index, leaf) of each leaf about `event`, from leaf `start`: a scan of the log in its order."""
        for index, leaf in enumerate(self.entries(start, tlog.SIZE_LIMIT), start):
            if leaf.event == event:
                yield index, leaf

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """The path from leaf `index` to the root of the first `size` leaves, verified."""
        return self.tree().inclusion(index, size)

    def consistency(self, old_size: int, new_size: int) -> tuple[bytes, ...]:
        """The path that shows that the tree of `new_size` begins with that of `old_size`, verified."""
        return self.tree().consistency(old_size, new_size)

    def resource(self, path: str) -> bytes:
        """A file as the public may fetch it: `checkpoint`, `tile/...`; unverified, the fetcher does that.

        Raises:
            ContractError: the log has no such file, or its checkpoint does not cover it (yet).
        """
        if path == CHECKPOINT:
            return self.checkpoint()[0].encode()
        level, n, width = tlog.parse_tile_path(path)
        if width > tlog.tile_width(level or 0, n, self.checkpoint()[1].size):
            raise ContractError(f"the log has no {path}")
        try:
            return read(self._folder / path)
        except FileNotFoundError as error:
            raise ContractError(f"the log has no {path}") from error

    def check(self) -> Checkpoint:
        """Verify the whole log: signature, every tile, every entry; return the checkpoint it was verified against."""
        tree = self.tree()
        tree.verify()
        for n in range(-(-tree.size // TILE_WIDTH)):
            for at, entry in enumerate(tree.entries(n)):
                _leaf(entry, n * TILE_WIDTH + at)
        return tree.checkpoint


def read(path: Path) -> bytes:
    """A file's bytes; FileNotFoundError is the caller's to judge, any other trouble is the disk's."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise LogUnavailableError(f"{path}: {error.strerror}") from error


@contextlib.contextmanager
def judged(what: str) -> Iterator[None]:
    """What the contract refuses in here came from our own disk: the log is corrupt."""
    try:
        yield
    except ContractError as error:
        raise LogCorruptError(f"{what}: {error}") from error


def _leaf(entry: bytes, index: int) -> Leaf:
    with judged(f"entry {index}"):
        return Leaf.decode(entry)
