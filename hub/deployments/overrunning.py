# SPDX-License-Identifier: EUPL-1.2
"""A window goes on past its end: one operator of the team signs it, within what two approvers allowed.

`ask` drafts the next overrun of the window that is open, with a reason; `sign` adds the operator's signature, the
keeper logs it, and the units that film are told. Past the overrun it takes a newer decision, which is two people's.
"""

from collections.abc import Callable
from dataclasses import dataclass

from contract.envelope import Envelope, Signature, enclose, fingerprint, read
from contract.record import dump, load
from contract.running import OVERRUN, OverrunTaken
from contract.tlog import commitment
from hub.access.signin import Person
from hub.deployments.deciding import Deciding
from hub.deployments.signing import KeyOf, require_among, require_own, with_signature
from hub.keeper.client import Keeper
from hub.problem import ProblemError
from hub.store.deployments import Deployments, DraftRow
from hub.store.overruns import OverrunRow, Overruns
from hub.store.records import RecordRow, SignedRecords

SALT_BYTES = 16


@dataclass(frozen=True)
class Tables:
    """What prolonging reads and writes."""

    deployments: Deployments
    records: SignedRecords
    overruns: Overruns


class Overrunning:
    """The steps."""

    def __init__(
        self,
        tables: Tables,
        deciding: Deciding,
        keeper: Keeper,
        key_of: KeyOf,
        now_us: Callable[[], int],
        random: Callable[[int], bytes],
    ) -> None:
        self._tables = tables
        self._deciding = deciding
        self._keeper = keeper
        self._key_of = key_of
        self._now_us = now_us
        self._random = random

    async def ask(self, deployment: str, reason: str, who: str) -> tuple[Envelope, bytes]:
        """Draft the next overrun of the window that is open now; the salt of its reason with it."""
        stands = await self._deciding.standing(deployment)
        now_us, salt = self._now_us(), self._random(SALT_BYTES)
        if stands.window(now_us) is None:
            raise ProblemError("overrun-closed", rule="R04", number=stands.decision.number)
        body = stands.course.next_overrun(now_us, commitment(reason.encode(), salt))
        if body is None:
            raise ProblemError("overrun-spent", rule="overrun.times", times=stands.decision.overrun.times)
        envelope = enclose(OVERRUN, body)
        subject = str(body.window_from_us)
        draft = DraftRow(envelope.digest, OVERRUN, deployment, subject, dump(envelope), who, now_us)
        await self._tables.overruns.add(OverrunRow(envelope.digest, deployment, reason, salt, who, now_us), draft)
        return envelope, salt

    async def sign(self, digest: str, signature: Signature, who: Person) -> Envelope:
        """The operator's signature, by their own key: with it the overrun is logged, and holds."""
        draft = await self._tables.deployments.draft(digest)
        if draft is None or draft.type != OVERRUN:
            record = await self._tables.records.get(digest)
            if record is None or record.type != OVERRUN:
                raise ProblemError("not-found")
            require_among(signature, read(record.envelope))
            return read(record.envelope)
        team = (await self._deciding.standing(draft.deployment)).decision.team
        keys = {fingerprint(key): key for key in team.operators}
        signed = with_signature(
            read(draft.envelope), signature, keys, "no operator of the decision's team has this key"
        )
        await require_own(self._key_of, who, signature)
        serial = load(OverrunTaken, signed.body).serial
        index = await self._keeper.record(signed)
        record = RecordRow(
            digest, OVERRUN, draft.deployment, draft.subject, serial, dump(signed), index, self._now_us()
        )
        await self._tables.overruns.logged(record, who.name)
        return signed
