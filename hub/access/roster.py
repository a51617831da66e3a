# SPDX-License-Identifier: EUPL-1.2
"""The roster that holds and the keys bound to its slots: who may approve.

A roster's authority is the roster key that this hub pins, a binding's is a slot key that the roster names. Neither is
made here: they come in by the API, are verified, logged by the keeper, and only then kept.
"""

from collections.abc import Callable, Mapping

from contract.authority import Anchors
from contract.envelope import Envelope, opened, read
from contract.record import ContractError, dump
from contract.roster import BINDING, ROSTER, Approver, Roster, bound, read_binding
from hub.keeper.client import Keeper
from hub.problem import ProblemError
from hub.store.records import RecordRow, SignedRecords


class Rosters:
    """Takes in and gives out rosters and bindings."""

    def __init__(self, records: SignedRecords, keeper: Keeper, anchors: Anchors, now_us: Callable[[], int]) -> None:
        self._records = records
        self._keeper = keeper
        self._anchors = anchors
        self._now_us = now_us

    async def publish(self, envelope: Envelope) -> int:
        """Take in a roster; gives its log index. One that is there already changes nothing."""
        known = await self._records.get(envelope.digest)
        if known is not None:
            return known.log_index
        try:
            roster = self._verified(envelope)
        except ContractError as error:
            raise ProblemError("record-refused", rule="roster.signature", reason=str(error)) from error
        index = await self._keeper.record(envelope)
        await self._keep(envelope, None, roster.serial, index)
        return index

    async def bind(self, envelope: Envelope, slot: str | None) -> int:
        """Take in the binding of a person's key to the slot that is theirs; gives its log index.

        A code counts once. What is bound with a used or an earlier code would stand in the log and bind nothing: it is
        refused, and so is a key that stands for another slot, which would make two approvers of one.
        """
        known = await self._records.get(envelope.digest)
        if known is not None:
            return known.log_index
        roster = await self.current()
        try:
            if envelope.type != BINDING:
                raise ContractError(f"a {envelope.type} where a {BINDING} belongs")
            binding = read_binding(envelope, roster)
        except ContractError as error:
            raise ProblemError("record-refused", rule="binding.signature", reason=str(error)) from error
        if binding.slot != slot:
            raise ProblemError("not-your-slot", rule="R10", slot=binding.slot)
        for approver in (await self.approvers()).values():
            if approver.slot == binding.slot and approver.counter >= binding.counter:
                raise ProblemError("code-used", rule="binding.counter", counter=binding.counter)
            if approver.slot != binding.slot and approver.key == binding.key:
                raise ProblemError("key-taken", rule="R10")
        index = await self._keeper.record(envelope)
        await self._keep(envelope, binding.slot, binding.counter, index)
        return index

    async def current(self) -> Roster:
        """The roster that holds, verified again under the pinned key: the database is not trusted with it."""
        record = await self._records.newest(ROSTER)
        if record is None:
            raise ProblemError("no-roster")
        return self._verified(read(record.envelope))

    async def approvers(self) -> Mapping[str, Approver]:
        """Whose keys may approve now, by the keys' fingerprints."""
        roster = await self.current()
        return bound(roster, [(row.log_index, read(row.envelope)) for row in await self._records.all(BINDING)])

    async def known_approvers(self) -> Mapping[str, Approver]:
        """As `approvers`; nobody while there is no roster yet."""
        return {} if await self._records.newest(ROSTER) is None else await self.approvers()

    def _verified(self, envelope: Envelope) -> Roster:
        roster = opened(envelope, ROSTER, Roster, self._anchors.roster_key)
        if (roster.origin, roster.municipality) != (self._anchors.origin, self._anchors.municipality):
            raise ContractError("the roster is of another municipality or log")
        return roster

    async def _keep(self, envelope: Envelope, slot: str | None, serial: int, index: int) -> None:
        row = RecordRow(
            digest=envelope.digest,
            type=envelope.type,
            deployment=None,
            subject=slot,
            serial=serial,
            envelope=dump(envelope),
            log_index=index,
            logged_at_us=self._now_us(),
        )
        await self._records.add(row, notify_all=True)
