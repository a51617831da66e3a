# SPDX-License-Identifier: EUPL-1.2
"""Messages between the hub's processes: whole, within the reader's limit, or refused."""

import asyncio

import pytest

from hub.framing import FrameError, framed, read


async def given(data: bytes, limit: int = 8) -> bytes:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return await read(reader, limit)


@pytest.mark.parametrize("data", [b"", b"x", b"12345678"])
async def test_what_is_framed_is_read(data: bytes) -> None:
    assert await given(framed(data) + b"the next") == data


@pytest.mark.parametrize("data", [framed(b"123456789"), b"\xff" * 12, framed(b"1234")[:-1], b"\0\0", b""])
async def test_what_is_too_long_or_cut_off_is_no_message(data: bytes) -> None:
    with pytest.raises(FrameError):
        await given(data)
