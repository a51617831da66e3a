# SPDX-License-Identifier: EUPL-1.2
"""Recording: where runs, segments and fragments begin and end, and that the pictures come back as they were."""

from __future__ import annotations

import errno
import io
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from contract import segment
from contract.authority import RefusedError
from contract.index import Gap, IndexRow
from contract.mandate import HOUR_US, Window
from contract.segment import ClockState, SealedSegment
from edge.media import AccessUnit, BrokenStreamError
from edge.recorder import spool as spool_module
from edge.recorder.outbox import Outbox, OutboxError
from edge.recorder.recorder import Recorder
from edge.recorder.recording import Recording
from edge.recorder.spool import Spool, SpoolError, Waiting
from tests.unit.edge import unit
from tests.unit.edge.pictures import moved, packets, pictures, video_format
from tests.unit.edge.unit import NOW_US

HUB = unit.hub()
LIMIT = 2**30


@dataclass
class Made:
    """A recording, what it sealed, and how to look into it."""

    spool: Spool
    hub: Any = field(default_factory=lambda: HUB)
    waiting: list[Waiting] = field(default_factory=list)

    def recording(self, **terms: Any) -> Recording:
        made = unit.terms(self.hub, **terms)
        return Recording(made, unit.ledger(made, self.spool), self.spool, self.waiting.append)

    def files(self) -> list[bytes]:
        return [item.path.read_bytes() for item in self.waiting if item.path is not None]

    def rows(self) -> list[IndexRow]:
        return [item.body for item in self.waiting if isinstance(item.body, IndexRow)]

    def checked(self) -> list[SealedSegment]:
        return [segment.check(io.BytesIO(data)) for data in self.files()]

    def opened(self) -> list[list[bytes]]:
        return [self.hub.opened(data) for data in self.files()]

    def gaps(self) -> list[tuple[int, int, str]]:
        """Stated gaps within a day, in milliseconds from the first moment."""
        found = [item.body for item in self.spool.waiting() if isinstance(item.body, Gap)]
        return [((gap.from_us - NOW_US) // 1000, (gap.to_us - NOW_US) // 1000, gap.reason) for gap in found]

    def pictures(self) -> list[bytes]:
        """Every picture of every segment, in order."""
        return [packet for records in self.opened() for packet in packets(records)]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(Spool(tmp_path, LIMIT))


def record(recording: Recording, units: Iterable[AccessUnit]) -> None:
    recording.begin(video_format())
    for picture in units:
        recording.add(picture)
    recording.end()


def data(units: Iterable[AccessUnit]) -> list[bytes]:
    return [picture.data for picture in units]


def test_the_sources_packets_come_back_and_nothing_is_readable(made: Made) -> None:
    units = pictures(20, NOW_US)
    record(made.recording(), units)
    assert made.pictures() == data(units)
    stored = b"".join(made.files()) + b"".join(item.row for item in made.waiting)
    assert video_format().sps[0] not in stored
    assert not any(picture[start : start + 16] in stored for picture in data(units) for start in (0, 40))


def test_segments_close_at_the_first_keyframe_after_eight_seconds(made: Made) -> None:
    record(made.recording(), pictures(21, NOW_US))
    assert [(s.first_us - NOW_US, s.last_us - NOW_US) for s in made.checked()] == [
        (0, 8_000_000),
        (8_000_000, 16_000_000),
        (16_000_000, 21_000_000),
    ]
    assert [s.records for s in made.checked()] == [21, 21, 14]  # the init and 0.4 s each
    assert [s.header.segment for s in made.checked()] == [0, 1, 2]
    assert len({s.header.run for s in made.checked()}) == 1
    assert all("not-self-starting" not in s.header.marks for s in made.checked())


def test_every_segment_is_checked_by_hub_and_chained(made: Made) -> None:
    record(made.recording(), pictures(21, NOW_US))
    (gap,) = (item for item in made.spool.waiting() if isinstance(item.body, Gap))  # of the window before NOW_US
    previous = gap.chain
    for item, data, sealed in zip(made.waiting, made.files(), made.checked(), strict=True):
        identity = unit.IDENTITY.public
        row = made.hub.take_row(item.row, identity)
        assert made.hub.take_segment(item.chain, data, identity) == sealed
        assert (row.previous, row.from_us, row.to_us) == (previous, sealed.first_us, sealed.last_us)
        previous = item.chain


def test_without_a_keyframe_a_segment_is_cut_at_twenty_seconds_and_the_next_says_so(made: Made) -> None:
    units = pictures(45, NOW_US, gop=25 * 60)
    record(made.recording(), units)
    assert [s.last_us - s.first_us for s in made.checked()] == [20_000_000, 20_000_000, 5_000_000]
    assert ["not-self-starting" in s.header.marks for s in made.checked()] == [False, True, True]
    assert [picture for records in made.opened() for picture in records[1:]]
    # One run, one init: the segments play as one.
    assert packets([made.opened()[0][0], *(f for records in made.opened() for f in records[1:])]) == data(units)


def test_a_new_hour_is_a_new_run_under_its_own_key(made: Made) -> None:
    from_us = NOW_US - NOW_US % HOUR_US + HOUR_US - 3_000_000  # keyframes at -3, -1, +1 s of the hour
    units = pictures(6, from_us)
    record(made.recording(), units)
    first, second = (s.header for s in made.checked())
    assert first.run != second.run
    assert (first.segment, second.segment) == (0, 1)
    assert first.hour_key != second.hour_key
    assert "not-self-starting" in second.marks
    hour_us = from_us + 3_000_000
    assert [s.first_us for s in made.checked()] == [from_us, hour_us]
    assert made.checked()[0].last_us == hour_us
    assert len({records[0] for records in made.opened()}) == 1
    fragments = [f for records in made.opened() for f in records[1:]]
    assert all(picture in b"".join(fragments) for picture in data(units))


def test_no_number_comes_twice_in_one_start(made: Made) -> None:
    """Across runs, as here by a step of the camera's timestamps, and across recordings of the same start."""
    recording = made.recording()
    record(recording, [*pictures(2, NOW_US, first=100), *pictures(3, NOW_US + 2_000_000, first=20)])
    record(
        made.recording(numbers=recording.terms.numbers, random=unit.steady_random("again")),
        pictures(9, NOW_US + 6_000_000),
    )
    assert [s.header.segment for s in made.checked()] == [0, 1, 2, 3]
    assert len({s.header.run for s in made.checked()}) == 3


def test_nothing_captured_at_the_end_or_later_is_sealed(made: Made) -> None:
    units = pictures(5, NOW_US)
    record(made.recording(ends_us=lambda: NOW_US + 3_000_000), units)
    assert made.pictures() == data(units[:75])
    assert [row.to_us for row in made.rows()] == [NOW_US + 3_000_000]


def test_the_last_record_does_not_reach_past_the_end(made: Made) -> None:
    record(made.recording(ends_us=lambda: NOW_US + 3_010_000), pictures(5, NOW_US))
    assert [row.to_us for row in made.rows()] == [NOW_US + 3_010_000]


def test_pictures_before_the_first_keyframe_are_left_out(made: Made) -> None:
    units = pictures(4, NOW_US, first=30)
    record(made.recording(), units)
    assert made.pictures() == data(units[20:])


def test_another_format_is_another_run(made: Made) -> None:
    recording = made.recording()
    record(recording, pictures(2, NOW_US))
    record(recording, pictures(2, NOW_US + 5_000_000))
    assert len({s.header.run for s in made.checked()}) == 2


def test_a_camera_that_begins_anew_waits_for_its_keyframe(made: Made) -> None:
    before, after = pictures(2, NOW_US, first=100), pictures(3, NOW_US + 2_000_000, first=20)
    record(made.recording(), [*before, *after])
    assert made.pictures() == data(before + after[30:])
    assert len({s.header.run for s in made.checked()}) == 2


def test_a_step_of_the_clock_is_a_new_run_that_says_so(made: Made) -> None:
    units = pictures(4, NOW_US)
    stepped = units[:30] + moved(units[30:], lambda u: {"captured_at_us": u.captured_at_us - 2_000_000})
    record(made.recording(), stepped)
    first, second = made.checked()
    assert first.header.run != second.header.run
    assert first.header.marks == ("demo",)
    assert second.header.marks == ("demo", "clock-step", "not-self-starting")


def test_an_unsynchronised_clock_is_shown_and_filming_goes_on(made: Made) -> None:
    clock = ClockState("free-running", False, 16_000_000)
    record(made.recording(clock=lambda: clock), pictures(1, NOW_US))
    (sealed,) = made.checked()
    assert "unsynchronised" in sealed.header.marks
    assert sealed.header.clock == clock


def test_no_key_for_the_hour_is_no_picture(made: Made) -> None:
    made.hub = unit.hub(windows=(Window(NOW_US, NOW_US + 100 * HOUR_US),), offline_grace_s=0)
    recording = made.recording()
    recording.begin(video_format())
    late = replace(pictures(1, NOW_US + 200 * HOUR_US)[0])
    terms = replace(recording.terms, ends_us=lambda: late.captured_at_us + 1)
    recording = Recording(terms, recording.ledger, made.spool, made.waiting.append)
    recording.begin(video_format())
    with pytest.raises(RefusedError) as refused:
        recording.add(late)
    assert refused.value.rule == "mandate.keyset"
    assert made.waiting == []


def test_a_failed_write_ends_the_segment_and_the_next_has_new_keys(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    units = pictures(6, NOW_US)
    recording = made.recording()
    recording.begin(video_format())
    for picture in units[:25]:
        recording.add(picture)

    def fail(descriptor: int, record: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(spool_module, "write_all", fail)
        with pytest.raises(SpoolError):
            for picture in units[25:50]:
                recording.add(picture)
    assert not recording.sealing
    for picture in units[30:]:
        recording.add(picture)
    recording.end()
    before, after = made.opened()
    assert packets(before) == data(units[:20])  # two whole records
    assert packets(after) == data(units[50:])  # from the next keyframe
    first, second = (s.header for s in made.checked())
    assert first.wrapped != second.wrapped
    assert first.run != second.run


def test_a_segment_that_cannot_begin_leaves_nothing(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = made.recording()
    recording.begin(video_format())

    def fail(descriptor: int, record: bytes) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(spool_module, "write_all", fail)
        with pytest.raises(SpoolError):
            recording.add(pictures(1, NOW_US)[0])
    assert unit.files(made.spool._folder / "cam-1") == []
    record(recording, pictures(1, NOW_US))
    assert len(made.checked()) == 1


def test_a_full_spool_ends_the_segment_whole(tmp_path: Path) -> None:
    made = Made(Spool(tmp_path, 2**20))
    recording = made.recording()
    recording.begin(video_format())
    with pytest.raises(SpoolError) as full:
        for picture in pictures(600, NOW_US):
            recording.add(replace(picture, data=(4000).to_bytes(4, "big") + bytes(4000)))
    assert full.value.rule == "spool.full"
    assert all(s.records > 1 for s in made.checked())


def test_pictures_that_do_not_add_up_end_the_segment(made: Made) -> None:
    units = pictures(2, NOW_US)
    bad = replace(units[24], duration_90k=0)
    recording = made.recording()
    recording.begin(video_format())
    for picture in [*units[:24], bad]:
        recording.add(picture)
    with pytest.raises(BrokenStreamError):
        recording.flush()
    assert made.pictures() == data(units[:20])


def test_a_large_picture_does_not_break_the_record(made: Made) -> None:
    units = [
        replace(picture, data=(3_000_000).to_bytes(4, "big") + bytes(3_000_000)) for picture in pictures(0.4, NOW_US)
    ]
    record(made.recording(), units)
    assert [s.records for s in made.checked()] == [6]  # the init, and never more than 8 MiB in one


# --- In its own thread ----------------------------------------------------------------------------------------


def test_the_recorder_seals_what_it_was_given_when_it_stops(made: Made) -> None:
    recorder = Recorder(made.recording())
    recorder.start()
    recorder.begin(video_format())
    units = pictures(9, NOW_US)
    for picture in units:
        recorder.add(picture)
    assert recorder.stop(5)
    assert made.pictures() == data(units)
    assert recorder.failure is None


def test_a_disk_that_is_behind_leaves_out_pictures_and_says_so(made: Made) -> None:
    left_out: list[None] = []
    # Not started: nothing is taken from the queue.
    recorder = Recorder(made.recording(), lambda: left_out.append(None))
    units = pictures(12, NOW_US)
    recorder.begin(video_format())
    for picture in units:
        recorder.add(picture)
    assert recorder.failure == ("recorder.behind", "the disk is behind; pictures were left out")
    recorder.start()
    while recorder._waiting:  # bounded by the test's own time limit
        pass
    later = pictures(3, NOW_US + 12_000_000, first=len(units) + 10)
    for picture in later:
        recorder.add(picture)
    assert recorder.stop(5)
    assert made.pictures() == data(units[:255]) + data(later[40:])
    assert len(left_out) == len(units[255:]) + 40
    assert len({s.header.run for s in made.checked()}) == 2
    assert recorder.failure is None


def test_a_failure_is_told_until_it_films_again(made: Made) -> None:
    recorder = Recorder(made.recording())
    recorder.start()
    recorder.begin(video_format())
    recorder.add(replace(pictures(1, NOW_US)[0], duration_90k=0))
    assert recorder.stop(5)
    assert recorder.failure is not None
    assert recorder.failure[0] == "camera.broken"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_nobody_foresaw_is_kept_for_who_started_it(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(camera: str, run: str, number: int) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(made.spool, "begin", fail)
    recorder = Recorder(made.recording())
    recorder.start()
    recorder.begin(video_format())
    recorder.add(pictures(1, NOW_US)[0])
    assert not recorder.stop(5)
    assert isinstance(recorder.broken, PermissionError)


# --- What is not recorded --------------------------------------------------------------------------------------


def test_a_pause_of_the_camera_is_a_gap_between_its_segments(made: Made) -> None:
    recording = made.recording()
    record(recording, pictures(2, NOW_US))
    record(recording, pictures(2, NOW_US + 12_000_000))
    assert made.gaps()[1:] == [(2_000, 12_000, "no-picture")]
    rows = [item.body for item in made.spool.waiting()]
    chains = [item.chain for item in made.spool.waiting()]
    assert [row.previous for row in rows] == [segment.FIRST, *chains[:-1]]


def test_pictures_that_follow_at_once_leave_no_gap(made: Made) -> None:
    recording = made.recording()
    record(recording, pictures(2, NOW_US))
    record(recording, pictures(2, NOW_US + 2_400_000))
    assert len(made.gaps()) == 1


def test_a_gap_says_what_was_noted(made: Made) -> None:
    recording = made.recording()
    record(recording, pictures(2, NOW_US))
    recording.ledger.note("disk")
    record(recording, pictures(2, NOW_US + 12_000_000))
    record(recording, pictures(2, NOW_US + 20_000_000))
    assert [reason for _, _, reason in made.gaps()[1:]] == ["disk", "no-picture"]


def test_a_gap_that_cannot_be_stated_stops_the_segment_that_would_follow(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = made.recording()
    record(recording, pictures(2, NOW_US))

    def fail(outbox: Outbox, *statements: object) -> None:
        raise OutboxError("disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(Outbox, "_commit", fail)
        recording.begin(video_format())
        with pytest.raises(SpoolError):
            recording.add(pictures(1, NOW_US + 12_000_000)[0])
    record(recording, pictures(2, NOW_US + 20_000_000))
    assert made.gaps()[1:] == [(2_000, 20_000, "no-picture")]
