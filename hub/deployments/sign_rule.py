# SPDX-License-Identifier: EUPL-1.2
"""Signs before pictures (R07, Gemeentewet 151c(6)): where a photo of a sign is asked for before a camera may film.

Asked twice: when a camera is placed, of the decision that stands; and before a newer decision holds under which cameras
that are placed film on, of that one. So a way in that is moved or added has its sign before anything films by it.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from contract.authority import post_digest
from contract.mandate import Decision, Position
from hub.deployments.entries import Entrance
from hub.deployments.standing import StandingDecision
from hub.problem import ProblemError
from hub.store.signs import SignRow, Signs

Entrances = Callable[[str], Awaitable[Sequence[Entrance] | None]]
"""The ways into the area of a decision, by its digest; None where nobody knows them."""


@dataclass(frozen=True)
class Signed:
    """A way in and the photos of its sign, newest first; none that is of where it was before."""

    entrance: Entrance
    photos: tuple[SignRow, ...]


class SignRule:
    """Says what lacks a sign, and refuses."""

    def __init__(self, table: Signs, entrances: Entrances) -> None:
        self._table = table
        self._entrances = entrances

    async def signed(self, deployment: str, decision: str) -> list[Signed] | None:
        """The ways into a decision's area, each with its photos; None where nobody knows them."""
        entrances = await self._entrances(decision)
        if entrances is None:
            return None
        rows = await self._table.of_deployment(deployment)
        return [
            Signed(entrance, tuple(row for row in rows if _of(row) == (entrance.entry, entrance.position)))
            for entrance in entrances
        ]

    async def require(self, stands: StandingDecision) -> None:
        """R07: that each way in has its sign. Raises ProblemError naming those that have none."""
        await self._require(stands.decision.deployment, stands.decided.digest)

    async def require_for(self, stands: StandingDecision, newer: Decision, digest: str) -> None:
        """The same of a newer decision, if a camera that is placed would film on under it."""
        if films_on(stands, newer):
            await self._require(newer.deployment, digest)

    async def _require(self, deployment: str, decision: str) -> None:
        signed = await self.signed(deployment, decision)
        if signed is None:
            raise ProblemError("entries-unknown", rule="R07")
        without = [each.entrance.name for each in signed if not each.photos]
        if without:
            raise ProblemError("signs-missing", rule="R07", count=len(without), entries=", ".join(without))


def films_on(stands: StandingDecision, newer: Decision) -> bool:
    """Whether a camera that is placed keeps its place under a newer decision."""
    posts = {post_digest(post) for post in newer.posts}
    return any(placed.assignment.post_digest in posts for placed in stands.placed)


def _of(row: SignRow) -> tuple[str, Position]:
    return row.entry, Position(row.entry_lat_e7, row.entry_lon_e7)
