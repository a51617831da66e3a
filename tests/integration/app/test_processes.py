# SPDX-License-Identifier: EUPL-1.2
"""The hub's processes as they are started: their sockets, a stale one, a body that is streamed, the end by SIGTERM."""

import asyncio
import base64
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from hub.store.database import Database
from tests.integration.app.broker import broker
from tests.integration.filming import filming
from tests.integration.ingest.test_rows import rows
from tests.integration.town import UNIT, Town, problem
from tests.integration.town import town as new_town

CHECKOUT = Path(__file__).resolve().parents[3]
DEADLINE_S = 30.0
SOMEBODY = 61_099  # a group of nobody's


@pytest.fixture
async def town(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    """A town of today: processes look at the machine's own clock."""
    async with new_town(database, monkeypatch, time.time_ns() // 1000) as made:
        yield made


@contextmanager
def process(town: Town, verb: str, mqtt_url: str = "") -> Iterator["subprocess.Popen[bytes]"]:
    """One of the hub's processes, which SIGTERM ends within five seconds."""
    environment = {"PATH": "/usr/bin:/bin", "DATABASE_URL": town.database.url, "MQTT_URL": mqtt_url}
    argv = [sys.executable, "-m", "hub", verb, "--state", str(town.layout.state)]
    running = subprocess.Popen(argv, cwd=CHECKOUT, env=environment)
    try:
        yield running
        assert running.poll() is None
        running.send_signal(signal.SIGTERM)
        assert running.wait(5) == 0
    finally:
        running.kill()
        running.wait()


@asynccontextmanager
async def answering(town: Town, name: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a socket, once it answers."""
    transport = httpx.AsyncHTTPTransport(uds=str(town.layout.socket(name)))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        async with asyncio.timeout(DEADLINE_S):
            while not await _answers(client):
                await asyncio.sleep(0.05)
        yield client


async def _answers(client: httpx.AsyncClient) -> bool:
    try:
        await client.get("/")
    except httpx.ConnectError:
        return False
    return True


async def test_the_peoples_application_replaces_a_stale_socket_and_leaves_none(town: Town) -> None:
    path = town.layout.socket("serve")
    path.parent.mkdir(parents=True)
    group = SOMEBODY if os.geteuid() == 0 else os.getegid()
    os.chown(path.parent, -1, group)
    path.parent.chmod(0o2710)
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    with process(town, "serve"):
        async with answering(town, "serve") as client:
            status = path.stat()
            assert stat.S_IMODE(status.st_mode) == 0o660
            assert status.st_gid == group  # its folder's: who may speak with it is decided there
            assert problem(await client.get("/v1/session"))[:2] == (401, "not-signed-in")
            assert (await client.get("/v1/log/checkpoint")).text == town.log.checkpoint()[0]

    assert not path.exists()


async def test_the_units_application_takes_a_streamed_segment(town: Town) -> None:
    filmed = (await filming(town)).film(fragments=60)
    town.now_us = time.time_ns() // 1000
    await rows(town).take(UNIT, filmed.signed_row)
    der = x509.load_pem_x509_certificate((town.layout.unit(UNIT) / "identity.pem").read_bytes()).public_bytes(
        Encoding.DER
    )
    headers = {"X-Client-Cert": base64.b64encode(der).decode()}

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(filmed.data), 4096):
            yield filmed.data[at : at + 4096]

    with process(town, "units"):
        async with answering(town, "units") as client:
            path = f"/v1/units/{UNIT}/segments/{filmed.chain}"
            assert problem(await client.put(path, content=b""))[:2] == (403, "certificate-refused")
            answer = await client.put(path, content=pieces(), headers=headers)
            assert (answer.status_code, answer.headers["api-version"]) == (202, "1.0.0")
            offer = f"/v1/units/{UNIT}/whip/camera-1"
            refused = await client.post(offer, content=b"v=0", headers=headers)
            assert problem(refused) == (403, "live-refused", "live.offer")  # no media process runs
            assert problem(await client.post(offer, content=b"x" * 20_000, headers=headers))[:2] == (413, "too-large")


async def test_the_worker_ends_at_once_also_while_it_works(town: Town) -> None:
    await town.deploy()
    with broker(town) as line:
        await line.start()
        with process(town, "worker", line.url):
            async with asyncio.timeout(DEADLINE_S):
                while not await _mandate_sent(town):
                    await asyncio.sleep(0.05)


async def _mandate_sent(town: Town) -> bool:
    async with town.database.transaction() as db:
        return bool(await db.value("select count(*) from downlink where what = 'mandate' and sent_at_us is not null"))


async def test_a_worker_without_its_broker_waits_and_ends_at_once(town: Town) -> None:
    with process(town, "worker", "mqtts://127.0.0.1:1") as running:
        await asyncio.sleep(1.5)
        assert running.poll() is None
