# SPDX-License-Identifier: EUPL-1.2
"""The real front before the application: slow bodies hold up nobody, and where a caller sits is the front's to say."""

import asyncio
import os
import shutil
import ssl
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from starlette.requests import Request

from hub.access.signin import calling_address
from hub.app import server
from hub.embedded import caddy, ports, tree
from hub.embedded.supervisor import Supervisor
from hub.users import USERS
from tests.integration.embedded.certificates import Authority
from tests.integration.town import Town

AT_ONCE = 4  # requests that the application has in hand
SLOW = 40  # far more than that
BODY_WITHIN_S = 2
DEADLINE_S = 10.0
NAMES = ("people", "units", "door")


class Reached:
    """An application that answers everything once it has read the body, and counts."""

    def __init__(self, app: object) -> None:
        self._app = app
        self.count = 0

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        self.count += 1
        await self._app(scope, receive, send)  # type: ignore[operator]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A state folder that the servers' users may enter."""
    made = Path(tempfile.mkdtemp(prefix="fz-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@asynccontextmanager
async def front(folder: Path, app: object) -> AsyncIterator[tuple[caddy.Front, ssl.SSLContext]]:
    """The application on both sites' sockets, Caddy before it, and a unit's end of TLS."""
    server_ca, unit_ca = Authority(folder, "server-ca"), Authority(folder, "unit-ca")
    own = server_ca.server("server")
    servers, port = tree.prepare(folder / "servers"), ports.chosen(folder / "ports.json", NAMES)
    sites = caddy.Front(
        people_port=port["people"],
        units_port=port["units"],
        door_port=port["door"],
        static=folder / "no-static",
        serve_socket=folder / "serve" / "socket",
        live_socket=folder / "live" / "socket",
        units_socket=folder / "units" / "socket",
        server_cert=own.cert,
        server_key=own.key,
        unit_ca=unit_ca.certificate,
        body_within_s=BODY_WITHIN_S,
        segment_within_s=3 * BODY_WITHIN_S,
    )
    caddy.prepare(servers, sites)
    program = caddy.program(servers, sites.people_port, sites.units_port, folder / "caddy.log")
    stop = asyncio.Event()
    async with AsyncExitStack() as stack:
        serving = []
        for socket in (sites.serve_socket, sites.units_socket):
            socket.parent.mkdir()
            if os.geteuid() == 0:
                os.chown(socket.parent, -1, USERS["caddy"].uid)
                socket.parent.chmod(0o2710)
            serving.append(asyncio.create_task(server.serve(app, socket, stop, AT_ONCE)))
        supervisor = await stack.enter_async_context(Supervisor([program]))
        await supervisor.ready()
        try:
            yield sites, unit_ca.client("unit-1").tls(server_ca.certificate)
        finally:
            stop.set()
            await asyncio.gather(*serving)


class Slow:
    """A request that says how long its body is and sends it later, or never."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    @classmethod
    async def begin(cls, port: int, line: str, length: int, tls: ssl.SSLContext | None = None) -> "Slow":
        name = None if tls is None else "localhost"
        slow = cls(*await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname=name))
        head = f"{line} HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\n"
        slow.writer.write(f"{head}Content-Length: {length}\r\nConnection: close\r\n\r\n{{".encode())
        await slow.writer.drain()
        return slow

    async def answer(self) -> bytes:
        async with asyncio.timeout(DEADLINE_S):
            return await self._reader.read(-1)

    def close(self) -> None:
        self.writer.close()


async def quick(port: int, *lines: str) -> bytes:
    """Somebody else's request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = ("GET /v1/session HTTP/1.1", f"Host: localhost:{port}", "Connection: close", *lines, "", "")
    writer.write("\r\n".join(head).encode())
    async with asyncio.timeout(BODY_WITHIN_S / 2):  # before any slow one has been ended
        answer = await reader.read(-1)
    writer.close()
    return answer


async def test_slow_bodies_hold_up_nobody_and_are_ended(town: Town, folder: Path) -> None:
    app = Reached(town.app)
    async with front(folder, app) as (sites, _):
        assert (await quick(sites.people_port)).startswith(b"HTTP/1.1 401 ")
        slow = [await Slow.begin(sites.people_port, "POST /v1/session", 900) for _ in range(SLOW)]

        assert (await quick(sites.people_port)).startswith(b"HTTP/1.1 401 ")

        answers = await asyncio.gather(*(each.answer() for each in slow))
        assert not any(answer.startswith(b"HTTP/1.1 2") for answer in answers)
        assert app.count == 2, "a body that was not whole reached the application"
        for each in slow:
            each.close()


async def test_a_body_beyond_the_limit_is_still_the_applications_to_refuse(town: Town, folder: Path) -> None:
    async with front(folder, town.app) as (sites, _):
        slow = await Slow.begin(sites.people_port, "POST /v1/session", caddy.BODY_BUFFER + 9)
        slow.writer.write(b" " * (caddy.BODY_BUFFER + 8))
        answer = await slow.answer()
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"/problems/too-large" in answer
        slow.close()


async def test_a_units_body_may_take_longer(folder: Path) -> None:
    async def echo(scope: object, receive: object, send: object) -> None:
        length, more = 0, True
        while more:
            message = await receive()  # type: ignore[operator]
            length, more = length + len(message.get("body", b"")), message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]
        await send({"type": "http.response.body", "body": str(length).encode()})  # type: ignore[operator]

    async with front(folder, echo) as (sites, tls):
        people = await Slow.begin(sites.people_port, "PUT /v1/x", 2)
        slow = await Slow.begin(sites.units_port, "PUT /v1/x", 2, tls)
        assert not (await people.answer()).startswith(b"HTTP/1.1 200 ")  # ended as people's bodies are
        slow.writer.write(b"}")
        answer = await slow.answer()
        assert answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"2")
        slow.close()
        people.close()


async def test_where_a_caller_sits_is_what_the_front_saw(folder: Path) -> None:
    async def address(scope: object, receive: object, send: object) -> None:
        told = calling_address(Request(scope)).encode()  # type: ignore[arg-type]
        await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]
        await send({"type": "http.response.body", "body": told})  # type: ignore[operator]

    async with front(folder, address) as (sites, _):
        for lines in ((), ("X-Forwarded-For: 192.0.2.1",), ("x-forwarded-for: a", "X-Forwarded-For: 192.0.2.1, b")):
            assert (await quick(sites.people_port, *lines)).endswith(b"127.0.0.1")
