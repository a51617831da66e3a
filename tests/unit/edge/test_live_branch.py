# SPDX-License-Identifier: EUPL-1.2
"""The live branch: a session stands while a lease does, and not one picture longer."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from contract.live import PublishLease
from edge.live.branch import LiveBranch
from edge.live.whip import PublishError
from edge.unit.clock import utc_text
from tests.integration.edge.wires import FakeSession, Sessions, until
from tests.unit.edge.pictures import pictures, video_format
from tests.unit.edge.unit import NOW_US, START_ID

SECOND_US = 1_000_000
LEASE = PublishLease("unit-1", START_ID, "cam-1", "5" * 32, 7, NOW_US, NOW_US + 300 * SECOND_US)
TO_US = NOW_US + 100 * SECOND_US


class Live:
    """A branch on a clock that a test moves; pauses take no time."""

    def __init__(self) -> None:
        self.now_us = NOW_US
        self.sessions = Sessions()
        self.told: list[str] = []
        self.branch = LiveBranch(self.sessions.make, TO_US, lambda: self.now_us, lambda: 0.0, self.told.append)
        self.branch.begin(video_format())
        self.units = iter(pictures(20, NOW_US))

    def push(self) -> None:
        self.branch.add(replace(next(self.units), captured_at_us=self.now_us))

    async def session(self, number: int = 0) -> FakeSession:
        await until(lambda: len(self.sessions.made) > number and self.branch._session is self.sessions.made[number])
        return self.sessions.made[number]


async def test_without_a_lease_nothing_is_made_or_sent() -> None:
    live = Live()
    live.push()
    await live.branch.stop()
    assert live.sessions.made == []


async def test_under_a_lease_pictures_go_out_as_annex_b() -> None:
    live = Live()
    await live.branch.lease(LEASE)
    session = await live.session()
    live.push()
    assert session.sent_us == [NOW_US]
    await live.branch.stop()
    assert session.stopped
    live.push()
    assert len(session.sent_us) == 1


async def test_the_window_ends_it_before_the_lease_does() -> None:
    live = Live()
    await live.branch.lease(LEASE)
    session = await live.session()
    assert session.deadline_us == TO_US
    live.now_us = TO_US
    live.push()
    assert session.sent_us == []


async def test_a_renewed_lease_prolongs_the_same_session() -> None:
    live = Live()
    await live.branch.lease(replace(LEASE, until_us=NOW_US + SECOND_US))
    session = await live.session()
    await live.branch.lease(replace(LEASE, until_us=NOW_US + 2 * SECOND_US))
    assert session.deadline_us == NOW_US + 2 * SECOND_US
    assert len(live.sessions.made) == 1
    await live.branch.stop()


async def test_another_media_process_is_another_session() -> None:
    live = Live()
    await live.branch.lease(LEASE)
    first = await live.session()
    await live.branch.lease(replace(LEASE, media="6" * 32))
    await live.session(1)
    assert first.stopped
    await live.branch.stop()


async def test_a_session_that_ends_is_begun_again_while_the_lease_stands() -> None:
    live = Live()
    await live.branch.lease(LEASE)
    first = await live.session()
    first.events.on_end("the hub is silent")
    await live.session(1)
    assert "live ended: the hub is silent" in live.told
    live.now_us = TO_US
    live.sessions.made[1].events.on_end("may no longer send")
    assert live.told[-1] == f"live ended: the window ended at {utc_text(TO_US)}"
    await until(lambda: live.branch._task is not None and live.branch._task.done())
    assert len(live.sessions.made) == 2


async def test_a_lease_after_the_session_ended_begins_anew() -> None:
    live = Live()
    await live.branch.lease(replace(LEASE, until_us=NOW_US + SECOND_US))
    first = await live.session()
    live.now_us = NOW_US + SECOND_US
    first.events.on_end("may no longer send")
    over = f"the lease ended at {utc_text(NOW_US + SECOND_US)} and none followed"
    assert live.told[-1] == f"live ended: {over}: nobody looks any more, or the hub is not reached"
    await until(lambda: live.branch._task is not None and live.branch._task.done())
    await live.branch.lease(LEASE)
    await live.session(1)
    await live.branch.stop()


async def test_a_refused_offer_is_said_and_made_again() -> None:
    live = Live()
    make = live.sessions.make

    def refuse_twice(deadline_us: int, events: Any) -> FakeSession:
        session = make(deadline_us, events)
        session.refusal = PublishError("403") if len(live.sessions.made) <= 2 else None
        return session

    live.branch._make = refuse_twice
    await live.branch.lease(LEASE)
    await live.session(2)
    assert live.told.count("no live session: 403") == 2
    await live.branch.stop()


async def test_stop_in_the_middle_of_an_offer_leaves_nothing() -> None:
    live = Live()
    begun = asyncio.Event()

    class Hanging(FakeSession):
        async def start(self) -> None:
            begun.set()
            await asyncio.Event().wait()

    session = Hanging(0, None)  # type: ignore[arg-type]
    live.branch._make = lambda deadline_us, events: session
    await live.branch.lease(LEASE)
    await begun.wait()
    await live.branch.stop()
    assert session.stopped


async def test_a_broken_picture_is_left_out() -> None:
    live = Live()
    await live.branch.lease(LEASE)
    session = await live.session()
    live.branch.add(replace(next(live.units), data=b"\x00\x00\x00\x09x"))
    live.push()
    assert len(session.sent_us) == 1
    assert any("cannot be sent live" in words for words in live.told)
    await live.branch.stop()
