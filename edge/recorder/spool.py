# SPDX-License-Identifier: EUPL-1.2
"""The spool: sealed segments on the unit's disk, from their first record until the hub has logged them.

    <spool>/outbox.sqlite              the rows (`edge.recorder.outbox`)
    <spool>/<camera>/<run>-<n>.part    being written; only grows
    <spool>/<camera>/<chain>.fzs       closed: `chain` is its last chain value, its name everywhere
    <spool>/<camera>/*.cut             of an earlier start and of no use: not one whole record, or a place in no chain
    <spool>/<camera>/*.refused         what the hub would not take

What is kept aside (`.cut`, `.refused`) has room of its own, a quarter of the limit for each camera, and the oldest of
it makes room: no number of restarts fills the spool.

Life of a segment: (1) records are appended; (2) one `syncfs` every 0.4 s, in a thread of its own and for all cameras,
makes them durable; (3) closing syncs the file, then row and head become durable in one transaction, (4) the file is
renamed; (5) an ack takes the row, then the file. A power cut between any two is mended at the next start: (1)(2) the
file is valid to its last whole record and is given a row (`edge.recorder.recovery`), (3)(4) the row names the file,
(5) a file without a row is one that was acked.

Promises: nothing that waits for its ack is removed or overwritten, but at its due date, and then a signed row says so;
a byte limit, past which nothing is taken and `full` says so; a failed write or sync ends the segment. Any thread may
call.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from contract.index import Row
from edge.recorder.durability import Durability
from edge.recorder.outbox import Head, Held, Outbox, OutboxError, row_in
from edge.unit.files import sync_folder, write_all

ASIDE = (".cut", ".refused")
ASIDE_ROOM = 0.25  # of the limit, beside it
ROOM_AGAIN = 0.9  # of the limit; a spool that was full takes segments again below it
CLOSING_BYTES = 65_536  # rows and their neighbours must still fit when the limit is reached
OUTBOX = "outbox.sqlite"


class SpoolError(Exception):
    """A segment could not be written. `rule` is stable, for machines; the text is for people."""

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(reason)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row that is not acked yet; `path` is its segment's file, None for a statement or where none is held."""

    chain: str
    camera: str
    path: Path | None
    row: bytes
    due_us: int | None

    @property
    def body(self) -> Row:
        """What the row says: read when asked, for a start with thousands of rows must not wait for them."""
        return row_in(self.row)


class Room:
    """What the spool may hold, counted as it is written. Any thread may call."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._used_bytes = 0
        self._full = False

    @property
    def full(self) -> bool:
        """Whether the limit was reached; false again once a tenth of it is free."""
        with self._lock:
            return self._over(0)

    @property
    def used_bytes(self) -> int:
        """What lies in the spool, but for what is kept aside."""
        with self._lock:
            return self._used_bytes

    def take(self, size: int) -> None:
        """Count bytes that are about to be written. Raises SpoolError past the limit."""
        with self._lock:
            if self._over(size):
                raise SpoolError("spool.full", f"the spool holds its {self.limit_bytes} bytes, none of them acked")
            self._used_bytes += size

    def give_back(self, size: int) -> None:
        """Bytes are no longer there."""
        with self._lock:
            self._used_bytes -= size

    def found(self, size: int) -> None:
        """Bytes of an earlier start, whatever the limit."""
        self.give_back(-size)

    def _over(self, size: int) -> bool:
        bound = (ROOM_AGAIN if self._full else 1) * self.limit_bytes - CLOSING_BYTES
        self._full = self._used_bytes + size > bound
        return self._full


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
            self._spool.room.give_back(len(data))
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
        """Take up what an earlier start left; `parts` are then still to be recovered.

        Raises:
            SpoolError: the folder cannot be used.
        """
        self._folder = folder
        self.room = Room(limit_bytes)
        self.durability = Durability(folder)
        self.cut = 0
        self.given_up = 0  # files that had been kept aside, removed in this start
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.outbox = Outbox(folder / OUTBOX)
            for camera in sorted(path for path in folder.iterdir() if path.is_dir()):
                self._take_up(camera)
        except OSError as error:
            raise SpoolError("spool.write", f"{error.filename}: {error.strerror}") from error
        except OutboxError as error:
            raise SpoolError("spool.outbox", str(error)) from error

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

    def close(self, file: SegmentFile, held: Held, head: Head) -> Waiting:
        """Close a segment: from here on it waits for its ack.

        Raises:
            SpoolError: it could not be made durable; the `.part` stays for the next start to recover.
        """
        file.sync()
        return self.settle(file.path, held, head)

    def settle(self, part: Path, held: Held, head: Head) -> Waiting:
        """A whole, durable file is given its row, then its name. Raises SpoolError: no row, nothing changed."""
        self.state(held, head)
        with suppress(OSError):  # then the row names the file until the next start gives it its name
            part.rename(part.with_name(f"{held.chain}.fzs"))
            sync_folder(part.parent)
        return self._waiting(held)

    def state(self, held: Held, head: Head) -> Waiting:
        """A row of the chain becomes durable and waits for its ack. Raises SpoolError: it does not stand."""
        try:
            self.outbox.append(held, head)
        except OutboxError as error:
            raise SpoolError("spool.write", f"{held.camera}: {error}") from error
        return self._waiting(held)

    def drop(self, file: SegmentFile) -> None:
        """Remove a segment into which no whole record was written."""
        with suppress(SpoolError):
            file.sync()
        with suppress(OSError):
            file.path.unlink()
        self.room.give_back(file.length)

    def reserve(self, camera: str, size: int) -> None:
        """Room for bytes that are about to be written. Raises SpoolError past the limit or after a failed sync."""
        broken = self.durability.failure(camera)
        if broken is not None:
            raise SpoolError("spool.write", broken)
        self.room.take(size)

    # --- What waits -----------------------------------------------------------------------------------------

    def waiting(self) -> tuple[Waiting, ...]:
        """Rows that are not acked, in the order they were made."""
        return tuple(self._waiting(held) for held in self.outbox.held())

    def between(self, camera: str, from_us: int, to_us: int) -> list[str]:
        """The chain values of a camera's segments here that have something of this time. Reads every row."""
        held = ((item.chain, item.body) for item in self.waiting() if item.camera == camera and item.path is not None)
        return [chain for chain, body in held if body.from_us < to_us and body.to_us > from_us]

    def acked(self, chain: str) -> Waiting | None:
        """The hub has logged it: the row goes, then the file. None when there is no such row, or not yet."""
        try:
            held = self.outbox.acked(chain)
        except OutboxError:
            return None  # it goes on waiting, and is acked again
        if held is None:
            return None
        waiting = self._waiting(held)
        self._unlink(waiting)
        return waiting

    def forget(self, chain: str, held: Held, head: Head) -> Waiting | None:
        """A segment goes: the row that says so, and that its file is held no more, become durable in one, then it goes.

        None where no file is held any more, for then it was acked or forgotten. Raises SpoolError: nothing has changed.
        """
        try:
            gone = self.outbox.append(held, head, chain)
        except OutboxError as error:
            raise SpoolError("spool.write", f"{held.camera}: {error}") from error
        if gone is None:
            return None
        self._unlink(self._waiting(gone))
        return self._waiting(held)

    def set_aside(self, chain: str) -> bool:
        """The hub will not take it: the row is sent no more, the file is kept aside. False when it goes on waiting."""
        try:
            held = self.outbox.acked(chain)
        except OutboxError:
            return False
        if held is None:
            return False
        waiting = self._waiting(held)
        if waiting.path is not None:
            with suppress(FileNotFoundError):
                self.room.give_back(waiting.path.stat().st_size)
                waiting.path.rename(waiting.path.with_name(waiting.path.name + ".refused"))
            self._bound_aside(waiting.path.parent)
        return True

    def _unlink(self, waiting: Waiting) -> None:
        if waiting.path is not None:
            with suppress(FileNotFoundError):
                size = waiting.path.stat().st_size
                waiting.path.unlink()
                self.room.give_back(size)

    def _waiting(self, held: Held) -> Waiting:
        path = None
        if held.part is not None:
            path = self._folder / held.camera / f"{held.chain}.fzs"
        return Waiting(held.chain, held.camera, path, held.row, held.due_us)

    # --- At start -------------------------------------------------------------------------------------------

    def parts(self) -> tuple[Path, ...]:
        """What an earlier start was writing when it ended: files without a row, the oldest first."""
        return tuple(sorted(self._folder.glob("*/*.part"), key=lambda path: path.stat().st_mtime_ns))

    def aside(self, camera: str) -> tuple[Path, ...]:
        """What is kept aside of a camera."""
        folder = self._folder / camera
        return tuple(path for path in folder.iterdir() if path.suffix in ASIDE) if folder.is_dir() else ()

    def cut_off(self, part: Path) -> None:
        """A file that can be given no row is kept aside and counted."""
        self.room.give_back(part.stat().st_size)
        part.rename(part.with_suffix(".cut"))
        self.cut += 1
        self._bound_aside(part.parent)

    def _take_up(self, folder: Path) -> None:
        held = {item.chain: item for item in self.outbox.held() if item.camera == folder.name and item.part}
        for chain, item in held.items():
            part = folder / f"{item.part}.part"
            if part.exists():
                part.rename(folder / f"{chain}.fzs")
        for path in folder.glob("*.fzs"):
            if path.stem not in held:
                path.unlink()  # acked, and the end came before it went
        sync_folder(folder)
        self.cut += sum(1 for _ in folder.glob("*.cut"))
        self.room.found(sum(path.stat().st_size for path in folder.iterdir() if path.suffix not in ASIDE))
        self._bound_aside(folder)

    def _bound_aside(self, folder: Path) -> None:
        """The oldest of what was kept aside goes where it has no more room."""
        room = int(ASIDE_ROOM * self.room.limit_bytes)
        aside = [(path.stat(), path) for path in folder.iterdir() if path.suffix in ASIDE]
        for found, path in sorted(aside, key=lambda item: item[0].st_mtime_ns, reverse=True):
            room -= found.st_size
            if room < 0:
                path.unlink()
                self.given_up += 1
