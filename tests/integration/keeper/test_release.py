# SPDX-License-Identifier: EUPL-1.2
"""The keeper gives the keys of recorded footage for a logged replay: of the records it names, and of no other."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contract.authority import post_digest
from contract.envelope import enclose, spki
from contract.live import GrantRef
from contract.mandate import HOUR_US, Assignment, Keyset, Mandate
from contract.record import load
from contract.segment import associated_data
from hub.audit.faults import LogUnavailableError
from hub.keeper import openers
from hub.keeper.client import KeeperRefusedError
from tests.integration.keeper.footage import RECORDS, STEP_US, Footage, film, plaintext, replay
from tests.integration.keeper.keeping import MEDIA, START, Running, refused, running
from tests.simulated_hub import SLOTS, SimulatedHub, p256, post, unit_name

NOW_US = 1_790_000_000_000_000
END_US = NOW_US + 5 * STEP_US
IDENTITY = spki(unit_name()[1])


@pytest.fixture
def hub() -> SimulatedHub:
    return SimulatedHub(NOW_US, unit_name()[0])


async def release(
    run: Running,
    ref: GrantRef,
    footage: Footage,
    from_us: int = NOW_US,
    to_us: int = END_US,
    **changes: Any,
) -> dict[int, bytes]:
    given = {"identity": IDENTITY, "header": footage.head, "records": footage.fields} | changes
    return await run.keeper.release(ref, given["identity"], given["header"], given["records"], from_us, to_us)


async def test_exactly_the_records_in_the_range_open(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        footage = film(run, await run.order())
        hub.now_us += 120_000_000  # two minutes ago
        ref = await replay(run, NOW_US + STEP_US, NOW_US + 3 * STEP_US)

        keys = await release(run, ref, footage, NOW_US + STEP_US, NOW_US + 3 * STEP_US)

        assert sorted(keys) == [0, 2, 3]  # record 1 was captured before the range, 4 begins where it ends
        for record in footage.records:
            index = record.fields.index
            aad = associated_data(footage.header_sha256, index)
            for key in (keys[index],) if index in keys else keys.values():
                if index in keys:
                    opened = AESGCM(key).decrypt(bytes(12), record.ciphertext, aad)
                    assert opened == plaintext(index)
                    assert hashlib.sha256(opened).hexdigest() == record.fields.plain_sha256
                else:
                    with pytest.raises(InvalidTag):
                        AESGCM(key).decrypt(bytes(12), record.ciphertext, aad)
        assert len(set(keys.values())) == 3


async def test_a_beginning_of_a_segment_is_enough(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        footage = film(run, await run.order())
        ref = await replay(run, NOW_US, END_US)
        whole = await release(run, ref, footage)
        assert sorted(whole) == list(range(RECORDS))

        begun = await release(run, ref, footage, records=footage.fields[:3])

        assert begun == {index: whole[index] for index in range(3)}
        await refused(release(run, ref, footage, records=footage.fields[:1]), "keeper.range")


async def test_only_a_logged_grant_to_replay_that_stands_and_names_it_opens(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        footage = film(run, await run.order())
        ref = await replay(run, NOW_US + STEP_US, END_US)
        watching = await run.grant()
        forged = (
            watching,
            GrantRef(ref.body, bytes(16), ref.index),
            GrantRef(ref.body.replace(b'"cam-1"', b'"cam-2"'), ref.salt, ref.index),
            GrantRef(ref.body, ref.salt, 10_000),
        )
        for other in forged:
            await refused(release(run, other, footage, NOW_US + STEP_US), "keeper.grant")
        for from_us, to_us in ((NOW_US, END_US), (NOW_US + STEP_US, END_US + 1), (END_US, NOW_US + STEP_US)):
            await refused(release(run, ref, footage, from_us, to_us), "keeper.grant")
        # Nor does a grant to replay open anything live.
        await refused(run.keeper.ticket(ref, hub.camera, MEDIA), "keeper.grant")
        await refused(run.keeper.publish_lease(ref, hub.camera, MEDIA, START), "keeper.grant")
        hub.now_us += 600_000_000
        await refused(release(run, ref, footage, NOW_US + STEP_US), "keeper.grant")


UNGRANTED: list[tuple[dict[str, Any], str]] = [
    ({"until_us": NOW_US + HOUR_US + 1}, "keeper.grant"),
    ({"until_us": NOW_US}, "keeper.grant"),
    ({"from_us": NOW_US - 61_000_000}, "keeper.grant"),
    ({"footage_from_us": None}, "keeper.grant"),
    ({"footage_to_us": None}, "keeper.grant"),
    ({"footage_from_us": NOW_US}, "keeper.grant"),  # it ends where it begins
    ({"footage_from_us": NOW_US - HOUR_US - 1}, "keeper.grant"),
    ({"footage_to_us": NOW_US + 61_000_000}, "keeper.grant"),
    ({"cameras": ("cam-9",)}, "keeper.assignment"),
    ({"purpose": "watch"}, "keeper.grant"),
]


async def test_a_grant_to_replay_is_short_past_and_of_cameras_that_filmed(
    tmp_path: Path, hub: SimulatedHub, subtests: pytest.Subtests
) -> None:
    async with running(tmp_path, hub) as run:
        await run.order()
        for changes, rule in UNGRANTED:
            with subtests.test(**changes):
                await refused(replay(run, NOW_US - STEP_US, NOW_US, **changes), rule)


async def test_no_window_need_be_open_to_look_back(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        footage = film(run, await run.order())
        hub.now_us += 24 * HOUR_US
        assert len(await release(run, await replay(run, NOW_US, END_US), footage)) == RECORDS


async def test_a_segment_that_was_not_filmed_under_its_order_does_not_open(tmp_path: Path, hub: SimulatedHub) -> None:
    other = p256("another")
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        ref = await replay(run, NOW_US, END_US, cameras=(hub.camera,))
        good = film(run, mandate)
        for footage, identity in (
            (film(run, mandate, other), spki(other)),  # a key that no assignment names
            (film(run, mandate, other), IDENTITY),  # a certificate that the unit did not sign
            (good, spki(other)),
            (film(run, mandate, unit="unit-9"), IDENTITY),
            (film(run, mandate, camera="cam-9"), IDENTITY),
            (film(run, mandate, post="post-2"), IDENTITY),
            (film(run, mandate, assignment="0" * 64), IDENTITY),
            (film(run, mandate, hour_key="0" * 32), IDENTITY),
            (film(run, mandate, deployment="018f0000-0000-7000-8000-000000000002"), IDENTITY),
        ):
            await refused(release(run, ref, footage, identity=identity), "keeper.segment")
        await refused(release(run, ref, film(run, mandate, decision="0" * 64)), "keeper.decision")


async def test_altered_fields_do_not_move_a_record_into_the_range(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        footage = film(run, await run.order())
        foreign = film(run, await run.order(), segment=1)
        ref = await replay(run, NOW_US, NOW_US + STEP_US)
        fields = footage.fields
        for records in (
            [*fields[:4], replace(fields[4], wall_us=NOW_US), fields[5]],
            [*fields[:5], replace(fields[5], wall_us=NOW_US)],
            [*fields[:5], replace(fields[5], signature=None)],
            [fields[0], *fields[2:]],
            fields[1:],
            foreign.fields,
            [*fields[:5], replace(fields[5], signature=foreign.fields[5].signature)],
        ):
            await refused(release(run, ref, footage, NOW_US, NOW_US + STEP_US, records=records), "keeper.segment")
        for header in (footage.head + b"x", footage.head[:-1], b"no segment", foreign.head):
            await refused(release(run, ref, footage, NOW_US, NOW_US + STEP_US, header=header), "keeper.segment")


async def test_another_deployments_footage_stays_shut(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        changed = hub.decision(deployment="018f0000-0000-7000-8000-000000000002", number="2026-042")
        decision = enclose("decision", changed, hub.approvers[SLOTS[0]], hub.approvers[SLOTS[1]])
        await run.keeper.record(decision)
        placed = replace(load(Assignment, mandate.assignments[0].body), deployment=changed.deployment)
        assignment = enclose("assignment", placed, *hub.operators)
        await run.keeper.record(assignment)
        keyset, _ = await run.keeper.birth(decision.digest)
        theirs = film(run, Mandate(decision, (assignment,), keyset))
        ref = await replay(run, NOW_US, END_US)

        await refused(release(run, ref, theirs), "keeper.grant")
        own = film(run, mandate)
        await release(run, ref, own)
        mixed = Mandate(mandate.decision, mandate.assignments, keyset)  # sealed, truly, to the other's hour key
        await refused(release(run, ref, film(run, mixed)), "keeper.segment")


async def test_another_camera_of_the_deployment_stays_shut(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        placed = load(Assignment, mandate.assignments[0].body)
        second = replace(placed, post="post-2", post_digest=post_digest(post("post-2")), camera="cam-2")
        await run.keeper.record(enclose("assignment", second, *hub.operators))
        ref = await replay(run, NOW_US, END_US, cameras=("cam-2",))
        await refused(release(run, ref, film(run, mandate)), "keeper.grant")


@pytest.mark.parametrize("early_us", [0, 7 * HOUR_US])
async def test_what_is_due_opens_no_more(tmp_path: Path, hub: SimulatedHub, early_us: int) -> None:
    """By the hour key's due date; and by the time that the unit claims, when that lies before its hour."""
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        key = load(Keyset, mandate.keyset.body).for_hour(NOW_US)
        assert key is not None
        footage = film(run, mandate, opened_at_us=NOW_US - early_us)
        from_us, to_us = NOW_US - early_us, END_US - early_us
        due_us = key.due_us if not early_us else from_us + 168 * HOUR_US
        hub.now_us = due_us - 1
        await release(run, await replay(run, from_us, to_us), footage, from_us, to_us)
        ref = await replay(run, from_us, to_us)
        hub.now_us = due_us
        await refused(release(run, ref, footage, from_us, to_us), "keeper.due")


async def test_nothing_opens_while_the_log_cannot_be_written(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        footage = film(run, await run.order())
        ref = await replay(run, NOW_US, END_US)
        run.disk.full = True
        with pytest.raises(LogUnavailableError):
            await run.grant()
        with pytest.raises(LogUnavailableError):
            await release(run, ref, footage)


async def test_one_child_holds_a_key_and_a_dead_one_is_started_again(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        footage = film(run, await run.order())
        ref = await replay(run, NOW_US, END_US)
        first = await release(run, ref, footage)
        [(name, child)] = run.service._ring.openers._children.items()
        assert await release(run, ref, footage) == first
        assert run.service._ring.openers._children == {name: child}

        child.kill()
        await child.wait()

        assert await release(run, ref, footage) == first
        [(_, again)] = run.service._ring.openers._children.items()
        assert again.pid != child.pid
    assert again.returncode is not None  # it does not outlive the keeper


async def test_no_more_children_than_may_live(
    tmp_path: Path, hub: SimulatedHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openers, "LIVING", 1)
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        first = film(run, mandate)
        hub.now_us += HOUR_US
        second = film(run, mandate)
        for footage, from_us in ((first, NOW_US), (second, hub.now_us), (first, NOW_US)):
            to_us = from_us + STEP_US
            ref = await replay(run, from_us, to_us)
            assert sorted(await release(run, ref, footage, from_us, to_us)) == [0, 1]
            assert len(run.service._ring.openers._children) == 1


async def test_an_idle_child_ends_by_itself(tmp_path: Path, hub: SimulatedHub, monkeypatch: pytest.MonkeyPatch) -> None:
    impatient = tmp_path / "opener.py"
    impatient.write_text(openers.OPENER.read_text().replace("IDLE_S = 60.0", "IDLE_S = 0.01"))
    monkeypatch.setattr(openers, "OPENER", impatient)
    async with running(tmp_path, hub) as run:
        await run.order()
        name = run.service._shelf.keysets[0].keys[0].key
        child = await run.service._ring.openers._living(name)
        assert await child.wait() == 0


async def test_a_call_is_bounded(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        footage = film(run, await run.order())
        ref = await replay(run, NOW_US, END_US)
        many = [*footage.fields[:5], *[footage.fields[5]] * 252]
        with pytest.raises(KeeperRefusedError) as caught:
            await release(run, ref, footage, records=many)
        assert caught.value.rule == "keeper.form"
        await refused(release(run, ref, footage, records=many[:256]), "keeper.segment")  # it fits into a message
