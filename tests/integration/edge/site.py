# SPDX-License-Identifier: EUPL-1.2
"""A units' site over real mutual TLS: takes segments for a simulated hub, and answers as a test tells it to.

What came in of a segment before its line broke stays, and the unit is told how much that is, as the real hub does.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import h11

from contract.record import ContractError
from tests.integration.embedded.certificates import Identity
from tests.simulated_hub import SimulatedHub

PIECE_BYTES = 4096


async def _take(chain: str, size: int) -> None:
    """Nothing stands in the way of a piece."""


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
    parts: dict[str, bytes] = field(default_factory=dict)  # what came of one whose line broke
    on_piece: Callable[[str, int], Awaitable[None]] = _take  # (chain, bytes here): may wait, or break the line

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
                request = await self._request(connection, reader)
                headers = {name.decode(): value.decode() for name, value in request.headers}
                self.requests.append((request.method.decode(), request.target.decode(), headers))
                status, answer = self._answer(request)
                sent = h11.Response(status_code=status, headers=[("Content-Length", str(len(answer)))])
                for event in (sent, h11.Data(data=answer), h11.EndOfMessage()):
                    writer.write(connection.send(event) or b"")
                await writer.drain()
                connection.start_next_cycle()
        except (ConnectionError, h11.ProtocolError, EOFError):
            pass
        finally:
            writer.close()

    def _answer(self, request: h11.Request) -> tuple[int, bytes]:
        if request.method == b"POST":
            return self.whip
        chain = _chain(request)
        if request.method == b"GET" and (self.status is not None or chain in self.hub.rows):
            return 200, json.dumps({"offset": self._offset(chain)}).encode()
        if self.status is not None:
            return self.status, json.dumps({"title": "no", "detail": "as the test says"}).encode()
        if chain not in self.hub.rows:
            return 409, b'{"title":"no row yet"}'
        try:
            self.hub.take_segment(chain, self.parts.pop(chain, self.held), self.identity)
        except ContractError as error:
            return 422, json.dumps({"title": str(error)}).encode()
        self.on_stored(chain)
        return 202, b'{"status":"stored, not anchored"}'

    def _offset(self, chain: str) -> int:
        row = self.hub.rows.get(chain)
        if row is not None and len(self.parts.get(chain, b"")) >= row.length:
            del self.parts[chain]  # the line broke between its last byte and the request's end
        return len(self.parts.get(chain, self.held))

    async def _request(self, connection: h11.Connection, reader: asyncio.StreamReader) -> h11.Request:
        request: h11.Request | None = None
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await reader.read(PIECE_BYTES))
            elif isinstance(event, h11.Request):
                request = event
            elif isinstance(event, h11.Data):
                assert request is not None
                await self._piece(request, bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                assert request is not None
                return request
            else:
                raise EOFError

    async def _piece(self, request: h11.Request, piece: bytes) -> None:
        if request.method == b"PUT" and self.status is None:
            chain = _chain(request)
            self.parts[chain] = self.parts.get(chain, self.held) + piece
            await self.on_piece(chain, len(self.parts[chain]))


def _chain(request: h11.Request) -> str:
    return request.target.decode().rpartition("/")[2]
