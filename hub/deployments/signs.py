# SPDX-License-Identifier: EUPL-1.2
"""Photos of the signs at the ways in: everybody who enters the area can know of the cameras.

When one must be there is `hub.deployments.sign_rule`'s to say. Photos are kept by their hash, cleaned of what a phone
adds.
"""

import hashlib
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.envelope import read
from contract.mandate import Decision, Position
from contract.record import load
from hub.deployments.entries import Entrance
from hub.deployments.photos import PhotoError, cleaned
from hub.deployments.sign_rule import Signed, SignRule, films_on
from hub.deployments.standing import StandingDecision
from hub.problem import ProblemError
from hub.store.deployments import DraftRow
from hub.store.objects import Objects
from hub.store.signs import SignRow, Signs

PHOTOS_OF_AN_ENTRY = 8
BEHIND_US = 600_000_000  # a phone's clock may be wrong; an older photo is of no sign for this
AHEAD_US = 600_000_000  # a phone's clock may be wrong; one that is further ahead says nothing of when


@dataclass(frozen=True)
class Photo:
    """What somebody brings: of which way in, taken when and where, and the picture."""

    entry: str
    taken_at_us: int
    position: Position | None
    data: bytes


Standing = Callable[[str], Awaitable[StandingDecision]]
"""What stands for a deployment; refused where nothing is decided."""
Waiting = Callable[[str], Awaitable[DraftRow | None]]
"""A newer decision of a deployment that people are signing."""


class Signposting:
    """Takes photos of signs, and says what lacks one."""

    def __init__(
        self,
        table: Signs,
        photos: Objects,
        rule: SignRule,
        standing: Standing,
        waiting: Waiting,
        now_us: Callable[[], int],
    ) -> None:
        self._table = table
        self._photos = photos
        self._rule = rule
        self._standing = standing
        self._waiting = waiting
        self._now_us = now_us

    async def take(self, deployment: str, photo: Photo, who: str) -> list[Signed]:
        """Keep a photo of a sign; gives what there is then. The same photo again changes nothing.

        Raises:
            ProblemError: nothing is decided, no such way in, no photo, or enough of it.
        """
        stands = await self._standing(deployment)
        if photo.taken_at_us < stands.decision.decided_at_us - BEHIND_US:
            raise ProblemError("photo-refused", rule="R07", reason="it was taken before this was planned")
        known = {each.entrance.entry: each for each in await self.of(deployment)}
        if photo.entry not in known:
            raise ProblemError("entry-unknown", rule="R07", entry=photo.entry)
        try:
            picture = cleaned(photo.data)
        except PhotoError as error:
            raise ProblemError("photo-refused", rule="R07", reason=str(error)) from error
        name = hashlib.sha256(picture).hexdigest()
        held = known[photo.entry]
        if all(row.photo != name for row in held.photos):
            if len(held.photos) >= PHOTOS_OF_AN_ENTRY:
                raise ProblemError("photos-enough", rule="R07", entry=held.entrance.name, limit=PHOTOS_OF_AN_ENTRY)
            await self._keep(deployment, name, picture)
            await self._table.add(self._row(deployment, held.entrance, photo, name, len(picture), who))
        return await self.of(deployment)

    async def of(self, deployment: str) -> list[Signed]:
        """The ways in, in the plan's order, each with its photos.

        Where cameras would film on under a newer decision that people are signing, also its own; a way in that it moves
        is shown where it will be, once there is a photo of where it is.
        """
        stands = await self._standing(deployment)
        now = await self._rule.signed(deployment, stands.decided.digest) or []
        draft = await self._waiting(deployment)
        if draft is None or not films_on(stands, load(Decision, read(draft.envelope).body)):
            return now
        return _with(now, await self._rule.signed(deployment, draft.digest) or [])

    async def photo(self, deployment: str, name: str) -> bytes:
        """A photo of this deployment, by its hash."""
        row = next((row for row in await self._table.of_deployment(deployment) if row.photo == name), None)
        if row is None:
            raise ProblemError("not-found")
        try:
            return await self._photos.get(_object(deployment, name), 0, row.size)
        except FileNotFoundError as error:
            raise ProblemError("not-found") from error

    async def _keep(self, deployment: str, name: str, picture: bytes) -> None:
        with tempfile.NamedTemporaryFile(prefix="fz-photo-") as file:
            file.write(picture)
            file.flush()
            await self._photos.put(_object(deployment, name), Path(file.name))

    def _row(self, deployment: str, entrance: Entrance, photo: Photo, name: str, size: int, who: str) -> SignRow:
        now_us, place = self._now_us(), photo.position
        return SignRow(
            deployment=deployment,
            entry=entrance.entry,
            entry_lat_e7=entrance.position.lat_e7,
            entry_lon_e7=entrance.position.lon_e7,
            photo=name,
            size=size,
            taken_at_us=photo.taken_at_us if photo.taken_at_us <= now_us + AHEAD_US else now_us,
            lat_e7=None if place is None else place.lat_e7,
            lon_e7=None if place is None else place.lon_e7,
            taken_by=who,
            kept_at_us=now_us,
        )


def _with(now: Sequence[Signed], newer: Sequence[Signed]) -> list[Signed]:
    """What is asked for now, and what a newer decision asks for besides."""
    moved = {each.entrance.entry: each for each in newer}
    kept = [moved.pop(each.entrance.entry, each) if each.photos else each for each in now]
    names = {each.entrance.entry for each in kept}
    return [*kept, *(each for name, each in moved.items() if name not in names)]


def _object(deployment: str, name: str) -> str:
    return f"{deployment}/{name}.jpg"
