# SPDX-License-Identifier: EUPL-1.2
"""RTP as far as receiving one video stream needs it (RFC 3550): the header, the payloads of H.264, reception reports.

Promises: pure; what is malformed gives None or :class:`contract.record.ContractError`, never anything else.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from contract.record import ContractError

CLOCK_RATE = 90_000  # Hz, of every video stream

_HEADER = struct.Struct(">BBHII")
_START = b"\x00\x00\x00\x01"
_SPS, _STAP_A, _FU_A = 7, 24, 28  # NAL unit types, the latter two of RFC 6184


class Header(NamedTuple):
    """An RTP packet, read."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


def parse(packet: bytes) -> Header | None:
    """Read an RTP packet; None when it is none. Contributing sources and extensions are stepped over."""
    if len(packet) < _HEADER.size:
        return None
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(packet)
    if first >> 6 != 2:
        return None
    begin, end = _HEADER.size + 4 * (first & 0x0F), len(packet)
    if first & 0x10:
        if begin + 4 > end:
            return None
        begin += 4 + 4 * int.from_bytes(packet[begin + 2 : begin + 4], "big")
    if first & 0x20:
        end -= packet[-1]
        if packet[-1] == 0:
            return None
    if begin > end:
        return None
    return Header(second & 0x7F, bool(second & 0x80), sequence, timestamp, ssrc, packet[begin:end])


def holds_parameters(payload: bytes) -> bool:
    """Whether the payload holds a sequence parameter set, which only the beginning of a frame does."""
    kind = payload[0] & 0x1F if payload else 0
    if kind != _STAP_A:
        return kind == _SPS
    at = 1
    while at + 2 < len(payload):
        if payload[at + 2] & 0x1F == _SPS:
            return True
        at += 2 + int.from_bytes(payload[at : at + 2], "big")
    return False


def joined(payloads: list[bytes]) -> bytes:
    """The Annex B access unit that these payloads carry (RFC 6184: single NAL unit, STAP-A, FU-A).

    Raises:
        ContractError: a payload of another kind, cut short, or a fragment without its beginning or end.
    """
    parts: list[bytes] = []
    fragmented = False  # inside a NAL unit that comes in fragments
    for payload in payloads:
        if len(payload) < 2:
            raise ContractError("an RTP payload without a NAL unit")
        kind = payload[0] & 0x1F
        if kind == _FU_A:
            fragmented = _append_fragment(parts, payload, fragmented)
            continue
        if fragmented:
            raise ContractError("a fragmented NAL unit without its end")
        if kind == _STAP_A:
            _append_aggregate(parts, payload)
        elif 1 <= kind < _STAP_A:
            parts += (_START, payload)
        else:
            raise ContractError(f"an RTP payload of type {kind}")
    if fragmented:
        raise ContractError("a fragmented NAL unit without its end")
    return b"".join(parts)


def _append_fragment(parts: list[bytes], payload: bytes, fragmented: bool) -> bool:
    begins, ends = bool(payload[1] & 0x80), bool(payload[1] & 0x40)
    if begins == fragmented:
        raise ContractError("a fragment without its beginning")
    if begins:
        parts += (_START, bytes((payload[0] & 0xE0 | payload[1] & 0x1F,)))
    parts.append(payload[2:])
    return not ends


def _append_aggregate(parts: list[bytes], payload: bytes) -> None:
    at = 1
    while at < len(payload):
        size = int.from_bytes(payload[at : at + 2], "big")
        nal = payload[at + 2 : at + 2 + size]
        if not nal or len(nal) != size:
            raise ContractError("an aggregate that is cut short")
        parts += (_START, nal)
        at += 2 + size


class Report(NamedTuple):
    """One reception report block, in the units of RFC 3550 6.4.1."""

    fraction_lost: int
    packets_lost: int
    highest_sequence: int
    jitter: int
    last_sender_report: int
    delay: int


class Reception:
    """Counts what arrives of one stream, for the reports that the sender steers by (RFC 3550 A.3 and A.8)."""

    def __init__(self) -> None:
        self._base = self._highest = -1
        self._received = self._expected_before = self._received_before = 0
        self._jitter = 0.0
        self._transit: float | None = None
        self._sender_report: tuple[int, float] | None = None

    def packet(self, sequence: int, timestamp: int, now_s: float) -> None:
        """A packet of the stream itself; retransmissions do not count, so that loss means loss on the way."""
        if self._base < 0:
            self._base = self._highest = sequence
        ahead = (sequence - self._highest + 0x8000 & 0xFFFF) - 0x8000
        self._highest = max(self._highest, self._highest + ahead)
        self._received += 1
        transit = now_s * CLOCK_RATE - timestamp
        if self._transit is not None:
            difference = abs(transit - self._transit)
            if difference < 10 * CLOCK_RATE:  # else the timestamp wrapped
                self._jitter += (difference - self._jitter) / 16
        self._transit = transit

    def sender_report(self, ntp_timestamp: int, now_s: float) -> None:
        """The sender's clock, to be sent back so that it can tell the round trip."""
        self._sender_report = (ntp_timestamp >> 16 & 0xFFFFFFFF, now_s)

    def report(self, now_s: float) -> Report | None:
        """What happened since the last report; None before the first packet."""
        if self._base < 0:
            return None
        expected = self._highest - self._base + 1
        interval, arrived = expected - self._expected_before, self._received - self._received_before
        self._expected_before, self._received_before = expected, self._received
        lost = max(0, interval - arrived)
        fraction = min(255, (lost << 8) // interval) if interval > 0 else 0
        last, delay = 0, 0
        if self._sender_report is not None:
            last, delay = self._sender_report[0], int((now_s - self._sender_report[1]) * 65536) & 0xFFFFFFFF
        total = min(0x7FFFFF, max(0, expected - self._received))
        return Report(fraction, total, self._highest & 0xFFFFFFFF, int(self._jitter) & 0xFFFFFFFF, last, delay)
