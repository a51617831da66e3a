# SPDX-License-Identifier: EUPL-1.2
"""The unit's publisher: one camera's access units go to the hub over WebRTC, as they are, under a publish lease.

Promises:
1. No access unit leaves unless `may_send()` says so at that instant and `deadline_us` has not come; when either ends,
   the connection is closed within a tenth of a second, so that no lost packet is sent again either.
2. `push` may be called from any thread and never waits. The queue is bounded: when the line is behind, what waits is
   dropped up to the next keyframe.
3. Every access unit carries its capture time; nothing else of it is changed.
4. `stop` returns within 200 ms, and no datagram leaves after it has returned.

The HTTP part of WHIP (RFC 9725) is the caller's: `post` sends the offer and returns the answer. This is also the only
place of the unit that touches aiortc's private parts, hence the pinned version.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import aiortc
import av
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.exceptions import InternalError, InvalidAccessError, InvalidStateError, OperationError
from aiortc.mediastreams import MediaStreamError
from aiortc.rtcdtlstransport import SRTP_AEAD_AES_128_GCM, SRTP_AEAD_AES_256_GCM

from contract.frames import with_capture_time

TESTED_VERSION = "1.16."
if not aiortc.__version__.startswith(TESTED_VERSION):
    raise ImportError(
        f"aiortc {aiortc.__version__} is installed, and edge.live.whip was written against the private parts of "
        f"{TESTED_VERSION}x: install aiortc=={TESTED_VERSION}*, or read them again, run tests/integration/live and "
        "raise TESTED_VERSION"
    )

QUEUE_LIMIT = 64  # access units: two seconds
QUEUE_BYTES_LIMIT = 4 * 1024 * 1024
BEHIND_LIMIT = 8  # access units that a keyframe finds waiting before it overtakes them
WATCH_S = 0.05
CONNECT_LIMIT_S = 10.0
HUB_SILENCE_LIMIT_S = 5.0  # the hub reports every second; a restarted one knows nothing of this session
STOP_LIMIT_S = 0.15

logger = logging.getLogger(__name__)


class PublishError(Exception):
    """The session could not be set up: the hub answered what cannot be used. Try again later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublisherEvents:
    """What the caller hears of, on the event loop."""

    may_send: Callable[[], bool]
    """Asked before every access unit and twenty times a second: window and publish lease stand."""
    on_end: Callable[[str], None]
    """Once, when the session has ended without :meth:`WhipPublisher.stop`, with the reason."""


class WhipPublisher:
    """One session of one camera. Not to be started twice: after its end make a new one."""

    def __init__(
        self,
        post: Callable[[str], Awaitable[str]],
        *,
        ice_addresses: Sequence[str],
        events: PublisherEvents,
        deadline_us: int,
        now_us: Callable[[], int],
        monotonic: Callable[[], float],
    ) -> None:
        self.deadline_us = deadline_us
        self._post = post
        self._ice_addresses = list(ice_addresses)
        self._events = events
        self._now_us = now_us
        self._monotonic = monotonic
        self._queue = _Queue()
        self._pc: RTCPeerConnection | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._heard_s = 0.0
        self._closer: asyncio.Task[None] | None = None
        self._ended = False

    async def start(self) -> None:
        """Offer, and take the hub's answer; pictures flow once the connection stands, some 100 ms later.

        Raises:
            PublishError: an answer that is none, or stopped meanwhile; besides whatever `post` raises.
        """
        self._queue.loop = asyncio.get_running_loop()
        pc = self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))  # an empty list: no STUN
        self._prepare(pc)
        pc.on("connectionstatechange", self._connection_changed)
        try:
            await pc.setLocalDescription(await pc.createOffer())
            answer = await self._post(pc.localDescription.sdp)
            if self._ended:
                raise PublishError("stopped meanwhile")
            await _accept(pc, answer)
        except BaseException:
            await self.stop()
            raise
        self._heard_s = self._monotonic() + CONNECT_LIMIT_S - HUB_SILENCE_LIMIT_S
        self._watcher = asyncio.create_task(self._watch())

    def push(self, au_annexb: bytes, captured_at_us: int, keyframe: bool, pts_90k: int) -> None:
        """Send an access unit, captured then, at that point of the stream's own 90 kHz clock. Thread-safe.

        Raises:
            ContractError: not an access unit.
        """
        if self._ended:
            return
        self._queue.put(_Waiting(with_capture_time(au_annexb, captured_at_us), keyframe, pts_90k))

    async def stop(self) -> None:
        """End at once: nothing waits to be sent, and no datagram leaves after this has returned."""
        self._ended = True
        if self._watcher is not None and self._watcher is not asyncio.current_task():
            self._watcher.cancel()
        await self._close()

    @property
    def dropped(self) -> int:
        """Access units that were not sent because the line was behind."""
        return self._queue.dropped

    def _prepare(self, pc: RTCPeerConnection) -> None:
        """All that aiortc offers no public way for, on this connection's own objects."""
        transceiver = pc.addTransceiver(_Track(self._queue, self._may_send), direction="sendonly")
        capabilities = RTCRtpSender.getCapabilities("video")
        transceiver.setCodecPreferences([c for c in capabilities.codecs if c.mimeType in ("video/H264", "video/rtx")])
        sender = transceiver.sender
        stock_rtcp = sender._handle_rtcp_packet

        async def heard(packet: Any) -> None:
            self._heard_s = self._monotonic()
            if self._may_send():  # it may ask for a lost packet again
                await stock_rtcp(packet)

        vars(sender)["_handle_rtcp_packet"] = heard
        sender.transport._srtp_profiles = [SRTP_AEAD_AES_256_GCM, SRTP_AEAD_AES_128_GCM]
        ice = sender.transport.transport._connection
        stock_gather, chosen = ice.get_component_candidates, self._ice_addresses

        async def gather(component: int, addresses: list[str], timeout: int = 5) -> Any:
            # aioice itself leaves out loopback and takes all other addresses.
            return await stock_gather(component=component, addresses=chosen or addresses, timeout=timeout)

        vars(ice)["get_component_candidates"] = gather

    def _may_send(self) -> bool:
        return not self._ended and self._now_us() < self.deadline_us and self._events.may_send()

    def _connection_changed(self) -> None:
        assert self._pc is not None
        state = self._pc.connectionState
        if state in ("failed", "closed") and not self._ended:
            self._ended = True
            self._queue.close()
            self._events.on_end(f"connection {state}")

    async def _watch(self) -> None:
        """Ends the session when it may no longer send or nobody listens."""
        while not self._ended:
            await asyncio.sleep(WATCH_S)
            reason = self._reason_to_end()
            if reason and not self._ended:
                self._ended = True
                await self._close()
                self._events.on_end(reason)

    def _reason_to_end(self) -> str:
        if not self._may_send():
            return "may no longer send"
        if self._monotonic() - self._heard_s >= HUB_SILENCE_LIMIT_S:
            return "the hub is silent"
        return ""

    async def _close(self) -> None:
        self._queue.close()
        if self._pc is not None:
            # A task of its own: who waits for it may be cancelled, and closing halfway closes nothing.
            self._closer = self._closer or asyncio.create_task(_closed(self._pc))
            await asyncio.shield(self._closer)


async def _closed(pc: RTCPeerConnection) -> None:
    try:
        async with asyncio.timeout(STOP_LIMIT_S):
            await pc.close()
    except TimeoutError:
        # What the kernel would not take yet is thrown away with the socket.
        for transceiver in pc.getTransceivers():
            for protocol in transceiver.sender.transport.transport._connection._protocols:
                protocol.transport.abort()


# What aiortc's SDP parser raises on rubbish, as read in 1.16.
_PARSING = (ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, StopIteration, RuntimeError)


async def _accept(pc: RTCPeerConnection, answer_sdp: str) -> None:
    try:
        await pc.setRemoteDescription(RTCSessionDescription(sdp=answer_sdp, type="answer"))
    except (*_PARSING, InternalError, InvalidAccessError, InvalidStateError, OperationError) as error:
        raise PublishError("the hub's answer cannot be used") from error


@dataclass(frozen=True, slots=True)
class _Waiting:
    data: bytes
    keyframe: bool
    pts_90k: int


class _Queue:
    """Access units from any thread to the event loop: bounded, and never a picture that stands on a dropped one."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.dropped = 0
        self._lock = threading.Lock()
        self._waiting: deque[_Waiting] = deque()
        self._bytes = 0
        self._awaiting_keyframe = True
        self._closed = False
        self._ready = asyncio.Event()

    def put(self, unit: _Waiting) -> None:
        with self._lock:
            full = len(self._waiting) >= QUEUE_LIMIT or self._bytes + len(unit.data) > QUEUE_BYTES_LIMIT
            if full or (unit.keyframe and len(self._waiting) >= BEHIND_LIMIT):
                self._clear()
            if self._closed or (self._awaiting_keyframe and not unit.keyframe):
                self.dropped += 1
                return
            self._awaiting_keyframe = False
            self._waiting.append(unit)
            self._bytes += len(unit.data)
        self._wake()

    async def get(self) -> _Waiting | None:
        """The next one, or None when closed."""
        while True:
            with self._lock:
                if self._closed:
                    return None
                if self._waiting:
                    unit = self._waiting.popleft()
                    self._bytes -= len(unit.data)
                    return unit
                self._ready.clear()
            await self._ready.wait()

    def close(self) -> None:
        with self._lock:
            self._clear()
            self._closed = True
        self._wake()

    def _clear(self) -> None:
        self.dropped += len(self._waiting)
        self._waiting.clear()
        self._bytes = 0
        self._awaiting_keyframe = True

    def _wake(self) -> None:
        if self.loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits
                self.loop.call_soon_threadsafe(self._ready.set)


class _Track(MediaStreamTrack):
    """What aiortc's sender reads: encoded packets, which it packetises without touching them."""

    kind = "video"

    def __init__(self, queue: _Queue, may_send: Callable[[], bool]) -> None:
        super().__init__()
        self._queue = queue
        self._may_send = may_send

    async def recv(self) -> av.Packet[Any]:
        unit = await self._queue.get()
        if unit is None or not self._may_send():
            self.stop()
            raise MediaStreamError
        packet = av.Packet(unit.data)
        packet.pts = packet.dts = unit.pts_90k
        packet.time_base = Fraction(1, 90_000)
        return packet
