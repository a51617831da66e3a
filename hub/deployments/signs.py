# SPDX-License-Identifier: EUPL-1.2
"""Signs before pictures (R07, Gemeentewet 151c(6)): everybody who enters the area can know of the cameras.

Each way in that the plan names needs a photo of its sign before a camera may be placed to film; aiming one is allowed
before. A way in that a newer plan moved needs a new photo. Photos are kept by their hash, cleaned of what a phone adds.
"""

import hashlib
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.mandate import Position
from hub.deployments.photos import PhotoError, cleaned
from hub.deployments.standing import StandingDecision
from hub.problem import ProblemError
from hub.store.objects import Objects
from hub.store.signs import SignRow, Signs

PHOTOS_OF_AN_ENTRY = 8
AHEAD_US = 600_000_000  # a phone's clock may be wrong; one that is further ahead says nothing of when


@dataclass(frozen=True)
class Entrance:
    """A way into the area, as the decided plan has it."""

    entry: str
    name: str
    position: Position


@dataclass(frozen=True)
class Photo:
    """What somebody brings: of which way in, taken when and where, and the picture."""

    entry: str
    taken_at_us: int
    position: Position | None
    data: bytes


@dataclass(frozen=True)
class Signed:
    """A way in and the photos of its sign, newest first; none that is of where it was before."""

    entrance: Entrance
    photos: tuple[SignRow, ...]


Standing = Callable[[str], Awaitable[StandingDecision]]
"""What stands for a deployment; refused where nothing is decided."""
Entrances = Callable[[StandingDecision], Awaitable[Sequence[Entrance]]]
"""The ways into the area of a decision that stands."""


class Signposting:
    """Takes photos of signs, and says what lacks one."""

    def __init__(
        self, table: Signs, photos: Objects, standing: Standing, entrances: Entrances, now_us: Callable[[], int]
    ) -> None:
        self._table = table
        self._photos = photos
        self._standing = standing
        self._entrances = entrances
        self._now_us = now_us

    async def take(self, deployment: str, photo: Photo, who: str) -> list[Signed]:
        """Keep a photo of a sign; gives what there is then. The same photo again changes nothing.

        Raises:
            ProblemError: nothing is decided, no such way in, no photo, or enough of it.
        """
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
        """The ways in, in the plan's order, each with its photos."""
        return await self._signed(await self._standing(deployment))

    async def photo(self, deployment: str, name: str) -> bytes:
        """A photo of this deployment, by its hash."""
        row = next((row for row in await self._table.of_deployment(deployment) if row.photo == name), None)
        if row is None:
            raise ProblemError("not-found")
        try:
            return await self._photos.get(_object(deployment, name), 0, row.size)
        except FileNotFoundError as error:
            raise ProblemError("not-found") from error

    async def require(self, stands: StandingDecision) -> None:
        """R07: that each way in has its sign. Raises ProblemError naming those that have none."""
        without = [each.entrance.name for each in await self._signed(stands) if not each.photos]
        if without:
            raise ProblemError("signs-missing", rule="R07", count=len(without), entries=", ".join(without))

    async def _signed(self, stands: StandingDecision) -> list[Signed]:
        rows = await self._table.of_deployment(stands.decision.deployment)
        return [
            Signed(entrance, tuple(row for row in rows if _of(row) == (entrance.entry, entrance.position)))
            for entrance in await self._entrances(stands)
        ]

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


def _of(row: SignRow) -> tuple[str, Position]:
    return row.entry, Position(row.entry_lat_e7, row.entry_lon_e7)


def _object(deployment: str, name: str) -> str:
    return f"{deployment}/{name}.jpg"
