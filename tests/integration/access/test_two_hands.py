# SPDX-License-Identifier: EUPL-1.2
"""One person is one hand: in two sessions, under two accounts, with two keys of one slot, or with a made-up key."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from tests.integration.town import PASSWORD, Town, nothing_changes, problem, signature


async def shown(town: Town, deployment: dict[str, Any]) -> dict[str, Any]:
    return dict((await (await town.client("viewer")).get(f"/v1/deployments/{deployment['id']}")).json())


async def drafted(town: Town) -> tuple[dict[str, Any], str]:
    """A decision that waits, signed by the first approver; and the path of its signatures."""
    await town.introduce()
    deployment = await town.register()
    path = f"/v1/deployments/{deployment['id']}/decision/signatures"
    first = await (await town.client("approver")).post(path, json=signature(deployment["decision"], town.approvers[0]))
    assert first.status_code == 201, first.text
    return deployment, path


async def test_in_two_sessions(town: Town) -> None:
    deployment, path = await drafted(town)
    async with town.browser() as second:
        await second.post("/v1/session", json={"name": "approver", "password": PASSWORD})
        with nothing_changes(town):
            answer = await second.post(path, json=signature(deployment["decision"], town.approvers[0]))

    assert answer.status_code == 201  # the same, said again
    assert (await shown(town, deployment))["state"] == "draft"
    assert len((await shown(town, deployment))["signatures"]) == 1


async def test_under_two_accounts(town: Town) -> None:
    """Somebody who can sign in as another approver too still has one key."""
    deployment, path = await drafted(town)
    other = await town.client("approver-2")
    with nothing_changes(town):
        answer = await other.post(path, json=signature(deployment["decision"], town.approvers[0]))

    assert problem(answer) == (403, "not-your-slot", "R10")
    assert (await shown(town, deployment))["state"] == "draft"


async def test_with_another_key_of_the_same_slot(town: Town) -> None:
    deployment, path = await drafted(town)
    spare = ec.generate_private_key(ec.SECP256R1())
    assert (await town.bind("slot-1", spare, 1)).status_code == 201
    with nothing_changes(town):
        answer = await (await town.client("approver")).post(path, json=signature(deployment["decision"], spare))

    assert answer.status_code == 201
    assert (await shown(town, deployment))["state"] == "draft"
    older = await (await town.client("approver")).post(path, json=signature(deployment["decision"], town.approvers[0]))
    assert problem(older)[:2] == (422, "signature-refused")  # its code was replaced


async def test_with_a_key_that_is_bound_to_nobody(town: Town) -> None:
    deployment, path = await drafted(town)
    made_up = ec.generate_private_key(ec.SECP256R1())
    with nothing_changes(town):
        answer = await (await town.client("approver-2")).post(path, json=signature(deployment["decision"], made_up))

    assert problem(answer) == (422, "signature-refused", "signature.key")
