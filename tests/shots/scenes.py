# SPDX-License-Identifier: EUPL-1.2
"""What there is to photograph: who goes where, and what they do there before the shutter opens.

A scene reaches its screen the way a person does, and waits for what makes it that screen; never for a time.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Page, expect

import hub.demo
from tests.acceptance.stage import Stage
from tests.shots.played import Told, with_key

SCREENS = Path(__file__).resolve().parents[2] / "hub" / "console" / "src" / "pages" / "screens.ts"
SIGN = Path(hub.demo.__file__).with_name("sign.jpg")
PATIENCE_MS = 45_000  # a unit's health comes every 30 s


async def _nothing(page: Page) -> None:
    """The screen as it is found."""


@dataclass(frozen=True)
class Scene:
    """One picture's subject.

    `who` signs in (None: nobody), goes to `path`, and `then` does what is to be seen. `draws`: there is a map on it;
    `whole`: the page as far as it reaches.
    """

    name: str
    who: str | None
    path: str
    then: Callable[[Page], Awaitable[None]] = _nothing
    draws: bool = False
    whole: bool = False

    async def reached(self, page: Page, stage: Stage, told: Told) -> None:
        """The page stands at the scene."""
        page.set_default_timeout(PATIENCE_MS)
        await page.goto(stage.machine.address)
        if self.who is not None:
            await page.get_by_test_id("sign-in-name").fill(self.who)
            await page.get_by_test_id("sign-in-password").fill(stage.password(self.who))
            await page.get_by_test_id("sign-in-submit").click()
            await expect(page.locator(".fz-main")).to_be_visible()
            await with_key(page, stage, self.who)
        if self.path != "/":
            await page.goto(stage.machine.address + self.path.format(**told))
        await expect(page.locator("h1, h2").first).to_be_attached()
        await expect(page.locator(".fz-skeleton")).to_have_count(0, timeout=PATIENCE_MS)
        await page.evaluate("document.fonts.ready")
        await self.then(page)


def shows(*testids: str) -> Callable[[Page], Awaitable[None]]:
    """Wait until these are there."""

    async def shown(page: Page) -> None:
        for testid in testids:
            await expect(page.get_by_test_id(testid).first).to_be_visible(timeout=PATIENCE_MS)

    return shown


async def _on_the_map(page: Page) -> None:
    """A post is chosen, and what the posts see has been counted."""
    await expect(page.get_by_test_id("plan-map")).to_have_attribute("data-surface", "gl", timeout=PATIENCE_MS)
    await expect(page.get_by_test_id("numbers")).to_be_visible(timeout=PATIENCE_MS)
    await page.get_by_test_id("post-c1").press("Enter")


async def _area_taken(page: Page) -> None:
    """A designation that is half written: the area is another's."""
    await page.get_by_test_id("delegation-pick").select_option(index=1)
    await page.get_by_test_id("designation-name").fill("Voorbeeldplein")
    await page.get_by_test_id("area-take").select_option(index=1)
    await expect(page.get_by_test_id("area-map").locator("polygon").first).to_be_visible()


async def _checked(page: Page) -> None:
    await expect(page.get_by_test_id("check")).to_have_attribute("data-fresh", "true", timeout=PATIENCE_MS)


async def _new_plan(page: Page) -> None:
    await page.get_by_test_id("new-plan").click()
    await expect(page.get_by_test_id("new-plan-dialog")).to_be_visible()


async def _watching(page: Page) -> None:
    await page.get_by_test_id("sign-on").click()
    for tile in await page.get_by_test_id("tile").all():
        await expect(tile).to_have_attribute("data-state", "live", timeout=PATIENCE_MS)
    await expect(page.get_by_test_id("looker").first).to_be_visible(timeout=PATIENCE_MS)


async def _one_large(page: Page) -> None:
    await _watching(page)
    await page.keyboard.press("2")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("tile").nth(0)).to_be_hidden()


async def _off(page: Page) -> None:
    await _watching(page)
    await page.keyboard.press("Shift+Escape")
    await expect(page.get_by_test_id("pictures-off")).to_be_visible()


async def _keys(page: Page) -> None:
    await expect(page.get_by_test_id("tiles")).to_be_visible()
    await page.keyboard.press("?")
    await expect(page.get_by_test_id("keys-dialog")).to_be_visible()


async def _stopping(page: Page) -> None:
    await page.get_by_test_id("stop").first.click()
    await expect(page.get_by_test_id("stop-dialog")).to_be_visible()


async def _looking_back(page: Page) -> None:
    """A stretch of half a minute is chosen, and its first picture stands."""
    picture = page.get_by_test_id("replay-picture")
    await page.get_by_test_id("replay-look").click()
    await expect(picture).to_have_attribute("data-log-index", re.compile("[0-9]+"), timeout=PATIENCE_MS)
    await expect(page.get_by_test_id("replay-message")).to_have_count(0, timeout=PATIENCE_MS)
    await page.keyboard.press("k")
    await page.keyboard.press("i")
    for _ in range(3):
        await page.keyboard.press("ArrowRight")
    await page.keyboard.press("o")


async def _unit_taken(page: Page) -> None:
    """Step 2: one of the units in stock, at which post."""
    await page.get_by_test_id("mast-known").click()
    await page.get_by_test_id("mast-unit-unit-1").click()
    await page.get_by_test_id("mast-take").click()
    await expect(page.get_by_test_id("mast-post-c1").first).to_be_visible()


async def _bound(page: Page) -> None:
    """Step 3: it hangs, and is to be aimed."""
    await _unit_taken(page)
    await page.get_by_test_id("mast-post-c1").first.click()
    await page.get_by_test_id("mast-bind").click()
    await expect(page.get_by_test_id("mast-ask")).to_be_visible()


async def _at_the_signs(page: Page) -> None:
    """Step 4: the first sign's photo is taken and not kept."""
    await _bound(page)
    await page.get_by_test_id("mast-to-signs").click()
    await page.get_by_test_id("mast-photo").set_input_files(SIGN)
    await expect(page.get_by_test_id("mast-photo-preview")).to_be_visible()


async def _self_tested(page: Page) -> None:
    """Step 5: all photos are there, and the second signature is not."""
    await _bound(page)
    await page.get_by_test_id("mast-to-signs").click()
    step = page.locator('[data-testid="mast-photo"], [data-testid="mast-to-test"]').first
    await step.wait_for(state="attached")
    while await step.get_attribute("data-testid") == "mast-photo":
        await step.set_input_files(SIGN)
        await page.get_by_test_id("mast-use-photo").click()
        await expect(page.get_by_test_id("mast-photo-preview")).to_have_count(0)
        await expect(page.get_by_test_id("mast-waiting")).to_have_attribute("data-count", "0")
        await step.wait_for(state="attached")
    await page.get_by_test_id("mast-to-test").click()
    await expect(page.get_by_test_id("mast-wrong")).to_be_visible()


SCENES = (
    Scene("sign-in", None, "/", shows("sign-in-submit")),
    Scene("log-public", None, "/log"),
    Scene("overview-operator", "planner", "/overview", shows("films", "task")),
    Scene("overview-operator-whole", "planner", "/overview", shows("films", "task"), whole=True),
    Scene("overview-approver", "approver-1", "/overview", shows("films", "task")),
    Scene("overview-stop", "planner", "/overview", _stopping),
    Scene("plans", "planner", "/plans", shows("plan-row")),
    Scene("plans-new", "planner", "/plans", _new_plan),
    Scene("plans-urgent", "planner", "/plans/urgent", shows("urgent-form")),
    Scene("plans-duties", "planner", "/plans/urgent/{urgent}", shows("duty"), whole=True),
    Scene("grounds", "planner", "/grounds", shows("designation-row", "delegation")),
    Scene("grounds-designation", "planner", "/grounds/designation", _area_taken, whole=True),
    Scene("plan-ground", "planner", "/plans/{plan}/ground", shows("designation")),
    Scene("plan-area", "planner", "/plans/{plan}/area", shows("numbers"), draws=True),
    Scene("plan-posts", "planner", "/plans/{plan}/posts", _on_the_map, draws=True),
    Scene("plan-window", "planner", "/plans/{plan}/window", shows("window-from-1")),
    Scene("plan-settings", "planner", "/plans/{plan}/settings", shows("ceiling"), whole=True),
    Scene("plan-team", "planner", "/plans/{plan}/team", shows("team-planner")),
    Scene("plan-check", "planner", "/plans/{plan}/check", _checked),
    Scene("decisions", "approver-1", "/decisions", shows("open-decision")),
    Scene("decision-to-read", "approver-1", "/decisions/{waiting}", shows("sheet")),
    Scene("decision-whole", "approver-2", "/decisions/{waiting}", shows("sheet"), whole=True),
    Scene("decision-signed-by-one", "approver-1", "/decisions/{signed}", shows("sheet")),
    Scene("decision-own-work", "planner", "/decisions/{own}", shows("refused-own", "who-can")),
    Scene("people-approver", "approver-1", "/people", shows("own-key", "approver-slot-3")),
    Scene("people-operator", "planner", "/people", shows("own-key", "member-planner")),
    Scene("wall-before", "kijker", "/wall", shows("sign-on")),
    Scene("wall-watching", "planner", "/wall", _watching),
    Scene("wall-one-large", "kijker", "/wall", _one_large),
    Scene("wall-pictures-off", "kijker", "/wall", _off),
    Scene("wall-keys", "kijker", "/wall", _keys),
    Scene("replay", "kijker", "/replay", shows("replay-screen")),
    Scene("replay-range", "kijker", "/replay", _looking_back),
    Scene("units", "planner", "/units", shows("unit-unit-1"), whole=True),
    Scene("mast-1-unit", "installer", "/mast", shows("mast-known")),
    Scene("mast-2-post", "installer", "/mast", _unit_taken),
    Scene("mast-3-aim", "installer", "/mast", _bound),
    Scene("mast-4-signs", "installer", "/mast", _at_the_signs),
    Scene("mast-5-test", "installer", "/mast", _self_tested),
    Scene("assignments", "planner", "/assignments", shows("incoming-print")),
    Scene("log", "planner", "/log"),
    Scene("no-right", "kijker", "/overview", shows("no-right")),
)


def unlisted() -> set[str]:
    """Screens of the console that no scene shows."""
    screens = set(re.findall(r'path: "(/[a-z-]+)"', SCREENS.read_text()))
    return {path for path in screens if not any(scene.path.startswith(path) for scene in SCENES)}
