# SPDX-License-Identifier: EUPL-1.2
"""Each page of docs/policy/ says its rule in two languages, with its source, where in the code and which test.

That the paths and tests are there is tests/test_house.py's to say.
"""

import re
from pathlib import Path

import pytest

from hub.deployments import drafting, rules

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted(page for page in (ROOT / "docs/policy").glob("*.md") if page.name != "README.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_says_all_of_a_rule(page: Path) -> None:
    text = page.read_text()

    for part in ("**Wet / Law**: ", "**Nederlands.** ", "**English.** ", "**Code**: `", "**Test**: `"):
        assert text.count(part) == 1, part
    assert re.search(r"tests/[\w/]+\.py::\w+", text)
    assert f"({page.name})" in (ROOT / "docs/policy/README.md").read_text()


def test_every_rule_that_refuses_a_plan_has_its_page() -> None:
    code = "".join(Path(module.__file__).read_text() for module in (rules, drafting))
    said = "".join(page.read_text() for page in PAGES)

    assert {rule for rule in re.findall(r"\bR[0-9]{2}\b", code)} <= set(re.findall(r"\bR[0-9]{2}\b", said))
