# SPDX-License-Identifier: EUPL-1.2
"""Who stands where, over the API, when the decision or the team changes: hub, keeper and unit say the same."""

from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from contract.record import dump
from edge.unit import identity
from edge.unit.authority import Authority, Standing
from edge.unit.memory import begin_memory
from hub import ceremony
from hub.deployments.composing import Composer
from hub.store.downlink import Downlink
from hub.store.records import SignedRecords
from hub.store.units import Units
from tests.integration.town import CAMERA, MINUTE_US, UNIT, Town, nothing_changes
from tests.unit.edge.hands import Hands


async def composed(town: Town) -> bytes:
    """The message that the unit would be sent now."""
    units = Units(town.database)
    composer = Composer(
        SignedRecords(town.database), Downlink(town.database), town.anchors, town.layout.log, lambda: town.now_us
    )
    row = await units.get(UNIT)
    assert row is not None
    made = await composer.compose(row)
    assert made is not None
    return dump(made.message)


async def hears(town: Town, unit: Authority) -> list[str]:
    """The unit takes the message that it is sent; gives the rules by which it refuses any of it."""
    refusals = unit.consider(await composed(town)).refusals
    async with town.database.transaction() as db:
        await db.run("update units set checkpoint_size = :n where unit = :u", n=unit.memory.checkpoint_size, u=UNIT)
    return [refusal.rule for refusal in refusals]


def begun(town: Town, state: Path) -> Authority:
    """The town's unit, switched on for the first time."""
    begin_memory(state)
    hands = Hands()
    hands.wall_us = town.now_us
    return Authority(state, town.anchors, town.identity.name, hands.clock())


def posts(unit: Authority) -> list[tuple[str, int]]:
    """Where it stands, and by which decision."""
    return [(order.post.post, order.decision.serial) for order in unit.orders]


async def submitted_anew(town: Town, deployment: dict[str, Any]) -> dict[str, Any]:
    """A newer decision on a deployment, that nobody signed yet."""
    operator = await town.client("operator")
    answer = await operator.post(f"/v1/deployments/{deployment['id']}/plans", json={})
    assert answer.is_success, answer.text
    plan = answer.json()
    body = {key: value for key, value in plan["body"].items() if value is not None}
    written = {"base_version": plan["version"], "title": plan["title"], "body": body}
    assert (await operator.put(f"/v1/plans/{plan['id']}", json=written)).status_code == 200
    return dict((await town.submit(plan)).json())


async def decide_anew(town: Town, deployment: dict[str, Any]) -> None:
    """By two people again."""
    newer = await submitted_anew(town, deployment)
    for key in town.approvers:
        answer = await town.sign_decision(newer, key)
        assert answer.status_code == 201, answer.text


async def filming(town: Town) -> list[str]:
    shown = (await (await town.client("viewer")).get("/v1/overview")).json()
    return [camera["camera"] for one in shown["filming"] for camera in one["cameras"]]


async def renew(town: Town) -> None:
    """The second operator's browser was lost; they sign with a new key."""
    town.operators[1] = ec.generate_private_key(ec.SECP256R1())
    await town.give_key("operator-2", town.operators[1])


async def place(town: Town, deployment: dict[str, Any], **where: str) -> dict[str, Any]:
    draft = (await town.draft_assignment(deployment, **where)).json()
    for key in town.operators:
        answer = await town.sign_assignment(draft, key)
        assert answer.status_code == 201, answer.text
    return dict(draft)


async def test_a_newer_decision_with_another_team_ends_the_older_and_the_unit_is_placed_again(
    town: Town, tmp_path: Path
) -> None:
    deployment = await town.deploy()
    unit = begun(town, tmp_path)
    assert (await hears(town, unit), posts(unit)) == ([], [("post-1", 1)])
    await renew(town)
    town.now_us += 2 * MINUTE_US
    assert await filming(town) == [CAMERA]
    await decide_anew(town, deployment)
    assert (await hears(town, unit), posts(unit)) == ([], []), "withdrawn, and by no lease only"
    assert await filming(town) == []
    draft = await place(town, deployment)
    assert draft["serial"] == 2
    assert (await hears(town, unit), posts(unit)) == ([], [("post-1", 2)])
    assert isinstance(unit.current(CAMERA, town.now_us), Standing)
    assert await filming(town) == [CAMERA]


async def second_unit(town: Town) -> None:
    identity.init(town.layout.unit("unit-2"), "unit-2")
    ceremony.certify(town.layout, [town.layout.unit("unit-2")], town.now_us)
    pem = (town.layout.unit("unit-2") / "identity.pem").read_text()
    await town.given("/v1/units", {"certificate": pem, "camera": "camera-2", "source_note": "a test"})


async def test_a_unit_that_hears_of_its_swap_and_of_a_newer_team_at_once_is_out(town: Town, tmp_path: Path) -> None:
    deployment = await town.deploy()
    await second_unit(town)
    unit = begun(town, tmp_path)
    await hears(town, unit)
    before = await composed(town)
    await place(town, deployment, unit="unit-2", camera="camera-2")
    await renew(town)
    await decide_anew(town, deployment)
    assert before != await composed(town)
    assert (await hears(town, unit), posts(unit)) == ([], [])
    swapped = unit.memory.serial(f"assignment/{deployment['id']}/post-1")
    assert swapped is not None
    assert swapped.serial == 2, "its own place there is an older one for good"


async def test_a_unit_that_is_moved_stands_at_its_new_post_alone(town: Town, tmp_path: Path) -> None:
    await town.introduce()
    await town.enrol()
    (first,) = town.asked()["posts"]
    second = first | {
        "post": "post-2",
        "name": "Voorbeeldplein 2",
        "position": {"lat_e7": 545_005_000, "lon_e7": 45_008_000},
    }
    deployment = await town.decide(posts=[first, second], max_units=1)
    unit = begun(town, tmp_path)
    town.now_us += 2 * MINUTE_US
    for post, serial in (("post-1", 1), ("post-2", 1), ("post-1", 2)):
        draft = await place(town, deployment, post=post)
        assert draft["serial"] == serial
        assert (await hears(town, unit), posts(unit)) == ([], [(post, 1)])
        assert await filming(town) == [CAMERA]


async def test_a_stop_sends_back_what_waits_and_no_second_signature_films_again(town: Town) -> None:
    """One of two signed the newer decision before the stop, and knew nothing of it."""
    deployment = await town.deploy()
    town.now_us += 2 * MINUTE_US
    newer = await submitted_anew(town, deployment)
    assert (await town.sign_decision(newer, town.approvers[0])).status_code == 201
    operator = await town.client("operator")
    answer = await operator.post(f"/v1/deployments/{deployment['id']}/stop", json={"reason": "The square is empty."})
    assert answer.is_success, answer.text
    with nothing_changes(town):
        await town.sign_decision(newer, town.approvers[1])
    shown = (await operator.get(f"/v1/deployments/{deployment['id']}")).json()
    assert (shown["state"], shown["sent_back"]["reason"]) == ("over", "The square is empty.")
    town.now_us += MINUTE_US
    await decide_anew(town, deployment)
    assert await filming(town) == [CAMERA]
