# SPDX-License-Identifier: EUPL-1.2
"""Who can sign: each slot of the roster, whose it is, which code its key stands on, and when that key was last tried.

A try is a signature over nothing but the slot and the moment, of a type of its own, so that it can never be taken for
an approval. It is how one finds out in time that a browser lost its key.
"""

from collections.abc import Callable
from dataclasses import dataclass

from contract.envelope import Signature, fingerprint, public_key, signing_input, verify
from contract.record import encode
from contract.roster import Approver
from hub.access.roster import Rosters
from hub.access.signin import Person
from hub.problem import ProblemError
from hub.store.people import HolderRow, People, TryRow

SIGNING_TRY = "signing-try"
TRY_WITHIN_US = 5 * 60_000_000  # of the hub's time, by which the console goes too
CODES = 3  # of a slot


@dataclass(frozen=True)
class SlotStatus:
    """One slot as it stands: its name in the roster, whose account it is, and the key that is bound to it."""

    slot: str
    name: str
    holder: HolderRow | None
    approver: Approver | None
    tried_at_us: int | None

    @property
    def key(self) -> str | None:
        """The bound key's fingerprint."""
        return None if self.approver is None else fingerprint(self.approver.key)

    @property
    def codes_left(self) -> int:
        """The codes that can still bind a key: those after the one in use."""
        return CODES if self.approver is None else CODES - 1 - self.approver.counter


class Approvers:
    """Reads roster, bindings and tries together."""

    def __init__(self, rosters: Rosters, people: People, now_us: Callable[[], int]) -> None:
        self._rosters = rosters
        self._people = people
        self._now_us = now_us

    async def all(self) -> list[SlotStatus]:
        """Every slot of the roster that holds, in its order."""
        roster = await self._rosters.current()
        bound = {approver.slot: approver for approver in (await self._rosters.approvers()).values()}
        holders = {holder.slot: holder for holder in await self._people.holders()}
        tries = {(tried.slot, tried.key): tried.at_us for tried in await self._people.tries()}
        found = []
        for slot in roster.slots:
            approver = bound.get(slot.slot)
            tried = None if approver is None else tries.get((slot.slot, fingerprint(approver.key)))
            found.append(SlotStatus(slot.slot, slot.name, holders.get(slot.slot), approver, tried))
        return found

    async def of_slot(self, slot: str) -> Approver | None:
        """Whose key may approve for this slot; None where none does, or there is no roster yet."""
        approvers = await self._rosters.known_approvers()
        return next((approver for approver in approvers.values() if approver.slot == slot), None)

    async def have_tried(self, who: Person, slot: str, at_us: int, signature: Signature) -> None:
        """Take in a try of one's own slot, by the key that is bound to it, made now."""
        if slot != who.slot:
            raise ProblemError("not-your-slot", rule="R10", slot=slot)
        if abs(at_us - self._now_us()) > TRY_WITHIN_US:
            raise ProblemError("clock-apart", rule="try.time")
        approver = await self.of_slot(slot)
        if approver is None or signature.key != fingerprint(approver.key):
            raise ProblemError("signature-refused", rule="signature.key", reason="this key is not bound to your slot")
        message = signing_input(SIGNING_TRY, encode({"slot": slot, "at_us": at_us}))
        if not verify(message, signature, public_key(approver.key)):
            raise ProblemError("signature-refused", rule="signature.wrong", reason="it does not fit this record")
        await self._people.tried(TryRow(slot, signature.key, self._now_us()))
