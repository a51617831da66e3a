# SPDX-License-Identifier: EUPL-1.2
"""What a planned view shows outside its area is refused, what is within the tolerance forgiven."""

from dataclasses import replace
from typing import Any

import pytest

from contract.mandate import Position
from hub.deployments.coverage import Obstacle, metres_per_degree
from hub.deployments.footprints import shown
from hub.deployments.plan_body import PlanBody
from hub.deployments.policy import filled
from hub.deployments.rules import Asked

NOW_US = 1_773_496_800_000_000
LAT, LON = 52.37, 4.89
EAST_M, NORTH_M = metres_per_degree(LAT)


def at(east_m: float, north_m: float) -> dict[str, int]:
    return {"lat_e7": round((LAT + north_m / NORTH_M) * 1e7), "lon_e7": round((LON + east_m / EAST_M) * 1e7)}


AREA = [at(0, 0), at(100, 0), at(100, 100), at(0, 100)]


def asked(east_m: float, area: list[dict[str, int]] | None = None, **view: int) -> Asked:
    """One camera looking east from there; at this tilt it films the ground to some 20 m before it."""
    looks = {"azimuth_mdeg": 90_000, "tilt_mdeg": 35_000, "hfov_mdeg": 60_000, "height_mm": 6_000} | view
    post: dict[str, Any] = {"post": "post-1", "position": at(east_m, 50), "view": looks, "area": area or []}
    body = PlanBody.model_validate({"regime": "G151C", "area": AREA, "posts": [post]})
    return Asked("x", filled(body, (), NOW_US), None, None, {}, NOW_US)


def refused(plan: Asked, obstacles: tuple[Obstacle, ...] = ()) -> list[tuple[str, str]]:
    return [(one.kind, one.rule) for one in shown(plan, obstacles)[1] if one.severity == "refuse"]


@pytest.mark.parametrize(("east_m", "is_refused"), [(50, False), (79, False), (88, False), (95, True)])
def test_a_view_over_the_border_is_refused_beyond_the_tolerance(east_m: float, is_refused: bool) -> None:
    assert refused(asked(east_m)) == ([("view-outside", "R03")] if is_refused else [])


def test_what_is_forgiven_still_counts_as_outside() -> None:
    coverage, _ = shown(asked(88), ())

    assert coverage is not None and coverage.posts[0].inside_percent < 99


def test_a_wall_at_the_border_keeps_a_view_inside() -> None:
    wall = tuple(Position(**at(*place)) for place in ((101, 0), (130, 0), (130, 100), (101, 100)))

    assert refused(asked(95), (Obstacle(wall, 12_000),)) == []


def test_a_posts_own_area_is_the_narrower_one() -> None:
    own = [at(40, 40), at(55, 40), at(55, 60), at(40, 60)]

    assert refused(asked(30, own)) == []
    assert refused(asked(52, own)) == [("view-outside", "R03")]


def test_a_view_that_is_sharper_than_the_ceiling_is_a_warning() -> None:
    sharp = [(one.kind, one.rule, one.severity) for one in shown(asked(50, hfov_mdeg=20_000), ())[1]]

    assert sharp == [("view-too-sharp", "R24", "warn")]


@pytest.mark.parametrize(("width", "height"), [(16, 16), (16, 9), (640, 360), (4000, 16)])
def test_a_view_is_not_judged_by_a_picture_that_nobody_signed(width: int, height: int) -> None:
    out = asked(95)
    small = out.body.posts[0].model_copy(update={"width_px": width, "height_px": height})
    body = out.body.model_copy(update={"posts": [small]})

    assert refused(replace(out, body=body)) == [("view-outside", "R03")]


@pytest.mark.parametrize(("tilt_mdeg", "height_mm"), [(-90_000, 6_000), (-45_000, 100_000)])
def test_a_view_of_no_ground_is_refused(tilt_mdeg: int, height_mm: int) -> None:
    assert refused(asked(50, tilt_mdeg=tilt_mdeg, height_mm=height_mm)) == [("view-groundless", "R03")]


def test_without_an_area_nothing_is_counted() -> None:
    nowhere = asked(50)
    bare = Asked("x", nowhere.body.model_copy(update={"area": []}), None, None, {}, NOW_US)

    assert shown(bare, ()) == (None, [])
