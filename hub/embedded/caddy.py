# SPDX-License-Identifier: EUPL-1.2
"""Caddy in front of the hub on loopback: three sites, for people, for units and for who is no unit yet; its program.

People: http://localhost (browsers treat it as secure) with the console's files, the API at /v1/ and the live socket
at /live, all of one origin under a strict Content-Security-Policy. Units: https://localhost, TLS 1.3 with a client
certificate of the units' authority, which the application reads in X-Client-Cert. A unit that has no certificate yet,
or one that lapsed, has a door of its own: TLS 1.3 by the same server, no client certificate, and two questions of the
people's application, without a cookie; all else there is 404.

What must stay as it is (each was tried):
- X-Client-Cert is *set* and never deleted first: Caddy deletes after it sets, and the application would get none. The
  plain set replaces every copy that a client sends, also in lower case, with underscores or as a trailer;
- a catch-all site answers 421: without it an unknown Host gets an empty 200;
- `request_buffers` holds a body that the API takes until it is whole: a slow one then occupies a connection here, which
  is cheap, and none of the application's, which are few. A longer one is passed on, for the application to refuse;
- `admin off` means that a new certificate or configuration takes a restart.
"""

from dataclasses import dataclass
from pathlib import Path

from hub.embedded.faults import EmbeddedError
from hub.embedded.ports import LOOPBACK
from hub.embedded.program import Program
from hub.embedded.readiness import on_ports
from hub.embedded.tree import Tree
from hub.users import USERS

BODY_BUFFER = 65_536 + 1024  # bytes: more than the API's limit for a body
SOCKET_PATH_LIMIT = 107  # bytes of a unix socket's path on Linux

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "media-src blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

CADDYFILE = """{{
	admin off
	auto_https off
	persist_config off
	grace_period 3s
	log {{
		level WARN
	}}
	servers {loopback}:{people_port} {{
		protocols h1
		timeouts {{
			read_header {header_within_s}s
			read_body {body_within_s}s
			idle {idle_s}s
		}}
	}}
	servers {loopback}:{door_port} {{
		protocols h1
		timeouts {{
			read_header {header_within_s}s
			read_body {body_within_s}s
			idle {idle_s}s
		}}
	}}
	servers {loopback}:{units_port} {{
		protocols h1 h2
		timeouts {{
			read_header {header_within_s}s
			read_body {segment_within_s}s
			idle {idle_s}s
		}}
	}}
}}
(guarded) {{
	header {{
		Content-Security-Policy "{policy}"
		X-Content-Type-Options nosniff
		Referrer-Policy no-referrer
		-Server
	}}
}}
(asked) {{
	reverse_proxy {serve} {{
		request_buffers {body_buffer}
		header_up -X-Client-Cert
		header_up -Cookie
	}}
}}
http://localhost:{people_port} {{
	bind {loopback}
	root * {static}
	import guarded
	handle_errors {{
		import guarded
		respond {{err.status_code}}
	}}
	handle /v1/* {{
		header ?Cache-Control no-store
		reverse_proxy {serve} {{
			request_buffers {body_buffer}
			header_up -X-Client-Cert
		}}
	}}
	handle /live {{
		reverse_proxy {live} {{
			header_up -X-Client-Cert
		}}
	}}
	handle /assets/* {{
		@there file
		header @there Cache-Control "public, max-age=31536000, immutable"
		file_server
	}}
	handle {{
		@page not path *.*
		header Cache-Control no-store
		rewrite @page /index.html
		file_server
	}}
}}
http://:{people_port} {{
	bind {loopback}
	respond 421
}}
https://localhost:{door_port} {{
	bind {loopback}
	tls {cert} {key} {{
		protocols tls1.3
	}}
	header -Server
	@ask {{
		method POST
		path /v1/enrolments
	}}
	@look {{
		method GET
		path_regexp ^/v1/enrolments/[0-9a-f]+$
	}}
	handle @ask {{
		import asked
	}}
	handle @look {{
		import asked
	}}
	handle {{
		respond 404
	}}
}}
https://:{door_port} {{
	bind {loopback}
	tls {cert} {key} {{
		protocols tls1.3
	}}
	header -Server
	respond 421
}}
https://localhost:{units_port} {{
	bind {loopback}
	tls {cert} {key} {{
		protocols tls1.3
		client_auth {{
			mode require_and_verify
			trust_pool file {unit_ca}
		}}
	}}
	header -Server
	reverse_proxy {units} {{
		header_up X-Client-Cert {{http.request.tls.client.certificate_der_base64}}
	}}
}}
"""


class FrontConfigError(EmbeddedError, ValueError):
    """A path that cannot be written into Caddy's configuration, or is too long for a unix socket."""


@dataclass(frozen=True, kw_only=True)
class Front:
    """The three sites: their ports, what stands behind them, and the units' TLS (paths of PEM files)."""

    people_port: int
    units_port: int
    door_port: int
    static: Path  # the console's files, copied at each `prepare`; may be absent
    serve_socket: Path
    live_socket: Path
    units_socket: Path
    server_cert: Path
    server_key: Path
    unit_ca: Path
    header_within_s: int = 10
    body_within_s: int = 15  # a person's request, whole; the application itself sees it when it is
    segment_within_s: int = 600  # a unit's; between two pieces the application waits shorter
    idle_s: int = 120  # between two requests on one connection


def prepare(tree: Tree, front: Front) -> None:
    """Write Caddy's configuration, certificate and key, and mirror the console's files; afterwards (re)start it."""
    caddyfile = CADDYFILE.format(
        loopback=LOOPBACK,
        header_within_s=front.header_within_s,
        body_within_s=front.body_within_s,
        segment_within_s=front.segment_within_s,
        idle_s=front.idle_s,
        body_buffer=BODY_BUFFER,
        people_port=front.people_port,
        units_port=front.units_port,
        door_port=front.door_port,
        policy=CONTENT_SECURITY_POLICY,
        static=_quoted(str(tree.mirror(front.static))),
        serve=_upstream(front.serve_socket),
        live=_upstream(front.live_socket),
        units=_upstream(front.units_socket),
        cert=_quoted(str(tree.place("caddy", "caddy-server.pem", front.server_cert.read_bytes()))),
        key=_quoted(str(tree.place("caddy", "caddy-server.key", front.server_key.read_bytes()))),
        unit_ca=_quoted(str(tree.place("caddy", "caddy-units.pem", front.unit_ca.read_bytes()))),
    )
    tree.place("caddy", "Caddyfile", caddyfile)


def program(tree: Tree, people_port: int, units_port: int, log_file: Path) -> Program:
    """The server, as `prepare` configured it."""
    caddyfile = tree.root / "conf" / "Caddyfile"
    return Program(
        name="caddy",
        argv=(str(tree.caddy), "run", "--config", str(caddyfile), "--adapter", "caddyfile"),
        env=tree.environment(tree.folder("caddy")),
        log_file=log_file,
        ready=on_ports(people_port, units_port),
        user=USERS["caddy"],
    )


def _upstream(socket: Path) -> str:
    path = str(socket.absolute())
    if len(path.encode()) > SOCKET_PATH_LIMIT:
        raise FrontConfigError(f"a unix socket's path may have {SOCKET_PATH_LIMIT} bytes, use a shorter folder: {path}")
    return _quoted(f"unix/{path}")


def _quoted(text: str) -> str:
    """A token of a Caddyfile; braces would be placeholders and cannot be escaped everywhere."""
    if any(letter in text for letter in '"{}\\\n\r`'):
        raise FrontConfigError(f"a path with a quote, a brace or a backslash cannot be used: {text}")
    return f'"{text}"'
