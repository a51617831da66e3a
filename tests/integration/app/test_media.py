# SPDX-License-Identifier: EUPL-1.2
"""The media process as a whole: it ends when one of its watches does, and what has lost its right is closed at once."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import ClientConnection, unix_connect
from websockets.exceptions import ConnectionClosed

from contract.live import LEASE_LIFE_US
from hub.app import media
from hub.config import Settings
from hub.live.whip import Publishers
from hub.live.wss import GRANT_ENDED, LOG_UNAVAILABLE, Viewers, Viewing
from hub.store.database import Transaction
from hub.store.views import Views
from tests.integration.town import CAMERA, MINUTE_US, Town, disk_full

LOOK = {"cameras": [CAMERA], "purpose": "watch"}
SOON_S = 2.0


def settings(town: Town) -> Settings:
    return Settings(state=town.layout.state, database_url=town.database.url, mqtt_url="mqtts://127.0.0.1:1")


@asynccontextmanager
async def running(town: Town) -> AsyncIterator[None]:
    """A media process in this one."""
    stop = asyncio.Event()
    process = asyncio.create_task(media.run(settings(town), lambda: town.now_us, stop))
    try:
        async with asyncio.timeout(10):
            while not town.layout.socket("live").exists() and not process.done():
                await asyncio.sleep(0.01)
        yield
    finally:
        stop.set()
        async with asyncio.timeout(10):
            await process


@pytest.fixture
async def open_town(town: Town) -> Town:
    """A deployment whose window is open, and its unit there."""
    await town.deploy()
    town.now_us += 2 * MINUTE_US
    async with town.database.transaction() as db:
        await db.run("update units set online = true, start_id = :start", start="1" * 32)
    return town


@asynccontextmanager
async def looking(town: Town) -> AsyncIterator[ClientConnection]:
    """A viewer whose socket is open."""
    (view,) = (await (await town.client("viewer")).post("/v1/views", json=LOOK)).json()
    path = str(town.layout.socket("live"))
    async with unix_connect(path, uri="ws://localhost/live", origin="http://localhost", compression=None) as ws:  # type: ignore[arg-type]
        await ws.send(view["ticket"])
        assert json.loads(await ws.recv())["type"] == "opened"
        yield ws


async def close_code(ws: ClientConnection) -> int | None:
    """How it is closed, soon."""
    async with asyncio.timeout(SOON_S):
        with pytest.raises(ConnectionClosed):
            while True:
                await ws.recv()
    return ws.close_code


async def watching(town: Town) -> int:
    (filming,) = (await (await town.client("viewer")).get("/v1/overview")).json()["filming"]
    return int(filming["watching"])


async def becomes(town: Town, people: int) -> None:
    """So many people watch, soon."""
    async with asyncio.timeout(SOON_S):
        while await watching(town) != people:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("part", [Publishers, Viewers])
async def test_a_watch_that_fails_ends_the_process(
    town: Town, monkeypatch: pytest.MonkeyPatch, part: type[object]
) -> None:
    def fail(self: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(part, "_tick", fail)

    async with asyncio.timeout(10):
        with pytest.raises(ZeroDivisionError):
            await media.run(settings(town), lambda: town.now_us, asyncio.Event())
    assert not town.layout.socket("live").exists()
    assert not town.layout.socket("media").exists()


async def test_it_stops_when_asked_and_no_ticket_names_it_any_more(town: Town) -> None:
    async with running(town):
        assert await Views(town.database).newest_media(0) is not None
    assert not town.layout.socket("live").exists()
    assert await Views(town.database).newest_media(0) is None


async def test_who_watches_is_counted_while_the_socket_is_open(open_town: Town) -> None:
    async with running(open_town):
        assert await watching(open_town) == 0
        async with looking(open_town), looking(open_town):
            await becomes(open_town, 1)
        await becomes(open_town, 0)
        async with looking(open_town):
            await becomes(open_town, 1)
    assert await watching(open_town) == 0


async def test_signing_out_closes_what_is_open(open_town: Town) -> None:
    async with running(open_town), looking(open_town) as ws:
        await (await open_town.client("viewer")).delete("/v1/session")

        assert await close_code(ws) == GRANT_ENDED


async def test_five_minutes_without_a_log_close_what_is_open(open_town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(open_town), looking(open_town) as ws:
        disk_full(monkeypatch, True)
        open_town.now_us += LEASE_LIFE_US

        assert await close_code(ws) == LOG_UNAVAILABLE
        disk_full(monkeypatch, False)


async def test_many_cameras_cost_the_database_no_more_than_one(
    open_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = Transaction.rows
    asked: list[str] = []

    async def counted(self: Transaction, cls: type, sql: str, **values: object) -> list[object]:
        asked.append(sql)
        return await rows(self, cls, sql, **values)

    parts = media.assembled(settings(open_town), open_town.database, "a" * 32, lambda: open_town.now_us)
    await parts.views.register_media("a" * 32, open_town.now_us, 0, [])
    (view,) = (await (await open_town.client("viewer")).post("/v1/views", json=LOOK)).json()
    viewing = await parts.admission.redeem(view["ticket"])
    others = [Viewing(ticket=str(n), camera=f"camera-{n}", log_index=n, until_us=0) for n in range(2, 20)]
    monkeypatch.setattr(Transaction, "rows", counted)

    assert await parts.admission.renew([viewing, *others]) == []
    assert await parts.admission.ended_grants([viewing, *others]) == []

    assert len(asked) == 2
