# SPDX-License-Identifier: EUPL-1.2
"""The one writer of the log. Owned by the keeper; everybody else reads through `hub.audit.log`.

Life of a leaf, in the order that survives a crash at any point:

1. The leaf is encoded; one that is refused stops the whole batch before anything is written.
2. The new right edge of the tree is computed in memory, from a copy.
3. Each tile and entry bundle that the batch changes is written to `.new`, synced, and renamed to its name. A tile that
   is not full has its width in its name, so no file that the standing checkpoint needs is touched.
4. Every folder from those files up to the log's own is synced.
5. The new checkpoint is signed, written to `.new`, synced, and renamed over the old one: **here the leaf is logged**.
6. The log's folder is synced: now it outlives a power cut, and `append` may return.
7. Partial tiles whose full tile is now covered by the checkpoint are removed.

Cut off before 5, the files of steps 3 and 4 belong to no checkpoint: readers pass over them and the next append writes
over them. Cut off after 5, the leaves stand. Cut off in 7, the next start removes what was left.

Invariants: no two checkpoints that ever stood in the folder contradict each other; what `append` has returned is never
lost; memory never knows more than the disk: between step 3 and the end of 6 the edge is forgotten, and after any
trouble it is read again (and the folder synced again) before the next leaf is taken. For some milliseconds between 5
and 6 readers may see a checkpoint that a power cut would still take back.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract import tlog
from contract.tlog import TILE_HEIGHT, TILE_WIDTH, Checkpoint, Leaf
from hub import files
from hub.audit.faults import LogCorruptError, LogUnavailableError
from hub.audit.log import CHECKPOINT, Log, Tree, judged

SCRATCH = ".new"  # in the log's folder; what a crash leaves there is written over

_report = logging.getLogger(__name__)


def create(folder: Path, origin: str, key: Ed25519PrivateKey) -> None:
    """Make a new, empty log: once, when its key is born.

    :class:`Writer` never does this by itself: a log that begins again under the same key contradicts what it signed.

    Raises:
        LogCorruptError: something already stands in the folder.
        LogUnavailableError: the disk refused.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(entry.name != SCRATCH for entry in folder.iterdir()):
            raise LogCorruptError(f"{folder}: not empty; a log is made once")
        empty = Checkpoint(origin, 0, tlog.EMPTY_ROOT)
        _place(folder, CHECKPOINT, tlog.sign_checkpoint(empty, key).encode())
        files.sync(folder)
        files.sync(folder.parent)
    except OSError as error:
        raise LogUnavailableError(f"{folder}: {error.strerror}") from error


class Writer:
    """Appends leaves to the log in `folder`; keeps every other writer out until :meth:`close`.

    Reads and verifies every tile before it takes the first leaf. Threads may share it: appends take turns.

    Raises:
        LogCorruptError: there is no log, it is another's, or its tiles do not give the checkpoint's root. Fatal.
        LogUnavailableError: the disk refuses, or another process writes this log.
    """

    def __init__(self, folder: Path, origin: str, key: Ed25519PrivateKey, now_us: Callable[[], int]) -> None:
        self._folder = folder
        self._origin = origin
        self._key = key
        self._now_us = now_us
        self._log = Log(folder, origin, key.public_key())
        self._turn = threading.Lock()
        self._failing_since_us: int | None = None
        self._superseded: list[Path] = []
        self._edge: _Edge | None = None
        self._checkpoint = Checkpoint(origin, 0, tlog.EMPTY_ROOT)
        self._hold = _hold(folder)
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    @property
    def checkpoint(self) -> Checkpoint:
        """What the last append (or the start) made sure of."""
        return self._checkpoint

    @property
    def failing_since_us(self) -> int | None:
        """When the first in an unbroken row of failed appends failed (us UTC); None after a good one."""
        return self._failing_since_us

    def append(self, leaves: Sequence[Leaf]) -> int:
        """Log the leaves, all or none, one after another; return the first one's index once they are durable.

        An empty batch writes the checkpoint again: a way to ask whether the log can be written.

        Raises:
            ContractError: a leaf is too long; nothing was written.
            LogUnavailableError: the disk refused. The leaves count as not logged. (If only the last sync failed they
                may stand there all the same; logged again, they stand twice.) A later append simply works.
            LogCorruptError: after such trouble the disk no longer holds what this process had logged. Fatal.
        """
        entries = [leaf.encode() for leaf in leaves]
        with self._turn:
            try:
                edge = self._edge or self._reread()
                self._edge = None
                self._edge = self._commit(edge, entries)
            except (OSError, LogUnavailableError) as error:
                if self._failing_since_us is None:
                    self._failing_since_us = self._now_us()
                raise LogUnavailableError(f"the log cannot be written: {error}") from error
            self._failing_since_us = None
            self._tidy()
            return edge.size

    def close(self) -> None:
        """Let another process write. Nothing can be appended after it."""
        with self._turn:
            if self._hold is not None:
                os.close(self._hold)
            self._hold = None

    def _start(self) -> None:
        try:
            self._edge = self._reread()
        except OSError as error:
            raise LogUnavailableError(f"{self._folder}: {error.strerror}") from error
        self._log.tree().verify()
        for partials in self._folder.glob("tile/**/*.p"):
            with judged(str(partials)):
                level, n, _ = tlog.parse_tile_path(f"{partials.relative_to(self._folder)}/1")
            if tlog.tile_width(level or 0, n, self._checkpoint.size) == TILE_WIDTH:
                self._superseded.append(partials)
        self._tidy()

    def _reread(self) -> _Edge:
        """The edge under the checkpoint on disk, which must begin with all that this process knows of.

        The folder is synced first: a rename may have succeeded whose sync did not.
        """
        files.sync(self._folder)
        tree = self._log.tree()
        with judged("the log has shrunk"):
            known = tree.root(self._checkpoint.size)
        if known != self._checkpoint.root:
            raise LogCorruptError("the log on disk is not the one that was written")
        self._checkpoint = tree.checkpoint
        return _Edge.of(tree)

    def _commit(self, edge: _Edge, entries: Sequence[bytes]) -> _Edge:
        if self._hold is None:
            raise LogUnavailableError("this writer is closed")
        grown, changed = edge.grow(entries)
        checkpoint = Checkpoint(self._origin, grown.size, grown.root())
        folders = {self._folder}
        for path, data in changed.items():
            folders |= _place(self._folder, path, data)
        for folder in sorted(folders, reverse=True):  # a folder before the one that names it
            files.sync(folder)
        _place(self._folder, CHECKPOINT, tlog.sign_checkpoint(checkpoint, self._key).encode())
        files.sync(self._folder)
        self._checkpoint = checkpoint
        self._superseded += [self._folder / f"{path}.p" for path in changed if ".p/" not in path]
        return grown

    def _tidy(self) -> None:
        """Remove superseded partial tiles. They harm nobody, so trouble is reported and tried again next time."""
        while self._superseded:
            partials = self._superseded[-1]
            try:
                if partials.is_dir():
                    shutil.rmtree(partials)
            except OSError as error:
                _report.warning("%s: superseded, but not removed: %s", partials, error)
                return
            self._superseded.pop()


@dataclass(frozen=True)
class _Edge:
    """The right edge of the tree: all that is needed to append, and to know the root."""

    size: int
    levels: tuple[tuple[bytes, ...], ...]  # of each tile level the hashes of its last tile, while that is not full
    bundle: tuple[bytes, ...]  # the entries of level 0's

    @classmethod
    def of(cls, tree: Tree) -> _Edge:
        """The edge of a tree on disk, verified against its root."""
        tree.root(tree.size)
        levels: list[tuple[bytes, ...]] = []
        while count := tree.size >> TILE_HEIGHT * len(levels):
            n, width = divmod(count, TILE_WIDTH)
            levels.append(tree.tile(len(levels), n) if width else ())
        n, width = divmod(tree.size, TILE_WIDTH)
        return cls(tree.size, tuple(levels), tree.entries(n) if width else ())

    def root(self) -> bytes:
        """The root over all leaves; it needs no other tiles than these."""
        return tlog.tree_root(self.size, tlog.from_tiles(lambda level, _: self.levels[level]))

    def grow(self, entries: Sequence[bytes]) -> tuple[_Edge, dict[str, bytes]]:
        """The edge after these entries, and the files that change: each full tile once, then what is not full."""
        size, bundle = self.size, list(self.bundle)
        levels = [list(hashes) for hashes in self.levels]
        changed: set[int] = set()
        written: dict[str, bytes] = {}
        for entry in entries:
            size += 1
            bundle.append(entry)
            if len(bundle) == TILE_WIDTH:
                written[tlog.entries_path(size // TILE_WIDTH - 1)] = tlog.encode_bundle(bundle)
                bundle.clear()
            level, carry = 0, tlog.leaf_hash(entry)
            while not _push(levels, level, carry):
                n = (size >> TILE_HEIGHT * (level + 1)) - 1
                written[tlog.tile_path(level, n)] = tlog.encode_tile(levels[level])
                carry = tlog.root(levels[level])
                levels[level].clear()
                changed.discard(level)
                level += 1
            changed.add(level)
        for level in sorted(changed):
            n = size >> TILE_HEIGHT * (level + 1)
            written[tlog.tile_path(level, n, len(levels[level]))] = tlog.encode_tile(levels[level])
        if entries and bundle:
            written[tlog.entries_path(size // TILE_WIDTH, len(bundle))] = tlog.encode_bundle(bundle)
        return _Edge(size, tuple(map(tuple, levels)), tuple(bundle)), written


def _push(levels: list[list[bytes]], level: int, hash_: bytes) -> bool:
    """Put a hash at the end of a level; False if its tile is full now."""
    if level == len(levels):
        levels.append([])
    levels[level].append(hash_)
    return len(levels[level]) < TILE_WIDTH


def _hold(folder: Path) -> int | None:
    """Lock the log's folder itself: no file is needed, so that a full disk stops no start."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError as error:
        raise LogCorruptError(f"{folder}: no log here; create() makes a new one") from error
    except OSError as error:
        raise LogUnavailableError(f"{folder}: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise LogUnavailableError(f"{folder}: another process writes this log") from error
    return handle


def _place(folder: Path, path: str, data: bytes) -> set[Path]:
    """Put a file in its place, its bytes synced; return the folders below `folder` that must be synced to keep it."""
    scratch, target = folder / SCRATCH, folder / path
    files.write(scratch, data, 0o644)
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(scratch, target)
    return {parent for parent in target.parents if parent.is_relative_to(folder)}
