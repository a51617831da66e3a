# SPDX-License-Identifier: EUPL-1.2
"""How the hub's other processes ask the keeper: over its unix socket, one call a connection.

Nothing here retries: the caller knows whether a request may wait. Every call is idempotent as far as its record is
(the same decision logged twice gives the same index); a grant, a ticket and a lease are new each time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from contract.envelope import Envelope
from contract.live import Grant, GrantRef
from contract.record import ContractError, build, decode, encode, plain
from contract.segment import RecordFields
from hub.audit.faults import LogUnavailableError
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


class KeeperUnreachableError(Exception):
    """The keeper does not answer: is its process running?"""


class Caller:
    """A caller's end. Holds no connection and no state."""

    def __init__(self, socket: Path) -> None:
        """Ask at this unix socket."""
        self._socket = socket

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


class Looking(Caller):
    """What is asked for who looks: live pictures, or back at footage."""

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

    async def release(
        self, ref: GrantRef, identity: bytes, header: bytes, records: Sequence[RecordFields], from_us: int, to_us: int
    ) -> dict[int, bytes]:
        """The record keys, by index, of a segment's records whose `wall_us` lies from `from_us` up to `to_us`, and 0's.

        Args:
            ref: a logged grant to replay this camera and range.
            identity: the public key (SPKI) of the unit that filmed.
            header: the segment's bytes up to its first record.
            records: the fields of its records, from 0 to the last one that is wanted; 256 at most.
            from_us: inside the grant's range.
            to_us: inside the grant's range.
        """
        # Without the signatures that the last one's makes superfluous the largest call has 120 KiB.
        chained = (*(replace(fields, signature=None) for fields in records[:-1]), *records[-1:])
        call = calls.Release(ref, identity, header, chained, from_us, to_us)
        return {key.index: key.key for key in (await self._call("release", call, calls.Released)).keys}

    async def command(self, ref: GrantRef, unit: str, camera: str, from_us: int, to_us: int) -> Envelope:
        """Five minutes in which the unit may be told to send this stretch first, for a logged grant to replay it."""
        call = calls.MakeCommand(ref, unit, camera, from_us, to_us)
        return (await self._call("command", call, calls.Signed)).envelope


class Keeper(Looking):
    """All that may be asked."""

    async def record(self, envelope: Envelope) -> int:
        """Log a roster, binding, decision, assignment, overrun or confirmed necessity whose signatures hold; gives its
        index, the same each time."""
        return (await self._call("record", calls.LogRecord(envelope), calls.Logged)).index

    async def birth(self, decision_digest: str) -> tuple[Envelope, int]:
        """The keyset of a logged decision, made or already there, and its index."""
        made = await self._call("birth", calls.Birth(decision_digest), calls.Signed)
        return made.envelope, made.index or 0

    async def row(self, row: Envelope, identity: bytes, deletion: Envelope | None = None) -> int:
        """Log a row of a unit whose key stands in a logged assignment; gives its index, the same each time.

        An index row is `segment.stored`, or with its unit's `deletion` of the segment `segment.unsent`.
        """
        return (await self._call("row", calls.LogRow(row, identity, deletion), calls.Logged)).index

    async def ack(self, row: Envelope, log_index: int) -> Envelope:
        """The signed ack of a logged row."""
        return (await self._call("ack", calls.MakeAck(row, log_index), calls.Signed)).envelope

    async def destroy(self, key: str) -> int:
        """Destroy an hour key that is past due; gives the index of `key.destroyed`, the same when asked again.

        `keeper.due` refuses one that is not due, `keeper.key` one that the vault never held; `keeper.undeleted` says
        that the disk does not delete it: ask again.
        """
        return (await self._call("destroy", calls.Destroy(key), calls.Logged)).index

    async def overdue(self) -> tuple[str, ...]:
        """The hour keys that are past due and whose destruction is not logged."""
        return (await self._call("overdue", calls.AskOverdue(), calls.Overdue)).keys

    async def stop(self, decision_digest: str, ends_at_us: int) -> tuple[Envelope, int]:
        """The stop of a logged decision, signed by the order key and logged, and its index."""
        made = await self._call("stop", calls.StopFilming(decision_digest, ends_at_us), calls.Signed)
        return made.envelope, made.index or 0

    async def urgent(self, decision_digest: str, due_us: int, owes: Sequence[str]) -> int:
        """Write `deployment.urgent`, once for each logged decision; gives its index."""
        call = calls.LogUrgent(decision_digest, due_us, tuple(owes))
        return (await self._call("urgent", call, calls.Logged)).index

    async def duty(self, deployment: str, duty: str) -> int:
        """Write `duty.done` of what an urgent deployment owes, once; gives its index."""
        return (await self._call("duty", calls.LogDuty(deployment, duty), calls.Logged)).index

    async def revoked(self, unit: str, epoch: int) -> int:
        """Write `unit.revoked`, once for each enrolment; gives its index."""
        return (await self._call("revoked", calls.LogRevocation(unit, epoch), calls.Logged)).index

    async def certify(self, unit: str, identity: bytes) -> bytes:
        """A unit's certificate for seven days (DER), once the log says that this name is this key's (SPKI)."""
        return (await self._call("certify", calls.Certify(unit, identity), calls.Certified)).certificate

    async def lease(self, request: Envelope, identity: bytes) -> Envelope:
        """What stands for the unit whose identity key (SPKI) signed the question, in answer to it alone."""
        return (await self._call("lease", calls.AskLease(request, identity), calls.Signed)).envelope

    async def status(self) -> calls.KeeperStatus:
        """The log's size, and since when it cannot be written."""
        return await self._call("status", calls.AskStatus(), calls.KeeperStatus)


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
