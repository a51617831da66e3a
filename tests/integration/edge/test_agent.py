# SPDX-License-Identifier: EUPL-1.2
"""The agent with a film, real records and a simulated hub: what it films, what it does not, and what it says."""

from __future__ import annotations

import asyncio
import errno
import io
import time
from pathlib import Path
from typing import Any

import av
import pytest

from contract import segment
from contract.chain import coverage
from contract.index import Closing
from contract.mandate import Window
from edge import agent as agent_module
from edge.live.whip import PublishError
from edge.recorder.spool import CLOSING_BYTES, Spool
from edge.unit.clock import UnitClock
from edge.unit.downlink import Downlink
from edge.unit.memory import MemoryFileError, time_us
from tests.integration.edge.conftest import UnitUnderTest
from tests.integration.edge.wires import FakeSession, until
from tests.simulated_hub import DEPLOYMENT, MINUTE_US, Fault, ed25519
from tests.unit.edge.pictures import packets
from tests.unit.edge.unit import CLOCK, IDENTITY, NOW_US

SECOND_US = 1_000_000


def short(unit: UnitUnderTest, seconds: float, **order: Any) -> int:
    """An order whose window is open from now for so long; its end."""
    to_us = unit.clock.now_us() + round(seconds * SECOND_US)
    unit.hub.order(windows=(Window(NOW_US - MINUTE_US, to_us),), **order)
    return to_us


def film_packets(film: Path) -> list[bytes]:
    with av.open(str(film)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]  # type: ignore[union-attr]


async def test_from_mandate_to_ack(unit: UnitUnderTest) -> None:
    to_us = short(unit, 1.5)
    async with unit.running():
        await unit.wires.send("mandate", unit.message())
        await until(lambda: unit.camera_says("filming"))
        await until(lambda: unit.camera_says("window.after"))
        (chain,) = await until(lambda: list(unit.hub.segments))
        await until(lambda: unit.hub.segments and not unit.spooled())  # acked: file and row are gone
    sealed = segment.check(io.BytesIO(unit.hub.segments[chain]))
    assert segment.film_certificate(sealed.header, IDENTITY.public)
    assert sealed.last_us <= to_us
    assert sealed.header.marks == ("demo", "position-pinned")
    # What opens with the hour key's private half is what left the source inside the window, packet by packet.
    film = film_packets(unit.film)
    inside = [film[number] for number, at_us in unit.emitted if at_us < to_us]
    assert packets(unit.hub.opened(unit.hub.segments[chain])) == inside
    assert len(inside) > 25
    assert unit.events("mandate") and unit.events("filming") and unit.events("sealed") and unit.events("acked")
    assert {line["event"] for line in unit.said if line.get("level") == "detail"} == {"sealed", "acked"}
    assert unit.wires.goodbye is not None
    assert not unit.wires.goodbye.online


async def test_the_spool_holds_nothing_readable_and_no_key_of_the_unit_opens_it(unit: UnitUnderTest) -> None:
    short(unit, 1.2)
    unit.wires.acks = False
    async with unit.running():
        await unit.wires.send("mandate", unit.message())
        await until(lambda: unit.hub.segments)
    names = unit.spooled()
    assert sorted(name.rpartition(".")[2] for name in names) == ["fzs"]
    stored = b"".join(path.read_bytes() for path in unit.state.rglob("*") if path.is_file())
    for packet in film_packets(unit.film):
        assert packet[:16] not in stored
        assert packet[-16:] not in stored
    (data,) = unit.hub.segments.values()
    opened = b"".join(unit.hub.opened(data))
    assert film_packets(unit.film)[0][:16] in opened  # the scan does find what is readable
    assert all(key.private_bytes_raw() not in stored for key in unit.hub.ring.values())


async def test_without_a_mandate_the_source_is_not_even_opened(unit: UnitUnderTest) -> None:
    async with unit.running() as agent:
        await until(lambda: unit.wires.states)
        await unit.wires.send("publish", unit.hub.lease(agent.start_id))
        await until(lambda: unit.events("refused"))
    nothing_was_filmed(unit)
    assert unit.wires.camera.rule == "mandate.none"


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        (Fault.ONE_SIGNATURE, "mandate.approvals"),
        (Fault.OTHER_UNIT, "mandate.unit"),
        (Fault.DECISION_NOT_LOGGED, "mandate.proof"),
        (Fault.CHECKPOINT_FORGED, "mandate.log"),
    ],
)
async def test_a_bad_mandate_films_nothing_and_says_why(unit: UnitUnderTest, fault: Fault, rule: str) -> None:
    unit.hub.order(fault)
    async with unit.running() as agent:
        await unit.wires.send("mandate", unit.message(fault=fault))
        await unit.wires.send("publish", unit.hub.lease(agent.start_id))
        await until(lambda: unit.camera_says(rule))
    nothing_was_filmed(unit)
    assert any(line.get("rule") == rule for line in unit.said)


async def test_one_bit_films_nothing(unit: UnitUnderTest) -> None:
    unit.hub.order()
    data = unit.message()
    decision = data.index(b'"decision":{"body":"') + 400
    async with unit.running():
        for at in (decision, data.index(b'"path":["') + 12, len(data) // 2, len(data) - 200):
            flipped = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            await unit.wires.send("mandate", flipped)
            await until(lambda: unit.wires.camera and unit.wires.camera.doing == "refused")
    nothing_was_filmed(unit)


async def test_an_order_before_and_after_its_window(unit: UnitUnderTest) -> None:
    for windows, rule in (
        ((Window(NOW_US + 10 * MINUTE_US, NOW_US + 20 * MINUTE_US),), "window.before"),
        ((Window(NOW_US - 20 * MINUTE_US, NOW_US - 10 * MINUTE_US),), "window.after"),
    ):
        unit.hub.order(windows=windows, serial=len(unit.hub.mandates) + 1)
        async with unit.running() as agent:
            await unit.wires.send("mandate", unit.message())
            await unit.wires.send("publish", unit.hub.lease(agent.start_id))
            await until(lambda rule=rule: unit.camera_says(rule))
        nothing_was_filmed(unit)


async def test_what_stands_is_held_through_older_serials_and_other_logs(unit: UnitUnderTest) -> None:
    unit.wires.confirms = False  # the hub's own word would end the older order at once
    first = unit.hub.order()
    async with unit.running():
        await unit.wires.send("mandate", unit.message())
        await until(lambda: unit.camera_says("filming"))
        unit.hub.order(serial=2)
        await unit.wires.send("mandate", unit.message())
        await until(lambda: len(unit.events("filming")) == 2)
        unit.hub.mandates[DEPLOYMENT] = first
        await unit.wires.send("mandate", unit.message())
        await until(lambda: unit.camera_says("mandate.serial"))
        assert unit.wires.camera.doing == "filming"
        seen = unit.wires.states[-1].checkpoint_size
        unit.hub.order(serial=3)
        await unit.wires.send("mandate", unit.hub.message(seen, Fault.SPLIT_VIEW))
        await until(lambda: unit.camera_says("mandate.log"))
        assert unit.wires.camera.doing == "filming"
        assert unit.events("stopped") == [], "a newer order of the same deployment is filmed on"


async def test_a_withdrawn_mandate_stops_within_a_second(unit: UnitUnderTest) -> None:
    unit.hub.order()
    async with unit.running() as agent:
        await unit.wires.send("mandate", unit.message())
        await until(lambda: unit.camera_says("filming"))
        await unit.wires.send("publish", unit.hub.lease(agent.start_id))
        await until(lambda: unit.sessions.made and unit.sessions.made[0].sent_us)
        unit.hub.mandates.clear()
        await unit.wires.send("mandate", unit.message())
        withdrawn_us = unit.clock.now_us()
        await until(lambda: unit.events("stopped"))
        assert unit.clock.now_us() - withdrawn_us < SECOND_US
        await asyncio.sleep(0.2)
        assert max(at_us for _, at_us in unit.emitted) < withdrawn_us + SECOND_US
        assert unit.sessions.made[0].stopped


async def test_the_window_end_stops_capture_live_and_sealing_within_a_second(unit: UnitUnderTest) -> None:
    to_us = short(unit, 1.5)
    async with unit.running() as agent:
        await unit.wires.send("mandate", unit.message())
        await unit.wires.send("publish", unit.hub.lease(agent.start_id))
        await until(lambda: unit.events("stopped"))
        assert unit.clock.now_us() < to_us + SECOND_US
        await unit.wires.send("publish", unit.hub.lease(agent.start_id, made_at_us=unit.clock.now_us()))
        await asyncio.sleep(0.3)
    assert len(unit.sources) == 1
    assert max(at_us for _, at_us in unit.emitted) < to_us + SECOND_US
    assert max(unit.sessions.made[0].sent_us) < to_us
    assert all(session.stopped for session in unit.sessions.made)
    assert len(unit.sessions.made) == 1
    assert all(row.to_us <= to_us for row in unit.hub.rows.values())


async def test_live_only_under_a_lease_for_this_start(unit: UnitUnderTest) -> None:
    unit.hub.order()
    async with unit.running() as agent:
        await unit.wires.send("mandate", unit.message())
        await until(lambda: unit.camera_says("filming"))
        now_us = unit.clock.now_us()
        for lease in (
            unit.hub.lease("2" * 32),
            unit.hub.lease(agent.start_id, ed25519("nobody")),
            unit.hub.lease(agent.start_id, until_us=now_us - 1),
            unit.hub.lease(agent.start_id, camera="cam-2"),
        ):
            await unit.wires.send("publish", lease)
        await until(lambda: len(unit.events("refused")) == 4)
        assert unit.sessions.made == []
        until_us = unit.clock.now_us() + SECOND_US // 2
        await unit.wires.send("publish", unit.hub.lease(agent.start_id, until_us=until_us))
        session: FakeSession = (await until(lambda: unit.sessions.made))[0]
        await until(lambda: session.sent_us)
        later_us = until_us + SECOND_US // 2
        await unit.wires.send("publish", unit.hub.lease(agent.start_id, until_us=later_us))
        await until(lambda: unit.clock.now_us() > later_us + SECOND_US // 5)
        assert until_us < max(session.sent_us) < later_us  # prolonged, not begun anew
        assert len(unit.sessions.made) == 1


async def test_of_two_leases_that_overtake_each_other_the_longer_is_kept(unit: UnitUnderTest) -> None:
    unit.hub.order()
    async with unit.running() as agent:
        await unit.wires.send("mandate", unit.message())
        await until(lambda: unit.camera_says("filming"))
        now_us = unit.clock.now_us()
        for until_us in (now_us + 120 * SECOND_US, now_us + SECOND_US // 5):
            await unit.wires.send("publish", unit.hub.lease(agent.start_id, until_us=until_us))
        session: FakeSession = (await until(lambda: unit.sessions.made))[0]
        await until(lambda: session.sent_us and max(session.sent_us) > now_us + SECOND_US // 2)
        assert session.deadline_us == now_us + 120 * SECOND_US


async def test_a_window_that_ended_stays_so_over_a_reboot_with_the_clock_set_back(unit: UnitUnderTest) -> None:
    """Nothing was signed since its order: what went by since is remembered."""
    to_us = short(unit, 1.0)
    async with unit.running() as agent:
        await unit.wires.send("mandate", unit.message())
        await until(lambda: unit.events("stopped"))
        await until(lambda: time_us(agent._parts.authority.memory) >= to_us)
    unit.began_ns = time.monotonic_ns()
    unit.clock = UnitClock(unit._wall_us, time.monotonic_ns, lambda: CLOCK)
    count = len(unit.sources)
    async with unit.running():
        await until(lambda: unit.camera_says("window.after"))
        assert unit.wires.states[-1].clock.source == "signed-time"
    assert len(unit.sources) == count


async def test_a_live_session_that_fails_is_begun_again_and_evidence_goes_on(unit: UnitUnderTest) -> None:
    short(unit, 2.5)
    make = unit.sessions.make

    def refused_once(deadline_us: int, events: Any) -> FakeSession:
        session = make(deadline_us, events)
        session.refusal = PublishError("the hub is busy") if len(unit.sessions.made) == 1 else None
        return session

    unit.sessions.make = refused_once  # type: ignore[method-assign]
    async with unit.running() as agent:
        await unit.wires.send("mandate", unit.message())
        await unit.wires.send("publish", unit.hub.lease(agent.start_id))
        await until(lambda: len(unit.sessions.made) > 1 and unit.sessions.made[1].sent_us)
        await until(lambda: unit.hub.segments)
    assert "no live session: the hub is busy" in unit.events("live")
    assert sum(row.records for row in unit.hub.rows.values()) >= 6


async def test_evidence_does_not_wait_for_live(unit: UnitUnderTest) -> None:
    """No recording was ordered: then live alone, and nothing is on disk."""
    unit.hub.order(recording="none")
    async with unit.running() as agent:
        await unit.wires.send("mandate", unit.message())
        await unit.wires.send("publish", unit.hub.lease(agent.start_id))
        await until(lambda: unit.sessions.made and unit.sessions.made[0].sent_us)
    assert unit.spooled() == []


async def test_a_reboot_without_a_link_films_on(unit: UnitUnderTest) -> None:
    unit.hub.order()
    async with unit.running() as first:
        await unit.wires.send("mandate", unit.message())
        await until(lambda: len(unit.emitted) > 15)
    assert len(unit.hub.segments) == 1
    unit.wires.online = False
    async with unit.running() as second:
        await until(lambda: len(unit.emitted) > 30)
    assert first.start_id != second.start_id
    assert [name for name in unit.spooled() if name.endswith(".fzs")]
    unit.wires.online = True
    async with unit.running():
        await until(lambda: len(unit.hub.segments) >= 2)  # what waited is sent, without being asked
    previous = {chain: row.previous for chain, row in unit.hub.chain.items()}
    assert segment.FIRST in previous.values()
    assert set(previous.values()) - {segment.FIRST} <= set(previous)  # one chain, across the starts


async def test_a_second_order_in_one_start_goes_on_counting_segments(unit: UnitUnderTest) -> None:
    async with unit.running():
        for serial in (1, 2):
            unit.hub.order(serial=serial)
            await unit.wires.send("mandate", unit.message())
            await until(lambda count=15 * serial: len(unit.emitted) > count)
    assert sorted(row.segment for row in unit.hub.rows.values()) == [0, 1]
    assert len({row.decision for row in unit.hub.rows.values()}) == 2


async def test_a_forged_ack_deletes_nothing(unit: UnitUnderTest) -> None:
    short(unit, 1.0)
    unit.wires.acks = False
    async with unit.running():
        await unit.wires.send("mandate", unit.message())
        (chain,) = await until(lambda: list(unit.hub.segments))
        before = unit.spooled()
        for ack in (unit.hub.ack(chain, ed25519("nobody")), unit.hub.ack(chain, unit="unit-9"), b"{}"):
            await unit.wires.send("ack", ack)
        assert unit.spooled() == before
        assert len(unit.events("refused")) == 3
        await unit.wires.send("ack", unit.hub.ack(chain))
        assert unit.spooled() == []


async def test_a_segment_that_the_hub_refuses_is_kept_aside(unit: UnitUnderTest) -> None:
    short(unit, 1.0)
    async with unit.running():
        await unit.wires.send("mandate", unit.message())
        unit.wires.online = False
        await until(lambda: any("segment" in says for says in unit.events("sealed")))
    (path,) = (unit.state / "spool").rglob("*.fzs")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)  # a disk that forgets
    unit.wires.online = True
    async with unit.running():
        await until(lambda: unit.events("refused"))
    assert unit.wires.refused
    assert sorted(name.rpartition(".")[2] for name in unit.spooled()) == ["refused"]


async def test_a_full_spool_stops_capture_with_an_alarm_until_there_is_room(unit: UnitUnderTest) -> None:
    unit.hub.order()
    unit.spool_limit = CLOSING_BYTES + 26_000
    unit.wires.acks = False
    async with unit.running():
        await unit.wires.send("mandate", unit.message())
        await until(lambda: unit.camera_says("spool.full"))
        assert unit.wires.camera.doing == "failing"
        count = len(unit.emitted)
        await asyncio.sleep(0.2)
        assert len(unit.emitted) == count
        held = [name for name in unit.spooled() if name.endswith(".fzs")]
        assert held
        await until(lambda: len(unit.hub.segments) == len(held))
        for chain in list(unit.hub.segments):
            await unit.wires.send("ack", unit.hub.ack(chain))
        await until(lambda: len(unit.emitted) > count)


async def test_a_film_that_is_missing_is_said_and_tried_again(unit: UnitUnderTest) -> None:
    unit.hub.order()
    film, unit.film = unit.film, unit.state / "film.mp4"
    async with unit.running():
        await unit.wires.send("mandate", unit.message())
        await until(lambda: unit.camera_says("camera.missing"), 5)
        unit.film.symlink_to(film)
        await until(lambda: unit.camera_says("filming"))
        await until(lambda: unit.wires.camera.rule is None)


async def test_states_are_numbered_and_follow_each_change(unit: UnitUnderTest) -> None:
    async with unit.running():
        await until(lambda: unit.wires.states)
        await unit.wires.send("mandate", unit.message())
        await until(lambda: unit.wires.states[-1].checkpoint_size == len(unit.hub.entries))
    numbers = [state.sequence for state in unit.wires.states]
    assert numbers == sorted(set(numbers))
    assert {state.start_id for state in unit.wires.states} == {unit.agent.start_id if unit.agent else ""}


def nothing_was_filmed(unit: UnitUnderTest) -> None:
    """No source opened, no live session made, no file in the spool."""
    assert unit.sources == []
    assert unit.sessions.made == []
    assert unit.spooled() == []
    assert unit.hub.rows == {}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_recorder_that_breaks_ends_the_agent(unit: UnitUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not go on to say that it films: its supervisor starts it again."""

    def fail(spool: Spool, camera: str, run: str, number: int) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Spool, "begin", fail)
    unit.hub.order()
    with pytest.raises(PermissionError):
        async with unit.running():
            await unit.wires.send("mandate", unit.message())
            await until(lambda: unit.task is not None and unit.task.done())


@pytest.mark.parametrize("slow", [False, True])
async def test_a_message_that_breaks_the_unit_ends_it_whatever_follows(
    unit: UnitUnderTest, monkeypatch: pytest.MonkeyPatch, slow: bool
) -> None:
    """Its memory cannot be written: a good message after it, or a long wait, makes that no better."""

    async def hear(downlink: Downlink, what: str, payload: bytes) -> None:
        await asyncio.sleep(0.2 if slow else 0)
        if what == "mandate":
            raise MemoryFileError("memory.json: Input/output error")

    monkeypatch.setattr(agent_module, "HEARD_WITHIN_S", 0.1)
    monkeypatch.setattr(Downlink, "hear", hear)
    with pytest.raises(MemoryFileError):
        async with unit.running():
            await unit.wires.send("mandate", b"")
            await unit.wires.send("ack", b"")
            await until(lambda: unit.task is not None and unit.task.done())


async def test_every_moment_of_a_window_is_footage_or_a_signed_gap(unit: UnitUnderTest) -> None:
    """Over two starts and the time between, to the window's end."""
    to_us = short(unit, 5)
    async with unit.running():
        await unit.wires.send("mandate", unit.message())
        await until(lambda: unit.camera_says("filming"))
        await until(lambda: len(unit.emitted) > 20)
    await asyncio.sleep(1)  # longer than what may lie between two rows unsaid
    async with unit.running():
        await until(lambda: any(isinstance(row, Closing) for row in unit.hub.chain.values()))
    rows = list(unit.hub.chain.values())
    found = coverage(rows, rows[0].decision, Window(NOW_US - MINUTE_US, to_us))
    assert found.whole, found.missing
    assert "no-process" in {gap.reason for gap in found.gaps}
    links = [row.previous for row in rows[1:]]
    assert links == list(unit.hub.chain)[:-1]
