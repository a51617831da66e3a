# SPDX-License-Identifier: EUPL-1.2
"""The keeper's process, put together: keys, log, vault, calls, socket."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from hub.audit.log import Log
from hub.audit.writer import Writer
from hub.keeper import calls, keyring
from hub.keeper.appender import Appender
from hub.keeper.certificates import NAMES, UNIT_CA, Certificates
from hub.keeper.commands import Commands
from hub.keeper.fault import FaultFile
from hub.keeper.known import Known
from hub.keeper.ring import Ring
from hub.keeper.serve import KeeperKeys, KeeperServer, KeeperService
from hub.keeper.shelf import Shelf
from hub.store.vault import Vault


async def run(
    folder: Path,
    log_folder: Path,
    socket: Path,
    now_us: Callable[[], int],
    stop: asyncio.Event,
    random: Callable[[int], bytes] = os.urandom,
) -> None:
    """Serve until `stop` is set.

    Raises:
        KeyringError: the ceremony has not been held.
        LogCorruptError: the log's tiles do not give its checkpoint; nothing is written over it.
    """
    keys = keyring.read(folder)
    log = Log(log_folder, keys.config.origin, keys.log.public_key())
    writer = Writer(log_folder, keys.config.origin, keys.log, now_us)
    known = Known(folder / "known", log, writer.checkpoint.size)
    appender = Appender(writer, log, known, FaultFile(folder / "log-fault"), now_us)
    await appender.probe()
    shelf = Shelf(folder / "records", appender, folder / NAMES)
    ring = Ring(Vault(folder / "vault" / "ring"), keys.kek, appender, now_us, random)
    commands = Commands(folder / "commands.json", keys.order, now_us)
    secrets = KeeperKeys(keys.config.roster_root, keys.order)
    service = KeeperService(secrets, appender, shelf, ring, commands, now_us, random)
    authority = folder / "vault" / "case" / f"{UNIT_CA}.key"
    service.table["certify"] = (calls.Certify, Certificates(folder, authority, appender, shelf, now_us).certify)
    socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    server = await KeeperServer(service).listen(socket)
    parts = [asyncio.create_task(appender.run()), asyncio.create_task(ring.deaths.run(lambda: shelf.keysets))]
    waiting = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({*parts, waiting}, return_when=asyncio.FIRST_COMPLETED)
        for part in parts:
            if part.done():
                part.result()  # one that ended without being told to is a fault; say which
    finally:
        server.close()
        for task in (*parts, waiting):
            task.cancel()
        await asyncio.gather(*parts, waiting, return_exceptions=True)
        await ring.openers.close()
        writer.close()
        socket.unlink(missing_ok=True)
