# SPDX-License-Identifier: EUPL-1.2
"""A camera is placed, or aimed: this unit at that post of a decided deployment, signed by two of the team.

A placement to another unit is a swap. To be aimed a camera is watched for a quarter of an hour at most, also outside a
window, and recorded never.

`assign` drafts a placement, `sign_assignment` adds a team member's signature; with the second the keeper logs it, and
the unit's mandate is made anew. A unit whose message would not hold it by the time it begins is not asked for.

A step is done once and may be asked for again. A step that the keeper cannot do leaves the draft as it was.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from contract.authority import masks_digest, place_of, post_digest, two_of_the_team
from contract.envelope import Envelope, Signature, enclose, fingerprint, read
from contract.mandate import ASSIGNMENT, Assignment, Window
from contract.record import dump, load
from hub.access.signin import Person
from hub.deployments.awaiting import awaited
from hub.deployments.composing import Composer
from hub.deployments.deciding import Deciding
from hub.deployments.signing import KeyOf, keep_signed, require_among, require_own, with_signature
from hub.deployments.standing import StandingDecision
from hub.keeper.client import Keeper
from hub.problem import ProblemError
from hub.store.deployments import Deployments, DraftRow
from hub.store.records import EVERYBODY, RecordRow, SignedRecords
from hub.store.units import Units

SignsStand = Callable[[StandingDecision], Awaitable[None]]
"""Refuses, by R07, while a way into the area has no sign."""


@dataclass(frozen=True)
class Tables:
    """What placing reads and writes."""

    deployments: Deployments
    records: SignedRecords
    units: Units


@dataclass(frozen=True)
class Demands:
    """What must be so before a placement is logged, and a signature taken."""

    signs_stand: SignsStand
    key_of: KeyOf


class Placing:
    """The steps."""

    def __init__(
        self,
        tables: Tables,
        deciding: Deciding,
        composer: Composer,
        keeper: Keeper,
        demands: Demands,
        now_us: Callable[[], int],
    ) -> None:
        self._tables = tables
        self._deciding = deciding
        self._composer = composer
        self._keeper = keeper
        self._demands = demands
        self._now_us = now_us

    async def assign(
        self, deployment: str, post: str, unit: str, camera: str, who: str, setup_minutes: int | None = None
    ) -> Envelope:
        """Draft the placement of a unit's camera at a post; the same placement again is the same draft or record.

        With `setup_minutes` it is to be aimed, from now on.
        """
        stands = await self._deciding.ready(deployment)
        place = next((p for p in stands.decision.posts if p.post == post), None)
        if place is None:
            raise ProblemError("post-unknown", rule="R03", post=post)
        row = await self._tables.units.get(unit)
        if row is None or row.state != "active" or row.camera != camera:
            raise ProblemError("unit-unknown", rule="assignment.unit", unit=unit, camera=camera)
        setup = None if setup_minutes is None else self._setup(stands, setup_minutes)
        held = stands.camera(camera) if setup is None else None
        body = Assignment(
            deployment=deployment,
            serial=1,
            post=post,
            post_digest=post_digest(place),
            unit=unit,
            unit_key=row.fingerprint,
            epoch=row.epoch,
            camera=camera,
            masks=(),
            masks_digest=masks_digest(()),
            zones=(),
            setup=setup,
        )
        body = replace(body, serial=stands.serials.get(place_of(body), 0) + 1)
        if held is not None and _same_place(held.assignment, body):
            return held.envelope
        envelope = enclose(ASSIGNMENT, body)
        known = await self._tables.deployments.draft(envelope.digest)
        if known is not None:
            return read(known.envelope)
        await self._require_room(envelope, unit)
        draft = DraftRow(envelope.digest, ASSIGNMENT, deployment, post, dump(envelope), who, self._now_us())
        await self._keep(stands, draft)
        return envelope

    async def sign_assignment(self, digest: str, signature: Signature, who: Person) -> Envelope:
        """Add a team member's signature, by their own key, to an assignment; gives it as it is then."""
        draft = await self._tables.deployments.draft(digest)
        if draft is None or draft.type != ASSIGNMENT:
            record = await self._tables.records.get(digest)
            if record is None or record.type != ASSIGNMENT:
                raise ProblemError("not-found")
            require_among(signature, read(record.envelope))
            return read(record.envelope)
        stands = await self._deciding.standing(draft.deployment)
        keys = {fingerprint(key): key for key in stands.decision.team.keys}
        signed = with_signature(read(draft.envelope), signature, keys, "none of the decision's team has this key")
        await require_own(self._demands.key_of, who, signature)
        if not two_of_the_team(signed, stands.decision):
            await keep_signed(self._tables.deployments, draft, signed)
            return signed
        body = load(Assignment, signed.body)
        if body.setup is None:
            await self._demands.signs_stand(stands)
        await self._require_room(signed, body.unit)
        index = await self._keeper.record(signed)
        record = RecordRow(
            digest, ASSIGNMENT, draft.deployment, body.post, body.serial, dump(signed), index, self._now_us()
        )
        before = (placed.assignment for placed in stands.newest if body.setup is None)
        swapped = any((held.post, held.unit != body.unit) == (body.post, True) for held in before)
        await self._tables.deployments.logged(record, unit=EVERYBODY if swapped else body.unit)
        return signed

    async def pending(self, deployment: str) -> list[Envelope]:
        """What waits for a signature more, oldest first."""
        stands = await self._deciding.standing(deployment)
        return awaited(stands, await self._drafted(deployment), self._now_us())

    async def _drafted(self, deployment: str) -> list[Envelope]:
        drafts = await self._tables.deployments.drafts(deployment)
        return [read(draft.envelope) for draft in drafts if draft.type == ASSIGNMENT]

    async def _keep(self, stands: StandingDecision, draft: DraftRow) -> None:
        """Keep a draft; those of its deployment that wait for nothing any more, with this one there, go."""
        drafts = [*await self._drafted(draft.deployment), read(draft.envelope)]
        wait = {envelope.digest for envelope in awaited(stands, drafts, self._now_us())}
        gone = [envelope.digest for envelope in drafts[:-1] if envelope.digest not in wait]
        await self._tables.deployments.add_draft(draft, gone)

    def _setup(self, stands: StandingDecision, minutes: int) -> Window:
        """The stretch in which a camera is to be aimed: from now, and no longer than anything is decided."""
        now_us = self._now_us()
        asked = Window(now_us, now_us + minutes * 60_000_000)
        windows = stands.course_for(asked).windows
        if not windows or (stands.stop is not None and stands.stop.ends_at_us <= now_us):
            raise ProblemError("setup-over", rule="R04", number=stands.decision.number)
        return windows[0]

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
