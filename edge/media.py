# SPDX-License-Identifier: EUPL-1.2
"""What passes between a camera and its two branches: H.264 access units, and their fragmented MP4.

An access unit carries its slices length-prefixed (ISO/IEC 14496-15, four bytes a length), exactly as the recorder
keeps them; the live branch asks for Annex B. Times are ticks of 90 kHz that count from the run's start.

*Init* comes from PyAV's muxer, *fragments* from `struct`: a muxer holds each fragment back until the next packet
arrives, and costs half as much again. A fragment's samples lie in it byte for byte as the camera made them.
Nothing here grows with its input: what is too large or does not add up raises `BrokenStreamError`.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import av

TIMESCALE = 90_000  # ticks a second, RTP's clock for video (RFC 6184), so that both branches count alike
ACCESS_UNIT_LIMIT = 4 * 1024 * 1024  # bytes; a keyframe of 4K at the best quality is about 2 MiB
FRAGMENT_LIMIT = 8 * 1024 * 1024 - 64 * 1024  # bytes; one FZS-1 record is at most 8 MiB, with its fields
SAMPLES_LIMIT = 1024  # in one fragment
NALS_LIMIT = 1024  # in one access unit; level 6.2 allows 600 slices
SIDE_LIMIT = 16_384  # pixels; H.264 level 6.2 ends below it

NAL_IDR, NAL_SPS, NAL_PPS, NAL_AUD = 5, 7, 8, 9  # ITU-T H.264 table 7-1
_START_CODE = b"\x00\x00\x01"
_LENGTH = struct.Struct(">I")
_INIT_OPTIONS = {
    "movflags": "empty_moov+default_base_moof+frag_discont+skip_trailer",
    "use_editlist": "0",
    "video_track_timescale": str(TIMESCALE),
    "fflags": "+bitexact",  # the same camera settings always give the same init, on every build of the library
}
# ISO/IEC 14496-12, 8.8.3.1: a sync sample depends on no other; any other sample depends on one and is no sync sample.
_SYNC_SAMPLE, _OTHER_SAMPLE = 0x0200_0000, 0x0101_0000
_TFHD_DEFAULT_BASE_IS_MOOF = 0x02_0000
_TRUN_OFFSET_DURATION_SIZE_FLAGS = 0x0701
_TRUN_COMPOSITION_OFFSETS = 0x0800


class BrokenStreamError(ValueError):
    """The bytes are not the H.264 that they claim to be: the camera, or what lies between, must be looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessUnit:
    """One picture, coded, whatever camera it came from.

    `captured_at_us` (microseconds UTC, the unit's clock) and `captured_monotonic_ns` are its arrival at the demuxer.
    """

    data: bytes  # NAL units, each behind its length in four bytes
    dts_90k: int
    pts_90k: int
    duration_90k: int
    keyframe: bool
    captured_at_us: int
    captured_monotonic_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoFormat:
    """What a decoder must know before the first access unit. Another format is another run."""

    width: int
    height: int
    codec: str  # RFC 6381: avc1.PPCCLL
    avcc: bytes  # AVCDecoderConfigurationRecord, ISO/IEC 14496-15 5.3.3.1
    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]
    timescale: ClassVar[int] = TIMESCALE

    @classmethod
    def from_extradata(cls, extradata: bytes, width: int, height: int) -> VideoFormat:
        """The format from a demuxer's extradata, in either of H.264's two forms (avcC or Annex B)."""
        if not (0 < width <= SIDE_LIMIT and 0 < height <= SIDE_LIMIT):
            raise BrokenStreamError(f"a picture of {width} x {height} pixels is not possible")
        if extradata[:3] == _START_CODE or extradata[:4] == b"\x00" + _START_CODE:
            extradata = _avcc_of(_muxed_init(extradata, width, height))
        sps, pps = _parameter_sets(extradata)
        return cls(
            width=width,
            height=height,
            codec=f"avc1.{extradata[1:4].hex().upper()}",
            avcc=extradata,
            sps=sps,
            pps=pps,
        )


def nal_units(data: bytes) -> list[bytes]:
    """The NAL units of a length-prefixed access unit."""
    if len(data) > ACCESS_UNIT_LIMIT:
        raise BrokenStreamError(f"an access unit of {len(data)} bytes is larger than {ACCESS_UNIT_LIMIT}")
    found: list[bytes] = []
    at = 0
    while at < len(data):
        if at + 4 > len(data):
            raise BrokenStreamError(f"a NAL length is cut off at byte {at} of {len(data)}")
        (size,) = _LENGTH.unpack_from(data, at)
        at += 4
        if not 0 < size <= len(data) - at:
            raise BrokenStreamError(f"a NAL unit of {size} bytes at byte {at} does not fit in {len(data)}")
        found.append(data[at : at + size])
        at += size
        if len(found) > NALS_LIMIT:
            raise BrokenStreamError(f"an access unit of more than {NALS_LIMIT} NAL units")
    if not found:
        raise BrokenStreamError("an access unit without a NAL unit")
    return found


def to_avcc(annexb: bytes) -> bytes:
    """An Annex B access unit with lengths instead of start codes; its NAL units stay as they are."""
    if len(annexb) > ACCESS_UNIT_LIMIT:
        raise BrokenStreamError(f"an access unit of {len(annexb)} bytes is larger than {ACCESS_UNIT_LIMIT}")
    parts: list[bytes] = []
    for nal in _annexb_units(annexb):
        parts += (_LENGTH.pack(len(nal)), nal)
        if len(parts) > 2 * NALS_LIMIT:
            raise BrokenStreamError(f"an access unit of more than {NALS_LIMIT} NAL units")
    return b"".join(parts)


def to_annexb(unit: AccessUnit, video_format: VideoFormat) -> bytes:
    """The access unit with start codes, the parameter sets before each IDR, so that a viewer can join there.

    They follow the access unit delimiter, which must stay first (H.264 7.4.1.2.3), and are not repeated where the
    camera sent them itself.
    """
    nals = nal_units(unit.data)
    kinds = {nal[0] & 31 for nal in nals}
    if NAL_IDR in kinds and not {NAL_SPS, NAL_PPS} <= kinds:
        after_delimiter = 1 if nals[0][0] & 31 == NAL_AUD else 0
        nals[after_delimiter:after_delimiter] = (*video_format.sps, *video_format.pps)
    return b"".join(b"\x00" + _START_CODE + nal for nal in nals)


def init_segment(video_format: VideoFormat) -> bytes:
    """`ftyp` and `moov` of a run: the same bytes for the same format."""
    return _muxed_init(video_format.avcc, video_format.width, video_format.height)


def fragment(sequence: int, base_dts: int, samples: Sequence[AccessUnit]) -> bytes:
    """One `moof` and its `mdat` (ISO/IEC 14496-12, 8.8).

    Each sample lasts until the next one's dts, the last one as long as it says. `base_dts` is the first one's decode
    time in ticks since the run's start; `sequence` counts from 1 within a run.
    """
    if not 0 < len(samples) <= SAMPLES_LIMIT:
        raise ValueError(f"a fragment of {len(samples)} samples")
    media_bytes = sum(len(unit.data) for unit in samples)
    if media_bytes > FRAGMENT_LIMIT:
        raise BrokenStreamError(f"a fragment of {media_bytes} bytes is larger than {FRAGMENT_LIMIT}: cut it sooner")
    composition = any(unit.pts_90k != unit.dts_90k for unit in samples)
    rows = b"".join(_trun_rows(samples, composition))
    mfhd = _full_box(b"mfhd", 0, 0, struct.pack(">I", sequence))
    tfhd = _full_box(b"tfhd", 0, _TFHD_DEFAULT_BASE_IS_MOOF, struct.pack(">I", 1))
    tfdt = _full_box(b"tfdt", 1, 0, struct.pack(">Q", base_dts))
    flags = _TRUN_OFFSET_DURATION_SIZE_FLAGS | (_TRUN_COMPOSITION_OFFSETS if composition else 0)
    trun_bytes = 12 + 8 + len(rows)  # box head and version, count and offset, rows
    moof_bytes = 8 + len(mfhd) + 8 + len(tfhd) + len(tfdt) + trun_bytes
    counted = struct.pack(">Ii", len(samples), moof_bytes + 8)  # the samples begin behind mdat's own head
    trun = _full_box(b"trun", 1 if composition else 0, flags, counted + rows)
    moof = _box(b"moof", mfhd + _box(b"traf", tfhd + tfdt + trun))
    return b"".join((moof, struct.pack(">I4s", media_bytes + 8, b"mdat"), *(unit.data for unit in samples)))


def _trun_rows(samples: Sequence[AccessUnit], composition: bool) -> Iterator[bytes]:
    ends = [unit.dts_90k for unit in samples[1:]] + [samples[-1].dts_90k + samples[-1].duration_90k]
    for unit, end in zip(samples, ends, strict=True):
        if not 0 < end - unit.dts_90k <= 0xFFFF_FFFF:
            raise BrokenStreamError(f"a picture that lasts {end - unit.dts_90k} ticks")
        flags = _SYNC_SAMPLE if unit.keyframe else _OTHER_SAMPLE
        yield struct.pack(">III", end - unit.dts_90k, len(unit.data), flags)
        if composition:
            yield struct.pack(">i", unit.pts_90k - unit.dts_90k)


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def _full_box(kind: bytes, version: int, flags: int, content: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags) + content)


def _annexb_units(data: bytes) -> Iterator[bytes]:
    """Splits at start codes (H.264 annex B.1); zero bytes before one belong to no NAL unit."""
    at = data.find(_START_CODE)
    if at < 0 or data[:at].strip(b"\x00"):
        raise BrokenStreamError("an access unit that does not begin with a start code")
    while at >= 0:
        following = data.find(_START_CODE, at + 3)
        nal = data[at + 3 : following if following >= 0 else len(data)].rstrip(b"\x00")
        if not nal:
            raise BrokenStreamError(f"an empty NAL unit at byte {at}")
        yield nal
        at = following


def _parameter_sets(avcc: bytes) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """SPS and PPS of an AVCDecoderConfigurationRecord whose NAL lengths take four bytes."""
    if len(avcc) < 7 or avcc[0] != 1:
        raise BrokenStreamError("the stream's parameter sets are missing")
    if avcc[4] & 3 != 3:
        raise BrokenStreamError(f"NAL lengths of {(avcc[4] & 3) + 1} bytes; four are needed")
    sps, at = _sized_units(avcc, 6, avcc[5] & 31)
    if at >= len(avcc):
        raise BrokenStreamError("the stream's picture parameter sets are cut off")
    pps, _ = _sized_units(avcc, at + 1, avcc[at])
    for kind, units in ((NAL_SPS, sps), (NAL_PPS, pps)):
        if not units or any(unit[0] & 31 != kind for unit in units):
            raise BrokenStreamError("the stream's parameter sets are of the wrong kind")
    return sps, pps


def _sized_units(data: bytes, at: int, count: int) -> tuple[tuple[bytes, ...], int]:
    units = []
    for _ in range(count):
        size = int.from_bytes(data[at : at + 2], "big")
        at += 2
        if not 0 < size <= len(data) - at:
            raise BrokenStreamError("the stream's parameter sets are cut off")
        units.append(data[at : at + size])
        at += size
    return tuple(units), at


def _muxed_init(extradata: bytes, width: int, height: int) -> bytes:
    """PyAV writes an init only for a stream with an open encoder; the camera's parameter sets then take its place."""
    sink = io.BytesIO()
    try:
        with av.open(sink, "w", format="mp4", options=_INIT_OPTIONS) as container:
            codec = container.add_stream("libx264", options={"preset": "ultrafast"}).codec_context
            codec.width, codec.height, codec.pix_fmt, codec.thread_count = width, height, "yuv420p", 1
            codec.open()
            codec.extradata = extradata
            container.start_encoding()
    except av.FFmpegError as error:
        raise BrokenStreamError(f"no MP4 can be begun at {width} x {height}: {error.strerror}") from error
    return sink.getvalue()


def _avcc_of(init: bytes) -> bytes:
    at = init.find(b"avcC")
    if at < 4:
        raise BrokenStreamError("the stream's parameter sets are missing")
    (size,) = _LENGTH.unpack_from(init, at - 4)
    return init[at + 4 : at - 4 + size]
