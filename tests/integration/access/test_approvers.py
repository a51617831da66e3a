# SPDX-License-Identifier: EUPL-1.2
"""Who can sign: slots, bound or not, codes left, and when a key was last tried, which approves nothing."""

from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from contract.envelope import PrivateKey, fingerprint, sign, signing_input, spki
from contract.record import encode, plain
from tests.integration.town import MINUTE_US, Town, nothing_changes, problem


async def tried(
    town: Town, who: str, key: PrivateKey, slot: str = "slot-1", late_us: int = 0, kind: str = "signing-try"
) -> httpx.Response:
    moment = {"slot": slot, "at_us": town.now_us + late_us}
    signature = plain(sign(signing_input(kind, encode(moment)), key))
    return await (await town.client(who)).post("/v1/approvers/tries", json={**moment, "signature": signature})


async def shown(town: Town) -> dict[str, dict[str, Any]]:
    answer = await (await town.client("viewer")).get("/v1/approvers")
    return {one["slot"]: one for one in answer.json()}


async def test_slots_are_shown_unbound_then_bound_with_the_codes_that_are_left(town: Town) -> None:
    operator = await town.client("operator")
    assert problem(await operator.get("/v1/approvers"))[:2] == (409, "no-roster")
    await town.introduce()
    key = ec.generate_private_key(ec.SECP256R1())
    assert (await town.bind("slot-2", key, 1)).status_code == 201

    one, two = (await shown(town)).values()

    assert one == {
        "slot": "slot-1",
        "name": "Een",
        "person": "Approver",
        "state": "bound",
        "counter": 0,
        "codes_left": 2,
        "fingerprint": fingerprint(spki(town.approvers[0])),
        "last_tried_at_us": None,
    }
    assert (two["counter"], two["codes_left"], two["fingerprint"]) == (1, 1, fingerprint(spki(key)))


async def test_before_a_code_was_used_three_are_left(town: Town) -> None:
    await town.introduce()
    async with town.database.transaction() as db:
        await db.run("delete from records where type = 'binding' and subject = 'slot-2'")

    two = (await shown(town))["slot-2"]

    assert (two["state"], two["counter"], two["codes_left"], two["fingerprint"]) == ("unbound", None, 3, None)


async def test_a_try_is_remembered_until_another_key_is_bound(town: Town) -> None:
    await town.introduce()
    town.now_us += MINUTE_US
    with nothing_changes(town):
        assert (await tried(town, "approver", town.approvers[0])).status_code == 204
    assert (await shown(town))["slot-1"]["last_tried_at_us"] == town.now_us
    first_us = town.now_us
    town.now_us += MINUTE_US
    assert (await tried(town, "approver", town.approvers[0])).status_code == 204
    assert (await shown(town))["slot-1"]["last_tried_at_us"] == first_us + MINUTE_US

    assert (await town.bind("slot-1", ec.generate_private_key(ec.SECP256R1()), 1)).status_code == 201
    assert (await shown(town))["slot-1"]["last_tried_at_us"] is None


async def test_a_try_that_shows_nothing_is_refused(town: Town) -> None:
    await town.introduce()
    mine, others = town.approvers

    assert problem(await tried(town, "approver", others, "slot-2")) == (403, "not-your-slot", "R10")
    assert problem(await tried(town, "approver", others)) == (422, "signature-refused", "signature.key")
    wrong = await tried(town, "approver", mine, kind="decision")
    assert problem(wrong) == (422, "signature-refused", "signature.wrong")
    for late_us in (-6 * MINUTE_US, 6 * MINUTE_US):
        assert problem(await tried(town, "approver", mine, late_us=late_us)) == (422, "clock-apart", "try.time")
    assert (await shown(town))["slot-1"]["last_tried_at_us"] is None


@pytest.mark.parametrize("role", ["operator", "installer", "viewer"])
async def test_who_approves_nothing_tries_nothing(town: Town, role: str) -> None:
    await town.introduce()
    assert problem(await tried(town, role, town.approvers[0])) == (403, "not-allowed", "R11")
