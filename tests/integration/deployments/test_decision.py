# SPDX-License-Identifier: EUPL-1.2
"""From a registered demonstration to a decision in the log with its hour keys; what is refused changes nothing."""

import asyncio
import base64
import re
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from contract.envelope import Envelope
from contract.events import Event
from contract.mandate import Decision
from contract.record import load
from hub.store.deployments import Deployments
from hub.store.faults import DatabaseUnavailableError
from tests.integration.town import HOUR_US, MINUTE_US, Town, disk_full, nothing_changes, problem, signature


async def test_a_draft_says_what_was_asked_and_is_decided_by_nobody(town: Town) -> None:
    await town.introduce()
    made = await town.register()

    decision = load(Decision, base64.b64decode(made["decision"]["body"]))
    assert re.fullmatch("2026-001", made["number"])
    assert (made["state"], made["demo"], made["decision"]["log_index"]) == ("draft", True, None)
    assert (decision.deployment, decision.number, decision.serial) == (made["id"], made["number"], 1)
    assert (decision.decided_at_us, decision.demo) == (town.now_us, True)
    assert (decision.retention_h, decision.prebuffer_s, decision.live) == (168, 0, "clear")


async def test_two_approvers_decide_and_the_log_knows(town: Town) -> None:
    await town.introduce()
    made = await town.register()
    one = await town.sign_decision(made, town.approvers[0])
    two = await town.sign_decision(made, town.approvers[1])

    assert (one.json()["state"], one.json()["hour_keys"]) == ("draft", 0)
    shown = two.json()
    leaf = town.log.entry(shown["decision"]["log_index"])
    assert shown["state"] == "decided"
    assert shown["hour_keys"] == 4  # 14:01 to 15:01, an hour of overrun, an hour of grace
    assert (leaf.event, leaf.digest) == (Event.DECISION_SIGNED, made["decision"]["digest"])
    assert [leaf.event for leaf in town.log.entries(0, 99)][-1] == Event.KEYSET_ISSUED
    town.now_us += 2 * MINUTE_US
    viewer = await town.client("viewer")
    assert (await viewer.get(f"/v1/deployments/{made['id']}")).json()["state"] == "open"
    town.now_us += HOUR_US
    assert (await viewer.get("/v1/deployments")).json()[0]["state"] == "over"


async def test_the_same_signature_again_changes_nothing(town: Town) -> None:
    await town.introduce()
    made = await town.register()
    for _ in range(2):
        assert (await town.sign_decision(made, town.approvers[0])).json()["state"] == "draft"
    decided = await town.sign_decision(made, town.approvers[1])
    with nothing_changes(town):
        again = await town.sign_decision(made, town.approvers[1])

    assert again.json() == decided.json()
    stranger = await town.sign_decision(made, ec.generate_private_key(ec.SECP256R1()))
    assert problem(stranger)[:2] == (409, "decided-already")


async def test_numbers_are_given_once_also_to_those_who_ask_together(town: Town) -> None:
    await town.introduce()
    made = await asyncio.gather(*(town.register() for _ in range(5)))

    assert sorted(one["number"] for one in made) == [f"2026-{n:03}" for n in range(1, 6)]


async def test_signatures_that_do_not_count(town: Town) -> None:
    await town.introduce()
    made = await town.register()
    other = await town.register(title="Another")
    approver = await town.client("approver")
    path = f"/v1/deployments/{made['id']}/decision/signatures"
    forged = signature(made["decision"], town.approvers[0])
    forged["signature"]["sig"] = base64.b64encode(bytes(64)).decode()
    unbound = ec.generate_private_key(ec.SECP256R1())

    with nothing_changes(town):
        assert problem(await approver.post(path, json=forged)) == (422, "signature-refused", "signature.wrong")
        misplaced = signature(other["decision"], town.approvers[0])
        assert problem(await approver.post(path, json=misplaced)) == (422, "signature-refused", "signature.wrong")
        assert problem(await town.sign_decision(made, unbound)) == (422, "signature-refused", "signature.key")
        operators = await town.sign_decision(made, town.operators[0])
        assert problem(operators) == (422, "signature-refused", "signature.key")
        assert problem(await (await town.client("viewer")).post(path, json=forged)) == (403, "not-allowed", "R11")
    shown = (await approver.get(f"/v1/deployments/{made['id']}")).json()
    assert (shown["state"], shown["decision"]["signed_by"]) == ("draft", [])


async def test_a_log_that_cannot_be_written_leaves_the_draft_as_it_was(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    await town.introduce()
    made = await town.register()
    before = (await town.sign_decision(made, town.approvers[0])).json()
    disk_full(monkeypatch, True)
    refused = await town.sign_decision(made, town.approvers[1])
    shown = (await (await town.client("approver")).get(f"/v1/deployments/{made['id']}")).json()
    disk_full(monkeypatch, False)

    assert problem(refused)[:2] == (503, "log-unavailable")
    assert shown == before
    assert (await town.sign_decision(made, town.approvers[1])).json()["state"] == "decided"


async def test_a_decision_without_its_keys_gets_them_when_asked_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    await town.introduce()
    made = await town.register()
    await town.sign_decision(made, town.approvers[0])
    birth = town.keeper.birth

    async def log_full_in_between(digest: str) -> Any:
        disk_full(monkeypatch, True)
        return await birth(digest)

    monkeypatch.setattr(type(town.keeper), "birth", lambda self, digest: log_full_in_between(digest))
    refused = await town.sign_decision(made, town.approvers[1])
    monkeypatch.setattr(type(town.keeper), "birth", lambda self, digest: birth(digest))
    disk_full(monkeypatch, False)

    assert problem(refused)[:2] == (503, "log-unavailable")
    assert (await town.sign_decision(made, town.approvers[1])).json()["hour_keys"] == 4


async def test_a_window_that_passed_while_people_signed(town: Town) -> None:
    await town.introduce()
    made = await town.register()
    await town.sign_decision(made, town.approvers[0])
    town.now_us += 2 * HOUR_US

    assert problem(await town.sign_decision(made, town.approvers[1])) == (422, "rule-refused", "keeper.window")


async def test_what_is_not_there(town: Town) -> None:
    viewer = await town.client("viewer")

    nowhere = "/v1/deployments/01957a00-0000-7000-8000-000000000000"
    assert problem(await viewer.get(nowhere))[:2] == (404, "not-found")
    assert problem(await viewer.get("/v1/deployments/not-an-id"))[:2] == (400, "invalid-request")
    operator = await town.client("operator")
    assert problem(await operator.post("/v1/deployments", json={}))[:2] == (405, "method-not-allowed")


async def test_the_form_has_no_field_for_a_cause(town: Town) -> None:
    async with town.browser() as browser:
        spec = (await browser.get("/v1/openapi.json")).json()

    fields = set(spec["components"]["schemas"]["PlanBody"]["properties"])
    assert not fields & {"cause", "theme", "ideology", "organiser", "organisation", "opinion", "motive", "subject"}


async def send_back(town: Town, deployment: dict[str, Any]) -> httpx.Response:
    path = f"/v1/deployments/{deployment['id']}/decision/refusal"
    return await (await town.client("approver")).post(path, json={"reason": "Not like this."})


async def test_what_is_being_logged_is_not_sent_back(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    await town.introduce()
    made = await town.register()
    await town.sign_decision(made, town.approvers[0])
    asked, go_on, record = asyncio.Event(), asyncio.Event(), town.keeper.record

    async def slowly(envelope: Envelope) -> int:
        index = await record(envelope)
        asked.set()
        await go_on.wait()
        return index

    monkeypatch.setattr(type(town.keeper), "record", lambda self, envelope: slowly(envelope))
    signing = asyncio.create_task(town.sign_decision(made, town.approvers[1]))
    await asked.wait()
    back = await send_back(town, made)
    go_on.set()

    assert problem(back)[:2] == (409, "being-logged")
    shown = (await signing).json()
    assert (shown["state"], shown["sent_back"]) == ("decided", None)


@pytest.mark.parametrize("signer", [0, 1])
async def test_what_the_keeper_logged_and_nobody_heard_is_taken_up(
    town: Town, monkeypatch: pytest.MonkeyPatch, signer: int
) -> None:
    await town.introduce()
    made = await town.register()
    await town.sign_decision(made, town.approvers[0])

    async def gone(*_: object, **__: object) -> None:
        raise DatabaseUnavailableError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(Deployments, "logged", gone)
        assert problem(await town.sign_decision(made, town.approvers[1]))[:2] == (503, "database-unavailable")
    assert problem(await send_back(town, made))[:2] == (409, "being-logged")
    town.now_us += 2 * HOUR_US  # its window is over by now

    decided = await town.sign_decision(made, town.approvers[signer])
    logged = [leaf for leaf in town.log.entries(0, 99) if leaf.event == Event.DECISION_SIGNED]
    assert decided.status_code == 201, decided.text
    assert [one["slot"] for one in decided.json()["signatures"]] == ["slot-1", "slot-2"]
    assert [leaf.digest for leaf in logged] == [made["decision"]["digest"]]


async def test_what_the_keeper_refused_may_be_sent_back(town: Town) -> None:
    await town.introduce()
    made = await town.register()
    await town.sign_decision(made, town.approvers[0])
    town.now_us += 2 * HOUR_US
    assert problem(await town.sign_decision(made, town.approvers[1])) == (422, "rule-refused", "keeper.window")

    assert (await send_back(town, made)).json()["sent_back"]["reason"] == "Not like this."
