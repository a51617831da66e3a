# SPDX-License-Identifier: EUPL-1.2
"""The worker's own sweeper, beside its other parts; and the keeper's process, which forgets without a worker."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest

from contract.events import Event
from hub.app import worker
from hub.config import Settings
from hub.keeper import deaths
from hub.store.database import Database
from tests.integration.retention.conftest import Footage
from tests.integration.town import Town
from tests.integration.town import town as new_town


@pytest.fixture
async def town(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    """A town whose keeper looks often."""
    monkeypatch.setattr(deaths, "LOOK_S", 0.02)
    async with new_town(database, monkeypatch) as made:
        yield made


def is_destroyed(footage: Footage) -> bool:
    return any(leaf.ids["key"] == footage.key.key for _, leaf in footage.town.log.find(Event.KEY_DESTROYED.value))


async def test_the_worker_has_what_is_due_destroyed_and_sweeps_it(
    footage: Footage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all that the worker runs together only the sweeper, put together as the worker does it."""
    town = footage.town
    filmed = footage.camera.film()
    stored = await footage.store(filmed)
    town.now_us = footage.key.due_us

    async def sweeper_alone(_: asyncio.Event, *parts: Coroutine[Any, Any, None]) -> None:
        running = [asyncio.create_task(part) for part in parts if part.__qualname__ == "Sweeper.run"]
        for part in parts:
            if part.__qualname__ != "Sweeper.run":
                part.close()
        assert len(running) == 1
        while await footage.erased_at_us(filmed) is None:
            await asyncio.sleep(0.02)
        running[0].cancel()

    monkeypatch.setattr(worker, "together", sweeper_alone)
    settings = Settings(state=town.layout.state, database_url=town.database.url, mqtt_url="mqtts://127.0.0.1:1")
    async with asyncio.timeout(30):
        await worker.run(settings, lambda: town.now_us, asyncio.Event())
    assert is_destroyed(footage) and not stored.exists()


async def test_the_keepers_process_forgets_what_no_worker_asks_for(footage: Footage) -> None:
    footage.town.now_us = footage.key.due_us + deaths.UNASKED_US - 1
    await asyncio.sleep(0.1)
    assert not is_destroyed(footage) and footage.ring.exists()
    footage.town.now_us += 1

    async with asyncio.timeout(30):
        while not is_destroyed(footage):
            await asyncio.sleep(0.02)
    assert not footage.ring.exists()
