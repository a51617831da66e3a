# SPDX-License-Identifier: EUPL-1.2
"""What the media process refuses: other versions of aiortc, offers that no unit makes, a hand-over that is none."""

from __future__ import annotations

import asyncio
import importlib
import random
import re
import sys
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import aioice
import aiortc
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection

from hub.live.aiortc_adapter import IncomingVideo, OfferError
from hub.live.handover import HandOver, Offer, OfferRefusedError, hand_over
from tests.integration.live.film import LOOPBACK, Hub, Unit


@pytest.mark.parametrize("module", ["hub.live.aiortc_adapter", "edge.live.whip"])
def test_another_version_of_aiortc_is_refused_at_import(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aiortc, "__version__", "1.17.0")
    monkeypatch.delitem(sys.modules, module)
    with pytest.raises(ImportError, match=r"aiortc 1\.17\.0 is installed.*install aiortc==1\.16\.\*"):
        importlib.import_module(module)


async def offer_of_a_unit(ice_addresses: Sequence[str] = LOOPBACK) -> str:
    offers: list[str] = []

    async def post(offer: str) -> str:
        offers.append(offer)
        raise OfferRefusedError("kept")

    unit = Unit(Hub())
    unit.publisher._post, unit.publisher._ice_addresses = post, list(ice_addresses)
    with pytest.raises(OfferRefusedError):
        await unit.publisher.start()
    return offers[0]


async def answered(offer: str, ice_addresses: Sequence[str] = LOOPBACK) -> str:
    ends: list[str] = []
    video = IncomingVideo(
        ice_addresses=ice_addresses,
        on_access_unit=lambda access_unit: None,
        on_end=ends.append,
        monotonic=time.monotonic,
    )
    try:
        async with asyncio.timeout(2):
            return await video.answer(offer)
    finally:
        await video.close()
        assert ends == []


async def test_the_answer_is_h264_on_the_given_address_only() -> None:
    answer = await answered(await offer_of_a_unit())

    assert re.findall(r"a=rtpmap:\d+ (\w+)/", answer) in (["H264", "rtx"], ["H264", "rtx", "H264", "rtx"])
    assert {line.split()[4] for line in answer.splitlines() if line.startswith("a=candidate:")} == {"127.0.0.1"}


async def test_where_none_is_named_all_are_gathered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1", "127.0.0.2"])
    offer = await offer_of_a_unit([])
    for sdp in (offer, await answered(offer, [])):
        found = {line.split()[4] for line in sdp.splitlines() if line.startswith("a=candidate:")}
        assert found == {"127.0.0.1", "127.0.0.2"}


async def foreign_offer(kinds: list[str], codec: str | None = None) -> str:
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    for kind in kinds:
        transceiver = pc.addTransceiver(kind, direction="sendonly")
        if codec:
            codecs = aiortc.RTCRtpSender.getCapabilities("video").codecs
            transceiver.setCodecPreferences([c for c in codecs if c.mimeType == codec])
    await pc.setLocalDescription(await pc.createOffer())
    sdp = str(pc.localDescription.sdp)
    await pc.close()
    return re.sub(r"(a=candidate:\S+ \d+ \S+ \d+ )\S+", r"\g<1>127.0.0.1", sdp)


@pytest.mark.parametrize(
    ("kinds", "codec"), [(["audio"], None), (["video", "audio"], None), (["video", "video"], None)]
)
async def test_more_or_other_than_one_video_stream_is_refused(kinds: list[str], codec: str | None) -> None:
    with pytest.raises(OfferError, match="not exactly one video stream"):
        await answered(await foreign_offer(kinds, codec))


async def test_vp8_is_refused() -> None:
    offer = await offer_of_a_unit()
    with pytest.raises(OfferError, match=r"no H\.264"):
        await answered(offer.replace("H264/90000", "VP8/90000"))


async def test_a_candidate_that_is_a_name_is_not_looked_up() -> None:
    offer = await offer_of_a_unit()
    for name in ("printer.local", "db.internal"):
        with pytest.raises(OfferError, match="names are not looked up"):
            await answered(re.sub(r"(a=candidate:\S+ \d+ \S+ \d+ )\S+", rf"\g<1>{name}", offer))


async def test_many_candidates_are_refused() -> None:
    offer = await offer_of_a_unit()
    (line,) = [line for line in offer.splitlines() if line.startswith("a=candidate:")]
    with pytest.raises(OfferError, match="candidates"):
        await answered(offer.replace(line, "\r\n".join([line] * 40)))


@pytest.mark.parametrize("bad", ["", "v=0", "rubbish", "m=video x", "a" * 20_000, "m=video 9 UDP/TLS/RTP/SAVPF 300"])
async def test_rubbish_is_refused(bad: str) -> None:
    with pytest.raises(OfferError):
        await answered(bad)


async def test_a_mutated_offer_is_refused_or_answered() -> None:
    offer = await offer_of_a_unit()
    chance = random.Random(3)
    lines = offer.splitlines()
    outcomes = {"answered": 0, "refused": 0}
    for _ in range(150):
        mutated = lines[:]
        at = chance.randrange(len(lines))
        match chance.randrange(3):
            case 0:
                del mutated[at]
            case 1:
                mutated[at] = mutated[at][: chance.randrange(len(lines[at]) + 1)]
            case _:
                mutated[at] = mutated[at].replace(chance.choice(lines[at]), chance.choice("0:/ x-"))
        try:
            await answered("\r\n".join(mutated) + "\r\n")
            outcomes["answered"] += 1
        except OfferError:
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 10


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Path]:
    async def answer(offer: Offer) -> str:
        if offer.camera != "cam-1":
            raise OfferRefusedError("no standing publish lease")
        return f"{offer.unit} {offer.camera} {offer.sdp}"

    path = tmp_path / "media.sock"
    path.touch()  # what a dead process left
    server = HandOver(answer)
    await server.start(path)
    yield path
    await server.close()
    assert not path.exists()


async def test_an_offer_is_handed_over(door: Path) -> None:
    assert await hand_over(door, Offer("unit-1", "cam-1", "v=0\r\n")) == "unit-1 cam-1 v=0\r\n"
    with pytest.raises(OfferRefusedError, match="no standing publish lease"):
        await hand_over(door, Offer("unit-1", "cam-2", "v=0\r\n"))


async def test_a_media_process_that_is_not_there_is_a_refusal(tmp_path: Path) -> None:
    with pytest.raises(OfferRefusedError, match="does not answer"):
        await hand_over(tmp_path / "media.sock", Offer("unit-1", "cam-1", "v=0"))


async def test_an_offer_too_long_to_hand_over_is_a_refusal(door: Path) -> None:
    with pytest.raises(OfferRefusedError):
        await hand_over(door, Offer("unit-1", "cam-1", "x" * 40_000))


@pytest.mark.parametrize(
    "question",
    [
        b"\x00\x00\x00\x00",
        b"\xff\xff\xff\xff{}",
        b"\x00\x00\x00\x02{]",
        b"\x00\x00\x00\x02[]",
        b'\x00\x00\x00\x09{"sdp":1}'[:13],
        b'\x00\x00\x00\x0a{"sdp":""}',
        b"\x00\x00",
    ],
)
async def test_a_question_that_is_none_gets_no_answer(door: Path, question: bytes) -> None:
    reader, writer = await asyncio.open_unix_connection(door)
    writer.write(question)
    writer.write_eof()
    async with asyncio.timeout(2):
        assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
    assert await hand_over(door, Offer("unit-1", "cam-1", "still there"))
