# SPDX-License-Identifier: EUPL-1.2
"""Who stands where: what the assignments that were logged of a deployment come to.

Of a post the newest assignment stands, and of a unit's camera the newest that places it: the log's order says which. So
a swap ends who stood there, and a camera that is moved stands where it went alone. Under a newer decision an assignment
goes on standing as long as `contract.authority.why_not_under` finds nothing against it; what it ended stays ended.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from contract.authority import place_of, why_not_under
from contract.envelope import Envelope
from contract.mandate import Assignment, Decision


@dataclass(frozen=True)
class Placed:
    """A logged assignment."""

    assignment: Assignment
    envelope: Envelope
    log_index: int


def newest(logged: Iterable[Placed]) -> tuple[Placed, ...]:
    """Of one deployment's assignments those that no later one took the post or the camera of."""
    found: dict[str, Placed] = {}
    for placed in sorted(logged, key=lambda placed: placed.log_index):
        place, body = place_of(placed.assignment), placed.assignment
        for left in [other for other in found if other != place and moves(body, found[other].assignment)]:
            del found[left]
        found[place] = placed
    return tuple(found.values())


def moves(later: Assignment, earlier: Assignment) -> bool:
    """Whether an assignment takes the camera of an earlier one away with it. To be aimed takes nothing away."""
    same = (later.deployment, later.unit, later.camera) == (earlier.deployment, earlier.unit, earlier.camera)
    return same and later.setup is None and earlier.setup is None


def holds(placed: Placed, decision: Decision) -> bool:
    """Whether a logged assignment holds under a decision."""
    return why_not_under(placed.envelope, placed.assignment, decision) is None
