# SPDX-License-Identifier: EUPL-1.2
"""The spool: sealed segments on the unit's disk, from their first record until the hub has logged them.

    <spool>/<camera>/<run>-<n>.part    being written; only grows
    <spool>/<camera>/<chain>.fzs       closed: `chain` is its last chain value, its name everywhere
    <spool>/<camera>/<chain>.row       its signed index row: the spool is the outbox
    <spool>/<camera>/chain             the chain value that the camera's next segment follows
    <spool>/<camera>/*.cut             `.part` of an earlier start, kept aside and counted
    <spool>/<camera>/*.refused         what the hub would not take, kept aside

What is kept aside has room of its own, a quarter of the limit for each camera, and the oldest of it makes room: no
number of restarts fills the spool.

Life of a segment: (1) records are appended; (2) one `syncfs` every 0.4 s, in a thread of its own and for all cameras,
makes them durable; (3) closing syncs the file, writes and syncs the row, (4) renames the file, (5) moves `chain` on;
(6) an ack removes file, then row. From (3) on the next segment follows this one, whether or not the rest succeeds, and
(6) waits until `chain` is past it: a disk that fails in between never forks the chain. A power cut between any two
steps is mended at the next start: (3)(4) by the row's run and number, (4)(5) by the row's previous value, (6) by
dropping a row whose file is gone.

Promises: nothing that waits for its ack is removed or overwritten; a byte limit, past which nothing is taken and `full`
says so; a failed write or sync ends the segment. Any thread may call.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from contract.envelope import read
from contract.messages import IndexRow
from contract.record import ContractError, load
from contract.segment import FIRST
from edge.recorder.durability import Durability
from edge.unit.files import replace_file, sync_folder, write_all

ASIDE = (".cut", ".refused")
ASIDE_ROOM = 0.25  # of the limit, beside it
ROOM_AGAIN = 0.9  # of the limit; a spool that was full takes segments again below it
CHAIN = "chain"
CLOSING_BYTES = 16_384  # a row and its neighbours' names must still fit when the limit is reached


class SpoolError(Exception):
    """A segment could not be written. `rule` is stable, for machines; the text is for people."""

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(reason)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Waiting:
    """A closed segment that is not acked yet."""

    chain: str
    camera: str
    path: Path
    row: bytes
    body: IndexRow


class SegmentFile:
    """A segment being written. One thread uses it; `Spool.begin` makes it."""

    def __init__(self, spool: Spool, camera: str, path: Path) -> None:
        self.camera, self.path = camera, path
        self.length = 0
        self._spool = spool
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def append(self, data: bytes, until_us: int) -> None:
        """Add a whole record, which lasts until this moment.

        Raises:
            SpoolError: it does not stand; what stood before still does. Seal nothing more into this segment.
        """
        self._spool.reserve(self.camera, len(data))
        try:
            write_all(self._descriptor, data)
        except OSError as error:
            self._spool.release(len(data))
            with suppress(OSError):
                os.ftruncate(self._descriptor, self.length)
            raise SpoolError("spool.write", f"{self.path.parent.name}: {error.strerror}") from error
        self.length += len(data)
        self._spool.durability.wrote(self.camera, until_us)

    def sync(self) -> None:
        """Make it durable and let go of it. Raises SpoolError."""
        try:
            os.fdatasync(self._descriptor)
        except OSError as error:
            raise SpoolError("spool.write", f"{self.path.parent.name}: {error.strerror}") from error
        finally:
            os.close(self._descriptor)


class Spool:
    """All cameras' segments on this unit."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        """Take up what an earlier start left.

        Raises:
            SpoolError: the folder cannot be used.
        """
        self._folder, self._limit_bytes = folder, limit_bytes
        self._lock = threading.Lock()
        self._waiting: dict[str, Waiting] = {}
        self._heads: dict[str, str] = {}  # by camera: what its next segment follows
        self._behind: set[str] = set()  # cameras whose `chain` file is not past their last segment
        self._used_bytes = 0
        self._full = False
        self.durability = Durability(folder)
        self.cut = 0
        self.given_up = 0  # files that had been kept aside, removed in this start
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for camera in sorted(path for path in folder.iterdir() if path.is_dir()):
                self._take_up(camera)
        except OSError as error:
            raise SpoolError("spool.write", f"{error.filename}: {error.strerror}") from error

    # --- Writing --------------------------------------------------------------------------------------------

    def begin(self, camera: str, run: str, number: int) -> SegmentFile:
        """A new segment's file. Raises SpoolError when the spool is full or the disk refuses."""
        self.reserve(camera, 0)
        folder = self._folder / camera
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            return SegmentFile(self, camera, folder / f"{run}-{number}.part")
        except OSError as error:
            raise SpoolError("spool.write", f"{error.filename}: {error.strerror}") from error

    def close(self, file: SegmentFile, chain: str, row: bytes) -> Waiting:
        """Close a segment: from here on it waits for its ack.

        Raises:
            SpoolError: it could not be made durable; the `.part` stays for the next start to count.
        """
        file.sync()
        folder = file.path.parent
        path, row_path = folder / f"{chain}.fzs", folder / f"{chain}.row"
        try:
            replace_file(row_path, row)
        except OSError as error:
            with suppress(OSError):
                row_path.unlink(missing_ok=True)  # without it the `.part` is one that was cut off
            raise SpoolError("spool.write", f"{file.camera}: {error.strerror}") from error
        with self._lock:
            self._heads[file.camera] = chain
            self._behind.add(file.camera)
            self._used_bytes += len(row)
        try:
            file.path.rename(path)
            sync_folder(folder)
        except OSError as error:
            raise SpoolError("spool.write", f"{file.camera}: {error.strerror}") from error
        waiting = Waiting(chain, file.camera, path, row, load(IndexRow, read(row).body))
        with self._lock:
            self._waiting[chain] = waiting
        self._catch_up(file.camera)
        return waiting

    def _catch_up(self, camera: str) -> bool:
        """Move `chain` on to the head; false when the disk does not let it: until it does, the rows say it."""
        with self._lock:
            if camera not in self._behind:
                return True
            try:
                replace_file(self._folder / camera / CHAIN, self._heads[camera].encode())
            except OSError:
                return False
            self._behind.discard(camera)
            return True

    def drop(self, file: SegmentFile) -> None:
        """Remove a segment into which no whole record was written."""
        with suppress(SpoolError):
            file.sync()
        with suppress(OSError):
            file.path.unlink()
        self.release(file.length)

    def previous(self, camera: str) -> str:
        """The chain value that the camera's next segment follows."""
        with self._lock:
            return self._heads.get(camera, FIRST)

    # --- Room -----------------------------------------------------------------------------------------------

    @property
    def full(self) -> bool:
        """Whether the limit was reached; false again once a tenth of it is free."""
        with self._lock:
            return self._over(0)

    def reserve(self, camera: str, size: int) -> None:
        """Count bytes that are about to be written. Raises SpoolError past the limit or after a failed sync."""
        broken = self.durability.failure(camera)
        if broken is not None:
            raise SpoolError("spool.write", broken)
        with self._lock:
            if self._over(size):
                raise SpoolError("spool.full", f"the spool holds its {self._limit_bytes} bytes, none of them acked")
            self._used_bytes += size

    def release(self, size: int) -> None:
        """Bytes are no longer there."""
        with self._lock:
            self._used_bytes -= size

    def _over(self, size: int) -> bool:
        bound = (ROOM_AGAIN if self._full else 1) * self._limit_bytes - CLOSING_BYTES
        self._full = self._used_bytes + size > bound
        return self._full

    # --- Outbox ---------------------------------------------------------------------------------------------

    def waiting(self) -> tuple[Waiting, ...]:
        """Closed and not acked, oldest first."""
        with self._lock:
            return tuple(sorted(self._waiting.values(), key=lambda item: (item.body.from_us, item.body.segment)))

    def acked(self, chain: str) -> Waiting | None:
        """The hub has logged it: file and row go. None when there is no such segment (any more), or not yet."""
        with self._lock:
            waiting = self._waiting.get(chain)
        if waiting is None or not self._catch_up(waiting.camera):
            return None  # in the second case it goes on waiting, and is acked again
        with self._lock:
            if self._waiting.pop(chain, None) is None:
                return None
        size = waiting.body.length + len(waiting.row)
        with suppress(FileNotFoundError):
            waiting.path.unlink()
        with suppress(FileNotFoundError):
            waiting.path.with_suffix(".row").unlink()
        self.release(size)
        return waiting

    def set_aside(self, chain: str) -> bool:
        """The hub will not take it: keep it, and send it no more. False when it goes on waiting, as in `acked`."""
        with self._lock:
            waiting = self._waiting.get(chain)
        if waiting is None or not self._catch_up(waiting.camera):
            return False
        with self._lock:
            self._waiting.pop(chain, None)
        for path in (waiting.path, waiting.path.with_suffix(".row")):
            path.rename(path.with_name(path.name + ".refused"))
        self.release(waiting.body.length + len(waiting.row))
        self._bound_aside(waiting.path.parent)
        return True

    # --- At start -------------------------------------------------------------------------------------------

    def _take_up(self, folder: Path) -> None:
        for stale in folder.glob(".*.new"):
            stale.unlink()
        rows = list(self._rows(folder))
        self._advance_chain(folder, rows)
        for waiting in rows:
            self._waiting[waiting.chain] = waiting
        for part in folder.glob("*.part"):
            part.rename(part.with_suffix(".cut"))
        sync_folder(folder)
        self.cut += sum(1 for _ in folder.glob("*.cut"))
        self._used_bytes += sum(path.stat().st_size for path in folder.iterdir() if path.suffix not in ASIDE)
        self._bound_aside(folder)

    def _bound_aside(self, folder: Path) -> None:
        """The oldest of what was kept aside goes where it has no more room."""
        room = int(ASIDE_ROOM * self._limit_bytes)
        aside = [(path.stat(), path) for path in folder.iterdir() if path.suffix in ASIDE]
        for found, path in sorted(aside, key=lambda item: item[0].st_mtime_ns, reverse=True):
            room -= found.st_size
            if room < 0:
                path.unlink()
                self.given_up += 1

    def _rows(self, folder: Path) -> Iterator[Waiting]:
        """Rows that wait, each with its file."""
        for path in sorted(folder.glob("*.row")):
            data = path.read_bytes()
            try:
                body = load(IndexRow, read(data).body)
            except ContractError:
                path.rename(path.with_name(path.name + ".refused"))
                file = path.with_suffix(".fzs")
                if file.exists():
                    file.rename(file.with_name(file.name + ".refused"))
                continue
            file = path.with_suffix(".fzs")
            part = folder / f"{body.run}-{body.segment}.part"
            if not file.exists() and part.exists():
                part.rename(file)
            if file.exists():
                yield Waiting(body.chain, folder.name, file, data, body)
            else:
                path.unlink()

    def _advance_chain(self, folder: Path, rows: list[Waiting]) -> None:
        path = folder / CHAIN
        written = path.read_text() if path.exists() else FIRST
        followers = {waiting.body.previous: waiting.chain for waiting in rows}
        head = written
        while head in followers:
            head = followers.pop(head)
        if head != written:
            replace_file(path, head.encode())
        self._heads[folder.name] = head
