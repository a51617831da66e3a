# SPDX-License-Identifier: EUPL-1.2
"""The keeper's process: a unix socket (0660), the log's only writer, the order key's only user.

It signs typed documents that it makes itself, never bytes. While the log cannot be written nothing new is opened;
leases that stood when the fault began are renewed for at most 300 s from it, counted, and named in the log afterwards.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.authority import RefusedError
from contract.envelope import Envelope, enclose
from contract.events import Event
from contract.index import ROWS, chain_value
from contract.live import (
    LEASE_LIFE_US,
    PUBLISH_LEASE,
    SALT_BYTES,
    TICKET,
    TICKET_LIFE_US,
    Grant,
    GrantRef,
    PublishLease,
    Ticket,
)
from contract.mandate import ASSIGNMENT, DECISION, KEYSET, Assignment, Decision
from contract.messages import ACK, Ack
from contract.record import ContractError, build, decode, dump, encode, load, plain
from contract.roster import BINDING, ROSTER, Binding
from contract.running import NECESSITY, OVERRUN
from contract.tlog import commitment
from hub.audit.faults import LogUnavailableError
from hub.framing import FrameError, framed, private_listener, read
from hub.keeper import calls, checks
from hub.keeper.appender import Appender
from hub.keeper.commands import Commands
from hub.keeper.endings import Endings
from hub.keeper.leases import Leases
from hub.keeper.openers import KeyGoneError, OpenerError, SealedToAnotherError
from hub.keeper.ring import Ring
from hub.keeper.shelf import EVENTS, Shelf
from hub.keeper.urgencies import Urgencies
from hub.pace import Pace

OVERDUE_LIMIT = 1000  # ids in one answer
FAULT_LIMIT_US = 300_000_000  # who looks keeps the picture so long, never longer
WATCHED_SLACK_US = 60_000_000  # what the media process's clock may differ
GRANTS_A_MINUTE = 60  # of one session
WATCHES_A_MINUTE = 240
ALL_GRANTS_A_MINUTE = 600  # for a web worker may make sessions up
REQUEST_DEADLINE_S = 5.0
RECORDS_A_MINUTE = {ASSIGNMENT: 32, OVERRUN: 4, NECESSITY: 4}  # of one deployment: a decision has 32 posts at most
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class KeeperKeys:
    """The pinned roster root (public, SPKI), and the order key, which never leaves this process."""

    roster_root: bytes
    order: Ed25519PrivateKey


class KeeperService:
    """The calls. Each checks its evidence, then logs, then signs."""

    def __init__(
        self,
        keys: KeeperKeys,
        appender: Appender,
        shelf: Shelf,
        ring: Ring,
        commands: Commands,
        now_us: Callable[[], int],
        random: Callable[[int], bytes],
    ) -> None:
        """All state is the appender's, the shelf's, the ring's and the commands', but for the leases that stand."""
        self._keys = keys
        self._appender = appender
        self._shelf = shelf
        self._ring = ring
        self._commands = commands
        self._now_us = now_us
        self._random = random
        self._recording = asyncio.Lock()
        self._endings = Endings(keys.order, appender, shelf, now_us)
        self._standing: dict[tuple[str, str], int] = {}  # (camera, media) -> until
        self._grants, self._watches = Pace(GRANTS_A_MINUTE, now_us), Pace(WATCHES_A_MINUTE, now_us)
        self._all_grants = Pace(ALL_GRANTS_A_MINUTE, now_us)
        self._records = {kind: Pace(a_minute, now_us) for kind, a_minute in RECORDS_A_MINUTE.items()}
        urgencies = Urgencies(appender, shelf, now_us)
        leases = Leases(keys.order, shelf, self._endings, now_us)
        self.table: dict[str, tuple[type, Callable[[Any], Awaitable[object]]]] = {
            "record": (calls.LogRecord, self.record),
            "birth": (calls.Birth, self.birth),
            "grant": (calls.OpenGrant, self.grant),
            "watched": (calls.Watched, self.watched),
            "ticket": (calls.MakeTicket, self.ticket),
            "publish_lease": (calls.MakeLease, self.publish_lease),
            "row": (calls.LogRow, self.row),
            "ack": (calls.MakeAck, self.ack),
            "stop": (calls.StopFilming, self._endings.stop),
            "urgent": (calls.LogUrgent, urgencies.urgent),
            "duty": (calls.LogDuty, urgencies.duty),
            "revoked": (calls.LogRevocation, self._endings.revoked),
            "lease": (calls.AskLease, leases.lease),
            "destroy": (calls.Destroy, self.destroy),
            "overdue": (calls.AskOverdue, self.overdue),
            "release": (calls.Release, self.release),
            "command": (calls.MakeCommand, self.command),
            "status": (calls.AskStatus, self.status),
        }

    async def record(self, call: calls.LogRecord) -> calls.Logged:
        """Check, keep and log a roster, binding, decision, assignment, overrun or confirmed necessity."""
        async with self._recording:
            if call.envelope.type == DECISION and self._shelf.holds(call.envelope):
                logged = self._appender.known(Event.DECISION_SIGNED, call.envelope.digest)
                if logged is not None:  # whatever is over or newer by now: who did not hear it asks again
                    return calls.Logged(logged)
            ids = self._check(call.envelope)
            event = EVENTS[call.envelope.type]
            known = self._appender.known(event, call.envelope.digest)
            if known is not None and self._shelf.holds(call.envelope):
                return calls.Logged(known)
            if call.envelope.type in self._records:
                _paced(self._records[call.envelope.type], ids["deployment"])
            self._shelf.write(call.envelope)
            index = await self._appender.once(event, call.envelope.digest, **ids)
            self._shelf.place(call.envelope, index)
            return calls.Logged(index)

    def _stops_known(self, envelope: Envelope) -> AbstractAsyncContextManager[object]:
        """While a decision is checked and logged no stop is: what came first is what counts."""
        return self._endings.stopping if envelope.type == DECISION else nullcontext()

    async def birth(self, call: calls.Birth) -> calls.Signed:
        """The keyset of a deployment's newest decision: the one there is if it still fits, else a new one."""
        async with self._recording:
            order = checks.newest(call.decision, self._shelf.records)
            standing = self._shelf.keyset(order.deployment)
            if standing is not None and standing[2].decision == call.decision:
                return calls.Signed(standing[1], standing[0])
            checks.not_stopped(order, self._shelf.records, self._now_us())
            serial = standing[2].serial + 1 if standing is not None else 1
            keyset = await self._ring.nursery.keyset(call.decision, order, serial)
            envelope = enclose(KEYSET, keyset, self._keys.order)
            self._shelf.write(envelope)
            ids = {"deployment": order.deployment, "serial": str(serial)}
            index = await self._appender.once(Event.KEYSET_ISSUED, envelope.digest, **ids)
            self._shelf.place(envelope, index)
            return calls.Signed(envelope, index)

    async def grant(self, call: calls.OpenGrant) -> calls.Granted:
        """Write the grant before anything opens."""
        checks.grant(call.grant, self._shelf.records, self._now_us())
        _paced(self._grants, call.grant.session)
        _paced(self._all_grants, "")
        body, salt = dump(call.grant), self._random(SALT_BYTES)
        until = str(call.grant.until_us)
        index = await self._appender.append(Event.VIEW_GRANTED, commitment(body, salt), until=until)
        return calls.Granted(GrantRef(body, salt, index))

    async def watched(self, call: calls.Watched) -> calls.Logged:
        """Write what of the footage somebody saw: the end of a look may be written after the grant ended."""
        grant = self._granted(call.ref, None)
        end_us = min(self._now_us(), grant.until_us) + WATCHED_SLACK_US
        first_us = grant.from_us - WATCHED_SLACK_US
        if grant.purpose == "replay":
            first_us, end_us = checks.footage(grant)
        if not first_us <= call.from_us <= call.to_us <= end_us:
            raise RefusedError("keeper.watched", "a look lies in its grant and before now, or in the footage it is for")
        _paced(self._watches, grant.session)
        ids = {"grant": str(call.ref.index), "from": str(call.from_us), "to": str(call.to_us)}
        digest = commitment(call.ref.body, call.ref.salt)
        return calls.Logged(await self._appender.append(Event.VIEW_WATCHED, digest, **ids))

    async def ticket(self, call: calls.MakeTicket) -> calls.Signed:
        """One socket for one camera; none while the log cannot be written."""
        now_us = self._now_us()
        grant = self._watching(call.ref, now_us, call.camera)
        records = self._shelf.records
        checks.not_stopped(records.newest(grant.deployment)[1], records, now_us)
        if self._appender.fault is not None:
            raise LogUnavailableError("nothing new opens while the log cannot be written")
        until_us = min(now_us + TICKET_LIFE_US, grant.until_us)
        ticket = Ticket(
            self._random(16).hex(), call.ref.index, call.camera, grant.session, call.media, now_us, until_us
        )
        return calls.Signed(enclose(TICKET, ticket, self._keys.order), None)

    async def publish_lease(self, call: calls.MakeLease) -> calls.Signed:
        """A lease under a standing grant, inside the window, within five minutes of a fault if there is one.

        What stands is that a camera is sent to a media process: any logged grant for it may carry it on, for a viewer
        who leaves takes nothing from those who stay.
        """
        now_us = self._now_us()
        grant = self._watching(call.ref, now_us, call.camera)
        records = self._shelf.records
        placed, window = checks.carried(grant.deployment, call.camera, records, now_us)
        self._endings.require_in_use(placed)
        until_us = min(now_us + LEASE_LIFE_US, grant.until_us, window.to_us)
        name = (call.camera, call.media)
        if self._appender.fault is not None:
            until_us = self._through_fault(name, until_us, now_us)
        self._standing = {key: until for key, until in self._standing.items() if until > now_us}
        self._standing[name] = until_us
        lease = PublishLease(placed.unit, call.start_id, call.camera, call.media, call.ref.index, now_us, until_us)
        return calls.Signed(enclose(PUBLISH_LEASE, lease, self._keys.order), None)

    async def row(self, call: calls.LogRow) -> calls.Logged:
        """Write what a unit says of its camera: a segment that is stored or was never sent, a gap, an end, a deletion.

        One row is one leaf: what was logged as never sent is not logged as stored as well, nor the other way round.
        """
        records = self._shelf.records
        keysets = self._shelf.keysets
        row = checks.row(call.row, call.identity, records, keysets)
        self._endings.require_in_use(records.assignments[row.assignment].assignment, row.from_us)
        if call.deletion is not None:
            checks.deletion(row, checks.row(call.deletion, call.identity, records, keysets))
        standing = self._row_at(call.row)
        if standing:
            return calls.Logged(min(standing))
        event, ids = checks.row_leaf(row, call.deletion is not None)
        return calls.Logged(await self._appender.once(event, call.row.digest, **ids))

    async def ack(self, call: calls.MakeAck) -> calls.Signed:
        """Say to the unit that a row is logged, and what it speaks of may go."""
        if call.log_index not in self._row_at(call.row):
            raise RefusedError("keeper.ack", "the log does not hold this row at this place")
        row = load(ROWS[call.row.type], call.row.body)
        ack = Ack(row.unit, chain_value(call.row, row), call.log_index, self._now_us())
        return calls.Signed(enclose(ACK, ack, self._keys.order), None)

    async def destroy(self, call: calls.Destroy) -> calls.Logged:
        """Destroy an hour key that is past due, also while the log cannot be written: forgetting waits for nothing."""
        return calls.Logged(await self._ring.deaths.destroy(call.key, self._shelf.keysets))

    async def overdue(self, _: calls.AskOverdue) -> calls.Overdue:
        """Which keys should be gone."""
        return calls.Overdue((await self._ring.deaths.overdue(self._shelf.keysets))[:OVERDUE_LIMIT])

    async def release(self, call: calls.Release) -> calls.Released:
        """The record keys that a logged grant to replay opens; none while the log cannot be written."""
        now_us = self._now_us()
        grant = self._granted(call.ref, now_us)
        segment = checks.SegmentEvidence(call.identity, call.header, call.records)
        records, keysets = self._shelf.records, self._shelf.keysets
        wanted = checks.release(grant, segment, call.from_us, call.to_us, records, keysets, now_us)
        if self._appender.fault is not None:
            raise LogUnavailableError("nothing new opens while the log cannot be written")
        try:
            keys = await self._ring.openers.record_keys(wanted.hour_key, wanted.sealed, wanted.info, wanted.records)
        except KeyGoneError as error:
            raise RefusedError("keeper.key", "the hour key is destroyed or lost: this footage opens no more") from error
        except SealedToAnotherError as error:
            raise RefusedError("keeper.segment", str(error)) from error
        return calls.Released(tuple(map(calls.RecordKey, wanted.records, keys)))

    async def command(self, call: calls.MakeCommand) -> calls.Signed:
        """Tell a unit to send first what a logged grant to replay waits for; not while the log cannot be written."""
        grant = self._granted(call.ref, self._now_us(), call.camera)
        if self._appender.fault is not None:
            raise LogUnavailableError("nothing new opens while the log cannot be written")
        return calls.Signed(await self._commands.fetch(call, grant, self._shelf.records), None)

    async def status(self, _: calls.AskStatus) -> calls.KeeperStatus:
        """How the log is."""
        fault = self._appender.fault
        return calls.KeeperStatus(self._appender.size, fault.since_us if fault else None)

    def _row_at(self, envelope: Envelope) -> set[int]:
        """Where a row stands in the log, by whichever of its kind's events."""
        found = (self._appender.known(event, envelope.digest) for event in checks.ROW_EVENTS.get(envelope.type, ()))
        return {index for index in found if index is not None}

    def _check(self, envelope: Envelope) -> dict[str, str]:
        """The ids of the leaf that this record deserves."""
        records = self._shelf.records
        if envelope.type == ROSTER:
            return {"serial": str(checks.roster(envelope, self._keys.roster_root, records.roster).serial)}
        if envelope.type == BINDING:
            bound: Binding = checks.binding(envelope, records)
            return {"slot": bound.slot, "counter": str(bound.counter)}
        if envelope.type == DECISION:
            order: Decision = checks.decision(envelope, records, self._now_us())
            return {"deployment": order.deployment, "serial": str(order.serial)}
        if envelope.type == ASSIGNMENT:
            placed: Assignment = checks.assignment(envelope, records, self._now_us())
            return {
                "deployment": placed.deployment,
                "post": placed.post,
                "serial": str(placed.serial),
                "unit": placed.unit,
            }
        return self._check_running(envelope)

    def _check_running(self, envelope: Envelope) -> dict[str, str]:
        """The same of what one person signs while a decision runs."""
        if envelope.type == OVERRUN:
            taken = checks.overrun(envelope, self._shelf.records, self._now_us())
            counted = {"nth": str(taken.nth), "until": str(taken.until_us)}
            return {"deployment": taken.deployment, "serial": str(taken.serial), **counted}
        if envelope.type == NECESSITY:
            confirmed = checks.necessity(envelope, self._shelf.records, self._now_us())
            return {"deployment": confirmed.deployment, "serial": str(confirmed.serial)}
        raise RefusedError("keeper.record", f"a {envelope.type} is not logged by asking")

    def _watching(self, ref: GrantRef, now_us: int, camera: str) -> Grant:
        grant = self._granted(ref, now_us, camera)
        if grant.purpose != "watch":
            raise RefusedError("keeper.grant", "the grant is not to watch live pictures")
        return grant

    def _granted(self, ref: GrantRef, now_us: int | None, camera: str | None = None) -> Grant:
        if ref.index >= self._appender.size:
            raise RefusedError("keeper.grant", "the log has no such leaf")
        grant = checks.logged_grant(ref, self._appender.leaf(ref.index), now_us)
        if camera is not None and camera not in grant.cameras:
            raise RefusedError("keeper.grant", f"the grant does not name camera {camera}")
        return grant

    def _through_fault(self, name: tuple[str, str], until_us: int, now_us: int) -> int:
        fault = self._appender.fault
        if fault is None:
            return until_us
        last_us = fault.since_us + FAULT_LIMIT_US
        if self._standing.get(name, 0) <= now_us or now_us >= last_us:
            raise LogUnavailableError("nothing new opens, and nothing is renewed past five minutes of a fault")
        self._appender.renewed(fault)
        return min(until_us, last_us)


def _paced(pace: Pace, name: str) -> None:
    """Nobody fills the log by looking or by signing."""
    wait_us = pace.wait_us(name)
    if wait_us:
        raise RefusedError("keeper.rate", f"too often: again in {-(-wait_us // 1_000_000)} s")


class KeeperServer:
    """Reads one request a connection, bounded in size and time; a bad one is answered, never a traceback."""

    def __init__(self, service: KeeperService) -> None:
        """Serve these calls."""
        self._table = service.table

    async def listen(self, socket: Path) -> asyncio.Server:
        """Start at this path, 0660: whoever is not in the group of its folder is not a caller."""
        listener = private_listener(socket)
        return await asyncio.start_unix_server(self._connection, sock=listener, limit=calls.MESSAGE_LIMIT)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_DEADLINE_S):
                data = await read(reader, calls.MESSAGE_LIMIT)
            reply = encode(await self.answer(data))
            writer.write(framed(reply))
            await writer.drain()
        except (OSError, FrameError, TimeoutError):
            return  # the caller has gone; what was logged stays logged, and asking again finds it
        finally:
            writer.close()

    async def answer(self, data: bytes) -> dict[str, object]:
        """The reply to one request's bytes."""
        try:
            request = decode(data, calls.MESSAGE_LIMIT)
            if not isinstance(request, dict) or str(request.get("call")) not in self._table:
                raise RefusedError("keeper.call", "no such call")
            cls, handler = self._table[str(request["call"])]
            return {"answer": plain(await handler(build(cls, request.get("arguments"))))}
        except LogUnavailableError as error:
            return {"unavailable": str(error)}
        except OSError as error:
            logger.exception("the keeper's own disk or a child failed")
            return {"unavailable": f"the keeper cannot keep or read its own: {error.strerror or error}"}
        except RefusedError as refused:
            return {"refused": plain(calls.Refused(refused.rule, str(refused)[:2000]))}
        except ContractError as error:
            return {"refused": plain(calls.Refused("keeper.form", str(error)[:2000]))}
        except OpenerError as error:
            return {"refused": plain(calls.Refused("keeper.opener", f"no hour key could be made or used: {error}"))}
