# SPDX-License-Identifier: EUPL-1.2
"""Who sees to the units opens their page: which are there, how they are, and what is to be done before tomorrow."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from tests.acceptance.stage import Stage
from tests.acceptance.watching import SECOND_MS, signed_in

pytestmark = pytest.mark.asyncio(loop_scope="session")

WITHIN_MS = 45 * SECOND_MS  # health comes every 30 s
CHECKS = {"certificate", "clock", "disk", "mandate", "camera", "lease"}


async def units_page(browser: Browser, stage: Stage, name: str) -> Page:
    """A fresh browser profile, signed in, on the units' page."""
    profile = await browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900})
    page = await profile.new_page()
    await page.goto(f"{stage.machine.address}/units")
    await page.get_by_test_id("sign-in-name").fill(name)
    await page.get_by_test_id("sign-in-password").fill(stage.password(name))
    await page.get_by_test_id("sign-in-submit").click()
    await expect(page.get_by_test_id("units")).to_be_visible()
    return page


async def test_an_operator_sees_how_a_unit_is_and_what_it_holds(stage: Stage, browser: Browser) -> None:
    page = await units_page(browser, stage, operator(stage))
    card = page.get_by_test_id(f"unit-{stage.plan.unit}")
    await expect(card).to_have_attribute("data-online", "true", timeout=WITHIN_MS)
    await expect(card.locator('[data-check="mandate"]')).to_have_attribute("data-ok", "true", timeout=WITHIN_MS)
    await expect(card.locator('[data-check="certificate"]')).to_have_attribute("data-ok", "true")
    await expect(card.locator('[data-check="disk"]')).to_be_visible()
    found = await card.locator("[data-check]").evaluate_all("all => all.map((one) => one.dataset.check)")
    assert set(found) == CHECKS and len(found) == len(CHECKS)
    assert await card.get_by_role("meter").count() == 2
    clock = card.locator('[data-check="clock"]')
    await expect(clock).to_have_attribute("data-ok", "true")  # unit and hub are on one machine, whoever keeps its clock
    kept = await clock.get_attribute("data-warns") == "false"
    await expect(clock).to_contain_text("synchronised" if kept else "agrees with the hub within")
    await page.context.close()


async def test_what_is_not_ready_stands_on_the_overview_and_goes_when_it_is(stage: Stage, browser: Browser) -> None:
    page = await units_page(browser, stage, operator(stage))
    card = page.get_by_test_id(f"unit-{stage.plan.unit}")
    await expect(card).to_have_attribute("data-ready", "true", timeout=WITHIN_MS)
    await page.goto(f"{stage.machine.address}/overview")
    await expect(page.get_by_test_id("wrong")).to_be_visible()
    await expect(page.locator('[data-testid="alarm-line"][data-kind="unit-not-ready"]')).to_have_count(
        0, timeout=WITHIN_MS
    )
    await page.context.close()


async def test_a_viewer_is_told_who_sees_to_the_units_and_shown_none(stage: Stage, browser: Browser) -> None:
    profile, page = await signed_in(browser, stage)
    await page.goto(f"{stage.machine.address}/units")
    await expect(page.get_by_test_id("no-right")).to_contain_text("operator")
    assert await page.get_by_test_id("units").count() == 0
    await profile.close()


def operator(stage: Stage) -> str:
    """The name of somebody who is one."""
    return next(account.name for account in stage.machine.accounts if account.role == "operator")
