# SPDX-License-Identifier: EUPL-1.2
"""How the hub's own processes speak: a unix socket for its group alone, and on it messages of a u32 length, big-endian,
and that many bytes.

Promises: the socket is 0660 before anyone can connect; a reader takes no more than its limit, whatever length is
announced; what is too long or cut off is `FrameError`. How long one waits is the caller's business.
"""

import asyncio
import os
import socket
import struct
from pathlib import Path

_LENGTH = struct.Struct(">I")


class FrameError(ValueError):
    """What came is no message: over the limit, or cut off."""


def framed(data: bytes) -> bytes:
    """The message that carries these bytes."""
    return _LENGTH.pack(len(data)) + data


async def read(reader: asyncio.StreamReader, limit: int) -> bytes:
    """The next message's bytes, at most `limit` of them."""
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        if length > limit:
            raise FrameError(f"a message of {length} bytes")
        return await reader.readexactly(length)
    except asyncio.IncompleteReadError as error:
        raise FrameError("the other end went before the message was whole") from error


def private_listener(path: Path) -> socket.socket:
    """A bound unix socket, 0660 before it listens, so that nobody slips in between; its folder gives it its group."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(os.fspath(path))
        path.chmod(0o660)
    except OSError:
        listener.close()
        raise
    return listener
