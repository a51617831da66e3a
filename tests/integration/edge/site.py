# SPDX-License-Identifier: EUPL-1.2
"""A units' site over real mutual TLS: takes segments for a simulated hub, and answers as a test tells it to."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import h11

from contract.record import ContractError
from tests.integration.embedded.certificates import Identity
from tests.simulated_hub import SimulatedHub


@dataclass
class Site:
    """One request at a time and connection; `requests` is what came in."""

    hub: SimulatedHub
    identity: bytes
    port: int = 0
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)
    whip: tuple[int, bytes] = (201, b"v=0 answer")
    on_stored: Callable[[str], None] = lambda chain: None
    status: int | None = None  # answer this to every PUT
    held: bytes = b""  # of every segment

    @asynccontextmanager
    async def serving(self, server: Identity, client_ca: Path) -> AsyncIterator[Site]:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(client_ca))
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(server.cert, server.key)
        listener = await asyncio.start_server(self._connection, "127.0.0.1", self.port, ssl=context)
        self.port = listener.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            listener.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER)
        peer = writer.get_extra_info("peercert")
        self.subjects.append(str(dict(pair[0] for pair in peer["subject"]).get("commonName")))
        try:
            while True:
                request, body = await _request(connection, reader)
                headers = {name.decode(): value.decode() for name, value in request.headers}
                self.requests.append((request.method.decode(), request.target.decode(), headers))
                status, answer = self._answer(request, body)
                sent = h11.Response(status_code=status, headers=[("Content-Length", str(len(answer)))])
                for event in (sent, h11.Data(data=answer), h11.EndOfMessage()):
                    writer.write(connection.send(event) or b"")
                await writer.drain()
                connection.start_next_cycle()
        except (ConnectionError, h11.ProtocolError, EOFError):
            pass
        finally:
            writer.close()

    def _answer(self, request: h11.Request, body: bytes) -> tuple[int, bytes]:
        if request.method == b"POST":
            return self.whip
        chain = request.target.decode().rpartition("/")[2]
        if request.method == b"GET" and (self.status is not None or chain in self.hub.rows):
            return 200, json.dumps({"offset": len(self.held)}).encode()
        if self.status is not None:
            return self.status, json.dumps({"title": "no", "detail": "as the test says"}).encode()
        if chain not in self.hub.rows:
            return 409, b'{"title":"no row yet"}'
        try:
            self.hub.take_segment(chain, self.held + body, self.identity)
        except ContractError as error:
            return 422, json.dumps({"title": str(error)}).encode()
        self.on_stored(chain)
        return 202, b'{"status":"stored, not anchored"}'


async def _request(connection: h11.Connection, reader: asyncio.StreamReader) -> tuple[h11.Request, bytes]:
    request, body = None, b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(65_536))
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            assert request is not None
            return request, body
        else:
            raise EOFError
