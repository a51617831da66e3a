# SPDX-License-Identifier: EUPL-1.2
"""A deployment's way: registered, its decision signed by two approvers, its cameras placed by two of the team.

1. `register` makes number, id and the draft of the decision; nothing is decided.
2. `sign_decision` adds an approver's signature. With the second slot's the keeper logs the decision, it becomes a
   record, and the keeper bears its hour keys.
3. `assign` drafts a placement, `sign_assignment` adds a team member's signature; with the second the keeper logs it,
   and the unit's mandate is made anew.

A step is done once and may be asked for again. A step that the keeper cannot do leaves the draft as it was.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from contract.authority import masks_digest, post_digest, two_slots
from contract.envelope import Envelope, Signature, enclose, fingerprint, read, signers
from contract.mandate import ASSIGNMENT, DECISION, Assignment, Decision, Keyset
from contract.record import ContractError, build, dump, load
from hub.access.roster import Rosters
from hub.deployments import rules
from hub.deployments.standing import Orders, StandingDecision
from hub.keeper.client import Keeper
from hub.problem import ProblemError
from hub.store.deployments import DeploymentRow, Deployments, DraftRow
from hub.store.faults import DuplicateError
from hub.store.records import RecordRow, SignedRecords
from hub.store.units import Units

NUMBER_TRIES = 5


class Lifecycle:
    """The steps. Every decision about who may is in the records; a caller's name is only noted."""

    def __init__(
        self,
        deployments: Deployments,
        records: SignedRecords,
        units: Units,
        rosters: Rosters,
        keeper: Keeper,
        now_us: Callable[[], int],
        random: Callable[[int], bytes],
    ) -> None:
        self._deployments = deployments
        self._records = records
        self._orders = Orders(records)
        self._units = units
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
            try:
                await self._deployments.add(row, self._draft(enclose(DECISION, decision), deployment, None, who))
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
            stands = await self._standing(deployment)
            _require_among(signature, read(stands.decided.envelope))
            await self._bear(stands.decided)
            return
        approvers = await self._rosters.approvers()
        envelope = read(drafts[0].envelope)
        keys = {key: approver.key for key, approver in approvers.items()}
        signed = _with(envelope, signature, keys, "none of the bound approvers has this key")
        slots = [approvers[key].slot for key in signers(signed, keys.values())]
        if len(set(slots)) < len(slots):
            raise ProblemError("signature-refused", rule="R02", reason="this approver's slot has signed already")
        if not two_slots(signed, approvers):
            await self._sign(drafts[0], signed)
            return
        index = await self._keeper.decision(signed)
        body = load(Decision, signed.body)
        record = self._record(signed, deployment, None, body.serial, index)
        await self._deployments.logged(record)
        await self._bear(record)

    async def assign(self, deployment: str, post: str, unit: str, camera: str, who: str) -> Envelope:
        """Draft the placement of a unit's camera at a post; the same placement again is the same draft or record."""
        stands = await self._standing(deployment)
        await self._bear(stands.decided)
        place = next((p for p in stands.decision.posts if p.post == post), None)
        if place is None:
            raise ProblemError("post-unknown", rule="R03", post=post)
        row = await self._units.get(unit)
        if row is None or row.state != "active" or row.camera != camera:
            raise ProblemError("unit-unknown", rule="assignment.unit", unit=unit, camera=camera)
        held = stands.camera(camera)
        serials = [placed.assignment.serial for placed in stands.placed if placed.assignment.post == post]
        body = Assignment(
            deployment=deployment,
            serial=max(serials, default=0) + 1,
            post=post,
            post_digest=post_digest(place),
            unit=unit,
            unit_key=row.fingerprint,
            epoch=row.epoch,
            camera=camera,
            masks=(),
            masks_digest=masks_digest(()),
            zones=(),
            setup=False,
        )
        if held is not None and _same_place(held.assignment, body):
            return held.envelope
        envelope = enclose(ASSIGNMENT, body)
        known = await self._deployments.draft(envelope.digest)
        if known is not None:
            return read(known.envelope)
        await self._deployments.add_draft(self._draft(envelope, deployment, post, who))
        return envelope

    async def sign_assignment(self, digest: str, signature: Signature) -> Envelope:
        """Add a team member's signature to an assignment; gives it as it is then."""
        draft = await self._deployments.draft(digest)
        if draft is None or draft.type != ASSIGNMENT:
            record = await self._records.get(digest)
            if record is None or record.type != ASSIGNMENT:
                raise ProblemError("not-found")
            _require_among(signature, read(record.envelope))
            return read(record.envelope)
        team = (await self._standing(draft.deployment)).decision.team
        keys = {fingerprint(key): key for key in team.operators}
        signed = _with(read(draft.envelope), signature, keys, "none of the decision's team has this key")
        if len(signers(signed, keys.values())) < 2:
            await self._sign(draft, signed)
            return signed
        index = await self._keeper.assignment(signed)
        body = load(Assignment, signed.body)
        record = self._record(signed, draft.deployment, body.post, body.serial, index)
        await self._deployments.logged(record, unit=body.unit)
        return signed

    async def _standing(self, deployment: str) -> StandingDecision:
        row = await self._deployments.get(deployment)
        if row is None:
            raise ProblemError("not-found")
        stands = await self._orders.of_deployment(deployment)
        if stands is None:
            raise ProblemError("not-decided", number=row.number)
        return stands

    async def _bear(self, decided: RecordRow) -> None:
        """See that a decision has its keyset; the keeper gives the one there is or makes it."""
        stands = await self._orders.of_deployment(decided.deployment or "")
        if stands is not None and stands.keyset is not None:
            return
        envelope, index = await self._keeper.birth(decided.digest)
        serial = load(Keyset, envelope.body).serial
        record = self._record(envelope, decided.deployment, None, serial, index)
        await self._records.add(record, notify_all=True)

    async def _sign(self, draft: DraftRow, signed: Envelope) -> None:
        if not await self._deployments.sign(draft.digest, draft.envelope, dump(signed)):
            raise ProblemError("changed-meanwhile")

    def _draft(self, envelope: Envelope, deployment: str, subject: str | None, who: str) -> DraftRow:
        return DraftRow(envelope.digest, envelope.type, deployment, subject, dump(envelope), who, self._now_us())

    def _record(
        self, envelope: Envelope, deployment: str | None, subject: str | None, serial: int, index: int
    ) -> RecordRow:
        return RecordRow(
            envelope.digest, envelope.type, deployment, subject, serial, dump(envelope), index, self._now_us()
        )


def uuid7(now_us: int, random: Callable[[int], bytes]) -> str:
    """A UUID of version 7 (RFC 9562): 48 bits of milliseconds, then random."""
    value = int.from_bytes((now_us // 1000).to_bytes(6, "big") + random(10), "big")
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(0x3 << 62) | 2 << 62
    text = f"{value:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _with(envelope: Envelope, signature: Signature, keys: Mapping[str, bytes], unknown: str) -> Envelope:
    """The record with this signature in it, once; it must be valid and by one of these keys."""
    if signature.key not in keys:
        raise ProblemError("signature-refused", rule="signature.key", reason=unknown)
    if any(known.key == signature.key for known in envelope.signatures):
        return envelope
    try:
        signed = Envelope(envelope.type, envelope.body, (*envelope.signatures, signature))
        valid = signature.key in signers(signed, [keys[signature.key]])
    except ContractError as error:
        raise ProblemError("signature-refused", rule="signature.form", reason=str(error)) from error
    if not valid:
        raise ProblemError("signature-refused", rule="signature.wrong", reason="it does not fit this record")
    return signed


def _require_among(signature: Signature, envelope: Envelope) -> None:
    """A record that stands is not changed: only who signed it already may say so again."""
    if all(known.key != signature.key for known in envelope.signatures):
        raise ProblemError("decided-already")


def _same_place(held: Assignment, asked: Assignment) -> bool:
    return (held.post, held.post_digest, held.unit, held.unit_key) == (
        asked.post,
        asked.post_digest,
        asked.unit,
        asked.unit_key,
    )
