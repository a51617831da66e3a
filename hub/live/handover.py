# SPDX-License-Identifier: EUPL-1.2
"""The hand-over of a WHIP offer from the units' application to the media process, over a unix socket.

The units' application knows who asks (the certificate) and holds no picture; the media process holds pictures and
sees no certificate. One connection carries one question and one answer (:mod:`hub.framing`) in JSON:
`{unit, camera, sdp}`, then `{sdp}` or `{refused: reason}`.

Promises: both directions are bounded in size and time; the socket is mode 0660 before anyone can connect; no aiortc
is loaded by importing this.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from hub import framing

MESSAGE_LIMIT = 32_768  # bytes; an offer has about 2000
TIMEOUT_S = 10.0

logger = logging.getLogger(__name__)


class OfferRefusedError(Exception):
    """The media process does not take this offer; the sentence says why and is for the unit's log."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A unit's wish to send a camera. `unit` is from its certificate, not from the unit."""

    unit: str
    camera: str
    sdp: str


class HandOver:
    """The media process's end."""

    def __init__(self, answer: Callable[[Offer], Awaitable[str]]) -> None:
        """`answer` gives the answer's SDP or raises :class:`OfferRefusedError`."""
        self._answer = answer
        self._server: asyncio.Server | None = None
        self._path: Path | None = None

    async def start(self, path: Path) -> None:
        """Listen; a socket that a dead process left is replaced."""
        listener = framing.private_listener(path)
        self._server = await asyncio.start_unix_server(self._serve, sock=listener)
        self._path = path

    async def close(self) -> None:
        """Stop to listen."""
        if self._server is not None and self._path is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await _write(writer, await self._reply(await _read(reader)))
        except (OSError, TimeoutError, ValueError) as error:
            logger.warning("hand-over: %s", error or type(error).__name__)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _reply(self, message: dict[str, str]) -> dict[str, str]:
        try:
            offer = Offer(**message)
        except TypeError as error:
            raise ValueError("not {unit, camera, sdp}") from error
        try:
            return {"sdp": await self._answer(offer)}
        except OfferRefusedError as error:
            return {"refused": str(error)}


async def hand_over(path: Path, offer: Offer) -> str:
    """The units' application's end: the answer's SDP.

    Raises:
        OfferRefusedError: the media process says no, or is not there.
    """
    try:
        async with asyncio.timeout(TIMEOUT_S):
            reader, writer = await asyncio.open_unix_connection(path)
            try:
                await _write(writer, {name: getattr(offer, name) for name in Offer.__slots__})
                reply = await _read(reader)
            finally:
                writer.close()
    except (OSError, TimeoutError, ValueError) as error:
        raise OfferRefusedError("the media process does not answer") from error
    if reply.keys() == {"sdp"}:
        return reply["sdp"]
    raise OfferRefusedError(reply.get("refused", "the media process answers nonsense"))


async def _read(reader: asyncio.StreamReader) -> dict[str, str]:
    message = json.loads(await framing.read(reader, MESSAGE_LIMIT))
    if not isinstance(message, dict) or not all(isinstance(value, str) for value in message.values()):
        raise ValueError("not an object of strings")
    return message


async def _write(writer: asyncio.StreamWriter, message: dict[str, str]) -> None:
    data = json.dumps(message).encode()
    if len(data) > MESSAGE_LIMIT:
        raise ValueError(f"a message of {len(data)} bytes")
    writer.write(framing.framed(data))
    await writer.drain()
