# SPDX-License-Identifier: EUPL-1.2
"""The three servers in a state folder, as a test starts them; as a program it runs them until it is killed.

python -m tests.integration.embedded.standing STATE    prints their processes as JSON when all are ready
"""

import asyncio
import json
import sys
from pathlib import Path

from hub.embedded import caddy, nats, ports, postgres, tree
from hub.embedded.program import Program
from hub.embedded.supervisor import Supervisor
from tests.integration.embedded.certificates import Authority

NAMES = ("people", "units", "door", "postgres", "nats", "mqtt")


def programs(state: Path, password: str) -> list[Program]:
    """All three prepared, with no user and nothing behind Caddy."""
    servers = tree.prepare(state / "servers")
    port = ports.chosen(state / "ports.json", NAMES)
    tls = state / "tls"
    tls.mkdir(exist_ok=True)
    hub, units = Authority(tls, "server-ca"), Authority(tls, "unit-ca")
    server = hub.server("server")
    postgres.prepare(servers, password)
    broker = nats.Broker(
        nats_port=port["nats"],
        mqtt_port=port["mqtt"],
        server_cert=server.cert,
        server_key=server.key,
        client_cas=units.certificate,
        users=[],
    )
    nats.prepare(servers, broker)
    front = caddy.Front(
        people_port=port["people"],
        units_port=port["units"],
        door_port=port["door"],
        static=state / "absent",
        serve_socket=state / "serve.sock",
        live_socket=state / "live.sock",
        units_socket=state / "units.sock",
        server_cert=server.cert,
        server_key=server.key,
        unit_ca=units.certificate,
    )
    caddy.prepare(servers, front)
    return [
        postgres.program(servers, port["postgres"], state / "postgres.log"),
        nats.program(servers, port["nats"], state / "nats.log"),
        caddy.program(servers, port["people"], port["units"], state / "caddy.log"),
    ]


async def _run(state: Path) -> None:
    async with Supervisor(programs(state, "password")) as supervisor:
        await supervisor.ready()
        print(json.dumps({name: supervisor.pid(name) for name in ("postgres", "nats", "caddy")}), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_run(Path(sys.argv[1])))
