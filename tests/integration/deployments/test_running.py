# SPDX-License-Identifier: EUPL-1.2
"""Over the API, while a decision runs: an overrun by one of the team, a confirmation by one approver, aiming, a swap.

What the unit makes of it, its own code says, by the message that the hub composes.
"""

from base64 import b64decode
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from contract.authority import EMPTY, Examined, examine
from contract.events import Event
from contract.mandate import read_message
from contract.record import dump, load
from contract.running import OverrunTaken
from contract.tlog import commitment
from edge.unit import identity
from hub import ceremony
from hub.deployments.composing import Composer
from hub.store.deployments import Deployments
from hub.store.downlink import Downlink
from hub.store.faults import DuplicateError
from hub.store.overruns import Overruns
from hub.store.records import SignedRecords
from hub.store.units import Units
from tests.integration.live.test_views import LOOK, live
from tests.integration.town import CAMERA, HOUR_US, MINUTE_US, UNIT, Town, nothing_changes, problem, signature


async def told(town: Town, unit: str = UNIT) -> Examined:
    """What the unit makes of the message that it would be sent now."""
    records, downlink, units = SignedRecords(town.database), Downlink(town.database), Units(town.database)
    composer = Composer(records, downlink, town.anchors, town.layout.log, lambda: town.now_us)
    row = await units.get(unit)
    assert row is not None
    composed = await composer.compose(row)
    assert composed is not None
    name = identity.read_identity(town.layout.unit(UNIT), UNIT).name
    return examine(read_message(dump(composed.message)), town.anchors, EMPTY, name)


async def runs(town: Town, deployment: dict[str, Any]) -> dict[str, Any]:
    answer = await (await town.client("viewer")).get(f"/v1/deployments/{deployment['id']}/running")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def ask(town: Town, deployment: dict[str, Any], reason: str = "The march is not over.") -> Any:
    path = f"/v1/deployments/{deployment['id']}/overruns"
    return await (await town.client("operator")).post(path, json={"reason": reason})


async def test_who_is_to_sign_finds_their_own_reason_in_it(town: Town) -> None:
    deployment = await opened(town)
    draft = (await ask(town, deployment, "It is still full.")).json()
    body, salt = load(OverrunTaken, b64decode(draft["body"])), bytes.fromhex(draft["reason_salt"])
    assert body.reason_digest == commitment(b"It is still full.", salt)
    assert body.reason_digest != commitment(b"It is empty.", salt)


async def overrun(town: Town, deployment: dict[str, Any]) -> dict[str, Any]:
    """One of the team prolongs the window that is open."""
    draft = (await ask(town, deployment)).json()
    path = f"/v1/overruns/{draft['digest']}/signatures"
    answer = await (await town.client("operator")).post(path, json=signature(draft, town.operators[0]))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def opened(town: Town, **changes: Any) -> dict[str, Any]:
    """A deployment whose window ends in a minute."""
    deployment = await town.deploy(**changes)
    town.now_us += HOUR_US
    return deployment


async def test_one_of_the_team_prolongs_and_everything_takes_the_new_end(town: Town) -> None:
    deployment = await opened(town)
    before = (await runs(town, deployment))["window"]
    assert (before["overruns_taken"], before["overruns_left"], before["overrun_minutes"]) == (0, 2, 30)
    assert before["warn_at_us"] == [before["ends_us"] - minutes * MINUTE_US for minutes in (30, 10, 2)]
    logged = await overrun(town, deployment)
    assert Event(town.log.entry(logged["log_index"]).event) is Event.OVERRUN_TAKEN
    shown = await runs(town, deployment)
    window = shown["window"]
    assert (window["to_us"], window["ends_us"]) == (before["to_us"], before["to_us"] + 30 * MINUTE_US)
    assert (window["overruns_taken"], window["last_us"]) == (1, before["last_us"])
    (taken,) = shown["overruns"]
    assert (taken["reason"], taken["by"], taken["nth"]) == ("The march is not over.", "operator", 1)
    (order,) = (await told(town)).orders
    assert order.course.windows[0].to_us == window["ends_us"]
    town.now_us = before["to_us"] + MINUTE_US
    (filming,) = (await (await town.client("viewer")).get("/v1/overview")).json()["filming"]
    assert filming["until_us"] == window["ends_us"]


async def test_what_was_asked_for_stays_apart_from_the_log(town: Town) -> None:
    deployment = await opened(town)
    await overrun(town, deployment)
    entries = list(town.log.entries(0, town.log.checkpoint()[1].size))
    assert all("march" not in str(entry) for entry in entries)


async def test_no_more_overruns_than_decided_and_none_after_the_end(town: Town) -> None:
    deployment = await opened(town)
    await overrun(town, deployment)
    await overrun(town, deployment)
    assert problem(await ask(town, deployment)) == (409, "overrun-spent", "overrun.times")
    town.now_us += 3 * HOUR_US
    assert problem(await ask(town, deployment)) == (409, "overrun-closed", "R04")


async def test_two_who_prolong_at_once_prolong_once(town: Town) -> None:
    deployment = await opened(town)
    first, second = [(await ask(town, deployment)).json() for _ in range(2)]
    operator = await town.client("operator")
    path = "/v1/overruns/{}/signatures"
    one = await operator.post(path.format(first["digest"]), json=signature(first, town.operators[0]))
    two = await operator.post(path.format(second["digest"]), json=signature(second, town.operators[0]))
    assert one.status_code == 201
    assert problem(two) == (422, "rule-refused", "keeper.overrun")
    assert (await runs(town, deployment))["window"]["overruns_taken"] == 1


async def test_who_prolonged_is_who_signed_with_their_own_key(town: Town) -> None:
    deployment = await opened(town)
    draft = (await ask(town, deployment)).json()
    path, signed = f"/v1/overruns/{draft['digest']}/signatures", signature(draft, town.operators[1])
    with nothing_changes(town):
        answer = await (await town.client("operator")).post(path, json=signed)
        assert problem(answer) == (422, "signature-refused", "R10")
    assert (await (await town.client("operator-2")).post(path, json=signed)).status_code == 201
    (taken,) = (await runs(town, deployment))["overruns"]
    assert taken["by"] == "operator-2", "operator asked, and did not sign"


async def test_a_reason_to_prolong_has_words(town: Town) -> None:
    deployment = await opened(town)
    assert problem(await ask(town, deployment, "   "))[:2] == (400, "invalid-request")


async def test_why_is_not_kept_without_what_is_to_be_signed(town: Town) -> None:
    deployment = await opened(town)
    await ask(town, deployment)
    (kept,) = (await Overruns(town.database).of_deployment(deployment["id"])).values()
    draft = await Deployments(town.database).draft(kept.digest)
    assert draft is not None
    with pytest.raises(DuplicateError):
        await Overruns(town.database).add(replace(kept, digest="0" * 64), draft)
    assert list(await Overruns(town.database).of_deployment(deployment["id"])) == [kept.digest]


async def test_nobody_else_prolongs(town: Town) -> None:
    deployment = await opened(town)
    draft = (await ask(town, deployment)).json()
    path = f"/v1/overruns/{draft['digest']}/signatures"
    stranger = ec.generate_private_key(ec.SECP256R1())
    with nothing_changes(town):
        for key in (stranger, town.approvers[0]):
            answer = await (await town.client("operator")).post(path, json=signature(draft, key))
            assert problem(answer) == (422, "signature-refused", "signature.key")
        for name in ("viewer", "approver"):
            asked = await (await town.client(name)).post(
                f"/v1/deployments/{deployment['id']}/overruns", json={"reason": "because"}
            )
            assert problem(asked)[:2] == (403, "not-allowed")


async def test_an_approver_confirms_that_it_is_necessary(town: Town) -> None:
    window = {"from_us": town.now_us + MINUTE_US, "to_us": town.now_us + MINUTE_US + 60 * HOUR_US}
    deployment = await opened(town, windows=[window])
    town.now_us += 10 * HOUR_US
    approver = await town.client("approver")
    draft = (await approver.post(f"/v1/deployments/{deployment['id']}/necessity", json={})).json()
    path = f"/v1/necessities/{draft['digest']}/signatures"
    refused = await approver.post(path, json=signature(draft, town.operators[0]))
    assert problem(refused) == (422, "signature-refused", "signature.key")
    other = await approver.post(path, json=signature(draft, town.approvers[1]))
    assert problem(other) == (422, "signature-refused", "R10")
    signed = await approver.post(path, json=signature(draft, town.approvers[0]))
    assert Event(town.log.entry(signed.json()["log_index"]).event) is Event.NECESSITY_CONFIRMED
    assert (await runs(town, deployment))["window"]["necessary_until_us"] == town.now_us + 24 * HOUR_US
    (order,) = (await told(town)).orders
    assert order.confirmed_us == (town.now_us,)


async def aim(town: Town, deployment: dict[str, Any], minutes: int = 15) -> dict[str, Any]:
    """Two of the team have the unit aimed."""
    draft = (await town.draft_assignment(deployment, setup_minutes=minutes)).json()
    pending = await (await town.client("operator")).get(f"/v1/deployments/{deployment['id']}/assignments/pending")
    assert [one["digest"] for one in pending.json()] == [draft["digest"]]
    for key in town.operators:
        answer = await town.sign_assignment(draft, key)
        assert answer.status_code == 201, answer.text
    assert (await (await town.client("operator")).get(str(pending.url))).json() == []
    return dict(answer.json())


async def test_a_camera_is_aimed_before_its_window_and_seen_by_those_who_aim(town: Town) -> None:
    await town.introduce()
    await town.enrol()
    later = {"from_us": town.now_us + 5 * HOUR_US, "to_us": town.now_us + 6 * HOUR_US}
    deployment = await town.decide(windows=[later])
    await live(town)
    aimed = await aim(town, deployment)
    assert aimed["setup"] == {"from_us": town.now_us, "to_us": town.now_us + 15 * MINUTE_US}
    (order,) = (await told(town)).orders
    assert (order.recorded, order.window(town.now_us) is not None) == (False, True)
    for name in ("installer", "operator"):
        answer = await (await town.client(name)).post("/v1/views", json=LOOK)
        assert answer.status_code == 201, answer.text
        assert answer.json()[0]["until_us"] == aimed["setup"]["to_us"]
    refused = await (await town.client("viewer")).post("/v1/views", json=LOOK)
    assert problem(refused) == (409, "window-closed", "R04")
    town.now_us += 15 * MINUTE_US
    await live(town)
    assert problem(await (await town.client("installer")).post("/v1/views", json=LOOK))[:2] == (409, "window-closed")
    assert (await told(town)).orders == ()


async def test_an_installer_sees_nothing_that_is_filmed(town: Town) -> None:
    await opened(town)
    await live(town)
    assert problem(await (await town.client("installer")).post("/v1/views", json=LOOK))[:2] == (409, "window-closed")
    back = {"cameras": [CAMERA], "purpose": "replay", "from_us": town.now_us - 5, "to_us": town.now_us}
    assert problem(await (await town.client("installer")).post("/v1/views", json=back))[:2] == (403, "not-allowed")


async def test_a_look_lasts_as_long_as_the_window_may_be_prolonged(town: Town) -> None:
    deployment = await opened(town)
    await live(town)
    (view,) = (await (await town.client("viewer")).post("/v1/views", json=LOOK)).json()
    assert view["until_us"] == (await runs(town, deployment))["window"]["last_us"]


@pytest.mark.parametrize("minutes", [0, 16])
async def test_aiming_has_its_bounds(town: Town, minutes: int) -> None:
    deployment = await town.deploy()
    assert problem(await town.draft_assignment(deployment, setup_minutes=minutes))[:2] == (400, "invalid-request")
    town.now_us += 5 * HOUR_US
    assert problem(await town.draft_assignment(deployment, setup_minutes=5)) == (409, "setup-over", "R04")


async def test_a_unit_that_was_swapped_out_is_told_and_never_asked_again(town: Town) -> None:
    deployment = await town.deploy()
    identity.init(town.layout.unit("unit-2"), "unit-2")
    ceremony.certify(town.layout, [town.layout.unit("unit-2")], town.now_us)
    pem = (town.layout.unit("unit-2") / "identity.pem").read_text()
    body = {"certificate": pem, "camera": "camera-2", "source_note": "a test"}
    answer = await (await town.client("operator")).post("/v1/units", json=body)
    assert answer.status_code == 201, answer.text
    draft = (await town.draft_assignment(deployment, unit="unit-2", camera="camera-2")).json()
    assert draft["serial"] == 2
    for key in town.operators:
        await town.sign_assignment(draft, key)
    found = await told(town)
    assert (found.orders, found.refusals) == ((), ())
    noted = {item.what: item.serial for item in found.memory.serials}
    assert noted[f"assignment/{deployment['id']}/post-1"] == 2
