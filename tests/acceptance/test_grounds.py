# SPDX-License-Identifier: EUPL-1.2
"""An operator enters what decisions stand on, by keyboard alone, and nothing typed is lost on the way; and a unit that
is lost is revoked from the units' page.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from contract.record import plain
from hub import ceremony
from hub.demo import seeds
from hub.demo.command import OPERATORS, lay_map
from hub.standalone import Standalone
from tests.acceptance.barriers import barriers
from tests.acceptance.newcomer import hub_alone, newcomer
from tests.acceptance.stage import now_us
from tests.acceptance.test_planning import DESK, PHONE, PLANNER, SIDEWAYS, WATCH_POLICY, WITHIN_MS, begin, saved, tab_to

pytestmark = pytest.mark.asyncio(loop_scope="session")

DAY = timedelta(days=1)
DAY_US = 86_400_000_000
NOW = datetime.now(ZoneInfo("Europe/Amsterdam"))
CORNERS = "\n".join(f"{place.lat_e7 / 1e7:.7f}, {place.lon_e7 / 1e7:.7f}" for place in seeds.AREA)
APPROVER = "approver-1"
NAME = "Square and quay"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def machine() -> AsyncIterator[Standalone]:
    """A hub of its own, with the town below plans: other files' plans stand on the only designation that they know."""
    async with hub_alone() as here:
        lay_map(here.layout)
        yield here


def planner(machine: Standalone) -> seeds.Seed:
    """An operator, through the API."""
    name = OPERATORS[0]
    return seeds.Seed(machine.address, name, password(machine, name), machine.layout.seeds / f"{name}.key")


def password(machine: Standalone, name: str) -> str:
    return next(account.password for account in machine.accounts if account.name == name)


async def sign_in(page: Page, machine: Standalone, name: str) -> None:
    await page.get_by_test_id("sign-in-name").fill(name)
    await page.get_by_test_id("sign-in-password").fill(password(machine, name))
    await page.get_by_test_id("sign-in-submit").press("Enter")
    await expect(page.get_by_test_id("screens")).to_be_visible(timeout=WITHIN_MS)


async def enter(browser: Browser, machine: Standalone, name: str, path: str, **context: Any) -> Page:
    """A fresh profile, signed in, on a page."""
    profile = await browser.new_context(**{"locale": "en-GB", "viewport": DESK, **context})
    await profile.add_init_script(WATCH_POLICY)
    page = await profile.new_page()
    await page.goto(f"{machine.address}{path}")
    await sign_in(page, machine, name)
    return page


async def write(page: Page, testid: str, text: str) -> None:
    """Tab to a field and type over what it says."""
    await tab_to(page, testid)
    await page.keyboard.press("Control+a")
    await page.keyboard.type(text)


async def write_time(page: Page, testid: str, when: datetime) -> None:
    """Tab to a date with its time, and type both in the browser's own order, whatever the page speaks."""
    await tab_to(page, testid)
    await page.keyboard.type(f"{when:%m%d%Y}")
    await page.keyboard.press("Tab")  # a year may be longer
    await page.keyboard.type("0900A")
    await expect(page.get_by_test_id(testid)).to_have_value(f"{when:%Y-%m-%d}T09:00")


async def press(page: Page, testid: str) -> None:
    await tab_to(page, testid)
    await page.keyboard.press("Enter")


async def delegate(page: Page) -> None:
    """A delegation, whose dates are wrong at first."""
    await press(page, "enter-delegation")
    await expect(page.get_by_test_id("delegation-form")).to_be_visible()
    await press(page, "delegation-deed")
    await expect(page.get_by_test_id("ordinance")).to_be_focused()
    await write(page, "ordinance", "Fictional ordinance")
    await write(page, "article", "article 2:77")
    await tab_to(page, "delegation-regime")
    await page.keyboard.press("ArrowDown")
    await write_time(page, "valid-from", NOW - 30 * DAY)
    await write_time(page, "valid-to", NOW - 40 * DAY)
    await tab_to(page, "mobile-yes")
    await page.keyboard.press("Space")
    await write(page, "max-window", "24")
    await write(page, "max-days", "84")
    await page.keyboard.press("Enter")
    refused = page.get_by_test_id("ground-refused")
    await expect(refused).to_have_attribute("data-reason", "term-backwards", timeout=WITHIN_MS)
    await expect(refused).to_contain_text("R01")
    await page.reload()
    await expect(page.get_by_test_id("ordinance")).to_have_value("Fictional ordinance")
    await expect(page.get_by_test_id("mobile-yes")).to_be_checked()
    await write_time(page, "valid-to", NOW + 300 * DAY)
    await press(page, "delegation-deed")
    await expect(page.get_by_test_id("delegation")).to_have_attribute("data-term", "holds", timeout=WITHIN_MS)
    await expect(page.get_by_test_id("grounds-noted")).to_be_focused()


async def designate(page: Page, machine: Standalone) -> None:
    """A designation, outside its delegation at first; then the session ends, and then the hub is away."""
    await press(page, "enter-designation")
    await expect(page.get_by_test_id("designation-form")).to_be_visible()
    await tab_to(page, "delegation-pick")
    await page.keyboard.press("ArrowDown")
    await write(page, "designation-name", NAME)
    await write_time(page, "valid-from", NOW - 50 * DAY)
    await write_time(page, "valid-to", NOW + 20 * DAY)
    await write(page, "area-text", f"{CORNERS}\nthe corner of the church")
    await expect(page.locator(".fz-field__wrong")).to_contain_text(str(len(seeds.AREA) + 1))
    await write(page, "area-text", CORNERS)
    await expect(page.get_by_test_id("area-size")).to_have_attribute("data-corners", str(len(seeds.AREA)))
    refused = page.get_by_test_id("ground-refused")
    await press(page, "designation-deed")
    await expect(refused).to_have_attribute("data-reason", "delegation-term", timeout=WITHIN_MS)
    await expect(refused).to_contain_text("R01")
    await write_time(page, "valid-from", NOW - DAY)
    await page.context.route("**/v1/designations", lambda route: route.abort())
    await press(page, "designation-deed")
    await expect(refused).to_have_attribute("data-reason", "unreachable")
    await page.context.unroute("**/v1/designations")
    await page.context.clear_cookies()
    await press(page, "designation-deed")
    await sign_in(page, machine, PLANNER)
    await expect(page.get_by_test_id("designation-name")).to_have_value(NAME)
    await expect(page.get_by_test_id("area-text")).to_have_value(CORNERS)
    await press(page, "designation-deed")
    await expect(page.get_by_test_id("designation-row")).to_have_attribute("data-published", "false", timeout=WITHIN_MS)


async def test_grounds_are_entered_by_keyboard_alone_and_a_plan_stands_on_them(
    machine: Standalone, browser: Browser
) -> None:
    page = await enter(browser, machine, PLANNER, "/grounds")
    await expect(page.get_by_test_id("enter-designation")).to_have_count(0)
    await delegate(page)
    await designate(page, machine)
    await press(page, "publish")
    await expect(page.get_by_test_id("publication")).to_be_focused()
    await page.keyboard.type("GMB 2026 123456")
    await page.keyboard.press("Enter")
    row = page.get_by_test_id("designation-row")
    await expect(row).to_contain_text("gmb-2026-123456", timeout=WITHIN_MS)
    await expect(row).to_have_attribute("data-term", "holds")
    async with planner(machine) as asked:
        [made] = await asked.ask("GET", "/v1/designations")
        assert (made["name"], made["area"]) == (NAME, plain(seeds.AREA))
        assert made["valid_to_us"] - made["valid_from_us"] == pytest.approx(21 * DAY_US, abs=DAY_US / 24)  # the clocks
        await page.goto(f"{machine.address}/plans")
        await begin(page)
        await saved(page)
        [plan] = await asked.ask("GET", "/v1/plans")
        body = (await asked.ask("GET", f"/v1/plans/{plan['id']}"))["body"]
    assert (body["designation"], body["area"]) == (made["id"], made["area"])
    assert await page.evaluate("window.broken") == []
    await page.context.close()


async def test_a_hand_draws_an_area_pastes_one_and_takes_one_over(machine: Standalone, browser: Browser) -> None:
    async with planner(machine) as asked:
        await grounds(asked)
    page = await enter(browser, machine, "planner-2", "/grounds/designation")
    size, text = page.get_by_test_id("area-size"), page.get_by_test_id("area-text")
    drawn = page.get_by_test_id("area-map")
    await page.get_by_test_id("area-draw").click()
    for x, y in ((60, 60), (260, 70), (200, 240)):
        await drawn.click(position={"x": x, "y": y})
    await expect(size).to_have_attribute("data-corners", "3")
    ring = [[place.lon_e7 / 1e7, place.lat_e7 / 1e7] for place in (*seeds.AREA, seeds.AREA[0])]
    await text.fill(f'{{"type": "Feature", "geometry": {{"type": "Polygon", "coordinates": [{ring}]}}}}')
    await expect(size).to_have_attribute("data-corners", str(len(seeds.AREA)))
    await page.get_by_test_id("area-clear").click()
    await expect(size).to_have_attribute("data-corners", "0")
    await page.get_by_test_id("area-take").select_option(index=1)
    await expect(size).to_have_attribute("data-corners", str(len(seeds.AREA)))
    await page.context.close()


async def grounds(asked: seeds.Seed) -> None:
    """A delegation that holds and one that is over, each with a designation that nobody published."""
    for from_days, to_days in ((-2, 90), (-30, -10)):
        term = {"valid_from_us": now_us() + from_days * DAY_US, "valid_to_us": now_us() + to_days * DAY_US}
        said = {"ordinance": "Fictional ordinance", "article": "article 2:78", "regime": "G151C"}
        limits = {"mobile_allowed": True, "max_window_h": 24, "max_designation_days": 100}
        held = await asked.ask("POST", "/v1/delegations", {**said, **limits, **term})
        area = {"delegation": held["id"], "name": "Wolstraat", "area": plain(seeds.AREA), **term}
        await asked.ask("POST", "/v1/designations", area)


@pytest.mark.parametrize(("scheme", "locale", "size"), [("light", "nl-NL", DESK), ("dark", "en-GB", PHONE)])
async def test_axe_finds_nothing_and_what_is_in_force_stands_first(
    machine: Standalone, browser: Browser, scheme: str, locale: str, size: dict[str, int]
) -> None:
    async with planner(machine) as asked:
        await grounds(asked)
    seen: dict[str, Any] = {"locale": locale, "color_scheme": scheme, "viewport": size, "reduced_motion": "reduce"}
    page = await enter(browser, machine, PLANNER, "/grounds", **seen)
    await expect(page.get_by_test_id("designation-row").first).to_be_visible(timeout=WITHIN_MS)
    terms = await page.get_by_test_id("designation-row").evaluate_all("all => all.map((one) => one.dataset.term)")
    assert terms[0] == "holds" and terms == sorted(terms) and terms[-1] == "over"
    await page.get_by_test_id("publish").first.click()
    found = {"/grounds": await faults(page)}
    for path, deed in (("/grounds/delegation", "delegation-deed"), ("/grounds/designation", "designation-deed")):
        await page.goto(f"{machine.address}{path}")
        await page.get_by_test_id(deed).click()
        await expect(page.locator(".fz-field__wrong").first).to_be_visible()
        found[path] = await faults(page)
    assert {where: what for where, what in found.items() if what} == {}
    await page.context.close()


async def faults(page: Page) -> list[str]:
    """What axe finds, and what sticks out."""
    found = await barriers(page)
    if await page.evaluate(SIDEWAYS) > 0:
        found.append("something sticks out")
    return found


async def test_an_approver_reads_and_enters_nothing(machine: Standalone, browser: Browser) -> None:
    async with planner(machine) as asked:
        await grounds(asked)
    page = await enter(browser, machine, APPROVER, "/grounds/delegation")
    await expect(page.get_by_test_id("delegation").first).to_be_visible(timeout=WITHIN_MS)
    for testid in ("delegation-form", "enter-delegation", "enter-designation", "publish"):
        await expect(page.get_by_test_id(testid)).to_have_count(0)
    await page.context.close()


async def test_a_lost_unit_is_revoked_with_a_reason(machine: Standalone, browser: Browser) -> None:
    async with newcomer(machine, "lost-1") as lost, planner(machine) as asked:
        await lost.command("init", "--unit", "lost-1", "--camera", "lost-camera")
        ceremony.certify(machine.layout, [lost.state], now_us())
        certificate = (lost.state / "identity.pem").read_text()
        await asked.ask("POST", "/v1/units", {"certificate": certificate, "camera": "lost-camera"})
        page = await enter(browser, machine, PLANNER, "/units")
        card = page.get_by_test_id("unit-lost-1")
        await press(page, "revoke-lost-1")
        dialog = page.get_by_test_id("revoke-dialog")
        await expect(dialog).to_contain_text("certificate counts no more")
        await page.keyboard.press("Escape")
        await expect(page.get_by_test_id("revoke-lost-1")).to_be_focused()
        await page.keyboard.press("Enter")
        await press(page, "deed")
        await expect(page.get_by_test_id("reason")).to_be_focused()  # none was given
        await page.keyboard.type("Stolen from the quay.")
        assert await faults(page) == []
        await press(page, "deed")
        await expect(card.get_by_test_id("unit-revoked")).to_be_focused(timeout=WITHIN_MS)
        await expect(page.get_by_test_id("revoke-lost-1")).to_have_count(0)
        [known] = [one for one in await asked.ask("GET", "/v1/units") if one["unit"] == "lost-1"]
        assert known["state"] == "revoked"
        await page.context.close()
