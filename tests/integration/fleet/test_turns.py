# SPDX-License-Identifier: EUPL-1.2
"""One unit that speaks without end delays nobody's questions, rows or states, and drops nobody's but its own."""

import asyncio
import logging
import ssl

import aiomqtt
import pytest

from contract.topics import topic
from hub.fleet import line as module
from hub.fleet.leases import Leases
from hub.fleet.line import Turns
from hub.keeper.client import Keeper
from hub.store.database import Database
from hub.store.units import Units
from tests.integration.town import Town

FLOOD = 1500


def message(unit: str, what: str, payload: bytes) -> aiomqtt.Message:
    return aiomqtt.Message(topic(unit, what), payload, 1, False, 1, None)


class Answering(Leases):
    """The questions in the order in which they are answered."""

    def __init__(self, database: Database, keeper: Keeper) -> None:
        async def say(unit: str, what: str, payload: bytes) -> bool:
            self.answered.append((unit, payload))
            if unit == "unit-1":
                self.heard("unit-1", b"once more")  # it asks at once, each time
            return len(self.answered) < 6 or asyncio.current_task() is None

        super().__init__(Units(database), keeper, say)
        self.answered: list[tuple[str, bytes]] = []

    async def answer(self, unit: str, payload: bytes) -> bytes:
        await asyncio.sleep(0)  # as the real one, which asks the database: others have their turn meanwhile
        return payload


async def test_who_asks_without_end_has_one_question_and_waits_its_turn(town: Town) -> None:
    leases = Answering(town.database, town.keeper)
    for number in range(FLOOD):
        leases.heard("unit-1", f"{number}".encode())
    for unit in ("unit-2", "unit-3"):
        leases.heard(unit, b"one question")

    running = asyncio.create_task(leases.run())
    async with asyncio.timeout(5):
        while len(leases.answered) < 4:
            await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert leases.answered[:4] == [
        ("unit-1", f"{FLOOD - 1}".encode()),  # the newest
        ("unit-2", b"one question"),
        ("unit-3", b"one question"),
        ("unit-1", b"once more"),
    ]


async def test_a_flood_takes_the_room_and_the_turns_of_its_own_kind_and_unit(caplog: pytest.LogCaptureFixture) -> None:
    waiting = Turns()
    with caplog.at_level(logging.WARNING):
        for number in range(FLOOD):
            waiting.put_nowait(message("unit-1", "index", f"{number}".encode()))
    waiting.put_nowait(message("unit-1", "ask", b"mine too"))
    waiting.put_nowait(message("unit-2", "index", b"a row"))
    waiting.put_nowait(message("unit-2", "index", b"another"))

    assert waiting.qsize() == module.WAITING_LIMIT + 3
    heard = [(await waiting.get()).payload for _ in range(waiting.qsize())]

    assert heard[:5] == [b"0", b"mine too", b"a row", b"1", b"another"]
    assert heard[5:] == [f"{number}".encode() for number in range(2, module.WAITING_LIMIT)]
    assert waiting.empty()
    assert len(caplog.messages) == 1 and "fz/1/unit-1/index" in caplog.text  # once a minute, however many


async def test_what_waits_of_a_unit_is_bounded_in_bytes_too() -> None:
    waiting = Turns()
    for _ in range(FLOOD // 2):
        waiting.put_nowait(message("unit-1", "index", bytes(100_000)))
    assert waiting.qsize() == module.WAITING_BYTES // 100_000
    waiting.put_nowait(message("unit-2", "index", bytes(100_000)))
    assert waiting.qsize() == module.WAITING_BYTES // 100_000 + 1


async def test_the_session_holds_what_it_hears_so() -> None:
    """By the library's own door for it: what it hears goes through this queue and no other."""
    client = aiomqtt.Client("localhost", queue_type=Turns, tls_context=ssl.create_default_context())
    assert isinstance(client._queue, Turns)
