# SPDX-License-Identifier: EUPL-1.2
"""What every test may ask for: a real browser, a program of the system, steady property tests."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import hypothesis
import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

from tests import chromium as browser
from tests import programs

ROOT = Path(__file__).resolve().parent.parent
STAGED = "tests/acceptance/"
TIMED = "tests/acceptance/test_demo.py"

# The machine is shared and slow at times: a property is judged by its examples, not by the clock.
hypothesis.settings.register_profile("house", deadline=None, derandomize=programs.under_ci())
hypothesis.settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    """How long the line between a unit and the hub is dead in tests/acceptance/test_thin_link.py."""
    parser.addoption(
        "--outage",
        type=float,
        default=6.0,
        metavar="SECONDS",
        help="how long test_thin_link.py leaves a unit without a network (6; the whole proof is 120)",
    )


class _Scheduling(LoadFileScheduling):  # type: ignore[misc]
    """A worker takes a file at a time; the files that play on the one stage of a session are taken together."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return STAGED if on_the_one_stage(file) else file


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What holds a promise in seconds comes beside the small tests, not while three stages start at once."""
    timed = [item for item in items if item.nodeid.startswith(TIMED)]
    rest = [item for item in items if not item.nodeid.startswith(TIMED)]
    at = next((n for n, item in enumerate(rest) if item.nodeid.startswith("tests/unit/")), len(rest))
    items[:] = [*rest[:at], *timed, *rest[at:]]


@lru_cache
def on_the_one_stage(file: str) -> bool:
    """Whether a file's tests ask for `tests/acceptance/conftest.py`'s stage, and set up none of their own."""
    if not file.startswith(STAGED):
        return False
    text = (ROOT / file).read_text()
    return "stage: Stage" in text and "staged(" not in text


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    """Who runs what."""
    return _Scheduling(config, log)


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The path of a Chromium; without one the test is skipped by name, and fails under CI."""
    try:
        return browser.find_chromium()
    except programs.MissingProgramError as error:
        if programs.under_ci():
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def program() -> Callable[[str], Path]:
    """Ask for a program of the system (ip, nft, ffmpeg, ffprobe); without it the test is skipped by name."""

    def find(name: str) -> Path:
        try:
            return programs.find(name)
        except programs.MissingProgramError as error:
            pytest.skip(str(error))

    return find
