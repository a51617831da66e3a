# SPDX-License-Identifier: EUPL-1.2
"""One ring per camera: the access units since the last keyframe, and everyone who watches.

Promises: owned by one event loop; an access unit is immutable and its socket message is built once, shared by all;
who subscribes gets the cached group of pictures and then what comes, nothing twice and nothing left out; who cannot
keep up is dropped to the next keyframe, never buffered here; an old picture is never handed out as live, because the
cache ends with its publisher.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from contract.frames import SEQUENCE_LIMIT, codec_string, pack_frame

GROUP_LIMIT = 600  # access units; a camera with rarer keyframes makes newcomers wait for the next
GROUP_BYTES_LIMIT = 8 * 1024 * 1024

BINARY, TEXT = 0x2, 0x1  # WebSocket opcodes


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One picture, as received, with what every viewer needs of it."""

    captured_at_us: int
    keyframe: bool
    sequence: int
    codec: str
    message: bytes
    """The viewer's message with its WebSocket header, ready for the transport."""


Deliver = Callable[[AccessUnit], bool]
"""Takes one access unit without waiting; False when the viewer cannot take it now."""


class Subscription:
    """One viewer's place at the ring. `dropped` counts what it could not take."""

    __slots__ = ("_deliver", "awaiting_keyframe", "dropped")

    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver
        self.awaiting_keyframe = True
        self.dropped = 0

    def offer(self, unit: AccessUnit) -> None:
        """Hand it over, or drop it and wait for the next keyframe."""
        if self.awaiting_keyframe and not unit.keyframe:
            self.dropped += 1
            return
        self.awaiting_keyframe = not self._deliver(unit)
        if self.awaiting_keyframe:
            self.dropped += 1


class Ring:
    """The pictures of one camera."""

    def __init__(self) -> None:
        self._group: list[AccessUnit] = []
        self._group_bytes = 0
        self._subscriptions: set[Subscription] = set()
        self._sequence = 0
        self._flowing = False
        self.codec: str | None = None

    def publish(self, access_unit: bytes, captured_at_us: int, keyframe: bool) -> AccessUnit | None:
        """Take one access unit and hand it to all; None when it stands on a keyframe that was never here.

        Raises:
            ContractError: not an access unit, or a time out of range.
        """
        if keyframe:
            self.codec = codec_string(access_unit) or self.codec
            self._group.clear()
            self._group_bytes = 0
        if self.codec is None or not (keyframe or self._flowing):
            return None
        self._flowing = True
        message = framed(BINARY, pack_frame(keyframe, captured_at_us, self._sequence, access_unit))
        unit = AccessUnit(captured_at_us, keyframe, self._sequence, self.codec, message)
        self._sequence = (self._sequence + 1) % SEQUENCE_LIMIT
        self._remember(unit)
        for subscription in tuple(self._subscriptions):
            subscription.offer(unit)
        return unit

    def subscribe(self, deliver: Deliver) -> Subscription:
        """Start with the cached group of pictures, handed over at once, then everything that is published."""
        subscription = Subscription(deliver)
        for unit in self._group:
            subscription.offer(unit)
        self._subscriptions.add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Nothing is delivered after this call."""
        self._subscriptions.discard(subscription)

    def reset(self) -> None:
        """The publisher is gone or another: forget its pictures, and let everyone wait for a keyframe."""
        self._group.clear()
        self._group_bytes = 0
        self._flowing = False
        self.codec = None
        for subscription in self._subscriptions:
            subscription.awaiting_keyframe = True

    @property
    def watching(self) -> int:
        """How many subscribe."""
        return len(self._subscriptions)

    @property
    def group_bytes(self) -> int:
        """Size of the burst that a newcomer gets."""
        return self._group_bytes

    def _remember(self, unit: AccessUnit) -> None:
        if not (unit.keyframe or self._group):
            return  # the group outgrew its limit
        self._group.append(unit)
        self._group_bytes += len(unit.message)
        if len(self._group) > GROUP_LIMIT or self._group_bytes > GROUP_BYTES_LIMIT:
            self._group.clear()
            self._group_bytes = 0


class Rings:
    """The rings of this process, by camera."""

    def __init__(self) -> None:
        self._rings: dict[str, Ring] = {}

    def of(self, camera: str) -> Ring:
        """The camera's ring, made when first asked for."""
        return self._rings.setdefault(camera, Ring())


def framed(opcode: int, payload: bytes) -> bytes:
    """One whole WebSocket message from server to client (RFC 6455 5.2): final, unmasked, uncompressed."""
    size = len(payload)
    if size < 126:
        header = bytes((0x80 | opcode, size))
    elif size < 0x10000:
        header = bytes((0x80 | opcode, 126)) + size.to_bytes(2, "big")
    else:
        header = bytes((0x80 | opcode, 127)) + size.to_bytes(8, "big")
    return header + payload
