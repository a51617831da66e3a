# SPDX-License-Identifier: EUPL-1.2
"""R06: it is confirmed that filming is still necessary, by one approver, at least once in 24 hours.

`ask` drafts the confirmation of this moment; `sign` adds a bound approver's signature, the keeper logs it, and the
units are told. Without it they stop by themselves, 24 hours after a window's start or the last confirmation.
"""

from collections.abc import Callable
from dataclasses import dataclass

from contract.envelope import Envelope, Signature, enclose, read
from contract.record import dump, load
from contract.running import NECESSITY, Necessity
from hub.access.roster import Rosters
from hub.access.signin import Person
from hub.deployments.deciding import Deciding
from hub.deployments.signing import KeyOf, require_among, require_own, with_signature
from hub.keeper.client import Keeper
from hub.problem import ProblemError
from hub.store.deployments import Deployments, DraftRow
from hub.store.records import EVERYBODY, RecordRow, SignedRecords


@dataclass(frozen=True)
class Tables:
    """What confirming reads and writes."""

    deployments: Deployments
    records: SignedRecords


class Confirming:
    """The steps."""

    def __init__(
        self,
        tables: Tables,
        deciding: Deciding,
        rosters: Rosters,
        keeper: Keeper,
        key_of: KeyOf,
        now_us: Callable[[], int],
    ) -> None:
        self._tables = tables
        self._deciding = deciding
        self._rosters = rosters
        self._keeper = keeper
        self._key_of = key_of
        self._now_us = now_us

    async def ask(self, deployment: str, who: str) -> Envelope:
        """Draft the confirmation of this moment; the same moment again is the same draft."""
        stands = await self._deciding.standing(deployment)
        now_us = self._now_us()
        if stands.next_start(now_us) is None:
            raise ProblemError("overrun-closed", rule="R04", number=stands.decision.number)
        envelope = enclose(NECESSITY, Necessity(deployment, stands.decision.serial, now_us))
        if await self._tables.deployments.draft(envelope.digest) is None:
            draft = DraftRow(envelope.digest, NECESSITY, deployment, None, dump(envelope), who, now_us)
            await self._tables.deployments.add_draft(draft)
        return envelope

    async def sign(self, digest: str, signature: Signature, who: Person) -> Envelope:
        """An approver's signature, by the key of their own slot: with it the confirmation is logged, and counts."""
        draft = await self._tables.deployments.draft(digest)
        if draft is None or draft.type != NECESSITY:
            record = await self._tables.records.get(digest)
            if record is None or record.type != NECESSITY:
                raise ProblemError("not-found")
            require_among(signature, read(record.envelope))
            return read(record.envelope)
        keys = {key: approver.key for key, approver in (await self._rosters.approvers()).items()}
        signed = with_signature(read(draft.envelope), signature, keys, "none of the bound approvers has this key")
        await require_own(self._key_of, who, signature)
        serial = load(Necessity, signed.body).serial
        index = await self._keeper.record(signed)
        record = RecordRow(digest, NECESSITY, draft.deployment, None, serial, dump(signed), index, self._now_us())
        await self._tables.deployments.logged(record, unit=EVERYBODY)
        return signed
