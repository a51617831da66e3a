# SPDX-License-Identifier: EUPL-1.2
"""Problems: every kind has words in both languages that its parameters fill; the reader's language is honoured."""

import re
from pathlib import Path

import pytest

from hub.problem import KINDS, Language, ProblemError, body, preferred

SOURCES = Path(__file__).resolve().parents[3] / "hub"


@pytest.mark.parametrize("kind", KINDS)
def test_both_languages_name_the_same_parameters(kind: str) -> None:
    found = [set(re.findall(r"{(\w+)}", words[1])) for words in (KINDS[kind].en, KINDS[kind].nl)]

    assert found[0] == found[1]
    assert 400 <= KINDS[kind].status < 600


def test_every_problem_raised_is_a_kind_with_its_parameters() -> None:
    for path in SOURCES.rglob("*.py"):
        for kind, rest in re.findall(
            r'ProblemError\(\s*"([a-z-]+)"((?:[^()]|\([^()]*(?:\([^()]*\))?\))*)\)', path.read_text()
        ):
            wanted = set(re.findall(r"{(\w+)}", KINDS[kind].en[1]))
            given = set(re.findall(r"(\w+)=", rest))
            assert wanted <= given, f"{path.name}: {kind} lacks {wanted - given}"


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        ("", "en"),
        ("nl", "nl"),
        ("en-GB,en;q=0.9,nl;q=0.8", "en"),
        ("nl-NL,nl;q=0.9,en;q=0.8", "nl"),
        ("de,nl;q=0.1", "nl"),
        ("*", "en"),
        ("nl;q=x", "en"),
        ("nl;q=0", "en"),
    ],
)
def test_language(asked: str, spoken: Language) -> None:
    assert preferred(asked) == spoken


def test_a_problem_in_dutch() -> None:
    problem = ProblemError("retention-too-long", rule="R09", hours=700, ceiling=672)

    assert body(problem, "nl") == {
        "type": "/problems/retention-too-long",
        "title": "Te lang bewaard",
        "status": 422,
        "detail": "700 uur is meer dan de 672 van de wet.",
        "rule": "R09",
        "parameters": {"hours": 700, "ceiling": 672},
    }
