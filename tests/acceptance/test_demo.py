# SPDX-License-Identifier: EUPL-1.2
"""The demo as a person starts it: three pictures, no leftovers, a quick second start, a new window when there is none.

Also after it was killed: then the next start finds nothing in its way.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from hub.demo.command import UNITS
from tests.acceptance.conftest import FPS
from tests.acceptance.watching import SECOND_MS
from tests.films import numbered_film

pytestmark = pytest.mark.asyncio(loop_scope="session")

WINDOW = "30s"  # three units start in it, and a person signs in and looks at each
ADDRESS = re.compile(r"http://localhost:[0-9]+")
SECOND_START_S = 20


@dataclass
class Demo:
    """The running command and what it said."""

    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)

    async def says(self, pattern: str, within_s: float) -> re.Match[str]:
        """The first line, said before or from now on, in which this stands."""
        async with asyncio.timeout(within_s):
            while True:
                for line in self.lines:
                    if found := re.search(pattern, line):
                        return found
                await asyncio.sleep(0.05)

    async def end(self, number: signal.Signals) -> int:
        """Send it the signal; gives its exit status."""
        self.process.send_signal(number)
        async with asyncio.timeout(30):
            return await self.process.wait()


@asynccontextmanager
async def demo(state: Path, film: Path) -> AsyncIterator[Demo]:
    command = [sys.executable, "-P", "-m", "hub", "demo", "--window", WINDOW, "--source", str(film)]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "FLEXZICHT_STATE": str(state), "XDG_CACHE_HOME": str(state.parent / "cache")},
    )
    running = Demo(process)

    async def hear() -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            running.lines.append(line.decode().rstrip())

    hearing = asyncio.create_task(hear())
    try:
        yield running
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await hearing


def processes(state: Path) -> dict[int, str]:
    """Processes that run for this state, by their command line or environment."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes()
            stat = (folder / "stat").read_text()
            with suppress(PermissionError):  # the hub's own tell nobody; what they are called is enough
                words += (folder / "environ").read_bytes()
        except OSError:
            continue
        zombie = stat.rsplit(")", 1)[1].split()[0] == "Z"
        if str(state).encode() in words and not zombie and int(folder.name) != os.getpid():
            found[int(folder.name)] = words.replace(b"\0", b" ").decode(errors="replace")[:100]
    return found


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="fz-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


async def pictures(browser: Browser, running: Demo) -> None:
    """Sign in with what was printed, and look at every camera until its picture is live."""
    address = (await running.says(ADDRESS.pattern, 180))[0]
    account = await running.says(r"sign in +(kijker) +password (\S+)", 5)
    for _, camera, _ in UNITS:
        await running.says(f"films {camera} ", 60)
    profile = await browser.new_context(locale="nl-NL")
    page = await profile.new_page()
    await page.goto(address)
    await page.get_by_test_id("sign-in-name").fill(account[1])
    await page.get_by_test_id("sign-in-password").fill(account[2])
    await page.get_by_test_id("sign-in-submit").click()
    tiles = [page.locator(f"[data-testid=tile][data-camera={camera}]") for _, camera, _ in UNITS]
    await expect(page.get_by_test_id("tile")).to_have_count(len(tiles))
    for tile in tiles:
        await tile.get_by_test_id("watch").click()
    for tile in tiles:
        await expect(tile).to_have_attribute("data-state", "live", timeout=20 * SECOND_MS)
    await profile.close()


async def test_three_starts_and_one_too_many(browser: Browser, folder: Path) -> None:
    film, state = numbered_film(folder / "film.mp4", 250, FPS), folder / "state"

    async with demo(state, film) as first:
        await first.says("starting PostgreSQL", 60)
        await refused_beside_it(state, film)
        await pictures(browser, first)
        number = (await first.says(r"deployment (\S+) is decided", 1))[1]
        assert await first.end(signal.SIGINT) == 0
    assert processes(state) == {}

    began = time.monotonic()
    async with demo(state, film) as second:
        await second.says(ADDRESS.pattern, SECOND_START_S)
        assert time.monotonic() - began < SECOND_START_S
        await second.says(f"deployment {number} is still within its window|deployment .* is decided", 5)
        await second.says("the window has ended|films camera-1", 30)
        await second.says("the window has ended", 60)
        assert await second.end(signal.SIGKILL) == -signal.SIGKILL

    async with demo(state, film) as third:
        await pictures(browser, third)
        assert (await third.says(r"deployment (\S+) is decided", 1))[1] != number
        assert await third.end(signal.SIGTERM) == 0
    assert processes(state) == {}


async def refused_beside_it(state: Path, film: Path) -> None:
    """A second demo on one state."""
    async with demo(state, film) as second:
        await second.says("it runs already", 30)
        async with asyncio.timeout(20):
            assert await second.process.wait() == 2


@pytest.mark.parametrize(
    "words", [["--window", "soon"], ["--window", "1s"], ["--source", "/nowhere"], ["--colour"], ["--state", ""]]
)
async def test_what_cannot_be_is_one_line(words: list[str]) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hub", "demo", *words), stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    output, errors = await process.communicate()
    assert process.returncode == 2
    assert output == b"" and len(errors.splitlines()) == 1 and words[0].encode() in errors
