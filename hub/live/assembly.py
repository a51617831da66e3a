# SPDX-License-Identifier: EUPL-1.2
"""RTP packets of one H.264 stream become access units: whole, in order, at once.

An access unit leaves with the packet that completes it (the marker bit, RFC 6184 5.1), not with the first packet of
the next one, which would cost a frame of delay. A lost packet is asked for after 10 ms of tolerance for reordering,
then every 100 ms. What is not there after half a second is given up: everything up to the next keyframe is dropped,
since a picture that stands on a missing one shows what was not there.

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
_EARLY_LIMIT = 64  # packets that may still come before the very first one


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
        self._first: int | None = None  # sequence of the first packet of the frame being put together
        self._scan = 0  # everything from `_first` up to here is held
        self._highest = 0
        self._settled = False  # a frame has left: nothing earlier is waited for
        self.awaiting_keyframe = True
        self.frames_dropped = 0

    def add(self, sequence: int, packet: Packet) -> list[bytes]:
        """Take a packet by its 16-bit sequence number; hand out the access units that it completes."""
        at = self._unwrapped(sequence)
        if self._first is None:
            self._restart(at)
        elif at < self._first and not self._may_still_lead(at):
            return []
        if at > self._highest:
            if not self._note_gap(at):
                self._restart(at)
            self._highest = at
        self._missing.pop(at, None)
        self._held[at] = packet
        return self._complete()

    def overdue(self) -> tuple[list[int], list[bytes]]:
        """What to do when time has passed: 16-bit sequence numbers to ask for, and access units to hand out.

        The latter come when what has been missing too long is given up and a keyframe waits behind it.
        """
        now = self._monotonic()
        lost = [at for at, (noticed, _) in self._missing.items() if now - noticed >= GIVE_UP_S]
        whole = self._skip(max(lost)) if lost else []
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
        if self._first is None:
            return sequence + 0x10000
        return self._highest + ((sequence - self._highest + 0x8000) & 0xFFFF) - 0x8000

    def _may_still_lead(self, at: int) -> bool:
        """The network may swap the stream's first packets: the first to arrive need not be the first sent."""
        assert self._first is not None
        if self._settled or self._first - at > _EARLY_LIMIT:
            return False
        now = self._monotonic()
        for sequence in range(at + 1, self._first):
            self._missing[sequence] = (now, now + REORDER_TOLERANCE_S)
        self._first = self._scan = at
        return True

    def _note_gap(self, at: int) -> bool:
        if at - self._highest > HELD_LIMIT or len(self._held) >= HELD_LIMIT:
            return False
        now = self._monotonic()
        for sequence in range(self._highest + 1, at):
            self._missing[sequence] = (now, now + REORDER_TOLERANCE_S)
        return True

    def _restart(self, at: int) -> None:
        self._held.clear()
        self._missing.clear()
        self._first = self._scan = self._highest = at
        self.awaiting_keyframe = True

    def _complete(self) -> list[bytes]:
        whole: list[bytes] = []
        held = self._held
        assert self._first is not None
        while (packet := held.get(self._scan)) is not None:
            if self._scan > self._first and packet.timestamp != held[self._first].timestamp:
                self._take(self._scan, whole)  # a sender that sets no marker
            self._scan += 1
            if packet.marker:
                self._take(self._scan, whole)
        return whole

    def _take(self, end: int, whole: list[bytes]) -> None:
        """Everything from `_first` to `end` is one access unit."""
        assert self._first is not None
        payloads = [self._held.pop(at).payload for at in range(self._first, end)]
        self._first, self._settled = end, True
        try:
            access_unit = joined(payloads)
            opens = is_keyframe(access_unit) and codec_string(access_unit) is not None
        except ContractError:
            self.frames_dropped += 1
            self.awaiting_keyframe = True
            return
        if self.awaiting_keyframe and not opens:
            self.frames_dropped += 1
            return
        self.awaiting_keyframe = False
        whole.append(access_unit)

    def _skip(self, lost: int) -> list[bytes]:
        """Give up on `lost` and all before it: go on with the first frame that begins behind it."""
        resume = next((at for at in range(lost + 1, self._highest + 1) if self._begins(at)), self._highest + 1)
        for at in range(self._first or 0, resume):
            self._held.pop(at, None)
        self._missing = {at: times for at, times in self._missing.items() if at >= resume}
        self._first = self._scan = resume
        self._settled = self.awaiting_keyframe = True
        self.frames_dropped += 1
        return self._complete()

    def _begins(self, at: int) -> bool:
        """Whether a frame is known to begin with this packet."""
        packet, before = self._held.get(at), self._held.get(at - 1)
        if packet is None:
            return False
        if before is not None and (before.marker or before.timestamp != packet.timestamp):
            return True
        return holds_parameters(packet.payload)
