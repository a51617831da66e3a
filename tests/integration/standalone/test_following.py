# SPDX-License-Identifier: EUPL-1.2
"""What the demo repeats of its unit: what this start says, whole lines, and nothing of an earlier one."""

import asyncio
import json
from pathlib import Path

import pytest

from hub import demo_command


def line(words: str) -> str:
    return json.dumps({"says": words}) + "\n"


async def test_an_earlier_start_is_not_news(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_command, "FOLLOW_S", 0.001)
    log, stop, heard = tmp_path / "unit-1.log", asyncio.Event(), asyncio.Queue[str]()
    log.write_text(line("of yesterday"))
    before = demo_command._end(log)
    with log.open("a", buffering=1) as unit:
        unit.write(line("starts"))
        following = asyncio.create_task(demo_command._follow(log, before, heard.put_nowait, stop))
        assert await asyncio.wait_for(heard.get(), 5) == "unit-1: starts"
        half = line("films camera-1")
        unit.write(half[:10])
        unit.flush()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(heard.get(), 0.02)
        unit.write(half[10:])
        assert await asyncio.wait_for(heard.get(), 5) == "unit-1: films camera-1"
    stop.set()
    await following


async def test_a_log_that_was_begun_anew_is_said_from_its_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_command, "FOLLOW_S", 0.001)
    log, stop, heard = tmp_path / "unit-1.log", asyncio.Event(), asyncio.Queue[str]()
    log.write_text(line("of yesterday"))
    before = demo_command._end(log)
    log.rename(tmp_path / "unit-1.log.1")
    log.write_text(line("a longer line than the one before, of today"))
    following = asyncio.create_task(demo_command._follow(log, before, heard.put_nowait, stop))
    assert "of today" in await asyncio.wait_for(heard.get(), 5)
    stop.set()
    await following
