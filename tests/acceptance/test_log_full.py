# SPDX-License-Identifier: EUPL-1.2
"""A full log disk: nothing new opens, who looks goes on looking, footage is still taken in, and the gap gets a name."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright, expect

from contract.events import Event
from hub.layout import Layout
from tests.acceptance.conftest import FLAGS, FPS
from tests.acceptance.stage import Stage, staged
from tests.acceptance.test_watching import log_of, looker, sights
from tests.acceptance.watching import SECOND_MS, signed_in, watch
from tests.films import numbered_film

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk for the log (tmpfs)"),
]

DISK_BYTES = 4 * 2**20


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def small() -> AsyncIterator[Stage]:
    """A stage whose log lies on a disk of its own, of four megabytes."""
    folder = Path(tempfile.mkdtemp(prefix="fz-"))
    folder.chmod(0o755)
    try:
        film = numbered_film(folder / "numbered.mp4", 500, FPS)
        async with staged(folder / "state", film, prepared=on_a_small_disk) as running:
            yield running
    finally:
        subprocess.run(["umount", "--lazy", str(folder / "state" / "log")], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def on_a_small_disk(layout: Layout) -> None:
    """Put the new log on a disk of its own."""
    before = layout.state / "log.before"
    shutil.copytree(layout.log, before)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(layout.log)], check=True)
    shutil.copytree(before, layout.log, dirs_exist_ok=True)


def fill(stage: Stage) -> Path:
    """Take what is left of the log's disk; gives the file that holds it."""
    filler = stage.layout.log / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    return filler


def objects(stage: Stage) -> int:
    return sum(1 for path in stage.layout.objects.rglob("*") if path.is_file())


async def test_who_looks_keeps_the_picture_and_nothing_new_opens(small: Stage, chromium: Path) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(chromium), args=FLAGS)
        profile, page = await signed_in(browser, small)
        await watch(page)
        filler = fill(small)
        stored = objects(small)
        late = await looker(small)

        wanted = {"cameras": [small.plan.camera], "purpose": "watch"}
        refused = await late.http.post("/v1/views", json=wanted)
        assert refused.status_code == 503
        assert refused.json()["type"].endswith("/log-unavailable")

        async with asyncio.timeout(60):
            while objects(small) <= stored:
                await asyncio.sleep(0.2)
        assert len({sight.number for sight in await sights(page, 10)}) > 1, "who was looking lost the picture"
        other, second = await signed_in(browser, small)
        await second.get_by_test_id("watch").first.click()
        await expect(second.get_by_test_id("tile-message")).to_be_visible(timeout=10 * SECOND_MS)
        assert await second.get_by_test_id("tile").get_attribute("data-state") != "live"

        filler.unlink()
        async with asyncio.timeout(20):
            while not list(log_of(small).find(Event.LOG_GAP.value)):
                await asyncio.sleep(0.2)
        assert (await late.http.post("/v1/views", json=wanted)).status_code == 201
        log_of(small).check()
        await late.http.aclose()
        for context in (profile, other):
            await context.close()
        await browser.close()
