# SPDX-License-Identifier: EUPL-1.2
"""Somebody hangs a new unit with a phone in the hand: its code, a post, aimed by words, a photo of each sign also
without a network, a self-test, and another unit in its place. An operator in the control room confirms and signs what
the phone asked for.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

import hub.demo
from contract.mandate import DECISION, Window
from contract.record import plain
from hub.demo import command, seeds
from hub.standalone import Standalone
from tests.acceptance.barriers import barriers
from tests.acceptance.newcomer import Unit, hub_alone, newcomer, until
from tests.acceptance.stage import now_us
from tests.acceptance.watching import SECOND_MS
from tests.films import numbered_film

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

SIGN = Path(hub.demo.__file__).with_name("sign.jpg")
# A compass tells again and again where it looks.
COMPASS = """(turned) => {
  clearInterval(window.compass);
  window.compass = setInterval(() => window.dispatchEvent(
    new DeviceOrientationEvent('deviceorientationabsolute', { absolute: true, ...turned })), 50);
}"""
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
WITHIN_MS = 45 * SECOND_MS  # a unit waits a while between two attempts
MINUTE_US = 60_000_000
CORNER = seeds.AREA[0]
ENTRIES = [
    {"entry": "kerksteeg", "name": "Kerksteeg", "position": plain(CORNER)},
    {"entry": "wolstraat", "name": "Wolstraat", "position": plain(seeds.AREA[1])},
]


@dataclass
class Crew:
    """An installer with a phone, an operator at a desk, and the hub that both speak with."""

    machine: Standalone
    phone: Page
    desk: Page

    async def planned(self, posts: int = 1) -> str:
        """A deployment that two seed approvers decided, the installer and the operator in its team; gives its id."""
        passwords = {account.name: account.password for account in self.machine.accounts}
        folder = self.machine.layout
        codes = json.loads((folder.offline / "codes.json").read_text())

        def seed(name: str) -> seeds.Seed:
            return seeds.Seed(self.machine.address, name, passwords[name], folder.seeds / f"{name}.key")

        async with AsyncExitStack() as stack:
            approvers = {slot: await stack.enter_async_context(seed(name)) for slot, name in command.APPROVERS.items()}
            operators = [await stack.enter_async_context(seed(name)) for name in command.OPERATORS]
            cast = seeds.Cast(approvers, operators)
            roster = json.loads((folder.offline / "roster.json").read_text())
            await seeds.introduce(cast, roster, command.PLAN.municipality, codes)
            window = Window(now_us() + 30 * MINUTE_US, now_us() + 90 * MINUTE_US)
            made = await self._drafted(operators[0], window, posts)
            body = base64.b64decode(made["decision"]["body"])
            for approver in approvers.values():
                path = f"/v1/deployments/{made['id']}/decision/signatures"
                await approver.ask("POST", path, {"signature": approver.signature(DECISION, body)})
            return str(made["id"])

    async def _drafted(self, planner: seeds.Seed, window: Window, posts: int) -> dict[str, Any]:
        view = {"azimuth_mdeg": 90_000, "tilt_mdeg": 30_000, "hfov_mdeg": 66_000, "height_mm": 6_000}
        body = {
            "regime": "G151C",
            "designation": await seeds._designated(planner, window),
            "consultation": "driehoek (demo)",
            "necessity": "A demonstration that does not exist.",
            "alternatives": "None.",
            "entries": ENTRIES,
            "posts": [
                {
                    "post": f"post-{n}",
                    "name": f"Podium {n}",
                    "position": {"lat_e7": CORNER.lat_e7 + 3_000 * n, "lon_e7": CORNER.lon_e7 + 5_000},
                    "area": [],
                    "view": view,
                    "ceiling_px_per_m": 250,
                }
                for n in range(1, posts + 1)
            ],
            "windows": plain((window,)),
            "overrun": {"times": 2, "minutes": 30},
            "recording": "none",
            "on_link_loss": "stop",
            "team": {"operators": ["planner", command.OPERATORS[0]], "installers": ["installer"]},
            "retention_h": 168,
            "offline_grace_s": 3600,
            "max_units": 2,
        }
        plan = await planner.ask("POST", "/v1/plans", {"title": "Voorbeeldplein", "regime": "G151C"})
        change = {"base_version": 1, "title": "Voorbeeldplein", "body": body}
        await planner.ask("PUT", f"/v1/plans/{plan['id']}", change)
        return dict(await planner.ask("POST", f"/v1/plans/{plan['id']}/submission", {}))

    async def signs(self, unit: str, kind: str) -> None:
        """The operator signs what the phone asked for, as the second."""
        card = self.desk.locator(f'[data-testid="assignment"][data-unit="{unit}"][data-kind="{kind}"]')
        await expect(card).to_have_attribute("data-signed", "1", timeout=WITHIN_MS)
        await card.get_by_test_id("assignment-sign").click()


async def entered(
    browser: Browser, machine: Standalone, name: str, path: str, size: dict[str, int], **context: Any
) -> Page:
    """Somebody signed in, in a browser profile of their own, with a key made there."""
    account = next(one for one in machine.accounts if one.name == name)
    profile = await browser.new_context(**{"locale": "nl-NL", "viewport": size, "reduced_motion": "reduce", **context})
    page = await profile.new_page()
    await page.goto(f"{machine.address}{path}")
    await page.get_by_test_id("sign-in-name").fill(name)
    await page.get_by_test_id("sign-in-password").fill(account.password)
    await page.get_by_test_id("sign-in-submit").click()
    await page.get_by_test_id("make-key-here").click()
    await expect(page.get_by_test_id("make-key-here")).to_have_count(0)
    return page


@asynccontextmanager
async def crewed(browser: Browser) -> AsyncIterator[Crew]:
    """A hub, an installer's phone on the page at the mast, an operator on the page of what waits."""
    async with hub_alone() as machine:
        phone = await entered(browser, machine, "installer", "/mast", PHONE)
        other = {"locale": "en-GB", "color_scheme": "dark"}
        desk = await entered(browser, machine, "planner", "/assignments", DESK, **other)
        yield Crew(machine, phone, desk)
        await phone.context.close()
        await desk.context.close()


@asynccontextmanager
async def labelled(machine: Standalone, name: str = "newcomer") -> AsyncIterator[tuple[Unit, str, str]]:
    """A new unit that runs and waits, and the code and the fingerprint on its label."""
    async with newcomer(machine, name) as unit:
        film = numbered_film(machine.layout.state.parent / f"{name}.mp4", 250, 25)
        printed = await unit.command("init", "--kit", str(machine.layout.kit), "--film", str(film))
        code, fingerprint = (line.split()[-1] for line in printed.splitlines())
        await unit.run()
        await until(lambda: unit.said("enrolment"), unit)
        yield unit, code, fingerprint


async def faults(page: Page) -> list[str]:
    """What axe finds, and what sticks out on a phone."""
    found: list[str] = await barriers(page)
    if not await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"):
        found.append("something sticks out")
    return found


async def take_photo(phone: Page) -> None:
    await phone.get_by_test_id("mast-photo").set_input_files(SIGN)
    await expect(phone.get_by_test_id("mast-photo-preview")).to_be_visible()
    await phone.get_by_test_id("mast-use-photo").click()


async def let_in(crew: Crew, code: str) -> None:
    """The phone has the label's code and fingerprint, the operator compares and confirms."""
    phone, desk = crew.phone, crew.desk
    await phone.get_by_test_id("mast-code").press_sequentially(code.replace("-", ""))
    assert await faults(phone) == []
    await phone.get_by_test_id("mast-find").click()
    await expect(phone.get_by_test_id("mast-found")).to_have_attribute("data-state", "waiting")
    await expect(phone.get_by_test_id("mast-on")).to_have_attribute("aria-disabled", "true")
    assert await faults(phone) == []
    heard = await phone.get_by_test_id("mast-groups").locator("span").all_inner_texts()
    card = desk.get_by_test_id("incoming-unit-1")
    await expect(card).to_be_visible(timeout=WITHIN_MS)
    assert await card.get_by_test_id("incoming-print").locator("span").all_inner_texts() == heard
    assert await faults(desk) == []
    await card.get_by_test_id("incoming-confirm").click()
    await expect(phone.get_by_test_id("mast-found")).to_have_attribute("data-state", "confirmed", timeout=WITHIN_MS)
    await phone.get_by_test_id("mast-on").click()


async def bound(crew: Crew) -> None:
    """At its post, by the installer's signature; the operator's waits."""
    await crew.phone.get_by_test_id("mast-post-post-1").click()
    assert await faults(crew.phone) == []
    await crew.phone.get_by_test_id("mast-bind").click()
    await expect(crew.phone.get_by_test_id("mast-ask")).to_be_visible()


async def aimed(crew: Crew) -> None:
    """A test picture once an operator signed too, and the way to turn in words until it is right."""
    phone, desk = crew.phone, crew.desk
    assert await faults(phone) == []
    await phone.get_by_test_id("mast-ask").click()
    await expect(phone.get_by_test_id("mast-aim-waits")).to_be_visible()
    assert await faults(phone) == []
    await expect(desk.locator('[data-testid="assignment"]')).to_have_count(2, timeout=WITHIN_MS)
    assert await faults(desk) == []
    await crew.signs("unit-1", "aim")
    await expect(phone.get_by_test_id("mast-preview")).to_have_attribute("data-state", "live", timeout=WITHIN_MS)
    await phone.get_by_test_id("mast-azimuth").fill("84")
    await expect(phone.get_by_test_id("mast-turn")).to_have_attribute("data-way", "right")
    await expect(phone.get_by_test_id("mast-turn")).to_contain_text("6° naar rechts")
    await expect(phone.get_by_test_id("mast-fix")).to_have_attribute("aria-disabled", "true")
    assert await faults(phone) == []
    await phone.evaluate(COMPASS, {"alpha": 270, "beta": 60, "gamma": 0})
    await expect(phone.get_by_test_id("mast-turn")).to_have_attribute("data-way", "right")
    await phone.get_by_test_id("mast-compass").click()
    await phone.evaluate(COMPASS, {"alpha": 271, "beta": 61, "gamma": 0})
    await expect(phone.get_by_test_id("mast-turn")).to_have_attribute("data-way", "good")
    await expect(phone.get_by_test_id("mast-lean")).to_have_attribute("data-way", "good")
    assert await faults(phone) == []
    await phone.get_by_test_id("mast-fix").click()


async def signposted(crew: Crew) -> None:
    """A photo of each sign; a phone without a network keeps it, over a reload too, and sends it later."""
    phone = crew.phone
    assert await faults(phone) == []
    await phone.route("**/signs", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    await take_photo(phone)
    await expect(phone.get_by_test_id("mast-waiting")).to_have_attribute("data-count", "1")
    await phone.reload()
    await expect(phone.get_by_test_id("mast")).to_have_attribute("data-step", "signs", timeout=WITHIN_MS)
    await expect(phone.get_by_test_id("mast-waiting")).to_have_attribute("data-count", "1")
    await expect(phone.get_by_text("Ingang Wolstraat, 2 van 2")).to_be_visible()
    await phone.unroute_all()
    await expect(phone.get_by_test_id("mast-waiting")).to_have_attribute("data-count", "0", timeout=WITHIN_MS)
    await phone.context.set_offline(True)
    await take_photo(phone)
    await expect(phone.get_by_test_id("mast-waiting")).to_have_attribute("data-count", "1")
    await expect(phone.get_by_test_id("mast-offline")).to_be_visible(timeout=WITHIN_MS)
    assert await faults(phone) == []
    await phone.context.set_offline(False)
    await expect(phone.get_by_test_id("mast-waiting")).to_have_attribute("data-count", "0", timeout=WITHIN_MS)
    await expect(phone.get_by_test_id("mast-sign-wolstraat")).to_have_attribute("data-state", "has")


async def self_tested(crew: Crew) -> None:
    """The self-test waits for the second signature, and then for the unit's own word."""
    phone = crew.phone
    await phone.get_by_test_id("mast-to-test").click()
    await expect(phone.get_by_test_id("mast-wrong")).to_have_attribute("data-says", "placed.countersign")
    assert await faults(phone) == []
    await crew.signs("unit-1", "place")
    for check in ("line", "placed", "mandate", "camera", "seen"):
        row = phone.locator(f'[data-testid="mast-checks"] [data-check="{check}"]')
        await expect(row).to_have_attribute("data-ok", "true", timeout=WITHIN_MS)
    assert await faults(phone) == []


async def found_at_the_desk(browser: Browser, machine: Standalone, code: str, fingerprint: str) -> None:
    """An operator lets a unit in from the units' page: the code of its label, its fingerprint, and there it is."""
    page = await entered(browser, machine, "planner-2", "/units", PHONE, locale="en-GB", color_scheme="dark")
    field, find = page.get_by_test_id("claim-code"), page.get_by_test_id("claim-submit")
    await field.press_sequentially(code[:-1] + ("0" if code[-1] != "0" else "1"))
    await find.click()
    await expect(page.get_by_test_id("claim-refused")).to_have_attribute("data-reason", "claim-mistyped")
    assert await faults(page) == []
    await field.fill("")
    await field.press_sequentially(code.lower().replace("-", " ").replace("0", "o"))
    await expect(field).to_have_value(code)
    await find.click()
    card = page.get_by_test_id("incoming-unit-2")
    await expect(card.locator("h3")).to_be_focused(timeout=WITHIN_MS)
    assert await card.get_by_test_id("incoming-print").locator("span").all_inner_texts() == fingerprint.split("-")
    assert await faults(page) == []
    await card.get_by_test_id("incoming-confirm").click()
    await expect(page.get_by_test_id("unit-unit-2")).to_have_attribute("data-online", "true", timeout=WITHIN_MS)
    await expect(card).to_have_count(0, timeout=WITHIN_MS)
    await page.context.close()


async def anew(phone: Page) -> None:
    """Another unit: asked first, so that a slip of the thumb stays where it was."""
    step = await phone.get_by_test_id("mast").get_attribute("data-step")
    await phone.get_by_test_id("mast-anew").click()
    await phone.get_by_test_id("mast-anew-stay").click()
    await expect(phone.get_by_test_id("mast")).to_have_attribute("data-step", step or "")
    await phone.get_by_test_id("mast-anew").click()
    await phone.get_by_test_id("mast-anew-sure").click()
    await expect(phone.get_by_test_id("mast")).to_have_attribute("data-step", "unit")


async def swapped(crew: Crew) -> None:
    """Another unit at the same post: the phone and the desk both say which one it replaces."""
    phone, desk = crew.phone, crew.desk
    await anew(phone)
    await phone.get_by_test_id("mast-known").click()
    await phone.get_by_test_id("mast-unit-unit-2").click()
    await phone.get_by_test_id("mast-take").click()
    post = phone.get_by_test_id("mast-post-post-1")
    await expect(post).to_contain_text("nu unit-1", timeout=WITHIN_MS)
    await post.click()
    await expect(phone.get_by_test_id("mast-swap")).to_be_visible()
    await expect(phone.get_by_test_id("mast-bind")).to_have_text("Wissel unit-1 voor unit-2")
    assert await faults(phone) == []
    await phone.get_by_test_id("mast-bind").click()
    card = desk.locator('[data-testid="assignment"][data-unit="unit-2"]')
    await expect(card).to_contain_text("Replaces unit-1", timeout=WITHIN_MS)
    assert await faults(desk) == []
    await crew.signs("unit-2", "place")
    await anew(phone)
    await phone.get_by_test_id("mast-known").click()
    await expect(phone.get_by_test_id("mast-unit-unit-2")).to_contain_text("geplaatst voor", timeout=WITHIN_MS)
    await expect(phone.get_by_test_id("mast-unit-unit-1")).not_to_contain_text("geplaatst voor")
    assert await faults(phone) == []
    await phone.get_by_test_id("mast-unit-unit-1").click()
    await phone.get_by_test_id("mast-take").click()
    await expect(phone.get_by_test_id("mast-post-post-1")).to_contain_text("nu unit-2", timeout=WITHIN_MS)


async def test_a_unit_is_hung_aimed_signposted_tested_and_swapped(browser: Browser) -> None:
    async with crewed(browser) as crew, labelled(crew.machine) as (_, code, _):
        phone, desk = crew.phone, crew.desk
        await crew.planned()
        await let_in(crew, code)
        await bound(crew)
        await phone.reload()  # where one was outlives the page
        await aimed(crew)
        # No picture before the signs stand.
        await crew.signs("unit-1", "place")
        await expect(desk.get_by_test_id("mast-failed")).to_have_attribute("data-reason", "signs-missing")
        assert await faults(desk) == []
        await signposted(crew)
        await self_tested(crew)
        async with labelled(crew.machine, "other") as (_, other, fingerprint):
            await found_at_the_desk(browser, crew.machine, other, fingerprint)
            await swapped(crew)
