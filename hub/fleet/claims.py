# SPDX-License-Identifier: EUPL-1.2
"""A person lets a unit in: who stands beside it types its code, and an operator compares fingerprints and confirms.

The code only finds the unit among those that wait. That it is the unit on whose label the code stands, and no other
that learned it, is said by the fingerprint: it is confirmed with the fingerprint that was compared, or not at all.
"""

import hmac
from collections.abc import Callable

from contract.claim import claim_proof, normalised
from contract.record import ContractError
from hub.access.signin import Person
from hub.fleet.enrolling import over
from hub.problem import ProblemError
from hub.store.attempts import Attempts, Limits
from hub.store.claims import EnrolmentRow, Enrolments

LIMITS = Limits(account=5, address=20, span_us=60_000_000)
APART = "claim/"  # no account's name holds a slash: what is tried here counts for no sign-in
TO_SEE_TO = ("claimed", "confirmed")


class Claims:
    """What people do with enrolments."""

    def __init__(self, enrolments: Enrolments, attempts: Attempts, now_us: Callable[[], int]) -> None:
        self._enrolments = enrolments
        self._attempts = attempts
        self._now_us = now_us

    async def claim(self, code: str, who: Person, address: str) -> EnrolmentRow:
        """The unit that waits with this code, which from now on has a name.

        Raises:
            ProblemError: mistyped, tried too often, no unit's, two units', used, or over.
        """
        try:
            typed = normalised(code)
        except ContractError as error:
            raise ProblemError("claim-mistyped") from error  # by its check letter: nothing is learned from it
        tried = (f"{APART}{who.name}", f"{APART}{address}")
        wait_us = await self._attempts.count(*tried, self._now_us(), LIMITS)
        if wait_us:
            raise ProblemError("too-many-attempts", retry_after_s=-(-wait_us // 1_000_000))
        row = await self._of_code(typed, who)
        if row.state != "waiting":
            raise ProblemError("claim-used", unit=row.unit, mine=row.claimed_by == who.name)
        if over(row, self._now_us()):
            raise ProblemError("claim-over")
        claimed = await self._enrolments.claim(row.id, who.name, self._now_us())
        if claimed is None:
            raise ProblemError("changed-meanwhile")
        await self._attempts.forget(*tried)
        return claimed

    async def to_see_to(self) -> list[EnrolmentRow]:
        """Those that wait for an operator, or for their certificate."""
        rows = await self._enrolments.in_states(*TO_SEE_TO)
        return [row for row in rows if row.state == "confirmed" or not over(row, self._now_us())]

    async def confirm(self, enrolment: str, compared: str, who: Person) -> EnrolmentRow:
        """An operator found this fingerprint on the unit's own label; the certificate follows by itself.

        Raises:
            ProblemError: there is none, it has another fingerprint, or it does not wait for that.
        """
        row = await self._known(enrolment)
        if not hmac.compare_digest(row.fingerprint, compared):
            raise ProblemError("fingerprint-differs", unit=row.unit)
        if row.state in ("confirmed", "issued"):
            return row
        return await self._decided(row, "confirmed", who, None)

    async def refuse(self, enrolment: str, who: Person) -> EnrolmentRow:
        """An operator does not let it in.

        Raises:
            ProblemError: there is none, or it does not wait for that.
        """
        row = await self._known(enrolment)
        return await self._decided(row, "refused", who, "an operator refused it")

    async def _of_code(self, code: str, who: Person) -> EnrolmentRow:
        for proof in await self._enrolments.used():  # its key may have asked for something else since
            if hmac.compare_digest(proof.claim, claim_proof(code, proof.fingerprint)):
                raise ProblemError("claim-used", unit=proof.unit, mine=proof.used_by == who.name)
        rows = await self._enrolments.claimable()
        found = [row for row in rows if hmac.compare_digest(row.claim or "", claim_proof(code, row.fingerprint))]
        used = [row for row in found if row.state != "waiting"]
        if used:  # single use: whoever else learned the code gets nowhere with it
            return used[0]
        if not found:
            raise ProblemError("claim-unknown")
        if len(found) > 1:
            raise ProblemError("claim-of-two")
        return found[0]

    async def _known(self, enrolment: str) -> EnrolmentRow:
        row = await self._enrolments.get(enrolment)
        if row is None:
            raise ProblemError("not-found")
        return row

    async def _decided(self, row: EnrolmentRow, state: str, who: Person, reason: str | None) -> EnrolmentRow:
        if row.state == "claimed" and over(row, self._now_us()):
            raise ProblemError("claim-over")
        if row.state != "claimed":
            raise ProblemError("enrolment-elsewhere", state=row.state)
        decided = await self._enrolments.decide(row.id, state, who.name, self._now_us(), reason)
        if decided is None:
            raise ProblemError("changed-meanwhile")
        return decided
