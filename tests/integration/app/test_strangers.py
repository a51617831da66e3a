# SPDX-License-Identifier: EUPL-1.2
"""Who speaks in a unit's name and is not it, by a real broker: refused, said in the hub's log, the unit undisturbed.

What the broker itself refuses (another's topic, another's session, a revoked certificate) is in
`tests/integration/embedded/test_nats.py`; a forged ack is refused at the unit (`tests/integration/edge/test_agent.py`).
"""

import time
from collections.abc import AsyncIterator, Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from hub.store.database import Database
from hub.store.health import HealthTable
from hub.store.units import Units
from tests.integration.app.broker import Broker, broker, unit_line
from tests.integration.app.test_worker import online, until, working
from tests.integration.filming import START_ID, filming, state
from tests.integration.fleet.test_health import report
from tests.integration.town import UNIT, Town
from tests.integration.town import town as new_town

STRANGER = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
async def town(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    """A town of today: TLS looks at the machine's own clock."""
    async with new_town(database, monkeypatch, time.time_ns() // 1000) as made:
        yield made


@pytest.fixture
async def line(town: Town) -> AsyncIterator[Broker]:
    with broker(town) as made:
        await made.start()
        yield made


def refused(caplog: pytest.LogCaptureFixture, what: str) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.getMessage().startswith(f"{what} of {UNIT} refused")]


async def test_health_comes_up_the_line(town: Town, line: Broker) -> None:
    await town.enrol()
    async with working(town, line), unit_line(line) as unit:
        await unit.say("state", state(town, 1))
        await unit.say("health", report(town, 1))
        await until(lambda: _has_health(town))


async def _has_health(town: Town) -> bool:
    return await HealthTable(town.database).get(UNIT) is not None


FORGED: dict[str, Callable[[Town], bytes]] = {
    "state": lambda town: state(town, 9, STRANGER, online=False),
    "health": lambda town: report(town, 9, key=STRANGER),
}


@pytest.mark.parametrize("what", FORGED)
async def test_what_another_key_signed_is_refused_and_said(
    town: Town,
    line: Broker,
    caplog: pytest.LogCaptureFixture,
    what: str,
) -> None:
    await town.enrol()
    async with working(town, line), unit_line(line) as unit:
        await unit.say("state", state(town, 1))
        await until(lambda: online(town))
        await unit.say(what, FORGED[what](town))
        await unit.say("state", state(town, 2))
        await unit.say("health", report(town, 1))
        await until(lambda: _has_health(town))
        assert await online(town), "it was not said by the unit, so it ends nothing"
    assert len(refused(caplog, what)) == 1


async def test_anothers_row_on_ones_own_topic_is_refused_and_said(
    town: Town,
    line: Broker,
    caplog: pytest.LogCaptureFixture,
) -> None:
    camera = await filming(town)
    filmed = camera.film()
    async with working(town, line), unit_line(line) as unit:
        await unit.say("state", state(town, 1))
        spoilt = filmed.signed_row.replace(b'"sig":"', b'"sig":"AAAA', 1)
        await unit.say("index", spoilt)
        await unit.say("health", report(town, 1))
        await until(lambda: _has_health(town))
        assert await online(town)
    assert len(refused(caplog, "index")) == 1


async def test_who_was_revoked_is_no_longer_listened_to(
    town: Town,
    line: Broker,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await town.enrol()
    async with working(town, line), unit_line(line) as unit:
        await unit.say("state", state(town, 1))
        await until(lambda: online(town))
        await (await town.client("operator")).post(f"/v1/units/{UNIT}/revoke", json={"reason": "stolen"})
        await unit.say("state", state(town, 2))
        await until(lambda: _said(caplog))
    row = await Units(town.database).get(UNIT)
    assert row is not None and (row.state, row.online, row.start_id) == ("revoked", False, START_ID)


async def _said(caplog: pytest.LogCaptureFixture) -> bool:
    return bool(refused(caplog, "state"))
