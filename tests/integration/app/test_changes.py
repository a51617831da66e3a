# SPDX-License-Identifier: EUPL-1.2
"""The line to each page: told at once of what is written, through the real front, until its session ends."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract.messages import CameraState
from hub.access.signin import Person
from hub.app.changes import HERE_S, LINES_LIMIT, PERSON_LIMIT, SESSION_LIMIT, WORDS, Changes
from hub.fleet.reports import Reports
from hub.problem import ProblemError
from hub.store.telling import COLUMNS, TOLD
from hub.store.units import Units
from tests.integration.app.test_slow_bodies import BODY_WITHIN_S, folder, front
from tests.integration.filming import state
from tests.integration.town import CAMERA, PASSWORD, UNIT, Town, problem

__all__ = ["folder"]  # a fixture
DEADLINE_S = 8.0


@dataclass
class Heard:
    """One message of a line."""

    event: str
    data: dict[str, Any]


class Page:
    """Somebody's page: its session, and its line."""

    def __init__(self, http: httpx.AsyncClient, lines: AsyncIterator[str]) -> None:
        self.http = http
        self._lines = lines

    async def hear(self) -> Heard | None:
        """The next message; None where the line ended."""
        event = ""
        async with asyncio.timeout(DEADLINE_S):
            async for line in self._lines:
                if line.startswith("event: "):
                    event = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    return Heard(event, json.loads(line.removeprefix("data: ")))
        return None

    async def told(self, word: str) -> set[str]:
        """All that is told up to this word."""
        words: set[str] = set()
        while word not in words:
            heard = await self.hear()
            assert heard is not None and heard.event in ("here", "changed"), heard
            words |= set(heard.data.get("what", []))
        return words


@pytest.fixture
async def followed(town: Town, database_url: str) -> AsyncIterator[Town]:
    """The town, whose hub hears what its database tells."""
    stop = asyncio.Event()
    following = asyncio.create_task(town.changes.follow(database_url, stop))
    yield town
    stop.set()
    await following


@asynccontextmanager
async def page(town: Town, port: int, role: str) -> AsyncIterator[Page]:
    await town.client(role)  # the account
    async with AsyncExitStack() as stack:
        headers = {"Host": f"localhost:{port}"}
        http = await stack.enter_async_context(
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=DEADLINE_S)
        )
        answer = await http.post("/v1/session", json={"name": role, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        line = await stack.enter_async_context(http.stream("GET", "/v1/events"))
        assert line.status_code == 200
        assert line.headers["content-type"].startswith("text/event-stream")
        yield Page(http, line.aiter_lines())


async def test_a_page_hears_at_once_what_others_write_and_longer_than_a_body_may_take(
    followed: Town, folder: Path
) -> None:
    async with front(folder, followed.app) as (sites, _), page(followed, sites.people_port, "operator") as watched:
        first = await watched.hear()
        assert first == Heard("here", {"now_us": followed.now_us})

        await followed.introduce()
        assert "deployments" in await watched.told("deployments")  # the roster and its bindings are records
        assert HERE_S > 2 * BODY_WITHIN_S  # the front's patience with a request that is not whole
        while (heard := await watched.hear()) is not None and heard.event != "here":
            pass
        await followed.enrol()
        assert "units" in await watched.told("units")
        await Reports(Units(followed.database), lambda: followed.now_us).take(
            UNIT, state(followed, 1, cameras=(CameraState(CAMERA, "waiting", None, None),)), retained=False
        )
        await watched.told("units")


async def test_a_line_ends_with_its_session_and_with_the_process(town: Town, database_url: str, folder: Path) -> None:
    stop = asyncio.Event()
    following = asyncio.create_task(town.changes.follow(database_url, stop))
    async with (
        front(folder, town.app) as (sites, _),
        page(town, sites.people_port, "operator") as leaving,
        page(town, sites.people_port, "viewer") as staying,
    ):
        await leaving.hear(), await staying.hear()
        other = httpx.AsyncClient(base_url=f"http://127.0.0.1:{sites.people_port}", cookies=leaving.http.cookies)
        gone = await other.delete("/v1/session", headers={"Host": f"localhost:{sites.people_port}"})
        assert gone.status_code == 204
        await other.aclose()
        while (heard := await leaving.hear()) is not None and heard.event != "ended":
            pass
        assert heard is not None and await leaving.hear() is None

        stop.set()
        with suppress(httpx.RemoteProtocolError):
            while await staying.hear() is not None:
                pass
        assert town.changes.closed
    await following


async def test_who_is_not_signed_in_hears_nothing(town: Town) -> None:
    browser = town.browser()
    assert problem(await browser.get("/v1/events"))[:2] == (401, "not-signed-in")
    await browser.aclose()


def person(session: str) -> Person:
    return Person("somebody", "Somebody", "viewer", True, session, 0)


def test_lines_are_bounded_for_one_session_for_one_person_and_for_all() -> None:
    changes = Changes()
    first = [changes.open(person("0")) for _ in range(SESSION_LIMIT)]
    with pytest.raises(ProblemError, match="too-many-lines"):
        changes.open(person("0"))
    changes.close(first[0])
    changes.open(person("0"))

    for session in range(1, LINES_LIMIT // SESSION_LIMIT):
        for _ in range(SESSION_LIMIT):
            changes.open(replace(person(str(session)), name=f"somebody-{session}"))
    with pytest.raises(ProblemError, match="too-many-lines"):
        changes.open(replace(person("another"), name="another"))

    of_one = Changes()
    for n in range(PERSON_LIMIT):
        of_one.open(person(str(n)))
    with pytest.raises(ProblemError, match="too-many-lines"):
        of_one.open(person("one browser more"))
    of_one.open(replace(person("0"), name="somebody else"))


async def test_what_changed_while_a_page_was_slow_is_told_once() -> None:
    changes = Changes()
    line = changes.open(person("0"))
    for _ in range(1000):
        changes.tell(["units"])
    changes.tell(["plans"])
    assert await line.heard(1) == {"units", "plans"}
    assert await line.heard(0.01) == set()


async def test_every_table_that_is_told_of_is_there_and_has_its_triggers(town: Town) -> None:
    async with town.database.transaction() as db:
        names = await db.value(
            "select string_agg(event_object_table || ' ' || trigger_name || ' ' || event_manipulation, ',')"
            " from information_schema.triggers where trigger_name like 'tell_%'"
        )
    found = set(str(names).split(","))
    for table in TOLD:
        wanted = {(f"{table} tell_rows INSERT"), (f"{table} tell_rows DELETE"), (f"{table} tell_values UPDATE")}
        assert wanted <= found, table
    assert set(COLUMNS) <= set(TOLD) and set(TOLD.values()) - {"sessions"} == WORDS
