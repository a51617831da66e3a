# SPDX-License-Identifier: EUPL-1.2
"""What waits for one person: to sign, to confirm, to finish. The first is what they should do first.

It only lists: whether somebody may do a thing is judged where it is done.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from contract.envelope import fingerprint, read
from contract.mandate import ASSIGNMENT, DECISION, Assignment, Decision
from contract.record import load
from hub.access.signin import Person
from hub.deployments.awaiting import awaited
from hub.deployments.sign_rule import Signed
from hub.deployments.signing import KeyOf
from hub.deployments.standing import Orders, StandingDecision
from hub.fleet.enrolling import LASTS_US, over
from hub.store.approvals import Approvals
from hub.store.claims import Enrolments
from hub.store.deployments import Deployments
from hub.store.people import People
from hub.store.plans import Plans
from hub.store.waiting import WaitingRow, WaitingTables

Kind = Literal[
    "sign-decision",
    "confirm-necessity",
    "place-cameras",
    "confirm-assignment",
    "confirm-aiming",
    "confirm-unit",
    "sign-missing",
    "plan-returned",
    "duty",
]
ORDER: Sequence[Kind] = get_args(Kind)
NECESSITY_AHEAD_US = 6 * 3_600_000_000  # so long before filming would stop for want of a confirmation


@dataclass(frozen=True)
class Task:
    """Something that waits. `what` is the post, unit, entrance or duty that it is about, or why a plan came back.

    `who` did their part already, at `who_at_us`; `link` is the console's page where it is done.
    """

    kind: Kind
    title: str
    link: str
    since_us: int
    deployment: str | None = None
    number: str | None = None
    what: str | None = None
    who: str | None = None
    who_at_us: int | None = None
    due_us: int | None = None


@dataclass(frozen=True)
class Tables:
    """What it is read from."""

    waiting: WaitingTables
    deployments: Deployments
    orders: Orders
    approvals: Approvals
    plans: Plans
    people: People
    enrolments: Enrolments


Titled = tuple[StandingDecision, str]
"""What stands, and the title of its deployment."""
SignsOf = Callable[[str], Awaitable[Sequence[Signed]]]
"""The ways into a deployment's area, each with the photos of its sign."""


class Waiting:
    """Reads it for whoever asks."""

    def __init__(self, tables: Tables, key_of: KeyOf, signs_of: SignsOf, now_us: Callable[[], int]) -> None:
        self._tables = tables
        self._key_of = key_of
        self._signs_of = signs_of
        self._now_us = now_us

    async def of(self, who: Person) -> list[Task]:
        """What waits for this person."""
        found: list[Task] = []
        standing = await self._standing() if who.role in ("approver", "operator", "installer") else []
        if who.role == "approver":
            found += [task async for task in self._decisions(who)]
            found += self._necessities(standing)
        if who.role in ("operator", "installer"):
            found += self._unplaced(standing, await self._key_of(who), who)
            found += [task async for task in self._assignments(who)]
        if who.role == "installer":
            found += [task async for task in self._signs(standing)]
        if who.role == "operator":
            found += [task async for task in self._units()]
            found += [task async for task in self._returned(who)]
            found += [task async for task in self._duties()]
        return sorted(found, key=lambda task: (ORDER.index(task.kind), task.due_us or task.since_us))

    async def _decisions(self, who: Person) -> AsyncIterator[Task]:
        """Decisions that this approver's slot has not signed; nobody is asked to sign their own plan."""
        for row in await self._tables.waiting.drafts(DECISION):
            signings = await self._tables.approvals.signings(row.digest)
            plan = await self._tables.plans.of_decision(row.digest)
            makers = [] if plan is None else await self._tables.plans.makers(plan.id)
            if who.name in makers or any(who.slot == one.slot or who.name == one.person for one in signings):
                continue
            last = signings[-1] if signings else None
            yield Task(
                kind="sign-decision",
                title=row.title,
                link=f"/decisions/{row.deployment}",
                since_us=row.created_at_us,
                deployment=row.deployment,
                number=row.number,
                who=None if last is None else last.name,
                who_at_us=None if last is None else last.at_us,
                due_us=_opens_us(row.envelope, self._now_us()),
            )

    def _necessities(self, standing: Sequence[Titled]) -> Iterator[Task]:
        """What films and would stop within hours, because nobody confirmed that it is necessary (R06)."""
        now_us = self._now_us()
        for stands, title in standing:
            window, until_us = stands.window(now_us), stands.course.necessary_until_us(now_us)
            if window is None or until_us is None or until_us >= window.to_us:
                continue
            if until_us - now_us <= NECESSITY_AHEAD_US:
                yield Task(
                    kind="confirm-necessity",
                    title=title,
                    link="/overview",
                    since_us=window.from_us,
                    deployment=stands.decision.deployment,
                    number=stands.decision.number,
                    due_us=until_us,
                )

    def _unplaced(self, standing: Sequence[Titled], own: str | None, who: Person) -> Iterator[Task]:
        """What should film now or within half an hour, with posts at which nobody placed a camera; for its team."""
        now_us = self._now_us()
        link = "/assignments" if who.role == "operator" else "/mast"
        for stands, title in standing:
            window, posts = stands.pressing(now_us), stands.unplaced
            mine = own in {fingerprint(key) for key in stands.decision.team.keys}
            if window is not None and posts and mine:
                yield Task(
                    kind="place-cameras",
                    title=title,
                    link=link,
                    since_us=stands.decision.decided_at_us,
                    deployment=stands.decision.deployment,
                    number=stands.decision.number,
                    what=", ".join(post.name for post in posts),
                    due_us=window.from_us,
                )

    async def _assignments(self, who: Person) -> AsyncIterator[Task]:
        """Placements that wait for a second of the team, of which this person is and has not signed."""
        own = await self._key_of(who)
        rows = await self._tables.waiting.drafts(ASSIGNMENT) if own is not None else []
        names = {fingerprint(one.key): one.display for one in await self._tables.people.team() if one.key is not None}
        link = "/assignments" if who.role == "operator" else "/mast"
        for deployment, own_rows in _by_deployment(rows).items():
            stands = await self._tables.orders.of_deployment(deployment)
            if stands is None or own not in {fingerprint(key) for key in stands.decision.team.keys}:
                continue
            drafts = awaited(stands, [read(row.envelope) for row in own_rows], self._now_us())
            wait = {draft.digest: [signature.key for signature in draft.signatures] for draft in drafts}
            for row in own_rows:
                signed = wait.get(row.digest)
                if signed is not None and own not in signed:
                    yield _assignment(row, stands, [names.get(key) for key in signed], link)

    async def _signs(self, standing: Sequence[Titled]) -> AsyncIterator[Task]:
        """Ways in whose sign nobody photographed: without it no camera may be placed to film (R07)."""
        now_us = self._now_us()
        for stands, title in standing:
            for each in await self._signs_of(stands.decision.deployment):
                if not each.photos:
                    yield Task(
                        kind="sign-missing",
                        title=title,
                        link="/mast",
                        since_us=stands.decision.decided_at_us,
                        deployment=stands.decision.deployment,
                        number=stands.decision.number,
                        what=each.entrance.name,
                        due_us=stands.next_start(now_us),
                    )

    async def _units(self) -> AsyncIterator[Task]:
        """Units whose code was typed and whose fingerprint nobody compared."""
        for row in await self._tables.enrolments.in_states("claimed"):
            if over(row, self._now_us()):
                continue
            yield Task(
                kind="confirm-unit",
                title=row.unit or row.id,
                link="/assignments",
                since_us=row.changed_at_us,
                what=row.unit,
                due_us=row.asked_at_us + LASTS_US,
                who=row.claimed_by,
                who_at_us=row.changed_at_us,
            )

    async def _returned(self, who: Person) -> AsyncIterator[Task]:
        for row in await self._tables.waiting.returned(who.name):
            yield Task(
                kind="plan-returned",
                title=row.title,
                link=f"/plans/{row.plan}",
                since_us=row.at_us,
                deployment=row.deployment,
                number=row.number,
                what=row.reason,
                who=row.by,
                who_at_us=row.at_us,
            )

    async def _duties(self) -> AsyncIterator[Task]:
        owed = await self._tables.approvals.owed()
        known = {row.id: row for row in await self._tables.deployments.of_ids([duty.deployment for duty in owed])}
        for duty in owed:
            row = known[duty.deployment]
            yield Task(
                kind="duty",
                title=row.title,
                link=f"/plans/urgent/{row.id}/{duty.duty}",
                since_us=row.created_at_us,
                deployment=row.id,
                number=row.number,
                what=duty.duty,
                due_us=duty.due_us,
            )

    async def _standing(self) -> list[Titled]:
        """What stands and films or is to film."""
        now_us = self._now_us()
        stands = [item for item in await self._tables.orders.current(now_us) if item.next_start(now_us) is not None]
        rows = await self._tables.deployments.of_ids([item.decision.deployment for item in stands])
        titles: Mapping[str, str] = {row.id: row.title for row in rows}
        return [(item, titles.get(item.decision.deployment, item.decision.number)) for item in stands]


def _by_deployment(rows: Sequence[WaitingRow]) -> Mapping[str, list[WaitingRow]]:
    found: dict[str, list[WaitingRow]] = {}
    for row in rows:
        found.setdefault(row.deployment, []).append(row)
    return found


def _opens_us(envelope: bytes, now_us: int) -> int:
    """When the drafted decision's first window opens that is not over; its last one where all are."""
    windows = sorted(load(Decision, read(envelope).body).windows, key=lambda window: window.from_us)
    return next((window.from_us for window in windows if window.to_us > now_us), windows[-1].from_us)


def _assignment(row: WaitingRow, stands: StandingDecision, signed: Sequence[str | None], link: str) -> Task:
    aims = load(Assignment, read(row.envelope).body).setup is not None
    return Task(
        kind="confirm-aiming" if aims else "confirm-assignment",
        title=row.title,
        link=link,
        since_us=row.created_at_us,
        deployment=row.deployment,
        number=row.number,
        what=None if row.subject is None else stands.post_name(row.subject),
        who=next((name for name in signed if name is not None), None),
    )
