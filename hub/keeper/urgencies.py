# SPDX-License-Identifier: EUPL-1.2
"""That a decision was urgent, what is owed for it, and what of that is done: said in the log, for everybody to see.

That a plan was urgent and that a duty was done is the caller's word, as the decision has no field for it. A lie costs
its teller alone: what is once said to be owed is late for all to see until it is said to be done, and none of it opens
anything. Both are bounded by what two people signed: one leaf a decision, and one for each duty that it owes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from contract.authority import RefusedError
from contract.events import DUTIES, Event
from contract.mandate import HOUR_US, Decision
from contract.record import encode, load
from hub.keeper import calls
from hub.keeper.appender import Appender
from hub.keeper.shelf import Shelf

NOTHING = "none"  # is owed; an id is never empty
DUE_WITHIN_US = 24 * HOUR_US + 60_000_000  # a duty is due within a day; a minute for clocks that differ


class Urgencies:
    """The calls `urgent` and `duty`."""

    def __init__(self, appender: Appender, shelf: Shelf, now_us: Callable[[], int]) -> None:
        self._appender = appender
        self._shelf = shelf
        self._now_us = now_us

    async def urgent(self, call: calls.LogUrgent) -> calls.Logged:
        """Log it, once for each decision: what was said first stands."""
        order = self._shelf.records.decision(call.decision)
        if not set(call.owes) <= set(DUTIES):
            raise RefusedError("keeper.urgent", "there is no such duty")
        if call.due_us > self._now_us() + DUE_WITHIN_US:
            raise RefusedError("keeper.urgent", "what is owed is due within a day")
        ids = {"deployment": order.deployment, "serial": str(order.serial), "due": str(call.due_us)}
        owes = ",".join(sorted(set(call.owes))) or NOTHING
        index = await self._appender.once(Event.DEPLOYMENT_URGENT, call.decision, **ids, owes=owes)
        return calls.Logged(index)

    async def duty(self, call: calls.LogDuty) -> calls.Logged:
        """Log that it is done, once."""
        if call.duty not in self._owed(call.deployment):
            raise RefusedError("keeper.duty", "the log does not say that this deployment owes this")
        ids = {"deployment": call.deployment, "duty": call.duty}
        digest = hashlib.sha256(encode(ids)).hexdigest()
        return calls.Logged(await self._appender.once(Event.DUTY_DONE, digest, **ids))

    def _owed(self, deployment: str) -> set[str]:
        """What any urgent decision of a deployment owed, by the log."""
        decisions = self._shelf.records.decisions.items()
        own = [digest for digest, made in decisions if load(Decision, made.body).deployment == deployment]
        found = [self._appender.known(Event.DEPLOYMENT_URGENT, digest) for digest in own]
        leaves = [self._appender.leaf(index) for index in found if index is not None]
        return {duty for leaf in leaves for duty in leaf.ids["owes"].split(",")} & set(DUTIES)
