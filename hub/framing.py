# SPDX-License-Identifier: EUPL-1.2
"""One message on a stream between the hub's own processes: u32 length, big-endian, and that many bytes.

Promises: a reader takes no more than its limit, whatever length is announced; what is too long or cut off is
`FrameError`. How long one waits is the caller's business.
"""

import asyncio
import struct

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
