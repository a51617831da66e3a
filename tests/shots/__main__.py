# SPDX-License-Identifier: EUPL-1.2
"""`./flexzicht shots --out DIR`: every screen, in both schemes and two widths, photographed while a demonstration runs.

What is photographed is listed in tests/shots/scenes.py; a screen that the console has and that list lacks is an error.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright
from playwright.async_api import Error as BrowserError

from edge.simulate import street_film
from hub.config import surroundings
from hub.demo.command import STREET_NOTE, unit_plans
from tests.acceptance.conftest import FLAGS
from tests.acceptance.stage import Stage, staged
from tests.bench.unit import REQUIREMENTS
from tests.chromium import find_chromium
from tests.programs import MissingProgramError
from tests.shots.played import played
from tests.shots.scenes import SCENES, Scene, unlisted

MAP = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]  # in place of --disable-gpu, where a map is drawn
SCHEMES = ("light", "dark")
WINDOW_S = 2 * 3600  # longer than it takes
SAID = 400  # characters of what a browser says that it waited for
WIDTHS = {"wide": (1440, 900), "phone": (390, 844)}


@dataclass(frozen=True)
class Look:
    """How a scene is looked at."""

    scheme: str
    width: str
    language: str

    @property
    def suffix(self) -> str:
        """What its file is called after the scene's name."""
        return f"{self.scheme}-{self.width}"


async def photograph(out: Path, language: str, only: str | None) -> list[str]:
    """All scenes in all looks; gives the names of those that were not reached."""
    out.mkdir(parents=True, exist_ok=True)
    cache = surroundings().cache
    film = await asyncio.to_thread(street_film, cache, REQUIREMENTS)
    scenes = [scene for scene in SCENES if only is None or only in scene.name]
    units = unit_plans(film, STREET_NOTE)
    looks = [Look(scheme, width, language) for scheme in SCHEMES for width in WIDTHS]
    missed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="fz-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        folder.chmod(0o755)  # the servers' own users walk through it
        async with staged(folder / "state", film, WINDOW_S, units=units) as stage, browsers() as (plain, drawing):
            told = await played(stage)
            for scene in scenes:
                for look in looks:
                    browser = drawing if scene.draws else plain
                    name = f"{scene.name}-{look.suffix}"
                    try:
                        await shot(browser, stage, scene, told, look, out / f"{name}.png")
                    except (BrowserError, AssertionError) as error:  # the others are wanted all the same
                        missed.append(name)
                        print(f"shots: {name} is not reached: {str(error)[:SAID]}", file=sys.stderr)
    print(f"shots: {len(scenes) * len(looks) - len(missed)} pictures in {out}", file=sys.stderr)
    return missed


@asynccontextmanager
async def browsers() -> AsyncIterator[tuple[Browser, Browser]]:
    """One that reads moving pictures back cheaply, and one that draws maps."""
    program = str(find_chromium())
    async with async_playwright() as playwright:
        plain = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        flags = [*(flag for flag in FLAGS if flag != "--disable-gpu"), *MAP]
        drawing = await playwright.chromium.launch(executable_path=program, args=flags)
        yield plain, drawing
        await plain.close()
        await drawing.close()


async def shot(browser: Browser, stage: Stage, scene: Scene, told: dict[str, str], look: Look, file: Path) -> None:
    """One picture: of the screen as a person finds it, or of the whole page where that is longer."""
    wide, high = WIDTHS[look.width]
    profile = await browser.new_context(
        viewport={"width": wide, "height": high},
        color_scheme="dark" if look.scheme == "dark" else "light",
        locale="nl-NL" if look.language == "nl" else "en-GB",
        reduced_motion="reduce",
    )
    page: Page = await profile.new_page()
    try:
        await scene.reached(page, stage, told)
        await page.screenshot(path=file, full_page=scene.whole)
    finally:
        await profile.close()


def main() -> int:
    """The program."""
    parser = argparse.ArgumentParser(prog="./flexzicht shots", allow_abbrev=False)
    parser.add_argument("--out", required=True, type=Path, help="the folder for the pictures")
    parser.add_argument("--language", choices=("nl", "en"), default="nl", help="which of the two the screens speak")
    parser.add_argument("--only", help="only scenes with this in their name")
    given = parser.parse_args()
    if missing := unlisted():
        print(f"shots: no scene shows {', '.join(sorted(missing))}: add one to tests/shots/scenes.py", file=sys.stderr)
        return 1
    try:
        missed = asyncio.run(photograph(given.out, given.language, given.only))
    except (MissingProgramError, BrowserError, OSError) as error:
        print(f"shots: {error}", file=sys.stderr)
        return 2
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
