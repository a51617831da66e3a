# SPDX-License-Identifier: EUPL-1.2
"""RTP packets become access units, whatever the network does to their order."""

from __future__ import annotations

import contextlib
from random import Random

import pytest
from aiortc.codecs.h264 import H264Encoder
from hypothesis import given
from hypothesis import strategies as st

from contract.record import ContractError
from hub.live import assembly, rtp
from hub.live.assembly import Assembler, Packet

CODE = b"\x00\x00\x00\x01"
SPS, PPS = bytes.fromhex("6742c01fd9008040"), bytes.fromhex("68ce3c80")
GROUP = 4  # access units


def access_unit(n: int) -> bytes:
    """Every fourth a keyframe; keyframes of several packets, others of one or two."""
    if n % GROUP == 0:
        return CODE + SPS + CODE + PPS + CODE + b"\x65" + bytes([n + 1]) * 3000
    return CODE + b"\x41" + bytes([n + 1]) * (400 if n % 2 else 1800)


def packets(count: int, first: int = 0, sequence: int = 65_530) -> list[tuple[int, Packet]]:
    """As a unit sends them, across the wrap of the sequence number."""
    sent = []
    for n in range(first, first + count):
        payloads = H264Encoder._packetize(H264Encoder._split_bitstream(access_unit(n)))
        for i, payload in enumerate(payloads):
            sent.append((sequence & 0xFFFF, Packet(n * 3600, i == len(payloads) - 1, payload)))
            sequence += 1
    return sent


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def fed(assembler: Assembler, sent: list[tuple[int, Packet]]) -> list[bytes]:
    return [unit for sequence, packet in sent for unit in assembler.add(sequence, packet)]


def units(*numbers: int) -> list[bytes]:
    return [access_unit(n) for n in numbers]


def test_each_access_unit_leaves_with_its_last_packet() -> None:
    assembler = Assembler(Clock())
    for sequence, packet in packets(9):
        whole = assembler.add(sequence, packet)
        assert bool(whole) == packet.marker
    assert assembler.next_due_s() is None


def test_a_sender_without_markers_costs_a_frame_of_delay_and_nothing_else() -> None:
    sent = [(sequence, packet._replace(marker=False)) for sequence, packet in packets(9)]

    assert fed(Assembler(Clock()), sent) == units(*range(8))


@given(st.randoms(use_true_random=False), st.integers(0, 65_535), st.booleans())
def test_any_order_within_reach_and_any_repetition_give_the_same(chance: Random, start: int, twice: bool) -> None:
    sent = packets(9, sequence=start)
    disturbed = sorted(range(len(sent)), key=lambda n: n + chance.uniform(0, 8))
    order = [n for n in disturbed for _ in range(2 if twice and chance.random() < 0.5 else 1)]

    assert fed(Assembler(Clock()), [sent[n] for n in order]) == units(*range(9))


@given(st.sets(st.integers(1, 18), max_size=8))
def test_what_is_lost_is_asked_for_and_nothing_leaves_out_of_order(lost: set[int]) -> None:
    clock, sent = Clock(), packets(9)
    assert len(sent) > 19
    assembler = Assembler(clock)
    kept = [item for n, item in enumerate(sent) if n not in lost]
    out = fed(assembler, kept)
    clock.now_s += assembly.REORDER_TOLERANCE_S
    asked, given_up = assembler.overdue()

    assert set(asked) == {sent[n][0] for n in lost}
    assert given_up == []
    out += fed(assembler, [item for item in sent if item[0] in asked])
    assert out == units(*range(9))


def test_a_request_waits_for_reordering_and_is_repeated() -> None:
    clock, sent = Clock(), packets(5)
    assembler = Assembler(clock)
    fed(assembler, sent[:4] + sent[5:])
    assert assembler.overdue()[0] == []
    assert assembler.next_due_s() == pytest.approx(assembly.REORDER_TOLERANCE_S)
    clock.now_s += assembly.REORDER_TOLERANCE_S
    assert assembler.overdue()[0] == [sent[4][0]]
    clock.now_s += assembly.NACK_INTERVAL_S / 2
    assert assembler.overdue()[0] == []
    clock.now_s += assembly.NACK_INTERVAL_S / 2
    assert assembler.overdue()[0] == [sent[4][0]]


@pytest.mark.parametrize("part", ["first packet", "last packet", "all"])
def test_what_stays_lost_costs_everything_up_to_the_next_keyframe_and_no_more(part: str) -> None:
    clock, sent = Clock(), packets(10)
    assembler = Assembler(clock)
    second = [n for n, (_, packet) in enumerate(sent) if packet.timestamp == 2 * 3600]
    gone = {"first packet": second[:1], "last packet": second[-1:], "all": second}[part]
    out = fed(assembler, [item for n, item in enumerate(sent) if n not in gone])
    assert out == units(0, 1)
    clock.now_s += assembly.GIVE_UP_S
    asked, whole = assembler.overdue()
    assert asked == []
    assert whole == units(4, 5, 6, 7, 8, 9)
    assert assembler.frames_dropped >= 1
    assert assembler.next_due_s() is None


def test_a_lost_end_before_a_keyframe_does_not_cost_the_keyframe() -> None:
    clock, sent = Clock(), packets(6)
    assembler = Assembler(clock)
    (last,) = [n for n, (_, packet) in enumerate(sent) if packet.timestamp == 3 * 3600]
    out = fed(assembler, [item for n, item in enumerate(sent) if n != last])
    clock.now_s += assembly.GIVE_UP_S
    assert out + assembler.overdue()[1] == units(0, 1, 2, 4, 5)


def test_it_begins_with_a_keyframe() -> None:
    assembler = Assembler(Clock())

    assert fed(assembler, packets(6, first=2)) == units(4, 5, 6, 7)
    assert not assembler.awaiting_keyframe


def test_a_keyframe_without_parameter_sets_is_no_beginning() -> None:
    payload = b"\x65" + b"\x01" * 100

    assert Assembler(Clock()).add(1, Packet(0, True, payload)) == []


def test_a_great_leap_begins_anew() -> None:
    assembler = Assembler(Clock())
    fed(assembler, packets(3, sequence=0))
    leap = packets(6, first=6, sequence=10_000)

    assert fed(assembler, leap) == units(8, 9, 10, 11)
    assert assembler.next_due_s() is None


def test_what_is_held_is_bounded() -> None:
    assembler = Assembler(Clock())
    assembler.add(0, Packet(0, False, b"\x41\x00"))
    for sequence in range(2, 3 * assembly.HELD_LIMIT):
        assembler.add(sequence & 0xFFFF, Packet(sequence, False, b"\x41\x00"))
        assert len(assembler._held) <= assembly.HELD_LIMIT + 1


@given(st.lists(st.tuples(st.integers(0, 65_535), st.integers(0, 3), st.booleans(), st.binary(max_size=12))))
def test_rubbish_never_raises(rubbish: list[tuple[int, int, bool, bytes]]) -> None:
    clock = Clock()
    assembler = Assembler(clock)
    for sequence, timestamp, marker, payload in rubbish:
        assembler.add(sequence, Packet(timestamp, marker, payload))
        clock.now_s += 0.05
        assembler.overdue()


@given(st.lists(st.binary(min_size=1, max_size=5000), min_size=1, max_size=6))
def test_payloads_join_to_what_was_split(bodies: list[bytes]) -> None:
    bodies = [b"\x41" + body.replace(b"\x00", b"\x01") for body in bodies]
    payloads = H264Encoder._packetize(iter(bodies))

    assert rtp.joined(payloads) == b"".join(CODE + body for body in bodies)


@given(st.lists(st.binary(max_size=8), max_size=4))
def test_payloads_of_rubbish_raise_contract_error_and_nothing_else(payloads: list[bytes]) -> None:
    with contextlib.suppress(ContractError):
        rtp.joined(payloads)


@given(st.binary(max_size=80))
def test_an_rtp_header_of_rubbish_is_none_or_a_part_of_it(data: bytes) -> None:
    header = rtp.parse(data)
    assert header is None or header.payload in data


def test_an_rtp_header_is_read() -> None:
    packet = (
        bytes.fromhex("b1e3fffe00000e10deadbeef") + b"csrc" + bytes.fromhex("bede0001aabbccdd") + b"payload\x00\x02"
    )

    assert rtp.parse(packet) == rtp.Header(99, True, 0xFFFE, 3600, 0xDEADBEEF, b"payload")


def test_reports_count_what_did_not_come() -> None:
    reception = rtp.Reception()
    assert reception.report(0.0) is None
    for n, sequence in enumerate([65_534, 65_535, 0, 2, 3, 5, 6, 7]):
        reception.packet(sequence, n * 3600, n * 0.04)
    reception.sender_report(0x0001_2345_6789_ABCD, 1.0)
    report = reception.report(1.5)

    assert report is not None
    assert report.packets_lost == 2
    assert report.fraction_lost == 256 * 2 // 10
    assert report.highest_sequence == 65_536 + 7
    assert report.last_sender_report == 0x2345_6789
    assert report.delay == 32_768
    assert report.jitter == 0
    again = reception.report(2.0)
    assert again is not None
    assert again.fraction_lost == 0
