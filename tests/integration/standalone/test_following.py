# SPDX-License-Identifier: EUPL-1.2
"""What the demo repeats of its unit: what this start says and is worth a line, and nothing of an earlier one."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub.demo import following
from hub.demo.screen import Screen


class Heard(Screen):
    """A screen that gives what it is told to a queue."""

    def __init__(self) -> None:
        self.lines, self.below = asyncio.Queue[str](), asyncio.Queue[str]()

    def say(self, words: str) -> None:
        self.lines.put_nowait(words)

    def status(self, words: str) -> None:
        self.below.put_nowait(words)


def line(words: str, **more: str) -> str:
    return json.dumps({"says": words, **more}) + "\n"


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(following, "LOOK_AGAIN_S", 0.001)
    path = tmp_path / "unit-1.log"
    path.write_text(line("of yesterday"))
    return path


@asynccontextmanager
async def followed(log: Path, before: tuple[int, int]) -> AsyncIterator[Heard]:
    stop, heard = asyncio.Event(), Heard()
    task = asyncio.create_task(following.follow(log, before, "unit-1", heard, stop))
    async with asyncio.timeout(5):
        yield heard
        stop.set()
        await task


async def test_an_earlier_start_is_not_news_and_half_a_line_waits(log: Path) -> None:
    before = following.end(log)
    with log.open("a", buffering=1) as unit:
        unit.write(line("starts"))
        async with followed(log, before) as heard:
            assert await heard.lines.get() == "unit-1: starts"
            half = line("films camera-1")
            unit.write(half[:10])
            unit.flush()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(heard.lines.get(), 0.02)
            unit.write(half[10:])
            assert await heard.lines.get() == "unit-1: films camera-1"


async def test_a_log_that_was_begun_anew_is_said_from_its_beginning(log: Path, tmp_path: Path) -> None:
    before = following.end(log)
    log.rename(tmp_path / "unit-1.log.1")
    log.write_text(line("a longer line than the one before, of today"))
    async with followed(log, before) as heard:
        assert "of today" in await heard.lines.get()


async def test_what_goes_on_all_the_time_takes_no_line(log: Path) -> None:
    before = following.end(log)
    with log.open("a") as unit:
        unit.write(line("segment 3 is stored at the hub", level="detail") + "a library's own words\n" + line("waits"))
    async with followed(log, before) as heard:
        assert await heard.lines.get() == "unit-1: waits"
        assert await heard.below.get() == "unit-1: segment 3 is stored at the hub"
        assert heard.lines.empty()


async def test_times_are_the_walls_and_the_end_says_what_next(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Amsterdam")
    time.tzset()
    said: list[str] = []
    ending = following.Ending(said.append, 168)
    stop, heard = asyncio.Event(), Heard()
    waits = {"says": "camera-1 waits: the window has ended", "at_us": 1_700_000_000_000_000}
    log.write_text(
        json.dumps(waits)
        + "\n"
        + json.dumps({"says": "films camera-1 until 2026-07-01 12:00:00 UTC", "at_us": 1})
        + "\n"
        + json.dumps(waits)
        + "\n"
    )
    task = asyncio.create_task(following.follow(log, (0, 0), "unit-1", heard, stop, ending))
    try:
        async with asyncio.timeout(5):
            lines = [await heard.lines.get() for _ in range(3)]
        stop.set()
        await task
        assert lines[1] == "unit-1: films camera-1 until 2026-07-01 14:00:00 CEST"
        assert len(said) == 1 and "until 2023-11-21 23:00:00 CET at the latest" in said[0]
    finally:
        monkeypatch.undo()
        time.tzset()
