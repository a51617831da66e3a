# SPDX-License-Identifier: EUPL-1.2
"""An application behind Caddy for tests: it answers with the very bytes it was sent, and a client that sees all."""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from hub.users import USERS

DEADLINE_S = 5.0


@dataclass(frozen=True)
class Answer:
    """An HTTP response as it came."""

    status: int
    headers: list[tuple[str, str]]  # names in lower case
    body: bytes

    def header(self, name: str) -> str | None:
        values = [value for key, value in self.headers if key == name]
        assert len(values) <= 1, f"{name} came twice"
        return values[0] if values else None

    def sent_headers(self) -> list[tuple[str, str]]:
        """For an answer of the echo: the headers and trailers of the request that reached it."""
        lines = [line.partition(": ") for line in self.body.decode("latin-1").split("\r\n")[1:]]
        return [(name.lower(), value) for name, colon, value in lines if colon]


@asynccontextmanager
async def echo(socket: Path) -> AsyncIterator[None]:
    """Listen on a unix socket that Caddy may use."""
    server = await asyncio.start_unix_server(_serve, socket)
    if os.geteuid() == 0:
        os.chown(socket, 0, USERS["caddy"].uid)
    socket.chmod(0o660)
    async with server:
        yield


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    lowered = head.lower()
    if b"upgrade: websocket" in lowered:
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" + head)
        while data := await reader.read(65536):
            writer.write(data)
    else:
        if b"transfer-encoding: chunked" in lowered:
            head += await reader.readuntil(b"\r\n\r\n")  # chunks and trailers: none of ours holds an empty line
        own = b"Cache-Control: public, max-age=5\r\n" if b"/own-cache" in head else b""
        writer.write(b"HTTP/1.1 200 OK\r\nServer: app\r\n%bContent-Length: %d\r\n\r\n" % (own, len(head)) + head)
    await writer.drain()
    writer.close()


async def ask(
    port: int,
    host: str,
    path: str = "/",
    *,
    headers: tuple[str, ...] = (),
    body: bytes = b"",
    tls: ssl.SSLContext | None = None,
    method: str | None = None,
) -> Answer:
    """One request on a connection of its own, header lines and body sent as they are given."""
    async with asyncio.timeout(DEADLINE_S):
        name = "localhost" if tls else None
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname=name)
        try:
            method = method or ("POST" if body else "GET")
            lines = (f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close", *headers, "", "")
            writer.write("\r\n".join(lines).encode() + body)
            answer = await reader.read(-1)
        finally:
            writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *fields = head.decode("latin-1").split("\r\n")
    pairs = [field.partition(": ") for field in fields]
    return Answer(int(status.split()[1]), [(key.lower(), value) for key, _, value in pairs], body)
