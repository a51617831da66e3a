# SPDX-License-Identifier: EUPL-1.2
"""The API for a decision that runs: when its window ends, prolonging it, and confirming that it is necessary."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from contract.envelope import Envelope, read
from contract.mandate import Window
from contract.record import load
from contract.running import OVERRUN, OverrunTaken
from hub.access.body import STRICT
from hub.access.signin import Approver, Operator, SignedIn
from hub.deployments.necessity import Confirming
from hub.deployments.overrunning import Overrunning
from hub.deployments.routes import DigestPath, NewSignature, Text
from hub.deployments.standing import Orders, StandingDecision
from hub.deployments.views import RecordView, record
from hub.problem import ProblemError
from hub.store.overruns import OverrunRow, Overruns
from hub.store.records import SignedRecords

WARN_BEFORE_US = (1_800_000_000, 600_000_000, 120_000_000)


class NewOverrun(BaseModel):
    """Why the window goes on."""

    model_config = STRICT
    reason: Text


class NewConfirmation(BaseModel):
    """Nothing but that it is necessary."""

    model_config = STRICT


class OverrunDraft(RecordView):
    """What one of the team is to sign. With the salt they find their own reason in its `reason_digest`."""

    reason_salt: str = Field(description="hexadecimal")


class OverrunView(BaseModel):
    """An overrun that was taken. `by` is who signed; both are null where the hub does not know it."""

    digest: str
    nth: int
    window_from_us: int
    until_us: int
    reason: str | None
    by: str | None
    at_us: int
    log_index: int


class Running(BaseModel):
    """The window that is open, as it stands now; null between windows.

    `to_us` is its end as decided, `ends_us` with the overruns that were taken, `last_us` with all that may be taken.
    """

    from_us: int
    to_us: int
    ends_us: int
    last_us: int
    warn_at_us: list[int]
    overruns_taken: int
    overruns_left: int
    overrun_minutes: int
    necessary_until_us: int | None


class RunningView(BaseModel):
    """How a deployment runs; `now_us` is the hub's time."""

    now_us: int
    serial: int
    window: Running | None
    overruns: list[OverrunView]


@dataclass(frozen=True)
class Tables:
    """What the answers are made from."""

    orders: Orders
    records: SignedRecords
    overruns: Overruns


class RunningRoutes:
    """Thin over the steps."""

    def __init__(
        self, overrunning: Overrunning, confirming: Confirming, tables: Tables, now_us: Callable[[], int]
    ) -> None:
        self._overrunning = overrunning
        self._confirming = confirming
        self._tables = tables
        self._now_us = now_us

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(prefix="/v1", tags=["running"])
        router.add_api_route("/deployments/{deployment}/running", self.show, methods=["GET"])
        for path, handler in (
            ("/deployments/{deployment}/overruns", self.ask_overrun),
            ("/overruns/{digest}/signatures", self.sign_overrun),
            ("/deployments/{deployment}/necessity", self.ask_necessity),
            ("/necessities/{digest}/signatures", self.sign_necessity),
        ):
            router.add_api_route(path, handler, methods=["POST"], status_code=201)
        return router

    async def show(self, deployment: UUID, who: SignedIn) -> RunningView:
        """When the window ends, what may be taken of it, and until when it stands that it is necessary."""
        stands = await self._tables.orders.of_deployment(str(deployment))
        if stands is None:
            raise ProblemError("not-found")
        now_us = self._now_us()
        kept = await self._tables.overruns.of_deployment(str(deployment))
        return RunningView(
            now_us=now_us,
            serial=stands.decision.serial,
            window=running(stands, now_us),
            overruns=_overruns(stands, kept),
        )

    async def ask_overrun(self, deployment: UUID, asked: NewOverrun, who: Operator) -> OverrunDraft:
        """Draft the next overrun of the window that is open; the answer holds what one of the team is to sign."""
        envelope, salt = await self._overrunning.ask(str(deployment), asked.reason, who.name)
        shown = await self._shown(envelope)
        return OverrunDraft(**shown.model_dump(), reason_salt=salt.hex())

    async def sign_overrun(self, digest: DigestPath, body: NewSignature, who: Operator) -> RecordView:
        """An operator of the team signs: the overrun is logged, and the units film on."""
        return await self._shown(await self._overrunning.sign(digest, body.signature.signature(), who))

    async def ask_necessity(self, deployment: UUID, asked: NewConfirmation, who: Approver) -> RecordView:
        """Draft the confirmation of this moment; the answer holds what an approver is to sign within 15 minutes."""
        return await self._shown(await self._confirming.ask(str(deployment), who.name))

    async def sign_necessity(self, digest: DigestPath, body: NewSignature, who: Approver) -> RecordView:
        """A bound approver signs: the confirmation is logged, and counts for 24 hours."""
        return await self._shown(await self._confirming.sign(digest, body.signature.signature(), who))

    async def _shown(self, envelope: Envelope) -> RecordView:
        logged = await self._tables.records.get(envelope.digest)
        return record(envelope, None if logged is None else logged.log_index)


def running(stands: StandingDecision, now_us: int) -> Running | None:
    """The window that is open, as it stands now."""
    window, course = stands.window(now_us), stands.course
    last_us = course.last_us(now_us)
    if window is None or last_us is None:
        return None
    decided = _decided(stands, window)
    return Running(
        from_us=window.from_us,
        to_us=decided.to_us,
        ends_us=window.to_us,
        last_us=last_us,
        warn_at_us=[window.to_us - before_us for before_us in WARN_BEFORE_US],
        overruns_taken=course.taken(window),
        overruns_left=course.left(window),
        overrun_minutes=stands.decision.overrun.minutes,
        necessary_until_us=course.necessary_until_us(now_us),
    )


def _decided(stands: StandingDecision, window: Window) -> Window:
    return next(one for one in stands.decision.windows if one.from_us == window.from_us)


def _overruns(stands: StandingDecision, kept: dict[str, OverrunRow]) -> list[OverrunView]:
    found = []
    for row in stands.running:
        if row.type != OVERRUN:
            continue
        body, why = load(OverrunTaken, read(row.envelope).body), kept.get(row.digest)
        found.append(
            OverrunView(
                digest=row.digest,
                nth=body.nth,
                window_from_us=body.window_from_us,
                until_us=body.until_us,
                reason=None if why is None else why.reason,
                by=None if why is None else why.signed_by,
                at_us=row.logged_at_us,
                log_index=row.log_index,
            )
        )
    return found
