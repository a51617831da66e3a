# SPDX-License-Identifier: EUPL-1.2
"""The keeper confirms what stands by its own records, to the unit whose key signed the question."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contract.authority import post_digest
from contract.envelope import Envelope, enclose, fingerprint, opened, spki
from contract.lease import LEASE, LEASE_LIFE_US, LEASE_REQUEST, Lease, LeaseRequest, Stands
from contract.mandate import ASSIGNMENT, Assignment, Decision, Mandate, Team
from contract.record import load
from tests.integration.keeper.keeping import START, Running, name, refused, running
from tests.simulated_hub import DEPLOYMENT, SimulatedHub, p256, post, unit_name

NOW_US = 1_790_000_000_000_000
NONCE = "7" * 32
NAME, KEY = unit_name()


@pytest.fixture
def hub() -> SimulatedHub:
    return SimulatedHub(NOW_US, NAME)


def question(unit: str = NAME.unit, key: Any = KEY, nonce: str = NONCE) -> Envelope:
    return enclose(LEASE_REQUEST, LeaseRequest(unit, START, nonce, 5), key)


async def asks(run: Running, unit: str = NAME.unit, key: Any = KEY) -> Lease:
    envelope = await run.keeper.lease(question(unit, key), spki(key))
    lease = opened(envelope, LEASE, Lease, spki(run.hub.order_key))
    assert (lease.unit, lease.nonce, lease.hub_time_us) == (unit, NONCE, run.hub.now_us)
    assert lease.until_us == run.hub.now_us + LEASE_LIFE_US
    return lease


def named(mandate: Mandate) -> Stands:
    return Stands(DEPLOYMENT, mandate.decision.digest, mandate.assignments[0].digest)


async def swapped(run: Running, mandate: Mandate, unit: str, key: Any) -> Envelope:
    """The post is given to a unit anew."""
    body = load(Assignment, mandate.assignments[0].body)
    other = replace(body, serial=body.serial + 1, unit=unit, unit_key=fingerprint(spki(key)))
    name(run.folder, unit, other.unit_key)
    envelope = enclose(ASSIGNMENT, other, *run.hub.operators)
    await run.keeper.record(envelope)
    return envelope


async def test_what_stands_is_confirmed_again_after_a_restart(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        assert (await asks(run)).stands == (named(mandate),)
    async with running(tmp_path, hub) as run:
        assert (await asks(run)).stands == (named(mandate),)


async def test_a_log_that_cannot_be_written_ends_nothing(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
    async with running(tmp_path, hub, full=True) as run:
        assert (await asks(run)).stands == (named(mandate),)


async def test_a_unit_of_which_nothing_stands_is_told_so(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        assert (await asks(run)).stands == ()
        mandate = await run.order()
        assert (await asks(run, "unit-2", p256("unit-2"))).stands == ()
        assert (await asks(run, key=p256("another key of it"))).stands == ()
        assert (await asks(run, "unit-2", KEY)).stands == ()
        hub.now_us = load(Decision, mandate.decision.body).last_moment_us
        assert (await asks(run)).stands == ()


async def test_a_question_that_the_key_did_not_sign_is_not_answered(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        await run.order()
        await refused(run.keeper.lease(question(key=p256("nobody")), spki(KEY)), "keeper.lease")
        await refused(run.keeper.lease(replace(question(), type="state"), spki(KEY)), "keeper.lease")
        await refused(run.keeper.lease(enclose(LEASE_REQUEST, NAME, KEY), spki(KEY)), "keeper.lease")


async def test_a_post_that_another_unit_has_now_does_not_stand(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        other = p256("unit-2")
        swap = await swapped(run, mandate, "unit-2", other)
        assert (await asks(run)).stands == ()
        assert (await asks(run, "unit-2", other)).stands == (replace(named(mandate), assignment=swap.digest),)


async def test_of_a_newer_decision_the_older_stands_until_its_keys_are_born(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        first = await run.order()
        second = hub.order(serial=2)
        await run.keeper.record(second.decision)
        assert (await asks(run)).stands == (named(first),)
        await run.keeper.birth(second.decision.digest)
        assert (await asks(run)).stands == (replace(named(first), decision=second.decision.digest),)


async def test_a_post_that_the_newer_decision_moves_does_not_stand(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        await run.order()
        second = hub.order(serial=2, posts=(replace(post(), ceiling_px_per_m=90), post("post-2")))
        await run.keeper.record(second.decision)
        await run.keeper.birth(second.decision.digest)
        assert (await asks(run)).stands == ()


async def test_an_order_that_the_newer_decisions_team_did_not_sign_does_not_stand(
    tmp_path: Path, hub: SimulatedHub
) -> None:
    """Nor is it taken for placed when a picture is asked for; signed by two of the new team it stands again."""
    async with running(tmp_path, hub) as run:
        await run.order()
        fresh = p256("operator-3")
        team = Team((spki(hub.operators[0]), spki(fresh)), ())
        second = hub.order(serial=2, team=team)
        await run.keeper.record(second.decision)
        await run.keeper.birth(second.decision.digest)
        assert (await asks(run)).stands == ()
        await refused(run.grant(), "keeper.assignment")
        again = replace(load(Assignment, second.assignments[0].body), serial=2)
        envelope = enclose(ASSIGNMENT, again, hub.operators[0], fresh)
        await run.keeper.record(envelope)
        assert (await asks(run)).stands == (Stands(DEPLOYMENT, second.decision.digest, envelope.digest),)
        await run.grant()


async def test_a_camera_that_was_moved_stands_at_its_new_post_alone(tmp_path: Path, hub: SimulatedHub) -> None:
    """Also after its place was lost to another unit: what it left does not come back."""
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        body = load(Assignment, mandate.assignments[0].body)
        moved = enclose(
            ASSIGNMENT, replace(body, post="post-2", post_digest=post_digest(post("post-2"))), *hub.operators
        )
        await run.keeper.record(moved)
        assert (await asks(run)).stands == (replace(named(mandate), assignment=moved.digest),)
        other = p256("unit-2")
        name(tmp_path, "unit-2", fingerprint(spki(other)))
        there = replace(load(Assignment, moved.body), serial=2, unit="unit-2", unit_key=fingerprint(spki(other)))
        await run.keeper.record(enclose(ASSIGNMENT, there, *hub.operators))
    async with running(tmp_path, hub) as run:
        assert (await asks(run)).stands == ()


async def test_what_was_stopped_or_revoked_does_not_stand(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        await run.keeper.stop(mandate.decision.digest, NOW_US + 5)
        assert (await asks(run)).stands == (named(mandate),)
        hub.now_us += 5
        assert (await asks(run)).stands == ()
    async with running(tmp_path / "other", SimulatedHub(NOW_US, NAME)) as run:
        placed = load(Assignment, (await run.order()).assignments[0].body)
        await run.keeper.record(enclose(ASSIGNMENT, replace(placed, serial=2, epoch=2), *run.hub.operators))
        await run.keeper.revoked(NAME.unit, 1)
        assert len((await asks(run)).stands) == 1  # another enrolment
        await run.keeper.revoked(NAME.unit, 2)
        assert (await asks(run)).stands == ()
