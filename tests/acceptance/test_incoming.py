# SPDX-License-Identifier: EUPL-1.2
"""An operator lets a new unit in from the units' page: the code of its label, its fingerprint, and there it is."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from hub.standalone import Standalone
from tests.acceptance.newcomer import hub_alone, newcomer, until
from tests.acceptance.watching import SECOND_MS

pytestmark = pytest.mark.asyncio(loop_scope="session")

WITHIN_MS = 30 * SECOND_MS


async def units_page(browser: Browser, machine: Standalone) -> Page:
    """An operator's phone, on the units' page."""
    account = next(one for one in machine.accounts if one.role == "operator" and not one.demo)
    profile = await browser.new_context(locale="en-GB", viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    page = await profile.new_page()
    await page.goto(f"{machine.address}/units")
    await page.get_by_test_id("sign-in-name").fill(account.name)
    await page.get_by_test_id("sign-in-password").fill(account.password)
    await page.get_by_test_id("sign-in-submit").click()
    await expect(page.get_by_test_id("units")).to_be_visible(timeout=WITHIN_MS)
    return page


async def test_a_unit_is_found_compared_and_let_in(browser: Browser) -> None:
    async with hub_alone() as machine, newcomer(machine) as unit:
        printed = await unit.command("init", "--kit", str(machine.layout.kit))
        code, fingerprint = (line.split()[-1] for line in printed.splitlines())
        await unit.run()
        await until(lambda: unit.said("enrolment"), unit)
        page = await units_page(browser, machine)
        field, find = page.get_by_test_id("claim-code"), page.get_by_test_id("claim-submit")

        await field.press_sequentially(code[:-1] + ("0" if code[-1] != "0" else "1"))
        await find.click()
        await expect(page.get_by_test_id("claim-refused")).to_have_attribute("data-reason", "claim-mistyped")
        await field.fill("")
        await field.press_sequentially(code.lower().replace("-", " ").replace("0", "o"))
        await expect(field).to_have_value(code)
        await find.click()

        card = page.get_by_test_id("incoming-unit-1")
        await expect(card.locator("h3")).to_be_focused(timeout=WITHIN_MS)
        groups = await card.get_by_test_id("incoming-print").locator("span").all_inner_texts()
        assert groups == fingerprint.split("-")
        wide = await page.get_by_test_id("units").evaluate("(panel) => panel.scrollWidth - window.innerWidth")
        assert wide <= 0, "on a phone nothing sticks out"
        await card.get_by_test_id("incoming-confirm").click()
        listed = page.get_by_test_id("unit-unit-1")
        await expect(listed).to_have_attribute("data-online", "true", timeout=WITHIN_MS)
        await expect(card).to_have_count(0, timeout=WITHIN_MS)
        await page.context.close()
