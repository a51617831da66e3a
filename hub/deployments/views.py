# SPDX-License-Identifier: EUPL-1.2
"""A deployment as the API shows it, put together from its records, drafts, plan and signatures."""

import base64
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field

from contract.envelope import Envelope, read
from contract.mandate import ASSIGNMENT, DECISION, Assignment
from contract.record import load
from hub.deployments.awaiting import awaited
from hub.deployments.finding import Finding
from hub.deployments.finding_view import FindingView, shown
from hub.deployments.plan_body import body_of
from hub.deployments.standing import StandingDecision, standing
from hub.deployments.urgency import DutyState, state_of
from hub.problem import Language
from hub.store.approvals import DutyRow, RefusalRow
from hub.store.deployments import DeploymentRow, DraftRow
from hub.store.gathering import Gathered, Gathering
from hub.store.plans import PlanRow
from hub.store.records import RecordRow, SignedRecords

Beside = Callable[[str], Awaitable[tuple[list[Finding], str | None]]]
"""What was found in a decision's plan, and what else was weighed, by the decision's digest."""


class WindowView(BaseModel):
    """From inclusive, to exclusive, microseconds UTC."""

    from_us: int
    to_us: int


class RecordView(BaseModel):
    """A record to sign or signed: the signing input is `flexzicht/<type>/v1`, a newline, and the body's bytes."""

    type: str
    digest: str
    body: str = Field(description="base64 of the exact bytes")
    signed_by: list[str]
    log_index: int | None


class AssignmentView(RecordView):
    """A placement; with `setup` it is for aiming, in that stretch alone."""

    post: str
    unit: str
    camera: str
    serial: int
    setup: WindowView | None


class SigningView(BaseModel):
    """A slot of the roster signed, under the name that it has there."""

    slot: str
    name: str
    at_us: int


class SentBackView(BaseModel):
    """Who sent the draft back and why; its plan can be edited again."""

    by: str
    reason: str
    at_us: int


class UrgentView(BaseModel):
    """That its plan is urgent: by whose mandate, why it cannot wait, and where the log says so once it is decided."""

    mandate_holder: str
    reason: str
    log_index: int | None


class DutyView(BaseModel):
    """What an urgent deployment owes, by when, and who did it when, with their word about it and the log's place."""

    duty: str
    state: DutyState
    due_us: int
    done_at_us: int | None
    done_by: str | None
    note: str | None
    log_index: int | None


class DeploymentView(BaseModel):
    """A deployment. `state`: draft, decided, open (a window is open now) or over.

    `decision` is what waits for signatures, else what stands; null where the only draft was sent back. `previous` is
    what stands while a newer one waits. `signatures` are those of `decision`. Of `assignments`, which are logged or
    wait, `pending` are those that wait for a signature of the team.
    """

    id: str
    number: str
    title: str
    state: Literal["draft", "decided", "open", "over"]
    stopped_at_us: int | None = Field(description="since when nothing is filmed any more under this decision")
    demo: bool
    created_by: str
    created_at_us: int
    plan: str | None
    urgent: UrgentView | None
    decision: RecordView | None
    previous: RecordView | None
    signatures: list[SigningView]
    sent_back: SentBackView | None
    hour_keys: int
    assignments: list[AssignmentView]
    pending: list[AssignmentView]
    duties: list[DutyView]


class DeploymentPage(DeploymentView):
    """A deployment for those who sign it, with what is not part of the signed bytes.

    `warnings` are found by the hub in the plan, as long as its decision waits; `alternatives` is what its planner says
    was weighed besides.
    """

    warnings: list[FindingView]
    alternatives: str | None


class Views:
    """Makes views."""

    def __init__(self, gathering: Gathering, records: SignedRecords, now_us: Callable[[], int]) -> None:
        self._gathering = gathering
        self._records = records
        self._now_us = now_us

    async def of(self, rows: Sequence[DeploymentRow]) -> list[DeploymentView]:
        """These deployments."""
        found = await self._gathering.of([row.id for row in rows])
        return [_view(row, found[row.id], self._now_us()) for row in rows]

    async def page(self, row: DeploymentRow, beside: Beside, language: Language) -> DeploymentPage:
        """One deployment, with what stands beside its decision."""
        (view,) = await self.of([row])
        found, alternatives = ([], None) if view.decision is None else await beside(view.decision.digest)
        warnings = [shown(finding, language) for finding in found]
        return DeploymentPage(**vars(view), warnings=warnings, alternatives=alternatives)

    async def assignment(self, envelope: Envelope) -> AssignmentView:
        """A placement, logged or not."""
        logged = await self._records.get(envelope.digest)
        return _assignment(envelope, None if logged is None else logged.log_index)


def _view(row: DeploymentRow, found: Gathered, now_us: int) -> DeploymentView:
    stands = standing(found.records)
    waits = next((record(read(draft.envelope), None) for draft in found.drafts if draft.type == DECISION), None)
    decided = None if stands is None else record(read(stands.decided.envelope), stands.decided.log_index)
    decision, plan = waits or decided, found.plan
    signings = [one for one in found.signings if decision is not None and one.decision == decision.digest]
    pending = _pending(found.drafts, stands, now_us)
    return DeploymentView(
        id=row.id,
        number=row.number,
        title=row.title,
        state=_state(stands, now_us),
        stopped_at_us=None if stands is None or stands.stop is None else stands.stop.ends_at_us,
        demo=row.demo,
        created_by=row.created_by,
        created_at_us=row.created_at_us,
        plan=None if plan is None else plan.id,
        urgent=_urgent(None if waits is None and stands is not None else plan, found.urgent_index)
        or _urgent(found.decided, found.urgent_index),
        decision=decision,
        previous=decided if waits is not None else None,
        signatures=[SigningView(slot=one.slot, name=one.name, at_us=one.at_us) for one in signings],
        sent_back=None if waits is not None else _sent_back(found.refusal, stands),
        hour_keys=0 if stands is None or stands.keyset is None else len(stands.keyset.keys),
        assignments=[*_logged(found.records), *pending],
        pending=pending,
        duties=[_duty(duty, now_us) for duty in found.duties],
    )


def _urgent(plan: PlanRow | None, log_index: int | None) -> UrgentView | None:
    urgent = None if plan is None else body_of(plan.body).urgent
    return None if urgent is None else UrgentView(**urgent.model_dump(), log_index=log_index)


def _duty(duty: DutyRow, now_us: int) -> DutyView:
    values = {name: value for name, value in vars(duty).items() if name in DutyView.model_fields}
    return DutyView(**values, state=state_of(duty, now_us))


def _state(stands: StandingDecision | None, now_us: int) -> Literal["draft", "decided", "open", "over"]:
    if stands is None:
        return "draft"
    if stands.window(now_us) is not None:
        return "open"
    return "decided" if stands.next_start(now_us) is not None else "over"


def _sent_back(refusal: RefusalRow | None, stands: StandingDecision | None) -> SentBackView | None:
    """The newest refusal, as long as nothing was decided since."""
    if refusal is None or (stands is not None and stands.decided.logged_at_us >= refusal.at_us):
        return None
    return SentBackView(by=refusal.refused_by, reason=refusal.reason, at_us=refusal.at_us)


def _logged(records: Iterable[RecordRow]) -> list[AssignmentView]:
    return [_assignment(read(row.envelope), row.log_index) for row in records if row.type == ASSIGNMENT]


def _pending(drafts: Iterable[DraftRow], stands: StandingDecision | None, now_us: int) -> list[AssignmentView]:
    own = [read(draft.envelope) for draft in drafts if draft.type == ASSIGNMENT]
    return [] if stands is None else [_assignment(one, None) for one in awaited(stands, own, now_us)]


def _assignment(envelope: Envelope, log_index: int | None) -> AssignmentView:
    body = load(Assignment, envelope.body)
    return AssignmentView(
        **_fields(envelope),
        log_index=log_index,
        post=body.post,
        unit=body.unit,
        camera=body.camera,
        serial=body.serial,
        setup=None if body.setup is None else WindowView(**vars(body.setup)),
    )


def record(envelope: Envelope, log_index: int | None) -> RecordView:
    """An envelope as people who sign it get it."""
    return RecordView(**_fields(envelope), log_index=log_index)


def _fields(envelope: Envelope) -> dict[str, Any]:
    return {
        "type": envelope.type,
        "digest": envelope.digest,
        "body": base64.b64encode(envelope.body).decode(),
        "signed_by": [signature.key for signature in envelope.signatures],
    }
