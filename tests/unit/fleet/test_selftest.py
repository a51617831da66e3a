# SPDX-License-Identifier: EUPL-1.2
"""May the installer go home? What is wrong comes first and says what to do; what is unknown is no pass."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contract.messages import CameraHealth, CameraState
from hub.fleet import readiness
from hub.fleet.selftest import SEEN_WITHIN_US, SelfTest, self_test
from hub.fleet.selftest_words import EN, NL
from tests.unit.fleet.test_readiness import FACTS, HEALTH, HOUR_US, NOW_US, PLANNED, SECOND_US

SEEN = (CameraHealth("cam-1", 0, 0, NOW_US - 60 * SECOND_US),)


def trial(online: bool = True, language: Any = "nl", **changes: Any) -> SelfTest:
    """A unit that hangs and is ready, changed."""
    own = {name: value for name, value in changes.items() if hasattr(FACTS, name)}
    figures = {name: value for name, value in changes.items() if name not in own}
    health = replace(HEALTH, **{"cameras": SEEN, **figures})
    facts = replace(FACTS, **{"health": health, "planned": replace(PLANNED, post="Podium"), **own})
    return self_test(facts, online, NOW_US, language)


def test_a_unit_that_is_ready_says_so() -> None:
    found = trial()
    assert found.verdict == "ready"
    assert [check.check for check in found.checks] == [
        *("line", "placed", "mandate", "camera", "clock", "certificate", "disk"),
    ]
    assert all(check.ok and not check.do for check in found.checks)
    assert found.checks[1].title == "Geplaatst op Podium"


@pytest.mark.parametrize(
    ("changes", "says", "title"),
    [
        ({"online": False}, "line.silent", "De unit meldt zich niet"),
        (
            {"received_at_us": NOW_US - 600 * SECOND_US, "at_us": NOW_US - 600 * SECOND_US},
            "line.silent",
            "De unit meldt",
        ),
        ({"health": None}, "line.never", "nooit gemeld"),
        ({"planned": None}, "placed.nowhere", "nog op geen post"),
        ({"orders": ()}, "mandate.missing", "nog niet bij de unit"),
        ({"orders": (), "held_back": 1}, "mandate.held-back", "nog niet krijgen"),
        (
            {"orders": (), "camera": CameraState("cam-1", "refused", "mandate.proof", "x")},
            "mandate.refused",
            "weigert de opdracht",
        ),
        ({"cameras": (CameraHealth("cam-1", 0, 0, None),)}, "camera.unseen", "nog geen beeld gezien"),
        (
            {"cameras": (CameraHealth("cam-1", 0, 0, NOW_US - SEEN_WITHIN_US - 1),)},
            "camera.long-ago",
            "gaf 20 minuten geen beeld",
        ),
        ({"camera": CameraState("cam-1", "failing", "camera", "x")}, "camera.failing", "geeft geen beeld"),
        ({"at_us": NOW_US - 64 * SECOND_US}, "clock.behind", "64 seconden achter"),
        ({"at_us": NOW_US + 64 * SECOND_US}, "clock.ahead", "64 seconden voor"),
        (
            {"clock": replace(HEALTH.clock, synchronised=False), "at_us": NOW_US - 9 * SECOND_US},
            "clock.free",
            "loopt los, 9 seconden anders",
        ),
        ({"certificate_until_us": NOW_US + HOUR_US}, "certificate.ends-before", "eindigt voor de inzet"),
        ({"certificate_until_us": NOW_US - HOUR_US}, "certificate.over", "is verlopen"),
        ({"disk_free": 0}, "disk.short", "ruimte voor 0 uur, nodig is 8"),
    ],
)
def test_what_is_wrong_comes_first_and_says_what_to_do(changes: dict[str, Any], says: str, title: str) -> None:
    found = trial(**changes)
    first = found.checks[0]
    assert (found.verdict, first.ok, first.says) == ("not-ready", False, says)
    assert title in first.title
    assert first.do.endswith(".")


def test_a_clock_that_nobody_keeps_and_that_agrees_is_a_pass_that_says_so() -> None:
    """Not every unit has an antenna for time: what counts is what the hub itself has just measured."""
    found = trial(clock=replace(HEALTH.clock, synchronised=False), at_us=NOW_US - 40_000)
    clock = next(check for check in found.checks if check.check == "clock")
    assert (found.verdict, clock.ok, clock.says) == ("ready", True, "clock.agrees")
    assert "hooguit 40 ms" in clock.title


def test_while_a_unit_is_silent_the_rest_is_not_known_and_no_pass() -> None:
    found = trial(health=None)
    assert [(check.check, check.ok) for check in found.checks if check.ok is not True] == [
        ("line", False),
        *((name, None) for name in ("mandate", "camera", "clock", "certificate", "disk")),
    ]
    assert "Klok: nog niet bekend" in [check.title for check in found.checks]


def test_both_languages_say_the_same_things() -> None:
    assert NL.keys() == EN.keys()
    for says, words in NL.items():
        figures = [sorted(re.findall(r"{(\w+)}", text)) for text in words]
        assert figures == [sorted(re.findall(r"{(\w+)}", text)) for text in EN[says]], says
        assert [bool(text) for text in words] == [bool(text) for text in EN[says]], says


def test_everything_that_readiness_can_say_of_these_has_words() -> None:
    source = Path(readiness.__file__).read_text()
    spoken = set(re.findall(r'"((?:certificate|clock|disk|mandate)\.[a-z-]+)"', source))
    assert spoken and spoken <= NL.keys()


@pytest.mark.parametrize("post", ["Plein {noord}", "{name:>60}", "{name.__class__}", "{", "}"])
def test_a_posts_name_is_said_as_it_was_written(post: str) -> None:
    assert trial(planned=replace(PLANNED, post=post)).checks[1].title == f"Geplaatst op {post}"


def test_in_english_it_is_said_in_english() -> None:
    assert trial(language="en", disk_free=0).checks[0].title == "There is room for 0 hours, 8 are needed"
