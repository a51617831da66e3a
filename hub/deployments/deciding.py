# SPDX-License-Identifier: EUPL-1.2
"""A plan becomes a draft of a decision, and two approvers sign it or one sends it back.

1. `draft` makes the decision's draft, for a plan's first time with the deployment and its number; nothing is decided.
2. `sign_decision` adds an approver's signature. With the second slot's the keeper logs the decision, it becomes a
   record, and the keeper bears its hour keys. Then cameras may be placed (`hub.deployments.placing`).
3. Or `send_back`: the draft is withdrawn with a reason, and its plan can be edited again. Not once the keeper was asked
   to log it: what may stand in the log is signed again, which takes up what the keeper has, until it is a record.

A deployment that is decided may have a newer decision drafted: the one that stands goes on standing until two people
signed the newer one. A step is done once and may be asked for again. A step that the keeper cannot do leaves the draft
as it was.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from contract.authority import two_slots
from contract.envelope import Envelope, Signature, enclose, read, signers
from contract.mandate import DECISION, Decision, Keyset
from contract.record import dump, load
from contract.roster import Approver
from hub.access.roster import Rosters
from hub.access.signin import Person
from hub.audit.faults import LogUnavailableError
from hub.deployments.drafting import decision_of
from hub.deployments.four_eyes import FourEyes
from hub.deployments.ids import uuid7
from hub.deployments.rules import Asked
from hub.deployments.signing import keep_signed, require_among, with_signature
from hub.deployments.standing import Orders, StandingDecision
from hub.keeper.client import Keeper, KeeperRefusedError
from hub.problem import ProblemError
from hub.store.approvals import Approvals, RefusalRow, SigningRow
from hub.store.deployments import NUMBER_TAKEN, DeploymentRow, Deployments, DraftRow
from hub.store.faults import DuplicateError
from hub.store.plans import Submission
from hub.store.records import RecordRow, SignedRecords

NUMBER_TRIES = 5


@dataclass(frozen=True)
class Tables:
    """What deciding reads and writes."""

    deployments: Deployments
    records: SignedRecords
    approvals: Approvals


@dataclass(frozen=True)
class Demands:
    """What must be so before two signatures decide anything.

    `signs_stand` refuses, by R07, a newer decision under which cameras would film past a way in without a sign; `flag`
    has the log say that a logged decision was urgent.
    """

    four_eyes: FourEyes
    signs_stand: Callable[[StandingDecision, Decision, str], Awaitable[None]]
    flag: Callable[[str, str], Awaitable[None]]


class Deciding:
    """The steps. That two slots signed is in the records; that they are other people than planned, `FourEyes` says."""

    def __init__(
        self,
        tables: Tables,
        rosters: Rosters,
        demands: Demands,
        keeper: Keeper,
        now_us: Callable[[], int],
        random: Callable[[int], bytes],
    ) -> None:
        self._tables = tables
        self._orders = Orders(tables.records)
        self._rosters = rosters
        self._demands = demands
        self._four_eyes = demands.four_eyes
        self._keeper = keeper
        self._now_us = now_us
        self._random = random

    async def draft(self, asked: Asked, submission: Submission, deployment: str | None, who: str) -> str:
        """Draft the decision of a plan that passed the rules; gives its deployment.

        Args:
            asked: the plan.
            submission: which plan, and which version of it.
            deployment: the one that it revises or was submitted for before; None makes one.
            who: for the record.
        """
        roster = await self._rosters.current()
        if deployment is None:
            return await self._first(asked, submission, roster.demo, who)
        row = await self._tables.deployments.get(deployment)
        if row is None:
            raise ProblemError("not-found")
        if await self.waiting(deployment) is not None:
            raise ProblemError("plan-of-others", number=row.number)
        stands = await self._orders.of_deployment(deployment)
        serial = 1 if stands is None else stands.decision.serial + 1
        own = {"deployment": deployment, "number": row.number, "serial": serial, "demo": roster.demo}
        await self._tables.deployments.add_decision(self._drafted(asked, own, who), submission)
        return deployment

    async def _first(self, asked: Asked, submission: Submission, demo: bool, who: str) -> str:
        now_us = self._now_us()
        deployment = uuid7(now_us, self._random)
        year = datetime.fromtimestamp(now_us / 1_000_000, UTC).year
        for _ in range(NUMBER_TRIES):
            number = await self._tables.deployments.next_number(year)
            own = {"deployment": deployment, "number": number, "serial": 1, "demo": demo}
            row = DeploymentRow(deployment, number, asked.title, who, now_us, demo)
            try:
                await self._tables.deployments.add(row, self._drafted(asked, own, who), submission)
            except DuplicateError as error:
                if str(error) != NUMBER_TAKEN:
                    raise
            else:
                return deployment
        raise ProblemError("changed-meanwhile")

    def _drafted(self, asked: Asked, own: Mapping[str, object], who: str) -> DraftRow:
        now_us = self._now_us()
        decision = decision_of(asked, {**own, "decided_at_us": now_us})
        envelope = enclose(DECISION, decision)
        return DraftRow(envelope.digest, DECISION, decision.deployment, None, dump(envelope), who, now_us)

    async def sign_decision(self, deployment: str, signature: Signature, who: Person) -> None:
        """Add an approver's signature to the decision of a deployment that waits for it."""
        draft = await self.waiting(deployment)
        if draft is None:
            stands = await self.standing(deployment)
            await self._four_eyes.require_another(who, stands.decided.digest)
            require_among(signature, read(stands.decided.envelope))
            await self._bear(stands.decided)
            return
        await self._four_eyes.require_another(who, draft.digest)
        approvers = await self._rosters.approvers()
        envelope = read(await self._tables.approvals.being_logged(draft.digest) or draft.envelope)
        keys = {key: approver.key for key, approver in approvers.items()}
        signed = with_signature(envelope, signature, keys, "none of the bound approvers has this key")
        decision, approver = load(Decision, signed.body), approvers[signature.key]
        await self._four_eyes.require_own_key(who, draft.digest, decision, approver)
        slots = [approvers[key].slot for key in signers(signed, keys.values())]
        if len(set(slots)) < len(slots):
            raise ProblemError("signature-refused", rule="R10", reason="this approver's slot has signed already")
        signing = await self._signing(draft.digest, approver, who)
        if not two_slots(signed, approvers):
            await keep_signed(self._tables.deployments, draft, signed, signing)
            return
        await self._require_signs(decision, signed.digest)
        await self._begin_logging(draft, signed, signing)
        before = {approvers[key].slot for key in signers(read(draft.envelope), keys.values())}
        record = await self._decide(signed, decision, sorted(set(slots) - before))
        await self._tables.deployments.logged(record, signing=signing)
        await self._bear(record)

    async def send_back(self, deployment: str, reason: str, who: Person) -> None:
        """Withdraw the draft that waits, with a reason for who planned it; one approver may."""
        row = await self._tables.deployments.get(deployment)
        if row is None:
            raise ProblemError("not-found")
        draft = await self.waiting(deployment)
        if draft is None:
            raise ProblemError("nothing-waits", number=row.number)
        await self._four_eyes.require_another(who, draft.digest)
        refusal = RefusalRow(draft.digest, deployment, who.name, reason, self._now_us())
        if await self._tables.approvals.send_back(refusal):
            return
        logging = await self._tables.approvals.being_logged(draft.digest)
        raise ProblemError("changed-meanwhile" if logging is None else "being-logged", number=row.number)

    async def withdraw(self, deployment: str, reason: str, who: str) -> None:
        """Send back what waits, as filming was stopped: the keeper logs nothing that was drafted before a stop."""
        draft = await self.waiting(deployment)
        if draft is not None:
            await self._tables.approvals.send_back(RefusalRow(draft.digest, deployment, who, reason, self._now_us()))

    async def standing(self, deployment: str) -> StandingDecision:
        """What stands for a deployment. Refused where there is none, or it is not decided."""
        row = await self._tables.deployments.get(deployment)
        if row is None:
            raise ProblemError("not-found")
        stands = await self._orders.of_deployment(deployment)
        if stands is None:
            raise ProblemError("not-decided", number=row.number)
        return stands

    async def regime(self, deployment: str) -> str | None:
        """The regime that a deployment was decided under; None while nothing was."""
        stands = await self._orders.of_deployment(deployment)
        return None if stands is None else stands.decision.regime

    async def ready(self, deployment: str) -> StandingDecision:
        """As `standing`, and its hour keys are born: cameras may be placed."""
        stands = await self.standing(deployment)
        await self._bear(stands.decided)
        return stands

    async def waiting(self, deployment: str) -> DraftRow | None:
        """The decision that people are signing."""
        drafts = await self._tables.deployments.drafts(deployment)
        return next((draft for draft in drafts if draft.type == DECISION), None)

    async def _require_signs(self, decision: Decision, digest: str) -> None:
        """R07: nothing is decided under which cameras would film on past a way in without a sign."""
        stands = await self._orders.of_deployment(decision.deployment)
        if stands is not None:
            await self._demands.signs_stand(stands, decision, digest)

    async def _begin_logging(self, draft: DraftRow, signed: Envelope, signing: SigningRow) -> None:
        approvals, before = self._tables.approvals, draft.envelope
        if await approvals.begin_logging(draft.digest, before, dump(signed), signing):
            return
        if await approvals.being_logged(draft.digest) is None:
            raise ProblemError("changed-meanwhile")

    async def _decide(self, signed: Envelope, decision: Decision, slots: Sequence[str]) -> RecordRow:
        """What two slots signed is logged, and said to be urgent before it holds.

        Where the keeper says that it is not logged the signatures of `slots` go; where it says nothing it may be.
        """
        try:
            index = await self._keeper.record(signed)
        except (KeeperRefusedError, LogUnavailableError):
            await self._tables.approvals.not_logged(signed.digest, slots)
            raise
        await self._demands.flag(signed.digest, decision.deployment)
        return self._record(signed, decision.deployment, decision.serial, index)

    async def _signing(self, decision: str, approver: Approver, who: Person) -> SigningRow:
        roster = await self._rosters.current()
        name = next((slot.name for slot in roster.slots if slot.slot == approver.slot), approver.slot)
        return SigningRow(decision, approver.slot, name, who.name, self._now_us())

    async def _bear(self, decided: RecordRow) -> None:
        """See that a decision has its keyset; the keeper gives the one there is or makes it."""
        stands = await self._orders.of_deployment(decided.deployment or "")
        if stands is not None and stands.keyset is not None:
            return
        envelope, index = await self._keeper.birth(decided.digest)
        record = self._record(envelope, decided.deployment, load(Keyset, envelope.body).serial, index)
        await self._tables.records.add(record, notify_all=True)

    def _record(self, envelope: Envelope, deployment: str | None, serial: int, index: int) -> RecordRow:
        return RecordRow(
            envelope.digest, envelope.type, deployment, None, serial, dump(envelope), index, self._now_us()
        )
