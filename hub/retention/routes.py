# SPDX-License-Identifier: EUPL-1.2
"""What was erased, for everybody: each hour key's birth, due date and death, with where the log says so."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from hub.retention.statements import Statement, Statements


class Erasure(BaseModel):
    """One hour key. Times are microseconds UTC; an index is a leaf's place in the log."""

    key: str
    layer: str
    hour_us: int
    due_us: int
    born_at_us: int
    born_log_index: int
    destroyed_at_us: int | None
    destroyed_log_index: int | None
    overdue_since_us: int | None = Field(description="it should be dead since then, and the log knows of no death")
    grade: str | None = Field(description="how well it died")
    says: str | None = Field(description="the grade in words, such as `file: remnants possible`")
    segments_here: int = Field(description="sealed segments of this hour that the hub still holds")
    segments_deleted_early: int = Field(description="deleted at their own due date while the key lived: `deleted`")


class RetentionRoutes:
    """Thin over the statements. Nobody has to sign in to see what was forgotten."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    def router(self) -> APIRouter:
        """The route."""
        router = APIRouter(prefix="/v1", tags=["retention"])
        router.add_api_route("/erasures", self.erasures, methods=["GET"])
        return router

    async def erasures(self, deployment: Annotated[UUID, Query()]) -> list[Erasure]:
        """Every hour key of a deployment, oldest hour first; none for one that the log does not know.

        As it was ten seconds ago at most.
        """
        return [_erasure(found) for found in await self._statements.recent(str(deployment))]


def _erasure(found: Statement) -> Erasure:
    key = found.key
    return Erasure(
        key=key.key,
        layer=key.layer,
        hour_us=key.from_us,
        due_us=key.due_us,
        born_at_us=key.born_at_us,
        born_log_index=key.born_index,
        destroyed_at_us=key.destroyed_at_us,
        destroyed_log_index=key.destroyed_index,
        overdue_since_us=found.overdue_since_us,
        grade=key.grade,
        says=found.says,
        segments_here=found.segments.here,
        segments_deleted_early=found.segments.deleted_early,
    )
