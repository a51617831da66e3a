# SPDX-License-Identifier: EUPL-1.2
"""What there is to photograph: who goes where, and what must stand there before the shutter opens.

A scene reaches its screen the way a person does, and waits for what makes it that screen; never for a time.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Page, expect

from tests.acceptance.stage import Stage

SCREENS = Path(__file__).resolve().parents[2] / "hub" / "console" / "src" / "pages" / "screens.ts"
PATIENCE_MS = 30_000
Told = dict[str, str]


async def _nothing(page: Page, told: Told) -> None:
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
    then: Callable[[Page, Told], Awaitable[None]] = _nothing
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
        if self.path != "/":
            await page.goto(stage.machine.address + self.path.format(**told))
        await expect(page.locator("h1").first).to_be_attached()
        await page.wait_for_load_state("networkidle") if self.draws else await page.evaluate("document.fonts.ready")
        await self.then(page, told)


async def _watching(page: Page, told: Told) -> None:
    await page.get_by_test_id("watch").first.click()
    await expect(page.get_by_test_id("tile").first).to_have_attribute("data-state", "live", timeout=PATIENCE_MS)


async def played(stage: Stage) -> Told:
    """What has happened before the first picture: names that scenes' paths hold."""
    return {}


SCENES = (
    Scene("sign-in", None, "/"),
    Scene("log-public", None, "/log"),
    Scene("overview-operator", "planner", "/overview"),
    Scene("overview-approver", "approver-1", "/overview"),
    Scene("wall-dark-room", "kijker", "/wall"),
    Scene("wall-watching", "kijker", "/wall", _watching),
    Scene("replay", "kijker", "/replay"),
    Scene("units", "planner", "/units"),
    Scene("plans", "planner", "/plans", draws=True),
    Scene("decisions", "approver-1", "/decisions"),
    Scene("people", "approver-1", "/people"),
    Scene("log", "planner", "/log"),
)


def unlisted() -> set[str]:
    """Screens of the console that no scene shows."""
    screens = set(re.findall(r'path: "(/[a-z-]+)"', SCREENS.read_text()))
    return {path for path in screens if not any(scene.path.startswith(path) for scene in SCENES)}
