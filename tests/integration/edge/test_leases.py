# SPDX-License-Identifier: EUPL-1.2
"""The agent under a lease: what it films when the hub says nothing, says late, or says that the order is over."""

from __future__ import annotations

import asyncio
import io
from functools import partial
from typing import Any

import pytest

from contract import segment
from contract.chain import coverage
from contract.events import Event
from contract.index import Closing, Gap
from contract.lease import LEASE_LIFE_US, OFFLINE_GRACE, REBOOTED_OFFLINE, Contact, Stands
from contract.mandate import Window
from edge import agent as agent_module
from edge.agent import Agent
from edge.unit.authority import Authority
from edge.unit.clock import UnitClock
from edge.unit.lease import named
from tests.integration.edge.conftest import UnitUnderTest
from tests.integration.edge.wires import until
from tests.simulated_hub import DEPLOYMENT, MINUTE_US, aim, confirm, ed25519, necessity, overrun, stop
from tests.unit.contract import test_lease as table
from tests.unit.edge.hands import Hands
from tests.unit.edge.unit import CLOCK, NOW_US

SECOND_US = 1_000_000
WINDOW = Window(NOW_US - MINUTE_US, NOW_US + 300 * MINUTE_US)


async def films(unit: UnitUnderTest, **order: Any) -> None:
    """An order came, the camera films, and the hub has confirmed it."""
    unit.hub.order(windows=(WINDOW,), **order)
    await unit.wires.send("mandate", unit.message())
    await until(lambda: unit.camera_says("filming"))
    if unit.wires.confirms:
        await until(lambda: unit.events("lease"))


async def looked_at(unit: UnitUnderTest, agent: Agent) -> None:
    """Somebody looks: live pictures go out."""
    unit.hub.now_us = unit.clock.now_us()
    await unit.wires.send("publish", unit.hub.lease(agent.start_id))
    await until(lambda: unit.sessions.made and unit.sessions.made[-1].sent_us)


def is_filming(agent: Agent) -> bool:
    return agent._filming is not None


def reconnects(unit: UnitUnderTest) -> None:
    assert unit.wires._events is not None
    unit.wires._events.on_connection(False, "the connection ended")
    unit.wires._events.on_connection(True, "")


def contacts(unit: UnitUnderTest) -> Any:
    assert unit.agent is not None
    return unit.agent._parts.authority.contacts


def closings(unit: UnitUnderTest) -> list[str]:
    return [row.ended for row in unit.hub.chain.values() if isinstance(row, Closing)]


def marks(unit: UnitUnderTest) -> list[tuple[str, ...]]:
    """What each header says, in the order in which they were filmed, without what they all say."""
    headers = [segment.check(io.BytesIO(data)).header for data in unit.hub.segments.values()]
    every = ("demo", "position-pinned", "clock-step", "not-self-starting")  # the clock leaps here
    ordered = sorted(headers, key=lambda header: header.opened_at_us)
    return [tuple(mark for mark in header.marks if mark not in every) for header in ordered]


# --- The table ----------------------------------------------------------------------------------------------------


class Frozen:
    """A unit whose clock a test moves, offline, with an order, and with what it is to have last heard."""

    def __init__(self, unit: UnitUnderTest, row: table.Row) -> None:
        self.unit, self.row, self.hands = unit, row, Hands()
        self.hands.wall_us = unit.hub.now_us = row.at_us - 60 * MINUTE_US
        if row.contact is None:
            unit.hub.now_us = self.hands.wall_us
        windows = (Window(table.FROM_US, table.FROM_US + row.window_h * table.HOUR_US),)
        grace_s = row.grace_us // SECOND_US
        unit.hub.order(windows=windows, on_link_loss=row.on_link_loss, offline_grace_s=grace_s)
        for _ in range(row.overruns):
            overrun(unit.hub)
        for confirmed_us in row.confirmed_us:
            unit.hub.now_us = min(confirmed_us, row.at_us)
            necessity(unit.hub, confirmed_us)
        if row.setup is not None:
            aim(unit.hub, row.setup)
        if row.stop_us is not None:
            stop(unit.hub, row.stop_us)
        unit.clock = UnitClock(lambda: self.hands.wall_us, lambda: self.hands.monotonic_ns, lambda: CLOCK)
        unit.wires.online = False

    def prepare(self, agent: Agent) -> None:
        authority: Authority = agent._parts.authority
        authority.consider(self.unit.hub.message())
        order = next(order for orders in authority._orders.values() for order in orders)
        names = {table.ORDER: named(order), table.OTHER: Stands(DEPLOYMENT, "b" * 64, "a" * 64)}
        heard: Contact | None = self.row.contact
        if heard is not None and heard.stands is not None:
            stands = tuple(names[name] for name in heard.stands)
            heard = Contact(heard.hub_time_us, heard.lease_us, heard.spent_us, heard.rebooted, stands)
        authority.contacts._given, authority.contacts._answered = {}, heard
        self.hands.wall_us = self.row.at_us


@pytest.mark.parametrize("name", table.ROWS)
async def test_which_limit_rules(unit: UnitUnderTest, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Row by row, and at a row's end to the microsecond; the unit's own words for a window are its own."""
    row = table.ROWS[name]
    frozen = Frozen(unit, row)
    monkeypatch.setattr(agent_module, "TICK_S", 0.01)
    monkeypatch.setattr(agent_module, "DELIVER_WITHIN_S", 0)
    run = Agent.run

    async def prepared(agent: Agent, stop: asyncio.Event) -> None:
        frozen.prepare(agent)
        await run(agent, stop)

    monkeypatch.setattr(Agent, "run", prepared)
    async with unit.running() as agent:
        if not row.until_us:
            windows = ("window.before", "window.after")
            rules = windows if row.rule == "window.closed" else (row.rule,)
            await until(lambda: agent._camera.rule in rules)
            assert unit.sources == []
            return
        await until(lambda: agent._filming is not None)
        filming = agent._filming
        assert filming is not None and filming.standing.marks == row.marks
        frozen.hands.pass_us(row.until_us - row.at_us - 1)
        await asyncio.sleep(0.05)
        assert agent._filming is filming
        frozen.hands.pass_us(1)
        await until(lambda: agent._filming is None)


# --- The link is lost -------------------------------------------------------------------------------------------


async def test_with_stop_filming_ends_with_the_lease_and_goes_on_with_the_next(unit: UnitUnderTest) -> None:
    async with unit.running() as agent:
        await films(unit, on_link_loss="stop", offline_grace_s=3600)
        unit.wires.confirms = False
        unit.ahead_us += LEASE_LIFE_US - 2 * SECOND_US
        await looked_at(unit, agent)
        assert unit.wires.camera.doing == "filming"
        unit.ahead_us += 2 * SECOND_US
        over_us = unit.clock.now_us()
        await until(lambda: unit.camera_says("lease.over"))
        assert unit.clock.now_us() - over_us < SECOND_US
        count = len(unit.emitted)
        await asyncio.sleep(0.2)
        assert len(unit.emitted) == count
        assert all(session.stopped for session in unit.sessions.made)
        unit.ahead_us += 2 * MINUTE_US
        await until(lambda: "no-lease" in [row.reason for row in unit.hub.chain.values() if isinstance(row, Gap)])
        assert closings(unit) == []
        unit.wires.confirms = True
        unit.ahead_us += 5 * MINUTE_US
        await until(lambda: len(unit.emitted) > count + 10)
    rows = list(unit.hub.chain.values())
    found = coverage(rows, rows[0].decision, Window(WINDOW.from_us, rows[-1].to_us))
    assert found.missing == ()


async def test_with_record_filming_goes_on_within_the_grace_and_its_headers_say_so(unit: UnitUnderTest) -> None:
    async with unit.running():
        await films(unit, offline_grace_s=3600)
        unit.wires.confirms = False
        unit.ahead_us += LEASE_LIFE_US
        await until(lambda: len(unit.hub.segments) == 1)
        count = len(unit.emitted)
        await until(lambda: len(unit.emitted) > count + 20)
        unit.ahead_us += 45 * MINUTE_US
        await until(lambda: unit.camera_says("lease.grace-spent"))
    found = marks(unit)  # a step of the clock may part a segment once more
    assert found[0] == () and len(found) > 1 and set(found[1:]) == {(OFFLINE_GRACE,)}


async def test_a_restart_without_a_link_is_said_in_the_headers_until_the_hub_is_heard(unit: UnitUnderTest) -> None:
    async with unit.running():
        await films(unit)
        await until(lambda: len(unit.emitted) > 20)
    unit.wires.confirms = False
    async with unit.running():
        await until(lambda: len(unit.emitted) > 40)
    unit.ahead_us += 20 * MINUTE_US
    async with unit.running():
        await until(lambda: len(unit.emitted) > 60)
        unit.wires.confirms = True
        unit.ahead_us += MINUTE_US
        await until(lambda: not contacts(unit).answered.rebooted)
    async with unit.running():
        await until(lambda: len(unit.hub.segments) == 4)
    assert marks(unit)[:3] == [(), (REBOOTED_OFFLINE,), (OFFLINE_GRACE, REBOOTED_OFFLINE)]


async def test_no_number_of_restarts_gives_time_back(unit: UnitUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    async with unit.running():
        await films(unit, on_link_loss="stop")
    unit.wires.online = False
    monkeypatch.setattr(agent_module, "DELIVER_WITHIN_S", 0)
    for minutes in (5, 4, 5):
        unit.ahead_us += minutes * MINUTE_US
        async with unit.running() as agent:
            await until(partial(is_filming, agent))
    unit.ahead_us += MINUTE_US
    async with unit.running() as agent:
        await until(lambda: agent._camera.rule == "lease.over")


# --- What an answer must be ---------------------------------------------------------------------------------------


async def test_only_an_answer_to_its_own_question_in_time_counts(unit: UnitUnderTest) -> None:
    """Of an order that no longer counts as confirmed by its own date."""
    unit.hub.order(windows=(WINDOW,), on_link_loss="stop")
    unit.wires.confirms = False
    unit.ahead_us += LEASE_LIFE_US
    async with unit.running():
        await unit.wires.send("mandate", unit.message())
        await until(lambda: unit.wires.questions)
        reconnects(unit)
        first, question = await until(lambda: len(unit.wires.questions) == 2 and unit.wires.questions)
        hub, nobody = unit.hub, ed25519("nobody")
        good = confirm(hub, question)
        for lease, rule in (
            (confirm(hub, question, nobody), "lease.signature"),
            (good[:-1], "lease.signature"),
            (good.replace(b'"sig":"', b'"sig":"A', 1), "lease.signature"),
            (confirm(hub, question, unit="unit-2"), "lease.unit"),
            (confirm(hub, question, nonce="9" * 32), "lease.nonce"),
            (confirm(hub, question, until_us=hub.now_us + LEASE_LIFE_US + 1), "lease.life"),
            (confirm(hub, first), "lease.nonce"),
        ):
            count = len(unit.said)
            await unit.wires.send("lease", lease)
            assert [line.get("rule") for line in unit.said[count:] if line["event"] == "refused"] == [rule]
            assert contacts(unit).answered is None
        assert unit.sources == []
        assert unit.wires.camera.rule == "lease.over"
        await unit.wires.send("lease", good)
        await until(lambda: unit.camera_says("filming"))
        spent_us = contacts(unit).answered.spent_us
        unit.ahead_us += MINUTE_US
        await unit.wires.send("lease", good)  # a replay
        assert contacts(unit).answered.spent_us >= spent_us + MINUTE_US


async def test_an_answer_after_thirty_seconds_does_not_count(unit: UnitUnderTest) -> None:
    async with unit.running():
        await films(unit)
        asked = len(unit.wires.questions)
        unit.wires.confirms = False
        unit.ahead_us += 5 * MINUTE_US + SECOND_US
        await until(lambda: len(unit.wires.questions) > asked)
        late = confirm(unit.hub, unit.wires.questions[-1])
        unit.ahead_us += 31 * SECOND_US
        await unit.wires.send("lease", late)
        refused = [line["rule"] for line in unit.said if line["event"] == "refused"]
        assert refused in (["lease.late"], ["lease.nonce"])  # the latter where it has asked again already
        assert contacts(unit).answered.spent_us > 5 * MINUTE_US
        await until(lambda: len(unit.wires.questions) > asked + 1)  # and it asks again


async def test_it_asks_at_the_start_at_each_connection_and_every_five_minutes(unit: UnitUnderTest) -> None:
    async with unit.running():
        await films(unit)
        asked = await until(lambda: len(unit.wires.questions))
        await asyncio.sleep(0.3)
        asked = len(unit.wires.questions)
        for leap_us, more in ((4 * MINUTE_US, 0), (MINUTE_US, 1), (0, 1)):
            unit.ahead_us += leap_us
            if not leap_us:
                reconnects(unit)
            await asyncio.sleep(0.5)
            asked += more
            assert len(unit.wires.questions) == asked
    assert len({question for question in unit.wires.questions}) == asked


async def test_the_first_picture_waits_for_no_answer(unit: UnitUnderTest) -> None:
    unit.wires.confirms = False
    async with unit.running():
        await films(unit)
        assert contacts(unit).answered is None


# --- The hub says that it is over -----------------------------------------------------------------------------


async def test_a_lease_that_no_longer_names_the_order_ends_filming_within_a_second(unit: UnitUnderTest) -> None:
    """The withdrawal itself was swallowed: the next answer is what ends it."""
    async with unit.running() as agent:
        await films(unit, offline_grace_s=3600)
        await looked_at(unit, agent)
        unit.hub.mandates.clear()
        asked = len(unit.wires.questions)
        reconnects(unit)
        await until(lambda: len(unit.wires.questions) > asked)
        answered_us = unit.clock.now_us()
        await until(lambda: unit.events("stopped"))
        assert unit.clock.now_us() - answered_us < SECOND_US
        await until(lambda: closings(unit) == ["withdrawn"])
        assert unit.camera_says("lease.not-named")
        assert unit.sessions.made[-1].stopped
    async with unit.running():
        await until(lambda: unit.camera_says("lease.not-named"))
    assert closings(unit) == ["withdrawn"]


async def test_one_answer_that_leaves_the_order_out_ends_filming_and_signs_no_end(unit: UnitUnderTest) -> None:
    """It asks anew at once; the next answer names the order again, and the window goes on in one account."""
    async with unit.running():
        await films(unit)
        filmed = len(unit.events("filming"))
        asked, mandates = len(unit.wires.questions), dict(unit.hub.mandates)
        unit.hub.mandates.clear()
        unit.wires.confirms = False
        reconnects(unit)
        await until(lambda: len(unit.wires.questions) > asked)
        await unit.wires.send("lease", confirm(unit.hub, unit.wires.questions[-1]))
        await until(lambda: unit.events("stopped"))
        unit.hub.mandates.update(mandates)
        await until(lambda: len(unit.wires.questions) > asked + 1)  # at once, not in five minutes
        assert unit.camera_says("lease.not-named")
        assert closings(unit) == []
        await unit.wires.send("lease", confirm(unit.hub, unit.wires.questions[-1]))
        await until(lambda: len(unit.events("filming")) == filmed + 1)
        await asyncio.sleep(0.5)
    assert closings(unit) == []


async def test_an_order_whose_successor_comes_after_the_answer_ends_as_replaced(unit: UnitUnderTest) -> None:
    async with unit.running():
        await films(unit)
        later = Window(WINDOW.to_us, WINDOW.to_us + MINUTE_US)
        unit.hub.now_us = unit.clock.now_us()
        unit.hub.order(windows=(later,), serial=2)
        asked = len(unit.wires.questions)
        unit.wires.confirms = False
        reconnects(unit)
        await until(lambda: len(unit.wires.questions) > asked)
        await unit.wires.send("lease", confirm(unit.hub, unit.wires.questions[-1]))
        await until(lambda: unit.events("stopped"))
        await until(lambda: len(unit.wires.questions) > asked + 1)
        assert closings(unit) == []
        await unit.wires.send("mandate", unit.message())
        await until(lambda: closings(unit) == ["replaced"])


@pytest.mark.parametrize(("on_link_loss", "minutes"), [("stop", 15), ("record", 60)])
async def test_a_broker_that_swallows_all_gains_the_lease_or_the_grace(
    unit: UnitUnderTest, on_link_loss: str, minutes: int
) -> None:
    """It swallows the withdrawal and every answer, and says again what it has, with new proofs from the log."""
    async with unit.running():
        await films(unit, on_link_loss=on_link_loss, offline_grace_s=3600)
        unit.wires.confirms = False
        unit.ahead_us += minutes * MINUTE_US - 5 * SECOND_US
        unit.hub.log(Event.VIEW_GRANTED, "cd" * 32)
        await unit.wires.send("mandate", unit.message())
        await asyncio.sleep(0.3)
        assert unit.wires.camera.doing == "filming"
        unit.ahead_us += 5 * SECOND_US
        await until(lambda: unit.camera_says("lease.over") or unit.camera_says("lease.grace-spent"))
        await unit.wires.send("mandate", unit.message())
        await asyncio.sleep(0.3)
        assert unit.wires.camera.doing == "waiting"


# --- A stop -------------------------------------------------------------------------------------------------------


async def test_a_stop_ends_filming_within_a_second_and_for_good(unit: UnitUnderTest) -> None:
    async with unit.running():
        await films(unit)
        before = unit.message()
        stop(unit.hub, unit.clock.now_us())
        await unit.wires.send("mandate", unit.message())
        told_us = unit.clock.now_us()
        await until(lambda: unit.events("stopped"))
        assert unit.clock.now_us() - told_us < SECOND_US
        await until(lambda: closings(unit) == ["stopped"])
        assert unit.camera_says("mandate.stopped")
        stop(unit.hub, unit.clock.now_us() + 60 * MINUTE_US)  # one that would lengthen it
        await unit.wires.send("mandate", unit.message())
        await unit.wires.send("mandate", before)
        await asyncio.sleep(0.3)
        assert unit.camera_says("mandate.stopped")
    count = len(unit.sources)
    unit.wires.confirms = False
    async with unit.running():
        await until(lambda: unit.camera_says("mandate.stopped"))
        unit.hub.order(windows=(WINDOW,), serial=2)  # two people decided anew
        await unit.wires.send("mandate", unit.message())
        await until(lambda: unit.camera_says("filming"))
    assert len(unit.sources) == count + 1
    assert closings(unit) == ["stopped"]


async def test_a_stop_by_anybody_else_changes_nothing(unit: UnitUnderTest) -> None:
    unit.wires.confirms = False
    async with unit.running():
        await films(unit)
        stop(unit.hub, unit.clock.now_us(), ed25519("nobody"))
        await unit.wires.send("mandate", unit.message())
        await until(lambda: unit.camera_says("mandate.stop"))
        assert unit.wires.camera.doing == "filming"
