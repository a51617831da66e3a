# SPDX-License-Identifier: EUPL-1.2
"""The outbox: every row of every camera's chain, in one SQLite file, from its signature until the hub's ack.

A row and the chain's new head are one transaction, and it is durable when :meth:`Outbox.append` returns (write-ahead
log, `synchronous=FULL`): the row is what makes a segment exist, so whatever happens to its file afterwards, the chain
neither forks nor forgets. An ack takes the row; the head stays for ever. Any thread may call.
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from dataclasses import dataclass
from pathlib import Path

from contract.envelope import read
from contract.index import ROWS, Row
from contract.mandate import Window
from contract.record import ContractError, load
from contract.segment import FIRST

BUSY_S = 5.0
_SCHEMA = """
create table if not exists rows (
    place integer primary key autoincrement,
    chain text not null unique,
    camera text not null,
    row blob not null,
    part text,          -- `<run>-<n>`: the segment's file while it was written; null where none is held
    due_us integer      -- when that file must be gone
) strict;
create table if not exists heads (
    camera text primary key,
    chain text not null,
    deployment text not null, decision text not null, assignment text not null,
    from_us integer not null, to_us integer not null,   -- the window
    covered_us integer not null,
    closed integer not null
) strict;
"""
_HEAD = "chain, deployment, decision, assignment, from_us, to_us, covered_us, closed"


class OutboxError(Exception):
    """The outbox cannot be read or written: nothing that is filmed could be kept."""


@dataclass(frozen=True, slots=True)
class Under:
    """Which order and which of its windows a row is made under: digests of decision and assignment.

    A window is told by its beginning: its end may be prolonged while it lasts.
    """

    deployment: str
    decision: str
    assignment: str
    window: Window

    def same(self, other: Under | None) -> bool:
        """Whether this is the same window of the same order."""
        return other is not None and self._named == other._named

    @property
    def _named(self) -> tuple[str, str, str, int]:
        return self.deployment, self.decision, self.assignment, self.window.from_us


@dataclass(frozen=True, slots=True)
class Head:
    """Where a camera's chain stands: its last value, and up to when the window it was made under is covered."""

    chain: str
    under: Under
    covered_us: int
    closed: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A row that no ack came for yet. `part` names its segment's file, where the unit holds one."""

    chain: str
    camera: str
    row: bytes
    part: str | None = None
    due_us: int | None = None


class Outbox:
    """All cameras' rows and heads."""

    def __init__(self, path: Path) -> None:
        """Open or make it.

        Raises:
            OutboxError: it cannot be read: a unit must not go on with a chain of which it knows nothing.
        """
        self._lock = threading.Lock()
        try:
            self._database = sqlite3.connect(path, timeout=BUSY_S, check_same_thread=False, isolation_level=None)
        except sqlite3.Error as error:
            raise OutboxError(f"{path}: {error}") from error
        weakref.finalize(self, self._database.close)  # an outbox that nobody holds any more has let go of its file
        try:
            self._database.execute("pragma journal_mode=wal")
            self._database.execute("pragma synchronous=full")
            self._database.executescript(_SCHEMA)
            rows = self._database.execute("select chain, camera, row, part, due_us from rows order by place").fetchall()
            heads = self._database.execute(f"select camera, {_HEAD} from heads").fetchall()
        except sqlite3.Error as error:
            raise OutboxError(f"{path}: {error}") from error
        self._held = {row[0]: Held(*row) for row in rows}
        self._heads = {camera: _head(*values) for camera, *values in heads}
        path.chmod(0o600)

    def head(self, camera: str) -> Head | None:
        """Where this camera's chain stands; None for a camera that never filmed."""
        with self._lock:
            return self._heads.get(camera)

    def previous(self, camera: str) -> str:
        """The chain value that the camera's next row follows."""
        head = self.head(camera)
        return FIRST if head is None else head.chain

    def held(self) -> tuple[Held, ...]:
        """All rows without an ack, in the order they were made."""
        with self._lock:
            return tuple(self._held.values())

    def append(self, held: Held, head: Head, forgets: str | None = None) -> Held | None:
        """Add a row and move its camera's chain to it; gives what it forgets, as it was.

        Args:
            held: the row.
            head: where the chain stands with it.
            forgets: the segment, by its chain value, whose file is no longer held from here on, for that is what the
                row says. Where none is held, nothing is added.

        Raises:
            OutboxError: it does not stand; the chain is where it was.
        """
        under = head.under
        with self._lock:
            gone = None if forgets is None else self._held.get(forgets)
            if forgets is not None and (gone is None or gone.part is None):
                return None
            self._commit(
                ("update rows set part = null, due_us = null where chain = ?", (forgets,)),
                (
                    "insert into rows (chain, camera, row, part, due_us) values (?, ?, ?, ?, ?)",
                    (held.chain, held.camera, held.row, held.part, held.due_us),
                ),
                (
                    f"insert or replace into heads (camera, {_HEAD}) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        *(held.camera, head.chain, under.deployment, under.decision, under.assignment),
                        *(under.window.from_us, under.window.to_us, head.covered_us, int(head.closed)),
                    ),
                ),
            )
            if gone is not None:
                self._held[gone.chain] = Held(gone.chain, gone.camera, gone.row)
            self._held[held.chain] = held
            self._heads[held.camera] = head
            return gone

    def acked(self, chain: str) -> Held | None:
        """The hub has logged it: the row goes. None when there is no such row. Raises as `append` does."""
        with self._lock:
            held = self._held.get(chain)
            if held is None:
                return None
            self._commit(("delete from rows where chain = ?", (chain,)))
            del self._held[chain]
            return held

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._database.close()

    def _commit(self, *statements: tuple[str, tuple[object, ...]]) -> None:
        try:
            self._database.execute("begin immediate")
            try:
                for text, values in statements:
                    self._database.execute(text, values)
                self._database.execute("commit")
            except sqlite3.Error:
                if self._database.in_transaction:
                    self._database.execute("rollback")
                raise
        except sqlite3.Error as error:
            raise OutboxError(f"the outbox cannot be written: {error}") from error


def row_in(data: bytes) -> Row:
    """The row inside a signed envelope of this unit's own making.

    Raises:
        ContractError: the bytes are none.
    """
    envelope = read(data)
    if envelope.type not in ROWS:
        raise ContractError(f"a {envelope.type} among the rows")
    return load(ROWS[envelope.type], envelope.body)


def _head(
    chain: str, deployment: str, decision: str, assignment: str, from_us: int, to_us: int, covered_us: int, closed: int
) -> Head:
    return Head(chain, Under(deployment, decision, assignment, Window(from_us, to_us)), covered_us, bool(closed))
