# SPDX-License-Identifier: EUPL-1.2
"""The demo's base map: a square in a town that does not exist, in the North Sea, as GeoJSON.

Written down in metres east and north of the seeds' area (`hub.demo.seeds.AREA`, whose corner is the origin here), and
always the same. Kinds of features: `water`, `green`, `street`, `square` and `building` (polygons; a building and an
`object` have a `height_m`), `tree` (a point with its crown), `mast` (where a camera may hang), `entrance` (where people
come in: each needs a sign) and `label` (where a name stands, with what it names and how far it is turned).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

LAT, LON = 54.5, 4.5
NORTH_M, EAST_M = 111_317.0, 64_770.0  # metres a degree there, WGS 84
FRONT_M = 13.0  # how deep a row of houses is
YARD_M = 12.0  # less is no yard
WIDTHS_M = (8.5, 11.0, 7.0, 13.5, 9.5, 8.0, 12.0, 10.0, 15.0)
HEIGHTS_M = (10.5, 9.0, 12.0, 8.5, 11.0, 13.0, 9.5)

Point = tuple[float, float]
Box = tuple[float, float, float, float]

SQUARE: Sequence[Point] = (
    *((2, 3), (38, 2), (127.5, 4), (127.5, 29), (129.2, 34), (129.2, 97)),
    *((121, 111), (115, 131), (47, 131), (43, 127), (2, 126)),
)
# Name, width, middle line, and the point of it where its name stands.
STREETS: Sequence[tuple[str, float, Sequence[Point], Point]] = (
    ("Kerksteeg", 5, ((44.5, 128), (44.5, 204)), (44.5, 160)),
    ("Noorderstraat", 11, ((121, 116), (122, 204), (124, 300)), (121.7, 160)),
    ("Wolstraat", 8, ((3, 52), (-95, 50), (-240, 47)), (-28, 51.4)),
    ("Visstraat", 11, ((3, 120), (-95, 121), (-240, 124)), (-28, 120.3)),
    ("Havenstraat", 10, ((128, 102), (235, 104), (262, 104)), (162, 102.6)),
    ("Kadestraat", 11, ((126, 28), (235, 26), (262, 26)), (162, 27.4)),
    ("Molenstraat", 9, ((8, 4), (8, -75), (6, -170)), (8, -22)),
    ("Brugstraat", 9, ((70, 4), (69, -75), (69, -170)), (69.6, -22)),
    ("Zuiderstraat", 10, ((121.5, 6), (122, -75), (124, -170)), (121.7, -22)),
    ("Achterstraat", 10, ((-240, 208), (44, 205), (235, 206), (262, 206)), (-30, 205.8)),
    ("Lindelaan", 15, ((-240, -78), (69, -75), (235, -75), (262, -75)), (40, -75.3)),
    ("Westersingel", 10, ((-95, -170), (-95, 300)), (-95, 85)),
    ("Oostersingel", 12, ((235, -170), (235, 300)), (235, 64)),
    ("Havenkade", 14, ((262, -170), (262, 300)), (262, 64)),
)
# Name, height, corners: what stands at the square.
NAMED: Sequence[tuple[str, float, Sequence[Point]]] = (
    ("Stadhuis", 17, ((50, 134), (112, 134), (112, 150), (96, 150), (96, 163), (66, 163), (66, 150), (50, 150))),
    ("Bibliotheek", 13, ((-6, 129), (41, 129), (41, 157), (12, 157), (12, 150), (-6, 150))),
    ("Kerk", 19, ((54, 172), (97, 172), (97, 177), (103, 182), (97, 187), (97, 192), (54, 192))),
    ("Kerktoren", 41, ((46.9, 178), (54, 178), (54, 186), (46.9, 186))),
    ("Havenkantoor", 15, ((132, 37), (152, 37), (152, 94), (132, 94))),
    ("Markthal", 11, ((134, 110), (186, 110), (186, 134), (134, 134))),
    ("Schouwburg", 20, ((132, -18), (174, -18), (174, 19), (132, 19))),
)
# Built on all sides around a yard: west, south, east, north.
BLOCKS: Sequence[Box] = (
    *((-88, 58, -2, 112), (-88, -66, 2, 44), (-88, 163, 40, 198), (-88, 129, -9, 152)),
    *((13, -66, 64, -1), (75, -66, 115.5, 0), (156, 36, 227, 95), (132, 142, 227, 199)),
    *((190, 110, 227, 136), (128, -66, 227, -24), (178, -18, 227, 19)),
    *((-225, 58, -102, 114), (-225, -68, -102, 40), (-225, 131, -102, 200)),
    *((-225, 216, -102, 290), (-88, 214, 38, 290), (50, 213, 115, 290), (131, 214, 227, 290)),
    *((-225, -165, -102, -88), (-88, -165, 1, -87), (14, -165, 63, -85), (75, -165, 116, -85), (130, -165, 227, -85)),
)
# Name, height, corners: what stands on the square.
OBJECTS: Sequence[tuple[str, float, Sequence[Point]]] = (
    ("podium", 5.5, ((80, 97), (93, 96), (93.5, 103), (80.5, 104))),
    ("kiosk", 3.4, ((32, 82), (37.5, 82), (37.5, 87.5), (32, 87.5))),
    (
        "fontein",
        0.7,
        tuple((52 + 4.6 * math.cos(n * math.pi / 8), 63 + 4.6 * math.sin(n * math.pi / 8)) for n in range(16)),
    ),
    ("standbeeld", 4.0, ((96.5, 49), (99.5, 49), (99.5, 52), (96.5, 52))),
)
TREES: Sequence[Point] = (
    *((18, 112), (27, 115), (24, 30), (33, 25), (43, 21), (78, 19), (89, 22), (99, 25), (109, 20)),
    *((118, 58), (118, 67), (118, 76), (10, 70), (10, 79), (60, 118)),
    *((x, y) for x in range(-230, 258, 14) for y in (-70, -80) if not 58 < x < 82),
    *((228.5, y) for y in range(-160, 300, 17)),
)
# Number, place: lamp posts that carry a camera, and two masts of the town's own.
MASTS: Sequence[tuple[str, Point, float]] = (
    *(
        (f"Lantaarnpaal {n}", place, 6.0)
        for n, place in zip(
            itertools.count(21),
            (
                (4.5, 124),
                (45, 125.5),
                (82, 129),
                (113, 128),
                (126.5, 94),
                (127, 62),
                (126, 33),
                (124.5, 7),
                (96, 5.5),
                (66, 5),
                (38, 4.5),
                (5, 5.5),
                (4.5, 38),
                (4.5, 66),
                (4.5, 96),
                (44, 44),
                (84, 74),
            ),
            strict=False,
        )
    ),
    ("Mast Stadhuis", (81, 133.2), 9.0),
    ("Mast Havenkantoor", (130.8, 78), 8.0),
)
ENTRANCES: Sequence[tuple[str, Point]] = (
    *(
        ("Kerksteeg", (44.5, 129)),
        ("Noorderstraat", (118.5, 119)),
        ("Havenstraat", (127.5, 101)),
        ("Kadestraat", (127, 28)),
    ),
    *(("Zuiderstraat", (121.5, 5)), ("Brugstraat", (70, 4)), ("Molenstraat", (8, 4)), ("Wolstraat", (3, 52))),
    ("Visstraat", (3, 120)),
)


def town() -> dict[str, Any]:
    """The map, a GeoJSON feature collection whose features are numbered."""
    features = list(_features())
    return {
        "type": "FeatureCollection",
        "name": "Voorbeeldplein (fictional)",
        "features": [{"type": "Feature", "id": number, **feature} for number, feature in enumerate(features, 1)],
    }


def _features() -> Iterator[dict[str, Any]]:
    yield from _ground()
    yield from _built()
    for number, place in enumerate(TREES):
        yield _point("tree", place, crown_m=(2.2, 2.8, 2.4, 3.1)[number % 4], height_m=9.0)
    for name, place, height_m in MASTS:
        yield _point("mast", place, name=name, height_m=height_m)
    for name, place in ENTRANCES:
        yield _point("entrance", place, name=name)
    yield from _labels()


def _ground() -> Iterator[dict[str, Any]]:
    yield _area("water", ((269, -170), (330, -170), (330, 300), (269, 300)))
    yield _area("green", ((244, -170), (253, -170), (253, 300), (244, 300)))
    for west, south, east, north in BLOCKS:
        if north - south > 2 * FRONT_M + YARD_M:
            low, high, left, right = south + FRONT_M, north - FRONT_M, west + FRONT_M, east - FRONT_M
            yield _area("green", ((left, low), (right, low), (right, high), (left, high)))
    for name, width_m, line, _ in STREETS:
        yield _area("street", _ribbon(line, width_m / 2), name=name)
    yield _area("square", SQUARE, name="Voorbeeldplein")


def _built() -> Iterator[dict[str, Any]]:
    lots = itertools.chain.from_iterable(map(_block, BLOCKS))
    for corners, height_m in zip(lots, itertools.cycle(HEIGHTS_M)):
        yield _area("building", corners, height_m=height_m)
    for name, height_m, corners in NAMED:
        yield _area("building", corners, name=name, height_m=height_m)
    for name, height_m, corners in OBJECTS:
        yield _area("object", corners, name=name, height_m=height_m)


def _labels() -> Iterator[dict[str, Any]]:
    yield _point("label", (64, 76), name="Voorbeeldplein", of="square", turn_deg=0)
    yield _point("label", (299, 64), name="Haven", of="water", turn_deg=0)
    for name, _, corners in NAMED:
        if name != "Kerktoren":
            yield _point("label", _middle(corners), name=name, of="building", turn_deg=0)
    for name, _, corners in OBJECTS:
        east, _ = _middle(corners)
        yield _point("label", (east, min(north for _, north in corners) - 3), name=name, of="object", turn_deg=0)
    for name, _, line, place in STREETS:
        (ax, ay), (bx, by) = line[0], line[1]
        upright = abs(by - ay) > abs(bx - ax)
        yield _point("label", place, name=name, of="street", turn_deg=-90 if upright else 0)


def _block(box: Box) -> Iterator[Sequence[Point]]:
    """The houses of a block: a row along each long side, and what closes the yard at both ends."""
    west, south, east, north = box
    deep = min(FRONT_M, (north - south) / 2)
    for low, high in ((south, south + deep), (north - deep, north)):
        for left, right in _lots(west, east, round(low)):
            yield ((left, low), (right, low), (right, high), (left, high))
    if north - south > 2 * deep + YARD_M:
        for left, right in ((west, west + FRONT_M), (east - FRONT_M, east)):
            for low, high in _lots(south + deep, north - deep, round(left)):
                yield ((left, low), (right, low), (right, high), (left, high))


def _lots(start: float, end: float, first: int) -> Iterator[tuple[float, float]]:
    """A stretch cut into lots of uneven width; the last takes what is left."""
    at = start
    for number in itertools.count(first):
        width = WIDTHS_M[number % len(WIDTHS_M)]
        if end - at < width + 7:
            yield at, end
            return
        yield at, at + width
        at += width


def _ribbon(line: Sequence[Point], half_m: float) -> list[Point]:
    """A line of some width, as a polygon; the bends are slight."""
    left, right = [], []
    for number, (x, y) in enumerate(line):
        ax, ay = line[max(0, number - 1)]
        bx, by = line[min(len(line) - 1, number + 1)]
        length = math.hypot(bx - ax, by - ay)
        nx, ny = -(by - ay) / length * half_m, (bx - ax) / length * half_m
        left.append((x + nx, y + ny))
        right.append((x - nx, y - ny))
    return [*left, *reversed(right)]


def _middle(corners: Sequence[Point]) -> Point:
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


def _degrees(place: Point) -> list[float]:
    return [round(LON + place[0] / EAST_M, 7), round(LAT + place[1] / NORTH_M, 7)]


def _area(kind: str, corners: Sequence[Point], **more: object) -> dict[str, Any]:
    ring = [_degrees(place) for place in (*corners, corners[0])]
    return {"properties": {"kind": kind, **more}, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def _point(kind: str, place: Point, **more: object) -> dict[str, Any]:
    return {"properties": {"kind": kind, **more}, "geometry": {"type": "Point", "coordinates": _degrees(place)}}
