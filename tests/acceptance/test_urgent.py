# SPDX-License-Identifier: EUPL-1.2
"""What an urgent decision left for within a day is finished in a browser: from the task to the thing noted.

What was typed survives a hub that does not answer, a session that ends and somebody who was first; what is late is said
so; and where cameras hang elsewhere, a newer decision begins with the posts already in it.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, expect

from contract.mandate import DECISION
from hub.demo import command, seeds
from tests.acceptance.barriers import barriers
from tests.acceptance.stage import Stage, now_us
from tests.acceptance.test_approving import address, press, sign_in
from tests.acceptance.test_planning import DESK, HOUR_US, OTHER, PHONE, PLANNER, SIDEWAYS, WITHIN_MS, enter

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

OWED = ("alternatives", "consultation", "entries", "posts", "publication")
DAY_US = 24 * HOUR_US
REMEMBER = "([scheme, language]) => Object.assign(localStorage, {'fz.scheme': scheme, 'fz.language': language})"


@dataclass
class Town:
    """The stage, and who plans and signs through the API."""

    stage: Stage
    planner: seeds.Seed
    approvers: list[seeds.Seed]

    async def decided(self) -> str:
        """An urgent deployment under a designation that is not published, signed by two; gives its id."""
        [delegation, *_] = await self.planner.ask("GET", "/v1/delegations")
        [known, *_] = await self.planner.ask("GET", "/v1/designations")
        kept = {name: value for name, value in known.items() if name != "id"}
        new = {**kept, "delegation": delegation["id"], "name": "Voorbeeldplein en steeg", "publication": None}
        area = await self.planner.ask("POST", "/v1/designations", new)
        made = await self.planner.ask("POST", "/v1/plans", {"title": "Voorbeeldplein, spoed", "regime": "G151C"})
        body = {
            "regime": "G151C",
            "designation": area["id"],
            "windows": [{"to_us": now_us() + HOUR_US}],
            "team": {"operators": list(command.OPERATORS), "installers": []},
            "urgent": {"mandate_holder": "B. Nergens", "reason": "Op het plein wordt gedrongen bij de hekken."},
        }
        saved = {"base_version": made["version"], "title": made["title"], "body": body}
        await self.planner.ask("PUT", f"/v1/plans/{made['id']}", saved)
        drafted = await self.planner.ask("POST", f"/v1/plans/{made['id']}/submission", {})
        exact = base64.b64decode(drafted["decision"]["body"])
        for one in self.approvers:
            path = f"/v1/deployments/{drafted['id']}/decision/signatures"
            await one.ask("POST", path, {"signature": one.signature(DECISION, exact)})
        return str(drafted["id"])

    async def owed(self, deployment: str) -> dict[str, dict[str, Any]]:
        """What the hub says of its duties, by name."""
        shown = await self.planner.ask("GET", f"/v1/deployments/{deployment}")
        return {one["duty"]: one for one in shown["duties"]}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def town(stage: Stage) -> AsyncIterator[Town]:
    """Seed clients with keys of their own."""
    async with AsyncExitStack() as stack:

        async def client(name: str) -> seeds.Seed:
            key = stage.layout.seeds / f"{name}.key"
            return await stack.enter_async_context(seeds.Seed(stage.machine.address, name, stage.password(name), key))

        approvers = [await client(name) for name in command.APPROVERS.values()]
        yield Town(stage, await client(command.OPERATORS[0]), approvers)


async def opened(town: Town, browser: Browser, deployment: str, name: str = PLANNER, **context: Any) -> Page:
    """Somebody on the page of what is still to do."""
    page = await enter(browser, town.stage, name, f"/plans/urgent/{deployment}", **context)
    await expect(page.get_by_test_id("duties")).to_be_visible(timeout=WITHIN_MS)
    return page


def card(page: Page, duty: str) -> Any:
    return page.locator(f'[data-testid="duty"][data-duty="{duty}"]')


async def standing(page: Page, duty: str, words: str) -> None:
    await expect(card(page, duty)).to_have_attribute("data-standing", words, timeout=WITHIN_MS)


async def test_what_is_owed_is_finished_from_its_task_by_keyboard_alone(town: Town, browser: Browser) -> None:
    deployment = await town.decided()
    page = await enter(browser, town.stage, PLANNER, "/overview")
    task = page.locator(f'[data-testid="task-do"][href="/plans/urgent/{deployment}/consultation"]')
    await expect(task).to_be_visible(timeout=WITHIN_MS)
    await expect(task.locator("xpath=ancestor::article")).to_contain_text("Consulting the public prosecutor")
    await task.focus()
    await page.keyboard.press("Enter")

    await expect(page.get_by_test_id("duties")).to_have_attribute("data-open", "5", timeout=WITHIN_MS)
    assert [await one.get_attribute("data-duty") for one in await page.get_by_test_id("duty").all()] == list(OWED)
    await expect(card(page, "consultation").get_by_test_id("duty-note")).to_be_focused()
    await press(page, "duty-deed")
    await expect(card(page, "consultation")).to_contain_text("Write in a sentence")
    await expect(card(page, "consultation").get_by_test_id("duty-note")).to_be_focused()  # where it is wrong
    await page.keyboard.type("M. Voorbeeld telephoned the prosecutor at 14:10; no objection.")
    await press(page, "duty-deed")
    await standing(page, "consultation", "done")
    await expect(card(page, "consultation").get_by_role("heading")).to_be_focused()
    await expect(card(page, "consultation")).to_contain_text("by M. Voorbeeld")
    await expect(page.get_by_test_id("duties-noted")).to_contain_text("Consulting the public prosecutor")

    number = card(page, "publication").get_by_test_id("duty-number")
    await number.fill("123456")
    await number.press("Enter")
    await expect(card(page, "publication")).to_contain_text("A number as gmb-2026-123456 is needed.")
    await number.fill("GMB 2026, 654321")
    await number.press("Enter")
    await standing(page, "publication", "done")
    for duty in ("alternatives", "entries", "posts"):
        await card(page, duty).get_by_test_id("duty-note").fill("More people on the street; too few to see over it.")
        await card(page, duty).get_by_test_id("duty-deed").press("Enter")
        await standing(page, duty, "done")
    await expect(page.get_by_test_id("duties-count")).to_contain_text("All of it is done")

    owed = await town.owed(deployment)
    assert {one["done_by"] for one in owed.values()} == {PLANNER}
    assert owed["publication"]["note"] == "gmb-2026-654321"
    await page.get_by_role("link", name="To the overview").click()
    await expect(page.get_by_test_id("tasks")).to_be_visible()
    await expect(page.locator(f'[href^="/plans/urgent/{deployment}"]')).to_have_count(0, timeout=WITHIN_MS)
    await page.context.close()


async def test_what_is_late_says_so(town: Town, browser: Browser) -> None:
    deployment = await town.decided()
    page = await enter(browser, town.stage, PLANNER, "/overview")

    async def a_day_later(route: Route) -> None:
        shown = await (await route.fetch()).json()
        shown["duties"] = [{**one, "due_us": one["due_us"] - DAY_US - HOUR_US} for one in shown["duties"]]
        await route.fulfill(json=shown)

    await page.route(f"**/v1/deployments/{deployment}", a_day_later)
    await page.goto(f"{town.stage.machine.address}/plans/urgent/{deployment}")
    await expect(page.get_by_test_id("duties")).to_have_attribute("data-late", "5", timeout=WITHIN_MS)
    await expect(page.get_by_test_id("duties-count")).to_contain_text("5 are late")
    await expect(card(page, "posts")).to_contain_text("LATE: this was due before")
    await page.context.close()


async def test_nothing_typed_is_lost_without_the_hub_or_a_session(town: Town, browser: Browser) -> None:
    deployment = await town.decided()
    page = await opened(town, browser, deployment)
    note, deed = (card(page, "alternatives").get_by_test_id(f"duty-{part}") for part in ("note", "deed"))
    pattern = "**/duties/alternatives"
    await page.route(pattern, lambda route: route.abort())
    await note.fill("Fences alone were not enough.")
    await deed.click()
    await expect(page.get_by_test_id("duty-failed")).to_contain_text("cannot be reached")
    await page.unroute(pattern)
    await page.context.clear_cookies()
    await deed.click()
    await sign_in(page, town.stage, PLANNER)
    await page.goto(f"{address(page)}/plans/urgent/{deployment}")
    await expect(note).to_have_value("Fences alone were not enough.", timeout=WITHIN_MS)
    await deed.click()
    await standing(page, "alternatives", "done")
    assert (await town.owed(deployment))["alternatives"]["note"] == "Fences alone were not enough."
    await page.context.close()


async def test_the_second_of_two_is_told_and_keeps_what_they_wrote(town: Town, browser: Browser) -> None:
    deployment = await town.decided()
    first, second = await opened(town, browser, deployment), await opened(town, browser, deployment, OTHER)
    await card(second, "alternatives").get_by_test_id("duty-note").fill("What the second wrote.")
    await card(first, "alternatives").get_by_test_id("duty-note").fill("What the first wrote.")
    await card(first, "alternatives").get_by_test_id("duty-deed").click()
    await standing(second, "alternatives", "done")  # by itself
    await expect(card(second, "alternatives")).to_contain_text("What the first wrote.")
    await expect(second.get_by_test_id("duty-overtaken")).to_contain_text("What the second wrote.")
    await second.get_by_test_id("duty-drop").click()
    await expect(second.get_by_test_id("duty-overtaken")).to_have_count(0)
    await first.context.close()
    await second.context.close()


async def test_cameras_that_hang_elsewhere_begin_a_newer_decision(town: Town, browser: Browser) -> None:
    deployment = await town.decided()
    page = await opened(town, browser, deployment)
    await card(page, "consultation").get_by_test_id("duty-note").fill("By telephone, 14:10.")
    await card(page, "consultation").get_by_test_id("duty-deed").click()
    await standing(page, "consultation", "done")
    await card(page, "posts").get_by_test_id("duty-revise").click()
    await expect(page.get_by_test_id("plan")).to_have_attribute("data-state", "editing", timeout=WITHIN_MS)
    plan = page.url.split("/")[-2]
    made = await town.planner.ask("GET", f"/v1/plans/{plan}")
    assert made["deployment"] == deployment
    assert [post["post"] for post in made["body"]["posts"]] == ["post-1", "post-2", "post-3", "post-4"]
    assert {post["view"]["azimuth_mdeg"] for post in made["body"]["posts"]} == {0, 90_000, 180_000, 270_000}
    assert made["body"]["consultation"] == "By telephone, 14:10."
    checked = await town.planner.ask("POST", f"/v1/plans/{plan}/checks", {})
    assert [one for one in checked["findings"] if one["severity"] == "refuse"] == []

    await page.goto(f"{address(page)}/plans/urgent/{deployment}")
    await card(page, "posts").get_by_role("link").click()
    await expect(page).to_have_url(f"{town.stage.machine.address}/plans/{plan}/posts")
    await page.context.close()


@pytest.mark.parametrize(("scheme", "language"), [("light", "nl"), ("dark", "en")])
async def test_axe_finds_nothing(town: Town, browser: Browser, scheme: str, language: str) -> None:
    deployment = await town.decided()
    page = await opened(town, browser, deployment, reduced_motion="reduce")
    await page.evaluate(REMEMBER, [scheme, language])
    await card(page, "alternatives").get_by_test_id("duty-note").fill("Fences.")
    await card(page, "alternatives").get_by_test_id("duty-deed").click()
    await standing(page, "alternatives", "done")
    for size in (DESK, PHONE):
        await page.set_viewport_size(size)  # type: ignore[arg-type]
        await page.reload()
        await expect(page.get_by_test_id("duties")).to_be_visible(timeout=WITHIN_MS)
        await card(page, "posts").get_by_test_id("duty-deed").click()  # what is wrong is judged too
        await expect(card(page, "posts").locator(".fz-field__wrong")).to_be_visible()
        assert await page.evaluate("document.documentElement.dataset.scheme") == scheme
        assert await barriers(page) == []
        assert await page.evaluate(SIDEWAYS) <= 0
    await page.context.close()
