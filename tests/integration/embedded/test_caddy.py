# SPDX-License-Identifier: EUPL-1.2
"""Caddy: the people's site and its headers, the units' site and the certificate that nobody can forge."""

import asyncio
import base64
import dataclasses
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from hub.embedded import caddy
from hub.embedded.caddy import Front
from hub.embedded.supervisor import Supervisor
from hub.embedded.tree import Tree
from tests.integration.embedded.certificates import Authority, Identity
from tests.integration.embedded.upstream import DEADLINE_S, Answer, ask, echo

pytestmark = pytest.mark.asyncio(loop_scope="module")

FORGED = "Rm9yZ2Vk"


@dataclass(frozen=True)
class Standing:
    """A running Caddy with an application on each socket."""

    front: Front
    unit: Identity
    foreign: Identity
    server_ca: Path
    supervisor: Supervisor

    async def people(self, path: str, *headers: str, host: str | None = None) -> Answer:
        port = self.front.people_port
        return await ask(port, host or f"localhost:{port}", path, headers=headers)

    async def door(self, path: str, *headers: str, method: str = "GET", host: str | None = None) -> Answer:
        port, tls = self.front.door_port, ssl.create_default_context(cafile=str(self.server_ca))
        return await ask(port, host or f"localhost:{port}", path, headers=headers, tls=tls, method=method)

    async def units(self, *headers: str, body: bytes = b"", host: str | None = None, path: str = "/v1/x") -> Answer:
        port, tls = self.front.units_port, self.unit.tls(self.server_ca)
        return await ask(port, host or f"localhost:{port}", path, headers=headers, body=body, tls=tls)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def standing(state: Path, servers: Tree, port: dict[str, int]) -> AsyncIterator[Standing]:
    elsewhere, static = state / "elsewhere", state / "static"
    elsewhere.mkdir()
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<!doctype html>the console")
    (static / "assets" / "app-1a2b.js").write_text("the script")
    units, hub, other = Authority(state, "unit-ca"), Authority(state, "server-ca"), Authority(elsewhere, "unit-ca")
    server = hub.server("server")
    front = Front(
        people_port=port["people"],
        units_port=port["units"],
        door_port=port["door"],
        static=static,
        serve_socket=state / "serve.sock",
        live_socket=state / "live.sock",
        units_socket=state / "units.sock",
        server_cert=server.cert,
        server_key=server.key,
        unit_ca=units.certificate,
    )
    caddy.prepare(servers, front)
    program = caddy.program(servers, front.people_port, front.units_port, state / "caddy.log")
    async with AsyncExitStack() as stack:
        for socket in (front.serve_socket, front.live_socket, front.units_socket):
            await stack.enter_async_context(echo(socket))
        supervisor = await stack.enter_async_context(Supervisor([program]))
        await supervisor.ready()
        yield Standing(front, units.client("unit-a"), other.client("unit-a"), hub.certificate, supervisor)


@pytest.mark.parametrize("path", ["/", "/deployments/7/posts"])
async def test_every_page_is_the_console_and_is_not_stored(standing: Standing, path: str) -> None:
    answer = await standing.people(path)
    assert (answer.status, answer.header("cache-control")) == (200, "no-store")
    assert b"the console" in answer.body


@pytest.mark.parametrize("path", ["/", "/assets/app-1a2b.js", "/v1/overview", "/absent.txt", "/assets/absent.js"])
async def test_every_answer_carries_the_policy(standing: Standing, path: str) -> None:
    answer = await standing.people(path)
    assert answer.header("content-security-policy") == caddy.CONTENT_SECURITY_POLICY
    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.header("referrer-policy") == "no-referrer"
    assert answer.header("server") is None


async def test_files_with_a_hash_in_their_name_are_kept_long(standing: Standing) -> None:
    answer = await standing.people("/assets/app-1a2b.js")
    assert (answer.status, answer.body) == (200, b"the script")
    assert answer.header("cache-control") == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("path", ["/assets/app-gone.js", "/robots.txt"])
async def test_an_absent_file_is_not_the_console(standing: Standing, path: str) -> None:
    answer = await standing.people(path)
    assert answer.status == 404
    assert "immutable" not in (answer.header("cache-control") or "")


@pytest.mark.parametrize(
    "path", ["/../conf/caddy-server.key", "/..%2fconf/caddy-server.key", "/assets/../../conf/Caddyfile"]
)
async def test_nothing_beside_the_console_is_served(standing: Standing, path: str) -> None:
    answer = await standing.people(path)
    assert b"PRIVATE KEY" not in answer.body
    assert b"reverse_proxy" not in answer.body


async def test_the_api_is_not_stored_unless_it_says_so(standing: Standing) -> None:
    assert (await standing.people("/v1/session")).header("cache-control") == "no-store"
    assert (await standing.people("/v1/own-cache")).header("cache-control") == "public, max-age=5"


async def test_a_browser_cannot_pose_as_a_unit(standing: Standing) -> None:
    answer = await standing.people("/v1/session", f"X-Client-Cert: {FORGED}")
    assert answer.status == 200
    assert FORGED not in answer.body.decode()


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "sub.localhost"])
async def test_another_host_is_misdirected(standing: Standing, host: str) -> None:
    answer = await standing.people("/v1/session", host=f"{host}:{standing.front.people_port}")
    assert (answer.status, answer.body) == (421, b"")


async def test_the_live_socket_stays_open_in_both_directions(standing: Standing) -> None:
    origin = f"http://localhost:{standing.front.people_port}"
    lines = ("GET /live HTTP/1.1", f"Host: {origin[7:]}", f"Origin: {origin}", "Connection: Upgrade")
    handshake = (
        *lines,
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    )
    async with asyncio.timeout(DEADLINE_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", standing.front.people_port)
        writer.write("\r\n".join((*handshake, "", "")).encode())
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        arrived = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        assert f"Host: {origin[7:]}" in arrived
        assert f"Origin: {origin}" in arrived
        writer.write(b"ticket")
        assert await reader.readexactly(6) == b"ticket"
        writer.close()


async def test_the_application_sees_the_units_certificate(standing: Standing) -> None:
    answer = await standing.units()
    assert answer.status == 200
    assert certificates(answer) == [base64.b64encode(standing.unit.der).decode()]
    assert answer.header("server") is None


@pytest.mark.parametrize(
    "headers",
    [
        (f"X-Client-Cert: {FORGED}",),
        (f"X-Client-Cert: {FORGED}", f"X-Client-Cert: {FORGED}"),
        (f"x-client-cert: {FORGED}",),
        (f"X_Client_Cert: {FORGED}",),
        (f"X-Client-Cert: {FORGED}", "Connection: X-Client-Cert"),
    ],
)
async def test_the_certificate_cannot_be_forged(standing: Standing, headers: tuple[str, ...]) -> None:
    answer = await standing.units(*headers)
    assert answer.status == 200
    assert certificates(answer) == [base64.b64encode(standing.unit.der).decode()]
    assert FORGED not in answer.body.decode()


async def test_the_certificate_cannot_be_forged_in_a_trailer(standing: Standing) -> None:
    trailer = f"X-Client-Cert: {FORGED}"
    body = f"3\r\nabc\r\n0\r\n{trailer}\r\n\r\n".encode()
    answer = await standing.units("Transfer-Encoding: chunked", "Trailer: X-Client-Cert", body=body)
    assert answer.status == 200
    assert b"abc" in answer.body
    assert certificates(answer) == [base64.b64encode(standing.unit.der).decode()]
    assert FORGED not in answer.body.decode()


def certificates(answer: Answer) -> list[str]:
    """What an application might take for the unit's certificate, whatever the spelling."""
    return [value for name, value in answer.sent_headers() if name.replace("_", "-") == "x-client-cert"]


async def test_without_a_certificate_no_request_is_read(standing: Standing) -> None:
    await refused(standing, ssl.create_default_context(cafile=str(standing.server_ca)))


async def test_a_certificate_of_another_authority_is_refused(standing: Standing) -> None:
    await refused(standing, standing.foreign.tls(standing.server_ca))


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/enrolments"), ("GET", f"/v1/enrolments/{'0a' * 16}")])
async def test_who_has_no_certificate_asks_two_questions(standing: Standing, method: str, path: str) -> None:
    answer = await standing.door(path, f"X-Client-Cert: {FORGED}", f"Cookie: {FORGED}", method=method)
    assert answer.status == 200
    assert answer.body.startswith(f"{method} {path} HTTP/1.1".encode())
    assert FORGED not in answer.body.decode()
    assert ("x-forwarded-for", "127.0.0.1") in answer.sent_headers()
    assert answer.header("server") is None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/v1/enrolments"),
        ("DELETE", "/v1/enrolments"),
        ("POST", "/v1/session"),
        ("POST", "/v1/enrolments/0a/confirmation"),
        ("POST", "/v1/enrolments/0a"),
        ("GET", "/v1/enrolments/0a/../../session"),
        ("GET", "/v1/enrolments/0a%2f..%2f..%2fsession"),
        ("POST", "/v1/units/unit-a/certificate"),
        ("GET", "/live"),
    ],
)
async def test_and_nothing_else(standing: Standing, method: str, path: str) -> None:
    answer = await standing.door(path, method=method)
    assert (answer.status, answer.body) == (404, b"")


async def test_the_door_is_opened_by_name(standing: Standing) -> None:
    assert (await standing.door("/v1/enrolments", method="POST", host="127.0.0.1")).status == 421
    plain = ssl.create_default_context(cafile=str(standing.server_ca))
    plain.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(OSError):
        await ask(standing.front.door_port, f"localhost:{standing.front.door_port}", tls=plain)


async def test_tls_1_2_is_refused(standing: Standing) -> None:
    tls = standing.unit.tls(standing.server_ca)
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    await refused(standing, tls)


async def refused(standing: Standing, tls: ssl.SSLContext) -> None:
    """It is Caddy that refuses, not the client."""
    with pytest.raises(OSError) as raised:
        await ask(standing.front.units_port, f"localhost:{standing.front.units_port}", tls=tls)
    assert not isinstance(raised.value, ssl.SSLCertVerificationError)


@pytest.mark.parametrize("host", ["127.0.0.1", "evil.example"])
async def test_a_unit_that_names_another_host_is_misdirected(standing: Standing, host: str) -> None:
    assert (await standing.units(host=f"{host}:{standing.front.units_port}")).status == 421


async def test_paths_that_cannot_be_written_are_refused(standing: Standing, servers: Tree, state: Path) -> None:
    for path in (state / "a{b}.sock", state / 'a"b.sock', state / ("x" * 100)):
        with pytest.raises(caddy.FrontConfigError):
            caddy.prepare(servers, dataclasses.replace(standing.front, live_socket=path))
