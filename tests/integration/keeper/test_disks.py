# SPDX-License-Identifier: EUPL-1.2
"""The keeper through faults of its disks: a log that cannot be written, and files that were cut off."""

from __future__ import annotations

import asyncio
import errno
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from contract.authority import check_publish_lease
from contract.envelope import enclose, spki
from contract.events import Event
from contract.live import GrantRef
from hub.app import keeper as keeper_process
from hub.audit import writer
from hub.audit.faults import LogUnavailableError
from hub.keeper import keyring
from hub.keeper.client import Keeper
from tests.integration.keeper.keeping import MEDIA, START, FullDisk, refused, running
from tests.simulated_hub import ORIGIN, SimulatedHub, unit_name

NOW_US = 1_790_000_000_000_000
FAULT_US = 300_000_000


@pytest.fixture
def hub() -> SimulatedHub:
    return SimulatedHub(NOW_US, unit_name()[0])


async def test_through_a_full_disk_standing_leases_go_on_five_minutes(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        await run.order()
        ref = await run.grant()
        waiting = await run.grant()
        await run.keeper.publish_lease(ref, hub.camera, MEDIA, START)
        run.disk.full = True
        with pytest.raises(LogUnavailableError):
            await run.keeper.watched(ref, NOW_US, NOW_US)
        fault_us = hub.now_us

        with pytest.raises(LogUnavailableError):  # a new grant
            await run.grant()
        with pytest.raises(LogUnavailableError):  # a grant from before that nobody used yet
            await run.keeper.ticket(waiting, hub.camera, MEDIA)
        with pytest.raises(LogUnavailableError):  # what was not sent to this media process before
            await run.keeper.publish_lease(waiting, hub.camera, "f" * 32, START)
        for minute in (2, 4):
            hub.now_us = fault_us + minute * 60_000_000
            lease = await run.keeper.publish_lease(ref, hub.camera, MEDIA, START)
            held = check_publish_lease(lease, hub.roster, hub.me.unit, START, hub.now_us)
            assert held.until_us == fault_us + FAULT_US
        hub.now_us = fault_us + FAULT_US
        with pytest.raises(LogUnavailableError):
            await run.keeper.publish_lease(ref, hub.camera, MEDIA, START)

        run.disk.full = False
        await run.grant()

        [(_, gap)] = run.log.find(Event.LOG_GAP.value)
        assert gap.ids == {"from": str(fault_us), "to": str(hub.now_us), "renewals": "2"}
        assert (await run.keeper.status()).failing_since_us is None
        run.log.check()


async def test_the_log_heals_by_itself(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        await run.order()
        run.disk.full = True
        with pytest.raises(LogUnavailableError):
            await run.grant()
        run.disk.full = False
        async with asyncio.timeout(5):
            while (await run.keeper.status()).failing_since_us is not None:
                await asyncio.sleep(0.02)
        assert [leaf.event for _, leaf in run.log.find(Event.LOG_GAP.value)] == [Event.LOG_GAP.value]


async def test_a_disk_that_fills_up_in_a_call_is_answered_and_leaves_no_half_record(
    tmp_path: Path, hub: SimulatedHub, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    async with running(tmp_path, hub) as run:
        with monkeypatch.context() as patch:
            patch.setattr("hub.store.vault.os.fsync", full)
            with pytest.raises(LogUnavailableError, match="No space left"):
                await run.keeper.record(hub.roster_envelope)
        assert "No space left" in caplog.text
        assert await run.keeper.record(hub.roster_envelope) == 0
    async with running(tmp_path, hub) as run:
        await run.order()


async def test_torn_files_stop_neither_a_start_nor_a_birth(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        await run.publish()
        mandate = hub.order()
    for folder, name in (("records", mandate.decision.digest), ("ring", "a" * 32)):
        (tmp_path / folder / f"{name}.json").write_bytes(b"")
    async with running(tmp_path, hub) as run:
        (tmp_path / "records" / f"{mandate.decision.digest}.json").write_bytes(b"{")
        await run.order()
    async with running(tmp_path, hub) as run:
        await run.grant()
    assert len(list(tmp_path.glob("r*/*.json.torn"))) == 2


async def test_while_the_copy_of_a_logged_roster_is_lost_no_older_one_is_in_force(
    tmp_path: Path, hub: SimulatedHub
) -> None:
    newer = enclose("roster", replace(hub.roster, serial=2), hub.roster_key)
    async with running(tmp_path, hub) as run:
        await run.publish()
        index = await run.keeper.record(newer)
    (tmp_path / "records" / f"{newer.digest}.json").write_bytes(b"")
    async with running(tmp_path, hub) as run:
        await refused(run.keeper.record(hub.order().decision), "keeper.roster")
        assert await run.keeper.record(newer) == index
        await run.keeper.record(hub.order().decision)


async def test_in_a_fault_who_still_looks_keeps_the_picture_when_another_leaves(
    tmp_path: Path, hub: SimulatedHub
) -> None:
    async with running(tmp_path, hub) as run:
        await run.order()
        first, second = await run.grant(), await run.grant()
        await run.keeper.publish_lease(first, hub.camera, MEDIA, START)
        run.disk.full = True
        with pytest.raises(LogUnavailableError):
            await run.keeper.watched(first, NOW_US, NOW_US)
        hub.now_us += 60_000_000

        lease = await run.keeper.publish_lease(second, hub.camera, MEDIA, START)

        held = check_publish_lease(lease, hub.roster, hub.me.unit, START, hub.now_us)
        assert (held.grant, held.until_us) == (second.index, NOW_US + FAULT_US)
        never = GrantRef(second.body, bytes(16), second.index)
        await refused(run.keeper.publish_lease(never, hub.camera, MEDIA, START), "keeper.grant")


async def test_a_fault_goes_on_through_a_restart(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        await run.order()
        ref = await run.grant()
        await run.keeper.publish_lease(ref, hub.camera, MEDIA, START)
        run.disk.full = True
        with pytest.raises(LogUnavailableError):
            await run.grant()
        hub.now_us += 60_000_000
        await run.keeper.publish_lease(ref, hub.camera, MEDIA, START)
    for _ in range(3):
        hub.now_us += 60_000_000
        async with running(tmp_path, hub, full=True) as run:
            assert (await run.keeper.status()).failing_since_us == NOW_US
            with pytest.raises(LogUnavailableError):  # this process knows of nothing that stood
                await run.keeper.publish_lease(ref, hub.camera, MEDIA, START)
    async with running(tmp_path, hub) as run:
        assert (await run.keeper.status()).failing_since_us is None
        [(_, gap)] = run.log.find(Event.LOG_GAP.value)
        assert gap.ids == {"from": str(NOW_US), "to": str(hub.now_us), "renewals": "1"}
    async with running(tmp_path, hub) as run:
        assert len(list(run.log.find(Event.LOG_GAP.value))) == 1


async def test_a_keeper_that_starts_on_a_full_disk_opens_nothing(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        await run.order()
        ref = await run.grant()
    async with running(tmp_path, hub, full=True) as run:
        for _ in range(2):
            with pytest.raises(LogUnavailableError):
                await run.keeper.ticket(ref, hub.camera, MEDIA)
            with pytest.raises(LogUnavailableError):
                await run.keeper.publish_lease(ref, hub.camera, MEDIA, START)


async def test_a_fault_file_that_cannot_be_used_stops_nothing(tmp_path: Path, hub: SimulatedHub) -> None:
    (tmp_path / "log-fault").write_bytes(b"half a li")
    async with running(tmp_path, hub) as run:
        await run.publish()
    (tmp_path / "log-fault").unlink()
    (tmp_path / "log-fault").mkdir()
    async with running(tmp_path, hub, full=True) as run:
        assert (await run.keeper.status()).failing_since_us == NOW_US


async def test_the_process_asks_its_log_before_it_listens(
    tmp_path: Path, hub: SimulatedHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, log_key = keyring.create(tmp_path / "keeper", os.urandom)
    keyring.configure(tmp_path / "keeper", keyring.KeeperConfig(ORIGIN, spki(hub.roster_key)))
    writer.create(tmp_path / "log", ORIGIN, log_key)
    monkeypatch.setattr(keeper_process, "Writer", FullDisk)
    monkeypatch.setattr(FullDisk, "full", True)
    stop = asyncio.Event()
    with tempfile.TemporaryDirectory() as short:  # a unix socket's path holds 107 bytes
        socket = Path(short) / "keeper.sock"
        process = asyncio.create_task(
            keeper_process.run(tmp_path / "keeper", tmp_path / "log", socket, lambda: NOW_US, stop)
        )
        async with asyncio.timeout(5):
            while not socket.exists():
                await asyncio.sleep(0.005)
        assert (await Keeper(socket).status()).failing_since_us == NOW_US
        stop.set()
        await process
