# SPDX-License-Identifier: EUPL-1.2
"""A person looks back while filming goes on, and sees the very frames that the camera gave at that time."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from contract.events import Event
from tests.acceptance.stage import Stage
from tests.acceptance.test_watching import log_of
from tests.acceptance.watching import SECOND_MS, signed_in, watch
from tests.films import GEOMETRY

pytestmark = pytest.mark.asyncio(loop_scope="session")

FRAME_US = 40_000
MOST_US = 100_000  # from when the source gave a frame to the time that its run says of it
NEAR_US = 2_000_000
LATE_US = 1_000_000  # a busy machine's source falls behind its own schedule
# What a picture says of itself and what stands in it, read in the moment in which the browser shows it.
READ = """async (g) => {
  const tile = document.querySelector('[data-testid=replay-picture]');
  const video = tile && tile.querySelector('video');
  if (!video || !video.videoWidth || video.seeking || tile.dataset.showing !== 'shown') return null;
  if (!video.paused) {
    const none = new Promise((done) => setTimeout(done, 1000, false));
    const shown = new Promise((done) => video.requestVideoFrameCallback(() => done(true)));
    if (!await Promise.race([none, shown])) return null;
  }
  if (!tile.dataset.capturedUs) return null;
  const canvas = document.createElement('canvas');
  canvas.width = g.width; canvas.height = g.height;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.drawImage(video, 0, 0, g.width, g.height);
  const { data } = context.getImageData(0, 0, g.width, g.height);
  const mean = (column, row) => {
    let sum = 0, count = 0;
    for (let y = g.block / 4; y < g.block * 3 / 4; y++) for (let x = g.block / 4; x < g.block * 3 / 4; x++) {
      const at = 4 * ((g.top + row * g.block + y) * g.width + g.left + column * g.block + x);
      sum += (data[at] + data[at + 1] + data[at + 2]) / 3; count += 1;
    }
    return sum / count;
  };
  let number = 0;
  for (let i = 0; i < g.bits; i++) {
    const upper = mean(i, 0), lower = mean(i, 1);
    if (Math.abs(upper - lower) < g.contrast) return null;
    number = 2 * number + (upper > lower ? 1 : 0);
  }
  return { number, captured_us: Number(tile.dataset.capturedUs) };
}"""
FOOTAGE = """async () => {
  const { now_us, filming } = await (await fetch('/v1/overview')).json();
  const { deployment, from_us } = filming[0];
  const answer = await fetch(`/v1/footage?deployment=${deployment}&from_us=${from_us}&to_us=${now_us}`);
  return (await answer.json()).cameras[0].spans;
}"""


@dataclass(frozen=True)
class Frame:
    """A picture that stands: the number in it, and the capture time that the page says."""

    number: int
    captured_us: int


async def spans(page: Page, kind: str, count: int) -> list[dict[str, Any]]:
    """The camera's stretches of this kind, once there are so many."""
    async with asyncio.timeout(90):
        while True:
            found = [span for span in await page.evaluate(FOOTAGE) if span["kind"] == kind]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.5)


async def frame(page: Page) -> Frame:
    """What stands in the picture, once its number can be read."""
    async with asyncio.timeout(20):
        while (found := await page.evaluate(READ, GEOMETRY)) is None:
            await asyncio.sleep(0.05)
    return Frame(**found)


async def still(page: Page) -> Frame:
    """What stands in the picture once it changes no more."""
    async with asyncio.timeout(20):
        before = await frame(page)
        while True:
            await asyncio.sleep(0.2)
            after = await frame(page)
            if after == before:
                return after
            before = after


async def looked_back(page: Page) -> Page:
    """Press R on the tile that has the focus; gives the tab in which the recording plays."""
    await page.get_by_test_id("tile").first.focus()
    async with page.context.expect_page() as opened:
        await page.keyboard.press("r")
    return await opened.value


async def seek(page: Page, us: int) -> None:
    """Press the timeline at a moment, and wait for a picture of about then: a pixel is a second and more."""
    await page.keyboard.press("0")
    box = page.get_by_test_id("timeline-box")
    place = await box.bounding_box()
    assert place is not None
    from_us, to_us = [int(await box.get_attribute(f"data-{end}-us") or 0) for end in ("from", "to")]
    share = (us - from_us) / (to_us - from_us)
    await page.mouse.click(place["x"] + share * place["width"], place["y"] + place["height"] / 2)
    async with asyncio.timeout(20):
        while abs((await frame(page)).captured_us - us) > NEAR_US:
            await asyncio.sleep(0.05)


def late_us(stage: Stage, seen: Frame) -> int:
    """How far the time that the page says lies from when the source gave this numbered frame."""
    return min(abs(us - seen.captured_us) for number, us in stage.emissions() if number == seen.number)


def check(stage: Stage, seen: list[Frame]) -> None:
    """The source gave each frame at about its time, and most at that very time: on a busy machine some leave late."""
    late = sorted(late_us(stage, each) for each in seen)
    assert late[len(late) // 2] <= MOST_US and late[-1] < LATE_US, (late, seen)


async def test_a_look_back_shows_the_frames_of_that_time_while_live_goes_on(stage: Stage, browser: Browser) -> None:
    profile, page = await signed_in(browser, stage)
    await spans(page, "recorded", 1)
    await watch(page)

    back = await looked_back(page)

    picture = back.get_by_test_id("replay-picture")
    await expect(picture).to_have_attribute("data-showing", "shown", timeout=30 * SECOND_MS)
    await expect(back.get_by_test_id("replay-banner")).to_have_text("RECORDED")
    seen = [await frame(back)]
    async with asyncio.timeout(60):
        while len(seen) < 20:
            now = await frame(back)
            if now != seen[-1]:
                seen.append(now)
            await asyncio.sleep(0.1)
    check(stage, seen)
    assert seen == sorted(seen, key=lambda each: each.captured_us), "it plays on"
    index = int(await picture.get_attribute("data-log-index") or -1)
    assert log_of(stage).entry(index).event == Event.VIEW_GRANTED.value
    await expect(page.get_by_test_id("tile")).to_have_attribute("data-state", "live")
    await profile.close()


async def test_a_step_moves_one_frame(stage: Stage, browser: Browser) -> None:
    profile, page = await signed_in(browser, stage)
    await spans(page, "recorded", 1)
    back = await looked_back(page)
    await frame(back)
    await back.keyboard.press("k")
    await expect(back.get_by_test_id("rate")).to_have_attribute("data-rate", "0")
    standing = await still(back)
    walked = [standing]

    for key, by in [*[(".", 1)] * 12, *[(",", -1)] * 4]:
        await back.keyboard.press(key)
        await expect(back.get_by_test_id("replay-picture")).to_have_attribute(
            "data-captured-us", str(standing.captured_us + by * FRAME_US)
        )
        stepped = await frame(back)
        assert stepped.number == standing.number + by
        standing = stepped
        walked.append(stepped)
    check(stage, walked)
    await profile.close()


async def test_it_plays_on_across_segments(stage: Stage, browser: Browser) -> None:
    profile, page = await signed_in(browser, stage)
    first, second = (await spans(page, "recorded", 2))[-2:]
    back = await looked_back(page)
    await frame(back)

    await back.keyboard.press("k")
    await seek(back, first["to_us"] - 3_000_000)
    await back.keyboard.press("l")

    seen: list[Frame] = []
    async with asyncio.timeout(30):
        while not seen or seen[-1].captured_us < second["from_us"] + 1_000_000:
            seen.append(await frame(back))
            await asyncio.sleep(0.02)
    assert seen[0].captured_us < first["to_us"]
    check(stage, seen)
    jumps = [after.captured_us - before.captured_us for before, after in zip(seen, seen[1:], strict=False)]
    assert min(jumps) >= 0
    assert max(jumps) < 1_000_000, "it stood still at the seam"
    await profile.close()


async def test_a_gap_says_why_and_is_passed_over(stage: Stage, browser: Browser) -> None:
    profile, page = await signed_in(browser, stage)
    await spans(page, "recorded", 1)
    stage.units.kill(stage.plan.unit, signal.SIGKILL)
    gap = (await spans(page, "gap", 2))[-1]  # the first is before the unit's first picture
    while not any(span["from_us"] >= gap["to_us"] for span in await spans(page, "recorded", 1)):
        await asyncio.sleep(0.5)
    back = await looked_back(page)
    await frame(back)

    await back.get_by_test_id("gap").first.click()

    message = back.get_by_test_id("replay-message")
    await expect(message).to_contain_text("the unit was off or restarted")
    await expect(message).to_contain_text(f"Signed by {stage.plan.unit}")
    await expect(back.get_by_test_id("band-gap").first).to_be_attached()
    await back.keyboard.press("l")
    async with asyncio.timeout(30):
        while (seen := await frame(back)).captured_us < gap["to_us"] - FRAME_US:
            await asyncio.sleep(0.1)
    check(stage, [seen])
    await profile.close()
