# SPDX-License-Identifier: EUPL-1.2
"""The keeper ends: filming under a decision is stopped, a unit is out of use. Both are logged and outlive a restart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contract.authority import post_digest
from contract.envelope import Envelope, enclose, opened, spki
from contract.events import Event
from contract.mandate import HOUR_US, STOP, Assignment, Decision, Mandate, Stop
from contract.record import load
from hub.audit.faults import LogUnavailableError
from tests.integration.keeper.keeping import MEDIA, START, name, refused, running
from tests.integration.keeper.test_keeper import row
from tests.simulated_hub import SLOTS, SimulatedHub, post, unit_name

NOW_US = 1_790_000_000_000_000
SECOND_US = 1_000_000
IDENTITY = spki(unit_name()[1])
SECOND_POST = post_digest(post("post-2"))


def placed_anew(hub: SimulatedHub, mandate: Mandate, **changes: Any) -> Envelope:
    """A newer assignment, as that of the mandate but for these."""
    placed = load(Assignment, mandate.assignments[0].body)
    return enclose("assignment", replace(placed, serial=placed.serial + 1, **changes), *hub.operators)


@pytest.fixture
def hub() -> SimulatedHub:
    return SimulatedHub(NOW_US, unit_name()[0])


async def test_a_stop_is_signed_by_the_order_key_and_logged_with_ids_alone(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        envelope, index = await run.keeper.stop(mandate.decision.digest, NOW_US)

        decision = load(Decision, mandate.decision.body)
        assert opened(envelope, STOP, Stop, spki(hub.order_key)) == Stop(decision.deployment, 1, NOW_US)
        leaf = run.log.entry(index)
        assert (leaf.event, leaf.digest) == ("deployment.stopped", envelope.digest)
        assert leaf.ids == {"deployment": decision.deployment, "serial": "1"}


async def test_nothing_opens_once_filming_was_stopped(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        ref = await run.grant()
        await run.keeper.stop(mandate.decision.digest, NOW_US)
    async with running(tmp_path, hub) as run:  # and a keeper that starts again knows it
        await refused(run.grant(), "keeper.stopped")
        await refused(run.keeper.ticket(ref, hub.camera, MEDIA), "keeper.stopped")
        await refused(run.keeper.publish_lease(ref, hub.camera, MEDIA, START), "keeper.stopped")


async def test_a_stop_holds_although_its_copy_is_lost(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        envelope, _ = await run.keeper.stop(mandate.decision.digest, NOW_US)
    (tmp_path / "records" / f"{envelope.digest}.json").write_bytes(b"torn")
    async with running(tmp_path, hub) as run:
        await refused(run.grant(), "keeper.stopped")
        again, _ = await run.keeper.stop(mandate.decision.digest, NOW_US)
        assert again == envelope


async def test_a_stop_whose_copy_is_lost_is_not_put_off(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        digest = (await run.order()).decision.digest
        await run.keeper.stop(digest, NOW_US + 600 * SECOND_US)
        early, index = await run.keeper.stop(digest, NOW_US)
    (tmp_path / "records" / f"{early.digest}.json").unlink()
    (tmp_path / "records" / f"{early.digest}.json").mkdir()  # nor does what is there in its place stop the keeper
    async with running(tmp_path, hub) as run:
        await refused(run.grant(), "keeper.stopped")
        (tmp_path / "records" / f"{early.digest}.json").rmdir()
        assert await run.keeper.stop(digest, NOW_US + 500 * SECOND_US) == (early, index)
        await refused(run.grant(), "keeper.stopped")
    async with running(tmp_path, hub) as run:
        await refused(run.grant(), "keeper.stopped")


async def test_hour_keys_are_not_born_once_filming_was_stopped(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        await run.publish()
        decision = hub.order().decision
        await run.keeper.record(decision)
        await run.keeper.stop(decision.digest, NOW_US)
        await refused(run.keeper.birth(decision.digest), "keeper.stopped")
        assert list(run.log.find(Event.KEY_BORN.value)) == []


async def test_a_stop_ahead_shortens_what_is_opened_before_it(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        ends_at_us = NOW_US + 120 * SECOND_US
        ref = await run.grant(minutes=30)
        await run.keeper.stop(mandate.decision.digest, ends_at_us)

        await refused(run.grant(minutes=30), "keeper.grant")
        await run.grant(minutes=2)
        lease = await run.keeper.publish_lease(ref, hub.camera, MEDIA, START)
        assert b'"until_us":%d' % ends_at_us in lease.body


async def test_a_stop_only_comes_earlier(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        digest = (await run.order()).decision.digest
        first = await run.keeper.stop(digest, NOW_US + 600 * SECOND_US)
        assert await run.keeper.stop(digest, NOW_US + 600 * SECOND_US) == first
        assert await run.keeper.stop(digest, NOW_US + 900 * SECOND_US) == first
        earlier = await run.keeper.stop(digest, NOW_US + 300 * SECOND_US)
        assert earlier[1] > first[1]
        assert await run.keeper.stop(digest, NOW_US + 600 * SECOND_US) == earlier
        assert len(list(run.log.find(Event.DEPLOYMENT_STOPPED.value))) == 2
    async with running(tmp_path, hub) as run:
        assert await run.keeper.stop(digest, NOW_US + 600 * SECOND_US) == earlier


@pytest.mark.parametrize(("asked_us", "ends_us"), [(-60 * SECOND_US, -60 * SECOND_US), (-HOUR_US, 0)])
async def test_a_stop_takes_nothing_back_that_was_filmed(
    tmp_path: Path, hub: SimulatedHub, asked_us: int, ends_us: int
) -> None:
    async with running(tmp_path, hub) as run:
        digest = (await run.order()).decision.digest
        envelope, _ = await run.keeper.stop(digest, NOW_US + asked_us)
        assert load(Stop, envelope.body).ends_at_us == NOW_US + ends_us


async def test_a_stop_of_no_decision_or_of_an_older_one_is_refused(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        digest = (await run.order()).decision.digest
        await refused(run.keeper.stop("0" * 64, NOW_US), "keeper.decision")
        await run.keeper.record(hub.order(serial=2).decision)
        await refused(run.keeper.stop(digest, NOW_US), "keeper.superseded")


async def test_a_newer_decision_of_two_people_films_again(tmp_path: Path, hub: SimulatedHub) -> None:
    """Of two who signed it after the stop: what was drafted before it, one of them signed without knowing of it."""
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        await run.keeper.stop(mandate.decision.digest, NOW_US)
        approvers = (hub.approvers[SLOTS[0]], hub.approvers[SLOTS[1]])
        decision = replace(load(Decision, mandate.decision.body), serial=2)
        hub.now_us += SECOND_US
        await refused(run.keeper.record(enclose("decision", decision, *approvers)), "keeper.stopped")
        ahead = replace(decision, decided_at_us=hub.now_us + 61 * SECOND_US)
        await refused(run.keeper.record(enclose("decision", ahead, *approvers)), "keeper.decision")
        newer = enclose("decision", replace(decision, decided_at_us=hub.now_us), *approvers)
        await run.keeper.record(newer)
        await run.keeper.birth(newer.digest)
        await run.grant()


async def test_a_decision_that_waits_is_not_logged_after_a_stop_that_a_restart_forgot(
    tmp_path: Path, hub: SimulatedHub
) -> None:
    """The keeper knows by the log alone that there was a stop, also where its copy is lost."""
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        envelope, _ = await run.keeper.stop(mandate.decision.digest, NOW_US)
    (tmp_path / "records" / f"{envelope.digest}.json").write_bytes(b"{")
    async with running(tmp_path, hub) as run:
        hub.now_us += SECOND_US
        decision = replace(load(Decision, mandate.decision.body), serial=2)
        newer = enclose("decision", decision, hub.approvers[SLOTS[0]], hub.approvers[SLOTS[1]])
        await refused(run.keeper.record(newer), "keeper.stopped")


async def test_a_decision_takes_so_many_stops_and_no_more(tmp_path: Path, hub: SimulatedHub) -> None:
    """Whoever may ask for them does not fill the log with them."""
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        digest = mandate.decision.digest
        last_us = load(Decision, mandate.decision.body).last_moment_us
        await refused(run.keeper.stop(digest, last_us + 1), "keeper.stop")
        await refused(run.keeper.stop(digest, 2**52), "keeper.stop")
        first = await run.keeper.stop(digest, last_us)
        for sooner_us in range(SECOND_US, 60 * SECOND_US, 10 * SECOND_US):
            assert await run.keeper.stop(digest, last_us - sooner_us) == first
        second = await run.keeper.stop(digest, last_us - 60 * SECOND_US)
        assert second != first
        hub.now_us = last_us + 1
        await refused(run.keeper.stop(digest, NOW_US), "keeper.stop")  # it ended by itself
        assert len(list(run.log.find(Event.DEPLOYMENT_STOPPED.value))) == 2


async def test_a_stop_that_cannot_be_logged_is_not_given(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        digest = (await run.order()).decision.digest
        run.disk.full = True
        with pytest.raises(LogUnavailableError):
            await run.keeper.stop(digest, NOW_US)
        run.disk.full = False
        hub.now_us += SECOND_US
        envelope, index = await run.keeper.stop(digest, NOW_US)
        assert run.log.entry(index).digest == envelope.digest
        assert load(Stop, envelope.body).ends_at_us == NOW_US


async def test_a_revocation_is_logged_once_for_each_enrolment(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        mandate, unit = await run.order(), hub.me.unit
        first = await run.keeper.revoked(unit, 1)
        assert await run.keeper.revoked(unit, 1) == first
        await refused(run.keeper.revoked(unit, 2), "keeper.unit")
        await run.keeper.record(placed_anew(hub, mandate, epoch=2))
        assert await run.keeper.revoked(unit, 2) == first + 2
        leaves = [leaf for _, leaf in run.log.find(Event.UNIT_REVOKED.value)]
        assert [leaf.ids for leaf in leaves] == [{"unit": unit, "epoch": "1"}, {"unit": unit, "epoch": "2"}]


async def test_a_unit_that_no_assignment_names_is_not_logged_as_revoked(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        await run.order()
        for unit, epoch in (("unit-9", 1), (hub.me.unit, 2), (hub.me.unit, 2**31)):
            await refused(run.keeper.revoked(unit, epoch), "keeper.unit")
        assert list(run.log.find(Event.UNIT_REVOKED.value)) == []


async def test_what_a_revoked_unit_filmed_before_is_logged_and_acked(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        order, placed = mandate.decision, mandate.assignments[0]
        ref = await run.grant()
        before = row(hub, run, order, placed)
        hub.now_us += 10 * SECOND_US
        await run.keeper.revoked(hub.me.unit, 1)
        hub.now_us += 600 * SECOND_US
        after = row(hub, run, order, placed, chain="a" * 64)
    async with running(tmp_path, hub) as run:
        await run.keeper.ack(before, await run.keeper.row(before, IDENTITY))
        await refused(run.keeper.row(after, IDENTITY), "keeper.revoked")
        await refused(run.keeper.publish_lease(ref, hub.camera, MEDIA, START), "keeper.revoked")


async def test_another_units_revocation_or_an_earlier_enrolments_changes_nothing(
    tmp_path: Path, hub: SimulatedHub
) -> None:
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        ref = await run.grant()
        name(tmp_path, "unit-9", hub.me.unit_key)
        await run.keeper.record(placed_anew(hub, mandate, unit="unit-9", post="post-2", post_digest=SECOND_POST))
        await run.keeper.record(placed_anew(hub, mandate, epoch=2))
        await run.keeper.revoked("unit-9", 1)
        await run.keeper.revoked(hub.me.unit, 1)
        await run.keeper.publish_lease(ref, hub.camera, MEDIA, START)
