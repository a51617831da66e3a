# SPDX-License-Identifier: EUPL-1.2
"""What is wrong with what films or soon will, before a camera can say so itself: a post without a unit, a unit that is
not ready."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Literal

from pydantic import BaseModel

from hub.deployments.standing import StandingDecision
from hub.fleet.showing import Unready


class Alarm(BaseModel):
    """What somebody must see to, since then.

    `erasure-late`: so many (`count`) hour keys or sealed segments (`what`) should be gone. `posts-unplaced`: at so many
    posts (`count`, `posts`) of a window that is open, or opens at `since_us`, no camera is placed. `unit-not-ready`: a
    unit is not ready for the window from `since_us`, by these `checks`; by `report` alone where nothing is known of it.
    The others are of one camera that should film now: its unit is silent, or cannot film (`rule`).
    """

    kind: Literal["erasure-late", "unit-silent", "camera-failing", "posts-unplaced", "unit-not-ready"]
    since_us: int | None
    what: Literal["key", "footage"] | None = None
    count: int | None = None
    number: str | None = None
    unit: str | None = None
    camera: str | None = None
    name: str | None = None
    rule: str | None = None
    until_us: int | None = None
    posts: list[str] = []
    checks: list[str] = []


def unplaced(stands: Iterable[StandingDecision], titles: Mapping[str, str], now_us: int) -> Iterator[Alarm]:
    """Windows that are open, or are about to, with posts at which no camera is placed."""
    for item in stands:
        window, posts = item.pressing(now_us), item.unplaced
        if window is not None and posts:
            yield Alarm(
                kind="posts-unplaced",
                since_us=window.from_us,
                until_us=window.to_us,
                count=len(posts),
                posts=[post.name for post in posts],
                number=item.decision.number,
                name=titles.get(item.decision.deployment, item.decision.number),
            )


def unready(units: Iterable[Unready], said: Container[str | None]) -> Iterator[Alarm]:
    """Units that are not ready, but for those of which something worse was said."""
    for each in units:
        if each.unit not in said:
            yield Alarm(
                kind="unit-not-ready",
                since_us=each.planned.from_us,
                until_us=each.planned.to_us,
                unit=each.unit,
                name=each.planned.post,
                number=each.planned.number,
                count=len(each.checks),
                checks=list(each.checks),
            )
