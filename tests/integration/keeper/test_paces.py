# SPDX-License-Identifier: EUPL-1.2
"""Who may ask the keeper to write to the log does not fill it, and says of a look no more than its grant allowed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from contract.events import Event
from contract.live import Grant
from contract.record import load
from hub.keeper import serve
from hub.keeper.client import KeeperRefusedError
from tests.integration.keeper.keeping import refused, running
from tests.simulated_hub import SimulatedHub, unit_name

NOW_US = 1_790_000_000_000_000
SECOND_US = 1_000_000


@pytest.fixture
def hub() -> SimulatedHub:
    return SimulatedHub(NOW_US, unit_name()[0])


async def test_a_session_is_granted_so_many_looks_a_minute(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        await run.order()
        grants = [await run.grant() for _ in range(serve.GRANTS_A_MINUTE)]
        size = (await run.keeper.status()).size
        await refused(run.grant(), "keeper.rate")
        assert (await run.keeper.status()).size == size
        other = replace(load(Grant, grants[0].body), session="d" * 64)
        await run.keeper.grant(other)

        hub.now_us += SECOND_US
        await run.grant()
        with pytest.raises(KeeperRefusedError, match="again in 1 s"):
            await run.grant()


async def test_made_up_sessions_are_granted_so_many_together(
    tmp_path: Path, hub: SimulatedHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "ALL_GRANTS_A_MINUTE", 3)
    async with running(tmp_path, hub) as run:
        await run.order()
        one = load(Grant, (await run.grant()).body)
        for session in ("1" * 64, "2" * 64):
            await run.keeper.grant(replace(one, session=session))
        await refused(run.keeper.grant(replace(one, session="3" * 64)), "keeper.rate")


async def test_a_session_has_so_many_looks_logged_a_minute(
    tmp_path: Path, hub: SimulatedHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "WATCHES_A_MINUTE", 4)
    async with running(tmp_path, hub) as run:
        await run.order()
        first, second = await run.grant(), await run.grant()
        for ref in (first, second, first, second):
            await run.keeper.watched(ref, NOW_US, NOW_US)
        await refused(run.keeper.watched(first, NOW_US, NOW_US), "keeper.rate")
        assert len(list(run.log.find(Event.VIEW_WATCHED.value))) == 4
        hub.now_us += 15 * SECOND_US
        await run.keeper.watched(first, NOW_US, NOW_US)


async def test_no_look_lasts_past_its_grant(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        await run.order()
        ref = await run.grant(minutes=2)
        until_us = NOW_US + 120 * SECOND_US
        hub.now_us += 3600 * SECOND_US
        slack_us = serve.WATCHED_SLACK_US
        await refused(run.keeper.watched(ref, NOW_US, until_us + slack_us + 1), "keeper.watched")
        await run.keeper.watched(ref, NOW_US, until_us + slack_us)
