# SPDX-License-Identifier: EUPL-1.2
"""Areas and places: what lies inside what, exact in integers of 1e-7 degree; only a tolerance is in metres."""

import math
from collections.abc import Iterable, Sequence
from itertools import combinations

from contract.mandate import Position

METRES_PER_DEGREE = 111_320.0  # of latitude; of longitude times the latitude's cosine. Good to 1 in 200
MITRE_LIMIT = 4.0  # how far a sharp corner may reach out, in tolerances


def inside(place: Position, area: Sequence[Position]) -> bool:
    """Whether a place lies in a polygon or on its border."""
    within = False
    for a, b in _edges(area):
        if _on(place, a, b):
            return True
        if (a.lat_e7 > place.lat_e7) != (b.lat_e7 > place.lat_e7):
            turn = _turn(a, b, place)
            within ^= turn > 0 if b.lat_e7 > a.lat_e7 else turn < 0
    return within


def simple(area: Sequence[Position]) -> bool:
    """Whether a border encloses something, passes no point twice and does not cross or touch itself."""
    if len(area) < 3 or len(set(area)) != len(area) or _doubled(area) == 0:
        return False
    edges = list(_edges(area))
    return not any(
        m - n not in (1, len(edges) - 1) and _meet(a, b, c, d)
        for (n, (a, b)), (m, (c, d)) in combinations(enumerate(edges), 2)
    )


def within(inner: Sequence[Position], outer: Sequence[Position]) -> bool:
    """Whether one simple polygon lies inside another; they may share parts of their borders."""
    if not all(inside(place, outer) for place in inner):
        return False
    if any(inside(place, inner) and not _border(place, inner) for place in outer):
        return False
    if any(_cross(a, b, c, d) for a, b in _edges(inner) for c, d in _edges(outer)):
        return False
    # An edge between two places on the outer border may still pass outside: a notch whose floor lies on that edge.
    return all(inside(place, doubled(outer)) for place in _middles(inner))


def doubled(area: Sequence[Position]) -> list[Position]:
    """The same area at twice the scale, so that the middle of two places is a whole number."""
    return [Position(2 * place.lat_e7, 2 * place.lon_e7) for place in area]


def middle(area: Sequence[Position]) -> Position:
    """A place inside a simple polygon: near its middle where that is inside."""
    corners = list(area)
    ears = [[*corners[n - 1 : n + 2]] for n in range(1, len(corners) - 1)]
    ears += [[corners[-2], corners[-1], corners[0]], [corners[-1], corners[0], corners[1]]]
    for some in (corners, *ears):
        place = Position(sum(p.lat_e7 for p in some) // len(some), sum(p.lon_e7 for p in some) // len(some))
        if inside(place, area):
            return place
    return corners[0]


def grown(area: Sequence[Position], metres: float) -> tuple[Position, ...]:
    """A simple polygon with its border moved outward; sharp corners are cut off.

    Where the border comes nearer to itself than twice that, the result may leave out what lies between: it is for
    what is forgiven, and forgives too little there.
    """
    scale = METRES_PER_DEGREE * math.cos(math.radians(sum(p.lat_e7 for p in area) / len(area) / 1e7))
    points = [(place.lon_e7 / 1e7 * scale, place.lat_e7 / 1e7 * METRES_PER_DEGREE) for place in area]
    if _doubled(area) < 0:
        points.reverse()
    moved = []
    for before, at, after in zip([points[-1], *points[:-1]], points, [*points[1:], points[0]], strict=True):
        (ax, ay), (bx, by) = _outward(before, at), _outward(at, after)
        reach = 1 + ax * bx + ay * by  # twice the square of the cosine of half the turn
        if reach * MITRE_LIMIT**2 < 2:
            moved += [(at[0] + ax * metres, at[1] + ay * metres), (at[0] + bx * metres, at[1] + by * metres)]
        else:
            moved.append((at[0] + (ax + bx) / reach * metres, at[1] + (ay + by) / reach * metres))
    return tuple(Position(round(y / METRES_PER_DEGREE * 1e7), round(x / scale * 1e7)) for x, y in moved)


def _outward(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    """The unit vector to the right of an edge, which is outward where the polygon runs anticlockwise."""
    length = math.hypot(b[0] - a[0], b[1] - a[1])
    return (b[1] - a[1]) / length, (a[0] - b[0]) / length


def _edges(area: Sequence[Position]) -> Iterable[tuple[Position, Position]]:
    return zip(area, [*area[1:], area[0]], strict=True)


def _middles(area: Sequence[Position]) -> Iterable[Position]:
    """The middle of each edge, at twice the scale."""
    return (Position(a.lat_e7 + b.lat_e7, a.lon_e7 + b.lon_e7) for a, b in _edges(area))


def _doubled(area: Sequence[Position]) -> int:
    """Twice the enclosed area, in square units; positive where the border runs anticlockwise, seen with north up."""
    return sum(a.lon_e7 * b.lat_e7 - b.lon_e7 * a.lat_e7 for a, b in _edges(area))


def _turn(a: Position, b: Position, c: Position) -> int:
    """Positive where c lies to one side of the line from a to b, negative on the other, 0 on it."""
    return (b.lon_e7 - a.lon_e7) * (c.lat_e7 - a.lat_e7) - (b.lat_e7 - a.lat_e7) * (c.lon_e7 - a.lon_e7)


def _on(place: Position, a: Position, b: Position) -> bool:
    return (
        _turn(a, b, place) == 0
        and min(a.lat_e7, b.lat_e7) <= place.lat_e7 <= max(a.lat_e7, b.lat_e7)
        and min(a.lon_e7, b.lon_e7) <= place.lon_e7 <= max(a.lon_e7, b.lon_e7)
    )


def _border(place: Position, area: Sequence[Position]) -> bool:
    return any(_on(place, a, b) for a, b in _edges(area))


def _meet(a: Position, b: Position, c: Position, d: Position) -> bool:
    """Whether two edges meet anywhere."""
    if any((_on(c, a, b), _on(d, a, b), _on(a, c, d), _on(b, c, d))):
        return True
    return (_turn(a, b, c) > 0) != (_turn(a, b, d) > 0) and (_turn(c, d, a) > 0) != (_turn(c, d, b) > 0)


def _cross(a: Position, b: Position, c: Position, d: Position) -> bool:
    """Whether two edges pass through each other: each has ends on both sides of the other."""
    return _turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0
