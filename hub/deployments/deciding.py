# SPDX-License-Identifier: EUPL-1.2
"""A deployment is registered, and its decision signed by two approvers.

1. `register` makes number, id and the draft of the decision; nothing is decided.
2. `sign_decision` adds an approver's signature. With the second slot's the keeper logs the decision, it becomes a
   record, and the keeper bears its hour keys. Then cameras may be placed (`hub.deployments.placing`).

A step is done once and may be asked for again. A step that the keeper cannot do leaves the draft as it was.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from contract.authority import two_slots
from contract.envelope import Envelope, Signature, enclose, read, signers
from contract.mandate import DECISION, Decision, Keyset
from contract.record import build, dump, load
from hub.access.roster import Rosters
from hub.deployments import rules
from hub.deployments.signing import keep_signed, require_among, with_signature
from hub.deployments.standing import Orders, StandingDecision
from hub.keeper.client import Keeper
from hub.problem import ProblemError
from hub.store.deployments import DeploymentRow, Deployments, DraftRow
from hub.store.faults import DuplicateError
from hub.store.records import RecordRow, SignedRecords

NUMBER_TRIES = 5


class Deciding:
    """The steps. Every decision about who may is in the records; a caller's name is only noted."""

    def __init__(
        self,
        deployments: Deployments,
        records: SignedRecords,
        rosters: Rosters,
        keeper: Keeper,
        now_us: Callable[[], int],
        random: Callable[[int], bytes],
    ) -> None:
        self._deployments = deployments
        self._records = records
        self._orders = Orders(records)
        self._rosters = rosters
        self._keeper = keeper
        self._now_us = now_us
        self._random = random

    async def register(self, title: str, asked: Mapping[str, object], who: str) -> DeploymentRow:
        """Register a demonstration; `asked` is the decision's JSON without what the hub itself fills in."""
        rules.check_retention(asked)
        roster = await self._rosters.current()
        now_us = self._now_us()
        deployment = uuid7(now_us, self._random)
        for attempt in range(1, NUMBER_TRIES + 1):
            number = await self._deployments.next_number(datetime.fromtimestamp(now_us / 1_000_000, UTC).year)
            own = {"deployment": deployment, "number": number, "serial": 1, "decided_at_us": now_us}
            decision = build(Decision, {**asked, **own, "demo": roster.demo})
            rules.check(decision, now_us)
            row = DeploymentRow(deployment, number, title, who, now_us, roster.demo)
            envelope = enclose(DECISION, decision)
            draft = DraftRow(envelope.digest, DECISION, deployment, None, dump(envelope), who, now_us)
            try:
                await self._deployments.add(row, draft)
            except DuplicateError:
                if attempt == NUMBER_TRIES:
                    raise
            else:
                return row
        raise AssertionError("unreachable")

    async def sign_decision(self, deployment: str, signature: Signature) -> None:
        """Add an approver's signature to the decision of a deployment."""
        drafts = [d for d in await self._deployments.drafts(deployment) if d.type == DECISION]
        if not drafts:
            stands = await self.standing(deployment)
            require_among(signature, read(stands.decided.envelope))
            await self._bear(stands.decided)
            return
        approvers = await self._rosters.approvers()
        envelope = read(drafts[0].envelope)
        keys = {key: approver.key for key, approver in approvers.items()}
        signed = with_signature(envelope, signature, keys, "none of the bound approvers has this key")
        slots = [approvers[key].slot for key in signers(signed, keys.values())]
        if len(set(slots)) < len(slots):
            raise ProblemError("signature-refused", rule="R02", reason="this approver's slot has signed already")
        if not two_slots(signed, approvers):
            await keep_signed(self._deployments, drafts[0], signed)
            return
        index = await self._keeper.record(signed)
        record = self._record(signed, deployment, load(Decision, signed.body).serial, index)
        await self._deployments.logged(record)
        await self._bear(record)

    async def standing(self, deployment: str) -> StandingDecision:
        """What stands for a deployment. Refused where there is none, or it is not decided."""
        row = await self._deployments.get(deployment)
        if row is None:
            raise ProblemError("not-found")
        stands = await self._orders.of_deployment(deployment)
        if stands is None:
            raise ProblemError("not-decided", number=row.number)
        return stands

    async def ready(self, deployment: str) -> StandingDecision:
        """As `standing`, and its hour keys are born: cameras may be placed."""
        stands = await self.standing(deployment)
        await self._bear(stands.decided)
        return stands

    async def _bear(self, decided: RecordRow) -> None:
        """See that a decision has its keyset; the keeper gives the one there is or makes it."""
        stands = await self._orders.of_deployment(decided.deployment or "")
        if stands is not None and stands.keyset is not None:
            return
        envelope, index = await self._keeper.birth(decided.digest)
        record = self._record(envelope, decided.deployment, load(Keyset, envelope.body).serial, index)
        await self._records.add(record, notify_all=True)

    def _record(self, envelope: Envelope, deployment: str | None, serial: int, index: int) -> RecordRow:
        return RecordRow(
            envelope.digest, envelope.type, deployment, None, serial, dump(envelope), index, self._now_us()
        )


def uuid7(now_us: int, random: Callable[[int], bytes]) -> str:
    """A UUID of version 7 (RFC 9562): 48 bits of milliseconds, then random."""
    value = int.from_bytes((now_us // 1000).to_bytes(6, "big") + random(10), "big")
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(0x3 << 62) | 2 << 62
    text = f"{value:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
