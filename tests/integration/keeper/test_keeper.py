# SPDX-License-Identifier: EUPL-1.2
"""The keeper logs and signs on checked evidence only, and lives through a full disk as it promises."""

from __future__ import annotations

import asyncio
import struct
from dataclasses import fields, replace
from pathlib import Path

import pytest

from contract.authority import EMPTY, RefusedError, check_publish_lease, examine, post_digest
from contract.envelope import Envelope, enclose, opened, spki
from contract.events import PUBLIC_IDS, Event
from contract.index import CLOSING, DELETION, GAP, INDEX_ROW, ROWS, IndexRow
from contract.live import TICKET, Grant, GrantRef, Ticket
from contract.mandate import ASSIGNMENT, HOUR_US, Assignment, Decision, Keyset, LoggedLeaf, MandateMessage, read_message
from contract.messages import ACK, Ack
from contract.record import dump, load
from contract.segment import FILM_CERTIFICATE, FilmCertificate
from hub.audit.faults import LogUnavailableError
from hub.keeper.client import KeeperRefusedError
from hub.store.vault import VaultKey
from tests.integration.keeper.keeping import MEDIA, START, Running, name, refused, running
from tests.simulated_hub import (
    DEPLOYMENT,
    SLOTS,
    Fault,
    SimulatedHub,
    ed25519,
    necessity,
    overrun,
    p256,
    post,
    unit_name,
)

NOW_US = 1_790_000_000_000_000
FAULT_US = 300_000_000


@pytest.fixture
def hub() -> SimulatedHub:
    return SimulatedHub(NOW_US, unit_name()[0])


def row(hub: SimulatedHub, run: Running, order: Envelope, placed: Envelope, **changes: object) -> Envelope:
    keyset = run.service._shelf.keysets[0]
    key = keyset.for_hour(hub.now_us)
    assert key is not None
    film = ed25519("film")
    certificate = FilmCertificate(hub.me.unit, order.digest, START, spki(film), hub.now_us)
    body = IndexRow(
        deployment=load(Decision, order.body).deployment,
        unit=hub.me.unit,
        camera=hub.camera,
        layer="main",
        recovered=False,
        run="d" * 32,
        segment=0,
        start_id=START,
        decision=order.digest,
        assignment=placed.digest,
        hour_key=key.key,
        film_certificate=enclose(FILM_CERTIFICATE, certificate, unit_name()[1]),
        previous="0" * 64,
        chain="e" * 64,
        header_sha256="f" * 64,
        records=3,
        length=1000,
        from_us=hub.now_us,
        to_us=hub.now_us + 8_000_000,
    )
    return enclose(INDEX_ROW, replace(body, **changes), film)  # type: ignore[arg-type]


def statement(beside: Envelope, kind: str, **changes: object) -> Envelope:
    """What the unit says beside a segment: a gap, the window's end, or that it holds the segment no more."""
    said = load(IndexRow, beside.body)
    shared = {field.name: getattr(said, field.name) for field in fields(ROWS[kind]) if hasattr(said, field.name)}
    own: dict[str, dict[str, object]] = {
        GAP: {"reason": "no-picture"},
        CLOSING: {"ended": "window"},
        DELETION: {"reason": "retention", "segment": said.chain},
    }
    return enclose(kind, ROWS[kind](**{**shared, **own[kind], **changes}), ed25519("film"))


async def test_an_order_is_logged_and_a_unit_accepts_its_mandate(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        text, checkpoint = run.log.checkpoint()
        leaves = tuple(
            LoggedLeaf(n, leaf.encode(), run.log.inclusion(n, checkpoint.size))
            for n, leaf in enumerate(run.log.entries(0, checkpoint.size))
            if leaf.event != Event.KEY_BORN.value
        )
        message = MandateMessage(
            hub.roster_envelope,
            tuple(hub.bindings),
            (mandate,),
            leaves,
            text,
            read_message(hub.message()).consistency,
        )
        examined = examine(read_message(dump(message)), hub.anchors, EMPTY, hub.me)

        assert not examined.refusals
        assert [order.assignment.camera for order in examined.orders] == [hub.camera]
        run.log.check()


async def test_each_leaf_has_the_ids_of_its_event_and_nothing_else(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        ref = await run.grant()
        await run.keeper.watched(ref, NOW_US, NOW_US + 1)
        segment = row(hub, run, mandate.decision, mandate.assignments[0])
        lost = row(hub, run, mandate.decision, mandate.assignments[0], chain="d" * 64)
        for said in (segment, *(statement(lost, kind) for kind in (GAP, CLOSING, DELETION))):
            await run.keeper.row(said, spki(unit_name()[1]))
        await run.keeper.row(lost, spki(unit_name()[1]), statement(lost, DELETION))
        run.disk.full = True
        with pytest.raises(LogUnavailableError):
            await run.grant()
        run.disk.full = False
        await run.grant()
        overrun(hub)
        necessity(hub, NOW_US)
        for signed in (*hub.mandates[DEPLOYMENT].overruns, *hub.mandates[DEPLOYMENT].necessities):
            await run.keeper.record(signed)
        await run.keeper.urgent(mandate.decision.digest, NOW_US, ["posts"])
        await run.keeper.duty(DEPLOYMENT, "posts")
        await run.keeper.stop(mandate.decision.digest, NOW_US)
        await run.keeper.revoked(hub.me.unit, 1)
        keyset = load(Keyset, mandate.keyset.body)
        hub.now_us = keyset.keys[0].due_us
        await run.keeper.destroy(keyset.keys[0].key)

        leaves = list(run.log.entries(0, run.log.checkpoint()[1].size))

        by_its_own_call = {Event.UNIT_ENROLLED}  # tests/integration/fleet/test_claims.py
        assert {leaf.event for leaf in leaves} == {event.value for event in Event} - by_its_own_call
        for leaf in leaves:
            assert leaf.ids.keys() == PUBLIC_IDS[Event(leaf.event)]


async def test_what_is_logged_twice_stands_once(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        size = (await run.keeper.status()).size

        again = await run.keeper.record(mandate.decision)
        keyset, _ = await run.keeper.birth(mandate.decision.digest)

        assert run.log.entry(again).digest == mandate.decision.digest
        assert keyset == mandate.keyset
        assert (await run.keeper.status()).size == size


async def test_a_restarted_keeper_knows_what_it_logged(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
    async with running(tmp_path, hub) as run:
        assert (await run.keeper.birth(mandate.decision.digest))[0] == mandate.keyset
        ref = await run.grant()
        assert opened(await run.keeper.ticket(ref, hub.camera, MEDIA), TICKET, Ticket, spki(hub.order_key))


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        (Fault.ONE_SIGNATURE, "keeper.approvals"),
        (Fault.SAME_SLOT_TWICE, "keeper.approvals"),
        (Fault.SIGNER_NOT_BOUND, "keeper.approvals"),
        (Fault.WINDOW_BACKWARDS, "keeper.form"),
        (Fault.DEMO_DISAGREES, "keeper.demo"),
    ],
)
async def test_a_decision_that_does_not_hold_is_not_logged(
    tmp_path: Path, hub: SimulatedHub, fault: Fault, rule: str
) -> None:
    async with running(tmp_path, hub) as run:
        await run.publish()
        size = (await run.keeper.status()).size

        await refused(run.keeper.record(hub.order(fault).decision), rule)

        assert (await run.keeper.status()).size == size


@pytest.mark.parametrize("fault", [Fault.ONE_OF_THE_TEAM, Fault.OTHER_POST, Fault.POST_ALTERED, Fault.MASKS_ALTERED])
async def test_an_assignment_outside_the_decision_is_not_logged(
    tmp_path: Path, hub: SimulatedHub, fault: Fault
) -> None:
    async with running(tmp_path, hub) as run:
        await run.publish()
        mandate = hub.order(fault)
        await run.keeper.record(mandate.decision)
        await refused(run.keeper.record(mandate.assignments[0]), "keeper.assignment")


async def test_an_older_decision_and_a_forged_roster_are_refused(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        await run.publish()
        await run.keeper.record(hub.order(serial=2).decision)
        await refused(run.keeper.record(hub.order(serial=1).decision), "keeper.serial")
        forged = enclose("roster", replace(hub.roster, serial=2), ed25519("nobody"))
        await refused(run.keeper.record(forged), "keeper.roster")
        await refused(run.keeper.record(hub.bind("approver-a", 1, p256("thief"), ed25519("thief"))), "keeper.binding")


async def test_hour_keys_cover_the_windows_and_die_on_time(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        keyset = opened(mandate.keyset, "keyset", Keyset, spki(hub.order_key))
        decision = load(Decision, mandate.decision.body)

        first, last = decision.windows[0].from_us // HOUR_US, (decision.last_moment_us - 1) // HOUR_US

        assert [key.from_us for key in keyset.keys] == [hour * HOUR_US for hour in range(first, last + 1)]
        assert all(key.due_us == key.from_us + decision.retention_h * HOUR_US for key in keyset.keys)
        born = {leaf.ids["key"]: leaf.ids["due"] for _, leaf in run.log.find(Event.KEY_BORN.value)}
        assert born == {key.key: str(key.due_us) for key in keyset.keys}


async def test_a_grant_outside_the_window_or_for_another_camera_is_refused(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        await run.order()
        await refused(run.grant(minutes=60 + 61), "keeper.grant")  # the window, and its whole overrun
        hub.camera = "cam-9"
        await refused(run.grant(), "keeper.assignment")
        hub.camera = "cam-1"
        hub.now_us += 2 * HOUR_US
        await refused(run.grant(), "keeper.window")


async def test_only_the_logged_grant_opens(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        await run.order()
        ref = await run.grant()
        longer = dump(replace(load(Grant, ref.body), until_us=NOW_US + HOUR_US - 60_000_000))
        forged = [
            GrantRef(ref.body, bytes(16), ref.index),
            GrantRef(longer, ref.salt, ref.index),
            GrantRef(ref.body, ref.salt, 0),
            GrantRef(ref.body, ref.salt, 10_000),
        ]
        for other in forged:
            await refused(run.keeper.ticket(other, hub.camera, MEDIA), "keeper.grant")
            await refused(run.keeper.publish_lease(other, hub.camera, MEDIA, START), "keeper.grant")
            await refused(run.keeper.watched(other, NOW_US, NOW_US), "keeper.grant")
        await refused(run.keeper.ticket(ref, "cam-9", MEDIA), "keeper.grant")


@pytest.mark.parametrize(("from_us", "to_us"), [(5, 9), (NOW_US, NOW_US - 1), (NOW_US, NOW_US + HOUR_US)])
async def test_a_look_outside_its_grant_is_not_logged(
    tmp_path: Path, hub: SimulatedHub, from_us: int, to_us: int
) -> None:
    async with running(tmp_path, hub) as run:
        await run.order()
        await refused(run.keeper.watched(await run.grant(), from_us, to_us), "keeper.watched")


async def test_a_lease_is_what_the_unit_accepts_and_ends_with_the_grant(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        await run.order()
        ref = await run.grant(minutes=2)
        lease = await run.keeper.publish_lease(ref, hub.camera, MEDIA, START)

        held = check_publish_lease(lease, hub.roster, hub.me.unit, START, hub.now_us)

        assert held.until_us == NOW_US + 120_000_000
        with pytest.raises(RefusedError):
            check_publish_lease(lease, hub.roster, hub.me.unit, "c" * 32, hub.now_us)
        hub.now_us += 120_000_000
        await refused(run.keeper.publish_lease(ref, hub.camera, MEDIA, START), "keeper.grant")


async def test_a_segment_is_acked_once_it_is_logged(tmp_path: Path, hub: SimulatedHub) -> None:
    identity = spki(unit_name()[1])
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        good = row(hub, run, mandate.decision, mandate.assignments[0])
        await refused(run.keeper.ack(good, 0), "keeper.ack")

        index = await run.keeper.row(good, identity)
        ack = opened(await run.keeper.ack(good, index), ACK, Ack, spki(hub.order_key))

        assert (ack.chain, ack.log_index) == ("e" * 64, index)
        for changes in (
            {"camera": "cam-9"},
            {"from_us": NOW_US - HOUR_US},
            {"hour_key": "0" * 32},
            {"decision": "0" * 64},
            {"start_id": "9" * 32},
        ):
            bad = row(hub, run, mandate.decision, mandate.assignments[0], **changes)
            with pytest.raises(KeeperRefusedError):
                await run.keeper.row(bad, identity)
        await refused(run.keeper.row(good, spki(p256("another"))), "keeper.segment")


@pytest.mark.parametrize(
    ("kind", "event"),
    [(GAP, Event.GAP_STATED), (CLOSING, Event.CAMERA_CLOSED), (DELETION, Event.SEGMENT_DELETED)],
)
async def test_a_statement_is_logged_once_and_acked_by_its_digest(
    tmp_path: Path, hub: SimulatedHub, kind: str, event: Event
) -> None:
    identity = spki(unit_name()[1])
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        segment = row(hub, run, mandate.decision, mandate.assignments[0])
        said = statement(segment, kind)
        await refused(run.keeper.ack(said, 0), "keeper.ack")

        index = await run.keeper.row(said, identity)
        assert await run.keeper.row(said, identity) == index
        leaf = run.log.entry(index)
        ack = opened(await run.keeper.ack(said, index), ACK, Ack, spki(hub.order_key))

        assert (leaf.event, leaf.digest, leaf.ids["camera"]) == (event.value, said.digest, hub.camera)
        assert (ack.chain, ack.log_index) == (said.digest, index)
        await refused(run.keeper.ack(segment, index), "keeper.ack")
        for changes in ({"camera": "cam-9"}, {"from_us": NOW_US - HOUR_US}, {"decision": "0" * 64}, {"unit": "unit-9"}):
            await refused(run.keeper.row(statement(segment, kind, **changes), identity), "keeper.segment")
        await refused(run.keeper.row(said, spki(p256("another"))), "keeper.segment")


async def test_a_segment_that_its_unit_deleted_is_logged_as_never_sent(tmp_path: Path, hub: SimulatedHub) -> None:
    identity = spki(unit_name()[1])
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        segment = row(hub, run, mandate.decision, mandate.assignments[0])
        for other in (
            statement(segment, GAP),
            statement(segment, DELETION, segment="9" * 64),
            row(hub, run, mandate.decision, mandate.assignments[0], segment=9),
        ):
            await refused(run.keeper.row(segment, identity, other), "keeper.deletion")
        gap = statement(segment, GAP)
        await refused(run.keeper.row(gap, identity, statement(segment, DELETION)), "keeper.deletion")

        index = await run.keeper.row(segment, identity, statement(segment, DELETION))
        assert run.log.entry(index).event == Event.SEGMENT_UNSENT.value
        assert await run.keeper.row(segment, identity) == index  # one row is one leaf
        ack = opened(await run.keeper.ack(segment, index), ACK, Ack, spki(hub.order_key))
        assert (ack.chain, ack.log_index) == ("e" * 64, index)


async def test_no_private_half_lies_in_the_clear(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        await run.order()
    for path in (tmp_path / "ring").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
        assert len(load(VaultKey, path.read_bytes()).wrapped) == 60


@pytest.mark.parametrize("data", [b"", b"{}", b'{"call":"sign"}', b'{"call":[]}', b'{"call":"status"}', b"\xff" * 40])
async def test_nonsense_is_answered_and_harms_nobody(tmp_path: Path, hub: SimulatedHub, data: bytes) -> None:
    async with running(tmp_path, hub) as run:
        socket = run.keeper._socket
        reader, writer = await asyncio.open_unix_connection(socket)
        writer.write(struct.pack(">I", len(data)) + data)
        reply = await reader.read()
        assert b'"refused"' in reply
        writer.close()
        huge_reader, huge = await asyncio.open_unix_connection(socket)
        huge.write(struct.pack(">I", 2**31) + b"x")
        assert await huge_reader.read() == b""
        huge.close()
        assert socket.stat().st_mode & 0o777 == 0o660
        assert (await run.keeper.status()).size == 0


async def test_a_roster_that_drops_a_bound_slot_leaves_the_others_their_say(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        await run.publish()
        smaller = replace(hub.roster, serial=2, slots=hub.roster.slots[:2])
        await run.keeper.record(enclose("roster", smaller, hub.roster_key))
        one_dropped = enclose("decision", hub.decision(), hub.approvers[SLOTS[0]], hub.approvers[SLOTS[2]])

        await refused(run.keeper.record(one_dropped), "keeper.approvals")
        await run.keeper.record(hub.order().decision)


async def test_a_printed_code_binds_one_key(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        await run.publish()
        size = (await run.keeper.status()).size
        for n in range(3):
            again = hub.bind(SLOTS[0], 0, ed25519(f"another {n}"))
            await refused(run.keeper.record(again), "keeper.binding")
        assert await run.keeper.record(hub.bindings[0]) == 1
        assert (await run.keeper.status()).size == size


async def test_a_segment_of_another_deployments_decision_or_key_or_hour_is_refused(
    tmp_path: Path, hub: SimulatedHub
) -> None:
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        changed = hub.decision(deployment="018f0000-0000-7000-8000-000000000002", number="2026-042")
        other = enclose("decision", changed, hub.approvers[SLOTS[0]], hub.approvers[SLOTS[1]])
        await run.keeper.record(other)
        issued, _ = await run.keeper.birth(other.digest)
        own, foreign = (load(Keyset, keyset.body) for keyset in (mandate.keyset, issued))
        foreign_key, late_key = foreign.for_hour(NOW_US), own.for_hour(NOW_US + HOUR_US)
        assert foreign_key is not None and late_key is not None

        for order, changes in (
            (other, {}),
            (other, {"deployment": changed.deployment}),
            (mandate.decision, {"hour_key": foreign_key.key}),
            (mandate.decision, {"hour_key": late_key.key}),
        ):
            bad = row(hub, run, order, mandate.assignments[0], **changes)
            await refused(run.keeper.row(bad, spki(unit_name()[1])), "keeper.segment")
        good = row(hub, run, mandate.decision, mandate.assignments[0])
        await run.keeper.row(good, spki(unit_name()[1]))


async def test_a_row_that_is_logged_several_times_at_once_stands_once(tmp_path: Path, hub: SimulatedHub) -> None:
    identity = spki(unit_name()[1])
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        good = row(hub, run, mandate.decision, mandate.assignments[0])

        indices = await asyncio.gather(*(run.keeper.row(good, identity) for _ in range(8)))

        assert len(set(indices)) == 1
        stored = [leaf.digest for _, leaf in run.log.find(Event.SEGMENT_STORED.value)]
        assert stored == [good.digest]


async def test_a_caller_that_goes_takes_the_leaf_from_nobody_else(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        appender = run.service._appender
        first, second = (
            asyncio.create_task(appender.once(Event.ROSTER_PUBLISHED, "0" * 64, serial="1")) for _ in range(2)
        )
        await asyncio.sleep(0)
        first.cancel()
        assert await second == 0
        assert run.log.checkpoint()[1].size == 1


async def test_a_decision_that_was_superseded_has_no_more_births(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        await run.publish()
        older, newer = hub.order(serial=1).decision, hub.order(serial=2, retention_h=24).decision
        await run.keeper.record(older)
        await run.keeper.birth(older.digest)
        await run.keeper.record(newer)
        keyset, index = await run.keeper.birth(newer.digest)
        size = (await run.keeper.status()).size

        await refused(run.keeper.birth(older.digest), "keeper.superseded")

        assert await run.keeper.birth(newer.digest) == (keyset, index)
        assert (await run.keeper.status()).size == size


async def test_a_segment_signed_by_another_units_key_is_refused(tmp_path: Path, hub: SimulatedHub) -> None:
    """Its own certificate chain holds; the logged assignment names another key."""
    other = p256("another")
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        certificate = FilmCertificate(hub.me.unit, mandate.decision.digest, START, spki(ed25519("film")), hub.now_us)
        foreign = row(
            hub,
            run,
            mandate.decision,
            mandate.assignments[0],
            film_certificate=enclose(FILM_CERTIFICATE, certificate, other),
        )
        await refused(run.keeper.row(foreign, spki(other)), "keeper.segment")


async def test_no_more_units_than_the_decision_allows(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        await run.publish()
        mandate = hub.order(max_units=1)
        await run.keeper.record(mandate.decision)
        await run.keeper.record(mandate.assignments[0])
        placed = load(Assignment, mandate.assignments[0].body)
        second = replace(placed, post="post-2", post_digest=post_digest(post("post-2")), camera="cam-2")
        await run.keeper.record(enclose(ASSIGNMENT, second, *hub.operators))  # the same unit once more
        name(tmp_path, "unit-2", hub.me.unit_key)
        third = replace(second, serial=2, unit="unit-2")
        await refused(run.keeper.record(enclose(ASSIGNMENT, third, *hub.operators)), "keeper.assignment")


async def test_an_assignment_with_an_older_serial_is_refused(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        placed = load(Assignment, mandate.assignments[0].body)
        newer = enclose(ASSIGNMENT, replace(placed, serial=3, camera="cam-2"), *hub.operators)
        index = await run.keeper.record(newer)
        for serial in (2, 3):
            other = enclose(ASSIGNMENT, replace(placed, serial=serial), *hub.operators)
            await refused(run.keeper.record(other), "keeper.serial")
        assert await run.keeper.record(newer) == index


async def test_each_deployment_has_hour_keys_of_its_own(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        changed = hub.decision(deployment="018f0000-0000-7000-8000-000000000002", number="2026-042")
        other = enclose("decision", changed, hub.approvers[SLOTS[0]], hub.approvers[SLOTS[1]])
        await run.keeper.record(other)
        own, theirs = (
            {key.key for key in load(Keyset, envelope.body).keys}
            for envelope in (mandate.keyset, (await run.keeper.birth(other.digest))[0])
        )
        assert own and theirs and not own & theirs
