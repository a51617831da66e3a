# SPDX-License-Identifier: EUPL-1.2
"""What decisions stand on, by the API: entered once, within its own dates, shown to everybody who is signed in."""

from typing import Any

import pytest

from tests.integration.live.test_views import LOOK, live
from tests.integration.town import DAY_US, MINUTE_US, SQUARE, START_US, Town, nothing_changes, place, problem

NOWHERE = "01957a00-0000-7000-8000-000000000000"


async def test_the_table_of_regimes_is_shown_in_the_readers_language(town: Town) -> None:
    viewer = await town.client("viewer")
    dutch = (await viewer.get("/v1/regimes", headers={"Accept-Language": "nl"})).json()
    english = (await viewer.get("/v1/regimes")).json()

    assert [(one["regime"], one["live"], one["pictures"]) for one in dutch] == [
        ("G151C", ["operator", "viewer"], True),
        ("PW3", ["operator"], True),
        ("COUNT", [], False),
    ]
    assert dutch[0]["law"] == "Gemeentewet, artikel 151c"
    assert english[0]["law"] == "Municipalities Act, article 151c"
    assert {one["retention_ceiling_h"] for one in english} == {672, 1}


async def test_what_was_entered_is_shown_newest_first(town: Town) -> None:
    first = await town.delegate()
    town.now_us += 1
    second = await town.delegate(article="artikel 2", regime="PW3")
    designation = await town.designate(first)
    viewer = await town.client("viewer")

    assert (await viewer.get("/v1/delegations")).json() == [second, first]
    assert (await viewer.get("/v1/designations")).json() == [designation]
    assert designation["area"] == [place(*corner) for corner in SQUARE]
    for path, body in (("/v1/delegations", town.delegation()), ("/v1/designations", town.designated(first["id"]))):
        assert problem(await viewer.post(path, json=body)) == (403, "not-allowed", "R11")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"regime": "OTHER"}, (422, "regime-unknown", "R01")),
        ({"valid_to_us": START_US - 100 * DAY_US}, (422, "term-backwards", "R01")),
        ({"max_window_h": 0}, (400, "invalid-request", None)),
        ({"ordinance": " "}, (400, "invalid-request", None)),
        ({"mobile_allowed": 1}, (400, "invalid-request", None)),
    ],
)
async def test_what_is_no_delegation(town: Town, changes: dict[str, Any], expected: tuple[Any, ...]) -> None:
    operator = await town.client("operator")
    answer = await operator.post("/v1/delegations", json=town.delegation() | changes)

    assert problem(answer) == expected
    assert (await operator.get("/v1/delegations")).json() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"delegation": NOWHERE}, (422, "delegation-unknown", "R01")),
        ({"valid_from_us": START_US - 101 * DAY_US}, (422, "delegation-term", "R01")),
        ({"valid_to_us": START_US + 266 * DAY_US}, (422, "delegation-term", "R01")),
        ({"valid_to_us": START_US + 131 * DAY_US}, (422, "designation-too-long", "R02")),
        ({"valid_to_us": START_US - 51 * DAY_US}, (422, "term-backwards", "R02")),
        ({"area": [place(*SQUARE[n]) for n in (0, 2, 1, 3)]}, (422, "area-wrong", "R02")),
        ({"area": [place(*SQUARE[n]) for n in (0, 2)]}, (400, "invalid-request", None)),
        ({"publication": "tomorrow"}, (400, "invalid-request", None)),
    ],
)
async def test_what_is_no_designation(town: Town, changes: dict[str, Any], expected: tuple[Any, ...]) -> None:
    delegation = await town.delegate()
    operator = await town.client("operator")
    answer = await operator.post("/v1/designations", json=town.designated(delegation["id"]) | changes)

    assert problem(answer) == expected
    assert (await operator.get("/v1/designations")).json() == []


async def test_a_publication_is_noted_once(town: Town) -> None:
    designation = await town.designate(await town.delegate(), publication=None)
    operator, path = await town.client("operator"), f"/v1/designations/{designation['id']}/publication"

    for _ in range(2):
        shown = (await operator.put(path, json={"publication": "gmb-2026-5"})).json()
        assert shown == {**designation, "publication": "gmb-2026-5"}
    other = await operator.put(path, json={"publication": "gmb-2026-6"})
    assert problem(other) == (409, "published-already", "R02")
    nowhere = await operator.put(f"/v1/designations/{NOWHERE}/publication", json={"publication": "gmb-2026-5"})
    assert problem(nowhere)[:2] == (404, "not-found")


async def test_a_publication_is_of_one_area(town: Town) -> None:
    delegation = await town.delegate()
    first = await town.designate(delegation)
    elsewhere = [place(lat + 100_000, lon) for lat, lon in SQUARE]
    operator = await town.client("operator")
    with nothing_changes(town):
        twin = town.designated(delegation["id"]) | {"area": elsewhere}
        assert problem(await operator.post("/v1/designations", json=twin)) == (422, "published-elsewhere", "R02")
    assert (await operator.get("/v1/designations")).json() == [first]
    await town.designate(delegation, name="The same once more")

    later = await town.designate(delegation, area=elsewhere, publication=None)
    path = f"/v1/designations/{later['id']}/publication"
    refused = await operator.put(path, json={"publication": first["publication"]})
    assert problem(refused) == (422, "published-elsewhere", "R02")
    assert (await operator.put(path, json={"publication": "gmb-2026-2"})).json()["publication"] == "gmb-2026-2"


async def test_who_may_watch_follows_from_the_regime(town: Town) -> None:
    await town.introduce()
    designation = await town.designate(await town.delegate(regime="PW3"))
    await town.enrol()
    deployment = await town.decide(regime="PW3", designation=designation["id"])
    draft = (await town.draft_assignment(deployment)).json()
    for key in town.operators:
        assert (await town.sign_assignment(draft, key)).status_code == 201
    town.now_us += 2 * MINUTE_US
    await live(town)

    with nothing_changes(town):
        refused = await (await town.client("viewer")).post("/v1/views", json=LOOK)
    assert problem(refused) == (403, "regime-hides", "R11")
    assert (await (await town.client("operator")).post("/v1/views", json=LOOK)).status_code == 201
