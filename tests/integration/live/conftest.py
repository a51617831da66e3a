# SPDX-License-Identifier: EUPL-1.2
"""The film is made once."""

from __future__ import annotations

import pytest

from tests.integration.live.film import Picture, make_film


@pytest.fixture(scope="session")
def film() -> list[Picture]:
    return make_film()
