# SPDX-License-Identifier: EUPL-1.2
"""The agent's live branch over real WebRTC into the hub's own receiver: under a lease, and not a datagram longer."""

from __future__ import annotations

import time

from contract.mandate import Window
from edge.live.whip import PublisherEvents, WhipPublisher
from tests.integration.edge.conftest import UnitUnderTest
from tests.integration.edge.relay import Datagrams, running_relay
from tests.integration.edge.wires import until
from tests.integration.live.film import LOOPBACK, Hub, nals, running_hub
from tests.simulated_hub import MINUTE_US
from tests.unit.edge.unit import NOW_US

SECOND_US = 1_000_000


def publish_to(unit: UnitUnderTest, hub: Hub, relay: Datagrams) -> None:
    """Give the unit real sessions, whose datagrams the relay counts."""

    async def post(offer: str) -> str:
        return relay.answer(await hub.publishers.answer("unit-1", "cam-1", relay.offer(offer)))

    def session(deadline_us: int, events: PublisherEvents) -> WhipPublisher:
        return WhipPublisher(
            post,
            ice_addresses=LOOPBACK,
            events=events,
            deadline_us=deadline_us,
            now_us=unit.clock.now_us,
            monotonic=time.monotonic,
        )

    unit.sessions.make = session  # type: ignore[assignment, method-assign]


async def test_live_pictures_carry_the_time_at_which_they_left_the_source(unit: UnitUnderTest) -> None:
    unit.hub.order()
    async with running_hub() as hub, running_relay() as relay:
        publish_to(unit, hub, relay)
        async with unit.running() as agent:
            await unit.wires.send("mandate", unit.message())
            await until(lambda: len(unit.emitted) > 20)
            assert relay.from_unit == 0  # filming, and nobody looks
            await unit.wires.send("publish", unit.hub.lease(agent.start_id))
            await until(lambda: len(hub.seen) >= 30)
        emitted = {at_us for _, at_us in unit.emitted}
        arrived = [hub.frame(n) for n in range(len(hub.seen))]
    assert {frame.captured_at_us for frame in arrived} <= emitted
    assert arrived[0].keyframe
    assert all(nals(frame.access_unit) for frame in arrived)


async def test_the_end_of_a_lease_is_the_end_of_datagrams(unit: UnitUnderTest) -> None:
    unit.hub.order()
    async with running_hub() as hub, running_relay() as relay:
        publish_to(unit, hub, relay)
        async with unit.running() as agent:
            await unit.wires.send("mandate", unit.message())
            until_us = unit.clock.now_us() + 3 * SECOND_US // 2
            await unit.wires.send("publish", unit.hub.lease(agent.start_id, until_us=until_us))
            await until(lambda: hub.seen)
            await until(lambda: unit.clock.now_us() > until_us + SECOND_US // 2)
            count = relay.from_unit
            await until(lambda: unit.clock.now_us() > until_us + SECOND_US)
            assert relay.from_unit == count
            assert unit.camera_says("filming")  # evidence goes on
    assert max(hub.frame(n).captured_at_us for n in range(len(hub.seen))) < until_us


async def test_the_end_of_the_window_is_the_end_of_datagrams(unit: UnitUnderTest) -> None:
    to_us = unit.clock.now_us() + 3 * SECOND_US // 2
    unit.hub.order(windows=(Window(NOW_US - MINUTE_US, to_us),))
    async with running_hub() as hub, running_relay() as relay:
        publish_to(unit, hub, relay)
        async with unit.running() as agent:
            await unit.wires.send("mandate", unit.message())
            await unit.wires.send("publish", unit.hub.lease(agent.start_id))
            await until(lambda: hub.seen)
            await until(lambda: unit.clock.now_us() > to_us + SECOND_US)
            count = relay.from_unit
            await unit.wires.send("publish", unit.hub.lease(agent.start_id, made_at_us=unit.clock.now_us()))
            await until(lambda: unit.clock.now_us() > to_us + 3 * SECOND_US // 2)
            assert relay.from_unit == count
    assert max(hub.frame(n).captured_at_us for n in range(len(hub.seen))) < to_us


async def test_what_was_for_an_earlier_start_is_expected_and_a_detail(unit: UnitUnderTest) -> None:
    unit.hub.order()
    async with unit.running() as agent:
        await unit.wires.send("mandate", unit.message())
        await unit.wires.send("publish", unit.hub.lease("0" * 32))
        await unit.wires.send("publish", unit.hub.lease(agent.start_id, unit="unit-2"))
        await until(lambda: len(unit.events("refused")) == 2)
    refused = [line for line in unit.said if line["event"] == "refused"]
    assert [(line["rule"], line.get("level")) for line in refused] == [("lease.start", "detail"), ("lease.unit", None)]
