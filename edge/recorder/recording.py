# SPDX-License-Identifier: EUPL-1.2
"""One camera's recording under one order: access units in, sealed segments in the spool out.

*Run*: one init, one hour key, so at most one hour; another format, a new hour, a step of the clock or of the camera's
own timestamps starts another. *Segment*: begins on a keyframe; the first keyframe after 8 s closes it, 20 s close it
anyway, and then the next one is marked `not-self-starting`, as is one that begins mid-way at a new hour; its number is
one that this start of the unit has not given this camera before, in whichever run or recording. *Fragment*:
0.4 s, one record, sealed as soon as it is whole and without waiting for the next picture. Nothing captured at or
after the order's end is sealed.

A failed write ends the segment at its last whole record; the next one begins at the next keyframe, under a new key.
What lies between two segments and is not covered becomes a signed gap (`edge.recorder.ledger`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from contract.authority import Order
from contract.mandate import HOUR_US, HourKey
from contract.record import ContractError
from contract.segment import ClockState, SegmentHeader
from edge.config import FIRMWARE
from edge.media import FRAGMENT_LIMIT, SAMPLES_LIMIT, TIMESCALE, AccessUnit, VideoFormat, fragment, init_segment
from edge.recorder.ledger import Ledger, Sealed
from edge.recorder.seal import Sealer, When
from edge.recorder.spool import SegmentFile, Spool, SpoolError, Waiting
from edge.unit.identity import FilmKey, Random

FRAGMENT_90K = TIMESCALE * 4 // 10
SEGMENT_90K = 8 * TIMESCALE
SEGMENT_CUT_90K = 20 * TIMESCALE
STEP_US = 500_000  # wall clock against monotonic, between two pictures

NOT_SELF_STARTING = "not-self-starting"
CLOCK_STEP = "clock-step"
UNSYNCHRONISED = "unsynchronised"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a recording is made under."""

    order: Order
    hour_key: Callable[[int], HourKey]  # of this moment, as the newest keyset has it; raises RefusedError
    ends_us: Callable[[], int]  # the window's end as it stands now: nothing captured then or later is sealed
    film: FilmKey
    numbers: Iterator[int]  # of segments: one for this start and camera, so that none comes twice
    marks: Callable[[], tuple[str, ...]]  # that hold at this moment
    checkpoint: Callable[[], str]  # the newest that the unit has verified
    clock: Callable[[], ClockState]
    random: Random


@dataclass
class _Run:
    """One init, one hour."""

    id: str
    hour_us: int
    first_dts: int
    fragments: int = 0


@dataclass
class _Segment:
    """The segment that is open."""

    sealer: Sealer
    file: SegmentFile
    first_dts: int
    from_us: int
    to_us: int
    # As of the last record that is in the file:
    chain: bytes = b""
    records: int = 0


@dataclass
class Recording:
    """One thread uses it.

    Args:
        terms: order, keys and marks.
        ledger: of this camera and window; where rows go.
        spool: where segments go.
        on_sealed: told of each closed segment.
        between: called before each segment, when no other row is being made: what is due goes then.
    """

    terms: Terms
    ledger: Ledger
    spool: Spool
    on_sealed: Callable[[Waiting], None]
    between: Callable[[], None] = lambda: None
    _init: bytes = b""
    _run: _Run | None = None
    _segment: _Segment | None = None
    _pending: list[AccessUnit] = field(default_factory=list)
    _pending_bytes: int = 0
    _last: AccessUnit | None = None
    _marks: tuple[str, ...] = ()

    @property
    def sealing(self) -> bool:
        """Whether a segment is open."""
        return self._segment is not None

    @property
    def whole_at_90k(self) -> int | None:
        """The dts up to which pictures make what is pending a whole fragment; None where nothing is."""
        return self._pending[0].dts_90k + FRAGMENT_90K if self._pending else None

    def follow(self, before: Recording) -> None:
        """Go on where an earlier recording of the same camera ended: at the very next picture, keyframe or not."""
        self._init = before._init
        self._marks = (NOT_SELF_STARTING,)

    def begin(self, video_format: VideoFormat) -> None:
        """The camera (re)starts, with pictures of this format. Raises as `add` does."""
        self.end()
        self._init = init_segment(video_format)  # once: every segment of the camera begins with it

    def add(self, unit: AccessUnit) -> None:
        """Take one picture.

        Raises:
            SpoolError: it could not be written; recording goes on at the next keyframe.
            RefusedError: there is no key for its hour.
            ContractError: nothing can be sealed to the hour's key.
            BrokenStreamError: the camera's pictures do not add up.
        """
        if unit.captured_at_us >= self.terms.ends_us():
            self.end()
            return
        self._part(unit)
        if self._segment is None and unit.keyframe:
            self._marks = tuple(mark for mark in self._marks if mark != NOT_SELF_STARTING)
        if self._segment is None and not (unit.keyframe or NOT_SELF_STARTING in self._marks):
            return  # a decoder could do nothing with it
        if self._pending_bytes + len(unit.data) > FRAGMENT_LIMIT or len(self._pending) == SAMPLES_LIMIT:
            self.flush()
        if self._segment is None:
            self._open(unit)
        self._pending.append(unit)
        self._pending_bytes += len(unit.data)
        self._last = unit
        if unit.dts_90k + unit.duration_90k - self._pending[0].dts_90k >= FRAGMENT_90K:
            self.flush()

    def flush(self) -> None:
        """What waits becomes a record now: the fragment is whole, or the camera falters. Raises as `add` does."""
        pending, self._pending, self._pending_bytes = self._pending, [], 0
        run, segment = self._run, self._segment
        if not pending or run is None or segment is None:
            return
        run.fragments += 1
        first, last = pending[0], pending[-1]
        duration_us = (last.dts_90k + last.duration_90k - first.dts_90k) * 1_000_000 // TIMESCALE
        when = When(
            first.captured_at_us,
            first.captured_monotonic_ns // 1000,
            min(duration_us, self.terms.ends_us() - first.captured_at_us),
        )
        try:
            plaintext = fragment(run.fragments, first.dts_90k - run.first_dts, pending)
            self._write(segment, segment.sealer.seal("fragment", plaintext, when, first.keyframe), when)
        except (SpoolError, ValueError):  # BrokenStreamError is a ValueError
            self._close_with_what_stands()
            raise

    def end(self) -> None:
        """Close what is open; pictures begin a new run. Raises as `add` does."""
        try:
            self.flush()
            self._close()
        finally:
            self._run, self._segment, self._last, self._marks = None, None, None, ()

    def _part(self, unit: AccessUnit) -> None:
        """End the run or the segment before this picture, where one must end."""
        run, segment, last = self._run, self._segment, self._last
        if run is None or segment is None or last is None:
            return
        midway = () if unit.keyframe else (NOT_SELF_STARTING,)
        if unit.dts_90k <= last.dts_90k:
            self.end()  # the camera began anew: nothing decodes before its next keyframe
        elif _stepped(last, unit):
            self.end()
            self._marks = (CLOCK_STEP, *midway)
        elif unit.captured_at_us // HOUR_US * HOUR_US != run.hour_us:
            self.end()
            self._marks = midway
        elif unit.dts_90k - segment.first_dts >= (SEGMENT_90K if unit.keyframe else SEGMENT_CUT_90K):
            self.flush()
            self._close()
            self._marks = midway

    def _open(self, unit: AccessUnit) -> None:
        """Begin a segment at this picture, and a run if none is open; record 0 is the run's init."""
        assert self._init, "a picture before its format"
        run = self._run
        if run is None:
            hour_us = unit.captured_at_us // HOUR_US * HOUR_US
            run = self._run = _Run(self.terms.random(16).hex(), hour_us, unit.dts_90k)
        hour_key = self.terms.hour_key(unit.captured_at_us)
        self.between()
        self.ledger.begin(unit.captured_at_us)
        try:
            self._segment = self._begun(run, unit, hour_key)
        except (SpoolError, ContractError):
            self.ledger.done()
            raise

    def _begun(self, run: _Run, unit: AccessUnit, hour_key: HourKey) -> _Segment:
        number = next(self.terms.numbers)
        sealer = Sealer(
            self._header(run, number, unit, hour_key), hour_key.public, self.terms.film.key, self.terms.random
        )
        file = self.spool.begin(self.terms.order.assignment.camera, run.id, number)
        at_us = unit.captured_at_us
        segment = _Segment(sealer, file, unit.dts_90k, at_us, at_us)
        self._marks = ()
        when = When(at_us, unit.captured_monotonic_ns // 1000, 0)
        try:
            file.append(sealer.head, at_us)
            self._write(segment, sealer.seal("init", self._init, when, False), when)
        except SpoolError:
            sealer.forget()
            self.spool.drop(file)
            raise
        return segment

    def _header(self, run: _Run, number: int, unit: AccessUnit, hour_key: HourKey) -> SegmentHeader:
        order, film, clock = self.terms.order, self.terms.film, self.terms.clock()
        unsynchronised = () if clock.synchronised else (UNSYNCHRONISED,)
        return SegmentHeader(
            deployment=order.decision.deployment,
            post=order.post.post,
            unit=order.assignment.unit,
            camera=order.assignment.camera,
            run=run.id,
            segment=number,
            start_id=film.start_id,
            decision=order.decision_digest,
            assignment=order.assignment_digest,
            hour_key=hour_key.key,
            due_us=hour_key.due_us,
            layer="main",
            envelope="none",
            masks_digest=order.assignment.masks_digest,
            model_digest=None,
            firmware=FIRMWARE,
            clock=clock,
            checkpoint=self.terms.checkpoint(),
            film_certificate=film.certificate,
            wrapped=b"",
            previous=self.spool.outbox.previous(order.assignment.camera),
            opened_at_us=unit.captured_at_us,
            opened_monotonic_us=unit.captured_monotonic_ns // 1000,
            marks=(*self.terms.marks(), *unsynchronised, *self._marks),
        )

    def _write(self, segment: _Segment, record: bytes, when: When) -> None:
        segment.file.append(record, when.wall_us + when.duration_us)
        segment.chain, segment.records = segment.sealer.chain, segment.sealer.records
        segment.to_us = when.wall_us + when.duration_us

    def _close(self) -> None:
        """Sign the index row and let the segment go. Raises SpoolError."""
        segment, self._segment = self._segment, None
        if segment is None:
            return
        segment.sealer.forget()
        sealed = Sealed(
            header=segment.sealer.header,
            header_sha256=segment.sealer.header_sha256,
            chain=segment.chain,
            records=segment.records,
            length=segment.file.length,
            from_us=segment.from_us,
            to_us=segment.to_us,
        )
        try:
            waiting = self.ledger.sealed(segment.file, sealed)
        finally:
            self.ledger.done()
        self.on_sealed(waiting)

    def _close_with_what_stands(self) -> None:
        """After a failure: the segment ends at its last whole record, if the disk still allows that."""
        try:
            self._close()
        except SpoolError:
            # Its `.part` stays, and the next start recovers it; the failure that led here is what is reported.
            self._segment = None
        self._run, self._last, self._marks = None, None, ()


def _stepped(last: AccessUnit, unit: AccessUnit) -> bool:
    """Whether the wall clock was moved between two pictures."""
    wall_us = unit.captured_at_us - last.captured_at_us
    monotonic_us = (unit.captured_monotonic_ns - last.captured_monotonic_ns) // 1000
    return abs(wall_us - monotonic_us) > STEP_US
