# SPDX-License-Identifier: EUPL-1.2
"""The three servers together: whose they are, what happens when one dies, and when their supervisor does."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import psycopg
import pytest

from hub.embedded import nats, ports, postgres
from hub.embedded.program import Event, EventKind, Program
from hub.embedded.supervisor import Supervisor
from hub.users import USERS
from tests.integration.embedded import standing
from tests.integration.embedded.processes import family, gone, until
from tests.integration.embedded.upstream import ask

CHECKOUT = Path(__file__).parents[3]
SERVERS = ("postgres", "nats", "caddy")


@pytest.fixture(scope="module")
def programs(state: Path) -> list[Program]:
    return standing.programs(state, "password")


async def all_answer(port: dict[str, int]) -> bool:
    async with await psycopg.AsyncConnection.connect(postgres.url(port["postgres"], "password")) as database:
        assert await (await database.execute("select 1")).fetchone() == (1,)
    assert (await ask(port["people"], "nobody")).status == 421
    _, writer = await asyncio.open_connection("127.0.0.1", port["mqtt"])
    writer.close()
    return True


async def test_each_is_its_own_user_answers_and_leaves_nothing(programs: list[Program], port: dict[str, int]) -> None:
    async with Supervisor(programs) as supervisor:
        await supervisor.ready()
        assert await all_answer(port)
        found = family(supervisor.pid(name) for name in SERVERS)
        assert len(found) > len(SERVERS)  # PostgreSQL's own children
        for name in SERVERS:
            owners = {Path(f"/proc/{pid}").stat().st_uid for pid in family([supervisor.pid(name)])}
            assert owners == {USERS[name].uid if os.geteuid() == 0 else os.geteuid()}
    assert [pid for pid in found if not gone(pid)] == []
    assert not any(ports.taken(number) for number in port.values())


async def test_each_comes_back_when_it_is_killed(programs: list[Program], port: dict[str, int]) -> None:
    events: list[Event] = []
    async with Supervisor(programs, on_event=events.append) as supervisor:
        await supervisor.ready()
        before = {name: supervisor.pid(name) for name in SERVERS}
        for name in SERVERS:
            supervisor.kill(name, signal.SIGKILL)
        await until(lambda: [event.kind for event in events].count(EventKind.READY) == 2 * len(SERVERS))
        assert all(supervisor.pid(name) not in {before[name], None} for name in SERVERS)
        assert await all_answer(port)


async def test_they_end_in_order_when_their_supervisor_is_killed(state: Path, programs: list[Program]) -> None:
    command = (sys.executable, "-m", standing.__name__, str(state))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=CHECKOUT)
    assert process.stdout is not None
    found = family(json.loads(await process.stdout.readline()).values())
    assert len(found) > len(SERVERS)
    process.kill()
    await process.communicate()
    await until(lambda: all(gone(pid) for pid in found))
    assert "database system is shut down" in (state / "postgres.log").read_text()
    assert "Server Exiting" in (state / "nats.log").read_text()


async def test_a_start_right_after_finds_the_ports_free(port: dict[str, int]) -> None:
    await ports.all_free(port.values())
    assert nats.url(port["mqtt"]) == f"mqtts://127.0.0.1:{port['mqtt']}"
