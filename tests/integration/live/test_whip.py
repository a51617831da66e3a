# SPDX-License-Identifier: EUPL-1.2
"""A unit's pictures reach the hub's ring over real WebRTC on loopback."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import pytest

from edge.live.whip import PublishError
from hub.live.handover import HandOver, OfferRefusedError
from tests.integration.edge.relay import CLEAR, SWALLOWS, Condition, running_relay
from tests.integration.live.film import FAR_US, Hub, Picture, Unit, nals, now_us, running_hub, running_unit, until


async def send_some(hub: Hub, unit: Unit, film: list[Picture], count: int, first: int = 0) -> None:
    """Send pictures as the camera would, each when the one before has arrived."""
    for picture in film[first : first + count]:
        before = len(hub.seen)
        unit.send(picture)
        await until(lambda before=before: len(hub.seen) > before, 2, "the next access unit")


async def test_every_picture_arrives_whole_with_its_time_and_before_the_next_is_sent(film: list[Picture]) -> None:
    async with running_hub() as hub:
        began = time.monotonic()
        async with running_unit(hub) as unit:
            for n, picture in enumerate(film):
                captured_at_us = unit.send(picture)
                # Nothing else is sent until this one is there: no frame waits for the next one's first packet.
                await until(lambda n=n: len(hub.seen) == n + 1, 2, f"access unit {n}")
                if n == 0:
                    assert time.monotonic() - began < 1.5
                arrived = hub.frame(n)
                assert nals(picture.data) == nals(arrived.access_unit)
                assert arrived.captured_at_us == captured_at_us
                assert arrived.keyframe == picture.keyframe
                assert arrived.sequence == n
            (session,) = hub.publishers._sessions.values()
            assert session.video is not None
            assert session.video.srtp_profile == "SRTP_AEAD_AES_256_GCM"
            assert session.video.frames_dropped == 0
        await until(lambda: hub.dropped, 0.5, "the unit's goodbye")
        assert hub.rings.of("cam-1").group_bytes == 0  # an old picture is never handed to a newcomer


async def test_pictures_may_come_from_another_thread(film: list[Picture]) -> None:
    async with running_hub() as hub, running_unit(hub) as unit:

        def camera() -> None:
            for n, picture in enumerate(film[:50]):
                unit.send(picture)
                while len(hub.seen) <= n:
                    time.sleep(0.001)

        async with asyncio.timeout(10):
            await asyncio.to_thread(camera)
        assert [nals(hub.frame(n).access_unit) for n in range(50)] == [nals(p.data) for p in film[:50]]


UNIT_PROCESS = """
import asyncio, sys, time
from pathlib import Path
from edge.live.whip import PublisherEvents, WhipPublisher
from hub.live.handover import Offer, hand_over
from tests.integration.live.film import FAR_US, LOOPBACK, make_film, now_us

async def main():
    film = make_film(2)
    async def post(offer):
        return await hand_over(Path(sys.argv[1]), Offer("unit-1", "cam-1", offer))
    events = PublisherEvents(may_send=lambda: True, on_end=print)
    publisher = WhipPublisher(post, ice_addresses=LOOPBACK, events=events, deadline_us=FAR_US,
                              now_us=now_us, monotonic=time.monotonic)
    await publisher.start()
    for n in range(1000):
        picture = film[n % len(film)]
        publisher.push(picture.data, now_us(), picture.keyframe, n * 3600)
        await asyncio.sleep(0.04)

asyncio.run(main())
"""


async def test_a_killed_unit_is_noticed_though_it_says_nothing(tmp_path: Path) -> None:
    async with running_hub() as hub:
        door = HandOver(lambda offer: hub.publishers.answer(offer.unit, offer.camera, offer.sdp))
        await door.start(tmp_path / "media.sock")
        assert (tmp_path / "media.sock").stat().st_mode & 0o777 == 0o660
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", UNIT_PROCESS, str(tmp_path / "media.sock"), cwd=Path(__file__).parents[3]
        )
        try:
            await until(lambda: len(hub.seen) > 10, 20, "pictures from another process")
        finally:
            process.kill()
            await process.wait()
        assert hub.dropped == []
        await until(lambda: hub.dropped, 2.5, "the loss of the unit")
        assert hub.dropped == [("cam-1", "no picture for 2 s")]
        await door.close()


async def test_a_newer_session_replaces_the_older(film: list[Picture]) -> None:
    async with running_hub() as hub, running_unit(hub) as older:
        await send_some(hub, older, film, 5)
        async with running_unit(hub) as newer:
            await until(lambda: older.ended, 1, "the end of the older session")
            assert hub.dropped == [("cam-1", "replaced by a newer session")]
            older.send(film[5])
            await send_some(hub, newer, film, 5)
            assert hub.frame(5).keyframe
            assert [nals(hub.frame(5 + n).access_unit) for n in range(5)] == [nals(p.data) for p in film[:5]]


async def test_the_publish_lease_ends_and_so_does_the_picture(film: list[Picture]) -> None:
    async with running_hub() as hub, running_unit(hub) as unit:
        await send_some(hub, unit, film, 5)
        hub.until_us = now_us() + 300_000
        end_us = hub.until_us
        n = 5
        while not unit.ended:
            assert now_us() < end_us + 1_000_000
            unit.send(film[n % len(film)])
            n += 1
            await asyncio.sleep(0.02)
        assert hub.dropped == [("cam-1", "the publish lease ended")]
        assert max(at_us for _, at_us in hub.seen) < end_us + 50_000


async def test_a_renewed_lease_goes_on_without_a_hole(film: list[Picture]) -> None:
    async with running_hub() as hub, running_unit(hub) as unit:
        await send_some(hub, unit, film, 3)
        (session,) = hub.publishers._sessions.values()
        hub.until_us = end_us = now_us() + 500_000
        await until(lambda: session.until_us == end_us, 0.5, "the shorter lease")
        hub.until_us = FAR_US
        n = 3
        while now_us() < end_us + 100_000:
            await send_some(hub, unit, film, 1, first=n)
            n += 1
            await asyncio.sleep(0.04)
        assert [hub.frame(i).sequence for i in range(n)] == list(range(n))


async def test_without_a_lease_the_offer_is_refused() -> None:
    async with running_hub(until_us=None) as hub:
        with pytest.raises(OfferRefusedError, match="no standing publish lease"):
            await Unit(hub).publisher.start()
        assert not hub.publishers._sessions


async def test_a_picture_without_capture_time_is_not_shown(
    film: list[Picture], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with running_hub() as hub, running_unit(hub) as unit:
        await send_some(hub, unit, film, 3)
        monkeypatch.setattr("edge.live.whip.with_capture_time", lambda access_unit, captured_at_us: access_unit)
        unit.send(film[3])
        await until(lambda: "without capture time" in caplog.text, 1, "the complaint")
        monkeypatch.undo()
        for picture in film[4:30]:
            unit.send(picture)
        await until(lambda: len(hub.seen) > 3, 1, "the next keyframe")
        assert hub.frame(3).keyframe  # what stood on the missing one was left out
        assert nals(hub.frame(3).access_unit) == nals(film[25].data)


async def test_what_waits_is_dropped_up_to_the_next_keyframe(film: list[Picture]) -> None:
    async with running_hub() as hub:
        unit = Unit(hub)
        for picture in film:
            unit.send(picture)  # nothing takes them yet
        assert unit.publisher.dropped == 75
        await unit.publisher.start()
        await until(lambda: len(hub.seen) == 25, 2, "the newest group of pictures")
        assert [nals(hub.frame(n).access_unit) for n in range(25)] == [nals(p.data) for p in film[75:]]
        await unit.publisher.stop()


async def test_a_unit_is_asked_for_a_keyframe(film: list[Picture]) -> None:
    async with running_hub() as hub, running_unit(hub) as unit:
        await send_some(hub, unit, film, 3)
        assert unit.publisher._pc is not None
        (sender,) = unit.publisher._pc.getSenders()
        asked: list[int] = []
        vars(sender)["_send_keyframe"] = lambda: asked.append(1)
        hub.publishers.request_keyframe("cam-1")
        await until(lambda: asked == [1], 1, "the request")


async def test_a_hub_that_is_gone_is_noticed(film: list[Picture], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.live.whip.HUB_SILENCE_LIMIT_S", 1.7)  # reports come every second
    async with running_relay() as relay, running_hub() as hub, running_unit(hub, relay=relay) as unit:
        await send_some(hub, unit, film, 3)
        await until(lambda: unit.publisher._heard_s < time.monotonic(), 1, "the first report")
        relay.link.be(SWALLOWS)
        await until(lambda: unit.ended, 2.5, "the silence")
        assert unit.ended == ["the hub is silent"]


@pytest.mark.parametrize("answer", ["", "v=0\r\n", "refused", "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 97\r\na=mid:0\r\n"])
async def test_an_answer_that_is_none_ends_the_attempt(answer: str) -> None:
    async with running_hub() as hub:
        unit = Unit(hub)

        async def post(offer: str) -> str:
            return answer

        unit.publisher._post = post
        with pytest.raises(PublishError):
            await unit.publisher.start()


async def test_silence_is_noticed_by_the_clock_that_was_given(film: list[Picture]) -> None:
    ahead = [0.0]
    async with running_hub(monotonic=lambda: time.monotonic() + ahead[0]) as hub, running_unit(hub) as unit:
        await send_some(hub, unit, film, 3)
        await asyncio.sleep(0.5)
        assert hub.dropped == []
        ahead[0] = 2.0
        await until(lambda: hub.dropped, 0.5, "silence")
        assert hub.dropped == [("cam-1", "no picture for 2 s")]


async def test_a_session_that_never_shows_a_picture_is_dropped() -> None:
    ahead = [0.0]
    async with running_hub(monotonic=lambda: time.monotonic() + ahead[0]) as hub, running_unit(hub):
        assert hub.publishers._sessions
        ahead[0] = 10.0
        await until(lambda: not hub.publishers._sessions, 1, "the end")
        assert [camera for camera, _ in hub.dropped] == ["cam-1"]


async def test_the_unit_stops_within_200_ms_and_sends_nothing_after(film: list[Picture]) -> None:
    async with running_relay() as relay, running_hub() as hub, running_unit(hub, relay=relay) as unit:
        await send_some(hub, unit, film, 10)
        for picture in film[10:30]:
            unit.send(picture)
        began = time.monotonic()
        await unit.publisher.stop()
        assert time.monotonic() - began < 0.2
        await asyncio.sleep(0.02)  # what was in the air lands at the relay
        sent = relay.from_unit
        unit.send(film[30])
        await asyncio.sleep(1.2)  # longer than the interval of reports
        assert relay.from_unit == sent
        assert unit.ended == []  # the caller knows that it stopped


@pytest.mark.parametrize("how", ["may_send", "deadline"])
async def test_the_unit_ends_by_itself_when_it_may_no_longer_send(film: list[Picture], how: str) -> None:
    async with running_relay() as relay, running_hub() as hub, running_unit(hub, relay=relay) as unit:
        await send_some(hub, unit, film, 10)
        if how == "may_send":
            unit.may_send = False
        else:
            unit.publisher.deadline_us = now_us()
        unit.send(film[10])
        await until(lambda: unit.ended, 0.3, "the end")
        assert unit.ended == ["may no longer send"]
        await asyncio.sleep(0.02)
        sent = relay.from_unit
        await asyncio.sleep(0.3)
        assert relay.from_unit == sent
        assert len(hub.seen) == 10


async def test_what_is_lost_on_the_way_is_sent_again(film: list[Picture]) -> None:
    async with (
        running_relay(Condition(loss=0.05, delay_s=0.04)) as relay,
        running_hub() as hub,
        running_unit(hub, relay=relay) as unit,
    ):
        began = time.monotonic()
        for n, picture in enumerate(film[:75]):
            unit.send(picture)
            await asyncio.sleep(max(0.0, began + (n + 1) / 25 - time.monotonic()))
        relay.link.be(CLEAR)
        unit.send(film[75])
        await until(lambda: len(hub.seen) == 76, 1, "every picture")
        assert relay.media_lost > 0
        assert [nals(hub.frame(n).access_unit) for n in range(76)] == [nals(p.data) for p in film[:76]]
