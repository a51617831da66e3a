# SPDX-License-Identifier: EUPL-1.2
"""What a plan's cameras show of its area, and what they should not: pure, on a grid of cells of half a metre.

A camera reaches as far as a person's width is still Overview (20 px/m, the lowest level of IEC 62676-4:2025). A person
stands in a cell: the feet at 0 m, the head at 1.7 m. The cell is **covered** when feet and head are in the picture and
nothing stands before the head; it is **filmed** when either is in the picture and nothing stands before the head. Use
is counted by what is covered, harm (outside the area, too sharp) by what is filmed. Sharpness is
`width_px / (2 * r * tan(hfov / 2))` at the slant distance r to the head, for a lens without distortion.

What stands before is found by a depth buffer: 721 rays a camera, each with the steepest line of sight that an obstacle
leaves at each distance. What stands within a metre of the camera is what it hangs on. Obstacles are not walked on: they
count neither for the area nor against it. Trees are no obstacles here, because one looks under their crowns.

Metres come from degrees by the radii of WGS 84 at the middle of the plan; within 500 m of it a distance is at most
1 in 6000 wrong up to 60 degrees north. A plan too wide for `CELLS_LIMIT` cells gets larger ones, and `cell_mm` says so.
`coverage` takes up to seconds for 32 cameras: a server calls it in a thread. The console has the same algorithm
(hub/console/src/planning/coverage.ts); a test holds the two together.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.mandate import Position, View

OODPCVS: Mapping[str, int] = {
    "overview": 20,
    "outline": 40,
    "discern": 80,
    "perceive": 125,
    "characterize": 250,
    "validate": 500,
    "scrutinize": 1500,
}
"""IEC 62676-4:2025, in px/m: the default."""
DORI: Mapping[str, int] = {"detect": 25, "observe": 62, "recognise": 125, "identify": 250}
"""IEC 62676-4:2015, in px/m: the old norm, a switch."""
REACH_PX_PER_M = 20
HEAD_M = 1.7
CELL_M = 0.5
CELLS_LIMIT = 500_000
RAYS = 721
OWN_M = 1.0  # what stands nearer is what the camera hangs on
RIM_SAMPLES = 33  # of the arc that a camera reaches to; between two of them it bulges by 1 in 1000

Metres = NDArray[np.floating[Any]]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Obstacle:
    """What stands in the way: its ground plan and its height."""

    area: tuple[Position, ...]
    height_mm: int


@dataclass(frozen=True)
class Camera:
    """A post with its camera. An empty `area` is the plan's; the lower of `ceiling_px_per_m` and the plan's holds."""

    post: str
    position: Position
    area: tuple[Position, ...]
    view: View
    width_px: int
    height_px: int
    ceiling_px_per_m: int


@dataclass(frozen=True)
class Level:
    """How much of the ground that one can walk on is covered at this sharpness or more."""

    level: str
    px_per_m: int
    percent: float


@dataclass(frozen=True)
class PostCoverage:
    """One camera: the ground that it films, how much of that lies in its own area, and where it is too sharp."""

    post: str
    footprint_m2: float
    inside_percent: float
    outside_m2: float
    over_ceiling_m2: float
    sharpest_px_per_m: float


@dataclass(frozen=True)
class Coverage:
    """The numbers of a plan. Per cents are of `walkable_m2`: the area without its obstacles.

    `floor_percent` is covered at the sharpness that the plan asks for, `blind_m2` at none, `overlap_percent` by two or
    more. `outside_m2` (ground outside the area) and `over_ceiling_m2` (ground anywhere) are filmed by at least one.
    """

    cell_mm: int
    area_m2: float
    walkable_m2: float
    levels: tuple[Level, ...]
    floor_percent: float
    blind_m2: float
    overlap_percent: float
    outside_m2: float
    over_ceiling_m2: float
    posts: tuple[PostCoverage, ...]


class _Local:
    """Degrees to metres east and north of one place."""

    def __init__(self, places: Sequence[Position]) -> None:
        lat = [place.lat_e7 for place in places]
        lon = [place.lon_e7 for place in places]
        self.lat_e7, self.lon_e7 = (min(lat) + max(lat)) / 2, (min(lon) + max(lon)) / 2
        self.east_m, self.north_m = metres_per_degree(self.lat_e7 / 1e7)

    def __call__(self, place: Position) -> tuple[float, float]:
        east = (place.lon_e7 - self.lon_e7) / 1e7 * self.east_m
        return east, (place.lat_e7 - self.lat_e7) / 1e7 * self.north_m


def metres_per_degree(lat: float) -> tuple[float, float]:
    """How long a degree of longitude and one of latitude are at a latitude (WGS 84)."""
    a, e2 = 6_378_137.0, 0.00669437999014
    phi = math.radians(lat)
    w = 1 - e2 * math.sin(phi) ** 2
    degree = math.pi / 180
    return degree * a / math.sqrt(w) * math.cos(phi), degree * a * (1 - e2) / w**1.5


class _Optics:
    """One camera in metres and radians."""

    def __init__(self, camera: Camera, local: _Local) -> None:
        self.x, self.y = local(camera.position)
        self.height = camera.view.height_mm / 1000
        self.azimuth = math.radians(camera.view.azimuth_mdeg / 1000)
        tilt = math.radians(camera.view.tilt_mdeg / 1000)
        self.cos, self.sin = math.cos(tilt), math.sin(tilt)
        self.tan_h = math.tan(math.radians(camera.view.hfov_mdeg / 1000) / 2)
        self.tan_v = self.tan_h * camera.height_px / camera.width_px
        self.px = camera.width_px / (2 * self.tan_h)  # px/m at one metre
        rise = self.height - HEAD_M
        self.reach = math.sqrt(max(0.0, (self.px / REACH_PX_PER_M) ** 2 - rise**2))
        top = tilt - math.atan(self.tan_v)  # the picture's upper edge, down from the horizon
        if top > 0:  # beyond it there are no feet to be seen
            aside = math.hypot(1, self.tan_h / (self.cos + self.sin * self.tan_v))
            self.reach = min(self.reach, self.height / math.tan(top) * aside)
        # How far to the side, seen from above, the picture's corners look: by the tilt more than half the lens.
        ahead = min(self.cos - self.sin * self.tan_v, self.cos + self.sin * self.tan_v)
        self.half = math.atan2(self.tan_h, ahead)

    def rim(self) -> list[tuple[float, float]]:
        """The camera, and points on the arc that it reaches to."""
        turns = [self.azimuth - self.half + 2 * self.half * n / (RIM_SAMPLES - 1) for n in range(RIM_SAMPLES)]
        return [
            (self.x, self.y),
            *((self.x + self.reach * math.sin(t), self.y + self.reach * math.cos(t)) for t in turns),
        ]


class _Grid:
    """Cells over the area and all that the cameras reach."""

    def __init__(self, corners: Sequence[tuple[float, float]]) -> None:
        self.x0, self.y0 = min(x for x, _ in corners), min(y for _, y in corners)
        width, depth = max(x for x, _ in corners) - self.x0, max(y for _, y in corners) - self.y0
        self.cell = CELL_M
        while (width / self.cell + 1) * (depth / self.cell + 1) > CELLS_LIMIT:
            self.cell *= 2
        self.nx, self.ny = math.floor(width / self.cell) + 1, math.floor(depth / self.cell) + 1
        self.m2 = self.cell**2
        self.x: Metres = self.x0 + (np.arange(self.nx) + 0.5) * self.cell
        self.y: Metres = self.y0 + (np.arange(self.ny) + 0.5) * self.cell

    def polygon(self, corners: Sequence[tuple[float, float]], window: tuple[slice, slice] | None = None) -> Flags:
        """Which cells, of all or of a window of them, have their middle in a polygon (even-odd)."""
        x, y = (self.x, self.y) if window is None else (self.x[window[1]], self.y[window[0]])
        within = np.zeros((y.size, x.size), dtype=np.bool_)
        for (ax, ay), (bx, by) in zip(corners, [*corners[1:], *corners[:1]], strict=True):
            rows = np.flatnonzero((ay > y) != (by > y))
            if rows.size:
                crossing = ax + (y[rows] - ay) / (by - ay) * (bx - ax)
                within[rows] ^= x[None, :] < crossing[:, None]
        return within

    def window(self, corners: Sequence[tuple[float, float]]) -> tuple[slice, slice]:
        """The rows and columns around these points."""
        columns = [math.floor((x - self.x0) / self.cell) for x, _ in corners]
        rows = [math.floor((y - self.y0) / self.cell) for _, y in corners]
        up_to_row, up_to_column = max(0, max(rows) + 1), max(0, max(columns) + 1)
        return slice(max(0, min(rows)), up_to_row), slice(max(0, min(columns)), up_to_column)


@dataclass(frozen=True)
class _Picture:
    """What one camera shows of a window of the grid: sharpness, and which cells are covered or only filmed."""

    window: tuple[slice, slice]
    sharp: Metres
    covered: Flags
    filmed: Flags


def coverage(
    area: Sequence[Position],
    cameras: Sequence[Camera],
    obstacles: Sequence[Obstacle],
    floor_px_per_m: int,
    ceiling_px_per_m: int,
    levels: Mapping[str, int] = OODPCVS,
) -> Coverage | None:
    """The numbers of a plan; None where there is no area yet."""
    if len(area) < 3:
        return None
    local = _Local(area)
    optics = [_Optics(camera, local) for camera in cameras]
    outline = [local(place) for place in area]
    grid = _Grid([*outline, *(point for each in optics for point in each.rim())])
    within = grid.polygon(outline)
    heights = _heights(grid, local, obstacles)
    ground = heights == 0
    best, times = np.zeros(ground.shape), np.zeros(ground.shape, dtype=np.int64)
    outside, over = np.zeros_like(ground), np.zeros_like(ground)
    posts = []
    for camera, each in zip(cameras, optics, strict=True):
        picture = _picture(grid, each, heights)
        at, sharp = picture.window, picture.sharp
        own = grid.polygon([local(place) for place in camera.area]) if len(camera.area) >= 3 else within
        filmed = picture.filmed & ground[at]
        too_sharp = filmed & (sharp > min(camera.ceiling_px_per_m, ceiling_px_per_m))
        np.maximum(best[at], np.where(picture.covered, sharp, 0.0), out=best[at])
        times[at] += picture.covered
        outside[at] |= filmed & ~within[at]
        over[at] |= too_sharp
        posts.append(_post(camera.post, grid.m2, filmed, filmed & own[at], too_sharp, sharp))
    walked = within & ground
    counted = int(walked.sum())

    def percent(flags: Flags) -> float:
        return round(100 * float((flags & walked).sum()) / counted, 2) if counted else 0.0

    return Coverage(
        cell_mm=round(grid.cell * 1000),
        area_m2=float(within.sum()) * grid.m2,
        walkable_m2=counted * grid.m2,
        levels=tuple(Level(name, px_per_m, percent(best >= px_per_m)) for name, px_per_m in levels.items()),
        floor_percent=percent(best >= max(floor_px_per_m, REACH_PX_PER_M)),
        blind_m2=float((walked & (times == 0)).sum()) * grid.m2,
        overlap_percent=percent(times >= 2),
        outside_m2=float(outside.sum()) * grid.m2,
        over_ceiling_m2=float(over.sum()) * grid.m2,
        posts=tuple(posts),
    )


def obstacles_of(town: Mapping[str, Any]) -> tuple[Obstacle, ...]:
    """The obstacles in a base map's GeoJSON: polygons that have a `height_m` and are no tree."""
    found = []
    for feature in town.get("features", ()):
        properties, geometry = feature.get("properties") or {}, feature.get("geometry") or {}
        height_m = properties.get("height_m")
        if properties.get("kind") == "tree" or not isinstance(height_m, (int, float)) or height_m <= 0:
            continue
        found += [Obstacle(_ring(ring), round(height_m * 1000)) for ring in _outlines(geometry)]
    return tuple(found)


def _outlines(geometry: Mapping[str, Any]) -> Iterable[Sequence[Sequence[float]]]:
    """The outer rings; a courtyard counts as built on."""
    if geometry.get("type") == "Polygon":
        return [geometry["coordinates"][0]]
    return [polygon[0] for polygon in geometry["coordinates"]] if geometry.get("type") == "MultiPolygon" else []


def _ring(ring: Sequence[Sequence[float]]) -> tuple[Position, ...]:
    places = tuple(Position(round(place[1] * 1e7), round(place[0] * 1e7)) for place in ring)
    return places[:-1] if places[0] == places[-1] else places


def _post(post: str, m2: float, filmed: Flags, inside: Flags, too_sharp: Flags, sharp: Metres) -> PostCoverage:
    cells, kept = int(filmed.sum()), int(inside.sum())
    return PostCoverage(
        post=post,
        footprint_m2=cells * m2,
        inside_percent=round(100 * kept / cells, 2) if cells else 100.0,
        outside_m2=(cells - kept) * m2,
        over_ceiling_m2=float(too_sharp.sum()) * m2,
        sharpest_px_per_m=round(float(np.where(filmed, sharp, 0.0).max(initial=0.0)), 1),
    )


def _heights(grid: _Grid, local: _Local, obstacles: Sequence[Obstacle]) -> Metres:
    heights = np.zeros((grid.ny, grid.nx))
    for obstacle in obstacles:
        corners = [local(place) for place in obstacle.area]
        if len(corners) >= 3:
            at = grid.window(corners)
            standing = np.where(grid.polygon(corners, at), obstacle.height_mm / 1000, 0.0)
            np.maximum(heights[at], standing, out=heights[at])
    return heights


def _picture(grid: _Grid, optics: _Optics, heights: Metres) -> _Picture:
    window = grid.window(optics.rim())
    east = (grid.x[window[1]] - optics.x)[None, :]
    north = (grid.y[window[0]] - optics.y)[:, None]
    far = np.hypot(east, north)
    turn = np.arctan2(east, north) - optics.azimuth
    turn -= 2 * math.pi * np.round(turn / (2 * math.pi))
    head = HEAD_M - optics.height
    slant = np.hypot(far, head)
    sharp = optics.px / np.maximum(slant, 1e-6)
    ahead, aside = far * np.cos(turn), np.abs(far * np.sin(turn))
    seen_head = _in_picture(optics, ahead, aside, head)
    seen_feet = _in_picture(optics, ahead, aside, -optics.height)
    free = _free(grid, optics, heights, far, turn, head) & (sharp >= REACH_PX_PER_M)
    covered = seen_head & seen_feet & free & (heights[window] == 0)
    return _Picture(window, sharp, covered, (seen_head | seen_feet) & free)


def _in_picture(optics: _Optics, ahead: Metres, aside: Metres, up: float) -> Flags:
    """Whether points so far ahead, aside and above the camera are in its picture."""
    depth = ahead * optics.cos - up * optics.sin
    down = -ahead * optics.sin - up * optics.cos
    inside: Flags = (depth > 0) & (aside <= depth * optics.tan_h) & (np.abs(down) <= depth * optics.tan_v)
    return inside


def _free(grid: _Grid, optics: _Optics, heights: Metres, far: Metres, turn: Metres, head: float) -> Flags:
    """Whether nothing stands before a head: the depth buffer, and each cell's place in it."""
    steps = math.ceil(optics.reach / grid.cell) + 1
    distances = np.arange(1, steps + 1) * grid.cell
    bearings = optics.azimuth - optics.half + np.arange(RAYS) * (2 * optics.half / (RAYS - 1))
    columns = np.floor((optics.x + np.sin(bearings)[:, None] * distances - grid.x0) / grid.cell).astype(np.int64)
    rows = np.floor((optics.y + np.cos(bearings)[:, None] * distances - grid.y0) / grid.cell).astype(np.int64)
    known = (columns >= 0) & (columns < grid.nx) & (rows >= 0) & (rows < grid.ny) & (distances >= OWN_M)
    standing = np.where(known, heights[np.clip(rows, 0, grid.ny - 1), np.clip(columns, 0, grid.nx - 1)], 0.0)
    slopes = np.where(standing > 0, (standing - optics.height) / distances, -np.inf)
    horizon = np.full((RAYS, steps + 1), -np.inf)  # at step k: what stands at steps 1 to k
    np.maximum.accumulate(slopes, axis=1, out=horizon[:, 1:])
    ray = np.floor((turn + optics.half) / (2 * optics.half) * (RAYS - 1) + 0.5).astype(np.int64)
    before = np.clip(np.floor(far / grid.cell - 0.5).astype(np.int64), 0, steps)
    free: Flags = head / np.maximum(far, 1e-6) >= horizon[np.clip(ray, 0, RAYS - 1), before]
    return free
