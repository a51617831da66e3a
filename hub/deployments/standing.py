# SPDX-License-Identifier: EUPL-1.2
"""What stands for a deployment: its newest logged decision, that one's keyset, and who is placed where.

Read from records that the keeper logged. What may be done under them is judged where it is done: by the keeper and by
the unit, who trust neither this nor the database.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from contract.envelope import Envelope, read
from contract.mandate import ASSIGNMENT, DECISION, KEYSET, Assignment, Decision, HourKey, Keyset, Window
from contract.record import load
from hub.store.records import RecordRow, SignedRecords


@dataclass(frozen=True)
class Placed:
    """An assignment in force."""

    assignment: Assignment
    envelope: Envelope
    log_index: int


@dataclass(frozen=True)
class StandingDecision:
    """A decided deployment."""

    decision: Decision
    decided: RecordRow
    keyset: Keyset | None
    issued: RecordRow | None
    placed: tuple[Placed, ...]

    def window(self, at_us: int) -> Window | None:
        """The window that is open at a moment."""
        return self.decision.window(at_us)

    def camera(self, camera: str) -> Placed | None:
        """Where a camera is placed."""
        return next((placed for placed in self.placed if placed.assignment.camera == camera), None)

    def post_name(self, post: str) -> str:
        """What people call a post."""
        return next((p.name for p in self.decision.posts if p.post == post), post)


def standing(records: Iterable[RecordRow]) -> StandingDecision | None:
    """What stands for one deployment by its records; None while nothing is decided."""
    rows = list(records)
    decisions = [row for row in rows if row.type == DECISION]
    if not decisions:
        return None
    decided = max(decisions, key=lambda row: row.serial)
    keysets = [(row, load(Keyset, read(row.envelope).body)) for row in rows if row.type == KEYSET]
    issued = max((item for item in keysets if item[1].decision == decided.digest), key=_serial, default=None)
    newest: dict[str | None, RecordRow] = {}
    for row in sorted((row for row in rows if row.type == ASSIGNMENT), key=lambda row: row.serial):
        newest[row.subject] = row
    return StandingDecision(
        decision=load(Decision, read(decided.envelope).body),
        decided=decided,
        keyset=issued[1] if issued else None,
        issued=issued[0] if issued else None,
        placed=tuple(_placed(row) for row in newest.values()),
    )


def _serial(item: tuple[RecordRow, Keyset]) -> int:
    return item[1].serial


def _placed(row: RecordRow) -> Placed:
    envelope = read(row.envelope)
    return Placed(load(Assignment, envelope.body), envelope, row.log_index)


class Orders:
    """Reads what stands."""

    def __init__(self, records: SignedRecords) -> None:
        self._records = records

    async def of_deployment(self, deployment: str) -> StandingDecision | None:
        """What stands for one deployment."""
        return standing(await self._records.of_deployment(deployment))

    async def current(self, now_us: int) -> list[StandingDecision]:
        """What stands for every deployment that is not over, first window first."""
        found = []
        for deployment in dict.fromkeys(row.deployment for row in await self._records.all(DECISION)):
            stands = await self.of_deployment(deployment) if deployment is not None else None
            if stands is not None and stands.decision.last_moment_us > now_us:
                found.append(stands)
        return sorted(found, key=lambda stands: min(window.from_us for window in stands.decision.windows))

    async def decision(self, digest: str) -> Decision | None:
        """The logged decision of this digest."""
        row = await self._records.get(digest)
        return load(Decision, read(row.envelope).body) if row is not None and row.type == DECISION else None

    async def assignment(self, digest: str) -> Assignment | None:
        """The logged assignment of this digest, in force or not any more."""
        row = await self._records.get(digest)
        return load(Assignment, read(row.envelope).body) if row is not None and row.type == ASSIGNMENT else None

    async def hour_keys(self, deployment: str) -> list[HourKey]:
        """Every hour key that was ever issued for a deployment."""
        rows = await self._records.of_deployment(deployment)
        return [key for row in rows if row.type == KEYSET for key in load(Keyset, read(row.envelope).body).keys]
