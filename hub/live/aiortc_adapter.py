# SPDX-License-Identifier: EUPL-1.2
"""The one place that touches aiortc's private parts: a peer connection that hands out encoded access units.

aiortc decodes what it receives and offers no other way; its jitter buffer waits a frame too long, asks once for what
is lost, and its queues have no end. So its receiver is replaced by :class:`_Receiver`: SRTP is opened where the
datagram arrives, and :mod:`hub.live.assembly` does the rest, with no thread, no decoder and no queue in between.

Promises: owned by one event loop; nothing global is changed, each change is on one connection's own objects; host
candidates on the given addresses only, no STUN, no TURN, no mDNS; H.264 only; SRTP with AES-GCM, 256 bits first.
The version is pinned: another one is refused at import, because nobody has read its private parts.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import ipaddress
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import aiortc
import pylibsrtp
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpReceiver, RTCSessionDescription
from aiortc.exceptions import InternalError, InvalidAccessError, InvalidStateError, OperationError
from aiortc.rtcdtlstransport import SRTP_AEAD_AES_128_GCM, SRTP_AEAD_AES_256_GCM, RTCDtlsTransport
from aiortc.rtcrtpparameters import RTCRtpReceiveParameters
from aiortc.rtp import (
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    AnyRtcpPacket,
    RtcpByePacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSrPacket,
    is_rtcp,
)
from aiortc.sdp import SessionDescription

from hub.live import rtp
from hub.live.assembly import Assembler, Packet

TESTED_VERSION = "1.16."
if not aiortc.__version__.startswith(TESTED_VERSION):
    raise ImportError(
        f"aiortc {aiortc.__version__} is installed, and hub.live.aiortc_adapter was written against the private parts "
        f"of {TESTED_VERSION}x: install aiortc=={TESTED_VERSION}*, or read them again, run tests/integration/live and "
        "raise TESTED_VERSION"
    )

SILENCE_LIMIT_S = 2.0  # no access unit for so long: the unit is gone (aioice itself notices after 30 s)
CONNECT_LIMIT_S = 10.0  # from the answer to the first access unit; a slow 4G link needs three
PLI_INTERVAL_S = 1.0
REPORT_INTERVAL_S = 1.0
OFFER_LIMIT = 16_384  # characters of SDP
CANDIDATE_LIMIT = 16
_EARLY_LIMIT = 512  # datagrams held while the handshake ends
_CONTROL_LIMIT = 256  # datagrams of control waiting for aiortc's own loop

logger = logging.getLogger(__name__)


class OfferError(ValueError):
    """The offer is not one that a unit makes: the sentence says what is wrong with it."""


class IncomingVideo:
    """One WHIP publisher: answers its offer, then hands out its access units.

    `on_access_unit(annexb)` and `on_end(reason)` are called on the event loop; the latter once, after which nothing
    more comes. The owner calls :meth:`tick` about ten times a second.
    """

    def __init__(
        self,
        *,
        ice_addresses: Sequence[str],
        on_access_unit: Callable[[bytes], None],
        on_end: Callable[[str], None],
        monotonic: Callable[[], float],
    ) -> None:
        self._monotonic = monotonic
        self._on_end = on_end
        self._ended = False
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        transceiver = self._pc.addTransceiver("video", direction="recvonly")
        capabilities = RTCRtpReceiver.getCapabilities("video")
        assert capabilities is not None
        # Before the offer is seen: aiortc prefers VP8 otherwise.
        transceiver.setCodecPreferences([c for c in capabilities.codecs if c.mimeType in ("video/H264", "video/rtx")])
        self._transport = transceiver.receiver.transport
        self._transport._srtp_profiles = [SRTP_AEAD_AES_256_GCM, SRTP_AEAD_AES_128_GCM]
        self._receiver = _Receiver(self._transport, on_access_unit, self._end, monotonic)
        self._receiver._set_rtcp_ssrc(transceiver.sender._ssrc)
        vars(transceiver)["_RTCRtpTransceiver__receiver"] = self._receiver
        self._ice = self._transport.transport._connection
        _limit_to(self._ice, ice_addresses)
        self._pc.on("connectionstatechange", self._connection_changed)
        self._deadline = monotonic() + CONNECT_LIMIT_S

    async def answer(self, offer_sdp: str) -> str:
        """The answer to an offer of exactly one H.264 stream.

        Raises:
            OfferError: anything else.
        """
        _check_offer(offer_sdp)
        try:
            await self._pc.setRemoteDescription(RTCSessionDescription(sdp=offer_sdp, type="offer"))
            await self._pc.setLocalDescription(await self._pc.createAnswer())
        except OperationError as error:
            raise OfferError("no H.264 in the offer") from error
        except (*_PARSING, InternalError, InvalidAccessError, InvalidStateError) as error:
            raise OfferError("not an offer that can be answered") from error
        self._divert()
        self._deadline = self._monotonic() + CONNECT_LIMIT_S
        return str(self._pc.localDescription.sdp)

    def tick(self) -> None:
        """Reports, repeated requests for a keyframe, and the end when the unit has gone silent."""
        now = self._monotonic()
        last = self._receiver.last_access_unit_s
        if last is None and now >= self._deadline:
            self._end("no picture after the answer")
        elif last is not None and now - last >= SILENCE_LIMIT_S:
            self._end(f"no picture for {SILENCE_LIMIT_S:.0f} s")
        else:
            self._receiver.tick(now)

    def request_keyframe(self) -> None:
        """Ask the unit for a keyframe (PLI). A source that cannot make one ignores it."""
        self._receiver.request_keyframe()

    @property
    def frames_dropped(self) -> int:
        """Access units that were lost or stood on a lost one."""
        return self._receiver.assembler.frames_dropped

    @property
    def srtp_profile(self) -> str:
        """What the two ends agreed on, as OpenSSL names it; empty before the handshake."""
        ssl = self._transport._ssl
        return ssl.get_selected_srtp_profile().decode() if ssl is not None else ""

    async def close(self) -> None:
        """End it at once: nothing is handed out after the call, the sockets are closed when it returns."""
        self._ended = True
        self._receiver.ended = True
        await self._pc.close()

    def _divert(self) -> None:
        """Media datagrams go straight to our receiver; what is left for aiortc's own queue is bounded."""
        for protocol in self._ice._protocols:
            stock = protocol.datagram_received
            vars(protocol)["datagram_received"] = functools.partial(self._datagram, stock)

    def _datagram(self, stock: Callable[[bytes, Any], None], data: bytes, address: Any) -> None:
        if data and 127 < data[0] < 192 and not is_rtcp(data):
            self._receiver.datagram(data)
        elif self._ice._queue.qsize() < _CONTROL_LIMIT:
            stock(data, address)

    def _connection_changed(self) -> None:
        state = self._pc.connectionState
        if state in ("failed", "closed"):
            self._end(f"connection {state}")

    def _end(self, reason: str) -> None:
        if not self._ended:
            self._ended = True
            self._receiver.ended = True
            self._on_end(reason)


# What aiortc's SDP parser and negotiation raise on rubbish, as read in 1.16 and tried with mutated offers.
_PARSING = (ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, StopIteration, RuntimeError)


def _check_offer(sdp: str) -> None:
    """Refuse what no unit offers before aiortc acts on it: it would open sockets for every line."""
    if len(sdp) > OFFER_LIMIT:
        raise OfferError(f"an offer of {len(sdp)} characters")
    try:
        media = SessionDescription.parse(sdp).media
    except _PARSING as error:
        raise OfferError("not SDP") from error
    if len(media) != 1 or media[0].kind != "video" or media[0].direction != "sendonly":
        raise OfferError("not exactly one video stream that is sent only")
    if not media[0].dtls or not media[0].dtls.fingerprints or not media[0].ice or not media[0].ice.password:
        raise OfferError("no DTLS fingerprint or no ICE credentials")
    if not 0 < len(media[0].ice_candidates) <= CANDIDATE_LIMIT:
        raise OfferError(f"{len(media[0].ice_candidates)} candidates")
    for candidate in media[0].ice_candidates:
        with contextlib.suppress(ValueError):
            ipaddress.ip_address(candidate.ip)
            continue
        raise OfferError("a candidate that is a name: names are not looked up")


def _limit_to(ice: Any, addresses: Sequence[str]) -> None:
    """Gather host candidates on these addresses, if any are named; aioice leaves out loopback and takes all others."""
    stock, chosen = ice.get_component_candidates, list(addresses)

    async def gather(component: int, addresses: list[str], timeout: int = 5) -> Any:
        return await stock(component=component, addresses=chosen or addresses, timeout=timeout)

    vars(ice)["get_component_candidates"] = gather


class _Receiver(RTCRtpReceiver):
    """Stands where aiortc keeps its own receiver, and shares with it only the interface."""

    def __init__(
        self,
        transport: RTCDtlsTransport,
        on_access_unit: Callable[[bytes], None],
        on_end: Callable[[str], None],
        monotonic: Callable[[], float],
    ) -> None:
        super().__init__("video", transport)
        self.assembler = Assembler(monotonic)
        self.ended = False
        self.last_access_unit_s: float | None = None
        self._on_access_unit = on_access_unit
        self._on_end = on_end
        self._monotonic = monotonic
        self._dtls = transport
        self._early: deque[bytes] = deque(maxlen=_EARLY_LIMIT)
        self._retransmits: dict[int, bool] = {}  # payload type -> whether it is RTX (RFC 4588)
        self._ssrc: int | None = None
        self._own_ssrc = 0
        self._timer: asyncio.TimerHandle | None = None
        self._pli_at = self._report_at = 0.0
        self._reception = rtp.Reception()

    # What RTCPeerConnection and RTCDtlsTransport call.

    def _set_rtcp_ssrc(self, ssrc: int) -> None:
        self._own_ssrc = ssrc

    async def receive(self, parameters: RTCRtpReceiveParameters) -> None:
        if self._retransmits:
            return
        for codec in parameters.codecs:
            if codec.payloadType is not None:
                self._retransmits[codec.payloadType] = codec.name.lower() == "rtx"
        self._ssrc = parameters.encodings[0].ssrc if parameters.encodings else None
        self._dtls._register_rtp_receiver(self, parameters)
        while self._early:
            self._open(self._early.popleft())

    async def stop(self) -> None:
        self.ended = True
        if self._timer is not None:
            self._timer.cancel()
        self._dtls._unregister_rtp_receiver(self)

    def _handle_disconnect(self) -> None:
        self._on_end("connection closed by the unit")

    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None:
        if isinstance(packet, RtcpByePacket):
            self._on_end("the unit said goodbye")
        elif isinstance(packet, RtcpSrPacket):
            self._reception.sender_report(packet.sender_info.ntp_timestamp, self._monotonic())

    # The way of a picture.

    def datagram(self, data: bytes) -> None:
        """Take one SRTP datagram; before the handshake has ended it waits."""
        if self._retransmits:
            self._open(data)
        elif not self.ended:
            self._early.append(data)

    def _open(self, data: bytes) -> None:
        if self.ended or self._dtls._rx_srtp is None:
            return
        try:
            packet = self._dtls._rx_srtp.unprotect(data)
        except pylibsrtp.Error as error:
            logger.debug("datagram refused: %s", error)  # forged, repeated or damaged: UDP brings such
            return
        header = rtp.parse(packet)
        if header is not None and header.payload_type in self._retransmits:
            self._take(header)

    def _take(self, header: rtp.Header) -> None:
        kind, marker, sequence, timestamp, ssrc, payload = header
        if self._retransmits[kind]:
            sequence, payload = int.from_bytes(payload[:2], "big"), payload[2:]
        else:
            self._ssrc = self._ssrc or ssrc
            if ssrc != self._ssrc:
                return
            self._reception.packet(sequence, timestamp, self._monotonic())
        if payload:  # else a probe of padding only
            self._deliver(self.assembler.add(sequence, Packet(timestamp, marker, payload)))
            if self._timer is None:
                self._arm()

    def _deliver(self, whole: list[bytes]) -> None:
        for access_unit in whole:
            if not self.ended:
                self.last_access_unit_s = self._monotonic()
                self._on_access_unit(access_unit)

    def _arm(self) -> None:
        due = self.assembler.next_due_s()
        self._timer = None if due is None else asyncio.get_running_loop().call_later(due, self._ask)

    def _ask(self) -> None:
        lost, whole = self.assembler.overdue()
        if lost:
            nack = RtcpRtpfbPacket(fmt=RTCP_RTPFB_NACK, ssrc=self._own_ssrc, media_ssrc=self._ssrc or 0, lost=lost)
            self._send(nack)
        self._deliver(whole)
        self._arm()

    def tick(self, now: float) -> None:
        """Once a second a report, and a request for a keyframe while one is awaited."""
        if self.ended or self._ssrc is None:
            return
        if now - self._report_at >= REPORT_INTERVAL_S and (report := self._reception.report(now)):
            self._report_at = now
            self._send(RtcpRrPacket(ssrc=self._own_ssrc, reports=[RtcpReceiverInfo(self._ssrc, *report)]))
        if self.assembler.awaiting_keyframe and now - self._pli_at >= PLI_INTERVAL_S:
            self.request_keyframe()

    def request_keyframe(self) -> None:
        self._pli_at = self._monotonic()
        self._send(RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=self._own_ssrc, media_ssrc=self._ssrc or 0))

    def _send(self, packet: AnyRtcpPacket) -> None:
        """What `RTCDtlsTransport._send_rtp` does, without a task: nothing in it waits."""
        pair = self._dtls.transport._connection._nominated.get(1)
        if pair is not None and self._dtls._tx_srtp is not None and self._dtls.state == "connected":
            data = self._dtls._tx_srtp.protect_rtcp(bytes(packet))
            pair.protocol.transport.sendto(data, pair.remote_addr)
