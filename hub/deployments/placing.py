# SPDX-License-Identifier: EUPL-1.2
"""A camera is placed: this unit at that post of a decided deployment, signed by two of the team.

`assign` drafts a placement, `sign_assignment` adds a team member's signature; with the second the keeper logs it, and
the unit's mandate is made anew. A unit whose message would not hold it by the time it begins is not asked for.

A step is done once and may be asked for again. A step that the keeper cannot do leaves the draft as it was.
"""

from collections.abc import Callable
from dataclasses import dataclass

from contract.authority import masks_digest, post_digest
from contract.envelope import Envelope, Signature, enclose, fingerprint, read, signers
from contract.mandate import ASSIGNMENT, Assignment
from contract.record import dump, load
from hub.deployments.composing import Composer
from hub.deployments.deciding import Deciding
from hub.deployments.signing import keep_signed, require_among, with_signature
from hub.keeper.client import Keeper
from hub.problem import ProblemError
from hub.store.deployments import Deployments, DraftRow
from hub.store.records import RecordRow, SignedRecords
from hub.store.units import Units


@dataclass(frozen=True)
class Tables:
    """What placing reads and writes."""

    deployments: Deployments
    records: SignedRecords
    units: Units


class Placing:
    """The steps. Every decision about who may is in the records; a caller's name is only noted."""

    def __init__(
        self, tables: Tables, deciding: Deciding, composer: Composer, keeper: Keeper, now_us: Callable[[], int]
    ) -> None:
        self._tables = tables
        self._deciding = deciding
        self._composer = composer
        self._keeper = keeper
        self._now_us = now_us

    async def assign(self, deployment: str, post: str, unit: str, camera: str, who: str) -> Envelope:
        """Draft the placement of a unit's camera at a post; the same placement again is the same draft or record."""
        stands = await self._deciding.ready(deployment)
        place = next((p for p in stands.decision.posts if p.post == post), None)
        if place is None:
            raise ProblemError("post-unknown", rule="R03", post=post)
        row = await self._tables.units.get(unit)
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
        known = await self._tables.deployments.draft(envelope.digest)
        if known is not None:
            return read(known.envelope)
        await self._require_room(envelope, unit)
        draft = DraftRow(envelope.digest, ASSIGNMENT, deployment, post, dump(envelope), who, self._now_us())
        await self._tables.deployments.add_draft(draft)
        return envelope

    async def sign_assignment(self, digest: str, signature: Signature) -> Envelope:
        """Add a team member's signature to an assignment; gives it as it is then."""
        draft = await self._tables.deployments.draft(digest)
        if draft is None or draft.type != ASSIGNMENT:
            record = await self._tables.records.get(digest)
            if record is None or record.type != ASSIGNMENT:
                raise ProblemError("not-found")
            require_among(signature, read(record.envelope))
            return read(record.envelope)
        team = (await self._deciding.standing(draft.deployment)).decision.team
        keys = {fingerprint(key): key for key in team.operators}
        signed = with_signature(read(draft.envelope), signature, keys, "none of the decision's team has this key")
        if len(signers(signed, keys.values())) < 2:
            await keep_signed(self._tables.deployments, draft, signed)
            return signed
        body = load(Assignment, signed.body)
        await self._require_room(signed, body.unit)
        index = await self._keeper.record(signed)
        record = RecordRow(
            digest, ASSIGNMENT, draft.deployment, body.post, body.serial, dump(signed), index, self._now_us()
        )
        await self._tables.deployments.logged(record, unit=body.unit)
        return signed

    async def _require_room(self, assignment: Envelope, unit: str) -> None:
        row = await self._tables.units.get(unit)
        in_the_way = None if row is None else await self._composer.room_for(row, assignment)
        if in_the_way is not None:
            raise ProblemError("unit-full", rule="unit.orders-full", unit=unit, orders=in_the_way)


def _same_place(held: Assignment, asked: Assignment) -> bool:
    return (held.post, held.post_digest, held.unit, held.unit_key) == (
        asked.post,
        asked.post_digest,
        asked.unit,
        asked.unit_key,
    )
