# SPDX-License-Identifier: EUPL-1.2
"""Placing a unit: two of the team sign, the log knows, the unit's mandate is asked for anew."""

import asyncio
from contextlib import aclosing

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from contract.events import Event
from hub.store.channels import listen
from hub.store.deployments import Deployments
from tests.integration.town import MINUTE_US, UNIT, Town, disk_full, nothing_changes, problem, signature


async def test_two_of_the_team_place_a_unit_and_its_mandate_is_made_anew(town: Town) -> None:
    await town.introduce()
    await town.enrol()
    draft = (await town.draft_assignment(await town.decide())).json()
    async with aclosing(listen(town.database.url, ["mandate"])) as heard:
        await anext(heard)
        one = await town.sign_assignment(draft, town.operators[0])
        two = await town.sign_assignment(draft, town.operators[1])
        assert await asyncio.wait_for(anext(heard), 5) == ("mandate", UNIT)

    assert (one.json()["log_index"], len(one.json()["signed_by"])) == (None, 1)
    leaf = town.log.entry(two.json()["log_index"])
    assert (leaf.event, leaf.digest, leaf.ids["unit"]) == (Event.ASSIGNMENT_SIGNED, draft["digest"], UNIT)


async def test_asking_again_gives_the_same(town: Town) -> None:
    await town.introduce()
    await town.enrol()
    deployment = await town.decide()
    draft = (await town.draft_assignment(deployment)).json()
    assert (await town.draft_assignment(deployment)).json() == draft
    for key in town.operators:
        signed = await town.sign_assignment(draft, key)

    with nothing_changes(town):
        assert (await town.sign_assignment(draft, town.operators[0])).json() == signed.json()
        assert (await town.draft_assignment(deployment)).json() == signed.json()


async def test_placements_that_cannot_be(town: Town) -> None:
    await town.introduce()
    await town.enrol()
    draft = await town.register()
    assert problem(await town.draft_assignment(draft))[:2] == (409, "not-decided")
    deployment = await town.decide()

    assert problem(await town.draft_assignment(deployment, post="post-9")) == (422, "post-unknown", "R03")
    for changes in ({"unit": "unit-9"}, {"camera": "camera-9"}):
        answer = await town.draft_assignment(deployment, **changes)
        assert problem(answer) == (422, "unit-unknown", "assignment.unit")


async def test_signatures_that_do_not_count(town: Town) -> None:
    await town.introduce()
    await town.enrol()
    draft = (await town.draft_assignment(await town.decide())).json()

    with nothing_changes(town):
        for key in (town.approvers[0], ec.generate_private_key(ec.SECP256R1())):
            answer = await town.sign_assignment(draft, key)
            assert problem(answer) == (422, "signature-refused", "signature.key")
        for _ in range(2):
            assert (await town.sign_assignment(draft, town.operators[0])).json()["log_index"] is None
        nothing = await town.sign_assignment(draft | {"digest": "0" * 64}, town.operators[1])
        assert problem(nothing)[:2] == (404, "not-found")


async def test_a_log_that_cannot_be_written_leaves_the_draft_as_it_was(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    await town.introduce()
    await town.enrol()
    draft = (await town.draft_assignment(await town.decide())).json()
    await town.sign_assignment(draft, town.operators[0])
    disk_full(monkeypatch, True)
    assert problem(await town.sign_assignment(draft, town.operators[1]))[:2] == (503, "log-unavailable")
    disk_full(monkeypatch, False)

    assert (await town.sign_assignment(draft, town.operators[1])).json()["log_index"] is not None


async def test_a_member_of_the_team_signs_with_their_own_key_only(town: Town) -> None:
    await town.introduce()
    await town.enrol()
    draft = (await town.draft_assignment(await town.decide())).json()
    path = f"/v1/assignments/{draft['digest']}/signatures"
    with nothing_changes(town):
        for name, key in zip(("operator-2", "operator"), town.operators, strict=True):
            answer = await (await town.client(name)).post(path, json=signature(draft, key))
            assert problem(answer) == (422, "signature-refused", "R10")


async def test_an_aiming_that_is_over_waits_for_nobody_and_is_thrown_away(town: Town) -> None:
    await town.introduce()
    await town.enrol()
    deployment = await town.decide()
    operator = await town.client("operator")

    async def waits() -> tuple[list[str], int]:
        pending = await operator.get(f"/v1/deployments/{deployment['id']}/assignments/pending")
        tasks = (await operator.get("/v1/tasks")).json()
        shown = (await operator.get(f"/v1/deployments/{deployment['id']}")).json()
        assert shown["pending"] == pending.json()
        return [one["digest"] for one in pending.json()], sum(task["kind"].startswith("confirm-") for task in tasks)

    first = (await town.draft_assignment(deployment, setup_minutes=5)).json()
    assert await waits() == ([first["digest"]], 1)
    town.now_us += MINUTE_US
    second = (await town.draft_assignment(deployment, setup_minutes=5)).json()
    assert await waits() == ([second["digest"]], 1), "once more is not one more to sign"
    town.now_us += 30 * MINUTE_US
    assert await waits() == ([], 0)
    third = (await town.draft_assignment(deployment, setup_minutes=5)).json()
    drafts = await Deployments(town.database).drafts(deployment["id"])
    assert [draft.digest for draft in drafts] == [third["digest"]]
