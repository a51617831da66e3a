# SPDX-License-Identifier: EUPL-1.2
"""An HTTP application on a unix socket, in this process's own loop (granian, embedded).

The socket is 0660 and its group that of its folder, which nobody else may enter, so that Caddy may connect and nobody
else. A stale one is removed first: granian does not.
"""

import asyncio
from pathlib import Path
from typing import Any

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

SOCKET_WITHIN_S = 10.0
AT_ONCE = 1024  # requests in hand; those beyond it wait, however quick they would be


async def serve(app: Any, socket: Path, stop: asyncio.Event, at_once: int = AT_ONCE) -> None:
    """Serve until `stop` is set."""
    socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    socket.unlink(missing_ok=True)
    server = Server(
        app,
        uds=socket,
        interface=Interfaces.ASGINL,
        log_level=LogLevels.error,
        websockets=False,
        backlog=AT_ONCE,
        backpressure=at_once,
    )
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(SOCKET_WITHIN_S):
        while not socket.exists() and not serving.done():
            await asyncio.sleep(0.01)
    if socket.exists():
        socket.chmod(0o660)  # not by the process's umask: two that start at once would leave it changed
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        server.stop()  # type: ignore[no-untyped-call]  # granian gives it no types
        await serving
        socket.unlink(missing_ok=True)
