# SPDX-License-Identifier: EUPL-1.2
"""A keeper in this process: its socket, files and children are real, its clock is ours, its disk can fill up."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from contract.envelope import spki
from contract.live import Grant, GrantRef
from contract.mandate import Mandate
from contract.tlog import Leaf
from hub.audit import writer
from hub.audit.faults import LogUnavailableError
from hub.audit.log import Log
from hub.keeper.appender import Appender
from hub.keeper.certificates import NAMES
from hub.keeper.client import Keeper, KeeperRefusedError
from hub.keeper.commands import Commands
from hub.keeper.fault import FaultFile
from hub.keeper.known import Known
from hub.keeper.ring import Ring
from hub.keeper.serve import KeeperKeys, KeeperServer, KeeperService
from hub.keeper.shelf import Shelf
from hub.store.vault import Vault
from tests.simulated_hub import ORIGIN, SimulatedHub

MEDIA = "a" * 32
START = "b" * 32


class FullDisk(writer.Writer):
    """A log writer whose disk is full while `full` is set."""

    full = False

    def append(self, leaves: Sequence[Leaf]) -> int:
        """Refuse as a full disk does, or write."""
        if self.full:
            raise LogUnavailableError("no space left on device")
        return super().append(leaves)


@dataclass
class Running:
    """A keeper that answers, and what a test turns: its clock (through `hub.now_us`) and its disk."""

    keeper: Keeper
    hub: SimulatedHub
    log: Log
    disk: FullDisk
    folder: Path
    service: KeeperService

    async def publish(self) -> None:
        """Log roster and bindings."""
        await self.keeper.record(self.hub.roster_envelope)
        for binding in self.hub.bindings:
            await self.keeper.record(binding)

    async def order(self) -> Mandate:
        """Log everything down to a keyset of the keeper's own."""
        await self.publish()
        mandate = self.hub.order()
        await self.keeper.record(mandate.decision)
        await self.keeper.record(mandate.assignments[0])
        keyset, _ = await self.keeper.birth(mandate.decision.digest)
        return Mandate(mandate.decision, mandate.assignments, keyset)

    async def grant(self, minutes: int = 30) -> GrantRef:
        """Somebody may look at the hub's camera."""
        now_us = self.hub.now_us
        deployment = self.hub.decision().deployment
        grant = Grant(
            "viewer", "c" * 64, deployment, (self.hub.camera,), "watch", now_us, now_us + minutes * 60_000_000
        )
        return await self.keeper.grant(grant)


def name(folder: Path, unit: str, key: str) -> None:
    """A unit that was certified: the keeper knows the key that its name stands for."""
    (folder / NAMES).mkdir(exist_ok=True)
    (folder / NAMES / unit).write_text(key)


@asynccontextmanager
async def running(folder: Path, hub: SimulatedHub, full: bool = False) -> AsyncIterator[Running]:
    """A keeper on this folder; made on the first call, found again on the next, when its disk may be full."""
    log_folder = folder / "log"
    if not log_folder.exists():
        writer.create(log_folder, ORIGIN, hub.log_key)
    disk = FullDisk(log_folder, ORIGIN, hub.log_key, lambda: hub.now_us)
    disk.full = full
    log = Log(log_folder, ORIGIN, hub.log_key.public_key())
    known = Known(folder / "known", log, disk.checkpoint.size)
    appender = Appender(disk, log, known, FaultFile(folder / "log-fault"), lambda: hub.now_us)
    await appender.probe()
    name(folder, hub.me.unit, hub.me.unit_key)
    shelf = Shelf(folder / "records", appender, folder / NAMES)
    ring = Ring(Vault(folder / "ring"), bytes(32), appender, lambda: hub.now_us, os.urandom)
    keys = KeeperKeys(spki(hub.roster_key), hub.order_key)
    commands = Commands(folder / "commands.json", hub.order_key, lambda: hub.now_us)
    service = KeeperService(keys, appender, shelf, ring, commands, lambda: hub.now_us, os.urandom)
    with tempfile.TemporaryDirectory() as short:  # a unix socket's path holds 107 bytes
        socket = Path(short) / "keeper.sock"
        server = await KeeperServer(service).listen(socket)
        drain = asyncio.create_task(appender.run())
        try:
            yield Running(Keeper(socket), hub, log, disk, folder, service)
        finally:
            server.close()
            drain.cancel()
            await asyncio.gather(drain, return_exceptions=True)
            await ring.openers.close()
            disk.close()


async def refused(call: object, rule: str) -> None:
    """A call that the keeper refuses, and by which rule."""
    with pytest.raises(KeeperRefusedError) as caught:
        await call  # type: ignore[misc]
    assert caught.value.rule == rule
