# SPDX-License-Identifier: EUPL-1.2
"""An operator makes a plan in a browser: on the map, by keyboard alone, or in numbers where no map can be drawn.

Nothing that was typed is lost, whoever else is in the plan and whatever happens to the page; and an urgent plan goes
from a phone to those who sign.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, async_playwright, expect

from hub.demo import seeds, town
from hub.demo.command import OPERATORS, lay_map
from tests.acceptance.barriers import barriers
from tests.acceptance.conftest import FLAGS
from tests.acceptance.stage import Stage, now_us

pytestmark = pytest.mark.asyncio(loop_scope="session")

WATCH_POLICY = (
    "window.broken = []; document.addEventListener('securitypolicyviolation',"
    " (event) => window.broken.push(event.violatedDirective + ' ' + event.blockedURI))"
)
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
PLANNER, OTHER = "planner", "planner-2"
STEPS = ("ground", "area", "posts", "window", "settings", "team", "check")
TABS = 80
WITHIN_MS = 30_000
HOUR_US = 3_600_000_000
SWIFTSHADER = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def mapped(stage: Stage) -> Stage:
    """The stage, with the fictional town below plans."""
    lay_map(stage.layout)
    return stage


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def drawing(chromium: Path) -> AsyncIterator[Browser]:
    """A Chromium that draws WebGL."""
    flags = [flag for flag in FLAGS if flag != "--disable-gpu"] + SWIFTSHADER
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=str(chromium), args=flags)
        yield opened
        await opened.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def flat(chromium: Path) -> AsyncIterator[Browser]:
    """A Chromium without WebGL."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=str(chromium), args=[*FLAGS, "--disable-3d-apis"])
        yield opened
        await opened.close()


async def enter(browser: Browser, stage: Stage, name: str, path: str, **context: Any) -> Page:
    """A fresh profile, signed in, on a page."""
    profile = await browser.new_context(**{"locale": "en-GB", "viewport": DESK, **context})
    await profile.add_init_script(WATCH_POLICY)
    page = await profile.new_page()
    await page.goto(f"{stage.machine.address}{path}")
    await page.get_by_test_id("sign-in-name").fill(name)
    await page.get_by_test_id("sign-in-password").fill(stage.password(name))
    await page.get_by_test_id("sign-in-submit").press("Enter")
    await expect(page.get_by_test_id("screens")).to_be_visible(timeout=WITHIN_MS)
    return page


def posts() -> list[dict[str, Any]]:
    """Two posts on masts of the town; the second sees people more sharply than the plan allows."""
    view = {"tilt_mdeg": 22_000, "hfov_mdeg": 70_000, "height_mm": 6_000}
    picture = {"width_px": 1920, "height_px": 1080, "ceiling_px_per_m": 250, "area": []}
    return [
        {"post": "c1", "name": "One", "position": at(4.5, 66), "view": {**view, "azimuth_mdeg": 90_000}, **picture},
        {
            "post": "c2",
            "name": "Two",
            "position": at(66, 5),
            "view": {**view, "azimuth_mdeg": 0, "tilt_mdeg": 30_000},
            **{**picture, "width_px": 2560, "height_px": 1440},
        },
    ]


def at(east_m: float, north_m: float) -> dict[str, int]:
    """A place in the fictional town."""
    lat, lon = town.LAT + north_m / town.NORTH_M, town.LON + east_m / town.EAST_M
    return {"lat_e7": round(lat * 1e7), "lon_e7": round(lon * 1e7)}


async def written(stage: Stage, **changes: Any) -> str:
    """A whole plan, written through the API; gives its id."""
    key = stage.layout.seeds / f"{OPERATORS[0]}.key"
    async with seeds.Seed(stage.machine.address, OPERATORS[0], stage.password(OPERATORS[0]), key) as planner:
        [designation, *_] = await planner.ask("GET", "/v1/designations")
        made = await planner.ask("POST", "/v1/plans", {"title": "Voorbeeldplein", "regime": "G151C"})
        from_us = now_us() // HOUR_US * HOUR_US + 3 * HOUR_US
        body = {
            "regime": "G151C",
            "designation": designation["id"],
            "consultation": "24 Nov",
            "necessity": "Two groups meet on the square and the passage is narrow.",
            "alternatives": "More people on the street.",
            "area": designation["area"],
            "entries": [{"entry": "entry-1", "name": "Wolstraat", "position": at(3, 52)}],
            "posts": posts(),
            "windows": [{"from_us": from_us, "to_us": from_us + 4 * HOUR_US}],
            "overrun": {"times": 2, "minutes": 30},
            "recording": "none",
            "on_link_loss": "stop",
            "team": {"operators": list(OPERATORS), "installers": []},
            **changes,
        }
        saved = {"base_version": made["version"], "title": "Voorbeeldplein", "body": body}
        return str((await planner.ask("PUT", f"/v1/plans/{made['id']}", saved))["id"])


async def stored(page: Page, plan: str) -> dict[str, Any]:
    """The plan's body as the hub has it."""
    body = await page.evaluate("(plan) => fetch(`/v1/plans/${plan}`).then((a) => a.json()).then((p) => p.body)", plan)
    return dict(body)


async def tab_to(page: Page, testid: str) -> None:
    """Press Tab until this has the focus."""
    for _ in range(TABS):
        if await page.evaluate("document.activeElement?.dataset?.testid") == testid:
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"{testid} is not reached with Tab")


async def onward(page: Page, step: str) -> None:
    """Ctrl+Enter to the next step."""
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_test_id(f"step-{step}")).to_have_attribute("aria-current", "step")


async def saved(page: Page) -> None:
    """The hub has it all."""
    await expect(page.get_by_test_id("saved")).to_have_attribute("data-saving", "saved", timeout=WITHIN_MS)


async def begin(page: Page) -> None:
    """From the list to a plan with its ground, by keyboard."""
    keyboard = page.keyboard
    await expect(page.get_by_test_id("new-plan")).to_be_visible()
    await tab_to(page, "new-plan")
    await keyboard.press("Enter")
    await tab_to(page, "new-regime-G151C")
    await keyboard.press("Space")
    await tab_to(page, "new-title")
    await keyboard.type("Voorbeeldplein, 28 Nov")
    await keyboard.press("Enter")
    await expect(page.get_by_test_id("plan")).to_be_visible(timeout=WITHIN_MS)
    await tab_to(page, "designation")
    await keyboard.press("ArrowDown")
    await tab_to(page, "necessity")
    await keyboard.type("Two groups meet on the square.")


async def place(page: Page) -> None:
    """A post by its key, moved and turned by keys, and taken back."""
    keyboard = page.keyboard
    await tab_to(page, "plan-map")
    await keyboard.press("p")
    await expect(page.get_by_test_id("post-c1")).to_be_focused()
    azimuth, north = page.get_by_test_id("post-azimuth"), page.get_by_test_id("post-lat")
    before, start = int(await azimuth.input_value()), float(await north.input_value())
    await keyboard.press("]")
    await keyboard.press("Shift+}")
    await keyboard.press("Shift+ArrowUp")
    await expect(azimuth).to_have_value(str((before + 11) % 360))
    assert float(await north.input_value()) - start == pytest.approx(5 / town.NORTH_M, abs=2e-6)
    await keyboard.press("Control+z")
    assert float(await north.input_value()) == pytest.approx(start)
    await keyboard.press("Control+Shift+Z")
    assert float(await north.input_value()) > start


async def fill_in(page: Page) -> None:
    """Window, settings and team."""
    keyboard = page.keyboard
    await onward(page, "window")
    await tab_to(page, "add-window")
    await keyboard.press("Enter")
    await onward(page, "settings")
    await tab_to(page, "recording-none")
    await keyboard.press("Space")
    await tab_to(page, "link-loss-record")
    await keyboard.press("ArrowDown")
    await onward(page, "team")
    for name in OPERATORS:
        await tab_to(page, f"team-{name}")
        await keyboard.press("Space")


async def test_a_plan_is_made_and_submitted_by_keyboard_alone(mapped: Stage, drawing: Browser) -> None:
    page = await enter(drawing, mapped, PLANNER, "/plans")
    await begin(page)
    await onward(page, "area")
    await tab_to(page, "take-entries")
    await page.keyboard.press("Enter")
    await onward(page, "posts")
    await place(page)
    await fill_in(page)
    await onward(page, "check")
    await expect(page.get_by_test_id("check")).to_have_attribute("data-fresh", "true", timeout=WITHIN_MS)
    await expect(page.get_by_test_id("verdict")).to_have_attribute("data-refusals", "0")
    await tab_to(page, "submit-plan")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("plan")).to_have_attribute("data-state", "submitted", timeout=WITHIN_MS)
    await expect(page.get_by_test_id("locked")).to_be_visible()
    assert await page.evaluate("window.broken") == []
    await page.context.close()


async def test_on_the_map_a_hand_places_and_drags_and_what_is_too_sharp_is_mended(
    mapped: Stage, drawing: Browser
) -> None:
    plan = await written(mapped)
    page = await enter(drawing, mapped, PLANNER, f"/plans/{plan}/posts")
    area = page.get_by_test_id("plan-map")
    await expect(area).to_have_attribute("data-surface", "gl", timeout=WITHIN_MS)
    sharp = page.get_by_test_id("too-sharp")
    await expect(sharp).to_have_attribute("data-post", "c2", timeout=WITHIN_MS)
    await sharp.get_by_role("button").first.click()
    await expect(sharp).to_have_count(0)

    box = await area.bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await page.get_by_test_id("add-post").click()
    await page.mouse.click(*middle)
    third = page.get_by_test_id("post-c3")
    await expect(third).to_be_visible()
    before = float(await page.get_by_test_id("post-lon").input_value())
    await third.hover()
    await page.mouse.down()
    await page.mouse.move(middle[0] + 60, middle[1], steps=4)
    await page.mouse.up()
    assert float(await page.get_by_test_id("post-lon").input_value()) > before
    await saved(page)
    kept = await stored(page, plan)
    assert [post["post"] for post in kept["posts"]] == ["c1", "c2", "c3"]
    assert kept["posts"][2]["position"]["lon_e7"] / 1e7 > before

    await page.get_by_test_id("open-versions").click()
    await page.get_by_test_id("take-version-2").click()
    await expect(third).to_have_count(0)
    await saved(page)
    assert len((await stored(page, plan))["posts"]) == 2
    assert await page.evaluate("window.broken") == []
    await page.context.close()


async def test_without_webgl_the_same_is_done_in_numbers(mapped: Stage, flat: Browser) -> None:
    plan = await written(mapped)
    page = await enter(flat, mapped, PLANNER, f"/plans/{plan}/posts")
    await expect(page.get_by_test_id("plan-map")).to_have_attribute("data-surface", "plain", timeout=WITHIN_MS)
    await expect(page.get_by_test_id("map-plain")).to_be_visible()
    await expect(page.get_by_test_id("post-table")).to_have_attribute("open", "")
    drawn = await page.locator(".fz-map__ink").evaluate(
        "(canvas) => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((v) => v > 0)"
    )
    assert drawn, "the plan is painted"
    await page.get_by_test_id("row-c1-hfov").fill("55")
    await page.get_by_test_id("row-c1-mast").select_option("Lantaarnpaal 33")
    await page.get_by_test_id("post-c2").focus()
    await page.keyboard.press("[")
    await saved(page)
    first, second = (await stored(page, plan))["posts"]
    assert first["view"]["hfov_mdeg"] == 55_000
    assert first["name"] == "Lantaarnpaal 33"
    assert second["view"]["azimuth_mdeg"] == 359_000
    await page.context.close()


async def test_what_was_typed_survives_a_page_that_closes(mapped: Stage, browser: Browser) -> None:
    plan = await written(mapped)
    page = await enter(browser, mapped, PLANNER, f"/plans/{plan}/ground")
    profile = page.context

    async def refuse(route: Route) -> None:
        if route.request.method == "PUT":
            await route.abort()
        else:
            await route.continue_()

    await profile.route("**/v1/plans/*", refuse)
    await page.get_by_test_id("necessity").fill("A sentence that nobody has yet.")
    await expect(page.get_by_test_id("saved")).to_have_attribute("data-saving", "offline", timeout=WITHIN_MS)
    await page.close()
    await profile.unroute("**/v1/plans/*")
    again = await profile.new_page()
    await again.goto(f"{mapped.machine.address}/plans/{plan}/ground")
    await expect(again.get_by_test_id("necessity")).to_have_value("A sentence that nobody has yet.")
    await saved(again)
    assert (await stored(again, plan))["necessity"] == "A sentence that nobody has yet."
    await profile.close()


async def test_the_second_of_two_is_told_and_lays_their_edit_over_the_first(mapped: Stage, browser: Browser) -> None:
    plan = await written(mapped)
    first = await enter(browser, mapped, PLANNER, f"/plans/{plan}/ground")
    second = await enter(browser, mapped, OTHER, f"/plans/{plan}/settings")
    await expect(second.get_by_test_id("retention")).to_have_count(0)  # nothing is recorded
    await first.get_by_test_id("necessity").fill("What the first wrote.")
    await saved(first)
    assert (await stored(first, plan))["necessity"] == "What the first wrote."
    await second.get_by_test_id("ceiling").select_option("125")
    told = second.get_by_test_id("overtaken")
    await expect(told).to_contain_text("M. Voorbeeld", timeout=WITHIN_MS)
    await expect(told).to_contain_text("Ground")
    await expect(second.get_by_test_id("ceiling")).to_have_value("250")
    await second.get_by_test_id("lay-over").click()
    await expect(second.get_by_test_id("aside")).to_have_count(0)
    await saved(second)
    kept = await stored(second, plan)
    assert (kept["necessity"], kept["ceiling_px_per_m"]) == ("What the first wrote.", 125)
    await first.context.close()
    await second.context.close()


async def test_an_urgent_plan_goes_from_a_phone_to_those_who_sign(mapped: Stage, browser: Browser) -> None:
    page = await enter(browser, mapped, PLANNER, "/plans/urgent", viewport=PHONE)
    await expect(page.get_by_test_id("urgent-form")).to_be_visible(timeout=WITHIN_MS)
    await page.get_by_test_id("urgent-submit").click()
    await expect(page.locator(".fz-field__wrong")).to_have_count(3)  # the one area is chosen already
    await page.get_by_test_id("urgent-end").nth(1).click()
    await page.get_by_test_id("urgent-reason").fill("On the square people are pressed against the fence.")
    await page.reload()
    await expect(page.get_by_test_id("urgent-reason")).to_have_value(re.compile("fence"))
    await page.get_by_test_id("urgent-mandate").fill("B. Nergens")
    assert await page.evaluate(SIDEWAYS) <= 0
    await page.get_by_test_id("urgent-submit").click()
    waiting = page.get_by_test_id("urgent-waiting")
    await expect(waiting).to_have_attribute("data-signed", "0", timeout=WITHIN_MS)
    deployment = await waiting.get_attribute("data-deployment")
    shown = await page.evaluate("(id) => fetch(`/v1/deployments/${id}`).then((a) => a.json())", deployment)
    assert shown["urgent"]["mandate_holder"] == "B. Nergens"
    assert [duty["duty"] for duty in shown["duties"]] != []
    await page.context.close()


@pytest.mark.parametrize(("scheme", "locale", "size"), [("light", "nl-NL", DESK), ("dark", "en-GB", PHONE)])
async def test_axe_finds_nothing(
    mapped: Stage, drawing: Browser, scheme: str, locale: str, size: dict[str, int]
) -> None:
    plan = await written(mapped)
    seen: dict[str, Any] = {"locale": locale, "color_scheme": scheme, "viewport": size, "reduced_motion": "reduce"}
    page = await enter(drawing, mapped, PLANNER, "/plans", **seen)
    address = mapped.machine.address
    paths = ["/plans", "/plans/urgent", *(f"/plans/{plan}/{step}" for step in STEPS)]
    found: dict[str, Any] = {}
    for path in paths:
        await page.goto(f"{address}{path}")
        ready = {"/plans": "plan-row", "/plans/urgent": "urgent-form"}.get(path, "plan")
        await expect(page.get_by_test_id(ready).first).to_be_visible(timeout=WITHIN_MS)
        if path.endswith("/posts"):
            await expect(page.get_by_test_id("numbers")).to_be_visible(timeout=WITHIN_MS)
        found[path] = await barriers(page)
        assert await page.evaluate(SIDEWAYS) <= 0, path
    assert {where: what for where, what in found.items() if what} == {}
    await page.context.close()
