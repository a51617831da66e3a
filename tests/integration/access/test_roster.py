# SPDX-License-Identifier: EUPL-1.2
"""Roster and bindings come in by the API, on their own authority, and only through the log."""

import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.envelope import enclose, read, spki
from contract.events import Event
from contract.keys import slot_key
from contract.record import load, plain
from contract.roster import BINDING, ROSTER, Binding, Roster
from tests.integration.town import PLAN, Town, disk_full, nothing_changes, problem


def roster_of(town: Town) -> dict[str, object]:
    return dict(json.loads((town.layout.offline / "roster.json").read_bytes()))


async def test_what_was_posted_stands_in_the_log_once(town: Town) -> None:
    await town.introduce()
    with nothing_changes(town):
        await town.introduce()

    events = [leaf.event for leaf in town.log.entries(0, 100)]
    assert events == [Event.ROSTER_PUBLISHED, Event.BINDING_MADE, Event.BINDING_MADE]


async def test_a_roster_by_another_key_is_refused(town: Town) -> None:
    operator = await town.client("operator")
    genuine = load(Roster, read((town.layout.offline / "roster.json").read_bytes()).body)
    forged = enclose(ROSTER, replace(genuine, serial=2), Ed25519PrivateKey.generate())

    with nothing_changes(town):
        answer = await operator.post("/v1/roster", json=plain(forged))

    assert problem(answer) == (422, "record-refused", "roster.signature")


async def test_a_binding_before_its_roster_or_by_another_key_is_refused(town: Town) -> None:
    approver = await town.client("approver")
    key = ec.generate_private_key(ec.SECP256R1())
    forged = plain(enclose(BINDING, Binding("slot-1", 0, spki(key)), Ed25519PrivateKey.generate()))

    assert problem(await approver.post("/v1/bindings", json=forged))[:2] == (409, "no-roster")
    await town.introduce()
    assert problem(await approver.post("/v1/bindings", json=forged)) == (422, "record-refused", "binding.signature")


async def test_a_binding_is_an_approvers_for_the_slot_of_the_account(town: Town) -> None:
    await town.introduce()
    mine = ec.generate_private_key(ec.SECP256R1())
    others = slot_key(town.codes("slot-2")[1], PLAN.municipality, "slot-2", 1)  # a sheet that somebody lost
    binding = plain(enclose(BINDING, Binding("slot-2", 1, spki(mine)), others))

    with nothing_changes(town):
        assert problem(await (await town.client("approver")).post("/v1/bindings", json=binding)) == (
            403,
            "not-your-slot",
            "R10",
        )
        refused = await (await town.client("operator")).post("/v1/bindings", json=binding)
        assert problem(refused) == (403, "not-allowed", "R11")


async def test_a_code_binds_once_and_no_earlier_code_after_it(town: Town) -> None:
    await town.introduce()
    key = ec.generate_private_key(ec.SECP256R1())

    with nothing_changes(town):
        assert problem(await town.bind("slot-1", key, 0)) == (409, "code-used", "binding.counter")
    assert (await town.bind("slot-1", key, 2)).status_code == 201
    with nothing_changes(town):
        assert (await town.bind("slot-1", key, 2)).status_code == 201  # asked again, the same is said
        assert problem(await town.bind("slot-1", ec.generate_private_key(ec.SECP256R1()), 1))[1] == "code-used"


async def test_one_key_is_not_bound_to_two_slots(town: Town) -> None:
    await town.introduce()

    with nothing_changes(town):
        assert problem(await town.bind("slot-2", town.approvers[0], 1)) == (409, "key-taken", "R10")


async def test_the_roster_is_read_as_it_was_signed(town: Town) -> None:
    viewer = await town.client("viewer")
    assert problem(await viewer.get("/v1/roster"))[:2] == (409, "no-roster")
    await town.introduce()

    shown = (await viewer.get("/v1/roster")).json()

    genuine = load(Roster, read((town.layout.offline / "roster.json").read_bytes()).body)
    assert shown == plain(genuine)


async def test_a_log_that_cannot_be_written_refuses_and_changes_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = await town.client("operator")
    disk_full(monkeypatch, True)
    assert problem(await operator.post("/v1/roster", json=roster_of(town)))[:2] == (503, "log-unavailable")

    disk_full(monkeypatch, False)
    assert (await operator.post("/v1/roster", json=roster_of(town))).status_code == 201


async def test_a_keeper_that_is_gone_is_said(town: Town) -> None:
    operator = await town.client("operator")
    town.keeping.stop.set()
    while town.layout.socket("keeper").exists():
        await operator.get("/v1/session")

    assert problem(await operator.post("/v1/roster", json=roster_of(town)))[:2] == (503, "keeper-unreachable")


@pytest.mark.parametrize("body", [[], {"type": "roster"}, {"type": "roster", "body": "e30=", "signatures": [], "x": 1}])
async def test_what_is_no_envelope_is_a_problem(town: Town, body: object) -> None:
    operator = await town.client("operator")

    assert problem(await operator.post("/v1/roster", json=body))[:2] == (400, "invalid-request")
