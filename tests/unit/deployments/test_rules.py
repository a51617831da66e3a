# SPDX-License-Identifier: EUPL-1.2
"""The rules on a plan: all findings at once, each by its own id; each is about one thing that was changed."""

from dataclasses import replace
from typing import Any

import pytest

from contract.events import DUTIES
from contract.mandate import Position
from contract.record import dump
from hub.deployments import drafting, policy, rules
from hub.deployments.finding import Finding
from hub.deployments.plan_body import PlanBody
from hub.deployments.rules import Asked, Member
from hub.problem import KINDS, ProblemError, body
from hub.store.law import DelegationRow, DesignationRow

NOW_US = 1_773_496_800_000_000
HOUR_US, DAY_US = 3_600_000_000, 86_400_000_000
SQUARE = [(523_730_000, 48_920_000), (523_730_000, 48_930_000), (523_740_000, 48_930_000), (523_740_000, 48_920_000)]
AREA = tuple(Position(*corner) for corner in SQUARE)
ID = "01957a00-0000-7000-8000-000000000000"
DELEGATION = DelegationRow(
    ID, "APV", "artikel 2:77", "G151C", NOW_US - DAY_US, NOW_US + 90 * DAY_US, True, 24, 60, "somebody", NOW_US
)
DESIGNATION = DesignationRow(
    ID, ID, "Plein", "gmb-2026-1", dump(AREA).decode(), NOW_US - DAY_US, NOW_US + 50 * DAY_US, "somebody", NOW_US
)
PEOPLE = {
    "one": Member("operator", b"k" * 91),
    "two": Member("operator", b"l" * 91),
    "new": Member("operator", None),
    "hand": Member("installer", b"m" * 91),
}


def corner(lat: int, lon: int) -> dict[str, int]:
    return {"lat_e7": lat, "lon_e7": lon}


def post(name: str = "post-1", **changes: Any) -> dict[str, Any]:
    view = {"azimuth_mdeg": 0, "tilt_mdeg": 45_000, "hfov_mdeg": 60_000, "height_mm": 5_000}
    return {"post": name, "position": corner(523_735_000, 48_925_000), "view": view} | changes


def plan(**changes: Any) -> PlanBody:
    """A plan that holds."""
    said = {
        "regime": "G151C",
        "designation": ID,
        "consultation": "driehoek 3",
        "necessity": "Two groups meet at the bridge.",
        "alternatives": "Stewards.",
        "entries": [{"entry": "entry-1", "name": "Brug", "position": corner(523_730_000, 48_925_000)}],
        "posts": [post()],
        "windows": [{"from_us": NOW_US + HOUR_US, "to_us": NOW_US + 4 * HOUR_US}],
        "recording": "none",
        "on_link_loss": "stop",
        "team": {"operators": ["one", "two"], "installers": ["hand"]},
    }
    return PlanBody.model_validate(said | changes)


def asked(
    title: str = "Plein, 14 maart, 2026-3",
    designation: DesignationRow | None = DESIGNATION,
    delegation: DelegationRow | None = DELEGATION,
    now_us: int = NOW_US,
    **changes: Any,
) -> Asked:
    outline = () if designation is None else designation.outline
    return Asked(title, policy.filled(plan(**changes), outline, now_us), designation, delegation, PEOPLE, now_us)


def said(found: list[Finding]) -> list[tuple[str, str, str]]:
    return [(one.kind, one.rule, one.severity) for one in found]


def test_a_plan_that_holds() -> None:
    assert rules.findings(asked()) == []
    assert drafting.measured(asked()) == []


def window(from_h: float, to_h: float) -> dict[str, int]:
    return {"from_us": NOW_US + round(from_h * HOUR_US), "to_us": NOW_US + round(to_h * HOUR_US)}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"regime": None}, [("regime-unknown", "R01")]),
        ({"regime": "OTHER"}, [("regime-unknown", "R01")]),
        ({"regime": "PW3"}, [("regime-differs", "R01")]),
        ({"designation": None}, [("designation-unknown", "R02")]),
        (
            {"area": [corner(*SQUARE[0]), corner(*SQUARE[2]), corner(*SQUARE[1]), corner(*SQUARE[3])]},
            [("area-wrong", "R02")],
        ),
        (
            {"area": [corner(*SQUARE[0]), corner(*SQUARE[1]), corner(523_750_000, 48_925_000)]},
            [("area-outside", "R02")],
        ),
        ({"posts": []}, [("plan-incomplete", "R03")]),
        ({"posts": [post(), post()]}, [("posts-alike", "R03")]),
        ({"posts": [post(view=None)]}, [("post-incomplete", "R03")]),
        ({"posts": [post(position=corner(523_729_999, 48_925_000))]}, [("post-outside", "R03")]),
        ({"posts": [post(area=[corner(*place) for place in SQUARE[:2]])]}, [("area-wrong", "R03")]),
        (
            {"posts": [post(area=[corner(*SQUARE[0]), corner(*SQUARE[1]), corner(523_750_000, 48_925_000)])]},
            [("post-area-outside", "R03")],
        ),
        ({"windows": []}, [("plan-incomplete", "R04")]),
        ({"windows": [{"from_us": NOW_US}]}, [("plan-incomplete", "R04")]),
        ({"windows": [window(-2, -1)]}, [("window-past", "R04")]),
        ({"windows": [window(2, 2)]}, [("window-backwards", "R04")]),
        ({"windows": [window(5, 9), window(1, 6)]}, [("windows-overlap", "R04")]),
        ({"windows": [window(1, 25)]}, [("window-too-long", "R01")]),  # with an hour of overrun
        ({"windows": [window(1199, 1199.5)]}, [("designation-window", "R02")]),
        ({"necessity": " "}, [("plan-incomplete", "R06")]),
        (
            {"necessity": "a" * 400, "recording": "continuous", "recording_reason": "b" * 100},
            [("text-too-long", "R06")],
        ),
        ({"entries": []}, [("plan-incomplete", "R07")]),
        ({"entries": [{"entry": "a", "position": corner(*SQUARE[0])}] * 2}, [("entries-alike", "R07")]),
        ({"recording": None}, [("plan-incomplete", "R24")]),
        ({"recording": "sometimes"}, [("value-unknown", "R24"), ("recording-unreasoned", "R24")]),
        ({"recording": "continuous"}, [("recording-unreasoned", "R24")]),
        ({"recording": "continuous", "recording_reason": " "}, [("recording-unreasoned", "R24")]),
        ({"recording": "on_reason", "recording_reason": "why"}, [("term-not-kept", "unit.recording")]),
        ({"prebuffer_s": 1}, [("term-not-kept", "unit.prebuffer")]),
        ({"prebuffer_s": -1}, [("value-out-of-bounds", "unit.prebuffer"), ("term-not-kept", "unit.prebuffer")]),
        ({"on_link_loss": None}, [("plan-incomplete", "unit.on-link-loss")]),
        ({"on_link_loss": "hope"}, [("value-unknown", "unit.on-link-loss")]),
        ({"offline_grace_s": 43_201}, [("value-out-of-bounds", "unit.grace")]),
        ({"max_units": 0}, [("value-out-of-bounds", "plan.complete")]),
        ({"retention_h": 673}, [("retention-too-long", "R09")]),
        ({"retention_h": 0}, [("retention-too-short", "R09")]),
        ({"team": None}, [("team-too-small", "team.two")]),
        ({"team": {"operators": ["one"]}}, [("team-too-small", "team.two")]),
        ({"team": {"operators": ["one", "one"]}}, [("team-too-small", "team.two"), ("team-twice", "team.two")]),
        ({"team": {"operators": ["one", "two", "nobody"]}}, [("team-unknown", "team.two")]),
        ({"team": {"operators": ["one", "two", "hand"]}}, [("team-role", "team.two")]),
        ({"team": {"operators": ["one", "two", "new"]}}, [("team-without-key", "team.two")]),
    ],
)
def test_what_a_rule_refuses(changes: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    found = rules.findings(asked(**changes))

    assert [(one.kind, one.rule) for one in found if one.severity == "refuse"] == expected


def test_a_plan_that_stands_on_nothing() -> None:
    nothing = asked(designation=None, delegation=None)
    bare = replace(nothing, body=nothing.body.model_copy(update={"designation": None}))

    assert said(rules.findings(bare)) == [("plan-incomplete", "R02", "refuse")]


@pytest.mark.parametrize(
    ("delegation", "expected"),
    [
        ({"valid_to_us": NOW_US - 1}, "delegation-over"),
        ({"valid_to_us": NOW_US}, "delegation-over"),
        ({"valid_from_us": NOW_US + 2 * HOUR_US}, "delegation-window"),
        ({"valid_to_us": NOW_US + 4 * HOUR_US}, "delegation-window"),  # the overrun reaches past it
        ({"mobile_allowed": False}, "mobile-refused"),
        ({"max_window_h": 3}, "window-too-long"),
        ({"regime": "COUNT"}, "regime-differs"),
    ],
)
def test_what_a_delegation_does_not_allow(delegation: dict[str, Any], expected: str) -> None:
    found = rules.findings(asked(delegation=replace(DELEGATION, **delegation)))

    assert said(found) == [(expected, "R01", "refuse")]


@pytest.mark.parametrize(
    ("designation", "expected"),
    [
        ({"valid_to_us": NOW_US}, "designation-over"),
        ({"valid_from_us": NOW_US + 2 * HOUR_US}, "designation-window"),
        ({"publication": None}, "publication-missing"),
    ],
)
def test_what_a_designation_does_not_allow(designation: dict[str, Any], expected: str) -> None:
    found = rules.findings(asked(designation=replace(DESIGNATION, **designation)))

    assert said(found) == [(expected, "R02", "refuse")]


def test_everything_is_said_at_once_and_in_both_languages() -> None:
    found = rules.findings(
        asked(title="Steun op het plein", designation=None, necessity="", retention_h=700, team=None)
    )

    assert {one.rule for one in found} >= {"R02", "R06", "R09", "R15", "team.two"}
    for one in found:
        assert one.kind in KINDS
        assert body(one.problem(), "nl")["detail"] != body(one.problem(), "en")["detail"]


@pytest.mark.parametrize(
    "title", ["Demonstratie tegen het beleid", "Steunbetuiging Plein", "Against it, Plein", "Plein #actie", "pro-iets"]
)
def test_a_title_that_says_what_it_is_about(title: str) -> None:
    assert {(one.kind, one.rule, one.severity) for one in rules.findings(asked(title=title))} == {
        ("title-refused", "R15", "refuse")
    }


@pytest.mark.parametrize("title", ["Grote Markt, 14 maart 2026, 2026-041", "Plein voor het station", "Antillenstraat"])
def test_a_place_a_date_and_a_number(title: str) -> None:
    assert rules.findings(asked(title=title)) == []


def test_what_those_who_sign_should_know_is_a_warning() -> None:
    found = rules.findings(asked(necessity="They marched against it.", alternatives="", consultation=None))

    assert said(found) == [
        ("text-names-cause", "R15", "warn"),
        ("alternatives-missing", "R06", "warn"),
        ("consultation-missing", "R04", "warn"),
    ]


@pytest.mark.parametrize(
    ("pause_h", "is_refused"), [(0, True), (0.9, True), (1, False)], ids=["touching", "a short pause", "a pause"]
)
def test_windows_side_by_side_are_one(pause_h: float, is_refused: bool) -> None:
    starts_h = [1 + n * (23 + pause_h) for n in range(3)]
    spans = [window(start_h, start_h + 23) for start_h in starts_h]
    none = {"times": 0, "minutes": 0}
    urgent = {"mandate_holder": "Somebody", "reason": "Now."}

    found = said(rules.findings(asked(windows=spans, overrun=none)))
    assert found == ([("window-too-long", "R01", "refuse")] if is_refused else [])
    found = said(rules.findings(asked(windows=spans, overrun=none, urgent=urgent)))
    assert (("urgent-too-long", "R02", "refuse") in found) == is_refused


def test_an_overrun_into_the_pause_is_no_pause() -> None:
    spans = [window(1, 13), window(14.5, 26)]
    assert rules.findings(asked(windows=spans, overrun={"times": 1, "minutes": 30})) == []
    found = said(rules.findings(asked(windows=spans, overrun={"times": 2, "minutes": 30})))
    assert found == [("window-too-long", "R01", "refuse")]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (None, [("entry-incomplete", "R07", "refuse")]),
        (corner(900_000_000, 0), [("entry-outside", "R07", "refuse")]),
        (corner(523_729_000, 48_925_000), []),  # some eleven metres from the border
        (corner(523_715_000, 48_925_000), [("entry-outside", "R07", "refuse")]),
    ],
)
def test_a_way_in_is_at_the_area(place: dict[str, int] | None, expected: list[tuple[str, str, str]]) -> None:
    assert said(rules.findings(asked(entries=[{"entry": "entry-1", "position": place}]))) == expected


def test_a_decision_that_is_too_long_for_units() -> None:
    corners = [corner(523_730_000 + n * 100, 48_920_000 + n * n) for n in range(60)]
    many = asked(posts=[post(f"post-{n}", area=corners) for n in range(32)])

    assert said(drafting.measured(many)) == [("decision-too-large", "plan.size", "refuse")]
    assert said(drafting.measured(asked(windows=[window(0, 200)]))) == [("too-many-hours", "R04", "refuse")]


def test_a_field_that_the_form_does_not_have() -> None:
    with pytest.raises(ProblemError) as caught:
        rules.check_fields({"cause"})
    assert (caught.value.kind, caught.value.rule) == ("field-refused", "R15")


def urgent(**changes: Any) -> dict[str, Any]:
    """An urgent plan as its one page gives it: the area by its designation, an end, a reason, a mandate holder."""
    bare: dict[str, Any] = dict.fromkeys(("consultation", "necessity", "alternatives", "recording", "on_link_loss"))
    bare |= {"entries": [], "posts": [], "windows": [{"to_us": NOW_US + 4 * HOUR_US}]}
    return bare | {"urgent": {"mandate_holder": "J. de Boer", "reason": "Two groups meet now."}} | changes


def test_an_urgent_plan_needs_little_and_takes_what_weighs_least() -> None:
    made = asked(**urgent(), designation=replace(DESIGNATION, publication=None))

    assert rules.findings(made) == []
    decision = drafting.decision_of(made, drafting.NOBODYS)
    assert (decision.recording, decision.on_link_loss, len(decision.posts)) == ("none", "stop", 4)
    assert decision.windows[0].from_us == NOW_US and decision.necessity == "Two groups meet now."
    assert decision.delegation == "APV, artikel 2:77; spoed, in mandaat van J. de Boer"
    assert decision.designation == "Plein (nog niet bekendgemaakt)"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"urgent": {"mandate_holder": " ", "reason": "now"}}, [("plan-incomplete", "R02")]),
        ({"urgent": {"mandate_holder": "J. de Boer"}}, [("plan-incomplete", "R06"), ("plan-incomplete", "R02")]),
        ({"windows": [window(0, 25)]}, [("window-too-long", "R01"), ("urgent-too-long", "R02")]),
    ],
)
def test_what_an_urgent_plan_must_say(changes: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert [(one.kind, one.rule) for one in rules.findings(asked(**urgent(**changes)))] == expected


def test_what_an_urgent_plan_owes() -> None:
    unpublished = replace(DESIGNATION, publication=None)
    entry = {"entry": "entry-1", "name": "Steeg", "position": {"lat_e7": 1, "lon_e7": 1}}
    done = {"consultation": "by telephone", "alternatives": "none", "posts": [post()], "entries": [entry]}

    assert sorted(policy.owed(plan(**urgent()), unpublished)) == list(DUTIES), "as the log names them"
    assert policy.owed(plan(**urgent(**done)), DESIGNATION) == []
    assert policy.owed(plan(), unpublished) == []


def test_what_is_signed_reads_as_people_say_it() -> None:
    made = asked(recording="continuous", recording_reason="There was violence before.")
    decision = drafting.decision_of(made, drafting.NOBODYS)

    assert decision.designation == "Plein (gmb-2026-1); driehoek: driehoek 3"
    assert decision.delegation == "APV, artikel 2:77"
    assert decision.necessity == "Two groups meet at the bridge. Opname: There was violence before."
    assert decision.posts[0].area == decision.area == AREA
    assert decision.team.installers == (b"m" * 91,)
