# SPDX-License-Identifier: EUPL-1.2
"""The mandate message, judged by the unit's own verifier: it holds, also for a unit that has seen the log before."""

import base64
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.authority import EMPTY, Examined, Memory, examine
from contract.envelope import Envelope, enclose, spki
from contract.keys import slot_key
from contract.mandate import DECISION, KEYSET, MESSAGE_LIMIT, Decision, MandateMessage, read_message
from contract.record import dump, load
from contract.roster import BINDING, Binding
from hub.deployments.composing import Composer
from hub.deployments.mandates import SEND_AGAIN_US, Mandates
from hub.store.downlink import Downlink
from hub.store.records import RecordRow, SignedRecords
from hub.store.units import Units
from tests.integration.town import HOUR_US, MINUTE_US, PLAN, UNIT, Town


def mandates(town: Town) -> Mandates:
    def now_us() -> int:
        return town.now_us

    units, downlink = Units(town.database), Downlink(town.database)
    composer = Composer(SignedRecords(town.database), downlink, town.anchors, town.layout.log, now_us)
    return Mandates(composer, units, downlink, now_us)


async def sent(town: Town) -> MandateMessage:
    row = await Downlink(town.database).mandate(UNIT)
    assert row is not None and len(row.payload) <= MESSAGE_LIMIT
    return read_message(row.payload)


def judged(town: Town, message: MandateMessage, memory: Memory = EMPTY) -> Examined:
    return examine(message, town.anchors, memory, town.identity.name)


async def seen(town: Town, memory: Memory) -> None:
    """The unit reports how much of the log it has verified."""
    async with town.database.transaction() as db:
        await db.run("update units set checkpoint_size = :n", n=memory.checkpoint_size)


async def grow(town: Town, **changes: Any) -> None:
    """The log goes on: another deployment is decided."""
    await town.decide(title="Elders", **changes)


async def test_the_unit_accepts_what_is_composed(town: Town) -> None:
    deployment = await town.deploy()
    await mandates(town).refresh_all()

    found = judged(town, await sent(town))
    assert found.refusals == ()
    assert [order.decision.number for order in found.orders] == [deployment["number"]]
    assert found.orders[0].hour_key(town.now_us + MINUTE_US).from_us <= town.now_us + MINUTE_US


async def test_nothing_new_is_not_sent_again(town: Town) -> None:
    await town.deploy()
    await mandates(town).refresh(UNIT)
    first = await sent(town)
    await grow(town)
    await mandates(town).refresh(UNIT)
    assert await sent(town) == first

    await seen(town, judged(town, first).memory)
    await mandates(town).refresh(UNIT)
    assert await sent(town) == first


async def test_a_unit_that_has_seen_the_log_gets_a_proof_from_there(town: Town) -> None:
    await town.deploy()
    await mandates(town).refresh(UNIT)
    memory = judged(town, await sent(town)).memory
    await seen(town, memory)
    deployment = await town.decide(title="Tweede")
    draft = (await town.draft_assignment(deployment)).json()
    for key in town.operators:
        await town.sign_assignment(draft, key)
    await mandates(town).refresh(UNIT)

    message = await sent(town)
    assert message.consistency.from_size == memory.checkpoint_size
    found = judged(town, message, memory)
    assert [order.decision.number for order in found.orders] == ["2026-001", "2026-002"]
    assert found.memory.checkpoint_size > memory.checkpoint_size


async def test_a_unit_that_reports_another_size_than_was_sent_gets_a_new_proof(town: Town) -> None:
    await town.deploy()
    await mandates(town).refresh(UNIT)
    memory = judged(town, await sent(town)).memory
    await grow(town)
    async with town.database.transaction() as db:
        await db.run("delete from downlink")
    await mandates(town).refresh(UNIT)  # as if the unit were fresh: its report has not come yet
    await seen(town, memory)
    await mandates(town).refresh(UNIT)

    assert judged(town, await sent(town), memory).refusals == ()


async def unsent(town: Town) -> int:
    return len(await Downlink(town.database).unsent(town.now_us, 9))


async def test_a_message_that_the_unit_did_not_take_is_sent_again(town: Town) -> None:
    await town.deploy()
    downlink = Downlink(town.database)
    await mandates(town).refresh(UNIT)
    memory = judged(town, await sent(town)).memory
    for row in await downlink.unsent(town.now_us, 9):
        await downlink.sent(row, town.now_us)
    town.now_us += SEND_AGAIN_US - 1
    await mandates(town).refresh(UNIT)
    assert await unsent(town) == 0
    await mandates(town).refresh(UNIT, started=True)
    assert await unsent(town) == 1
    for row in await downlink.unsent(town.now_us, 9):
        await downlink.sent(row, town.now_us)
    town.now_us += SEND_AGAIN_US
    await mandates(town).refresh(UNIT)
    assert await unsent(town) == 1

    for row in await downlink.unsent(town.now_us, 9):
        await downlink.sent(row, town.now_us)
    await seen(town, memory)  # the unit took it
    town.now_us += SEND_AGAIN_US
    await mandates(town).refresh(UNIT)
    assert await unsent(town) == 0


async def test_what_is_over_is_left_out_and_a_unit_without_orders_is_told_so(town: Town) -> None:
    await town.deploy()
    await mandates(town).refresh(UNIT)
    town.now_us += 4 * HOUR_US
    await mandates(town).refresh(UNIT)

    assert judged(town, await sent(town)).orders == ()


async def test_before_a_roster_nothing_is_sent(town: Town) -> None:
    await town.enrol()
    await mandates(town).refresh_all()

    assert await Downlink(town.database).mandate(UNIT) is None


async def test_a_placement_of_an_older_key_of_the_unit_is_left_out(town: Town) -> None:
    await town.deploy()
    async with town.database.transaction() as db:
        await db.run("update units set epoch = 2")
    await mandates(town).refresh(UNIT)

    assert (await sent(town)).mandates == ()


async def placed(town: Town, **changes: Any) -> None:
    """One more deployment with the unit in it."""
    deployment = await town.decide(**changes)
    draft = (await town.draft_assignment(deployment)).json()
    for key in town.operators:
        await town.sign_assignment(draft, key)


async def test_what_must_stay_and_does_not_fit_is_an_alarm_and_withdraws_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await town.deploy()
    await placed(town)
    await mandates(town).refresh(UNIT)
    two = await sent(town)
    await grow(town)
    monkeypatch.setattr("contract.mandate.MESSAGE_LIMIT", len(dump(two)) - 1000)
    await mandates(town).refresh(UNIT)

    monkeypatch.undo()
    assert await sent(town) == two and len(two.mandates) == 2
    alarms = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert "keeps its old mandate: 2026-001, 2026-002 do not fit" in alarms[-1]


async def newer(town: Town, deployment: dict[str, Any]) -> tuple[Envelope, int]:
    """A second decision for a deployment, signed and logged."""
    first = load(Decision, base64.b64decode(deployment["decision"]["body"]))
    envelope = enclose(DECISION, replace(first, serial=2, necessity="Another reason."), *town.approvers)
    return envelope, await town.keeper.record(envelope)


async def test_a_newer_decision_whose_keys_are_not_born_yet_leaves_the_order_as_it_is(town: Town) -> None:
    deployment = await town.deploy()
    await mandates(town).refresh(UNIT)
    memory = judged(town, await sent(town)).memory
    envelope, index = await newer(town, deployment)
    records = SignedRecords(town.database)
    row = RecordRow(envelope.digest, DECISION, deployment["id"], None, 2, dump(envelope), index, town.now_us)
    await records.add(row, notify_all=True)
    await mandates(town).refresh(UNIT)
    assert [order.decision.serial for order in judged(town, await sent(town), memory).orders] == [1]

    keyset, at = await town.keeper.birth(envelope.digest)
    row = RecordRow(keyset.digest, KEYSET, deployment["id"], None, 2, dump(keyset), at, town.now_us)
    await records.add(row, notify_all=True)
    await mandates(town).refresh(UNIT)
    assert [order.decision.serial for order in judged(town, await sent(town)).orders] == [2]


async def test_what_stands_is_read_as_of_one_moment(town: Town) -> None:
    deployment = await town.deploy()
    records = SignedRecords(town.database)
    native = town.database.url.replace("+psycopg", "")

    def meanwhile(row: RecordRow) -> bool:
        with psycopg.connect(native) as other:
            other.execute("delete from records where type = 'assignment'")
            other.execute(
                "insert into records select 'later', type, deployment, subject, 2, envelope, log_index, logged_at_us"
                " from records where type = 'decision'"
            )
        return True

    before = await records.of_deployment(deployment["id"])
    assert await records.at_one_moment((), DECISION, meanwhile) == before
    assert await records.of_deployment(deployment["id"]) != before


async def test_bindings_that_were_ever_made_do_not_displace_orders(town: Town) -> None:
    await town.deploy()
    await mandates(town).refresh(UNIT)
    before = await sent(town)
    signer = slot_key(town.codes("slot-1")[0], PLAN.municipality, "slot-1", 0)
    for n in range(70):  # as a hub whose keeper once took them may have them
        stray = enclose(BINDING, Binding("slot-1", 0, spki(Ed25519PrivateKey.generate())), signer)
        row = RecordRow(stray.digest, BINDING, None, "slot-1", 0, dump(stray), 1000 + n, town.now_us)
        await SignedRecords(town.database).add(row, notify_all=True)
    await mandates(town).refresh(UNIT)

    assert await sent(town) == before
    assert [order.decision.number for order in judged(town, before).orders] == ["2026-001"]


async def test_a_spare_code_takes_the_place_of_the_key_before_it(town: Town) -> None:
    await town.deploy()
    await mandates(town).refresh(UNIT)
    memory = judged(town, await sent(town)).memory
    await seen(town, memory)
    lost, town.approvers[0] = town.approvers[0], ec.generate_private_key(ec.SECP256R1())
    assert (await town.bind("slot-1", town.approvers[0], 1)).status_code == 201
    await placed(town)
    await mandates(town).refresh(UNIT)

    message = await sent(town)
    keys = {load(Binding, envelope.body).key for envelope in message.bindings}
    assert keys == {spki(key) for key in town.approvers} and spki(lost) not in keys
    assert "2026-002" in [order.decision.number for order in judged(town, message, memory).orders]
