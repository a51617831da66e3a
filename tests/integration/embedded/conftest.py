# SPDX-License-Identifier: EUPL-1.2
"""What the tests of the servers share: a state folder that uid 65534 can reach, the tree in it, and ports."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.embedded import ports, tree
from hub.embedded.tree import Tree
from tests.integration.embedded import standing


@pytest.fixture(scope="module")
def state() -> Iterator[Path]:
    """A state folder; not pytest's own, whose parents are closed to the servers' uid when root tests."""
    folder = Path(tempfile.mkdtemp(prefix="fz-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def servers(state: Path) -> Tree:
    return tree.prepare(state / "servers")


@pytest.fixture(scope="module")
def port(state: Path) -> dict[str, int]:
    return ports.chosen(state / "ports.json", standing.NAMES)
