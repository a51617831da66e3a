# SPDX-License-Identifier: EUPL-1.2
"""What lies inside what, exact in integers; what is forgiven, in metres."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from contract.mandate import Position
from hub.deployments.geometry import doubled, grown, inside, middle, simple, within

SQUARE = [(0, 0), (0, 100), (100, 100), (100, 0)]
NOTCHED = [(0, 0), (0, 100), (100, 100), (100, 60), (50, 60), (50, 40), (100, 40), (100, 0)]  # from the north


def area(corners: list[tuple[int, int]]) -> list[Position]:
    return [Position(*corner) for corner in corners]


def moved(corners: list[tuple[int, int]], lat: int, lon: int) -> list[tuple[int, int]]:
    return [(a + lat, b + lon) for a, b in corners]


@pytest.mark.parametrize(
    ("lat", "lon", "is_inside"),
    [(50, 50, True), (0, 0, True), (0, 50, True), (100, 100, True), (50, 100, True), (-1, 50, False), (50, 101, False)],
)
def test_inside_a_square_and_on_its_border(lat: int, lon: int, is_inside: bool) -> None:
    assert inside(Position(lat, lon), area(SQUARE)) is is_inside
    assert inside(Position(lat, lon), area(SQUARE)[::-1]) is is_inside


@given(st.integers(-50, 150), st.integers(-50, 150), st.integers(0, 4))
def test_inside_a_concave_area_is_what_its_two_halves_say(lat: int, lon: int, turn: int) -> None:
    # An L: the square without its upper right quarter; any corner may come first.
    corners = [(0, 0), (0, 100), (50, 100), (50, 50), (100, 50), (100, 0)]
    in_l = (0 <= lat <= 50 and 0 <= lon <= 100) or (0 <= lat <= 100 and 0 <= lon <= 50)

    assert inside(Position(lat, lon), area(corners[turn:] + corners[:turn])) is in_l


@pytest.mark.parametrize(
    "corners",
    [
        [(0, 0), (100, 100)],
        [(0, 0), (100, 100), (0, 100), (100, 0)],  # a bow tie
        [(0, 0), (0, 100), (0, 200)],  # a line
        [(0, 0), (0, 100), (100, 100), (0, 0)],  # a point twice
        [(0, 0), (0, 100), (100, 100), (50, 100), (50, 0), (60, 0), (60, 100), (100, 0)],  # an edge on another
    ],
)
def test_a_border_that_is_none(corners: list[tuple[int, int]]) -> None:
    assert not simple(area(corners))


@pytest.mark.parametrize(
    ("inner", "is_within"),
    [
        (NOTCHED, True),
        ([(0, 0), (0, 100), (40, 50)], True),
        ([(10, 10), (10, 90), (45, 90), (45, 10)], True),
        ([(50, 40), (50, 60), (0, 50)], True),  # shares the notch's floor
        ([(60, 10), (60, 90), (40, 90), (40, 10)], False),  # across the notch, its corners all inside
        ([(100, 40), (100, 60), (0, 50)], False),  # an edge over the notch, from corner to corner
        ([(50, 10), (50, 90), (100, 90), (100, 10)], False),  # all of the notch lies in it
        ([(0, 0), (0, 101), (50, 50)], False),
        (SQUARE, False),
    ],
)
def test_an_area_within_another(inner: list[tuple[int, int]], is_within: bool) -> None:
    for outer in (area(NOTCHED), area(NOTCHED)[::-1]):
        assert within(area(inner), outer) is is_within
        assert within(area(inner)[::-1], outer) is is_within


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=3, max_size=6))
def test_an_area_within_another_has_every_point_there(corners: list[tuple[int, int]]) -> None:
    outer = area([(0, 0), (0, 30), (30, 30), (30, 18), (15, 18), (15, 12), (30, 12), (30, 0)])
    inner = area(corners)
    assume(simple(inner))
    fine, coarse = doubled(inner), doubled(outer)
    stray = any(
        inside(Position(lat, lon), fine) and not inside(Position(lat, lon), coarse)
        for lat in range(31, 61)
        for lon in range(25, 36)
    )

    if stray:
        assert not within(inner, outer)
    if within(inner, outer):
        assert not stray


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=3, max_size=8))
def test_the_middle_is_inside(corners: list[tuple[int, int]]) -> None:
    scaled = [(lat * 1000, lon * 1000) for lat, lon in corners]
    assume(simple(area(scaled)))

    assert inside(middle(area(scaled)), area(scaled))


def test_what_is_grown_reaches_so_many_metres_further() -> None:
    square = area(
        [(523_730_000, 48_920_000), (523_730_000, 48_935_000), (523_740_000, 48_935_000), (523_740_000, 48_920_000)]
    )
    metres_lat, metres_lon = 111_320 / 1e7, 111_320 / 1e7 * math.cos(math.radians(52.3735))
    for corners in (square, square[::-1]):
        larger = grown(corners, 10)
        assert simple(larger) and within(corners, larger)
        for out, is_inside in ((9.9, True), (10.1, False)):
            north = Position(523_740_000 + round(out / metres_lat), 48_927_000)
            west = Position(523_735_000, 48_920_000 - round(out / metres_lon))
            assert (inside(north, larger), inside(west, larger)) == (is_inside, is_inside)


def test_a_sharp_corner_is_cut_off() -> None:
    needle = area([(0, 0), (10, 100_000), (-10, 100_000)])
    larger = grown(needle, 10)

    assert min(place.lon_e7 for place in larger) > -100_000 / 8
