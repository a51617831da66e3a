# SPDX-License-Identifier: EUPL-1.2
"""The media process ends when one of its watches does: it never goes on without looking at leases or grants."""

import asyncio

import pytest

from hub.app import media
from hub.config import Settings
from hub.live.whip import Publishers
from hub.live.wss import Viewers
from tests.integration.town import Town


@pytest.mark.parametrize("part", [Publishers, Viewers])
async def test_a_watch_that_fails_ends_the_process(
    town: Town, monkeypatch: pytest.MonkeyPatch, part: type[object]
) -> None:
    def fail(self: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(part, "_tick", fail)
    settings = Settings(state=town.layout.state, database_url=town.database.url, mqtt_url="mqtts://127.0.0.1:1")

    async with asyncio.timeout(10):
        with pytest.raises(ZeroDivisionError):
            await media.run(settings, lambda: town.now_us, asyncio.Event())
    assert not town.layout.socket("live").exists()
    assert not town.layout.socket("media").exists()


async def test_it_stops_when_asked(town: Town) -> None:
    settings = Settings(state=town.layout.state, database_url=town.database.url, mqtt_url="mqtts://127.0.0.1:1")
    stop = asyncio.Event()
    running = asyncio.create_task(media.run(settings, lambda: town.now_us, stop))
    async with asyncio.timeout(10):
        while not town.layout.socket("live").exists():
            await asyncio.sleep(0.01)
        stop.set()
        await running
    assert not town.layout.socket("live").exists()
