# SPDX-License-Identifier: EUPL-1.2
"""The API that tells everybody which deployments were urgent, and what they still owe; no names, and no sign-in."""

from collections.abc import Callable

from fastapi import APIRouter
from pydantic import BaseModel

from hub.deployments.urgency import DutyState, Urgency, UrgentLine, state_of


class PublicDuty(BaseModel):
    """What is owed until when; `log_index` is where the log says that it was done."""

    duty: str
    state: DutyState
    due_us: int
    done_at_us: int | None
    log_index: int | None


class UrgentDeployment(BaseModel):
    """A deployment that was decided as urgent; `log_index` is where the log says so first."""

    deployment: str
    number: str
    log_index: int
    duties: list[PublicDuty]


class UrgentRoutes:
    """Thin over `Urgency`."""

    def __init__(self, urgency: Urgency, now_us: Callable[[], int]) -> None:
        self._urgency = urgency
        self._now_us = now_us

    def router(self) -> APIRouter:
        """The route."""
        router = APIRouter(prefix="/v1", tags=["log"])
        router.add_api_route("/urgent", self.newest, methods=["GET"])
        return router

    async def newest(self) -> list[UrgentDeployment]:
        """The newest deployments that were urgent, with what each owes or owed."""
        return [_shown(line, self._now_us()) for line in await self._urgency.newest()]


def _shown(line: UrgentLine, now_us: int) -> UrgentDeployment:
    return UrgentDeployment(
        deployment=line.row.deployment,
        number=line.row.number,
        log_index=line.row.log_index,
        duties=[
            PublicDuty(
                duty=duty.duty,
                state=state_of(duty, now_us),
                due_us=duty.due_us,
                done_at_us=duty.done_at_us,
                log_index=duty.log_index,
            )
            for duty in line.duties
        ],
    )
