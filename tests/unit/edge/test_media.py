# SPDX-License-Identifier: EUPL-1.2
"""Media: fragments play whole, the two forms of H.264 are one, and broken bytes are refused by name."""

import hashlib
import io
import struct
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.video.stream import VideoStream
from hypothesis import given
from hypothesis import strategies as st

from edge import media
from edge.media import AccessUnit, BrokenStreamError, VideoFormat, fragment, init_segment, nal_units, to_annexb, to_avcc
from tests.films import numbered_film, read_numbers

Film = tuple[VideoFormat, list[AccessUnit]]


def read_film(path: Path) -> Film:
    with av.open(path) as container:
        stream = container.streams.video[0]
        codec = stream.codec_context
        video_format = VideoFormat.from_extradata(codec.extradata or b"", codec.width, codec.height)
        packets = [packet for packet in container.demux(stream) if packet.size]
        scale = (stream.time_base or Fraction(1)) * media.TIMESCALE
        first = packets[0].dts or 0
        return video_format, [
            AccessUnit(
                data=bytes(packet),
                dts_90k=round(((packet.dts or 0) - first) * scale),
                pts_90k=round(((packet.pts or 0) - first) * scale),
                duration_90k=round((packet.duration or 0) * scale),
                keyframe=packet.is_keyframe,
                captured_at_us=0,
                captured_monotonic_ns=0,
            )
            for packet in packets
        ]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    return read_film(numbered_film(tmp_path_factory.mktemp("film") / "film.mp4", 50, 25, gop=10))


@pytest.fixture
def complaints() -> Iterator[list[tuple[int, str, str]]]:
    """What the library warned of while reading."""
    av.logging.set_level(av.logging.WARNING)
    try:
        with av.logging.Capture(local=False) as logs:
            yield logs
    finally:
        av.logging.set_level(None)


def fragments(units: list[AccessUnit], base_dts: int = 0, size: int = 10) -> bytes:
    first = units[0].dts_90k
    cuts = [units[at : at + size] for at in range(0, len(units), size)]
    return b"".join(fragment(n, base_dts + cut[0].dts_90k - first, cut) for n, cut in enumerate(cuts, 1))


def digests(parts: list[bytes]) -> list[str]:
    return [hashlib.md5(part, usedforsecurity=False).hexdigest() for part in parts]


def packets_of(mp4: bytes) -> "list[av.Packet[VideoStream]]":
    with av.open(io.BytesIO(mp4), "r") as container:
        return [packet for packet in container.demux(container.streams.video[0]) if packet.size]


def test_init_and_fragments_play_whole(film: Film, complaints: list[tuple[int, str, str]]) -> None:
    video_format, units = film
    mp4 = init_segment(video_format) + fragments(units)

    packets = packets_of(mp4)

    assert digests([bytes(packet) for packet in packets]) == digests([unit.data for unit in units])
    assert [packet.dts for packet in packets] == [unit.dts_90k for unit in units] == list(range(0, 50 * 3600, 3600))
    assert [packet.pts for packet in packets] == [packet.dts for packet in packets]
    assert [packet.is_keyframe for packet in packets] == [number % 10 == 0 for number in range(50)]
    assert packets[-1].duration == 3600
    assert read_numbers(io.BytesIO(mp4)) == list(range(50))
    assert complaints == []


def test_a_cut_fragment_is_complained_of(film: Film, complaints: list[tuple[int, str, str]]) -> None:
    """The control of the test above: the reader does notice."""
    video_format, units = film

    packets_of((init_segment(video_format) + fragments(units))[:-10])

    assert complaints != []


def test_two_runs_join_without_a_hole(film: Film, complaints: list[tuple[int, str, str]]) -> None:
    video_format, units = film
    first, second = units[:30], units[10:40]
    mp4 = init_segment(video_format) + fragments(first) + fragments(second, base_dts=30 * 3600, size=7)

    assert digests([bytes(packet) for packet in packets_of(mp4)]) == digests([u.data for u in first + second])
    assert [packet.dts for packet in packets_of(mp4)] == list(range(0, 60 * 3600, 3600))
    assert read_numbers(io.BytesIO(mp4)) == [*range(30), *range(10, 40)]
    assert complaints == []


def test_b_frames_keep_their_time_of_showing(tmp_path: Path, complaints: list[tuple[int, str, str]]) -> None:
    video_format, units = read_film(numbered_film(tmp_path / "b.mp4", 25, 25, b_frames=2))
    mp4 = init_segment(video_format) + fragments(units)

    assert [packet.pts for packet in packets_of(mp4)] == [unit.pts_90k for unit in units]
    assert any(unit.pts_90k != unit.dts_90k + units[0].pts_90k for unit in units)
    assert read_numbers(io.BytesIO(mp4)) == list(range(25))
    assert complaints == []


def test_uneven_pictures_keep_their_times(film: Film) -> None:
    video_format, units = film
    jitter = [replace(unit, dts_90k=t, pts_90k=t) for unit, t in zip(units, (0, 3599, 7300, 90_000), strict=False)]

    packets = packets_of(init_segment(video_format) + fragment(1, 0, jitter))

    assert [packet.dts for packet in packets] == [0, 3599, 7300, 90_000]
    assert [packet.duration for packet in packets] == [3599, 3701, 82_700, 3600]


def test_only_keyframes_are_sync_samples(film: Film) -> None:
    """Read from the box itself: libav asks the slices and not the flags, players seek by the flags."""
    _, units = film
    moof = fragment(1, 0, units[9:12])
    rows = moof.index(b"trun") + 4 + 12

    flags = [struct.unpack_from(">III", moof, rows + 12 * n)[2] for n in range(3)]

    assert flags == [0x0101_0000, 0x0200_0000, 0x0101_0000]


def test_the_init_depends_on_the_format_alone(film: Film) -> None:
    video_format, _ = film

    assert init_segment(video_format) == init_segment(replace(video_format))
    assert init_segment(replace(video_format, width=320, height=180)) != init_segment(video_format)
    assert video_format.codec == "avc1.42C01E"
    assert video_format.avcc in init_segment(video_format)


def test_extradata_in_either_form_is_one_format(film: Film) -> None:
    video_format, _ = film
    annexb = b"".join(b"\x00\x00\x00\x01" + unit for unit in video_format.sps + video_format.pps)

    assert VideoFormat.from_extradata(annexb, 640, 360) == video_format


@pytest.mark.parametrize(
    "extradata",
    [
        b"",
        b"\x01",
        b"\x00\x00\x01",
        b"\x00\x00\x00\x01\x09\xf0",
        b"\x01\x42\xc0\x1e\xff\xe0\x00",
        b"\x01\x42\xc0\x1e\xff\xe1\x00\x02\x67",
        b"\x01\x42\xc0\x1e\xff\xe1\x00\x02\x67\x42",
        b"\x01\x42\xc0\x1e\xff\xe1\x00\x02\x41\x42\x01\x00\x01\x68",
        b"\x01\x42\xc0\x1e\xfd\xe1\x00\x02\x67\x42\x01\x00\x01\x68",
    ],
)
def test_broken_parameter_sets_are_refused(extradata: bytes) -> None:
    with pytest.raises(BrokenStreamError):
        VideoFormat.from_extradata(extradata, 640, 360)


def test_impossible_sizes_are_refused(film: Film) -> None:
    video_format, _ = film

    for width, height in ((0, 360), (640, 0), (640, 100_000)):
        with pytest.raises(BrokenStreamError):
            VideoFormat.from_extradata(video_format.avcc, width, height)


def test_annexb_repeats_the_parameter_sets_before_each_idr(film: Film) -> None:
    video_format, units = film

    key, other = to_annexb(units[10], video_format), to_annexb(units[11], video_format)

    assert [nal[0] & 31 for nal in nal_units(to_avcc(key))][:2] == [media.NAL_SPS, media.NAL_PPS]
    assert to_avcc(key).endswith(units[10].data)
    assert to_avcc(other) == units[11].data
    annexb = b"".join(to_annexb(unit, video_format) for unit in units[10:])
    assert read_numbers(io.BytesIO(annexb), "h264") == list(range(10, 50))


def test_annexb_leaves_the_delimiter_first_and_repeats_no_sets_twice(film: Film) -> None:
    video_format, units = film
    delimiter = b"\x00\x00\x00\x02\x09\xf0"
    delimited = replace(units[0], data=delimiter + units[0].data)

    once = to_avcc(to_annexb(delimited, video_format))
    twice = to_avcc(to_annexb(replace(units[0], data=once), video_format))

    kinds = [nal[0] & 31 for nal in nal_units(once)]
    assert kinds[:3] == [media.NAL_AUD, media.NAL_SPS, media.NAL_PPS]
    assert twice == once


@given(st.lists(st.binary(min_size=1, max_size=40).map(lambda nal: nal.replace(b"\x00", b"\x01")), min_size=1))
def test_lengths_and_start_codes_hold_the_same_units(nals: list[bytes]) -> None:
    annexb = b"".join(b"\x00\x00\x01" + nal for nal in nals)

    assert nal_units(to_avcc(annexb)) == nals


@given(st.binary(max_size=64))
def test_any_bytes_are_units_or_refused(data: bytes) -> None:
    try:
        nals = nal_units(data)
    except BrokenStreamError:
        return
    assert b"".join(len(nal).to_bytes(4, "big") + nal for nal in nals) == data


@given(st.binary(max_size=64).map(lambda data: b"\x00\x00\x01" + data))
def test_any_annexb_becomes_units_or_is_refused(data: bytes) -> None:
    try:
        nals = nal_units(to_avcc(data))
    except BrokenStreamError:
        return
    assert all(b"\x00\x00\x01" not in nal and nal for nal in nals)


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00\x00\x00", b"\x00\x00\x00\x00", b"\x00\x00\x00\x05\x65", b"\xff\xff\xff\xff\x65"],
)
def test_a_broken_length_is_refused(data: bytes) -> None:
    with pytest.raises(BrokenStreamError):
        nal_units(data)


def test_nothing_grows_without_bound(film: Film) -> None:
    _, units = film
    large = b"\x00\x00\x01" + bytes([0x65]) * media.ACCESS_UNIT_LIMIT
    many = b"\x00\x00\x00\x01\x65" * (media.NALS_LIMIT + 1)

    for refused in (
        lambda: to_avcc(large),
        lambda: nal_units(large),
        lambda: nal_units(many),
        lambda: to_avcc(b"\x00\x00\x01\x65" * (media.NALS_LIMIT + 1)),
        lambda: fragment(1, 0, [replace(units[0], data=bytes(media.ACCESS_UNIT_LIMIT), dts_90k=t) for t in (0, 1, 2)]),
        lambda: fragment(1, 0, [units[1], units[0]]),
    ):
        with pytest.raises(BrokenStreamError):
            refused()
    for wrong in ([], [units[0]] * (media.SAMPLES_LIMIT + 1)):
        with pytest.raises(ValueError, match="samples"):
            fragment(1, 0, wrong)
