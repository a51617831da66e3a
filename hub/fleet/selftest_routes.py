# SPDX-License-Identifier: EUPL-1.2
"""The API for a unit's self-test, in the asker's language."""

from collections.abc import Callable
from typing import Literal

from fastapi import APIRouter, Header
from pydantic import BaseModel, Field

from hub.access.signin import Placer
from hub.fleet.routes import UnitPath
from hub.fleet.selftest import SelfTest, self_test
from hub.fleet.showing import Showing
from hub.problem import ProblemError, preferred


class TestedView(BaseModel):
    """One thing that must be right before the installer goes: what is so, why it matters, and what to do about it."""

    check: str
    ok: bool | None = Field(description="null: not known, because the unit is silent")
    says: str
    title: str
    detail: str
    do: str


class SelfTestView(BaseModel):
    """The whole; what is wrong comes first."""

    unit: str
    verdict: Literal["ready", "not-ready"]
    at_us: int
    checks: list[TestedView]


class SelfTestRoutes:
    """Thin over `self_test`."""

    def __init__(self, showing: Showing, now_us: Callable[[], int]) -> None:
        self._showing = showing
        self._now_us = now_us

    def router(self) -> APIRouter:
        """The route."""
        router = APIRouter(prefix="/v1/units", tags=["fleet"])
        router.add_api_route("/{unit}/self-test", self.test, methods=["GET"])
        return router

    async def test(self, unit: UnitPath, who: Placer, accept_language: str = Header(default="")) -> SelfTestView:
        """Whether this unit is ready where it hangs, in words."""
        now_us = self._now_us()
        found = await self._showing.facts(unit, now_us)
        if found is None:
            raise ProblemError("not-found")
        tested: SelfTest = self_test(*found, now_us, preferred(accept_language))
        checks = [TestedView(**vars(each)) for each in tested.checks]
        return SelfTestView(unit=unit, verdict=tested.verdict, at_us=now_us, checks=checks)
