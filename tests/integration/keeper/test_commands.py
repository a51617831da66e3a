# SPDX-License-Identifier: EUPL-1.2
"""The keeper tells a unit to send footage first, for a logged replay of that footage and for nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contract.envelope import opened, spki
from contract.live import GrantRef
from contract.messages import COMMAND, COMMAND_LIFE_US, Command
from hub.audit.faults import LogUnavailableError
from tests.integration.keeper.footage import STEP_US, replay
from tests.integration.keeper.keeping import Running, refused, running
from tests.simulated_hub import SimulatedHub, unit_name

NOW_US = 1_790_000_000_000_000
FROM_US, TO_US = NOW_US - 10 * STEP_US, NOW_US


@pytest.fixture
def hub() -> SimulatedHub:
    return SimulatedHub(NOW_US, unit_name()[0])


async def command(run: Running, ref: GrantRef, **changes: Any) -> Command:
    asked: dict[str, Any] = {"unit": run.hub.me.unit, "camera": run.hub.camera, "from_us": FROM_US, "to_us": TO_US}
    return opened(await run.keeper.command(ref, **(asked | changes)), COMMAND, Command, spki(run.hub.order_key))


async def test_a_command_is_for_the_footage_of_its_grant(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        order = await run.order()
        ref = await replay(run, FROM_US, TO_US)

        told = await command(run, ref, from_us=FROM_US + STEP_US)

        assert (told.unit, told.camera, told.what) == (hub.me.unit, hub.camera, "fetch")
        assert (told.from_us, told.to_us, told.grant) == (FROM_US + STEP_US, TO_US, ref.index)
        assert (told.decision, told.expires_at_us - told.issued_at_us) == (order.decision.digest, COMMAND_LIFE_US)


async def test_numbers_rise_over_a_restart_a_clock_set_back_and_a_lost_file(tmp_path: Path, hub: SimulatedHub) -> None:
    numbers = []
    async with running(tmp_path, hub) as run:
        await run.order()
        ref = await replay(run, FROM_US, TO_US)
        numbers += [(await command(run, ref)).sequence for _ in range(2)]
    hub.now_us -= 30_000_000
    async with running(tmp_path, hub) as run:
        numbers.append((await command(run, ref)).sequence)
    hub.now_us += 60_000_000
    for lost in (b"", b"[1]", b'{"unit-1":"x"}'):
        (tmp_path / "commands.json").write_bytes(lost)
        hub.now_us += 1_000
        async with running(tmp_path, hub) as run:
            numbers.append((await command(run, ref)).sequence)
    assert numbers == sorted(set(numbers))


async def test_without_such_a_grant_or_a_log_nothing_is_told(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        await run.order()
        ref, watching = await replay(run, FROM_US, TO_US), await run.grant()
        await refused(command(run, watching), "keeper.grant")
        await refused(command(run, GrantRef(ref.body, bytes(16), ref.index)), "keeper.grant")
        for changes in ({"camera": "cam-9"}, {"from_us": FROM_US - 1}, {"to_us": TO_US + 1}, {"to_us": FROM_US}):
            await refused(command(run, ref, **changes), "keeper.grant")
        await refused(command(run, ref, unit="unit-9"), "keeper.assignment")
        run.disk.full = True
        with pytest.raises(LogUnavailableError):
            await run.keeper.watched(ref, FROM_US, TO_US)
        with pytest.raises(LogUnavailableError):
            await command(run, ref)
        run.disk.full = False
        hub.now_us += 600_000_000
        await refused(command(run, ref), "keeper.grant")


async def test_what_was_seen_in_a_replay_is_footage_of_its_grant(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        await run.order()
        ref = await replay(run, FROM_US, TO_US)
        index = await run.keeper.watched(ref, FROM_US + STEP_US, TO_US)
        assert run.log.entry(index).ids == {
            "grant": str(ref.index),
            "from": str(FROM_US + STEP_US),
            "to": str(TO_US),
        }
        await refused(run.keeper.watched(ref, FROM_US - 1, TO_US), "keeper.watched")
        await refused(run.keeper.watched(ref, FROM_US, TO_US + 1), "keeper.watched")
