# SPDX-License-Identifier: EUPL-1.2
"""A film in place of a camera: its packets pass through untouched, in real time, round and round.

Each packet leaves at its own time on one absolute schedule (monotonic clock), so that no round and no late wake-up
shifts the next. Timestamps go on across the seam, where the film begins again at its first keyframe; they begin at
0 whenever `play` is called. Nothing is decoded and audio is left aside. The capture time of a packet is the moment at
which it leaves here, as it would a camera's demuxer.

A film must be H.264 without B-frames (they would arrive out of order) and 8 bit 4:2:0 (browsers decode no other);
`flexzicht-edge film` makes one of any other film.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from edge.capture.source import NotVideoError, OnFormat, OnUnit, SourceError, SourceMissingError, SourceStoppedError
from edge.media import TIMESCALE, AccessUnit, BrokenStreamError, VideoFormat, nal_units, to_avcc

READ_AHEAD = 12  # packets: half a second
PROBED_PACKETS = 100  # before the first picture is shown; B-frames show within a GOP
_PROFILES = (66, 77, 100)  # Baseline, Main, High: ITU-T H.264 annex A.2
_NS_PER_S = 1_000_000_000
_WAIT_AT_MOST_S = 1.0

#: Called with the frame's number in the film (from 0) and its emit time in microseconds UTC.
EmitJournal = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _Packet:
    number: int  # in the film
    dts_90k: int  # since the film's first keyframe
    duration_90k: int
    keyframe: bool
    data: bytes


class FilmSource:
    """A film file as a `Source`, begun `start_offset_us` into it (at the first keyframe from there)."""

    def __init__(
        self,
        path: Path,
        *,
        now_us: Callable[[], int],
        monotonic_ns: Callable[[], int],
        start_offset_us: int = 0,
        on_emit: EmitJournal | None = None,
    ) -> None:
        self.label = path.name
        self._path = path
        self._now_us, self._monotonic_ns = now_us, monotonic_ns
        self._start_offset_us = start_offset_us
        self._on_emit = on_emit

    def play(self, on_format: OnFormat, on_unit: OnUnit, stopping: threading.Event) -> None:
        """Play until `stopping` is set."""
        with opened_film(self._path) as container:
            film = _Film(container, self.label)
            on_format(film.format)
            began_ns: int | None = None  # the first picture's time: what is skipped before it makes none late
            for packet, dts_90k in _read_ahead(film.endless(self._start_offset_us, stopping)):
                began_ns = self._monotonic_ns() if began_ns is None else began_ns
                if not self._due(began_ns + dts_90k * _NS_PER_S // TIMESCALE, stopping):
                    return
                self._emit(packet, dts_90k, on_unit)

    def _due(self, due_ns: int, stopping: threading.Event) -> bool:
        """Waits until then; false when it is to stop."""
        while not stopping.is_set():
            left_ns = due_ns - self._monotonic_ns()
            if left_ns <= 0:
                return True
            stopping.wait(min(left_ns / _NS_PER_S, _WAIT_AT_MOST_S))
        return False

    def _emit(self, packet: _Packet, dts_90k: int, on_unit: OnUnit) -> None:
        captured_at_us, captured_monotonic_ns = self._now_us(), self._monotonic_ns()
        if self._on_emit is not None:
            self._on_emit(packet.number, captured_at_us)
        on_unit(
            AccessUnit(
                data=packet.data,
                dts_90k=dts_90k,
                pts_90k=dts_90k,
                duration_90k=packet.duration_90k,
                keyframe=packet.keyframe,
                captured_at_us=captured_at_us,
                captured_monotonic_ns=captured_monotonic_ns,
            )
        )


class _Film:
    """An open film that has been looked at: its format, and its packets as often as they are wanted."""

    def __init__(self, container: InputContainer, label: str) -> None:
        self._container, self._label = container, label
        self._stream = video_stream(container, label)
        self._time_base = self._stream.time_base or Fraction(1, TIMESCALE)
        self.format = self._checked_format()
        probed = list(islice(self._round(), PROBED_PACKETS))
        if not probed:
            raise self._refusal("holds no pictures")

    def endless(self, start_offset_us: int, stopping: threading.Event) -> Iterator[tuple[_Packet, int]]:
        """Packets with their dts, round after round; the first round begins at the offset."""
        base_90k = 0
        skip_to_90k: int | None = self._offset_90k(start_offset_us)
        while not stopping.is_set():
            packet = None
            for packet in self._round():
                if skip_to_90k is not None:
                    if stopping.is_set():
                        return
                    if not (packet.keyframe and packet.dts_90k >= skip_to_90k):
                        continue
                    base_90k, skip_to_90k = -packet.dts_90k, None
                yield packet, base_90k + packet.dts_90k
            if packet is None:
                raise SourceStoppedError(f"{self._label}: the film can no longer be read")
            if skip_to_90k is None:
                base_90k += packet.dts_90k + packet.duration_90k
            skip_to_90k = None

    def _offset_90k(self, offset_us: int) -> int:
        length_us = self._container.duration  # AV_TIME_BASE is a microsecond
        return (offset_us % length_us if length_us else offset_us) * TIMESCALE // 1_000_000

    def _round(self) -> Iterator[_Packet]:
        """The film from its first keyframe to its end."""
        annexb = not self._extradata().startswith(b"\x01")
        first_dts: int | None = None
        try:
            for number, (dts, packet) in enumerate(self._in_order()):
                if first_dts is None:
                    if not packet.is_keyframe:
                        continue
                    first_dts = dts
                data = to_avcc(bytes(packet)) if annexb else bytes(packet)
                nal_units(data)  # what is broken is refused here, so that neither branch meets it
                ticks, duration = self._ticks(dts - first_dts), self._duration(packet.duration)
                yield _Packet(number, ticks, duration, packet.is_keyframe, data)
        except (av.FFmpegError, BrokenStreamError) as error:
            raise self._refusal(f"is damaged ({error})") from error

    def _in_order(self) -> Iterator[tuple[int, av.Packet[VideoStream]]]:
        """Packets with their dts, from the film's start; refused where the order of showing is another."""
        last_dts = last_pts = None
        self._container.seek(self._stream.start_time or 0, stream=self._stream)
        for packet in self._container.demux(self._stream):
            if not packet.size:
                continue
            dts, pts = packet.dts, packet.dts if packet.pts is None else packet.pts
            if dts is None or pts is None:
                raise self._refusal("has no timestamps")
            if last_pts is not None and pts <= last_pts:
                raise self._refusal("has B-frames")
            if last_dts is not None and dts <= last_dts:
                raise self._refusal("has timestamps that go back")
            last_dts, last_pts = dts, pts
            yield dts, packet

    def _ticks(self, time: int) -> int:
        return round(time * self._time_base * TIMESCALE)

    def _duration(self, duration: int | None) -> int:
        if duration:
            return self._ticks(duration)
        return round(TIMESCALE / (self._stream.average_rate or Fraction(25)))

    def _extradata(self) -> bytes:
        return self._stream.codec_context.extradata or b""

    def _checked_format(self) -> VideoFormat:
        codec = self._stream.codec_context
        if codec.name != "h264":
            raise self._refusal(f"is {codec.name}, not H.264")
        try:
            video_format = VideoFormat.from_extradata(self._extradata(), codec.width, codec.height)
        except BrokenStreamError as error:
            raise self._refusal(f"is damaged ({error})") from error
        if video_format.avcc[1] not in _PROFILES or codec.pix_fmt not in ("yuv420p", "yuvj420p"):
            raise self._refusal("has colours or a profile that browsers do not decode")
        return video_format

    def _refusal(self, why: str) -> NotVideoError:
        return NotVideoError(f"{self._label} {why}; prepare it once with: flexzicht-edge film {self._label} OUT.mp4")


def opened_film(path: Path) -> AbstractContextManager[InputContainer]:
    """The file, opened as a film; `SourceMissingError` or `NotVideoError` where it is none."""
    if not path.is_file():
        raise SourceMissingError(f"{path.name}: there is no such file; give the film's path")
    try:
        return av.open(path, "r", metadata_errors="ignore")
    except PermissionError as error:
        raise SourceMissingError(f"{path.name}: may not be read by this program; change its mode") from error
    except av.FFmpegError as error:
        raise NotVideoError(f"{path.name}: is not a film ({error.strerror}); give a film, MP4 for instance") from error


def video_stream(container: InputContainer, label: str) -> VideoStream:
    """The film's pictures; `NotVideoError` where it has sound only."""
    stream = container.streams.best("video")
    if not isinstance(stream, VideoStream):
        raise NotVideoError(f"{label}: holds no pictures; give a film that has a video track")
    return stream


def _read_ahead(packets: Iterator[tuple[_Packet, int]]) -> Iterator[tuple[_Packet, int]]:
    """The same, read a dozen at a time: woken for each picture, a demuxer finds no cache warm and costs twice as much.

    What was read before the film turned out to be damaged is still given.
    """
    failure: SourceError | None = None
    while failure is None:
        batch: list[tuple[_Packet, int]] = []
        try:
            for packet in islice(packets, READ_AHEAD):
                batch.append(packet)
        except SourceError as error:
            failure = error
        if not batch:
            break
        yield from batch
    if failure is not None:
        raise failure
