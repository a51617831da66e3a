# SPDX-License-Identifier: EUPL-1.2
"""The keeper says of a logged decision that it was urgent, and of what it owes that it is done: once each."""

from pathlib import Path

from contract.events import Event
from tests.integration.keeper.keeping import refused, running
from tests.simulated_hub import SimulatedHub, unit_name

NOW_US, DAY_US = 1_790_000_000_000_000, 86_400_000_000


async def test_a_logged_decision_is_said_to_be_urgent_once_and_its_duties_done_once(tmp_path: Path) -> None:
    hub = SimulatedHub(NOW_US, unit_name()[0])
    async with running(tmp_path, hub) as held:
        mandate = await held.order()
        due_us, order = hub.now_us + DAY_US, hub.decision()
        index = await held.keeper.urgent(mandate.decision.digest, due_us, ["posts", "entries"])
        assert await held.keeper.urgent(mandate.decision.digest, due_us, []) == index
        leaf = held.log.entry(index)
        assert (leaf.event, leaf.digest) == (Event.DEPLOYMENT_URGENT, mandate.decision.digest)
        assert leaf.ids == {
            "deployment": order.deployment,
            "serial": str(order.serial),
            "due": str(due_us),
            "owes": "entries,posts",
        }
        done = await held.keeper.duty(order.deployment, "posts")
        assert await held.keeper.duty(order.deployment, "posts") == done
        assert held.log.entry(done).ids == {"deployment": order.deployment, "duty": "posts"}
        await refused(held.keeper.duty(order.deployment, "publication"), "keeper.duty")


async def test_what_nobody_signed_or_what_is_no_duty_is_not_said(tmp_path: Path) -> None:
    hub = SimulatedHub(NOW_US, unit_name()[0])
    async with running(tmp_path, hub) as held:
        mandate = await held.order()
        digest, order = mandate.decision.digest, hub.decision()
        await refused(held.keeper.urgent("0" * 64, hub.now_us, []), "keeper.decision")
        await refused(held.keeper.urgent(digest, hub.now_us, ["tea"]), "keeper.urgent")
        await refused(held.keeper.urgent(digest, hub.now_us + 2 * DAY_US, []), "keeper.urgent")
        await refused(held.keeper.duty(order.deployment, "posts"), "keeper.duty")
