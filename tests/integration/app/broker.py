# SPDX-License-Identifier: EUPL-1.2
"""A real broker for the town, and the unit's own end of it."""

import asyncio
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import aiomqtt

from contract.topics import DOWN, UP, topic
from hub import ceremony
from hub.embedded import nats, ports, tree
from tests.integration.conftest import ready
from tests.integration.town import UNIT, Town

DEADLINE_S = 10.0


@dataclass
class Broker:
    """`start` and `stop` it as often as the test likes; what it keeps outlives a stop."""

    town: Town
    port: int
    nats_port: int
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    async def start(self) -> None:
        program = nats.program(
            tree.prepare(self.town.layout.servers), self.nats_port, self.town.layout.state / "nats.log"
        )
        with open(self.town.layout.state / "nats.log", "ab") as log:
            self.running.append(
                subprocess.Popen(program.command(), stdout=log, stderr=log, env=dict(program.env), cwd="/")
            )
        await ready(program)

    def stop(self) -> None:
        for process in self.running:
            process.terminate()
            process.wait(10)
        self.running.clear()

    @property
    def url(self) -> str:
        return nats.url(self.port)


@contextmanager
def broker(town: Town) -> Iterator[Broker]:
    """Configured for the town's unit and worker; not started yet."""
    tls = town.layout.tls
    home = tree.prepare(town.layout.servers)
    chosen = ports.chosen(town.layout.state / "ports.json", ["nats", "mqtt"])
    clients = tls / "clients.pem"
    clients.write_bytes((tls / "unit-ca.pem").read_bytes() + (tls / "server-ca.pem").read_bytes())
    unit = nats.BrokerUser(
        subject_dn=ceremony.unit_subject(UNIT),
        publish=tuple(topic(UNIT, what) for what in UP),
        subscribe=tuple(topic(UNIT, what) for what in DOWN),
    )
    worker = nats.BrokerUser(
        subject_dn=ceremony.worker_subject(),
        publish=tuple(topic("+", what) for what in DOWN),
        subscribe=tuple(topic("+", what) for what in UP),
    )
    nats.prepare(
        home,
        nats.Broker(
            nats_port=chosen["nats"],
            mqtt_port=chosen["mqtt"],
            server_cert=tls / "server.pem",
            server_key=tls / "server.key",
            client_cas=clients,
            users=[unit, worker],
        ),
    )
    made = Broker(town, chosen["mqtt"], chosen["nats"])
    try:
        yield made
    finally:
        made.stop()


@dataclass
class UnitLine:
    """The unit's end: what it hears, in order."""

    client: aiomqtt.Client

    async def say(self, what: str, payload: bytes) -> None:
        await self.client.publish(topic(UNIT, what), payload, qos=1, retain=what == "state")

    def cut(self) -> None:
        """The power is gone: no goodbye."""
        connection = self.client._client.socket()
        assert connection is not None
        connection.shutdown(socket.SHUT_RDWR)

    async def hear(self, what: str) -> bytes:
        """The next message of this kind; others are passed over."""
        async with asyncio.timeout(DEADLINE_S):
            async for message in self.client.messages:
                if str(message.topic) == topic(UNIT, what) and isinstance(message.payload, bytes):
                    return message.payload
        raise AssertionError("unreachable")


@asynccontextmanager
async def unit_line(
    broker: Broker, will: bytes | None = None, client_id: str = "unit-1-secret"
) -> AsyncIterator[UnitLine]:
    """The unit, connected with its own certificate."""
    town = broker.town
    context = ssl.create_default_context(cafile=str(town.layout.tls / "server-ca.pem"))
    context.load_cert_chain(town.layout.unit(UNIT) / "identity.pem", town.layout.unit(UNIT) / "identity.key")
    last = None if will is None else aiomqtt.Will(topic(UNIT, "state"), will, qos=1, retain=True)
    async with aiomqtt.Client(
        "127.0.0.1", broker.port, identifier=client_id, clean_session=False, tls_context=context, will=last
    ) as client:
        await client.subscribe([(topic(UNIT, what), 1) for what in DOWN])
        yield UnitLine(client)
