# SPDX-License-Identifier: EUPL-1.2
"""What every test may ask for: a real browser, a program of the system, steady property tests."""

from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

from tests import chromium as browser
from tests import programs

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
