# SPDX-License-Identifier: EUPL-1.2
"""From an empty plan to an empty square, by people in browsers alone.

An operator plans and may not sign it herself; two approvers sign in browsers of their own; an installer hangs three
units with a phone and she gives the second signature; they film when the window begins, she sees them move, prolongs
when people are still there, and stops.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

import hub.demo
from contract.chain import coverage, in_order, verified
from contract.envelope import read, spki
from contract.events import Event
from contract.filmed import verified_row
from contract.index import Closing, IndexRow, Row
from contract.mandate import Window
from contract.segment import FIRST
from hub.config import Settings
from hub.demo.command import OPERATORS, lay_map
from hub.store.database import Database
from hub.store.rows import Rows
from tests.acceptance.stage import Stage, now_us, staged
from tests.acceptance.test_approving import address, bind, press, sign_in
from tests.acceptance.test_approving import read as read_through
from tests.acceptance.test_watching import log_of
from tests.films import numbered_film

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

SIGN = Path(hub.demo.__file__).with_name("sign.jpg")
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
SECOND_MS, SECOND_US, MINUTE_US = 1_000, 1_000_000, 60_000_000
WITHIN_MS = 45 * SECOND_MS  # health comes every 30 s
UNITS = 3
LEAD_S = 60  # from the window as it is typed to its begin: the rest of the plan, two signatures, three masts
WINDOW_S = 25
OVERRUN = {"times": "2", "minutes": "1"}
BEGINS_WITHIN_US, ENDS_WITHIN_US = 5 * SECOND_US, SECOND_US
ZONED = """(us) => new Intl.DateTimeFormat("sv-SE",
  {timeZone: "Europe/Amsterdam", dateStyle: "short", timeStyle: "medium"}).format(us / 1000).replace(" ", "T")"""


@dataclass
class Story:
    """Who is in it, each in a browser profile of their own, and what came of it."""

    stage: Stage
    browser: Browser
    profiles: list[BrowserContext] = field(default_factory=list)
    deployment: str = ""
    from_us: int = 0

    async def enter(self, name: str, size: dict[str, int] = DESK) -> Page:
        """Somebody signed in."""
        profile = await self.browser.new_context(locale="nl-NL", viewport=size)  # type: ignore[arg-type]
        self.profiles.append(profile)
        page = await profile.new_page()
        page.set_default_timeout(WITHIN_MS)
        await page.goto(self.stage.machine.address)
        await sign_in(page, self.stage, name)
        return page

    async def member(self, name: str, size: dict[str, int] = DESK) -> Page:
        """One of a team: signed in, with a key made there."""
        page = await self.enter(name, size)
        await page.get_by_test_id("make-key-here").click()
        await expect(page.get_by_test_id("make-key-here")).to_have_count(0)
        return page

    async def approver(self, name: str, slot: str) -> Page:
        """An approver whose key is bound by the first code on their sheet."""
        page = await self.enter(name)
        codes = json.loads((self.stage.layout.offline / "codes.json").read_text())
        await bind(page, codes[slot][0])
        return page

    @property
    def until_us(self) -> int:
        """When the window ends, as it was signed."""
        return self.from_us + WINDOW_S * SECOND_US

    @property
    def cameras(self) -> list[str]:
        """All of them."""
        return [plan.camera for plan in self.stage.machine.units]


@asynccontextmanager
async def told(browser: Browser) -> AsyncIterator[Story]:
    """A hub where nobody has planned anything, and three units that wait in a van."""
    folder = Path(tempfile.mkdtemp(prefix="fz-"))
    folder.chmod(0o755)  # the servers' own users walk through it
    try:
        film = numbered_film(folder / "numbered.mp4", 750, 25)
        async with AsyncExitStack() as stack:
            running = staged(folder / "state", film, window_s=None, prepared=lay_map, units=UNITS)
            story = Story(await stack.enter_async_context(running), browser)
            yield story
            for profile in story.profiles:
                await profile.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def onward(page: Page, step: str) -> None:
    await page.get_by_test_id("next-step").click()
    await expect(page.get_by_test_id(f"step-{step}")).to_have_attribute("aria-current", "step")


async def filled(page: Page, figures: dict[str, object]) -> None:
    """Numbers in their fields, by test id."""
    for testid, figure in figures.items():
        await page.get_by_test_id(testid).fill(str(figure))


async def on_its_ground(page: Page) -> None:
    """A new plan: its regime, its area by numbers, three posts by numbers."""
    await page.goto(f"{address(page)}/plans")
    await page.get_by_test_id("new-plan").click()
    await page.get_by_test_id("new-regime-G151C").check()
    await page.get_by_test_id("new-title").fill("Voorbeeldplein")
    await page.get_by_test_id("make-plan").click()
    await page.get_by_test_id("designation").select_option(index=1)
    await page.get_by_test_id("necessity").fill("Twee optochten komen op hetzelfde plein uit.")
    await onward(page, "area")
    await page.get_by_test_id("take-entries").click()
    await page.get_by_test_id("area-panel").locator("summary").first.click()
    await filled(page, {"corner-3-lat": "54,501190", "corner-4-lat": "54,501190"})
    await onward(page, "posts")
    for n in range(1, UNITS + 1):
        await page.get_by_test_id("add-post").click()
        await page.get_by_test_id("add-post-here").click()
        await expect(page.get_by_test_id("post-table")).to_be_visible()
        if await page.get_by_test_id("post-table").get_attribute("open") is None:  # there is a map to point at
            await page.get_by_test_id("post-table").locator("summary").click()
        place = {"lat": f"54,500{1 + 2 * n}00", "lon": "4,500500"}
        view = {"height": 6, "azimuth": 90, "tilt": 30, "hfov": 66}
        await filled(page, {f"row-c{n}-{name}": figure for name, figure in (place | view).items()})


async def planned(story: Story, page: Page) -> None:
    """A plan from nothing to two who must sign; the window begins in a minute."""
    await on_its_ground(page)
    await onward(page, "window")
    await page.get_by_test_id("add-window").click()
    await filled(page, {f"overrun-{name}": number for name, number in OVERRUN.items()})
    story.from_us = (now_us() // SECOND_US + LEAD_S) * SECOND_US
    ends = {"from": story.from_us, "to": story.until_us}
    await filled(page, {f"window-{end}-1": await page.evaluate(ZONED, at_us) for end, at_us in ends.items()})
    await onward(page, "settings")
    await page.get_by_test_id("recording-continuous").check()
    await page.get_by_test_id("recording-reason").fill("Aangiften worden verwacht.")
    await page.get_by_test_id("link-loss-record").check()
    await onward(page, "team")
    for name in ("planner", OPERATORS[0], "installer"):
        await page.get_by_test_id(f"team-{name}").check()
    await onward(page, "check")
    await expect(page.get_by_test_id("check")).to_have_attribute("data-fresh", "true")
    await expect(page.get_by_test_id("verdict")).to_have_attribute("data-refusals", "0")
    await page.get_by_test_id("submit-plan").click()
    await expect(page.get_by_test_id("plan")).to_have_attribute("data-state", "submitted", timeout=WITHIN_MS)
    (made,) = await page.evaluate("fetch('/v1/deployments').then((answer) => answer.json())")
    story.deployment = made["id"]


async def refused_her_own(story: Story, page: Page) -> None:
    await page.goto(f"{address(page)}/decisions/{story.deployment}")
    await expect(page.get_by_test_id("refused-own")).to_contain_text("R10")
    await expect(page.get_by_test_id("sign")).to_have_count(0)


async def signed(story: Story, approvers: list[Page]) -> None:
    """Each reads it to its end and signs."""
    for count, page in enumerate(approvers, 1):
        await read_through(page, {"id": story.deployment})
        await press(page, "sign")
        await expect(page.get_by_test_id("signed-by")).to_have_attribute("data-count", str(count))


async def hung(phone: Page, desk: Page) -> None:
    """Each unit at its post by the installer's signature and the operator's; the signs are photographed first."""
    await phone.goto(f"{address(phone)}/mast")
    await desk.goto(f"{address(desk)}/assignments")
    for n in range(1, UNITS + 1):
        await phone.get_by_test_id("mast-known").click()
        await phone.get_by_test_id(f"mast-unit-unit-{n}").click()
        await phone.get_by_test_id("mast-take").click()
        await phone.get_by_test_id(f"mast-post-c{n}").click()
        await phone.get_by_test_id("mast-bind").click()
        await phone.get_by_test_id("mast-to-signs").click()
        if n == 1:
            await signposted(phone)
        await phone.get_by_test_id("mast-to-test").click()
        await expect(phone.get_by_test_id("mast-wrong")).to_have_attribute("data-says", "placed.countersign")
        card = desk.locator(f'[data-testid="assignment"][data-unit="unit-{n}"]')
        await expect(card).to_have_attribute("data-signed", "1")
        await card.get_by_test_id("assignment-sign").click()
        await expect(check_of(phone, "placed")).to_have_attribute("data-ok", "true", timeout=WITHIN_MS)
        if n < UNITS:
            await phone.get_by_test_id("mast-anew").click()
            await phone.get_by_test_id("mast-anew-sure").click()


async def signposted(phone: Page) -> None:
    """A photo of the sign at each way in, one after another."""
    await expect(phone.get_by_test_id("mast-photo")).to_be_attached()
    deployment = "fetch('/v1/deployments').then((answer) => answer.json()).then(([one]) => one.id)"
    signs = f"{deployment}.then((id) => fetch(`/v1/deployments/${{id}}/signs`)).then((answer) => answer.json())"
    entries = await phone.evaluate(signs)
    for n, entry in enumerate(entries, 1):
        await expect(phone.get_by_text(f"Ingang {entry['name']}, {n} van {len(entries)}")).to_be_visible()
        await phone.get_by_test_id("mast-photo").set_input_files(SIGN)
        await phone.get_by_test_id("mast-use-photo").click()
    await expect(phone.get_by_test_id("mast-waiting")).to_have_attribute("data-count", "0", timeout=WITHIN_MS)


def check_of(phone: Page, check: str) -> Locator:
    return phone.locator(f'[data-testid="mast-checks"] [data-check="{check}"]')


async def self_tested(phone: Page) -> None:
    """The unit's own word of its order."""
    for check in ("line", "mandate"):
        await expect(check_of(phone, check)).to_have_attribute("data-ok", "true", timeout=WITHIN_MS)


async def captured(page: Page) -> list[int]:
    """When the picture on each tile was taken."""
    tiles = page.get_by_test_id("tile")
    found = await tiles.evaluate_all("(all) => all.map((one) => Number(one.dataset.capturedAtUs))")
    return [int(at_us) for at_us in found]


async def seen_after(page: Page, at_us: int) -> None:
    """Every tile shows a picture that was taken after this."""
    newer = """([count, us]) => {
      const tiles = [...document.querySelectorAll('[data-testid=tile]')];
      return tiles.length === count && tiles.every((one) => Number(one.dataset.capturedAtUs) > us);
    }"""
    await page.wait_for_function(newer, arg=[UNITS, at_us], timeout=WITHIN_MS + LEAD_S * SECOND_MS)


async def looked_on(page: Page) -> None:
    """One press opens all of them when the window does, and they move."""
    await page.goto(f"{address(page)}/wall")
    await page.get_by_test_id("sign-on").click(timeout=WITHIN_MS + LEAD_S * SECOND_MS)
    await seen_after(page, 0)
    await seen_after(page, max(await captured(page)) + SECOND_US)


async def reasoned(page: Page, deed: str, reason: str) -> None:
    await page.get_by_test_id(deed).click()
    await page.get_by_test_id("reason").fill(reason)
    await page.get_by_test_id("deed").click()


async def prolonged(story: Story, page: Page) -> None:
    """People are still there: one of the team takes the first of two overruns, and the pictures go on."""
    await looked_on(page)
    print(f"they moved {(now_us() - story.from_us) / SECOND_US:.1f} s after the window began")
    await expect(page.get_by_test_id("overrun")).to_have_attribute("data-left", "2")
    await reasoned(page, "prolong", "Het plein is nog vol.")
    await expect(page.get_by_test_id("overrun")).to_have_attribute("data-left", "1", timeout=WITHIN_MS)
    assert now_us() < story.until_us, "the overrun came too late"
    await seen_after(page, story.until_us + 2 * SECOND_US)


async def rows_of(story: Story, camera: str) -> list[Row]:
    """What a camera says it filmed, each row signed and chained to the one before, once it says that it is over."""
    stage = story.stage
    unit = next(plan.unit for plan in stage.machine.units if plan.camera == camera)
    certificate = x509.load_pem_x509_certificate((stage.layout.unit(unit) / "identity.pem").read_bytes())
    identity: Any = spki(certificate.public_key())  # type: ignore[arg-type]
    database = Database(Settings(state=stage.layout.state, database_url=stage.machine.database_url).database)
    span = (story.from_us - MINUTE_US, story.until_us + 5 * MINUTE_US)
    try:
        async with asyncio.timeout(30):
            while True:
                kept = [read(row.row) for row in await Rows(database).of_camera(story.deployment, camera, *span)]
                chain = in_order([(one, verified_row(one, identity)) for one in kept], FIRST)
                if chain and isinstance(verified_row(chain[-1], identity), Closing):
                    break
                await asyncio.sleep(0.1)
    finally:
        await database.close()
    links = verified(chain, identity, FIRST)
    assert len(links) == len(kept), "a row hangs loose"
    return [link.row for link in links]


async def test_a_square_is_planned_signed_hung_watched_prolonged_and_left(browser: Browser) -> None:
    async with told(browser) as story:
        planner, phone, *approvers = await asyncio.gather(
            story.member("planner"),
            story.member("installer", PHONE),
            story.approver("approver-1", "slot-3"),
            story.approver("approver-2", "slot-4"),
        )
        await planned(story, planner)
        await refused_her_own(story, planner)
        await signed(story, approvers)
        await hung(phone, planner)
        print(f"three units hung {(story.from_us - now_us()) / SECOND_US:.1f} s before the window")
        assert now_us() < story.from_us, "people were not ready in time"
        await asyncio.gather(self_tested(phone), prolonged(story, planner))

        await reasoned(planner, "stop", "Het plein is leeg.")
        stopped_us = now_us()
        for n in range(UNITS):
            tile = planner.get_by_test_id("tile").nth(n)
            await expect(tile).to_have_attribute("data-state", "closed", timeout=WITHIN_MS)
        assert len(list(log_of(story.stage).find(Event.OVERRUN_TAKEN.value))) == 1

        for camera in story.cameras:
            rows = await rows_of(story, camera)
            closing = rows[-1]
            held = coverage(rows, rows[0].decision, Window(story.from_us, closing.to_us))
            assert held.whole, f"missing, also where it was prolonged: {held.missing}"
            assert all(gap.from_us == story.from_us for gap in held.gaps), "the one before its first picture"
            recorded = [row for row in rows if isinstance(row, IndexRow)]
            assert recorded[0].from_us - story.from_us < BEGINS_WITHIN_US
            assert recorded[-1].to_us > story.until_us + SECOND_US
            assert isinstance(closing, Closing) and closing.ended == "stopped"
            assert recorded[-1].to_us - stopped_us < ENDS_WITHIN_US
