# SPDX-License-Identifier: EUPL-1.2
"""Nine tiles of 640 x 360 in a real browser: whether pictures grow older, whether memory grows, what it costs.

Nine units, each the shipped program with a film of its own second; one person whose wall shows them all under one look.
In the middle the hub's own processes are killed: every tile must be live again by itself, under the same number.
"""

from __future__ import annotations

import asyncio
import os
import signal
import statistics
import time
from contextlib import AsyncExitStack
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from tests.acceptance.conftest import FLAGS
from tests.acceptance.stage import Stage, staged
from tests.bench.machine import (
    cpu_of,
    hub_processes,
    in_a_folder,
    resident_mb,
    small_film,
    unit_plans,
    unit_processes,
)
from tests.bench.unit import say
from tests.chromium import find_chromium
from tests.integration.embedded.processes import family

TILES = 9
LIVE_WITHIN_MS = 90_000
EVERY_S = 2.0
SIGHT = """() => [...document.querySelectorAll('[data-testid=tile]')]
  .map(({dataset}) => [dataset.state, Number(dataset.ageMs), Number(dataset.capturedAtUs)])"""

LOOKS = "() => new Set([...document.querySelectorAll('[data-testid=tile]')].map((one) => one.dataset.logIndex)).size"


def measured(seconds: int) -> dict[str, object]:
    """The figures; ages in milliseconds, memory in megabytes."""
    return in_a_folder(small_film(), lambda state, own: _measured(state, own, seconds))


async def _measured(state: Path, film: Path, seconds: int) -> dict[str, object]:
    plans = unit_plans(film, TILES)
    say(f"starting the hub and {TILES} units")
    async with AsyncExitStack() as stack:
        stage = await stack.enter_async_context(staged(state, film, window_s=seconds + 900, units=plans))
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=str(find_chromium()), args=FLAGS)
        stack.push_async_callback(browser.close)
        page = await _wall(browser, stage)
        say(f"measuring for {seconds} s, with a restart of the hub in the middle")
        first = await _seen(page, stage, seconds / 2)
        healed_s = await _healed(page, stage)
        second = await _seen(page, stage, seconds / 2)
        numbers = await page.evaluate(LOOKS)
    return {
        "seconds": seconds,
        "tiles": TILES,
        "healed_s": round(healed_s, 1),
        "looks_after": numbers,
        **{f"before_{name}": value for name, value in first.items()},
        **{f"after_{name}": value for name, value in second.items()},
    }


async def _wall(browser: Browser, stage: Stage) -> Page:
    """A person whose wall is on."""
    page = await browser.new_page(viewport={"width": 1920, "height": 1080}, locale="en-GB")
    await page.goto(stage.machine.address)
    await page.get_by_test_id("sign-in-name").fill("kijker")
    await page.get_by_test_id("sign-in-password").fill(stage.password("kijker"))
    await page.get_by_test_id("sign-in-submit").click()
    await page.get_by_test_id("sign-on").click()
    await _all_live(page)
    return page


async def _all_live(page: Page) -> None:
    all_live = f"""() => document.querySelectorAll('[data-testid=tile][data-state=live]').length === {TILES}"""
    await page.wait_for_function(all_live, timeout=LIVE_WITHIN_MS)


async def _seen(page: Page, stage: Stage, seconds: float) -> dict[str, object]:
    """What stood on the wall for so long, and what that cost."""
    browsers = family([_browser_pid()])
    programs = {"hub": hub_processes(stage), "units": unit_processes(stage), "browser": {"browser": browsers}}
    spent = {name: cpu_of(of) for name, of in programs.items()}
    ages: list[tuple[float, float]] = []
    memory: list[tuple[float, float]] = []
    states: list[str] = []
    began_s = time.monotonic()
    while (at_s := time.monotonic() - began_s) < seconds:
        sight = await page.evaluate(SIGHT)
        states += [state for state, _, _ in sight]
        ages.append((at_s, max(age_ms for _, age_ms, _ in sight)))
        memory.append((at_s, resident_mb(browsers)))
        await asyncio.sleep(EVERY_S)
    took_s = time.monotonic() - began_s
    figures: dict[str, object] = {
        "live": round(states.count("live") / len(states), 4),
        "oldest_p50_ms": round(statistics.median(age_ms for _, age_ms in ages)),
        "oldest_ms": round(max(age_ms for _, age_ms in ages)),
        "age_growth_ms_per_min": _growth(ages, 60),
        "browser_mb": round(memory[-1][1], 1),
        "browser_mb_per_min": _growth(memory, 60),
    }
    return figures | {f"{name}_cores": round((cpu_of(of) - spent[name]) / took_s, 2) for name, of in programs.items()}


def _growth(readings: list[tuple[float, float]], seconds: int) -> float | None:
    """Of a straight line through the second half."""
    half = readings[len(readings) // 2 :]
    if len(half) < 3:
        return None
    return round(
        statistics.linear_regression([at_s for at_s, _ in half], [value for _, value in half]).slope * seconds, 1
    )


async def _healed(page: Page, stage: Stage) -> float:
    """Kill the hub's own processes; gives how long it takes until every tile is live again by itself."""
    began_s = time.monotonic()
    for role in ("serve", "media", "worker"):
        stage.hub.kill(role, signal.SIGKILL)
    broken = f"() => document.querySelectorAll('[data-testid=tile][data-state=live]').length < {TILES}"
    await page.wait_for_function(broken, timeout=LIVE_WITHIN_MS)
    await _all_live(page)
    return time.monotonic() - began_s


def _browser_pid() -> int | None:
    """The browser's first process: the oldest Chromium that descends from this one."""
    mine = family([os.getpid()])
    found = [pid for pid in sorted(mine) if "--remote-debugging-pipe" in _command(pid)]
    return found[0] if found else None


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
