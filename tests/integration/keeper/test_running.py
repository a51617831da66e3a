# SPDX-License-Identifier: EUPL-1.2
"""The keeper and what is signed while a decision runs: it logs the next overrun and no other, and opens by it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contract.authority import post_digest
from contract.envelope import Envelope, opened, spki
from contract.live import PUBLISH_LEASE, Grant, GrantRef, PublishLease
from contract.mandate import ASSIGNMENT, Decision, Team, Window
from contract.record import load
from contract.running import NECESSITY, SETUP_LIFE_US
from hub.keeper.serve import RECORDS_A_MINUTE
from tests.integration.keeper.keeping import MEDIA, START, Running, name, refused, running
from tests.integration.keeper.test_keeper import row
from tests.simulated_hub import DEPLOYMENT, MINUTE_US, SimulatedHub, aim, necessity, overrun, p256, place, unit_name

NOW_US = 1_790_000_000_000_000
HOUR_US = 60 * MINUTE_US
INSTALLER = p256("installer-1")
IDENTITY = spki(unit_name()[1])


@pytest.fixture
def hub() -> SimulatedHub:
    return SimulatedHub(NOW_US, unit_name()[0])


async def ordered(run: Running, **changes: Any) -> Decision:
    """Everything down to a keyset, with an installer in the team."""
    team = Team(tuple(spki(key) for key in run.hub.operators), (spki(INSTALLER),))
    await run.publish()
    mandate = run.hub.order(**{"team": team, **changes})
    await run.keeper.record(mandate.decision)
    await run.keeper.record(mandate.assignments[0])
    await run.keeper.birth(mandate.decision.digest)
    return load(Decision, mandate.decision.body)


def newest_overrun(hub: SimulatedHub, **changes: Any) -> Envelope:
    """The next overrun, signed."""
    overrun(hub, **changes)
    return hub.mandates[DEPLOYMENT].overruns[-1]


def confirmed(hub: SimulatedHub, at_us: int, **changes: Any) -> Envelope:
    necessity(hub, at_us, **changes)
    return hub.mandates[DEPLOYMENT].necessities[-1]


async def lease(run: Running, ref: GrantRef) -> PublishLease:
    envelope = await run.keeper.publish_lease(ref, run.hub.camera, MEDIA, START)
    return opened(envelope, PUBLISH_LEASE, PublishLease, spki(run.hub.order_key))


def grant(hub: SimulatedHub, until_us: int, *cameras: str) -> Grant:
    named = cameras or (hub.camera,)
    return Grant("viewer", "c" * 64, DEPLOYMENT, named, "watch", hub.now_us, until_us)


async def test_a_lease_and_a_look_go_on_through_an_overrun(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        window = (await ordered(run)).windows[0]
        hub.now_us = window.to_us - MINUTE_US
        ref = await run.keeper.grant(grant(hub, window.to_us + 60 * MINUTE_US))
        assert (await lease(run, ref)).until_us == window.to_us
        index = await run.keeper.record(newest_overrun(hub))
        assert run.log.entry(index).ids == {
            "deployment": DEPLOYMENT,
            "serial": "1",
            "nth": "1",
            "until": str(window.to_us + 30 * MINUTE_US),
        }
        assert (await lease(run, ref)).until_us == hub.now_us + 5 * MINUTE_US
        hub.now_us = window.to_us + 29 * MINUTE_US
        assert (await lease(run, ref)).until_us == window.to_us + 30 * MINUTE_US
    async with running(tmp_path, hub) as run:  # and a keeper that starts again knows it
        assert (await lease(run, ref)).until_us == window.to_us + 30 * MINUTE_US
        hub.now_us = window.to_us + 30 * MINUTE_US
        await refused(run.keeper.publish_lease(ref, hub.camera, MEDIA, START), "keeper.window")
        await refused(run.keeper.record(newest_overrun(hub)), "keeper.overrun")  # the window is over


@pytest.mark.parametrize(
    "changes",
    [
        {"signer": INSTALLER},
        {"signer": p256("nobody")},
        {"nth": 2, "until_us": NOW_US + 119 * MINUTE_US},
        {"until_us": NOW_US + 1000 * MINUTE_US},
        {"serial": 2},
    ],
)
async def test_no_other_overrun_is_logged(tmp_path: Path, hub: SimulatedHub, changes: dict[str, Any]) -> None:
    async with running(tmp_path, hub) as run:
        await ordered(run)
        size = (await run.keeper.status()).size
        await refused(run.keeper.record(newest_overrun(hub, **changes)), "keeper.overrun")
        assert (await run.keeper.status()).size == size


async def test_the_same_overrun_twice_is_one_and_another_of_its_count_is_none(
    tmp_path: Path, hub: SimulatedHub
) -> None:
    async with running(tmp_path, hub) as run:
        await ordered(run)
        first = newest_overrun(hub)
        assert await run.keeper.record(first) == await run.keeper.record(first)
        await refused(run.keeper.record(newest_overrun(hub, nth=1, until_us=NOW_US + 89 * MINUTE_US)), "keeper.overrun")
        await run.keeper.record(newest_overrun(hub, nth=2, until_us=NOW_US + 120 * MINUTE_US))
        await refused(
            run.keeper.record(newest_overrun(hub, nth=3, until_us=NOW_US + 150 * MINUTE_US)), "keeper.overrun"
        )


async def test_a_stop_ends_an_overrun_and_none_is_taken_after_it(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        window = (await ordered(run)).windows[0]
        hub.now_us = window.to_us - MINUTE_US
        ref = await run.keeper.grant(grant(hub, window.to_us))
        await run.keeper.record(newest_overrun(hub))
        await run.keeper.stop(hub.mandates[DEPLOYMENT].decision.digest, hub.now_us)
        await refused(run.keeper.publish_lease(ref, hub.camera, MEDIA, START), "keeper.stopped")
        await refused(run.keeper.record(newest_overrun(hub)), "keeper.stopped")


async def test_what_was_filmed_in_an_overrun_was_filmed_under_an_order(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        window = (await ordered(run)).windows[0]
        mandate = hub.mandates[DEPLOYMENT]
        hub.now_us = window.to_us + MINUTE_US
        late = row(hub, run, mandate.decision, mandate.assignments[0], from_us=hub.now_us, to_us=hub.now_us + 1)
        await refused(run.keeper.row(late, IDENTITY), "keeper.segment")
        hub.now_us = window.to_us - MINUTE_US
        await run.keeper.record(newest_overrun(hub))
        await run.keeper.row(late, IDENTITY)


async def test_a_day_without_a_confirmation_opens_nothing(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        window = Window(NOW_US, NOW_US + 60 * HOUR_US)
        await ordered(run, windows=(window,))
        hub.now_us += 24 * HOUR_US - MINUTE_US
        ref = await run.keeper.grant(grant(hub, window.to_us))
        assert (await lease(run, ref)).until_us == NOW_US + 24 * HOUR_US
        hub.now_us += MINUTE_US
        await refused(run.keeper.publish_lease(ref, hub.camera, MEDIA, START), "keeper.window")
        await refused(run.keeper.record(confirmed(hub, hub.now_us, signer=hub.operators[0])), "keeper.necessity")
        await refused(run.keeper.record(confirmed(hub, hub.now_us - 16 * MINUTE_US)), "keeper.necessity")
        await refused(run.keeper.record(confirmed(hub, hub.now_us + 2 * MINUTE_US)), "keeper.necessity")
        await run.keeper.record(confirmed(hub, hub.now_us))
        assert (await lease(run, ref)).until_us == hub.now_us + 5 * MINUTE_US


async def test_a_camera_is_aimed_outside_a_window_by_two_of_the_team(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        await ordered(run, windows=(Window(NOW_US + 2 * HOUR_US, NOW_US + 3 * HOUR_US),))
        setup = Window(NOW_US, NOW_US + SETUP_LIFE_US)
        await refused(run.keeper.grant(grant(hub, setup.to_us)), "keeper.window")
        await refused(run.keeper.record(aim(hub, setup, INSTALLER)), "keeper.assignment")
        await run.keeper.record(aim(hub, setup, hub.operators[0], INSTALLER, serial=2))
        await refused(run.keeper.grant(grant(hub, setup.to_us + 1)), "keeper.grant")
        ref = await run.keeper.grant(grant(hub, setup.to_us))
        assert (await lease(run, ref)).until_us == NOW_US + 5 * MINUTE_US
        hub.now_us = setup.to_us
        await refused(run.keeper.grant(grant(hub, hub.now_us + 1)), "keeper.window")


@pytest.mark.parametrize(
    "setup",
    [
        Window(NOW_US, NOW_US + SETUP_LIFE_US + 1),
        Window(NOW_US + HOUR_US, NOW_US + HOUR_US + MINUTE_US),
        Window(NOW_US - 20 * MINUTE_US, NOW_US - 6 * MINUTE_US),
    ],
)
async def test_aiming_that_is_long_or_not_now_is_refused(tmp_path: Path, hub: SimulatedHub, setup: Window) -> None:
    async with running(tmp_path, hub) as run:
        await ordered(run)
        await refused(run.keeper.record(aim(hub, setup)), "keeper.setup")


async def test_an_hour_a_day_is_aimed_at_a_post(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        window = Window(NOW_US + 20 * HOUR_US, NOW_US + 44 * HOUR_US)
        await ordered(run, windows=(window,))
        for serial in range(1, 5):
            await run.keeper.record(
                aim(hub, Window(hub.now_us, hub.now_us + SETUP_LIFE_US), alone=False, serial=serial)
            )
            hub.now_us += SETUP_LIFE_US
        short = Window(hub.now_us, hub.now_us + MINUTE_US)
        await refused(run.keeper.record(aim(hub, short, alone=False, serial=5)), "keeper.setup")
        await run.keeper.record(aim(hub, short, alone=False, post="post-2", post_digest=digest_of(hub)))
        hub.now_us = NOW_US + 24 * HOUR_US + SETUP_LIFE_US
        await run.keeper.record(aim(hub, Window(hub.now_us, hub.now_us + MINUTE_US), alone=False, serial=5))


async def test_nothing_is_aimed_days_before_a_window(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        start_us = NOW_US + 25 * HOUR_US
        await ordered(run, windows=(Window(start_us, start_us + HOUR_US),))
        await refused(run.keeper.record(aim(hub, Window(NOW_US, NOW_US + MINUTE_US))), "keeper.setup")
        hub.now_us += HOUR_US
        await run.keeper.record(aim(hub, Window(hub.now_us, hub.now_us + MINUTE_US)))


async def test_a_unit_that_is_aimed_counts_among_those_that_were_decided(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        await ordered(run, max_units=1)
        name(tmp_path, "unit-2", "2" * 64)
        other: dict[str, Any] = {"unit": "unit-2", "unit_key": "2" * 64, "camera": "cam-2"}
        setup = Window(NOW_US, NOW_US + SETUP_LIFE_US)
        elsewhere = {"post": "post-2", "post_digest": digest_of(hub)}
        for where in ({}, elsewhere):
            await refused(run.keeper.record(aim(hub, setup, alone=False, **other | where)), "keeper.assignment")
        await run.keeper.record(aim(hub, setup, alone=False, **elsewhere))
        swap = place(hub, serial=2, **other)
        await refused(run.keeper.record(swap), "keeper.assignment")
        hub.now_us = setup.to_us
        await run.keeper.record(swap)


async def test_a_deployment_has_so_many_records_logged_a_minute(tmp_path: Path, hub: SimulatedHub) -> None:
    """Two of a team fill the log no faster than they could hang cameras, one approver no faster than they think."""
    async with running(tmp_path, hub) as run:
        await ordered(run)
        for at_us in range(NOW_US, NOW_US + RECORDS_A_MINUTE[NECESSITY]):
            newest = confirmed(hub, at_us)
            await run.keeper.record(newest)
        await refused(run.keeper.record(confirmed(hub, NOW_US - 1)), "keeper.rate")
        for serial in range(2, 1 + RECORDS_A_MINUTE[ASSIGNMENT]):  # one was logged with the order
            await run.keeper.record(place(hub, serial=serial))
        await refused(run.keeper.record(place(hub, serial=100)), "keeper.rate")
        await run.keeper.record(newest)  # asked for again it is the one there is
        hub.now_us += MINUTE_US
        await run.keeper.record(confirmed(hub, hub.now_us))
        await run.keeper.record(place(hub, serial=100))


async def test_what_is_aimed_is_recorded_never(tmp_path: Path, hub: SimulatedHub) -> None:
    """A row that names an assignment for aiming is refused, also inside a window of the decision."""
    async with running(tmp_path, hub) as run:
        await ordered(run)
        aimed = aim(hub, Window(NOW_US, NOW_US + SETUP_LIFE_US))
        await run.keeper.record(aimed)
        said = row(hub, run, hub.mandates[DEPLOYMENT].decision, aimed)
        await refused(run.keeper.row(said, IDENTITY), "keeper.segment")


async def test_aiming_withdraws_no_placement(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        window = (await ordered(run)).windows[0]
        await run.keeper.record(aim(hub, Window(NOW_US, NOW_US + SETUP_LIFE_US)))
        ref = await run.keeper.grant(grant(hub, window.to_us))
        hub.now_us += SETUP_LIFE_US + MINUTE_US
        assert (await lease(run, ref)).until_us == hub.now_us + 5 * MINUTE_US


async def test_a_swap_takes_the_post_and_no_more_units(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        await ordered(run, max_units=1)
        other: dict[str, Any] = {"unit": "unit-2", "unit_key": "2" * 64, "camera": "cam-2"}
        await refused(run.keeper.record(place(hub, serial=2, **other)), "keeper.unit")
        name(tmp_path, "unit-2", "2" * 64)
        await refused(run.keeper.record(place(hub, serial=2, **other | {"unit_key": "3" * 64})), "keeper.unit")
        await refused(
            run.keeper.record(place(hub, post="post-2", post_digest=digest_of(hub), **other)), "keeper.assignment"
        )
        await run.keeper.record(place(hub, hub.operators[0], INSTALLER, serial=2, **other))
        await refused(run.grant(), "keeper.assignment")
        await run.keeper.grant(grant(hub, NOW_US + MINUTE_US, "cam-2"))


def digest_of(hub: SimulatedHub) -> str:
    """Of the decision's second post."""
    return post_digest(load(Decision, hub.mandates[DEPLOYMENT].decision.body).posts[1])


async def test_an_older_assignment_is_not_logged_again(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        await ordered(run)
        name(tmp_path, "unit-2", "2" * 64)
        name(tmp_path, "unit-3", "3" * 64)
        newer = place(hub, serial=2, unit="unit-2", unit_key="2" * 64)
        await run.keeper.record(newer)
        older = place(hub, serial=2, unit="unit-3", unit_key="3" * 64)
        await refused(run.keeper.record(older), "keeper.serial")
