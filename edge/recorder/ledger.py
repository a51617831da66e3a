# SPDX-License-Identifier: EUPL-1.2
"""One camera's ledger of one window: every moment of it becomes footage or a signed gap, and its end is stated.

The ledger appends the rows of the camera's chain (`contract.index`). It knows up to when the window is covered; what
lies between that and the next record is stated as a gap, with the reason that was noted last. One that is taken up
again after a restart goes on where the earlier one ended: the time between is the time without a process.

Nothing is stated of a moment that has not passed for certain. Footage of a clock that nothing vouches for, and which
claims a later time, lies *ahead*: what lies before it is stated once that moment has passed, or the clock is known.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from contract.chain import JOIN_US
from contract.envelope import Envelope, enclose
from contract.index import CLOSING, DELETION, GAP, INDEX_ROW, Closing, Deletion, Gap, IndexRow, Reason, chain_value
from contract.mandate import Window
from contract.record import INTEGER_LIMIT, dump
from contract.segment import SegmentHeader
from edge.recorder.outbox import Head, Held, Under
from edge.recorder.spool import SegmentFile, Spool, Waiting
from edge.unit.identity import FilmKey

Ended = Literal["window", "stopped", "withdrawn", "replaced"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A closed segment's own facts, for its row."""

    header: SegmentHeader
    header_sha256: bytes
    chain: bytes
    records: int
    length: int
    from_us: int
    to_us: int


@dataclass
class Ledger:
    """Of one camera under one order and window. Any thread may call; each call is one durable row or none."""

    spool: Spool
    unit: str
    camera: str
    under: Under
    film: FilmKey
    reason: Reason  # of what is not covered yet
    sure_us: Callable[[], int] = lambda: INTEGER_LIMIT  # `UnitClock.sure_us`: up to when something may be stated
    _covered_us: int = 0
    _ahead: tuple[Window, ...] = ()  # footage that what is covered does not reach yet
    _writing: bool = False  # a segment is open: its header says already what it follows
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        head = self.spool.outbox.head(self.camera)
        mine = head is not None and head.under.same(self.under)
        self._covered_us = head.covered_us if head is not None and mine else self.under.window.from_us
        if head is not None and mine:
            self.reason = self.reason if head.closed else "no-process"
            for span in self._kept_ahead():
                self._covered_us, self._ahead = self._with(span)

    @property
    def covered_us(self) -> int:
        """Up to when the window is covered."""
        with self._lock:
            return self._covered_us

    def prolong(self, under: Under) -> None:
        """The same window, to the end that it has now."""
        with self._lock:
            self.under = under

    def note(self, reason: Reason) -> None:
        """Why there is no picture now."""
        with self._lock:
            self.reason = reason

    def begin(self, at_us: int) -> None:
        """A segment begins at this moment: state what lies before it, if that has passed for certain.

        Until `done`, nothing else joins the chain. What lies ahead of this moment was filmed by a clock that went
        wrong: it covers none of the time that is still to come.

        Raises:
            SpoolError: the gap does not stand, and is still to be stated; no segment may begin.
        """
        with self._lock:
            self._ahead = tuple(span for span in self._ahead if span.from_us <= at_us)
            if at_us <= self.sure_us():
                self.gap(at_us)
            self._writing = True

    def done(self) -> None:
        """The segment is closed, or never was."""
        with self._lock:
            self._writing = False

    def gap(self, until_us: int) -> Waiting | None:
        """State what is not covered up to this moment; None where nothing is left out, or a segment is open.

        Gives the last row, where footage that lay ahead parts it.

        Raises:
            SpoolError: it does not stand, and is still to be stated.
        """
        with self._lock:
            waiting = None
            until_us = min(until_us, self.sure_us(), self.under.window.to_us)
            while not self._writing and until_us - self._covered_us > JOIN_US:
                to_us = min([until_us, *(span.from_us for span in self._ahead[:1])])
                body = Gap(**self._facts(), reason=self.reason, from_us=self._covered_us, to_us=to_us)
                waiting = self._state(enclose(GAP, body, self.film.key), body, Window(body.from_us, body.to_us))
            return waiting

    def sealed(self, file: SegmentFile, sealed: Sealed) -> Waiting:
        """Close a segment and sign its row. Raises SpoolError as `Spool.close` does."""
        with self._lock:
            body, held = self._segment_row(sealed, f"{sealed.header.run}-{sealed.header.segment}", False)
            covered = self._with(Window(body.from_us, body.to_us))
            waiting = self.spool.close(file, held, self._head(body.chain, covered[0]))
            self._covered_us, self._ahead = covered
            self.reason = "no-picture"
            return waiting

    def recovered(self, sealed: Sealed, part: str) -> tuple[Held, Head]:
        """The row of a segment that an earlier start left open, for `Spool.settle`."""
        with self._lock:
            body, held = self._segment_row(sealed, part, True)
            self._covered_us, self._ahead = self._with(Window(body.from_us, body.to_us))
            return held, self._head(body.chain, self._covered_us)

    def close(self, ended: Ended, at_us: int) -> Waiting:
        """The window is over for this camera, at this moment: state what is left, then the end. Raises SpoolError.

        It does not end before it begins, nor before what was filmed of it, whatever the clock says now.
        """
        with self._lock:
            window = self.under.window
            at_us = min(at_us, self.sure_us(), window.to_us)
            self.gap(at_us)
            at_us = max(at_us, window.from_us, self._covered_us, *(span.to_us for span in self._ahead))
            body = Closing(**self._facts(), ended=ended, from_us=window.from_us, to_us=at_us)
            return self._state(enclose(CLOSING, body, self.film.key), body, Window(window.from_us, at_us), closed=True)

    def _state(self, envelope: Envelope, body: Gap | Closing, covers: Window, closed: bool = False) -> Waiting:
        chain = chain_value(envelope, body)
        covered = self._with(covers)
        waiting = self.spool.state(Held(chain, self.camera, dump(envelope)), self._head(chain, covered[0], closed))
        self._covered_us, self._ahead = covered
        return waiting

    def _with(self, span: Window) -> tuple[int, tuple[Window, ...]]:
        """Up to when the window is covered with this stretch of it, and what lies ahead of that."""
        covered_us, ahead = self._covered_us, list[Window]()
        for found in sorted((*self._ahead, span), key=lambda found: found.from_us):
            if found.from_us - covered_us <= JOIN_US:
                covered_us = max(covered_us, found.to_us)
            elif ahead and found.from_us - ahead[-1].to_us <= JOIN_US:
                ahead[-1] = Window(ahead[-1].from_us, max(ahead[-1].to_us, found.to_us))
            else:
                ahead.append(found)
        return covered_us, tuple(ahead)

    def _kept_ahead(self) -> list[Window]:
        """What an earlier start filmed ahead and no ack came for: its newest rows, and as a rule there is none."""
        found: list[Window] = []
        for waiting in reversed(self.spool.waiting()):
            row = waiting.body if waiting.camera == self.camera else None
            if row is None or isinstance(row, Deletion):
                continue
            if row.to_us <= self._covered_us or not isinstance(row, IndexRow) or row.decision != self.under.decision:
                break
            found.append(Window(row.from_us, row.to_us))
        return found

    def _segment_row(self, sealed: Sealed, part: str, recovered: bool) -> tuple[IndexRow, Held]:
        header = sealed.header
        body = IndexRow(
            deployment=header.deployment,
            unit=header.unit,
            camera=header.camera,
            layer=header.layer,
            run=header.run,
            segment=header.segment,
            start_id=header.start_id,
            decision=header.decision,
            assignment=header.assignment,
            hour_key=header.hour_key,
            film_certificate=self.film.certificate,
            recovered=recovered,
            previous=header.previous,
            chain=sealed.chain.hex(),
            header_sha256=sealed.header_sha256.hex(),
            records=sealed.records,
            length=sealed.length,
            from_us=sealed.from_us,
            to_us=sealed.to_us,
        )
        row = dump(enclose(INDEX_ROW, body, self.film.key))
        return body, Held(body.chain, self.camera, row, part, header.due_us)

    def _head(self, chain: str, covered_us: int, closed: bool = False) -> Head:
        return Head(chain, self.under, covered_us, closed)

    def _facts(self) -> dict[str, Any]:
        return {
            "deployment": self.under.deployment,
            "unit": self.unit,
            "camera": self.camera,
            "layer": "main",
            "start_id": self.film.start_id,
            "decision": self.under.decision,
            "assignment": self.under.assignment,
            "film_certificate": self.film.certificate,
            "previous": self.spool.outbox.previous(self.camera),
        }


def deletion(
    spool: Spool, waiting: Waiting, film: FilmKey, reason: Literal["retention", "room", "wipe"]
) -> Waiting | None:
    """A segment that waits for its ack goes: a signed row first, then the file. Gives that row; None where no file is
    held any more.

    Raises:
        SpoolError: the row does not stand; nothing has changed.
    """
    segment, head = waiting.body, spool.outbox.head(waiting.camera)
    assert isinstance(segment, IndexRow) and head is not None, "only a segment has a file, and then its chain a head"
    body = Deletion(
        deployment=segment.deployment,
        unit=segment.unit,
        camera=segment.camera,
        layer=segment.layer,
        start_id=film.start_id,
        decision=segment.decision,
        assignment=segment.assignment,
        film_certificate=film.certificate,
        previous=head.chain,
        segment=waiting.chain,
        reason=reason,
        from_us=segment.from_us,
        to_us=segment.to_us,
    )
    envelope = enclose(DELETION, body, film.key)
    chain = chain_value(envelope, body)
    held = Held(chain, waiting.camera, dump(envelope))
    return spool.forget(waiting.chain, held, Head(chain, head.under, head.covered_us, head.closed))
