# SPDX-License-Identifier: EUPL-1.2
"""The keys that people sign with: an operator's and an installer's registered one, an approver's bound one.

A registered key says no more than "this account signs with it": what it may sign is in the decision that names it in
its team. It is taken in with a proof that whoever sends it holds its private half, and it is one account's alone.
"""

from contract.envelope import Signature, fingerprint, public_key, signing_input, verify
from contract.record import ContractError
from hub.access.approvers import Approvers
from hub.access.roster import Rosters
from hub.access.signin import Person
from hub.problem import ProblemError
from hub.store.faults import DuplicateError
from hub.store.people import People, TeamRow

PERSON_KEY = "person-key"
TEAM_ROLES = frozenset({"operator", "installer"})


class PersonKeys:
    """Takes keys in, and says who signs with which."""

    def __init__(self, people: People, rosters: Rosters, approvers: Approvers) -> None:
        self._people = people
        self._rosters = rosters
        self._approvers = approvers

    async def register(self, who: Person, key: bytes, proof: Signature) -> str:
        """From now on this account signs with this key; gives its fingerprint. The same key again changes nothing.

        Refused where the key is another account's or an approver's: one key in two hands would be four eyes of two.
        """
        try:
            public = public_key(key)
        except ContractError as error:
            raise ProblemError("signature-refused", rule="key.form", reason=str(error)) from error
        named = fingerprint(key)
        if proof.alg != "es256" or proof.key != named or not verify(signing_input(PERSON_KEY, key), proof, public):
            raise ProblemError("signature-refused", rule="key.proof", reason="the proof is not by this key")
        if named in await self._rosters.known_approvers():
            raise ProblemError("key-taken", rule="R10")
        try:
            await self._people.give_key(who.name, key)
        except DuplicateError as error:
            raise ProblemError("key-taken", rule="R10") from error
        return named

    async def of(self, who: Person) -> str | None:
        """The fingerprint of the key that this person signs with."""
        if who.slot is not None:
            approver = await self._approvers.of_slot(who.slot)
            return None if approver is None else fingerprint(approver.key)
        key = await self._people.key(who.name) if who.role in TEAM_ROLES else None
        return None if key is None else fingerprint(key)

    async def team(self, role: str | None) -> list[TeamRow]:
        """Operators and installers, or one of the two."""
        return [row for row in await self._people.team() if role in (None, row.role)]
