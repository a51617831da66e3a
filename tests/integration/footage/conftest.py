# SPDX-License-Identifier: EUPL-1.2
"""A town with footage, and somebody who may look back at it."""

from pathlib import Path

import pytest

from tests.integration.footage.archive import Archive, Viewer, recorded
from tests.integration.ingest.conftest import UnitsSite
from tests.integration.ingest.conftest import site as site  # the units' application
from tests.integration.town import Town


@pytest.fixture
async def archive(town: Town, site: UnitsSite, tmp_path: Path) -> Archive:
    """21 seconds in three segments, told and stored."""
    made = await recorded(town, site, tmp_path)
    await made.tell_rows()
    await made.store(*made.rows)
    return made


@pytest.fixture
async def viewer(town: Town) -> Viewer:
    return Viewer(await town.client("viewer"))
