# SPDX-License-Identifier: EUPL-1.2
"""What waits for whom: each is shown their own next step, and nobody the one that they may not take."""

from typing import Any

from tests.integration.town import CAMERA, HOUR_US, MINUTE_US, UNIT, Town


async def waits(town: Town, who: str) -> list[dict[str, Any]]:
    answer = await (await town.client(who)).get("/v1/tasks")
    assert answer.status_code == 200, answer.text
    return list(answer.json())


async def kinds(town: Town, who: str) -> list[str]:
    return [task["kind"] for task in await waits(town, who)]


async def test_a_decision_waits_for_each_approver_until_their_slot_signed(town: Town) -> None:
    await town.introduce()
    await town.enrol()
    assert await kinds(town, "approver") == await kinds(town, "approver-2") == []

    draft = await town.register()
    (first,) = await waits(town, "approver")
    assert (first["kind"], first["number"], first["who"]) == ("sign-decision", draft["number"], None)
    assert first["link"] == f"/decisions/{draft['id']}"
    assert first["due_us"] == town.now_us + MINUTE_US, "until its window opens"
    assert await kinds(town, "operator") == [], "who plans is not asked to sign"

    assert (await town.sign_decision(draft, town.approvers[0])).status_code == 201
    assert await kinds(town, "approver") == []
    (second,) = await waits(town, "approver-2")
    assert (second["who"], second["who_at_us"]) == ("Een", town.now_us)

    assert (await town.sign_decision(draft, town.approvers[-1])).status_code == 201
    assert await kinds(town, "approver-2") == []


async def test_signs_are_missing_and_a_placement_waits_for_a_second_of_the_team(town: Town) -> None:
    await town.introduce()
    await town.enrol()
    draft = await town.register()
    for key in town.approvers:
        await town.sign_decision(draft, key)
    (sign_task,) = await waits(town, "installer")
    assert (sign_task["kind"], sign_task["what"]) == ("sign-missing", "Voorbeeldsteeg")
    assert sign_task["due_us"] == town.now_us + MINUTE_US
    assert await kinds(town, "operator") == ["place-cameras"]
    await town.put_up_signs(draft["id"])
    assert await kinds(town, "installer") == []

    placed = (await town.draft_assignment(draft)).json()
    assert await kinds(town, "operator") == ["place-cameras", "confirm-assignment"]
    assert await kinds(town, "approver") == [], "who is not of the team is asked nothing"

    await town.sign_assignment(placed, town.operators[1])
    _, task = await waits(town, "operator")
    assert (task["what"], task["number"], task["link"]) == ("Voorbeeldplein 1", draft["number"], "/assignments")
    await town.sign_assignment(placed, town.operators[0])
    assert await kinds(town, "operator") == []


async def test_a_window_that_is_about_to_open_waits_for_its_team_to_place_its_cameras(town: Town) -> None:
    await town.introduce()
    await town.enrol()
    from_us = town.now_us + 31 * MINUTE_US
    decided = await town.decide(windows=[{"from_us": from_us, "to_us": from_us + HOUR_US}])
    assert await kinds(town, "operator") == []
    town.now_us += MINUTE_US
    (task,) = await waits(town, "operator")
    assert (task["kind"], task["number"], task["what"]) == ("place-cameras", decided["number"], "Voorbeeldplein 1")
    assert (task["due_us"], task["link"]) == (from_us, "/assignments")
    assert await kinds(town, "approver") == await kinds(town, "viewer") == []


async def test_a_test_picture_is_not_called_a_placement(town: Town) -> None:
    await town.introduce()
    await town.enrol()
    decided = await town.decide()
    path = f"/v1/deployments/{decided['id']}/assignments"
    asked = {"post": "post-1", "unit": UNIT, "camera": CAMERA, "setup_minutes": 5}
    assert (await (await town.client("operator")).post(path, json=asked)).is_success
    assert "confirm-aiming" in await kinds(town, "operator")
    assert "confirm-assignment" not in await kinds(town, "operator")


async def test_a_plan_that_came_back_waits_for_who_wrote_it(town: Town) -> None:
    await town.introduce()
    draft = await town.register()
    approver = await town.client("approver")
    path = f"/v1/deployments/{draft['id']}/decision/refusal"
    assert (await approver.post(path, json={"reason": "The area is too wide."})).is_success
    (task,) = await waits(town, "operator")
    assert (task["kind"], task["what"], task["who"]) == ("plan-returned", "The area is too wide.", "Approver")
    assert await kinds(town, "approver") == []


async def test_necessity_is_asked_for_hours_before_filming_would_stop(town: Town) -> None:
    long = [{"from_us": town.now_us + MINUTE_US, "to_us": town.now_us + MINUTE_US + 30 * HOUR_US}]
    await town.deploy(windows=long)
    town.now_us += 2 * MINUTE_US
    assert await kinds(town, "approver") == []
    town.now_us += 10 * HOUR_US
    town.clients.clear()
    town.now_us += 9 * HOUR_US
    (task,) = await waits(town, "approver")
    assert task["kind"] == "confirm-necessity"
    assert task["due_us"] == long[0]["from_us"] + 24 * HOUR_US


async def test_a_viewer_is_asked_for_nothing(town: Town) -> None:
    await town.introduce()
    await town.register()
    assert await kinds(town, "viewer") == []
