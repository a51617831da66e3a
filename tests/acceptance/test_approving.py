# SPDX-License-Identifier: EUPL-1.2
"""Two approvers in two browsers bind their keys with printed codes, read a decision to its end and sign it.

Whoever may not sign, cannot read all of it, or lost their key is told so, and nothing is signed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, expect

from contract.envelope import signing_input
from contract.mandate import DECISION, Window
from contract.record import encode, plain
from hub.demo import seeds
from hub.demo.command import OPERATORS
from tests.acceptance.barriers import barriers
from tests.acceptance.stage import Stage, now_us

# The limit stands here, so that it holds for what is made before the first test too.
pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
HOUR_US = 3_600_000_000


@dataclass
class Cast:
    """Pages of people who are signed in, each a browser profile of its own."""

    stage: Stage
    browser: Browser
    pages: dict[str, Page]

    async def enter(self, name: str, size: dict[str, int] = DESK, locale: str = "nl-NL") -> Page:
        """A fresh profile, signed in."""
        profile = await self.browser.new_context(locale=locale, viewport=size, reduced_motion="reduce")  # type: ignore[arg-type]
        page = await profile.new_page()
        await page.goto(self.stage.machine.address)
        await sign_in(page, self.stage, name)
        return page

    def codes(self, slot: str) -> list[str]:
        """What is printed on a slot's sheets."""
        return list(json.loads((self.stage.layout.offline / "codes.json").read_text())[slot])

    async def draft(self, maker: str, **changes: Any) -> dict[str, Any]:
        """A decision that waits for signatures, planned through the API by somebody's account."""
        key = self.stage.layout.seeds / f"{maker}.key"
        async with seeds.Seed(self.stage.machine.address, maker, self.stage.password(maker), key) as planner:
            made = await planner.ask("POST", "/v1/plans", {"title": "Voorbeeldplein", "regime": "G151C"})
            from_us = now_us() // HOUR_US * HOUR_US + 24 * HOUR_US
            window = Window(from_us, from_us + 4 * HOUR_US)
            body = await self._body(planner, window) | changes
            change = {"base_version": 1, "title": "Voorbeeldplein", "body": body}
            await planner.ask("PUT", f"/v1/plans/{made['id']}", change)
            return dict(await planner.ask("POST", f"/v1/plans/{made['id']}/submission", {}))

    async def _body(self, planner: seeds.Seed, window: Window) -> dict[str, Any]:
        corner = seeds.AREA[0]
        spot = {"lat_e7": corner.lat_e7 + 3_000, "lon_e7": corner.lon_e7 + 5_000}
        view = {"azimuth_mdeg": 90_000, "tilt_mdeg": 22_000, "hfov_mdeg": 66_000, "height_mm": 6_000}
        post = {"post": "post-1", "name": "Voorbeeldplein 1", "position": spot, "area": [], "view": view}
        return {
            "regime": "G151C",
            "designation": await seeds._designated(planner, window),
            "consultation": "driehoek (demo)",
            "necessity": "Twee optochten kruisen elkaar op een plein. Toezicht te voet geeft te weinig overzicht.",
            "alternatives": "Meer mensen op straat: zij zien het plein niet heel.",
            "entries": [{"entry": "entry-1", "name": "Voorbeeldsteeg", "position": spot}],
            "posts": [{**post, "ceiling_px_per_m": 250}],
            "windows": plain((window,)),
            "overrun": {"times": 2, "minutes": 30},
            "recording": "none",
            "on_link_loss": "stop",
            "team": {"operators": ["planner", "planner-2"], "installers": []},
            "retention_h": 168,
            "offline_grace_s": 3600,
            "max_units": 1,
        }


async def sign_in(page: Page, stage: Stage, name: str) -> None:
    await page.get_by_test_id("sign-in-name").fill(name)
    await page.get_by_test_id("sign-in-password").fill(stage.password(name))
    await page.get_by_test_id("sign-in-submit").click()
    await expect(page.get_by_test_id("screens")).to_be_visible()


async def bind(page: Page, code: str) -> None:
    """By keyboard alone: the code, Enter."""
    await page.goto(f"{address(page)}/people")
    await page.get_by_test_id("bind-code").focus()
    await page.keyboard.type(code.lower().replace("-", " "))
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("own-key")).to_have_attribute("data-state", "ready")


async def read(page: Page, deployment: dict[str, Any]) -> None:
    """Open a decision from the list and go to its end by keyboard alone."""
    await page.goto(f"{address(page)}/decisions")
    await page.locator(f'[data-deployment="{deployment["id"]}"]').get_by_test_id("open-decision").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("sheet")).to_be_visible()
    await expect(page.get_by_test_id("sign")).to_have_attribute("aria-disabled", "true")
    await page.keyboard.press("End")
    await expect(page.get_by_test_id("sign")).to_have_attribute("aria-disabled", "false")


async def press(page: Page, testid: str) -> None:
    """Go to a button with Tab and press it: that it can be reached is part of the matter."""
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await page.evaluate("() => document.activeElement?.dataset.testid") == testid:
            await page.keyboard.press("Enter")
            return
    raise AssertionError(f"{testid} is not reached by Tab")


def address(page: Page) -> str:
    return "/".join(page.url.split("/", 3)[:3])


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def cast(stage: Stage, browser: Browser) -> AsyncIterator[Cast]:
    """Two operators made their keys with one press, two approvers bound theirs with a code."""
    made = Cast(stage, browser, {})
    for name in ("planner", "planner-2"):
        page = made.pages[name] = await made.enter(name)
        await page.get_by_test_id("make-key-here").click()
        await expect(page.get_by_test_id("key-bar")).to_have_count(0)
    for name, slot, size in (("approver-1", "slot-3", DESK), ("approver-2", "slot-4", PHONE)):
        page = made.pages[name] = await made.enter(name, size, "nl-NL" if size is DESK else "en-GB")
        await expect(page.get_by_test_id("key-bar")).to_have_attribute("data-state", "none")
        await bind(page, made.codes(slot)[0])
    yield made
    for page in made.pages.values():
        await page.context.close()


async def test_two_approvers_read_and_sign_and_it_is_decided(cast: Cast) -> None:
    deployment = await cast.draft(OPERATORS[0])
    first, second = cast.pages["approver-1"], cast.pages["approver-2"]

    await read(first, deployment)
    assert await first.get_by_test_id("sheet").get_attribute("data-digest") == deployment["decision"]["digest"]
    await expect(first.get_by_test_id("row-keep")).to_contain_text("7 dagen")
    await press(first, "sign")
    await expect(first.get_by_test_id("signed")).to_be_focused()
    await expect(first.get_by_test_id("signed-by")).to_have_attribute("data-count", "1")

    await read(second, deployment)
    await expect(second.get_by_test_id("row-keep")).to_contain_text("7 days")
    await press(second, "sign")
    await expect(second.get_by_test_id("signed")).to_contain_text("Both hands stand")
    await expect(second.get_by_test_id("signed-by")).to_have_attribute("data-count", "2")
    await expect(second.get_by_test_id("signed-by")).to_have_attribute("data-landing", "true")
    await expect(first.get_by_test_id("signed-by")).to_have_attribute("data-count", "2")  # by itself

    shown = await first.evaluate("(id) => fetch('/v1/deployments/' + id).then((it) => it.json())", deployment["id"])
    assert shown["state"] == "decided" and shown["decision"]["log_index"] is not None
    assert {one["slot"] for one in shown["signatures"]} == {"slot-3", "slot-4"}


async def test_who_planned_it_is_told_who_can_sign(cast: Cast) -> None:
    deployment = await cast.draft("planner")
    page = cast.pages["planner"]
    await page.goto(f"{cast.stage.machine.address}/decisions/{deployment['id']}")

    await expect(page.get_by_test_id("refused-own")).to_contain_text("R10")
    assert {"J. Verzonnen", "S. Denkbeeld"} <= {
        (await one.inner_text()).splitlines()[0] for one in await page.get_by_test_id("who-can").all()
    }
    await expect(page.get_by_test_id("sign")).to_have_count(0)


async def test_an_end_of_the_session_loses_nothing(cast: Cast) -> None:
    deployment = await cast.draft(OPERATORS[0])
    page = cast.pages["approver-1"]
    await read(page, deployment)
    await page.get_by_test_id("send-back").click()
    await page.get_by_test_id("send-back-reason").fill("Waarom geen vier ingangen?")
    await page.context.clear_cookies()
    await page.get_by_test_id("send-back-deed").click()

    await sign_in(page, cast.stage, "approver-1")
    await expect(page.get_by_test_id("sign")).to_have_attribute("aria-disabled", "false")  # read is read
    await page.get_by_test_id("send-back").click()
    await expect(page.get_by_test_id("send-back-reason")).to_have_value("Waarom geen vier ingangen?")
    await page.get_by_test_id("send-back-deed").click()
    await expect(page.get_by_test_id("sent-back")).to_contain_text("Waarom geen vier ingangen?")
    await expect(page.get_by_test_id("sign")).to_have_count(0)


@pytest.mark.parametrize(("flaw", "digest_too"), [("unknown", True), ("digest", False)])
async def test_bytes_that_say_more_or_other_than_is_shown_are_not_signable(
    cast: Cast, flaw: str, digest_too: bool
) -> None:
    """What a hub that was taken over could send instead."""
    deployment = await cast.draft(OPERATORS[0])
    page = cast.pages["approver-1"]

    async def altered(route: Route) -> None:
        shown = await (await route.fetch()).json()
        decision = json.loads(base64.b64decode(shown["decision"]["body"]))
        decision = {**decision, "sound": True} if digest_too else {**decision, "retention_h": 672}
        body = encode(decision)
        shown["decision"]["body"] = base64.b64encode(body).decode()
        if digest_too:
            shown["decision"]["digest"] = hashlib.sha256(signing_input(DECISION, body)).hexdigest()
        await route.fulfill(json=shown)

    pattern = f"**/v1/deployments/{deployment['id']}"
    await page.route(pattern, altered)
    await page.goto(f"{cast.stage.machine.address}/decisions/{deployment['id']}")
    await expect(page.get_by_test_id("unreadable")).to_have_attribute("data-reason", flaw)
    await expect(page.get_by_test_id("sign")).to_have_count(0)
    await page.unroute(pattern)


async def test_a_key_is_tried_and_the_others_see_when(cast: Cast) -> None:
    page, operator = cast.pages["approver-1"], cast.pages["planner"]
    await operator.goto(f"{cast.stage.machine.address}/people")
    await expect(operator.get_by_test_id("approver-slot-3")).to_have_attribute("data-state", "bound")
    await page.goto(f"{cast.stage.machine.address}/people")
    await expect(page.get_by_test_id("try-key")).to_have_attribute("aria-disabled", "false")  # the hub's time is known
    await press(page, "try-key")

    await expect(page.get_by_test_id("own-key-done")).not_to_be_empty()
    await expect(page.get_by_test_id("approver-slot-3")).to_have_attribute("data-tried", re.compile("[0-9]+"))
    tried = await page.get_by_test_id("approver-slot-3").get_attribute("data-tried")
    assert abs(int(tried or 0) - now_us()) < 60 * 1_000_000
    await expect(operator.get_by_test_id("approver-slot-3")).to_have_attribute("data-tried", tried or "")


async def test_a_browser_that_lost_its_key_takes_the_next_code(cast: Cast) -> None:
    """From here on the first browser's key counts no more."""
    page = await cast.enter("approver-1")
    await expect(page.get_by_test_id("key-bar")).to_have_attribute("data-state", "lost")
    await page.get_by_test_id("to-people").click()
    await expect(page.get_by_test_id("own-key")).to_have_attribute("data-state", "lost")
    used, spare, _ = cast.codes("slot-3")
    for code, words in (
        (used, "al gebruikt"),
        (cast.codes("slot-4")[1], "niet bij uw plaats"),
        (spare[:-2], "24 van de 26"),
    ):
        await page.get_by_test_id("bind-code").fill(code)
        await page.get_by_test_id("bind").click()
        await expect(page.get_by_test_id("bind-form")).to_contain_text(words)
    await bind(page, spare)
    await expect(page.get_by_test_id("approver-slot-3")).to_contain_text("nog 1 reservecode")

    before = cast.pages["approver-1"]
    await before.goto(f"{cast.stage.machine.address}/people")
    await expect(before.get_by_test_id("own-key")).to_have_attribute("data-state", "lost")
    await before.context.close()
    cast.pages["approver-1"] = page


@pytest.mark.parametrize(("scheme", "locale"), [("light", "nl-NL"), ("dark", "en-GB")])
async def test_axe_finds_nothing(cast: Cast, scheme: str, locale: str) -> None:
    waiting = await cast.draft("planner")
    language = locale[:2]
    for name, paths in (
        ("approver-2", ("/people", "/decisions", f"/decisions/{waiting['id']}")),
        ("planner", ("/people", f"/decisions/{waiting['id']}")),
    ):
        page = cast.pages[name]
        remember = "([scheme, language]) => Object.assign(localStorage, {'fz.scheme': scheme, 'fz.language': language})"
        await page.evaluate(remember, [scheme, language])
        for path in paths:
            await page.goto(cast.stage.machine.address + path)
            await expect(
                page.get_by_test_id(path.split("/")[1] if path.count("/") == 1 else "decision")
            ).to_be_visible()
            await expect(page.locator(".fz-card__one, .fz-decisions__one").first).to_be_visible()
            assert await page.evaluate("() => document.documentElement.dataset.scheme") == scheme
            assert await barriers(page) == [], f"{name} {path} {scheme} {language}"
