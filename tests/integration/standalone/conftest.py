# SPDX-License-Identifier: EUPL-1.2
"""A machine on a state folder of its own."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.demo import command
from hub.layout import Layout
from hub.standalone import Standalone
from tests.integration.town import START_US

Machine = Callable[..., Standalone]


@pytest.fixture
def layout() -> Iterator[Layout]:
    """An empty state folder; a unix socket's path holds 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="fz-"))
    folder.chmod(0o755)  # as root the servers run under a uid of their own
    yield Layout(folder / "state")
    shutil.rmtree(folder)


@pytest.fixture
def machine(layout: Layout) -> Machine:
    """The demo's machine on that folder, with these addresses given."""

    def made(**addresses: str) -> Standalone:
        units = command.unit_plans(Path("/films/street.mp4"), "street-1906", 1)
        return Standalone(layout, command.PLAN, units, (), lambda: START_US, environment=addresses)

    return made
