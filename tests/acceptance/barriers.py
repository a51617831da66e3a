# SPDX-License-Identifier: EUPL-1.2
"""What on a page stands in somebody's way, as axe-core finds it (WCAG 2.2)."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page

AXE = Path(__file__).resolve().parents[2] / "hub/console/node_modules/axe-core/axe.min.js"
# All that is asked for is what is wrong; what is right costs most of the time.
_RUN = """() => axe.run(document, {resultTypes: ["violations"], preload: false})
  .then((found) => found.violations.map((one) => one.id + ': ' + one.nodes[0].html))"""


async def barriers(page: Page) -> list[str]:
    """Each rule that the page breaks, with the first element that does."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text())  # by the debugger: the policy lets no script in
    found: list[str] = await page.evaluate(_RUN)
    return found
