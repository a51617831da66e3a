# SPDX-License-Identifier: EUPL-1.2
"""What the keeper does to end something: it signs and logs a stop, it logs that a unit is out of use.

Neither carries evidence, for a person's session is nothing that the keeper could check. Neither needs any: both only
take away, and both stand in the public log. Filming goes on by two people's decision alone; a unit that was revoked
stays so. So a web worker that was taken over can put out the cameras, for everybody to see, and put none on. Both are
bounded by what two people signed, so that it cannot fill the log either: a stop ends filming under a logged decision,
by steps of a minute; a unit is revoked that stands in a logged assignment.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.authority import RefusedError
from contract.envelope import enclose
from contract.events import Event
from contract.mandate import STOP, Assignment, Stop
from contract.record import encode
from hub.keeper import calls, checks
from hub.keeper.appender import Appender
from hub.keeper.shelf import Shelf

STEP_US = 60_000_000  # a stop comes so much earlier than the one before it, or is that one
IN_USE_SLACK_US = 60_000_000  # a unit's clock may be this far ahead of ours when its last segment begins


class Endings:
    """The calls `stop` and `revoked`, and what the other calls ask about them."""

    def __init__(
        self, order_key: Ed25519PrivateKey, appender: Appender, shelf: Shelf, now_us: Callable[[], int]
    ) -> None:
        """Sign stops with `order_key`."""
        self._order_key = order_key
        self._appender = appender
        self._shelf = shelf
        self._now_us = now_us
        self.stopping = asyncio.Lock()  # whoever holds it knows every stop

    async def stop(self, call: calls.StopFilming) -> calls.Signed:
        """Sign, keep and log that filming under a decision ends; asked for no end that is a minute earlier, it is the
        stop there is."""
        async with self.stopping:
            records = self._shelf.records
            order = checks.newest(call.decision, records)
            ends_at_us = checks.stop(call.ends_at_us, order, self._now_us())
            ends_at_us = min(ends_at_us, records.stops.get((order.deployment, order.serial), ends_at_us))
            standing = self._shelf.stop(order.deployment, order.serial)
            if standing is not None and standing[2].ends_at_us < ends_at_us + STEP_US:
                return calls.Signed(standing[1], standing[0])
            envelope = enclose(STOP, Stop(order.deployment, order.serial, ends_at_us), self._order_key)
            self._shelf.write(envelope)
            ids = {"deployment": order.deployment, "serial": str(order.serial)}
            index = await self._appender.once(Event.DEPLOYMENT_STOPPED, envelope.digest, **ids)
            self._shelf.place(envelope, index)
            return calls.Signed(envelope, index)

    async def revoked(self, call: calls.LogRevocation) -> calls.Logged:
        """Log that a unit is out of use, once for each enrolment under which it was assigned."""
        checks.revocation(call.unit, call.epoch, self._shelf.records)
        ids = {"unit": call.unit, "epoch": str(call.epoch)}
        return calls.Logged(await self._appender.once(Event.UNIT_REVOKED, revocation(call.unit, call.epoch), **ids))

    def require_in_use(self, placed: Assignment, at_us: int | None = None) -> None:
        """The unit of an assignment was not revoked; with `at_us`, not before then.

        Raises:
            RefusedError: it was.
        """
        index = self._appender.known(Event.UNIT_REVOKED, revocation(placed.unit, placed.epoch))
        if index is None:
            return
        if at_us is None or at_us > self._appender.leaf(index).at_us + IN_USE_SLACK_US:
            raise RefusedError("keeper.revoked", f"{placed.unit} was revoked")


def revocation(unit: str, epoch: int) -> str:
    """The digest of a revocation's leaf: of its ids, for there is no record of it that is signed."""
    return hashlib.sha256(encode({"epoch": str(epoch), "unit": unit})).hexdigest()
