# SPDX-License-Identifier: EUPL-1.2
"""How to see that a program is ready: it accepts connections where it should. Each returns a `Ready`."""

import asyncio
from pathlib import Path

from hub.embedded.ports import LOOPBACK
from hub.embedded.program import Ready


def on_ports(*ports: int) -> Ready:
    """Ready when it accepts connections on every one of these TCP ports."""

    async def ready() -> bool:
        for port in ports:
            _, writer = await asyncio.open_connection(LOOPBACK, port)
            writer.close()
        return True

    return ready


def on_socket(path: Path) -> Ready:
    """Ready when it accepts connections on this unix socket (a stale file of a killed run refuses them)."""

    async def ready() -> bool:
        _, writer = await asyncio.open_unix_connection(path)
        writer.close()
        return True

    return ready
