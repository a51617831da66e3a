# SPDX-License-Identifier: EUPL-1.2
"""The urgent path by real clicks: from nothing that anybody planned to four tiles that move, timed.

An operator at a desk asks, the first approver whom she calls does not answer, two others bind the keys of their phones
with printed codes and sign, an installer hangs four units with a phone, the operator countersigns and looks. Every
click and key is pressed in a browser at a person's pace. What people do away from a screen is not in it: reading what
they sign, telephoning those who do answer, the way to the mast and up.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect

from hub.demo import seeds
from hub.demo.command import PLAN, lay_map
from tests.acceptance.conftest import FLAGS
from tests.acceptance.stage import Stage, staged
from tests.acceptance.test_story import DESK, PHONE, SIGN, check_of
from tests.bench.machine import in_a_folder, small_film, unit_plans
from tests.bench.unit import say
from tests.chromium import find_chromium

UNITS = 4  # as many posts as an urgent plan has by policy
# A person's pace by the keystroke-level model (Card, Moran and Newell, CACM 23(7), 1980): to make up one's mind 1.35 s,
# to point 1.1 s, to press 0.1 s; a key 0.28 s for who types, but not for a living.
PRESS_S, KEY_S = 2.55, 0.28
UNANSWERED_S = 60  # the first approver's telephone rings, and nobody answers
WITHIN_MS = 90_000
STILL_S = 10  # a tile whose picture is the same for so long does not move
CALLED_FIRST, SIGNERS = ("approver-1", "slot-3"), {"approver-2": "slot-4", "seed-approver-1": "slot-1"}
REASON = "Op het plein wordt bij de hekken gedrongen."
PICTURES = """() => Object.fromEntries([...document.querySelectorAll('[data-testid=tile]')]
  .map(({dataset}) => [dataset.camera, dataset.state === 'live' ? Number(dataset.capturedAtUs) : 0]))"""


@dataclass
class Hands:
    """One person's, on a page of their own: what they press, and how long they are at it."""

    page: Page
    presses: int = 0
    typed: int = 0
    busy_s: float = 0.0

    async def press(self, target: Locator) -> None:
        """Click, once it can be clicked: until then the person waits for a machine."""
        await expect(target).to_be_visible(timeout=WITHIN_MS)
        await expect(target).not_to_have_attribute("aria-disabled", "true", timeout=WITHIN_MS)
        with self._busy():
            await asyncio.sleep(PRESS_S)
            await target.click(timeout=WITHIN_MS)
        self.presses += 1

    async def on(self, testid: str) -> None:
        """Press the thing of this test id."""
        await self.press(self.page.get_by_test_id(testid))

    async def go(self, path: str) -> None:
        """By the header's own link."""
        await self.press(self.page.get_by_test_id("screens").locator(f'[href="{path}"]'))

    async def write(self, testid: str, text: str) -> None:
        """Press into a field and type."""
        await self.on(testid)
        with self._busy():
            await self.page.keyboard.type(text, delay=KEY_S * 1000)
        self.typed += len(text)

    async def key(self, name: str) -> None:
        """One key that is no letter."""
        with self._busy():
            await asyncio.sleep(KEY_S)
            await self.page.keyboard.press(name)
        self.presses += 1

    async def sign_in(self, stage: Stage, name: str) -> None:
        """With the printed name and password."""
        await self.write("sign-in-name", name)
        await self.write("sign-in-password", stage.password(name))
        await self.on("sign-in-submit")
        await expect(self.page.get_by_test_id("screens")).to_be_visible(timeout=WITHIN_MS)

    def _busy(self) -> _Busy:
        return _Busy(self)


@dataclass
class _Busy:
    """While this lasts, it is the person who acts."""

    hands: Hands
    began_s: float = 0.0

    def __enter__(self) -> None:
        self.began_s = time.monotonic()

    def __exit__(self, *raised: object) -> None:
        self.hands.busy_s += time.monotonic() - self.began_s


@dataclass
class Course:
    """Who is in it, and how long each part took."""

    stage: Stage
    browser: Browser
    people: list[Hands] = field(default_factory=list)
    profiles: list[BrowserContext] = field(default_factory=list)
    took_s: dict[str, float] = field(default_factory=dict)

    async def person(self, size: dict[str, int]) -> Hands:
        """Somebody before the sign-in page, in a browser profile of their own."""
        profile = await self.browser.new_context(locale="nl-NL", viewport=size)  # type: ignore[arg-type]
        self.profiles.append(profile)
        hands = Hands(await profile.new_page())
        hands.page.set_default_timeout(WITHIN_MS)
        await hands.page.goto(self.stage.machine.address)
        self.people.append(hands)
        return hands

    @asynccontextmanager
    async def part(self, name: str) -> AsyncIterator[None]:
        """A part of it, timed and told."""
        began_s = time.monotonic()
        yield
        self.took_s[f"{name}_s"] = round(time.monotonic() - began_s, 1)
        say(f"{name}: {self.took_s[f'{name}_s']} s")

    def code(self, slot: str, nth: int) -> str:
        """What is printed on a slot's sheets."""
        return str(json.loads((self.stage.layout.offline / "codes.json").read_text())[slot][nth])


def measured(seconds: int) -> dict[str, object]:
    """The figures, in seconds; the tiles are watched for `seconds` after they moved first, which is in none of them."""
    return in_a_folder(small_film(), lambda state, own: _measured(state, own, seconds))


async def _measured(state: Path, film: Path, seconds: int) -> dict[str, object]:
    plans = unit_plans(film, UNITS)
    say(f"starting the hub and {UNITS} units; nobody has planned anything")
    async with AsyncExitStack() as stack:
        running = staged(state, film, window_s=None, prepared=lay_map, units=plans)
        stage = await stack.enter_async_context(running)
        await _bound_long_ago(stage)
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=str(find_chromium()), args=FLAGS)
        stack.push_async_callback(browser.close)
        course = Course(stage, browser)
        began_s = time.monotonic()
        operator = await _filmed(course)
        total_s = time.monotonic() - began_s
        say(f"four tiles move after {total_s:.0f} s; watching them for {seconds} s more")
        await _go_on(operator.page, seconds)
        for profile in course.profiles:
            await profile.close()
    return {
        "total_s": round(total_s, 1),
        "clicks": sum(one.presses + one.typed for one in course.people),
        "typed": sum(one.typed for one in course.people),
        "clicks_s": round(sum(one.busy_s for one in course.people), 1),
        "tiles": UNITS,
        **course.took_s,
    }


async def _bound_long_ago(stage: Stage) -> None:
    """Who is called first can sign, as far as anybody knows; today the telephone stays silent."""
    name, slot = CALLED_FIRST
    codes = json.loads((stage.layout.offline / "codes.json").read_text())
    key = stage.layout.seeds / f"{name}.key"
    async with seeds.Seed(stage.machine.address, name, stage.password(name), key) as approver:
        await approver.bind(PLAN.municipality, slot, codes[slot][0])


async def _filmed(course: Course) -> Hands:
    """All of it; gives the operator, before whose eyes the tiles move."""
    async with course.part("entered"):
        operator, installer = await course.person(DESK), await course.person(PHONE)
        await asyncio.gather(_member(course, operator, "planner"), _member(course, installer, "installer"))
    async with course.part("asked"):
        deployment = await _asked(operator)
    async with course.part("unanswered"):
        await expect(operator.page.get_by_test_id("urgent-waiting")).to_contain_text("J. Verzonnen")
        await asyncio.sleep(UNANSWERED_S)
    async with course.part("bound"):
        approvers = [await course.person(PHONE) for _ in SIGNERS]
        pairs = zip(approvers, SIGNERS.items(), strict=True)
        await asyncio.gather(*(_bound(course, hands, *who) for hands, who in pairs))
    async with course.part("signed"):
        await asyncio.gather(*(_signed(hands, deployment) for hands in approvers))
        waiting = operator.page.get_by_test_id("urgent-waiting")
        await expect(waiting).to_have_attribute("data-signed", "2", timeout=WITHIN_MS)
    async with course.part("hung"):
        await operator.on("urgent-placements")
        await installer.go("/mast")
        for n in range(1, UNITS + 1):
            await _hung(installer, operator, n)
    async with course.part("seen"):
        await operator.go("/wall")
        await operator.on("sign-on")
        await _moving(operator.page)
    return operator


async def _member(course: Course, hands: Hands, name: str) -> None:
    """One of the team: signed in, with a key made there."""
    await hands.sign_in(course.stage, name)
    await hands.on("make-key-here")
    await expect(hands.page.get_by_test_id("key-bar")).to_have_count(0, timeout=WITHIN_MS)


async def _asked(operator: Hands) -> str:
    """The urgent form, from the list of plans to two who are to sign; gives the deployment."""
    page = operator.page
    await operator.go("/plans")
    await operator.on("urgent")
    await operator.press(page.get_by_test_id("urgent-end").nth(1))
    await operator.write("urgent-reason", REASON)
    await operator.write("urgent-mandate", "B. Nergens")
    await operator.on("urgent-submit")
    waiting = page.get_by_test_id("urgent-waiting")
    await expect(waiting).to_have_attribute("data-signed", "0", timeout=WITHIN_MS)
    return str(await waiting.get_attribute("data-deployment"))


async def _bound(course: Course, hands: Hands, name: str, slot: str) -> None:
    """An approver's key, made on this phone with a printed code; who has a key elsewhere takes the spare one."""
    await hands.sign_in(course.stage, name)
    await hands.on("to-people")
    await hands.write("bind-code", course.code(slot, int(name.startswith("seed"))))
    await hands.on("bind")
    await expect(hands.page.get_by_test_id("own-key")).to_have_attribute("data-state", "ready", timeout=WITHIN_MS)


async def _signed(hands: Hands, deployment: str) -> None:
    """Read to its end, and signed."""
    page = hands.page
    await hands.go("/decisions")
    await hands.press(page.locator(f'[data-deployment="{deployment}"]').get_by_test_id("open-decision"))
    await expect(page.get_by_test_id("sheet")).to_be_visible(timeout=WITHIN_MS)
    await hands.key("End")
    await hands.on("sign")
    await expect(page.get_by_test_id("signed")).to_be_visible(timeout=WITHIN_MS)


async def _hung(installer: Hands, operator: Hands, n: int) -> None:
    """A unit at its post by the installer's signature and the operator's; the sign is photographed with the first."""
    phone, desk = installer.page, operator.page
    steps = ("mast-known", f"mast-unit-unit-{n}", "mast-take", f"mast-post-post-{n}", "mast-bind", "mast-to-signs")
    for step in steps:
        await installer.on(step)
    if n == 1:
        async with phone.expect_file_chooser() as chooser:
            await installer.on("mast-take-photo")
        await (await chooser.value).set_files(SIGN)
        await installer.on("mast-use-photo")
    await installer.on("mast-to-test")
    card = desk.locator(f'[data-testid="assignment"][data-unit="unit-{n}"][data-signed="1"]')
    await operator.press(card.get_by_test_id("assignment-sign"))
    await expect(check_of(phone, "placed")).to_have_attribute("data-ok", "true", timeout=WITHIN_MS)
    if n < UNITS:
        await installer.on("mast-anew")
        await installer.on("mast-anew-sure")


async def _moving(page: Page) -> None:
    """All tiles have a picture, and a second one that was taken later."""
    first = await _pictures_after(page, {}, WITHIN_MS / 1000)
    await _pictures_after(page, first, WITHIN_MS / 1000)


async def _go_on(page: Page, seconds: int) -> None:
    """They move on for so long."""
    until_s, last = time.monotonic() + seconds, await _pictures(page)
    while time.monotonic() < until_s:
        last = await _pictures_after(page, last, STILL_S)


async def _pictures_after(page: Page, before: dict[str, int], within_s: float) -> dict[str, int]:
    """When each tile's picture was taken, once every one is live and newer than before.

    Raises:
        AssertionError: one is not, in time; the message names it.
    """
    until_s = time.monotonic() + within_s
    while True:
        now = await _pictures(page)
        still = [camera for camera in now if now[camera] <= before.get(camera, 0)]
        if len(now) == UNITS and not still:
            return now
        if time.monotonic() > until_s:
            raise AssertionError(f"{len(now)} tiles after {within_s:.0f} s, and these do not move: {', '.join(still)}")
        await asyncio.sleep(0.2)


async def _pictures(page: Page) -> dict[str, int]:
    found = await page.evaluate(PICTURES)
    return {str(camera): int(at_us) for camera, at_us in found.items()}
