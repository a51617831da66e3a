# SPDX-License-Identifier: EUPL-1.2
"""The worker with a real broker: mandates reach their unit, states and rows come up, acks go down, across restarts."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiomqtt
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from contract.authority import EMPTY, examine
from contract.envelope import opened, read
from contract.mandate import MandateMessage, read_message
from contract.messages import ACK, Ack
from contract.record import load
from contract.roster import Roster
from hub.app import units, worker
from hub.app.together import PartEndedError
from hub.config import Settings
from hub.deployments.mandate_keeping import MandateKeeping
from hub.store.database import Database
from hub.store.downlink import Downlink
from hub.store.objects import Objects
from hub.store.segments import Segments
from hub.store.units import RevocationRow, Units
from tests.integration.app.broker import DEADLINE_S, Broker, broker, unit_line
from tests.integration.filming import Filmed, filming, state
from tests.integration.town import MINUTE_US, UNIT, Town
from tests.integration.town import town as new_town


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


@asynccontextmanager
async def working(town: Town, line: Broker) -> AsyncIterator[None]:
    """A worker that runs meanwhile."""
    settings = Settings(state=town.layout.state, database_url=town.database.url, mqtt_url=line.url)
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(settings, lambda: town.now_us, stop))
    try:
        yield
        assert not running.done()
    finally:
        stop.set()
        await running


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not await true():
            await asyncio.sleep(0.02)


async def online(town: Town) -> bool:
    row = await Units(town.database).get(UNIT)
    return row is not None and row.online


async def offline(town: Town) -> bool:
    return not await online(town)


def orders(town: Town, payload: bytes) -> list[str]:
    """The numbers of the deployments that a message orders, by the unit's own verifier."""
    examined = examine(read_message(payload), town.anchors, EMPTY, town.identity.name)
    assert examined.refusals == ()
    return [order.decision.number for order in examined.orders]


async def put(town: Town, filmed: Filmed) -> httpx.Response:
    """The unit sends a segment to the units' application."""
    parts = units.Parts(
        database=town.database,
        unit_ca=x509.load_pem_x509_certificate((town.layout.tls / "unit-ca.pem").read_bytes()),
        objects=Objects(town.layout.objects),
        scratch=town.layout.state / "incoming",
        media_socket=town.layout.socket("media"),
        now_us=lambda: town.now_us,
    )
    der = x509.load_pem_x509_certificate((town.layout.unit(UNIT) / "identity.pem").read_bytes()).public_bytes(
        Encoding.DER
    )
    headers = {"X-Client-Cert": base64.b64encode(der).decode()}
    transport = httpx.ASGITransport(units.application(parts))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
        return await client.put(f"/v1/units/{UNIT}/segments/{filmed.chain}", content=filmed.data)


async def test_a_unit_hears_its_order_as_soon_as_two_have_signed(town: Town, line: Broker) -> None:
    async with working(town, line), unit_line(line) as unit:
        await town.introduce()
        await town.enrol()
        deployment = await town.decide()
        assert orders(town, await unit.hear("mandate")) == []
        draft = (await town.draft_assignment(deployment)).json()
        for key in town.operators:
            await town.sign_assignment(draft, key)
        while not (heard := orders(town, await unit.hear("mandate"))):
            pass

    assert heard == [deployment["number"]]


async def test_a_unit_that_comes_later_finds_its_order_at_the_broker(town: Town, line: Broker) -> None:
    deployment = await town.deploy()
    async with working(town, line):
        await until(lambda: _sent(town))
    async with working(town, line), unit_line(line) as unit:
        await unit.say("state", state(town, 1))  # what the broker kept may not have reached it: then it is said again
        assert orders(town, await unit.hear("mandate")) == [deployment["number"]]


async def _sent(town: Town) -> bool:
    return await Downlink(town.database).unsent(town.now_us, 1) == [] and bool(
        await Downlink(town.database).mandate(UNIT)
    )


async def test_a_state_makes_a_unit_online_and_its_last_will_offline(town: Town, line: Broker) -> None:
    await town.enrol()
    will = state(town, 0, online=False)
    async with working(town, line):
        with pytest.raises(aiomqtt.MqttError):  # its own end finds out too
            async with unit_line(line, will) as unit:
                await unit.say("state", state(town, 1))
                await until(lambda: online(town))
                unit.cut()
                await until(lambda: offline(town))
                await unit.hear("mandate")


async def test_a_unit_that_reports_what_it_saw_gets_a_proof_from_there(town: Town, line: Broker) -> None:
    await town.deploy()
    async with working(town, line), unit_line(line) as unit:
        first = examine(read_message(await unit.hear("mandate")), town.anchors, EMPTY, town.identity.name)
        await town.decide(title="Elders")
        await unit.say("state", state(town, 1, checkpoint_size=first.memory.checkpoint_size))
        await until(lambda: online(town))
        deployment = await town.decide(
            windows=[{"from_us": town.now_us + MINUTE_US, "to_us": town.now_us + 9 * MINUTE_US}]
        )
        draft = (await town.draft_assignment(deployment)).json()
        for key in town.operators:
            await town.sign_assignment(draft, key)
        while len((message := read_message(await unit.hear("mandate"))).mandates) < 2:
            pass  # the first one said again, because the unit has started

    assert message.consistency.from_size == first.memory.checkpoint_size
    found = examine(message, town.anchors, first.memory, town.identity.name)
    assert len(found.orders) == 2


async def acked(town: Town, message: MandateMessage, payload: bytes) -> Ack:
    order_key = load(Roster, message.roster.body).order_key
    return opened(read(payload), ACK, Ack, order_key)


async def test_a_segment_is_acked_once_it_stands_in_the_log(town: Town, line: Broker) -> None:
    camera = await filming(town)
    filmed = camera.film()
    async with working(town, line), unit_line(line) as unit:
        message = read_message(await unit.hear("mandate"))
        await unit.say("index", filmed.signed_row)
        await until(lambda: _known(town, filmed))
        assert (await put(town, filmed)).status_code == 202
        ack = await acked(town, message, await unit.hear("ack"))
        await unit.say("index", filmed.signed_row)  # it was lost on the way: the unit asks again
        again = await acked(town, message, await unit.hear("ack"))

    assert (ack.unit, ack.chain) == (UNIT, filmed.chain)
    assert again.log_index == ack.log_index
    assert town.log.entry(ack.log_index).digest == read(filmed.signed_row).digest


async def _known(town: Town, filmed: Filmed) -> bool:
    return await Segments(town.database).get(filmed.chain) is not None


async def test_what_was_said_while_the_worker_was_away_is_heard_when_it_returns(town: Town, line: Broker) -> None:
    camera = await filming(town)
    async with working(town, line):
        await until(lambda: _sent(town))
    filmed = camera.film()
    async with unit_line(line) as unit:
        await unit.say("index", filmed.signed_row)
        async with working(town, line):
            await until(lambda: _known(town, filmed))


async def test_a_lease_that_still_stands_is_said_again_after_a_restart(town: Town, line: Broker) -> None:
    await town.enrol()
    downlink = Downlink(town.database)
    await downlink.add(UNIT, "publish", b"stands", town.now_us, town.now_us + MINUTE_US)
    async with unit_line(line) as unit:
        for _ in range(2):
            async with working(town, line):
                assert await unit.hear("publish") == b"stands"
        town.now_us += MINUTE_US
        await downlink.add(UNIT, "publish", b"fresh", town.now_us, town.now_us + MINUTE_US)
        async with working(town, line):
            assert await unit.hear("publish") == b"fresh"


async def test_a_broker_that_went_and_came_back(town: Town, line: Broker) -> None:
    await town.enrol()
    async with working(town, line):
        async with unit_line(line) as unit:
            await unit.say("state", state(town, 1))
            await until(lambda: online(town))
        line.stop()
        async with town.database.transaction() as db:
            await db.run("update units set online = false")
        await line.start()
        async with unit_line(line) as unit:
            await unit.say("state", state(town, 2))
            await until(lambda: online(town))


async def test_nonsense_harms_nobody(town: Town, line: Broker) -> None:
    await town.enrol()
    async with working(town, line), unit_line(line) as unit:
        for payload in (b"", b"\xff" * 1000, b"{}", b'{"type":"state"}'):
            for what in ("state", "index"):
                await unit.say(what, payload)
        await unit.say("state", state(town, 1))
        await until(lambda: online(town))


async def test_a_record_that_cannot_be_read_stops_mandates_and_nothing_else(
    town: Town, line: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    deployment = await town.deploy()
    async with town.database.transaction() as db:
        held = await db.value("select envelope from records where type = 'roster'")
        await db.run("update records set envelope = :spoilt where type = 'roster'", spoilt=b"{}")
    async with working(town, line), unit_line(line) as unit:
        async with asyncio.timeout(3 * DEADLINE_S):
            number = 0
            while not await online(town):  # as a unit does: it says it again
                number += 1
                await unit.say("state", state(town, number))
                await asyncio.sleep(0.2)
        await until(lambda: _logged(caplog, "mandate"))
        assert await Downlink(town.database).mandate(UNIT) is None
        async with town.database.transaction() as db:
            await db.run("update records set envelope = :held where type = 'roster'", held=held)
            await db.notify("mandate", UNIT)
        assert orders(town, await unit.hear("mandate")) == [deployment["number"]]


async def _logged(caplog: pytest.LogCaptureFixture, word: str) -> bool:
    return any(word in record.getMessage() for record in caplog.records if record.levelname == "ERROR")


async def test_a_revoked_unit_is_told_that_it_has_no_orders_and_the_broker_that_it_has_no_unit(
    town: Town, line: Broker
) -> None:
    deployment = await town.deploy()
    units = Units(town.database)
    async with working(town, line), unit_line(line) as unit:
        assert orders(town, await unit.hear("mandate")) == [deployment["number"]]
        await units.revoke(RevocationRow(UNIT, 1, "lost", "operator", town.now_us))
        assert orders(town, await unit.hear("mandate")) == []
        async with asyncio.timeout(DEADLINE_S):
            while json.loads(town.layout.revoked.read_bytes()) != [UNIT]:
                await asyncio.sleep(0.02)


async def test_a_part_that_ends_by_itself_ends_the_worker(
    town: Town, line: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def return_at_once(self: object) -> None:
        """As nothing of it should."""

    monkeypatch.setattr(MandateKeeping, "run", return_at_once)
    settings = Settings(state=town.layout.state, database_url=town.database.url, mqtt_url=line.url)

    async with asyncio.timeout(DEADLINE_S):
        with pytest.raises(PartEndedError):
            await worker.run(settings, lambda: town.now_us, asyncio.Event())
