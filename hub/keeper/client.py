# SPDX-License-Identifier: EUPL-1.2
"""How the hub's other processes ask the keeper: over its unix socket, one call a connection.

Nothing here retries: the caller knows whether a request may wait. Every call is idempotent as far as its record is
(the same decision logged twice gives the same index); a grant, a ticket and a lease are new each time.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TypeVar

from contract.envelope import Envelope
from contract.live import Grant, GrantRef
from contract.record import ContractError, build, decode, encode, plain
from hub.framing import FrameError, framed, read
from hub.keeper import calls

T = TypeVar("T")
DEADLINE_S = 30.0  # a birth of many hour keys takes seconds


class KeeperRefusedError(Exception):
    """The keeper will not: the evidence does not allow it."""

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(reason)
        self.rule = rule
        self.reason = reason


class LogUnavailableError(Exception):
    """The log cannot be written: nothing new is opened, try again when the keeper says it can."""


class KeeperUnreachableError(Exception):
    """The keeper does not answer: is its process running?"""


class Keeper:
    """A caller's end. Holds no connection and no state."""

    def __init__(self, socket: Path) -> None:
        """Ask at this unix socket."""
        self._socket = socket

    async def roster(self, envelope: Envelope) -> int:
        """Log a roster signed by the pinned roster key, with a serial that is not lower; gives its index."""
        return (await self._call("record", calls.LogRecord(envelope), calls.Logged)).index

    async def binding(self, envelope: Envelope) -> int:
        """Log a binding signed by a slot key of the roster; gives its index."""
        return (await self._call("record", calls.LogRecord(envelope), calls.Logged)).index

    async def decision(self, envelope: Envelope) -> int:
        """Log a decision that two different slots signed; gives its index."""
        return (await self._call("record", calls.LogRecord(envelope), calls.Logged)).index

    async def assignment(self, envelope: Envelope) -> int:
        """Log an assignment that two of the logged decision's team signed; gives its index."""
        return (await self._call("record", calls.LogRecord(envelope), calls.Logged)).index

    async def birth(self, decision_digest: str) -> tuple[Envelope, int]:
        """The keyset of a logged decision, made or already there, and its index."""
        made = await self._call("birth", calls.Birth(decision_digest), calls.Signed)
        return made.envelope, made.index or 0

    async def grant(self, grant: Grant) -> GrantRef:
        """Write `view.granted`: the deployment's window is open and its cameras are assigned."""
        return (await self._call("grant", calls.OpenGrant(grant), calls.Granted)).ref

    async def watched(self, ref: GrantRef, from_us: int, to_us: int) -> int:
        """Write `view.watched` under a logged grant; gives its index."""
        return (await self._call("watched", calls.Watched(ref, from_us, to_us), calls.Logged)).index

    async def ticket(self, ref: GrantRef, camera: str, media: str) -> Envelope:
        """A ticket for one socket under a logged grant."""
        return (await self._call("ticket", calls.MakeTicket(ref, camera, media), calls.Signed)).envelope

    async def publish_lease(self, ref: GrantRef, camera: str, media: str, start_id: str) -> Envelope:
        """Five minutes in which the unit may send the camera; never past the grant's or the window's end."""
        return (await self._call("publish_lease", calls.MakeLease(ref, camera, media, start_id), calls.Signed)).envelope

    async def segment(self, row: Envelope, identity: bytes) -> int:
        """Write `segment.stored` for an index row of a unit whose key stands in a logged assignment."""
        return (await self._call("segment", calls.LogSegment(row, identity), calls.Logged)).index

    async def ack(self, row: Envelope, log_index: int) -> Envelope:
        """The signed ack of a logged segment."""
        return (await self._call("ack", calls.MakeAck(row, log_index), calls.Signed)).envelope

    async def status(self) -> calls.KeeperStatus:
        """The log's size, and since when it cannot be written."""
        return await self._call("status", calls.AskStatus(), calls.KeeperStatus)

    async def _call(self, name: str, arguments: object, answer: type[T]) -> T:
        request = encode({"call": name, "arguments": plain(arguments)})
        try:
            async with asyncio.timeout(DEADLINE_S):
                reader, writer = await asyncio.open_unix_connection(self._socket, limit=calls.MESSAGE_LIMIT)
                try:
                    writer.write(framed(request))
                    data = await read(reader, calls.MESSAGE_LIMIT)
                finally:
                    writer.close()
        except (OSError, FrameError, TimeoutError) as error:
            raise KeeperUnreachableError(str(error) or type(error).__name__) from error
        return _answer(data, answer)


def _answer(data: bytes, answer: type[T]) -> T:
    try:
        reply = decode(data, calls.MESSAGE_LIMIT)
        if "refused" in reply:
            refused = build(calls.Refused, reply["refused"])
            raise KeeperRefusedError(refused.rule, refused.reason)
        if "unavailable" in reply:
            raise LogUnavailableError(str(reply["unavailable"]))
        return build(answer, reply["answer"])
    except (ContractError, KeyError, TypeError) as error:
        raise KeeperUnreachableError(f"not an answer of a keeper: {error}") from error
