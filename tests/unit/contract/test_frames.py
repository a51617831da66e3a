# SPDX-License-Identifier: EUPL-1.2
"""Capture time in an access unit, and the frame of the viewer's socket."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract import frames
from contract.record import INTEGER_LIMIT, ContractError

LONG, SHORT = b"\x00\x00\x00\x01", b"\x00\x00\x01"
SPS = bytes.fromhex("6742c01fd9008040")
PPS = bytes.fromhex("68ce3c80")
IDR = b"\x65\x88\x84" + bytes(range(1, 200))
NON_IDR = b"\x41\x9a\x02" + bytes(range(1, 90))
CAMERA_SEI = b"\x06\x05\x11" + b"\xaa" * 16 + b"\x07\x80"
KEYFRAME = LONG + SPS + LONG + PPS + SHORT + CAMERA_SEI + SHORT + IDR
DELTA = LONG + NON_IDR + SHORT + NON_IDR
CAPTURED_AT_US = 1_790_000_000_123_456

times = st.integers(0, INTEGER_LIMIT)
access_units = st.sampled_from([KEYFRAME, DELTA, SHORT + IDR, LONG + PPS + LONG + IDR + b"\x00"])


def nals(access_unit: bytes) -> list[bytes]:
    return [access_unit[start:end] for _, start, end in frames.nal_units(access_unit)]


@given(access_units, times)
@example(KEYFRAME, 0)  # eight zero bytes need emulation prevention
@example(DELTA, 0x0000_0100_0003_0000)
@example(DELTA, 0x0001_0000_0200_0001)
def test_capture_time_round_trips(access_unit: bytes, captured_at_us: int) -> None:
    stamped = frames.with_capture_time(access_unit, captured_at_us)

    assert captured_at_us == frames.capture_time(stamped)
    assert frames.is_keyframe(access_unit) == frames.is_keyframe(stamped)


@given(access_units, times)
def test_nothing_else_changes_and_ours_stands_before_the_first_slice(access_unit: bytes, captured_at_us: int) -> None:
    before, after = nals(access_unit), nals(frames.with_capture_time(access_unit, captured_at_us))

    kinds = [nal[0] & 0x1F for nal in after]
    place = next(n for n, kind in enumerate(kinds) if kind in (1, 5)) - 1
    ours = after.pop(place)

    assert before == after
    assert ours[0] == 6
    assert frames.CAPTURE_TIME_UUID in ours
    assert not any(code in ours for code in (b"\x00\x00\x00", b"\x00\x00\x01", b"\x00\x00\x02"))


def test_the_message_is_exactly_this() -> None:
    stamped = frames.with_capture_time(LONG + NON_IDR, CAPTURED_AT_US)

    body = frames.CAPTURE_TIME_UUID + struct.pack(">q", CAPTURED_AT_US)
    # The time begins 00 06: a single zero byte, so nothing is escaped here.
    assert stamped == LONG + b"\x06\x05\x18" + body + b"\x80" + LONG + NON_IDR


def test_emulation_prevention_is_as_the_standard_has_it() -> None:
    stamped = frames.with_capture_time(LONG + NON_IDR, 1)

    assert b"\x00\x00\x03\x00\x00\x03\x00\x00\x03\x00\x01\x80" in stamped


def test_without_ours_there_is_no_capture_time() -> None:
    assert frames.capture_time(KEYFRAME) is None
    assert frames.capture_time(DELTA) is None


def test_a_camera_that_writes_our_message_does_not_overrule_the_unit() -> None:
    forged = frames.with_capture_time(KEYFRAME, 1)

    assert frames.capture_time(frames.with_capture_time(forged, CAPTURED_AT_US)) == CAPTURED_AT_US


def test_a_message_of_ours_behind_the_first_slice_does_not_count() -> None:
    ours = frames.with_capture_time(LONG + NON_IDR, 5)

    assert frames.capture_time(LONG + NON_IDR + ours) is None


def test_our_message_beside_another_in_one_sei() -> None:
    body = frames.CAPTURE_TIME_UUID + struct.pack(">q", CAPTURED_AT_US)
    sei = b"\x06" + b"\x05\x11" + b"\xaa" * 16 + b"\x07" + b"\x05\x18" + body + b"\x80"

    assert frames.capture_time(LONG + sei + LONG + NON_IDR) == CAPTURED_AT_US


@pytest.mark.parametrize("size", [16, 23, 25])
def test_our_message_of_the_wrong_size_is_refused(size: int) -> None:
    sei = b"\x06\x05" + bytes((size,)) + (frames.CAPTURE_TIME_UUID + b"\x01" * 9)[:size] + b"\x80"

    with pytest.raises(ContractError, match="wrong size"):
        frames.capture_time(LONG + sei + LONG + NON_IDR)


@pytest.mark.parametrize("captured_at_us", [-1, INTEGER_LIMIT + 1])
def test_a_time_that_is_no_time_is_refused(captured_at_us: int) -> None:
    with pytest.raises(ContractError):
        frames.with_capture_time(DELTA, captured_at_us)
    with pytest.raises(ContractError):
        frames.pack_frame(False, captured_at_us, 0, DELTA)
    body = frames.CAPTURE_TIME_UUID + struct.pack(">q", captured_at_us)
    with pytest.raises(ContractError, match="out of range"):
        frames.capture_time(LONG + b"\x06\x05\x18" + body + b"\x80" + LONG + NON_IDR)


def test_keyframe_and_codec() -> None:
    assert frames.is_keyframe(KEYFRAME)
    assert not frames.is_keyframe(DELTA)
    assert frames.codec_string(KEYFRAME) == "avc1.42C01F"
    assert frames.codec_string(DELTA) is None
    with pytest.raises(ContractError, match="parameter set"):
        frames.codec_string(LONG + SPS[:3] + LONG + IDR)


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"\x00\x00\x01",
        b"\x01\x02\x03",
        b"\x09" + DELTA,
        LONG + SPS + LONG + PPS,
        LONG + LONG + IDR,
        (LONG + PPS) * 300 + LONG + IDR,
        LONG + IDR + bytes(frames.ACCESS_UNIT_LIMIT),
    ],
    ids=["empty", "only a start code", "no start code", "rubbish first", "no slice", "empty NAL", "too many", "long"],
)
def test_what_is_no_access_unit_is_refused(bad: bytes) -> None:
    for read in (frames.is_keyframe, frames.capture_time, lambda au: frames.with_capture_time(au, 1)):
        with pytest.raises(ContractError):
            read(bad)


@given(st.binary(max_size=200))
def test_rubbish_raises_contract_error_and_nothing_else(rubbish: bytes) -> None:
    for data in (rubbish, LONG + rubbish, LONG + b"\x06" + rubbish + LONG + IDR, LONG + IDR[:3] + rubbish):
        for read in (frames.is_keyframe, frames.codec_string, frames.capture_time, frames.unpack_frame):
            with contextlib.suppress(ContractError):
                read(data)


@given(st.data())
def test_one_flipped_byte_raises_contract_error_and_nothing_else(data: st.DataObject) -> None:
    stamped = bytearray(frames.with_capture_time(KEYFRAME, CAPTURED_AT_US))
    stamped[data.draw(st.integers(0, len(stamped) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ContractError):
        time_us = frames.capture_time(bytes(stamped))
        assert time_us is None or 0 <= time_us <= INTEGER_LIMIT


@given(st.booleans(), times, st.integers(0, frames.SEQUENCE_LIMIT - 1), access_units)
def test_frame_round_trips(keyframe: bool, captured_at_us: int, sequence: int, access_unit: bytes) -> None:
    message = frames.pack_frame(keyframe, captured_at_us, sequence, access_unit)

    assert frames.unpack_frame(message) == frames.Frame(keyframe, captured_at_us, sequence, access_unit)


def test_frame_bytes_are_as_documented() -> None:
    message = frames.pack_frame(True, CAPTURED_AT_US, 7, DELTA)

    assert message == b"\x01\x01" + CAPTURED_AT_US.to_bytes(8, "big") + b"\x00\x00\x00\x07" + DELTA


@pytest.mark.parametrize(
    "bad",
    [
        b"\x02\x00" + bytes(12) + DELTA,
        b"\x01\x02" + bytes(12) + DELTA,
        b"\x01\x00" + b"\xff" * 8 + bytes(4) + DELTA,
        b"\x01\x00" + bytes(12),
        b"\x01\x00" + bytes(12) + b"rubbish",
        b"\x01\x00" + bytes(12) + DELTA + bytes(frames.ACCESS_UNIT_LIMIT),
    ],
    ids=["version", "flags", "time", "no picture", "no start code", "long"],
)
def test_a_malformed_frame_is_refused(bad: bytes) -> None:
    with pytest.raises(ContractError):
        frames.unpack_frame(bad)


@pytest.mark.parametrize("sequence", [-1, frames.SEQUENCE_LIMIT])
def test_a_sequence_out_of_range_is_refused(sequence: int) -> None:
    with pytest.raises(ContractError):
        frames.pack_frame(False, 0, sequence, DELTA)
