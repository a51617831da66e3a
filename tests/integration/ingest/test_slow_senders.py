# SPDX-License-Identifier: EUPL-1.2
"""Over a real socket: who sends slowly, or the same for ever, takes up two requests of his own and nothing else."""

import asyncio
import base64
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from hub.app import server, units
from hub.ingest.segments import OF_A_UNIT, Patience
from tests.integration.filming import Filmed, filming
from tests.integration.ingest.conftest import OTHER, UnitsSite, certificate, filmed_by_other
from tests.integration.ingest.test_anchoring import acks, anchoring
from tests.integration.ingest.test_rows import rows
from tests.integration.ingest.test_segments import files, filmed_row
from tests.integration.town import UNIT, Town, problem

SILENCE_S = 0.3
DEADLINE_S = 10.0
Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def socket(town: Town, site: UnitsSite) -> AsyncIterator[Path]:
    """Where the units' application listens, with little patience."""
    stop, path = asyncio.Event(), town.layout.socket("units")
    running = asyncio.create_task(
        server.serve(units.application(replace(site.parts, patience=Patience(SILENCE_S))), path, stop)
    )
    async with asyncio.timeout(DEADLINE_S):
        while not path.exists() and not running.done():
            await asyncio.sleep(0.01)
    yield path
    stop.set()
    await running


@asynccontextmanager
async def sending(
    town: Town, socket: Path, chain: str, length: int
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A PUT whose head has been sent, and one byte of its body."""
    reader, writer = await asyncio.open_unix_connection(str(socket))
    shown = base64.b64encode(certificate(town)).decode()
    head = f"PUT /v1/units/{UNIT}/segments/{chain} HTTP/1.1\r\nHost: localhost\r\nX-Client-Cert: {shown}\r\n"
    writer.write(f"{head}Content-Length: {length}\r\n\r\n".encode() + b"F")
    try:
        yield reader, writer
    finally:
        writer.close()


async def put(town: Town, socket: Path, filmed: Filmed, unit: str = UNIT) -> httpx.Response:
    headers = {"X-Client-Cert": base64.b64encode(certificate(town, unit)).decode()}
    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(socket)), headers=headers) as client:
        return await client.put(f"http://localhost/v1/units/{unit}/segments/{filmed.chain}", content=filmed.data)


@pytest.mark.parametrize("wanted", [True, False], ids=["with a row", "without"])
async def test_a_body_that_does_not_move_is_ended(town: Town, site: UnitsSite, socket: Path, wanted: bool) -> None:
    filmed = await filmed_row(town)
    chain = filmed.chain if wanted else "0" * 64

    async with sending(town, socket, chain, len(filmed.data)) as (reader, _), asyncio.timeout(DEADLINE_S):
        answer = await reader.read()  # to the connection's end

    assert answer.startswith(b"HTTP/1.1 408")
    assert files(town.layout.state / "incoming") == files(site.folder) == []
    assert (await put(town, socket, filmed)).status_code == 202


async def test_a_body_that_moves_for_ever_is_ended_and_goes_on_at_the_byte(town: Town, site: UnitsSite) -> None:
    filmed = await filmed_row(town)
    app = units.application(replace(site.parts, patience=Patience(silence_s=DEADLINE_S, body_s=0.2)))
    path = f"/v1/units/{UNIT}/segments/{filmed.chain}"
    place, sent = f"bytes 0-{len(filmed.data) - 1}/{len(filmed.data)}", 0

    async def trickling() -> AsyncIterator[bytes]:
        nonlocal sent
        for byte in filmed.data:
            yield bytes([byte])
            sent += 1
            await asyncio.sleep(0.01)

    transport = httpx.ASGITransport(app)
    headers = dict(site.client.headers) | {"Host": "localhost"}
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
        async with asyncio.timeout(DEADLINE_S):
            answer = await client.put(path, content=trickling(), headers={"Content-Range": place})
        assert problem(answer)[:2] == (408, "too-slow")
        here = (await client.get(path)).json()["offset"]
        assert 0 < here <= sent + 1
        place = f"bytes {here}-{len(filmed.data) - 1}/{len(filmed.data)}"
        rest = await client.put(path, content=filmed.data[here:], headers={"Content-Range": place})
    assert rest.status_code == 202


async def test_a_trickle_takes_two_requests_of_its_unit_and_no_others(
    town: Town, site: UnitsSite, socket: Path
) -> None:
    camera = await filming(town)
    filmed = camera.film()
    await rows(town).take(UNIT, filmed.signed_row)
    others = await filmed_by_other(town, camera)
    incoming = town.layout.state / "incoming"

    async with sending(town, socket, filmed.chain, 999) as one, sending(town, socket, filmed.chain, 999) as two:
        async with asyncio.timeout(DEADLINE_S):
            while len(files(incoming)) < OF_A_UNIT:
                await trickle(one, two)
            for _ in range(3):
                answer = await put(town, socket, filmed)
                assert problem(answer) == (429, "too-many-attempts", "segment.at-once")
                assert "retry-after" in answer.headers
                await trickle(one, two)
            refused = await put(town, socket, others, OTHER)  # it is heard, and told that no order placed it
            assert problem(refused)[:2] == (422, "segment-refused")
            assert len(files(incoming)) == OF_A_UNIT
    async with asyncio.timeout(DEADLINE_S):
        while files(incoming):
            await asyncio.sleep(0.01)
    assert (await put(town, socket, filmed)).status_code == 202


async def trickle(*senders: Wire) -> None:
    for _, writer in senders:
        writer.write(b"Z")
    await asyncio.sleep(0.01)


async def test_the_same_segment_a_thousand_times(town: Town, site: UnitsSite, socket: Path) -> None:
    filmed = await filmed_row(town, fragments=1)
    path = f"http://localhost/v1/units/{UNIT}/segments/{filmed.chain}"
    headers = {"X-Client-Cert": base64.b64encode(certificate(town)).decode()}
    heard: Counter[int] = Counter()

    async def many(times: int) -> None:
        async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(socket)), headers=headers) as client:
            for _ in range(times):
                heard[(await client.put(path, content=filmed.data)).status_code] += 1
        await rows(town).take(UNIT, filmed.signed_row)

    size = town.log.checkpoint()[1].size
    await asyncio.gather(*(many(50) for _ in range(20)))
    await anchoring(town).anchor()

    assert heard.keys() == {202, 429} and heard.total() == 1000
    assert len(files(site.folder)) == 1
    assert files(town.layout.state / "incoming") == []
    assert [ack.chain for ack in await acks(town)] == [filmed.chain]
    assert town.log.checkpoint()[1].size == size + 1
