# SPDX-License-Identifier: EUPL-1.2
"""What comes down the line is verified here before anything acts on it: mandates, leases of both kinds, acks, commands.

Whatever it is, a message that does not hold changes nothing, and its rule stands in the journal.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from contract.authority import RefusedError
from contract.live import PublishLease
from contract.messages import Ack, Command
from edge.unit.authority import Authority
from edge.unit.clock import UnitClock
from edge.unit.commands import Commands
from edge.unit.journal import Journal
from edge.unit.lease import Asking
from edge.unit.memory import MemoryFileError


@dataclass(frozen=True, kw_only=True)
class Downlink:
    """Of one camera and one process start."""

    authority: Authority
    asking: Asking
    commands: Commands
    clock: UnitClock
    journal: Journal
    start_id: str
    camera: str
    on_lease: Callable[[PublishLease], Awaitable[None]]
    on_ack: Callable[[Ack], None]
    on_command: Callable[[Command], Awaitable[None]]

    async def hear(self, what: str, payload: bytes) -> None:
        """Take a message of this kind (the last level of its topic)."""
        takes: dict[str, Callable[[bytes], Awaitable[None]]] = {
            "mandate": self._consider,
            "lease": self._confirm,
            "publish": self._publish,
            "ack": self._acked,
            "cmd": self._command,
        }
        if what not in takes:
            return
        try:
            await takes[what](payload)
        except RefusedError as refused:
            # What the hub had still to send to an earlier start comes to this one, and is expected.
            say = self.journal.detail if refused.rule == "lease.start" else self.journal.say
            say("refused", f"refused a {what} message: {refused}", rule=refused.rule)
        except MemoryFileError as error:
            self.journal.say("refused", f"a {what} message cannot be remembered: {error}")

    async def _publish(self, payload: bytes) -> None:
        lease = self.authority.publish_lease(payload, self.start_id, self.clock.now_us())
        if lease.camera != self.camera:
            raise RefusedError("lease.camera", "the lease is for another camera")
        await self.on_lease(lease)

    async def _acked(self, payload: bytes) -> None:
        self.on_ack(self.authority.ack(payload))

    async def _command(self, payload: bytes) -> None:
        command = self.authority.command(payload, self.commands, self.clock.now_us())
        if command.camera != self.camera:
            raise RefusedError("command.camera", "the command is for another camera")
        await self.on_command(command)

    async def _confirm(self, payload: bytes) -> None:
        self.authority.lease(payload, self.asking)
        if self.authority.doubts:
            self.asking.anew()
        answered = self.authority.contacts.answered
        count = len(answered.stands or ()) if answered is not None else 0
        self.journal.change("lease", f"the hub confirms {count} order{'' if count == 1 else 's'} for this unit")

    async def _consider(self, payload: bytes) -> None:
        considered = self.authority.consider(payload)
        if considered.changes():
            self.asking.anew()
        for deployment, says in considered.changes():
            self.journal.say("mandate", says, deployment=deployment)
        for refusal in considered.refusals:
            says = f"refused a mandate, what stood before stands: {refusal.reason}"
            self.journal.say("refused", says, rule=refusal.rule, deployment=refusal.deployment)
