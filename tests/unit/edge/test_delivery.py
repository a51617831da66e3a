# SPDX-License-Identifier: EUPL-1.2
"""The outbox: what goes first, what goes again and when, and that nothing is given up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge.link.delivery import (
    BACKOFF_MOST_S,
    NO_ROW_FIRST_S,
    NO_ROW_LOST,
    ROW_AGAIN_S,
    SEGMENT_AGAIN_S,
    Delivery,
    Outbox,
)
from edge.link.upload import Answer, Outcome

STORED, NO_ROW, LATER = Answer(Outcome.STORED), Answer(Outcome.NO_ROW_YET, "409"), Answer(Outcome.LATER, "no route")


@dataclass(frozen=True)
class Sealed:
    chain: str

    @property
    def path(self) -> Path:
        return Path(self.chain)

    @property
    def row(self) -> bytes:
        return self.chain.encode()


@dataclass
class Hub:
    """Takes rows and segments as a test wants."""

    waiting: list[Sealed] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    room: int = 1000
    now_s: float = 1.0
    rows: list[str] = field(default_factory=list)
    segments: list[str] = field(default_factory=list)
    aside: list[tuple[str, str]] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)

    async def put(self, chain: str, path: Path) -> Answer:
        await asyncio.sleep(0)
        self.segments.append(chain)
        return self.answers.pop(0) if self.answers else STORED

    def publish_row(self, row: bytes) -> bool:
        if self.room <= 0:
            return False
        self.room -= 1
        self.rows.append(row.decode())
        return True

    def set_aside(self, chain: str, reason: str) -> None:
        self.aside.append((chain, reason))
        self.waiting = [item for item in self.waiting if item.chain != chain]

    @asynccontextmanager
    async def delivering(self, random: float = 0.5) -> Any:
        outbox = Outbox(
            waiting=lambda: tuple(self.waiting),
            publish_row=self.publish_row,
            hub=self,
            set_aside=self.set_aside,
            on_trouble=self.trouble.append,
        )
        delivery = Delivery(outbox, lambda: self.now_s, lambda: random)
        task = asyncio.create_task(delivery.run())
        try:
            yield delivery
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def settled(delivery: Delivery, condition: Callable[[], Any]) -> None:
    """Let it act until this holds, waking it as an event would."""
    async with asyncio.timeout(5):
        while not condition():
            delivery.wake()
            await asyncio.sleep(0)


async def rest(delivery: Delivery, turns: int = 20) -> None:
    """Let it do whatever it would do now."""
    for _ in range(turns):
        delivery.wake()
        await asyncio.sleep(0)


def hub(*chains: str, **changes: Any) -> Hub:
    return Hub(waiting=[Sealed(chain) for chain in chains], **changes)


async def test_rows_oldest_first_and_segments_newest_first() -> None:
    end = hub("a", "b", "c")
    async with end.delivering() as delivery:
        await settled(delivery, lambda: len(end.segments) == 3)
        assert (end.rows, end.segments) == (["a", "b", "c"], ["c", "b", "a"])
        assert delivery.idle
        await rest(delivery)
        assert len(end.rows) == len(end.segments) == 3


async def test_what_somebody_waits_for_goes_first_and_the_newest_request_before_an_older_one() -> None:
    end = hub(*"abcdefg", room=0)
    async with end.delivering() as delivery:
        await rest(delivery)
        delivery.first(["a", "b"])
        delivery.first(["d", "e"])
        end.room = 1000
        await settled(delivery, lambda: len(end.segments) == 7)
        assert end.segments == ["e", "d", "b", "a", "g", "f", "c"]


async def test_what_somebody_waits_for_waits_for_no_pause_and_goes_again_when_asked_again() -> None:
    end = hub("a", "b", answers=[NO_ROW, LATER])
    async with end.delivering(random=1.0) as delivery:
        await settled(delivery, lambda: end.segments == ["b", "a"])
        await rest(delivery)
        assert end.segments == ["b", "a"]  # one waits for its row, one for the network
        delivery.first(["b"])
        await settled(delivery, lambda: len(end.segments) >= 4)
        assert end.segments == ["b", "a", "b", "a"]
        delivery.first(["a", "not-here"])  # the hub has lost it
        await settled(delivery, lambda: len(end.segments) == 5)
        assert end.segments[-1] == "a"


async def test_what_fails_though_somebody_waits_for_it_holds_up_no_other() -> None:
    end = hub("a", "b", "c", answers=[LATER])
    async with end.delivering(random=0.0) as delivery:
        delivery.first(["a"])
        await settled(delivery, lambda: len(end.segments) == 4)
        assert end.segments == ["a", "c", "b", "a"]


async def test_a_segment_waits_for_its_row() -> None:
    end = hub("a", "b", room=1)
    async with end.delivering() as delivery:
        await settled(delivery, lambda: end.segments)
        await rest(delivery)
        assert (end.rows, end.segments) == (["a"], ["a"])
        assert not delivery.idle
        end.room = 5
        await settled(delivery, lambda: len(end.segments) == 2)


async def test_without_an_ack_both_go_again() -> None:
    end = hub("a")
    async with end.delivering() as delivery:
        await settled(delivery, lambda: end.segments)
        end.now_s += ROW_AGAIN_S
        await rest(delivery)
        assert (len(end.rows), len(end.segments)) == (2, 1)
        end.now_s += SEGMENT_AGAIN_S
        await rest(delivery)
        assert (len(end.rows), len(end.segments)) == (3, 2)


async def test_an_acked_segment_is_forgotten() -> None:
    end = hub("a")
    async with end.delivering() as delivery:
        await settled(delivery, lambda: end.segments)
        end.waiting.clear()
        end.now_s += SEGMENT_AGAIN_S
        await rest(delivery)
        assert (len(end.rows), len(end.segments)) == (1, 1)
        assert delivery.idle


async def test_a_new_session_says_every_row_again() -> None:
    end = hub("a", "b")
    async with end.delivering() as delivery:
        await settled(delivery, lambda: len(end.segments) == 2)
        delivery.wake(anew=True)
        await settled(delivery, lambda: len(end.rows) == 4)
        assert len(end.segments) == 2


async def test_a_row_that_is_late_is_waited_for_and_holds_up_no_other() -> None:
    end = hub("a", "b", answers=[NO_ROW, STORED, NO_ROW, STORED])
    async with end.delivering() as delivery:
        await settled(delivery, lambda: len(end.segments) == 2)
        assert end.segments == ["b", "a"]
        end.now_s += 1
        await settled(delivery, lambda: len(end.segments) == 3)
        end.now_s += 2
        await settled(delivery, lambda: len(end.segments) == 4)
        assert end.segments == ["b", "a", "b", "b"]
        assert delivery.idle


async def test_a_row_that_the_hub_still_has_not_is_said_again() -> None:
    end = hub("a", answers=[NO_ROW] * NO_ROW_LOST)
    async with end.delivering() as delivery:
        for asked in range(1, NO_ROW_LOST):
            await rest(delivery)
            assert (end.rows, end.segments) == (["a"], ["a"] * asked)  # it is on its way, most likely
            end.now_s += 1
        await settled(delivery, lambda: len(end.rows) == 2)
        assert end.segments == ["a"] * NO_ROW_LOST


async def test_a_late_row_costs_its_segment_no_more_than_it_is_late() -> None:
    end = hub("a", answers=[NO_ROW, STORED])
    async with end.delivering() as delivery:
        await settled(delivery, lambda: end.segments)
        await rest(delivery)
        assert 0 < delivery._pause_s() <= NO_ROW_FIRST_S


async def test_while_no_row_arrives_a_segment_goes_ever_less_often() -> None:
    """The process that takes rows may be away for hours; a segment is megabytes over a mobile line."""
    end = hub("a", answers=[NO_ROW] * 100)
    async with end.delivering(random=0.999) as delivery:
        for _ in range(4 * 3600):
            end.now_s += 0.25
            await rest(delivery, 2)
        tried = len(end.segments)
        assert 60 <= tried <= 77  # 0.25, 0.5, 1 .. 32 s, then once a minute
        delivery.wake(anew=True)
        await settled(delivery, lambda: len(end.segments) == tried + 1)
        end.now_s += NO_ROW_FIRST_S
        await settled(delivery, lambda: len(end.segments) == tried + 2)
        assert end.trouble == [""] * (tried + 2)


async def test_a_hub_that_is_away_is_tried_ever_less_often() -> None:
    end = hub("a", answers=[LATER] * 12)
    pauses = []
    async with end.delivering(random=0.999) as delivery:
        for count in range(1, 12):
            await settled(delivery, lambda count=count: len(end.segments) == count)
            before_s = end.now_s
            while len(end.segments) == count:
                end.now_s += 0.25
                await rest(delivery)
            pauses.append(end.now_s - before_s)
    assert pauses == sorted(pauses)
    assert pauses[0] <= 1.25
    assert pauses[-1] == BACKOFF_MOST_S
    assert end.trouble == ["no route"] * 12


async def test_a_segment_that_the_hub_has_a_fault_with_holds_up_no_other() -> None:
    fault = Answer(Outcome.LATER, "500 Something went wrong")
    end = hub("a", "b", "c", answers=[fault, STORED, STORED, fault, STORED])
    async with end.delivering(random=0.0) as delivery:
        await settled(delivery, lambda: len(end.segments) == 5)
        assert end.segments == ["c", "b", "a", "c", "c"]
        assert end.aside == []


async def test_a_segment_that_was_acked_while_it_waited_is_no_trouble() -> None:
    """Nothing was said to the hub, so nothing is known of it; a file that is gone is not looked for all the time."""
    end = hub("a", "b", answers=[LATER, Answer(Outcome.GONE, "no longer needed"), STORED])
    async with end.delivering(random=0.0) as delivery:
        await settled(delivery, lambda: len(end.segments) == 3)
        await rest(delivery)
        assert end.segments == ["b", "a", "b"]
        assert end.trouble == ["no route", ""]
        assert end.aside == []


async def test_a_new_session_ends_the_pause() -> None:
    end = hub("a", answers=[LATER] * 3)
    async with end.delivering(random=0.999) as delivery:
        await settled(delivery, lambda: len(end.segments) == 1)
        await rest(delivery)
        assert len(end.segments) == 1
        delivery.wake(anew=True)
        await settled(delivery, lambda: len(end.segments) == 2)


async def test_a_refused_segment_is_set_aside_and_the_others_go_on() -> None:
    end = hub("a", "b", answers=[Answer(Outcome.REFUSED, "422 altered"), STORED])
    async with end.delivering() as delivery:
        await settled(delivery, lambda: len(end.segments) == 2)
        assert end.aside == [("b", "422 altered")]
        assert end.segments == ["b", "a"]
        assert delivery.idle
