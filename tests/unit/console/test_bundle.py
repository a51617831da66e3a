# SPDX-License-Identifier: EUPL-1.2
"""What a browser loads before it can show anything: small, of our own origin, and nothing inline."""

import gzip
import re
from pathlib import Path

import pytest

from hub.embedded.caddy import CONTENT_SECURITY_POLICY

STATIC = Path(__file__).resolve().parents[3] / "hub/static"
INDEX = STATIC / "index.html"
ENTRY_LIMIT = 170_000  # bytes, as Caddy would send them compressed

pytestmark = pytest.mark.skipif(not INDEX.is_file(), reason="the console is not built: ./flexzicht test does it")


def test_the_entry_is_small() -> None:
    """The script that the page names, and all that it needs before it runs."""
    named = re.findall(r'(?:src|href)="/(assets/[^"]+\.js)"', INDEX.read_text())
    assert named
    sizes = {name: len(gzip.compress((STATIC / name).read_bytes())) for name in named}
    assert sum(sizes.values()) <= ENTRY_LIMIT, sizes


def test_the_page_holds_nothing_inline_and_nothing_of_others() -> None:
    page = INDEX.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", page)
    assert not re.search(r'(?:src|href)="(?!/)', page)


def test_no_stylesheet_fetches_from_elsewhere() -> None:
    for sheet in STATIC.glob("assets/*.css"):
        assert not re.search(r"url\(\s*['\"]?(?:https?:)?//|@import", sheet.read_text()), sheet.name


def test_the_policy_allows_no_inline_script_or_style_and_no_other_origin() -> None:
    directives = dict(part.split(" ", 1) for part in CONTENT_SECURITY_POLICY.split("; "))
    assert "unsafe" not in CONTENT_SECURITY_POLICY and "http" not in CONTENT_SECURITY_POLICY
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["style-src"] == directives["connect-src"] == "'self'"
