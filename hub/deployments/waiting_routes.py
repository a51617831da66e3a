# SPDX-License-Identifier: EUPL-1.2
"""The API for what waits for who asks."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from hub.access.signin import SignedIn
from hub.deployments.waiting import Kind, Waiting


class TaskView(BaseModel):
    """Something that waits for who asks, what comes first first."""

    kind: Kind
    deployment: str | None
    number: str | None
    title: str
    link: str = Field(description="the console's page where it is done")
    what: str | None = Field(description="the post, unit, entrance or duty that it is about, or why a plan came back")
    who: str | None = Field(description="who did their part already")
    who_at_us: int | None
    since_us: int
    due_us: int | None


class WaitingRoutes:
    """Thin over `Waiting`."""

    def __init__(self, waiting: Waiting) -> None:
        self._waiting = waiting

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(prefix="/v1", tags=["tasks"])
        router.add_api_route("/tasks", self.tasks, methods=["GET"])
        return router

    async def tasks(self, who: SignedIn) -> list[TaskView]:
        """What waits for who asks."""
        return [TaskView(**vars(task)) for task in await self._waiting.of(who)]
