# SPDX-License-Identifier: EUPL-1.2
"""What a person in the control room does with the page, and what she sees on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.acceptance.stage import Stage
from tests.films import GEOMETRY

SECOND_MS = 1000

# The rule of tests/films.py; the reading and the page's own clock are taken in one turn of the page.
READ = """(g) => {
  const tile = document.querySelector('[data-testid=tile]');
  const canvas = document.querySelector('[data-testid=tile-canvas]');
  if (!tile || !canvas || !canvas.width) return null;
  const image = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const at_us = Math.round((performance.timeOrigin + performance.now()) * 1000);
  const sx = image.width / g.width, sy = image.height / g.height;
  const mean = (column, row) => {
    let sum = 0, count = 0;
    const x0 = Math.round((g.left + (column + 0.25) * g.block) * sx);
    const x1 = Math.round((g.left + (column + 0.75) * g.block) * sx);
    const y0 = Math.round((g.top + (row + 0.25) * g.block) * sy);
    const y1 = Math.round((g.top + (row + 0.75) * g.block) * sy);
    for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) {
      const p = 4 * (y * image.width + x);
      sum += (image.data[p] + image.data[p + 1] + image.data[p + 2]) / 3; count += 1;
    }
    return sum / count;
  };
  let number = 0;
  for (let i = 0; i < g.bits; i++) {
    const upper = mean(i, 0), lower = mean(i, 1);
    if (Math.abs(upper - lower) < g.contrast) return null;
    number = 2 * number + (upper > lower ? 1 : 0);
  }
  return {
    number, at_us, state: tile.dataset.state, age_ms: Number(canvas.dataset.ageMs ?? tile.dataset.ageMs),
    log_index: Number(tile.dataset.logIndex),
  };
}"""


@dataclass(frozen=True)
class Sight:
    """What stood on the tile at one instant: the picture's own number, the page's clock, and what the tile says."""

    number: int
    at_us: int
    state: str
    age_ms: float
    log_index: int


async def signed_in(browser: Browser, stage: Stage, **context: Any) -> tuple[BrowserContext, Page]:
    """A fresh browser profile, signed in as the demo's viewer."""
    profile = await browser.new_context(**{"locale": "en-GB", "viewport": {"width": 1440, "height": 900}, **context})
    page = await profile.new_page()
    await page.goto(stage.machine.address)
    await page.get_by_test_id("sign-in-name").fill("kijker")
    await page.get_by_test_id("sign-in-password").fill(stage.password("kijker"))
    await page.get_by_test_id("sign-in-submit").click()
    await expect(page.get_by_test_id("wall")).to_be_visible()
    return profile, page


async def watch(page: Page) -> int:
    """Press the one button, wait for the picture; gives the number of this look in the log."""
    await page.get_by_test_id("watch").first.click()
    await expect(page.get_by_test_id("tile")).to_have_attribute("data-state", "live", timeout=30 * SECOND_MS)
    return int(await page.get_by_test_id("tile").get_attribute("data-log-index") or -1)


async def see(page: Page) -> Sight | None:
    """Read the tile; None while the canvas carries no number."""
    found = await page.evaluate(READ, GEOMETRY)
    return None if found is None else Sight(**found)
