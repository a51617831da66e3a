# SPDX-License-Identifier: EUPL-1.2
"""What cameras show of an area: against sectors and shadows that one works out by hand, and against the cases that the
console's own computation is held to as well (hub/console/test/coverage.test.ts).

`python -m tests.unit.deployments.test_coverage` writes the cases' expected numbers anew.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from contract.mandate import Position, View
from hub.demo.town import town
from hub.deployments.coverage import (
    DORI,
    Camera,
    Coverage,
    Obstacle,
    coverage,
    metres_per_degree,
    obstacles_of,
)

CASES = Path(__file__).parent / "coverage-cases.json"
EAST_M, NORTH_M = metres_per_degree(52.0)
SQUARE = ((0, 0), (120, 0), (120, 90), (0, 90))


def place(x: float, y: float) -> Position:
    return Position(round((52 + y / NORTH_M) * 1e7), round((5 + x / EAST_M) * 1e7))


def places(*points: tuple[float, float]) -> tuple[Position, ...]:
    return tuple(place(*point) for point in points)


def camera(x: float, y: float, azimuth: float, **more: float) -> Camera:
    """A camera 6 m high that looks 22 degrees down through a 66 degree lens of 1920 by 1080, unless said otherwise."""
    given = {"tilt": 22, "hfov": 66, "height": 6, "width": 1920, "tall": 1080, "ceiling": 1500, **more}
    view = View(*(round(1000 * angle) for angle in (azimuth, given["tilt"], given["hfov"], given["height"])))
    return Camera("post-1", place(x, y), (), view, int(given["width"]), int(given["tall"]), int(given["ceiling"]))


Points = Sequence[tuple[float, float]]


def measured(
    *cameras: Camera, area: Points = SQUARE, obstacles: Sequence[Obstacle] = (), floor: int = 80, ceiling: int = 1500
) -> Coverage:
    found = coverage(places(*area), cameras, obstacles, floor, ceiling)
    assert found is not None
    return found


def box(x0: float, y0: float, x1: float, y1: float, height_m: float) -> Obstacle:
    return Obstacle(places((x0, y0), (x1, y0), (x1, y1), (x0, y1)), round(height_m * 1000))


def strip(south: float, north: float) -> Points:
    """Ground before a lens at (60, 0) that looks north, well inside its picture."""
    return ((56, south), (64, south), (64, north), (56, north))


def percent(found: Coverage, level: str = "overview") -> float:
    return next(each.percent for each in found.levels if each.level == level)


def test_without_an_area_there_are_no_numbers() -> None:
    assert coverage(places((0, 0), (1, 1)), (), (), 80, 250) is None


def test_an_area_is_as_large_as_it_is() -> None:
    found = measured(obstacles=[box(10, 10, 20, 30, 3)])
    assert found.area_m2 == pytest.approx(10_800, rel=0.005)
    assert found.walkable_m2 == pytest.approx(10_600, rel=0.005)
    assert (found.blind_m2, found.cell_mm) == (found.walkable_m2, 500)


def test_a_level_reaches_as_far_as_the_formula_says() -> None:
    """r = W / (2 q tan(hfov / 2)) is the slant to a head at 1.7 m; what is nearer than the lower edge shows no feet."""
    tan_h = math.tan(math.radians(33))
    lower = 6 / math.tan(math.radians(22) + math.atan(tan_h * 1080 / 1920))
    lens = camera(60, 0, 0)
    for level, px_per_m in (("outline", 40), ("discern", 80), ("perceive", 125)):
        far = math.sqrt((1920 / (2 * px_per_m * tan_h)) ** 2 - (6 - 1.7) ** 2)
        assert (
            percent(measured(lens, area=((59, lower + 1), (61, lower + 1), (61, far - 1), (59, far - 1))), level) == 100
        )
        assert percent(measured(lens, area=((59, far + 1), (61, far + 1), (61, far + 9), (59, far + 9))), level) == 0
        assert percent(measured(lens, area=((59, 0.5), (61, 0.5), (61, lower - 1), (59, lower - 1))), level) == 0


def test_what_stands_before_a_head_hides_it_as_far_as_its_height_reaches() -> None:
    """A wall of 3 m at 20 m from a lens at 6 m hides heads of 1.7 m up to 20 * 4.3 / 3 m, one of 6 m all behind it."""
    lens = camera(60, 0, 0, tilt=10)
    low, high = box(40, 19.7, 80, 20.2, 3), box(40, 19.7, 80, 20.2, 6)
    assert percent(measured(lens, area=strip(22, 40))) == 100
    assert percent(measured(lens, area=strip(21, 28), obstacles=[low])) == 0
    assert percent(measured(lens, area=strip(30.5, 40), obstacles=[low])) == 100
    assert percent(measured(lens, area=strip(21, 40), obstacles=[high])) == 0


def test_what_it_hangs_on_hides_nothing() -> None:
    assert percent(measured(camera(60, 0, 0), area=strip(12, 20), obstacles=[box(50, -10, 70, 0.4, 20)])) == 100


def test_ground_outside_the_area_is_counted_once_and_to_each_that_films_it() -> None:
    one, other = camera(60, 80, 0), replace(camera(60, 80, 0), post="post-2")
    found = measured(one, other)
    assert found.outside_m2 == found.posts[0].outside_m2 == found.posts[1].outside_m2 > 1000
    assert found.posts[0].inside_percent < 5
    own = replace(one, area=places((0, 0), (120, 0), (120, 200), (0, 200)))
    kept = measured(own)
    assert (kept.posts[0].inside_percent, kept.posts[0].outside_m2) == (100.0, 0.0)
    assert kept.outside_m2 == found.outside_m2  # outside the plan's area all the same


def test_what_is_built_on_is_no_ground_outside() -> None:
    facade = box(-100, 90, 220, 300, 12)
    assert measured(camera(60, 80, 0)).outside_m2 > 1000
    assert measured(camera(60, 80, 0), obstacles=[facade]).outside_m2 == 0


def test_over_the_ceiling_is_where_a_head_is_filmed_sharper_than_agreed() -> None:
    found = measured(camera(60, 10, 0, width=3840, tall=2160), ceiling=250)
    far = math.sqrt((3840 / (2 * 250 * math.tan(math.radians(33)))) ** 2 - 4.3**2)
    assert 0.2 * far**2 < found.over_ceiling_m2 < math.radians(66) / 2 * far**2 * 1.15
    assert found.posts[0].sharpest_px_per_m > 250
    lower = measured(camera(60, 10, 0, width=3840, tall=2160, ceiling=125), ceiling=250)
    assert lower.over_ceiling_m2 > 2 * found.over_ceiling_m2  # the post's own ceiling is the lower one
    assert measured(camera(60, 10, 0), ceiling=1500).over_ceiling_m2 == 0


def test_seen_by_two_is_seen_twice() -> None:
    one = camera(60, 0, 0)
    assert measured(one, area=strip(12, 20)).overlap_percent == 0
    assert measured(one, camera(60, 40, 180), area=strip(18, 22)).overlap_percent == 100


def test_the_old_norm_is_a_switch() -> None:
    found = coverage(places(*SQUARE), [camera(60, 0, 0)], (), 62, 250, DORI)
    assert found is not None
    assert [each.level for each in found.levels] == ["detect", "observe", "recognise", "identify"]


@pytest.mark.parametrize("strange", [{"hfov": 180}, {"hfov": 1, "tilt": 0}, {"tilt": 90}, {"tilt": -90}, {"height": 0}])
def test_a_lens_that_nobody_has_still_gives_numbers(strange: dict[str, float]) -> None:
    found = measured(camera(60, 45, 359.999, **strange))
    assert 0 <= percent(found) <= 100
    assert found.blind_m2 <= found.walkable_m2


def test_a_post_at_the_other_end_of_the_world_costs_cells_and_no_memory() -> None:
    far = replace(camera(0, 0, 0), position=Position(-520_000_000, 1_700_000_000))
    assert measured(far).cell_mm > 1_000_000


def test_the_town_s_buildings_stand_in_the_way_and_its_trees_do_not() -> None:
    found = obstacles_of(town())
    assert max(obstacle.height_mm for obstacle in found) == 41_000
    kinds = [feature["properties"]["kind"] for feature in town()["features"]]
    assert len(found) == kinds.count("building") + kinds.count("object")
    assert found[0].area[0] != found[0].area[-1]


# --- The cases that Python and TypeScript share ------------------------------------------------------------------


def cases() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(CASES.read_text())
    return found


def computed(case: dict[str, Any]) -> Coverage | None:
    def ring(points: list[list[int]]) -> tuple[Position, ...]:
        return tuple(Position(*point) for point in points)

    cameras = [
        Camera(
            post=each["post"],
            position=Position(*each["position"]),
            area=ring(each["area"]),
            view=View(**each["view"]),
            width_px=each["width_px"],
            height_px=each["height_px"],
            ceiling_px_per_m=each["ceiling_px_per_m"],
        )
        for each in case["posts"]
    ]
    obstacles = [Obstacle(ring(each["area"]), each["height_mm"]) for each in case["obstacles"]]
    return coverage(ring(case["area"]), cameras, obstacles, case["floor_px_per_m"], case["ceiling_px_per_m"])


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["name"])
def test_a_case_gives_what_the_console_is_held_to(case: dict[str, Any]) -> None:
    found = computed(case)
    assert found is not None
    assert json.loads(json.dumps(asdict(found))) == case["expected"]


def _written() -> str:
    def ring(points: Sequence[Position]) -> list[list[int]]:
        return [[point.lat_e7, point.lon_e7] for point in points]

    six = [
        *(camera(3, 3, 45), camera(117, 3, 315, tilt=15), camera(60, 1, 0, hfov=88, width=3840, tall=2160)),
        *(camera(3, 87, 130, height=9), camera(118, 80, 250, hfov=40), camera(60, 89, 180, height=4, tilt=12)),
    ]
    things = [
        *(box(20, 20, 28, 26, 3.4), box(70, 60, 84, 68, 5.5), box(50, 40, 54, 44, 0.7), box(100, 30, 104, 60, 8)),
        *(box(-30, 90, 150, 110, 14), box(-20, -10, -1, 95, 11)),
    ]
    plans: dict[str, tuple[Points, list[Camera], list[Obstacle], int, int]] = {
        "six cameras and six obstacles on 120 by 90 m": (SQUARE, six, things, 80, 250),
        "one camera on open ground": (SQUARE, [camera(60, 1, 0)], [], 80, 250),
        "it looks out of the area": (
            SQUARE,
            [camera(60, 70, 20), camera(10, 45, 270, ceiling=100)],
            things[:2],
            40,
            250,
        ),
        "a long lens needs larger cells": (
            SQUARE,
            [camera(0, 0, 50, hfov=5, tilt=2, width=3840, tall=2160)],
            things,
            80,
            500,
        ),
        "steep, low, turned round": (
            SQUARE,
            [camera(30, 30, 10, tilt=80), camera(80, 20, 359, height=1), camera(60, 60, 90, height=3, tilt=-5)],
            things,
            20,
            125,
        ),
        "a corner inwards, and a post with ground of its own": (
            ((0, 0), (60, 10), (120, 0), (110, 90), (60, 50), (5, 80)),
            [replace(camera(60, 12, 0), area=places((20, 0), (100, 0), (100, 60), (20, 60))), camera(8, 75, 120)],
            things[:4],
            80,
            250,
        ),
    }
    written = []
    for name, (area, cameras, obstacles, floor, ceiling) in plans.items():
        posts = [
            {**asdict(each), "position": ring([each.position])[0], "area": ring(each.area), "post": f"post-{n}"}
            for n, each in enumerate(cameras, 1)
        ]
        case: dict[str, Any] = {
            "name": name,
            "area": ring(places(*area)),
            "posts": posts,
            "obstacles": [{"area": ring(each.area), "height_mm": each.height_mm} for each in obstacles],
            "floor_px_per_m": floor,
            "ceiling_px_per_m": ceiling,
        }
        found = computed(case)
        assert found is not None
        written.append({**case, "expected": asdict(found)})
    return "[\n" + ",\n".join(json.dumps(case) for case in written) + "\n]\n"


if __name__ == "__main__":
    CASES.write_text(_written())
