# SPDX-License-Identifier: EUPL-1.2
"""RTP packets of one H.264 stream become access units: whole, in order, at once.

An access unit leaves with the packet that completes it (the marker bit, RFC 6184 5.1), not with the first packet of
the next one, which would cost a frame of delay. A lost packet is asked for after 10 ms of tolerance for reordering,
then every 100 ms. What is not there after half a second is given up: everything up to the next keyframe is dropped,
since a picture that stands on a missing one shows what was not there.

Two states: *seeking* the packet that begins a keyframe (it holds a sequence parameter set), and *following* from there
on without a hole. What is lost while seeking is nobody's loss.

Promises: pure, the clock is an argument; bounded (`HELD_LIMIT` packets); what comes out begins with a keyframe that
carries its parameter sets and then lacks nothing, or begins again with such a keyframe.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from contract.frames import codec_string, is_keyframe
from contract.record import ContractError
from hub.live.rtp import holds_parameters, joined

REORDER_TOLERANCE_S = 0.010
NACK_INTERVAL_S = 0.100
GIVE_UP_S = 0.500
HELD_LIMIT = 2048  # packets, 2.6 MB; at 8 Mbit/s two and a half seconds
NACK_LIMIT = 250  # sequence numbers in one request
SEEK_LIMIT = 64  # packets kept while seeking: the beginning of a keyframe may come after its end


class Packet(NamedTuple):
    """One RTP packet's part that matters here."""

    timestamp: int
    marker: bool
    payload: bytes


class Assembler:
    """Puts one stream together. Owned by one event loop; not thread-safe."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._held: dict[int, Packet] = {}
        self._missing: dict[int, tuple[float, float]] = {}  # sequence -> (noticed, next request), seconds
        self._first: int | None = None  # following: sequence of the first packet of the frame being put together
        self._scan = 0  # following: everything from `_first` up to here is held
        self._opening = True  # following: the frame being put together is the first
        self._floor = 0  # what lies below was handed out or given up
        self._highest: int | None = None
        self.frames_dropped = 0  # as far as their end was seen

    @property
    def awaiting_keyframe(self) -> bool:
        """Whether nothing can be handed out before the next keyframe."""
        return self._first is None

    def add(self, sequence: int, packet: Packet) -> list[bytes]:
        """Take a packet by its 16-bit sequence number; hand out the access units that it completes."""
        at = self._unwrapped(sequence)
        highest = self._highest if self._highest is not None else at
        if at < self._floor:
            return []
        if at - highest > HELD_LIMIT or len(self._held) > HELD_LIMIT:
            self._seek(at)
        elif self._first is not None:
            self._note_missing(highest + 1, at)
        self._highest = max(highest, at)
        self._missing.pop(at, None)
        self._held[at] = packet
        if self._first is None:
            self._look(at)
        return self._complete()

    def overdue(self) -> tuple[list[int], list[bytes]]:
        """What to do when time has passed: 16-bit sequence numbers to ask for, and access units to hand out.

        The latter come when what has been missing too long is given up and a keyframe waits behind it.
        """
        now = self._monotonic()
        lost = [at for at, (noticed, _) in self._missing.items() if now - noticed >= GIVE_UP_S]
        if lost:
            self._seek(max(lost) + 1)
        whole = self._complete() if lost else []
        asked = [at for at, (_, due) in self._missing.items() if due <= now][:NACK_LIMIT]
        for at in asked:
            self._missing[at] = (self._missing[at][0], now + NACK_INTERVAL_S)
        return sorted(at & 0xFFFF for at in asked), whole

    def next_due_s(self) -> float | None:
        """Seconds until :meth:`overdue` has something to do, or None while nothing is missing."""
        if not self._missing:
            return None
        return max(0.0, min(due for _, due in self._missing.values()) - self._monotonic())

    def _unwrapped(self, sequence: int) -> int:
        if self._highest is None:
            return sequence + 0x10000
        return self._highest + ((sequence - self._highest + 0x8000) & 0xFFFF) - 0x8000

    def _note_missing(self, begin: int, end: int) -> None:
        if begin < end:
            now = self._monotonic()
            for at in range(begin, end):
                if at not in self._held:
                    self._missing[at] = (now, now + REORDER_TOLERANCE_S)

    def _drop(self, at: int) -> None:
        self.frames_dropped += self._held.pop(at).marker

    def _look(self, at: int) -> None:
        """Seeking: whether this packet begins a keyframe."""
        if holds_parameters(self._held[at].payload):
            self._follow(at)
        while len(self._held) > SEEK_LIMIT and self._first is None:
            self._drop(next(iter(self._held)))

    def _seek(self, floor: int) -> None:
        """Give up on all below `floor`: go on with the first keyframe that begins at or behind it."""
        self._first, self._floor = None, floor
        self._missing.clear()
        for at in [at for at in self._held if at < floor]:
            self._drop(at)
        begins = [at for at, packet in self._held.items() if holds_parameters(packet.payload)]
        if begins:
            self._look(min(begins))

    def _follow(self, at: int) -> None:
        for earlier in [earlier for earlier in self._held if earlier < at]:
            self._drop(earlier)
        self._first = self._scan = self._floor = at
        self._opening = True
        assert self._highest is not None
        self._note_missing(at + 1, self._highest)

    def _complete(self) -> list[bytes]:
        """Hand out what is whole."""
        whole: list[bytes] = []
        held = self._held
        while self._first is not None and (packet := held.get(self._scan)) is not None:
            if self._scan > self._first and packet.timestamp != held[self._first].timestamp:
                whole += self._take(self._scan)  # a sender that sets no marker
                continue
            self._scan += 1
            if packet.marker:
                whole += self._take(self._scan)
        return whole

    def _take(self, end: int) -> list[bytes]:
        """Everything from `_first` to `end` is one access unit; a broken one is given up, and what stands on it."""
        assert self._first is not None
        payloads = [self._held.pop(at).payload for at in range(self._first, end)]
        self._first = self._scan = self._floor = end
        try:
            access_unit = joined(payloads)
            keyframe = is_keyframe(access_unit)
            if self._opening and not (keyframe and codec_string(access_unit)):
                raise ContractError("parameter sets without a keyframe")
        except ContractError:
            self.frames_dropped += 1
            self._seek(end)
            return []
        self._opening = False
        return [access_unit]
