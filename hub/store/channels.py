# SPDX-License-Identifier: EUPL-1.2
"""NOTIFY heard: how one process of the hub learns at once that another has written something."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence

import psycopg
from psycopg.conninfo import make_conninfo

from hub.store.connection import KEEPALIVE

RECONNECT_S = 1.0
logger = logging.getLogger(__name__)


async def listen(url: str, channels: Sequence[str]) -> AsyncIterator[tuple[str, str]]:
    """Each NOTIFY on these channels as (channel, payload), for ever.

    After every connection made, the first one too, comes `("", "")`: whatever was said before it went unheard, so the
    caller looks for itself. A lost connection is made again after a second.
    """
    native = "postgresql://" + url.split("://", 1)[1]
    while True:
        try:
            connection = await psycopg.AsyncConnection.connect(make_conninfo(native, **KEEPALIVE), autocommit=True)
            async with connection:
                for channel in channels:
                    await connection.execute(psycopg.sql.SQL("listen {}").format(psycopg.sql.Identifier(channel)))
                yield "", ""
                async for note in connection.notifies():
                    yield note.channel, note.payload
        except psycopg.OperationalError as error:
            logger.warning("the database does not answer: %s", str(error).splitlines()[0])
        await asyncio.sleep(RECONNECT_S)
