# SPDX-License-Identifier: EUPL-1.2
"""The wall and the overview by keyboard alone: one look for all cameras, layouts, holding, pictures off, prolonging and
stopping; for everybody's eyes (axe), of one origin, and told of changes at once."""

from __future__ import annotations

import base64
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives import serialization
from playwright.async_api import Browser, Page, Route, expect

from contract.envelope import fingerprint, spki
from contract.events import Event
from hub.demo import command
from tests.acceptance.barriers import AXE, barriers
from tests.acceptance.stage import Stage, staged
from tests.acceptance.test_watching import log_of
from tests.acceptance.watching import SECOND_MS
from tests.films import numbered_film

pytestmark = pytest.mark.asyncio(loop_scope="module")

UNITS = 3
WINDOW_S = 1_500  # less than half an hour: the first warning stands from the start
WITHIN_MS = 30 * SECOND_MS
TABS = 60  # presses of Tab after which a page was gone round
OPERATOR = "seed-operator-1"
BLACK = """(canvas) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
  .every((value, index) => index % 4 === 3 || value === 0)"""
# The key that a person made in this browser, as the console keeps it.
KEEP_KEY = """async ({name, pkcs8, spki, fingerprint}) => {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const curve = {name: "ECDSA", namedCurve: "P-256"};
  const privateKey = await crypto.subtle.importKey("pkcs8", bytes(pkcs8), curve, false, ["sign"]);
  const publicKey = await crypto.subtle.importKey("spki", bytes(spki), curve, true, ["verify"]);
  const asked = indexedDB.open("flexzicht", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("keys");
  const database = await new Promise((resolve) => { asked.onsuccess = () => resolve(asked.result); });
  const kept = database.transaction("keys", "readwrite");
  kept.objectStore("keys").put({pair: {privateKey, publicKey}, spki: bytes(spki), fingerprint}, name);
  await new Promise((resolve) => { kept.oncomplete = resolve; });
  database.close();
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room() -> AsyncIterator[Stage]:
    """Three cameras that film."""
    folder = Path(tempfile.mkdtemp(prefix="fz-"))
    folder.chmod(0o755)  # the servers' own uid walks through it
    try:
        film = numbered_film(folder / "numbered.mp4", 750, 25)
        async with staged(folder / "state", film, window_s=WINDOW_S, units=UNITS) as running:
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def eyes(chromium: Path) -> AsyncIterator[Browser]:
    """A real Chromium, in this module's loop."""
    from playwright.async_api import async_playwright

    from tests.acceptance.conftest import FLAGS

    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=str(chromium), args=FLAGS)
        yield opened
        await opened.close()


async def signed_in(browser: Browser, stage: Stage, name: str, **context: Any) -> Page:
    """A fresh browser profile, signed in without a pointer."""
    profile = await browser.new_context(**{"locale": "en-GB", "viewport": {"width": 1440, "height": 900}, **context})
    page = await profile.new_page()
    await page.goto(stage.machine.address)
    await page.get_by_test_id("sign-in-name").focus()
    await page.keyboard.type(name)
    await page.keyboard.press("Tab")
    await page.keyboard.type(stage.password(name))
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("screens")).to_be_visible()
    return page


async def tab_to(page: Page, testid: str) -> None:
    """Press Tab until this has the focus."""
    for _ in range(TABS):
        if await page.evaluate("document.activeElement?.dataset?.testid") == testid:
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"{testid} is not reached with Tab")


async def signed_on(page: Page) -> None:
    """One press opens all pictures."""
    await expect(page.get_by_test_id("sign-on")).to_be_visible()
    await tab_to(page, "sign-on")
    await page.keyboard.press("Enter")
    for n in range(UNITS):
        await expect(tile(page, n + 1)).to_have_attribute("data-state", "live", timeout=WITHIN_MS)


def tile(page: Page, number: int) -> Any:
    return page.locator("[data-testid=tile]").nth(number - 1)


async def visible(page: Page) -> list[int]:
    """The numbers of the tiles that are shown."""
    shown = await page.locator("[data-testid=tile]").evaluate_all("all => all.map((one) => !one.hidden)")
    return [number for number, is_shown in enumerate(shown, 1) if is_shown]


async def looks_of(page: Page) -> set[str | None]:
    return {await tile(page, n + 1).get_attribute("data-log-index") for n in range(UNITS)}


async def test_a_shift_begins_with_one_press_and_goes_by_keys(room: Stage, eyes: Browser) -> None:
    before = len(list(log_of(room).find(Event.VIEW_GRANTED.value)))
    page = await signed_in(eyes, room, "kijker")
    await signed_on(page)

    (look,) = await looks_of(page)
    assert len(list(log_of(room).find(Event.VIEW_GRANTED.value))) == before + 1, "one press, one line in the log"
    await expect(page.get_by_test_id("looker")).to_have_count(1)  # told at once, not when it is asked for again

    await page.keyboard.press("2")
    await expect(tile(page, 2)).to_have_attribute("data-selected", "true")
    await expect(tile(page, 2)).to_be_focused()
    await page.keyboard.press("Enter")
    assert await visible(page) == [2]
    await page.keyboard.press("3")
    await expect(tile(page, 3)).to_be_focused()
    assert await visible(page) == [3]
    await page.keyboard.press("0")
    assert await visible(page) == [1, 2, 3]
    tiles = page.get_by_test_id("tiles")
    first = await tiles.get_attribute("data-layout")
    await page.keyboard.press("g")
    await expect(tiles).not_to_have_attribute("data-layout", first or "")
    await page.keyboard.press("0")

    await page.keyboard.press(" ")
    await expect(tile(page, 3)).to_have_attribute("data-state", "frozen")
    await expect(tile(page, 3).get_by_test_id("tile-frozen")).to_contain_text("FROZEN at")
    held = await tile(page, 3).get_attribute("data-captured-at-us")
    await expect(tile(page, 1)).to_have_attribute("data-state", "live")
    await page.wait_for_function(
        "us => Number(document.querySelector('[data-testid=tile]').dataset.capturedAtUs) > us + 1e6", arg=int(held or 0)
    )
    assert await tile(page, 3).get_attribute("data-captured-at-us") == held
    await page.keyboard.press(" ")
    await expect(tile(page, 3)).to_have_attribute("data-state", "live")

    await page.keyboard.press("/")
    await page.keyboard.type("2")
    await page.keyboard.press("Enter")
    await expect(tile(page, 2)).to_be_focused()
    assert await looks_of(page) == {look}, "all of it was one look"
    await page.context.close()


async def test_pictures_off_ends_every_look_and_bringing_them_back_is_a_new_one(room: Stage, eyes: Browser) -> None:
    page = await signed_in(eyes, room, "kijker")
    await signed_on(page)
    (look,) = await looks_of(page)

    await page.keyboard.press("Shift+Escape")
    for n in range(UNITS):
        await expect(tile(page, n + 1)).to_have_attribute("data-state", "off")
        assert await tile(page, n + 1).get_by_test_id("tile-canvas").evaluate(BLACK), (
            "nothing of the last picture remains"
        )
    await expect(page.get_by_test_id("pictures-off")).to_be_visible()
    await expect(page.get_by_test_id("looker")).to_have_count(0, timeout=WITHIN_MS)

    await page.keyboard.press("Shift+Escape")
    for n in range(UNITS):
        await expect(tile(page, n + 1)).to_have_attribute("data-state", "live", timeout=WITHIN_MS)
    (again,) = await looks_of(page)
    assert again != look
    await page.context.close()


async def test_keys_of_one_character_can_be_switched_off_without_one(room: Stage, eyes: Browser) -> None:
    page = await signed_in(eyes, room, "kijker")
    await expect(page.get_by_test_id("tiles")).to_be_visible()
    await page.keyboard.press("?")
    dialog = page.get_by_test_id("keys-dialog")
    await expect(dialog).to_be_visible()
    assert await dialog.get_by_test_id("keys-group").count() >= 3  # everywhere, the wall, looking back
    await tab_to(page, "letter-keys")
    await page.keyboard.press(" ")
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()

    await page.keyboard.press("2")
    await page.keyboard.press("?")
    await expect(dialog).to_be_hidden()
    await expect(tile(page, 2)).to_have_attribute("data-selected", "false")
    await tab_to(page, "keys")
    await page.keyboard.press("Enter")
    await tab_to(page, "letter-keys")
    await page.keyboard.press(" ")
    await page.keyboard.press("Escape")
    await page.keyboard.press("2")
    await expect(tile(page, 2)).to_have_attribute("data-selected", "true")
    await page.context.close()


async def test_a_screen_says_who_has_a_right_to_it(room: Stage, eyes: Browser) -> None:
    page = await signed_in(eyes, room, "kijker")
    assert await page.get_by_test_id("screens").get_by_role("link").all_inner_texts() == [
        "Live wall",
        "Look back",
        "Log",
    ]
    await page.goto(f"{room.machine.address}/overview")
    refused = page.get_by_test_id("no-right")
    await expect(refused).to_contain_text("viewer")
    await expect(refused).to_contain_text("operator, approver")
    await expect(page.get_by_test_id("films")).to_have_count(0)
    await page.context.close()


@pytest.mark.skipif(not AXE.is_file(), reason="the console's packages are not installed: ./flexzicht test does it")
@pytest.mark.parametrize(("scheme", "locale"), [("light", "nl-NL"), ("dark", "en-GB")])
async def test_nothing_stands_in_anybodys_way(room: Stage, eyes: Browser, scheme: Any, locale: str) -> None:
    # Still: a colour on its way from one state to the next is neither.
    still: dict[str, Any] = {"color_scheme": scheme, "locale": locale, "reduced_motion": "reduce"}
    stranger = await (await eyes.new_context(**still)).new_page()
    await stranger.goto(room.machine.address)
    await stranger.get_by_test_id("sign-in-submit").press("Enter")  # what is missing is said
    assert await barriers(stranger) == []
    await stranger.context.close()

    page = await signed_in(eyes, room, OPERATOR, **still)
    await expect(page.get_by_test_id("films")).to_be_visible()
    assert await barriers(page) == []
    for path, testid in (("/replay", "replay"), ("/log", "log-size")):
        await page.goto(f"{room.machine.address}{path}")
        await expect(page.get_by_test_id(testid)).to_be_visible()
        assert await barriers(page) == [], path
    await page.goto(room.machine.address)

    await page.get_by_test_id("go-watch").press("Enter")
    await signed_on(page)
    assert await barriers(page) == []
    for key, testid in (("?", "keys-dialog"), ("/", "find-dialog")):
        await page.keyboard.press(key)
        await expect(page.get_by_test_id(testid)).to_be_visible()
        assert await barriers(page) == []
        await page.keyboard.press("Escape")
    await page.get_by_test_id("stop").press("Enter")
    await page.get_by_test_id("deed").press("Enter")  # what is missing is said
    assert await barriers(page) == []
    await page.keyboard.press("Escape")
    await page.keyboard.press("Shift+Escape")
    assert await barriers(page) == []

    await page.set_viewport_size({"width": 390, "height": 844})
    assert await barriers(page) == []
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "a phone scrolls down, never sideways"
    await page.context.close()


async def test_every_request_stays_with_the_hub_and_the_policy_is_never_broken(room: Stage, eyes: Browser) -> None:
    asked: list[str] = []
    profile = await eyes.new_context(locale="en-GB")
    await profile.add_init_script(
        "window.broken = []; document.addEventListener('securitypolicyviolation',"
        " (event) => window.broken.push(event.violatedDirective + ' ' + event.blockedURI))"
    )
    page = await profile.new_page()
    page.on("request", lambda request: asked.append(request.url))
    answer = await page.goto(room.machine.address)
    assert answer is not None and "unsafe" not in answer.headers["content-security-policy"]
    await page.get_by_test_id("sign-in-name").fill("kijker")
    await page.get_by_test_id("sign-in-password").fill(room.password("kijker"))
    await page.get_by_test_id("sign-in-submit").press("Enter")
    await signed_on(page)
    for path in ("/replay", "/log", "/wall"):
        await page.goto(f"{room.machine.address}{path}")
        await expect(page.get_by_test_id("screens")).to_be_visible()
        assert await page.evaluate("window.broken") == []
    assert asked and all(url.startswith((room.machine.address, "blob:")) for url in asked)
    await profile.close()


async def test_a_key_that_is_made_while_one_is_signed_in_counts_at_once(room: Stage, eyes: Browser) -> None:
    async def without_key(route: Route) -> None:
        """Signing in came before the key was made."""
        answer = await route.fetch()
        keyless = {**await answer.json(), "key": None} if route.request.method == "POST" else await answer.json()
        await route.fulfill(response=answer, json=keyless)

    profile = await eyes.new_context(locale="en-GB", viewport={"width": 1440, "height": 900})
    page = await profile.new_page()
    await page.route("**/v1/session", without_key)
    await page.goto(room.machine.address)
    await page.get_by_test_id("sign-in-name").fill(OPERATOR)
    await page.get_by_test_id("sign-in-password").fill(room.password(OPERATOR))
    await page.get_by_test_id("sign-in-submit").press("Enter")
    await expect(page.get_by_test_id("films").get_by_test_id("prolong")).to_be_visible(timeout=WITHIN_MS)
    await page.get_by_test_id("go-watch").press("Enter")
    await expect(page.get_by_test_id("tiles")).to_be_visible()
    await page.keyboard.press("e")
    await expect(page.get_by_test_id("prolong-dialog")).to_be_visible()
    await profile.close()


async def test_who_approved_is_named_and_not_guessed(room: Stage, eyes: Browser) -> None:
    page = await signed_in(eyes, room, OPERATOR)
    card = page.get_by_test_id("films")
    await expect(card).to_have_attribute("data-films", "true", timeout=WITHIN_MS)
    names = [name for _, name in command.PLAN.slots[:2]]
    await expect(card.get_by_test_id("approved-by")).to_have_text(f"Approved by {' and '.join(names)}.")
    await expect(page.get_by_test_id("header-recording")).to_have_attribute("data-recording", "yes", timeout=WITHIN_MS)
    await page.context.close()


async def test_what_lies_over_the_wall_is_as_dark_as_it(room: Stage, eyes: Browser) -> None:
    page = await signed_in(eyes, room, "kijker", color_scheme="light")
    await expect(page.get_by_test_id("tiles")).to_be_visible()
    ground = "(one) => getComputedStyle(one).backgroundColor"
    await page.keyboard.press("?")
    keys = await page.get_by_test_id("keys-dialog").evaluate(ground)
    await page.keyboard.press("Escape")
    await page.keyboard.press("/")
    assert keys == await page.get_by_test_id("find-dialog").evaluate(ground)
    await page.context.close()


async def test_one_of_the_team_prolongs_with_their_key_and_one_stops(room: Stage, eyes: Browser) -> None:
    page = await signed_in(eyes, room, OPERATOR)
    key = serialization.load_pem_private_key((room.layout.seeds / f"{OPERATOR}.key").read_bytes(), None)
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = spki(key.public_key())  # type: ignore[arg-type]
    kept = {"pkcs8": base64.b64encode(private).decode(), "spki": base64.b64encode(public).decode()}
    await page.evaluate(KEEP_KEY, {"name": OPERATOR, "fingerprint": fingerprint(public), **kept})
    await page.goto(f"{room.machine.address}/wall")
    await signed_on(page)
    window = page.get_by_test_id("window")
    await expect(window).to_have_attribute("data-warning", "30")
    await expect(page.get_by_test_id("overrun")).to_have_attribute("data-left", "2")

    await page.keyboard.press("e")
    await page.keyboard.type("People are still on the square.")
    await tab_to(page, "deed")
    await page.keyboard.press("Enter")

    await expect(page.get_by_test_id("prolong-dialog")).to_have_count(0, timeout=WITHIN_MS)
    await expect(page.get_by_test_id("overrun")).to_have_attribute("data-left", "1", timeout=WITHIN_MS)
    await expect(window).not_to_have_attribute("data-warning", "30")
    assert len(list(log_of(room).find(Event.OVERRUN_TAKEN.value))) == 1
    for n in range(UNITS):
        await expect(tile(page, n + 1)).to_have_attribute("data-state", "live")

    await tab_to(page, "stop")
    await page.keyboard.press("Enter")
    await page.keyboard.type("The square is empty.")
    await tab_to(page, "deed")
    await page.keyboard.press("Enter")
    for n in range(UNITS):
        await expect(tile(page, n + 1)).to_have_attribute("data-state", "closed", timeout=WITHIN_MS)
    await expect(window).to_have_attribute("data-open", "false")
    await page.context.close()
