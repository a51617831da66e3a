# SPDX-License-Identifier: EUPL-1.2
"""Ports on 127.0.0.1: chosen once for a state folder, kept in its ports.json, and looked at before anything starts.

They come from below the kernel's range for outgoing connections (32768 and up on Linux), so that no passing
connection of another program can sit on a port of ours on the day that it is wanted.
"""

import asyncio
import json
import os
import secrets
import socket
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from hub.embedded.faults import EmbeddedError

LOOPBACK = "127.0.0.1"
FIRST = 20_000
LAST = 32_000
LOOK_AGAIN_S = 0.05


class PortTakenError(EmbeddedError):
    """A port of this state folder is held by another program: stop it, or remove ports.json to choose anew."""


def taken(port: int) -> bool:
    """Whether somebody listens there now (connections that merely linger do not count)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return True
    return False


def chosen(path: Path, names: Sequence[str], pick: Callable[[int], int] = secrets.randbelow) -> dict[str, int]:
    """The ports of this state folder by name; a name that has none yet gets a free one, and the file is written."""
    ports = _known(path)
    missing = [name for name in names if name not in ports]
    for name in missing:
        port = FIRST + pick(LAST - FIRST)
        while port in ports.values() or taken(port):
            port = FIRST + pick(LAST - FIRST)
        ports[name] = port
    if missing:
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(ports, indent=1) + "\n")
        os.replace(fresh, path)
    return {name: ports[name] for name in names}


def _known(path: Path) -> dict[str, int]:
    """The ports that were chosen; a file that a power cut tore is as good as none."""
    try:
        ports = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return ports if isinstance(ports, dict) else {}


async def all_free(ports: Iterable[int], within_s: float = 5.0) -> None:
    """Return once nobody listens on any of them: a start right after a killed one finds its servers still leaving."""
    wanted = sorted(ports)
    try:
        async with asyncio.timeout(within_s):
            while any(taken(port) for port in wanted):
                await asyncio.sleep(LOOK_AGAIN_S)
    except TimeoutError:
        held = ", ".join(str(port) for port in wanted if taken(port))
        raise PortTakenError(f"held by another program: port {held} on {LOOPBACK}") from None
