# SPDX-License-Identifier: EUPL-1.2
"""A unit that films says how it is: at its start, and again after thirty seconds of its own clock."""

from __future__ import annotations

from contract.mandate import Decision
from contract.record import load
from tests.integration.edge.conftest import UnitUnderTest
from tests.integration.edge.test_agent import short
from tests.integration.edge.wires import until
from tests.unit.edge.unit import IDENTITY

HALF_A_MINUTE_US = 30_000_000


async def test_health_comes_at_the_start_and_then_says_what_is_held_and_filmed(unit: UnitUnderTest) -> None:
    to_us = short(unit, 120.0)
    unit.wires.acks = False
    async with unit.running() as agent:
        first = await until(lambda: unit.wires.health[0] if unit.wires.health else None)
        assert (first.unit, first.start_id) == (IDENTITY.unit, agent.start_id)
        assert (first.orders, first.lease_until_us, first.unsent, first.oldest_unsent_us) == ((), None, 0, None)
        assert first.spool_limit == unit.spool_limit and first.disk_total > 0 and first.rss_bytes > 0
        assert first.certificate_until_us == 0, "this unit has no certificate"

        await unit.wires.send("mandate", unit.message())
        await until(lambda: len(unit.emitted) > 20)
        unit.ahead_us += HALF_A_MINUTE_US
        later = await until(lambda: unit.wires.health[1] if len(unit.wires.health) > 1 else None)

    (mandate,) = unit.hub.mandates.values()
    decision = load(Decision, mandate.decision.body)
    (held,) = later.orders
    assert (held.deployment, held.decision) == (decision.deployment, mandate.decision.digest)
    assert held.to_us == to_us
    (camera,) = later.cameras
    assert camera.pictures >= 20 and camera.left_out == 0
    assert camera.last_picture_at_us is not None and camera.last_picture_at_us <= later.at_us
    assert later.spool_bytes > 0
    assert later.lease_until_us is not None and later.lease_until_us > later.at_us - HALF_A_MINUTE_US
