# SPDX-License-Identifier: EUPL-1.2
"""The rules on a decision, each refused with its own id; geometry exact in integers."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.authority import UnitName
from contract.mandate import Decision, Position, Window
from hub.deployments import rules
from hub.deployments.routes import NewDeployment
from hub.problem import ProblemError
from tests.simulated_hub import SimulatedHub, post

NOW_US = 1_773_496_800_000_000
SQUARE = tuple(Position(*corner) for corner in ((0, 0), (0, 100), (100, 100), (100, 0)))


def decision(**changes: Any) -> Decision:
    """A decision that holds."""
    area = (
        Position(523_730_000, 48_920_000),
        Position(523_730_000, 48_930_000),
        Position(523_740_000, 48_930_000),
        Position(523_740_000, 48_920_000),
    )
    return SimulatedHub(NOW_US, UnitName("unit-1", "0" * 64)).decision(area=area, posts=(post(),), **changes)


def refused(check: Callable[[], None]) -> tuple[str, str | None]:
    with pytest.raises(ProblemError) as caught:
        check()
    return caught.value.kind, caught.value.rule


def test_a_decision_that_holds() -> None:
    rules.check(decision(), NOW_US)


HOURS = 60 * 60_000_000


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"windows": (Window(NOW_US - 2, NOW_US),)}, ("window-past", "R04")),
        ({"windows": (Window(NOW_US + 2, NOW_US + 2),)}, ("window-backwards", "R04")),
        (
            {"windows": (Window(NOW_US + 5, NOW_US + 9), Window(NOW_US, NOW_US + 6))},
            ("windows-overlap", "R04"),
        ),
        ({"windows": (Window(NOW_US, NOW_US + 200 * HOURS),)}, ("too-many-hours", "R04")),
        ({"designation": " "}, ("designation-missing", "R02")),
        ({"delegation": "\t"}, ("designation-missing", "R02")),
        ({"posts": (replace(post(), position=Position(523_729_999, 48_925_000)),)}, ("post-outside", "R03")),
        (
            {"posts": tuple(replace(post(f"post-{n}"), area=post().area * 4) for n in range(32))},
            ("decision-too-large", "R02"),
        ),
        ({"regime": "COUNT"}, ("term-not-kept", "unit.count")),
        ({"live": "masked"}, ("term-not-kept", "unit.masks")),
        ({"recording": "on_reason"}, ("term-not-kept", "unit.recording")),
        ({"prebuffer_s": 1}, ("term-not-kept", "unit.prebuffer")),
        ({"upload": "deferred"}, ("term-not-kept", "unit.upload")),
        ({"upload": "on_demand"}, ("term-not-kept", "unit.upload")),
    ],
)
def test_what_a_rule_refuses(changes: dict[str, Any], expected: tuple[str, str]) -> None:
    asked = replace(decision(), **changes)

    assert refused(lambda: rules.check(asked, NOW_US)) == expected


def test_what_is_taken_when_nothing_is_said_is_kept() -> None:
    for field, (_, kept) in rules.KEPT.items():
        given = NewDeployment.model_fields[field]
        assert given.is_required() or given.default in kept


@pytest.mark.parametrize(
    "area",
    [
        [(0, 0), (100, 100), (0, 100), (100, 0)],  # a bow tie
        [(0, 0), (0, 100), (0, 200)],  # a line
        [(0, 0), (0, 100), (100, 100), (0, 0)],  # a point twice
        [(0, 0), (0, 100), (100, 100), (50, 100), (50, 0), (60, 0), (60, 100), (100, 0)],  # an edge on another
    ],
)
def test_an_area_that_is_no_simple_polygon(area: list[tuple[int, int]]) -> None:
    asked = replace(decision(), area=tuple(Position(*corner) for corner in area))

    assert refused(lambda: rules.check(asked, NOW_US)) == ("area-wrong", "R02")


@pytest.mark.parametrize(("hours", "held"), [(672, True), (673, False)])
def test_the_retention_ceiling(hours: int, held: bool) -> None:
    if held:
        rules.check_retention({"retention_h": hours})
    else:
        assert refused(lambda: rules.check_retention({"retention_h": hours})) == ("retention-too-long", "R09")


def test_a_field_that_the_form_does_not_have() -> None:
    assert refused(lambda: rules.check_fields({"cause"})) == ("field-refused", "R15")


@pytest.mark.parametrize(
    ("lat", "lon", "within"),
    [(50, 50, True), (0, 0, True), (0, 50, True), (100, 100, True), (50, 100, True), (-1, 50, False), (50, 101, False)],
)
def test_inside_a_square_and_on_its_border(lat: int, lon: int, within: bool) -> None:
    assert rules.inside(Position(lat, lon), SQUARE) is within
    assert rules.inside(Position(lat, lon), SQUARE[::-1]) is within


@given(st.integers(-50, 150), st.integers(-50, 150), st.integers(0, 4))
def test_inside_a_concave_area_is_what_its_two_halves_say(lat: int, lon: int, turn: int) -> None:
    # An L: the square without its upper right quarter; any corner may come first.
    corners = [(0, 0), (0, 100), (50, 100), (50, 50), (100, 50), (100, 0)]
    area = [Position(*corner) for corner in corners[turn:] + corners[:turn]]
    in_l = (0 <= lat <= 50 and 0 <= lon <= 100) or (0 <= lat <= 100 and 0 <= lon <= 50)

    assert rules.inside(Position(lat, lon), area) is in_l
