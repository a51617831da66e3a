# SPDX-License-Identifier: EUPL-1.2
"""The keeper's process, put together: keys, log, vault, calls, socket."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from hub.audit.log import Log
from hub.audit.writer import Writer
from hub.keeper import keyring
from hub.keeper.births import Nursery
from hub.keeper.fault import FaultFile
from hub.keeper.journal import Journal
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
    journal = Journal(writer, log, FaultFile(folder / "log-fault"), now_us)
    await journal.probe()
    shelf = Shelf(folder / "records", journal)
    nursery = Nursery(Vault(folder / "vault" / "ring"), keys.kek, journal, random)
    service = KeeperService(KeeperKeys(keys.config.roster_root, keys.order), journal, shelf, nursery, now_us, random)
    server = await KeeperServer(service).listen(socket)
    drain = asyncio.create_task(journal.run())
    waiting = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({drain, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if drain.done():
            drain.result()  # a journal that ended without being told to is a fault; say which
    finally:
        server.close()
        waiting.cancel()
        drain.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await drain
        socket.unlink(missing_ok=True)
