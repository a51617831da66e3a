# SPDX-License-Identifier: EUPL-1.2
"""A full log disk: nothing new opens, who looks goes on looking, footage is still taken in, and the gap gets a name."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from playwright.async_api import Browser, expect

from contract.events import Event
from tests.acceptance.stage import Stage
from tests.acceptance.test_watching import log_of, looker, sights
from tests.acceptance.watching import SECOND_MS, signed_in, watch

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk for the log (tmpfs)"),
]


@contextmanager
def full(stage: Stage) -> Iterator[None]:
    """As long as this lasts nothing is left of the log's disk."""
    filler = stage.layout.log / "filler"
    try:
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))
        yield
    finally:
        filler.unlink()


def objects(stage: Stage) -> int:
    return sum(1 for path in stage.layout.objects.rglob("*") if path.is_file())


async def test_who_looks_keeps_the_picture_and_nothing_new_opens(stage: Stage, browser: Browser) -> None:
    profile, page = await signed_in(browser, stage)
    await watch(page)
    with full(stage):
        stored = objects(stage)
        late = await looker(stage)

        wanted = {"cameras": [stage.plan.camera], "purpose": "watch"}
        refused = await late.http.post("/v1/views", json=wanted)
        assert refused.status_code == 503
        assert refused.json()["type"].endswith("/log-unavailable")

        async with asyncio.timeout(60):
            while objects(stage) <= stored:
                await asyncio.sleep(0.2)
        assert len({sight.number for sight in await sights(page, 10)}) > 1, "who was looking lost the picture"
        other, second = await signed_in(browser, stage)
        await second.get_by_test_id("watch").first.click()
        await expect(second.get_by_test_id("tile-message")).to_be_visible(timeout=10 * SECOND_MS)
        assert await second.get_by_test_id("tile").get_attribute("data-state") != "live"

    async with asyncio.timeout(20):
        while not list(log_of(stage).find(Event.LOG_GAP.value)):
            await asyncio.sleep(0.2)
    assert (await late.http.post("/v1/views", json=wanted)).status_code == 201
    log_of(stage).check()
    await late.http.aclose()
    for context in (profile, other):
        await context.close()
