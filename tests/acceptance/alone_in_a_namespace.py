# SPDX-License-Identifier: EUPL-1.2
"""Run by a test inside a network namespace of its own, where every datagram is one of these units'.

Units with bad orders, all at once, each tempted with a valid publish lease; then, as the control, one with a good order
whose window ends. Real agents, broker, TLS and WebRTC; only the hub is simulated, because a real one makes no bad
orders. Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import queue
import socket
import ssl
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from fcntl import ioctl
from pathlib import Path

from cryptography import x509

from contract.authority import UnitName
from contract.envelope import Envelope, fingerprint, read, spki
from contract.mandate import Decision, Mandate, MandateMessage, Window, read_message
from contract.messages import State
from contract.record import dump, load
from contract.segment import check
from contract.topics import topic
from hub import ceremony
from hub.embedded import nats, ports, tree
from hub.embedded.supervisor import Supervisor
from hub.layout import Layout
from hub.live.ring import Rings
from hub.live.whip import Publishers
from hub.standalone import broker_users
from tests.films import numbered_film
from tests.integration.embedded.certificates import Identity
from tests.integration.embedded.mqtt import MqttClient
from tests.simulated_hub import ORIGIN, Fault, SimulatedHub

SECOND_US = 1_000_000
WINDOW_S = 6
QUIET_S = 2
FRAME_LIMIT = 64 * 2**20


def now_us() -> int:
    return time.time_ns() // 1000


def raise_loopback() -> None:
    """`ip link set lo up`, without `ip`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        flags = struct.unpack("16sh", ioctl(any_socket, 0x8913, struct.pack("16sh", b"lo", 0)))[1]
        ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", flags | 1))


def datagrams() -> int:
    """UDP datagrams sent in this namespace so far, by the kernel's own count."""
    names, values = (
        line.split() for line in Path("/proc/net/snmp").read_text().splitlines() if line.startswith("Udp:")
    )
    return int(values[names.index("OutDatagrams")])


def flipped(envelope: Envelope) -> Envelope:
    """One bit of the body is another."""
    body = bytearray(envelope.body)
    at = body.index(b'":') + 3
    body[at] ^= 1
    return replace(envelope, body=bytes(body))


Spoil = Callable[[MandateMessage], MandateMessage]


def one_mandate(change: Callable[[Mandate], Mandate]) -> Spoil:
    return lambda message: replace(message, mandates=(change(message.mandates[0]),))


BITS: dict[str, Spoil] = {
    "roster": lambda message: replace(message, roster=flipped(message.roster)),
    "binding": lambda message: replace(message, bindings=(flipped(message.bindings[0]), *message.bindings[1:])),
    "decision": one_mandate(lambda mandate: replace(mandate, decision=flipped(mandate.decision))),
    "assignment": one_mandate(lambda mandate: replace(mandate, assignments=(flipped(mandate.assignments[0]),))),
    "keyset": one_mandate(lambda mandate: replace(mandate, keyset=flipped(mandate.keyset))),
    "leaf": lambda message: replace(
        message,
        leaves=(replace(message.leaves[0], entry=message.leaves[0].entry.replace(b"0", b"1", 1)), *message.leaves[1:]),
    ),
}


@dataclass
class Unit:
    """One agent's process and the simulated hub that speaks to it alone."""

    folder: Path
    name: str
    hub: SimulatedHub
    said: list[State] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None

    @property
    def why(self) -> str:
        """The rule in its newest state."""
        return (self.said[-1].cameras[0].rule or self.said[-1].cameras[0].doing) if self.said else ""

    @property
    def refused(self) -> str:
        """The rule by which it last refused a message, else why it does not film."""
        lines = [json.loads(line) for line in (self.folder / "log").read_text().splitlines() if line.startswith("{")]
        rules = [
            str(line["rule"]) for line in lines if line["event"] == "refused" and line["rule"].startswith("mandate")
        ]
        return rules[-1] if rules else self.why

    def sealed(self) -> list[Path]:
        """Segments in its spool, finished or not."""
        return [path for path in (self.folder / "spool").rglob("*") if path.suffix in (".fzs", ".part")]


@dataclass
class Doors:
    """The hub's HTTPS door: counts what is asked, stores what is put, answers WHIP with a real media process."""

    publishers: Publishers
    puts: list[bytes] = field(default_factory=list)
    whips: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                method, path, _ = head.split(" ", 2)
                lengths = [line for line in head.lower().splitlines() if line.startswith("content-length:")]
                body = await reader.readexactly(int(lengths[0].split(":")[1]) if lengths else 0)
                writer.write(await self._answer(method, path, body))
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            writer.close()

    async def _answer(self, method: str, path: str, body: bytes) -> bytes:
        if method == "PUT":
            self.puts.append(body)
            return b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}"
        if method == "GET":  # how much of a segment is here
            return b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"offset": 0}'
        self.whips += 1
        _, _, _, unit, _, camera = path.split("/")
        sdp = (await self.publishers.answer(unit, camera, body.decode())).encode()
        return b"HTTP/1.1 201 Created\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s" % (
            len(sdp),
            sdp,
        )


async def until(condition: Callable[[], bool], within_s: float = 30) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.05)


class Scene:
    """Broker, doors and units in one folder."""

    def __init__(self, folder: Path) -> None:
        self.layout = Layout(folder / "state")
        self.film = numbered_film(folder / "film.mp4", 250, 25)
        self.ports = ports.chosen(folder / "ports.json", ("units", "nats", "mqtt"))
        self.names = ["none", "one-signature", *(f"bit-{name}" for name in BITS), "older", "split", "good"]
        self.units: dict[str, Unit] = {}

    def make(self) -> list[Path]:
        """Unit folders, each with a key of its own, by the product's own command."""
        folders = [self.layout.unit(name) for name in self.names]
        for name, folder in zip(self.names, folders, strict=True):
            init = ["init", "--state", str(folder), "--unit", name, "--camera", "cam-1"]
            subprocess.run([sys.executable, "-m", "edge", *init], check=True)
        plan = ceremony.Plan("x", ORIGIN, (("a", "A"), ("b", "B")), demo=True)
        ceremony.hold(self.layout, plan, folders, now_us(), lambda size: bytes(range(size)))
        for name, folder in zip(self.names, folders, strict=True):
            certificate = x509.load_pem_x509_certificate((folder / "identity.pem").read_bytes())
            key = fingerprint(spki(certificate.public_key()))  # type: ignore[arg-type]
            hub = SimulatedHub(now_us(), UnitName(name, key), camera="cam-1")
            (folder / "anchors.json").write_bytes(dump(hub.anchors))
            self._configure(name, folder)
            self.units[name] = Unit(folder, name, hub)
        return folders

    def _configure(self, name: str, folder: Path) -> None:
        config = {
            "unit": name,
            "camera": "cam-1",
            "hub_url": f"https://127.0.0.1:{self.ports['units']}",
            "hub_host": "localhost",
            "mqtt_host": "127.0.0.1",
            "mqtt_port": self.ports["mqtt"],
            "client_id": base64.b16encode(name.encode()).decode().ljust(32, "0")[:32],
            "source": {"film": str(self.film), "offset_s": 0},
            "ice_addresses": ["127.0.0.1"],
            "position": "pinned",
        }
        (folder / "config.json").write_text(json.dumps(config))

    def broker(self) -> nats.Broker:
        tls = self.layout.tls
        both = tls / "both.pem"
        both.write_bytes(b"".join((tls / f"{name}.pem").read_bytes() for name in ("unit-ca", "server-ca")))
        return nats.Broker(
            nats_port=self.ports["nats"],
            mqtt_port=self.ports["mqtt"],
            server_cert=tls / "server.pem",
            server_key=tls / "server.key",
            client_cas=both,
            users=broker_users(self.names),
        )

    def tls_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.layout.tls / "server.pem", self.layout.tls / "server.key")
        context.load_verify_locations(self.layout.tls / "unit-ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    def hear(self, line: MqttClient) -> None:
        """Take in every state that has come."""
        while True:
            try:
                name, payload, _ = line.received.get_nowait()
            except queue.Empty:
                return
            if name.endswith("/state"):
                state = load(State, read(payload).body)
                if state.online:
                    self.units[state.unit].said.append(state)

    def start(self, unit: Unit) -> None:
        command = [sys.executable, "-m", "edge", "run", "--state", str(unit.folder)]
        with (unit.folder / "log").open("wb") as log:
            unit.process = subprocess.Popen(command, stdout=log, stderr=log)

    def order(self, unit: Unit) -> list[bytes]:
        """The messages of a case, in the order in which they are sent."""
        hub, name = unit.hub, unit.name
        hub.now_us = now_us()
        if name == "none":
            return []
        if name == "one-signature":
            hub.order(Fault.ONE_SIGNATURE)
            return [hub.message()]
        if name == "older":
            later = Window(hub.now_us + 3600 * SECOND_US, hub.now_us + 7200 * SECOND_US)
            hub.order(serial=2, windows=(later,))
            first = hub.message()
            seen = len(hub.entries)
            hub.order(serial=1)
            return [first, hub.message(seen)]
        if name == "split":
            first = hub.message()
            seen = len(hub.entries)
            hub.order()
            return [first, hub.message(seen, fault=Fault.SPLIT_VIEW)]
        if name == "good":
            hub.order(windows=(Window(hub.now_us - SECOND_US, hub.now_us + WINDOW_S * SECOND_US),))
            return [hub.message()]
        hub.order()
        return [dump(BITS[name.removeprefix("bit-")](read_message(hub.message())))]


async def tempted(scene: Scene, line: MqttClient, unit: Unit) -> None:
    """Send a unit its orders, and after each a valid lease to send live pictures."""
    await until(lambda: (scene.hear(line), bool(unit.said))[1])
    for message in scene.order(unit):
        before = (unit.refused, unit.said[-1].checkpoint_size)  # a message that is not taken whole moves no checkpoint
        await asyncio.to_thread(line.publish, topic(unit.name, "mandate"), message, True)
        await until(lambda: (scene.hear(line), (unit.refused, unit.said[-1].checkpoint_size) != before)[1])  # noqa: B023
    unit.hub.now_us = now_us()
    await asyncio.to_thread(line.publish, topic(unit.name, "publish"), unit.hub.lease(unit.said[-1].start_id))


async def play(folder: Path) -> dict[str, object]:
    scene = Scene(folder)
    scene.make()
    publishers = Publishers(
        Rings(),
        admit=lambda unit, camera: now_us() + 60 * SECOND_US,
        ice_addresses=("127.0.0.1",),
        now_us=now_us,
        monotonic=time.monotonic,
    )
    publishers.start()
    doors = Doors(publishers)
    home = tree.prepare(scene.layout.servers)
    nats.prepare(home, scene.broker())
    worker = Identity(scene.layout.tls / "worker.pem", scene.layout.tls / "worker.key", "", b"")
    with ExitStack() as stack:
        async with Supervisor([nats.program(home, scene.ports["nats"], folder / "nats.log")]) as supervisor:
            await supervisor.ready()
            door = await asyncio.start_server(doors.serve, "127.0.0.1", scene.ports["units"], ssl=scene.tls_context())
            line = stack.enter_context(
                MqttClient(
                    scene.ports["mqtt"], worker, str(scene.layout.tls / "server-ca.pem"), "the-worker-0123456789"
                )
            )
            line.subscribe(topic("+", "state"))
            try:
                return await acts(scene, doors, line)
            finally:
                for unit in scene.units.values():
                    if unit.process is not None:
                        unit.process.kill()
                        unit.process.wait()
                door.close()
                await publishers.close()


async def acts(scene: Scene, doors: Doors, line: MqttClient) -> dict[str, object]:
    bad = [unit for name, unit in scene.units.items() if name != "good"]
    for unit in scene.units.values():
        scene.start(unit)
    await asyncio.gather(*(tempted(scene, line, unit) for unit in bad))
    await asyncio.sleep(QUIET_S)  # nothing may happen, which no condition can tell
    scene.hear(line)
    refused = {
        "why": {unit.name: unit.refused for unit in bad},
        "segments": sum(len(unit.sealed()) for unit in bad),
        "puts": len(doors.puts),
        "whips": doors.whips,
        "datagrams": datagrams(),
    }
    good = scene.units["good"]
    await tempted(scene, line, good)
    window = load_window(good)
    await until(lambda: datagrams() > 100 and bool(doors.puts), within_s=WINDOW_S + 5)  # the window's end sends too
    control = {"datagrams": datagrams(), "whips": doors.whips, "puts": len(doors.puts), "segments": len(good.sealed())}
    await until(lambda: now_us() > window.to_us + SECOND_US, within_s=WINDOW_S + 5)
    quiet, whips, sealed = datagrams(), doors.whips, {path.name for path in good.sealed()}
    good.hub.now_us = now_us()
    line.publish(topic("good", "publish"), good.hub.lease(good.said[-1].start_id))
    await asyncio.sleep(QUIET_S)
    scene.hear(line)
    outside = [
        segment
        for segment in (check(io.BytesIO(body)) for body in doors.puts)
        if not (window.from_us <= segment.first_us and segment.last_us <= window.to_us)
    ]
    after = {
        "datagrams": datagrams() - quiet,
        "whips": doors.whips - whips,
        "new": len({path.name for path in good.sealed()} - sealed),
        "outside": len(outside),
        "why": good.why,
    }
    return {"refused": refused, "control": control, "after": after}


def load_window(unit: Unit) -> Window:
    (mandate,) = unit.hub.mandates.values()
    return load(Decision, mandate.decision.body).windows[0]


async def main() -> None:
    raise_loopback()
    print(json.dumps(await play(Path(sys.argv[1]))))


if __name__ == "__main__":
    asyncio.run(main())
