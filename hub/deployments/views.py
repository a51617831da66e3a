# SPDX-License-Identifier: EUPL-1.2
"""A deployment as the API shows it, put together from its records, drafts, plan and signatures."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, Field

from contract.envelope import Envelope, read
from contract.mandate import ASSIGNMENT, DECISION, Assignment
from contract.record import load
from hub.deployments.plan_body import body_of
from hub.deployments.standing import StandingDecision, standing
from hub.store.approvals import Approvals, RefusalRow
from hub.store.deployments import DeploymentRow, Deployments, DraftRow
from hub.store.plans import Plans
from hub.store.records import RecordRow, SignedRecords


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
    """That it was decided as urgent: by whose mandate, and why it could not wait."""

    mandate_holder: str
    reason: str


class DutyView(BaseModel):
    """What an urgent deployment owes, by when, and who did it when, with their word about it."""

    duty: str
    due_us: int
    done_at_us: int | None
    done_by: str | None
    note: str | None


class DeploymentView(BaseModel):
    """A deployment. `state`: draft, decided, open (a window is open now) or over.

    `decision` is what waits for signatures, else what stands; null where the only draft was sent back. `previous` is
    what stands while a newer one waits. `signatures` are those of `decision`.
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
    duties: list[DutyView]


@dataclass(frozen=True)
class Tables:
    """What is read."""

    deployments: Deployments
    records: SignedRecords
    plans: Plans
    approvals: Approvals


class Views:
    """Makes views."""

    def __init__(self, tables: Tables, now_us: Callable[[], int]) -> None:
        self._tables = tables
        self._now_us = now_us

    async def of(self, row: DeploymentRow) -> DeploymentView:
        """One deployment."""
        drafts = await self._tables.deployments.drafts(row.id)
        records = await self._tables.records.of_deployment(row.id)
        stands = standing(records)
        waits = next((record(read(draft.envelope), None) for draft in drafts if draft.type == DECISION), None)
        decided = None if stands is None else record(read(stands.decided.envelope), stands.decided.log_index)
        decision = waits or decided
        plan = await self._tables.plans.of_deployment(row.id)
        urgent = None if plan is None else body_of(plan.body).urgent
        signings = [] if decision is None else await self._tables.approvals.signings(decision.digest)
        refusal = None if waits is not None else await self._tables.approvals.sent_back(row.id)
        return DeploymentView(
            id=row.id,
            number=row.number,
            title=row.title,
            state=_state(stands, self._now_us()),
            stopped_at_us=None if stands is None or stands.stop is None else stands.stop.ends_at_us,
            demo=row.demo,
            created_by=row.created_by,
            created_at_us=row.created_at_us,
            plan=None if plan is None else plan.id,
            urgent=None if urgent is None else UrgentView(**urgent.model_dump()),
            decision=decision,
            previous=decided if waits is not None else None,
            signatures=[SigningView(slot=one.slot, name=one.name, at_us=one.at_us) for one in signings],
            sent_back=_sent_back(refusal, stands),
            hour_keys=0 if stands is None or stands.keyset is None else len(stands.keyset.keys),
            assignments=_assignments(drafts, records),
            duties=[
                DutyView(**{name: getattr(duty, name) for name in DutyView.model_fields})
                for duty in await self._tables.approvals.duties(row.id)
            ],
        )

    async def assignment(self, envelope: Envelope) -> AssignmentView:
        """A placement, logged or not."""
        logged = await self._tables.records.get(envelope.digest)
        return _assignment(envelope, None if logged is None else logged.log_index)


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


def _assignments(drafts: list[DraftRow], records: list[RecordRow]) -> list[AssignmentView]:
    logged = [_assignment(read(row.envelope), row.log_index) for row in records if row.type == ASSIGNMENT]
    return [*logged, *(_assignment(read(draft.envelope), None) for draft in drafts if draft.type == ASSIGNMENT)]


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
