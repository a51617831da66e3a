# SPDX-License-Identifier: EUPL-1.2
"""The bytes of live pictures: capture time inside an access unit, and the frame that a viewer's socket carries.

WebRTC carries no capture time, so the unit writes it into each access unit as an SEI message
`user_data_unregistered` (ITU-T H.264 annex D, payload type 5): our UUID, then int64 microseconds UTC, placed right
before the first slice. Decoders ignore it; recorded pictures never hold it. An access unit here is always Annex B:
NAL units behind start codes.

Promises: pure; one pass that stops at the first slice, so that a large picture costs no more than a small one;
malformed input raises :class:`contract.record.ContractError` and nothing else.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from contract.record import INTEGER_LIMIT, ContractError

CAPTURE_TIME_UUID = bytes.fromhex("0c9a1d7e52c84b3f9f60f1e2a7c4d583")
"""Names our SEI message; fixed for ever, or old units and new hubs lose each other's clock."""

ACCESS_UNIT_LIMIT = 4 * 1024 * 1024  # bytes; a 4K keyframe stays below 2 MiB
NAL_LIMIT = 256  # NAL units looked at before the first slice; a real access unit has about six
SEI_LIMIT = 1024  # bytes; ours has at most 40, a longer one is not looked into
FRAME_VERSION = 1
FRAME_HEADER = struct.Struct(">BBqI")  # version, flags, captured_at_us, sequence
SEQUENCE_LIMIT = 2**32

_KEYFRAME_FLAG = 0x01
_START = b"\x00\x00\x01"
_SLICE, _IDR, _SEI, _SPS = 1, 5, 6, 7  # nal_unit_type; 1..5 are slices
_USER_DATA = 5  # payloadType user_data_unregistered
_USER_DATA_SIZE = len(CAPTURE_TIME_UUID) + 8


@dataclass(frozen=True, slots=True)
class Frame:
    """One binary message of the viewer's socket."""

    keyframe: bool
    captured_at_us: int
    sequence: int
    access_unit: bytes


def nal_units(access_unit: bytes) -> Iterator[tuple[int, int, int]]:
    """The NAL units of an access unit as (type, start, end); `start` is the NAL header, behind its start code.

    Raises:
        ContractError: empty, over the limit, or not Annex B.
    """
    if not 0 < len(access_unit) <= ACCESS_UNIT_LIMIT:
        raise ContractError(f"an access unit of {len(access_unit)} bytes")
    code = access_unit.find(_START)
    if code < 0 or access_unit.count(0, 0, code) != code:
        raise ContractError("an access unit without a start code")
    while code >= 0:
        start = code + len(_START)
        code = access_unit.find(_START, start)
        end = len(access_unit) if code < 0 else code
        if access_unit[end - 1] == 0:  # trailing_zero_8bits, or the first byte of a long start code
            end = start + len(access_unit[start:end].rstrip(b"\x00"))
        if end == start:
            raise ContractError("an empty NAL unit")
        yield access_unit[start] & 0x1F, start, end


def _leading(access_unit: bytes) -> Iterator[tuple[int, int, int]]:
    """NAL units up to and including the first slice, which is there or it raises."""
    for count, (kind, start, end) in enumerate(nal_units(access_unit)):
        if count == NAL_LIMIT:
            break
        yield kind, start, end
        if _SLICE <= kind <= _IDR:
            return
    raise ContractError("an access unit without a slice")


def is_keyframe(access_unit: bytes) -> bool:
    """Whether decoding can begin here: the first slice is of an IDR picture.

    Raises:
        ContractError: not an access unit.
    """
    *_, (kind, _, _) = _leading(access_unit)
    return kind == _IDR


def codec_string(access_unit: bytes) -> str | None:
    """`avc1.PPCCLL` (RFC 6381) from the sequence parameter set, or None when there is none before the first slice.

    Raises:
        ContractError: not an access unit, or the parameter set is cut short.
    """
    for kind, start, end in _leading(access_unit):
        if kind == _SPS:
            # Profile, constraints and level hold no emulation byte: level_idc is never 0.
            if end - start < 4:
                raise ContractError("a sequence parameter set of less than four bytes")
            return "avc1." + access_unit[start + 1 : start + 4].hex().upper()
    return None


def with_capture_time(access_unit: bytes, captured_at_us: int) -> bytes:
    """The access unit with its capture time before the first slice.

    Raises:
        ContractError: not an access unit, or a time that is no time.
    """
    if not 0 <= captured_at_us <= INTEGER_LIMIT:
        raise ContractError(f"captured_at_us {captured_at_us} is out of range")
    *_, (_, start, _) = _leading(access_unit)
    place = start - len(_START)
    if place > 0 and access_unit[place - 1] == 0:
        place -= 1
    body = bytes((_USER_DATA, _USER_DATA_SIZE)) + CAPTURE_TIME_UUID + struct.pack(">q", captured_at_us)
    nal = bytes((_SEI,)) + _escaped(body + b"\x80")
    return access_unit[:place] + b"\x00" + _START + nal + access_unit[place:]


def capture_time(access_unit: bytes) -> int | None:
    """The capture time in microseconds UTC, or None when the access unit carries none of ours.

    Of several the last before the first slice holds, since that is where the unit puts its own: a camera that
    writes the same message does not overrule it.

    Raises:
        ContractError: not an access unit, or our message is malformed.
    """
    found = None
    for kind, start, end in _leading(access_unit):
        # The UUID holds no zero byte, so that emulation prevention leaves it whole.
        if kind == _SEI and end - start <= SEI_LIMIT and CAPTURE_TIME_UUID in access_unit[start:end]:
            found = _time_in(_plain(access_unit[start + 1 : end])) or found
    return None if found is None else found[0]


def _time_in(rbsp: bytes) -> tuple[int] | None:
    """Our time in one SEI NAL unit's messages, if one of them is ours."""
    at, found = 0, None
    while at < len(rbsp) and rbsp[at:] != b"\x80":
        kind, at = _coded(rbsp, at)
        size, at = _coded(rbsp, at)
        if at + size > len(rbsp):
            return found  # cut short: somebody else's, and no reason to lose the picture
        payload = rbsp[at : at + size]
        at += size
        if kind == _USER_DATA and payload.startswith(CAPTURE_TIME_UUID):
            found = (_time(payload),)
    return found


def _time(payload: bytes) -> int:
    if len(payload) != _USER_DATA_SIZE:
        raise ContractError("a capture time of the wrong size")
    (captured_at_us,) = struct.unpack_from(">q", payload, len(CAPTURE_TIME_UUID))
    if not 0 <= captured_at_us <= INTEGER_LIMIT:
        raise ContractError("a capture time out of range")
    return int(captured_at_us)


def _coded(rbsp: bytes, at: int) -> tuple[int, int]:
    """An SEI payload type or size: a run of 0xFF, then the rest (H.264 7.3.2.3.1)."""
    value = 0
    while at < len(rbsp) and rbsp[at] == 0xFF:
        value += 255
        at += 1
    if at < len(rbsp):
        value += rbsp[at]
    return value, at + 1


def _escaped(rbsp: bytes) -> bytes:
    """RBSP with emulation prevention: no three bytes of the result read as a start code (H.264 7.4.1)."""
    out = bytearray()
    zeros = 0
    for byte in rbsp:
        if zeros >= 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)


def _plain(nal: bytes) -> bytes:
    """The reverse of :func:`_escaped`."""
    out = bytearray()
    zeros = 0
    for byte in nal:
        if zeros >= 2 and byte == 3:
            zeros = 0
            continue
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)


def pack_frame(keyframe: bool, captured_at_us: int, sequence: int, access_unit: bytes) -> bytes:
    """One binary message: 14 bytes of header, then the access unit.

    Raises:
        ContractError: a number out of range or an access unit over the limit.
    """
    if not 0 <= captured_at_us <= INTEGER_LIMIT or not 0 <= sequence < SEQUENCE_LIMIT:
        raise ContractError("captured_at_us or sequence is out of range")
    if not 0 < len(access_unit) <= ACCESS_UNIT_LIMIT:
        raise ContractError(f"an access unit of {len(access_unit)} bytes")
    flags = _KEYFRAME_FLAG if keyframe else 0
    return FRAME_HEADER.pack(FRAME_VERSION, flags, captured_at_us, sequence) + access_unit


def unpack_frame(message: bytes) -> Frame:
    """The reverse of :func:`pack_frame`.

    Raises:
        ContractError: another version, unknown flags, a number out of range, or an access unit over the limit.
    """
    if not FRAME_HEADER.size < len(message) <= FRAME_HEADER.size + ACCESS_UNIT_LIMIT:
        raise ContractError(f"a frame of {len(message)} bytes")
    version, flags, captured_at_us, sequence = FRAME_HEADER.unpack_from(message)
    if version != FRAME_VERSION:
        raise ContractError(f"a frame of version {version}")
    if flags & ~_KEYFRAME_FLAG:
        raise ContractError(f"unknown flags {flags:#x}")
    if not 0 <= captured_at_us <= INTEGER_LIMIT:
        raise ContractError("captured_at_us is out of range")
    access_unit = bytes(message[FRAME_HEADER.size :])
    if not access_unit.startswith((_START, b"\x00" + _START)):
        raise ContractError("an access unit without a start code")
    return Frame(bool(flags), captured_at_us, sequence, access_unit)
