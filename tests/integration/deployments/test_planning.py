# SPDX-License-Identifier: EUPL-1.2
"""Plans by the API: saved half-filled, looked through as a whole, submitted or refused by a rule's id."""

import asyncio
import base64
import copy
import json
import threading
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest

from contract.envelope import spki
from contract.events import Event
from contract.mandate import Decision
from contract.record import load
from hub.audit.faults import LogUnavailableError
from hub.deployments import footprints
from hub.deployments.checks import Shown
from hub.deployments.coverage import Obstacle
from hub.deployments.planning import CHECKS_A_MINUTE
from hub.deployments.rules import Asked
from hub.keeper.client import Keeper
from hub.store.database import Transaction
from tests.integration.town import (
    DAY_US,
    HOUR_US,
    MINUTE_US,
    PASSWORD,
    SQUARE,
    TEAM,
    Town,
    nothing_changes,
    place,
    problem,
    signature,
)

TITLE = "Voorbeeldplein"


async def save(town: Town, plan: dict[str, Any], who: str = "operator", **changes: Any) -> httpx.Response:
    """What somebody wrote on the version that they have."""
    body = {key: value for key, value in plan["body"].items() if value is not None} | changes
    written = {"base_version": plan["version"], "title": plan["title"], "body": body}
    return await (await town.client(who)).put(f"/v1/plans/{plan['id']}", json=written)


async def kept(town: Town) -> tuple[Any, ...]:
    """Every row that a plan may change."""
    tables = ("plans", "plan_versions", "deployments", "drafts", "records", "duties", "designations", "delegations")
    async with town.database.transaction() as db:
        return tuple([await db.value(f"select coalesce(json_agg(t), '[]')::text from {name} t") for name in tables])


async def expired(town: Town) -> dict[str, Any]:
    """A designation under a delegation that held until yesterday."""
    yesterday = town.now_us - DAY_US
    delegation = await town.delegate(valid_to_us=yesterday)
    designation = await town.designate(delegation, valid_to_us=yesterday)
    return {"designation": designation["id"]}


async def crossing(town: Town) -> dict[str, Any]:
    return {"area": [place(*SQUARE[n]) for n in (0, 2, 1, 3)]}


async def outside(town: Town) -> dict[str, Any]:
    posts = copy.deepcopy(town.asked()["posts"])
    posts[0]["position"] = place(545_013_000, 45_005_000)
    return {"posts": posts}


async def looking_out(town: Town) -> dict[str, Any]:
    posts = copy.deepcopy(town.asked()["posts"])
    posts[0] |= {"position": place(545_003_000, 45_000_500)}
    posts[0]["view"] |= {"azimuth_mdeg": 270_000, "tilt_mdeg": 10_000}
    return {"posts": posts}


def always(changes: dict[str, Any]) -> Callable[[Town], Any]:
    async def given(town: Town) -> dict[str, Any]:
        return changes

    return given


async def past(town: Town) -> dict[str, Any]:
    return {"windows": [{"from_us": town.now_us - 2 * HOUR_US, "to_us": town.now_us - HOUR_US}]}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (always({"retention_h": 673}), ("retention-too-long", "R09")),
        (past, ("window-past", "R04")),
        (crossing, ("area-wrong", "R02")),
        (outside, ("post-outside", "R03")),
        (looking_out, ("view-outside", "R03")),
        (expired, ("delegation-over", "R01")),
        (always({"regime": "OTHER"}), ("regime-unknown", "R01")),
        (always({"regime": None}), ("regime-unknown", "R01")),
        (always({"designation": "01957a00-0000-7000-8000-000000000000"}), ("designation-unknown", "R02")),
        (always({"posts": []}), ("plan-incomplete", "R03")),
        (always({"team": {"operators": ["operator"], "installers": []}}), ("team-too-small", "team.two")),
    ],
)
async def test_what_a_rule_refuses_changes_nothing(town: Town, changes: Any, expected: tuple[str, str]) -> None:
    await town.introduce()
    plan = await town.plan(**await changes(town))
    before = await kept(town)

    with nothing_changes(town):
        answer = await town.submit(plan)

    assert problem(answer) == (422, *expected)
    assert await kept(town) == before


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"cause": "climate"}, (422, "field-refused", "R15")),
        ({"organiser": "somebody"}, (422, "field-refused", "R15")),
        ({"retention_h": "168"}, (400, "invalid-request", None)),
        ({"windows": [{"from_us": 1.5, "to_us": 2}]}, (400, "invalid-request", None)),
        ({"posts": [{"post": "post-1", "cause": "climate"}]}, (400, "invalid-request", None)),
        ({"designation": ""}, (400, "invalid-request", None)),
    ],
)
async def test_what_the_form_has_no_place_for_is_not_saved(
    town: Town, changes: dict[str, Any], expected: tuple[int, str, str | None]
) -> None:
    await town.introduce()
    plan = await town.plan()
    before = await kept(town)

    assert problem(await save(town, plan, **changes)) == expected
    assert await kept(town) == before


async def test_the_regime_is_asked_first(town: Town) -> None:
    operator = await town.client("operator")
    refused = await operator.post("/v1/plans", json={"title": TITLE, "regime": "OTHER"})

    assert problem(refused) == (422, "regime-unknown", "R01")
    assert problem(await operator.post("/v1/plans", json={"title": TITLE}))[:2] == (400, "invalid-request")
    assert (await operator.get("/v1/plans")).json() == []


async def test_all_findings_at_once_in_the_readers_language(town: Town) -> None:
    await town.introduce()
    plan = await town.plan(retention_h=700, windows=[], recording_reason=None, alternatives=None)
    operator, path = await town.client("operator"), f"/v1/plans/{plan['id']}/checks"
    dutch = (await operator.post(path, headers={"Accept-Language": "nl"})).json()
    english = (await operator.post(path)).json()

    assert [(one["rule"], one["kind"], one["field"], one["severity"]) for one in dutch["findings"]] == [
        ("R04", "plan-incomplete", "windows", "refuse"),
        ("R24", "recording-unreasoned", "recording_reason", "refuse"),
        ("R09", "retention-too-long", "retention_h", "refuse"),
        ("R06", "alternatives-missing", "alternatives", "warn"),
        ("R24", "view-too-sharp", "posts", "warn"),
    ]
    assert dutch["findings"][2]["title"] == "Te lang bewaard"
    assert english["findings"][2]["detail"] == "700 hours is more than the law's 672."
    assert 40 < dutch["coverage"]["posts"][0]["footprint_m2"] < 2000
    assert dutch["coverage"]["posts"][0]["inside_percent"] == 100.0


async def test_what_is_half_filled_is_kept_and_can_be_brought_back(town: Town) -> None:
    await town.introduce()
    operator = await town.client("operator")
    begun = await town.given("/v1/plans", {"title": TITLE, "regime": "G151C"})
    half = (await save(town, begun, necessity="Beca", windows=[{"from_us": 5}])).json()
    more = (await save(town, half, necessity="Because.")).json()

    assert (half["version"], half["body"]["windows"]) == (2, [{"from_us": 5, "to_us": None}])
    versions = (await operator.get(f"/v1/plans/{begun['id']}/versions")).json()
    assert [one["version"] for one in versions] == [3, 2, 1]
    second = (await operator.get(f"/v1/plans/{begun['id']}/versions/2")).json()
    assert second["body"] == half["body"]
    restored = (await save(town, {**second, "version": more["version"]})).json()
    assert (restored["version"], restored["body"]) == (4, half["body"])
    assert problem(await operator.get(f"/v1/plans/{begun['id']}/versions/9"))[:2] == (404, "not-found")


async def test_the_second_who_saves_is_told_and_nothing_is_lost(town: Town) -> None:
    await town.introduce()
    begun = await town.given("/v1/plans", {"title": TITLE, "regime": "G151C"})
    answers = await asyncio.gather(
        save(town, begun, "operator", necessity="One."), save(town, begun, "operator-2", necessity="Two.")
    )
    first, second = sorted(answers, key=lambda answer: answer.status_code)

    assert (first.status_code, problem(second)[:2]) == (200, (409, "plan-changed"))
    changed_by = first.json()["changed_by"]
    assert second.json()["parameters"] == {"version": 2, "changed_by": changed_by}
    stands = (await (await town.client("operator")).get(f"/v1/plans/{begun['id']}")).json()
    assert stands == first.json()
    again = await save(town, {**begun, "body": first.json()["body"]}, changed_by)
    assert again.json() == first.json(), "who did not hear the answer may ask again"


async def test_a_plan_becomes_what_two_people_sign(town: Town) -> None:
    await town.introduce()
    plan = await town.plan()
    made = (await town.submit(plan)).json()
    decision = load(Decision, base64.b64decode(made["decision"]["body"]))
    operator = await town.client("operator")

    assert (made["plan"], made["urgent"], made["duties"], made["signatures"]) == (plan["id"], None, [], [])
    assert decision.designation == "Voorbeeldaanwijzing 1 (gmb-2026-1); driehoek: driehoek 2026-3"
    assert decision.delegation == "Voorbeeldverordening, artikel 1"
    shown = (await operator.get(f"/v1/plans/{plan['id']}")).json()
    assert (shown["state"], shown["number"], shown["deployment"]) == ("submitted", made["number"], made["id"])
    assert problem(await save(town, shown, necessity="Other."))[:2] == (409, "plan-submitted")
    assert problem(await town.submit(plan))[:2] == (409, "plan-submitted")
    for key in town.approvers:
        made = (await town.sign_decision(made, key)).json()
    assert [(one["slot"], one["name"]) for one in made["signatures"]] == [("slot-1", "Een"), ("slot-2", "Twee")]
    (listed,) = (await operator.get("/v1/plans")).json()
    assert (listed["state"], "body" in listed) == ("decided", False)


async def test_one_plan_is_submitted_once_also_by_those_who_ask_together(town: Town) -> None:
    await town.introduce()
    plan = await town.plan()
    answers = await asyncio.gather(*(town.submit(plan) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len((await (await town.client("operator")).get("/v1/deployments")).json()) == 1


async def test_an_approver_sends_back_and_the_planner_goes_on(town: Town) -> None:
    await town.introduce()
    made = await town.register()
    await town.sign_decision(made, town.approvers[0])
    approver = await town.client("approver-2")
    path = f"/v1/deployments/{made['id']}/decision/refusal"
    assert problem(await (await town.client("operator")).post(path, json={"reason": "No."}))[:2] == (403, "not-allowed")
    back = (await approver.post(path, json={"reason": "Too long."})).json()

    assert back["sent_back"] == {"by": "approver-2", "reason": "Too long.", "at_us": town.now_us}
    assert (back["decision"], back["state"], back["number"]) == (None, "draft", made["number"])
    assert problem(await approver.post(path, json={"reason": "Too long."}))[:2] == (409, "nothing-waits")
    assert problem(await town.sign_decision(made, town.approvers[0]))[:2] == (409, "not-decided")
    plan = (await approver.get(f"/v1/plans/{made['plan']}")).json()
    assert plan["state"] == "editing"
    shorter = (await save(town, plan, retention_h=24)).json()
    again = (await town.submit(shorter)).json()
    assert (again["id"], again["number"], again["sent_back"]) == (made["id"], made["number"], None)
    assert again["signatures"] == []
    assert load(Decision, base64.b64decode(again["decision"]["body"])).retention_h == 24


async def test_who_planned_does_not_sign(town: Town) -> None:
    await town.introduce()
    begun = await town.given("/v1/plans", {"title": TITLE, "regime": "G151C"})
    other = (await save(town, begun, "operator-2", **town.asked())).json()
    plan = (await save(town, other, necessity="Another.")).json()
    made = (await town.submit(plan)).json()
    path = f"/v1/deployments/{made['id']}/decision/signatures"
    signed = signature(made["decision"], town.operators[0])

    with nothing_changes(town):
        for name in TEAM:
            answer = await (await town.client(name)).post(path, json=signed)
            assert problem(answer) == (403, "own-plan", "R10")
            assert answer.json()["parameters"] == {"who": "Approver, Approver-2"}
    await town.sign_decision(made, town.approvers[0])
    answer = await (await town.client("operator")).post(path, json=signed)
    assert answer.json()["parameters"] == {"who": "Approver-2"}


async def test_a_planner_who_became_an_approver_signs_nothing_of_theirs(town: Town) -> None:
    await town.introduce()
    made = await town.register()
    async with town.database.transaction() as db:
        await db.run("update people set slot = null where name = 'approver-2'")
        await db.run("update people set role = 'approver', slot = 'slot-2' where name = 'operator'")

    path = f"/v1/deployments/{made['id']}/decision"
    operator = await town.client("operator")
    signed = signature(made["decision"], town.approvers[1])
    assert problem(await operator.post(f"{path}/signatures", json=signed)) == (403, "own-plan", "R10")
    assert problem(await operator.post(f"{path}/refusal", json={"reason": "x"})) == (403, "own-plan", "R10")


async def test_a_key_that_plans_or_places_signs_no_decision(town: Town) -> None:
    await town.introduce()
    town.operators[1] = town.approvers[1]  # one person, two accounts
    async with town.database.transaction() as db:
        await db.run("update people set key = :key where name = 'operator-2'", key=spki(town.approvers[1]))
    team = await town.register()
    async with town.database.transaction() as db:
        await db.run("update people set key = null where name = 'operator-2'")
        await db.run("update people set key = :key where name = 'operator'", key=spki(town.approvers[0]))

    for key in town.approvers:  # the planner's by now, and one of the team's
        assert problem(await town.sign_decision(team, key)) == (403, "own-plan", "R10")
    shown = (await (await town.client("viewer")).get(f"/v1/deployments/{team['id']}")).json()
    assert (shown["signatures"], shown["decision"]["signed_by"]) == ([], [])


async def test_with_anothers_slot_one_signs_nothing(town: Town) -> None:
    await town.introduce()
    made = await town.register()
    town.approvers.reverse()  # each account sends the other's signature

    assert problem(await town.sign_decision(made, town.approvers[0])) == (403, "not-your-slot", "R10")
    assert (await (await town.client("viewer")).get(f"/v1/deployments/{made['id']}")).json()["signatures"] == []


async def test_a_newer_decision_is_a_plan_too_and_the_older_one_stands_until_two_signed(town: Town) -> None:
    deployment = await town.deploy()
    town.now_us += 10 * MINUTE_US
    operator = await town.client("operator")
    revision = (await operator.post(f"/v1/deployments/{deployment['id']}/plans")).json()
    window = revision["body"]["windows"][0]
    longer = (await save(town, revision, windows=[{**window, "to_us": window["to_us"] + HOUR_US}])).json()
    waits = (await town.submit(longer)).json()

    assert (revision["state"], revision["number"]) == ("editing", deployment["number"])
    assert (waits["id"], waits["state"]) == (deployment["id"], "open")
    assert waits["previous"] == deployment["decision"]
    newer = load(Decision, base64.b64decode(waits["decision"]["body"]))
    assert (newer.serial, newer.windows[0].to_us) == (2, window["to_us"] + HOUR_US)
    for key in town.approvers:
        waits = (await town.sign_decision(waits, key)).json()
    assert (waits["decision"]["log_index"] is not None, waits["previous"]) == (True, None)
    assert [one["post"] for one in waits["assignments"]] == ["post-1"]
    assert waits["hour_keys"] == 5


async def test_of_two_newer_plans_one_waits_at_a_time_and_a_regime_stays(town: Town) -> None:
    await town.introduce()
    deployment = await town.decide()
    operator = await town.client("operator")
    path = f"/v1/deployments/{deployment['id']}/plans"
    one, two = [(await operator.post(path)).json() for _ in range(2)]
    other = await town.designate(await town.delegate(regime="PW3"))
    changed = (await save(town, two, regime="PW3", designation=other["id"])).json()

    assert problem(await town.submit(changed)) == (422, "regime-fixed", "R01")
    assert (await town.submit(one)).status_code == 201
    back = (await save(town, changed, regime="G151C", designation=town.designation)).json()
    assert problem(await town.submit(back))[:2] == (409, "plan-of-others")


async def test_what_is_over_is_not_planned_again(town: Town) -> None:
    await town.introduce()
    first = {"from_us": town.now_us + MINUTE_US, "to_us": town.now_us + HOUR_US}
    second = {"from_us": town.now_us + 5 * HOUR_US, "to_us": town.now_us + 6 * HOUR_US}
    deployment = await town.decide(windows=[first, second])
    town.now_us += 2 * HOUR_US
    revision = await town.given(f"/v1/deployments/{deployment['id']}/plans", {})

    assert revision["body"]["windows"] == [second]


async def test_an_urgent_plan_from_nothing(town: Town) -> None:
    await town.introduce()
    designation = await town.designate(await town.delegate(), publication=None)
    begun = await town.given("/v1/plans", {"title": TITLE, "regime": "G151C"})
    plan = (
        await save(
            town,
            begun,
            designation=designation["id"],
            windows=[{"to_us": town.now_us + 3 * HOUR_US}],
            team={"operators": list(TEAM), "installers": []},
            urgent={"mandate_holder": "J. de Boer", "reason": "Two groups meet now."},
        )
    ).json()
    made = (await town.submit(plan)).json()
    operator = await town.client("operator")
    due_us = town.now_us + DAY_US

    assert made["urgent"] == {"mandate_holder": "J. de Boer", "reason": "Two groups meet now.", "log_index": None}
    owed = {duty["duty"]: duty for duty in made["duties"]}
    assert set(owed) == {"publication", "consultation", "alternatives", "posts", "entries"}
    assert {duty["due_us"] for duty in owed.values()} == {due_us}
    for key in town.approvers:
        made = (await town.sign_decision(made, key)).json()
    assert made["state"] == "open"
    said = town.log.entry(made["urgent"]["log_index"])
    assert (said.event, said.digest) == (Event.DEPLOYMENT_URGENT, made["decision"]["digest"])
    assert said.ids["owes"] == "alternatives,consultation,entries,posts,publication"

    path = f"/v1/deployments/{made['id']}/duties"
    note = {"note": "Done by telephone."}
    assert problem(await operator.post(f"{path}/publication", json=note)) == (422, "publication-missing", "R02")
    published = await operator.put(
        f"/v1/designations/{designation['id']}/publication", json={"publication": "gmb-2026-7"}
    )
    assert published.json()["publication"] == "gmb-2026-7"
    done = (await operator.post(f"{path}/publication", json=note)).json()
    assert {one["duty"]: one["done_at_us"] for one in done["duties"]}["publication"] == town.now_us
    town.now_us += MINUTE_US
    again = (await operator.post(f"{path}/publication", json=note)).json()
    assert again["duties"] == done["duties"]
    assert problem(await operator.post(f"{path}/nothing", json=note))[:2] == (404, "duty-unknown")


async def urgent(town: Town) -> dict[str, Any]:
    """An urgent plan that two signed, which owes all but its publication."""
    begun = await town.given("/v1/plans", {"title": TITLE, "regime": "G151C"})
    windows, team = [{"to_us": town.now_us + 3 * HOUR_US}], {"operators": list(TEAM), "installers": []}
    why = {"mandate_holder": "J. de Boer", "reason": "Two groups meet now."}
    plan = (await save(town, begun, designation=town.designation, windows=windows, team=team, urgent=why)).json()
    made = (await town.submit(plan)).json()
    assert await tasks(town) == [], "what is not decided owes nothing yet"
    for key in town.approvers:
        made = (await town.sign_decision(made, key)).json()
    return dict(made)


async def tasks(town: Town) -> list[str]:
    """The duties that the operator is asked to do."""
    answer = await (await town.client("operator")).get("/v1/tasks")
    return sorted(task["what"] for task in answer.json() if task["kind"] == "duty")


async def lines(town: Town) -> list[dict[str, Any]]:
    """What everybody can read, without an account."""
    return list((await town.browser().get("/v1/urgent")).json())


async def test_what_stands_stays_urgent_while_an_ordinary_decision_waits_and_is_sent_back(town: Town) -> None:
    await town.introduce()
    made = await urgent(town)
    operator, path = await town.client("operator"), f"/v1/deployments/{made['id']}"
    plan = (await operator.post(f"{path}/plans", json={})).json()
    ordinary = town.asked(windows=[{"from_us": town.now_us + MINUTE_US, "to_us": town.now_us + HOUR_US}])
    town.now_us += 1
    saved = {"base_version": 1, "title": TITLE, "body": ordinary}
    assert (await operator.put(f"/v1/plans/{plan['id']}", json=saved)).status_code == 200
    waits = await town.submit(plan)
    assert (waits.status_code, waits.json()["urgent"]["reason"]) == (201, made["urgent"]["reason"])
    approver = await town.client("approver")
    back = await approver.post(f"{path}/decision/refusal", json={"reason": "Not like this."})
    assert back.json()["urgent"]["reason"] == made["urgent"]["reason"]


async def test_a_plan_that_is_being_written_is_for_those_who_plan_or_approve(town: Town) -> None:
    await town.introduce()
    plan = await town.plan()
    path = f"/v1/plans/{plan['id']}"
    for name in ("viewer", "installer"):
        reader = await town.client(name)
        assert (await reader.get("/v1/plans")).json() == []
        refused = [await reader.get(path), await reader.get(f"{path}/versions"), await reader.get(f"{path}/versions/1")]
        refused.append(await reader.post(f"{path}/checks"))
        assert {problem(answer) for answer in refused} == {(403, "not-allowed", "R11")}
    assert (await (await town.client("approver")).get(path)).json()["id"] == plan["id"]
    await town.submit(plan)
    assert (await reader.get(path)).json()["state"] == "submitted"
    assert [one["id"] for one in (await reader.get("/v1/plans")).json()] == [plan["id"]]


@pytest.mark.parametrize("end", ["\n", "\r", "\t", "\u202e", "\u200b", "\u2028"])
async def test_a_title_is_one_line_that_is_read_as_it_is_written(town: Town, end: str) -> None:
    operator = await town.client("operator")
    refused = await operator.post("/v1/plans", json={"title": f"Voorbeeld{end}plein", "regime": "G151C"})
    assert problem(refused)[1] in ("invalid-request", "text-refused")


async def test_views_are_counted_once_and_one_session_is_heard_only_so_often(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    await town.introduce()
    plan = await town.plan()
    counted, count = [], footprints.shown

    def counting(asked: Asked, obstacles: Sequence[Obstacle]) -> Shown:
        counted.append(threading.current_thread().name)
        return count(asked, obstacles)

    monkeypatch.setattr(footprints, "shown", counting)
    operator, path = await town.client("operator"), f"/v1/plans/{plan['id']}/checks"
    answers = [await operator.post(path) for _ in range(CHECKS_A_MINUTE)]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert len(counted) == 1 and counted[0].startswith("checks")
    assert problem(await operator.post(path))[:2] == (429, "too-many-attempts")
    assert (await (await town.client("operator-2")).post(path)).status_code == 200


async def test_everybody_reads_that_it_was_urgent_and_what_is_owed_late_and_done(town: Town) -> None:
    await town.introduce()
    made = await urgent(town)
    (line,) = await lines(town)
    assert (line["deployment"], line["number"]) == (made["id"], made["number"])
    assert {duty["duty"]: duty["state"] for duty in line["duties"]} == dict.fromkeys(await tasks(town), "owed")

    town.now_us += DAY_US
    town.clients.clear()
    path = f"/v1/deployments/{made['id']}/duties/consultation"
    operator = await again(town, "operator")
    done = (await operator.post(path, json={"note": "By telephone."})).json()
    (line,) = await lines(town)
    states = {duty["duty"]: duty["state"] for duty in line["duties"]}
    assert states == {"alternatives": "late", "consultation": "done", "entries": "late", "posts": "late"}
    (index,) = [duty["log_index"] for duty in line["duties"] if duty["state"] == "done"]
    leaf = town.log.entry(index)
    assert (leaf.event, leaf.ids) == (Event.DUTY_DONE, {"deployment": made["id"], "duty": "consultation"})
    assert "telephone" not in json.dumps(line)
    assert {duty["duty"]: duty["state"] for duty in done["duties"]} == states


async def again(town: Town, name: str) -> httpx.AsyncClient:
    """Somebody who signs in once more."""
    browser = town.clients[name] = town.browser()
    answer = await browser.post("/v1/session", json={"name": name, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    return browser


async def test_a_log_that_cannot_say_that_it_is_urgent_lets_nothing_be_decided(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    await town.introduce()

    async def lost(self: Keeper, decision: str, due_us: int, owes: object) -> int:
        raise LogUnavailableError("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Keeper, "urgent", lost)
        await urgent(town)
    (made,) = (await (await town.client("operator")).get("/v1/deployments")).json()
    assert (made["state"], await lines(town)) == ("draft", [])
    assert (await town.sign_decision(made, town.approvers[1])).json()["state"] == "open"
    assert len(await lines(town)) == 1


async def test_a_plan_that_is_not_urgent_is_not_said_to_be(town: Town) -> None:
    await town.introduce()
    await town.decide()
    assert await lines(town) == []


async def test_who_signs_reads_what_was_found_and_what_else_was_weighed(town: Town) -> None:
    await town.introduce()
    made = await town.register(consultation="", alternatives="More stewards were thought of.")
    dutch = await (await town.client("approver")).get(
        f"/v1/deployments/{made['id']}", headers={"Accept-Language": "nl"}
    )
    shown = dutch.json()
    found = {(one["kind"], one["severity"]): one["detail"] for one in shown["warnings"]}
    assert set(found) == {("consultation-missing", "warn"), ("view-too-sharp", "warn")}
    assert found[("consultation-missing", "warn")] != made["warnings"][0]["detail"], "in the reader's language"
    assert shown["alternatives"] == "More stewards were thought of."
    for key in town.approvers:
        made = (await town.sign_decision(made, key)).json()
    assert (made["warnings"], made["alternatives"]) == ([], "More stewards were thought of.")


async def test_a_list_takes_as_many_questions_however_long_it_is(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    await town.introduce()
    viewer, asked, run = await town.client("viewer"), [], Transaction.rows

    async def counted(self: Transaction, cls: type, sql: str, **values: object) -> list[Any]:
        asked.append(sql)
        return await run(self, cls, sql, **values)

    monkeypatch.setattr(Transaction, "rows", counted)
    counts = []
    for _ in range(2):
        await town.register()
        asked.clear()
        assert (await viewer.get("/v1/deployments")).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
