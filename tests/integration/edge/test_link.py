# SPDX-License-Identifier: EUPL-1.2
"""The line to the hub over a real broker and real mutual TLS: what arrives, what comes again, what is refused."""

from __future__ import annotations

import asyncio
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from contract.authority import UnitName
from contract.envelope import fingerprint, opened, read, spki
from contract.mandate import Window
from contract.messages import STATE, State
from contract.record import dump
from edge.__main__ import main
from edge.link.credentials import Credentials, CredentialsError
from edge.link.mqtt import WAITING_LIMIT, Broker, Line, LineEvents
from edge.link.upload import Answer, HubClient, OfferError, Outcome
from edge.unit.clock import UnitClock
from edge.unit.memory import begin_memory
from hub.embedded import nats, ports, tree
from hub.embedded.nats import BrokerUser
from hub.embedded.supervisor import Supervisor
from tests.integration.edge.site import Site
from tests.integration.edge.wires import until
from tests.integration.embedded.certificates import Authority, Identity
from tests.integration.embedded.mqtt import DEADLINE_S, MqttClient
from tests.simulated_hub import MINUTE_US, SimulatedHub

UNIT = "unit-1"
# After a failed handshake paho leaves its socket to the garbage collector.
UNCLOSED_BY_PAHO = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"
)


@dataclass(frozen=True)
class Surroundings:
    """A running broker, the certificates, and who is who."""

    folder: Path
    mqtt_port: int
    server_ca: Path
    unit_ca: Path
    server: Identity
    unit: Identity
    worker: Identity
    foreign: Identity

    @property
    def credentials(self) -> Credentials:
        return Credentials(self.server_ca, self.unit.cert, self.unit.key)

    @property
    def public(self) -> bytes:
        return spki(load_pem_private_key(self.unit.key.read_bytes(), None))  # type: ignore[arg-type]

    def worker_client(self) -> MqttClient:
        return MqttClient(self.mqtt_port, self.worker, str(self.server_ca), "worker-0123456789abcdef")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Reachable for the servers' own uid."""
    made = Path(tempfile.mkdtemp(prefix="fz-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def around(folder: Path) -> AsyncIterator[Surroundings]:
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    units, servers = Authority(folder, "unit-ca"), Authority(folder, "server-ca")
    other = Authority(elsewhere, "unit-ca")
    server, worker, unit = servers.server("server"), servers.client("worker"), units.client(UNIT)
    unit.key.chmod(0o600)
    bundle = folder / "clients.pem"
    bundle.write_bytes(units.certificate.read_bytes() + servers.certificate.read_bytes())
    port = ports.chosen(folder / "ports.json", ("nats", "mqtt"))
    up, down = ("state", "index", "ask"), ("mandate", "lease", "publish", "ack")
    broker = nats.Broker(
        nats_port=port["nats"],
        mqtt_port=port["mqtt"],
        server_cert=server.cert,
        server_key=server.key,
        client_cas=bundle,
        users=(
            BrokerUser(
                subject_dn=unit.subject_dn,
                publish=tuple(f"fz/1/{UNIT}/{what}" for what in up),
                subscribe=tuple(f"fz/1/{UNIT}/{what}" for what in down),
            ),
            BrokerUser(
                subject_dn=worker.subject_dn,
                publish=tuple(f"fz/1/+/{what}" for what in down),
                subscribe=tuple(f"fz/1/+/{what}" for what in up),
            ),
        ),
    )
    home = tree.prepare(folder / "servers")
    nats.prepare(home, broker)
    async with Supervisor([nats.program(home, port["nats"], folder / "nats.log")]) as supervisor:
        await supervisor.ready()
        yield Surroundings(
            folder, port["mqtt"], servers.certificate, units.certificate, server, unit, worker, other.client(UNIT)
        )


# --- MQTT -----------------------------------------------------------------------------------------------------


@dataclass
class Heard:
    """A line and what it was told."""

    around: Surroundings
    connections: queue.Queue[tuple[bool, str]] = field(default_factory=queue.Queue)
    messages: queue.Queue[tuple[str, bytes]] = field(default_factory=queue.Queue)
    wills: int = 0
    gate: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def line(self, credentials: Credentials | None = None) -> Line:
        broker = Broker(host="127.0.0.1", port=self.around.mqtt_port, client_id="secret-0123456789abcdef")
        events = LineEvents(
            will=self._will,
            on_connection=lambda connected, reason: self.connections.put((connected, reason)),
            on_message=self._on_message,
        )
        return Line(broker, UNIT, credentials or self.around.credentials, events, lambda: 0.01)

    def _on_message(self, what: str, payload: bytes) -> None:
        self.messages.put((what, payload))
        if what == "ack":
            self.gate.wait(DEADLINE_S)

    def _will(self) -> bytes:
        self.wills += 1
        return b"will %d" % self.wills


def test_both_ways(around: Surroundings) -> None:
    heard = Heard(around)
    line = heard.line()
    assert not line.publish("state", b"before there is a session")
    with around.worker_client() as worker:
        assert worker.subscribe("fz/1/+/state") and worker.subscribe("fz/1/+/index")
        worker.publish(f"fz/1/{UNIT}/mandate", b"retained order", retain=True)
        line.start()
        assert heard.connections.get(timeout=DEADLINE_S) == (True, "")
        assert heard.messages.get(timeout=DEADLINE_S) == ("mandate", b"retained order")
        assert line.publish("state", b"here") and line.publish("index", b"row")
        assert {worker.next()[:2] for _ in range(2)} == {
            (f"fz/1/{UNIT}/state", b"here"),
            (f"fz/1/{UNIT}/index", b"row"),
        }
        worker.publish(f"fz/1/{UNIT}/ack", b"ack")
        assert heard.messages.get(timeout=DEADLINE_S) == ("ack", b"ack")
        line.stop(b"goodbye", DEADLINE_S)
        assert worker.next()[:2] == (f"fz/1/{UNIT}/state", b"goodbye")
    with around.worker_client() as later:
        assert later.subscribe("fz/1/+/state")
        assert later.next() == (f"fz/1/{UNIT}/state", b"goodbye", True)  # retained, and no will after it


def test_what_was_sent_meanwhile_comes_with_the_next_session(around: Surroundings) -> None:
    first = Heard(around)
    line = first.line()
    line.start()
    assert first.connections.get(timeout=DEADLINE_S)[0]
    wait_for_subscription(around, first)
    line.stop(b"goodbye", DEADLINE_S)
    with around.worker_client() as worker:
        worker.publish(f"fz/1/{UNIT}/ack", b"while you were away")
    second = Heard(around)
    line = second.line()
    line.start()
    while second.messages.get(timeout=DEADLINE_S) != ("ack", b"while you were away"):
        pass
    line.stop(b"goodbye", DEADLINE_S)


def wait_for_subscription(around: Surroundings, heard: Heard) -> None:
    with around.worker_client() as worker:
        worker.publish(f"fz/1/{UNIT}/publish", b"are you there")
    while heard.messages.get(timeout=DEADLINE_S) != ("publish", b"are you there"):
        pass


def test_a_broken_session_leaves_the_will_and_comes_back(around: Surroundings) -> None:
    heard = Heard(around)
    line = heard.line()
    with around.worker_client() as worker:
        assert worker.subscribe("fz/1/+/state")
        line.start()
        assert heard.connections.get(timeout=DEADLINE_S)[0]
        socket = line._client.socket()
        assert socket is not None
        socket.shutdown(2)
        assert heard.connections.get(timeout=DEADLINE_S)[0] is False
        assert heard.connections.get(timeout=DEADLINE_S) == (True, "")
        while worker.next()[1] != b"will 1":
            pass
        assert heard.wills == 2  # signed anew for the new session
        line.stop(b"goodbye", DEADLINE_S)


@UNCLOSED_BY_PAHO
def test_a_foreign_certificate_is_told_and_tried_again(around: Surroundings) -> None:
    heard = Heard(around)
    line = heard.line(Credentials(around.server_ca, around.foreign.cert, around.foreign.key))
    line.start()
    for _ in range(2):
        connected, reason = heard.connections.get(timeout=DEADLINE_S)
        assert not connected
        assert reason
    line.stop(b"goodbye", DEADLINE_S)
    assert not line._thread.is_alive()


@UNCLOSED_BY_PAHO
def test_a_server_of_another_authority_is_not_spoken_to(around: Surroundings) -> None:
    heard = Heard(around)
    line = heard.line(Credentials(around.unit_ca, around.unit.cert, around.unit.key))
    line.start()
    connected, reason = heard.connections.get(timeout=DEADLINE_S)
    assert not connected
    assert "certificate" in reason.lower()
    line.stop(b"goodbye", DEADLINE_S)


def test_what_waits_is_bounded(around: Surroundings) -> None:
    """A broker that takes nothing fills no memory: what cannot be taken is refused, and the spool keeps it."""
    heard = Heard(around)
    line = heard.line()
    line.start()
    assert heard.connections.get(timeout=DEADLINE_S)[0]
    heard.gate.clear()
    with around.worker_client() as worker:
        worker.publish(f"fz/1/{UNIT}/ack", b"the network waits until this is dealt with")
    while heard.messages.get(timeout=DEADLINE_S)[0] != "ack":
        pass
    taken = 0
    while line.publish("index", b"row"):
        taken += 1
        assert taken <= WAITING_LIMIT
    heard.gate.set()
    line.stop(b"goodbye", DEADLINE_S)
    assert taken > 100


def test_missing_credentials_are_said(tmp_path: Path, around: Surroundings) -> None:
    with pytest.raises(CredentialsError, match="absent"):
        Credentials(around.server_ca, tmp_path / "absent.pem", around.unit.key)
    with pytest.raises(CredentialsError, match="absent"):
        Credentials(tmp_path / "absent.pem", around.unit.cert, around.unit.key)


# --- HTTPS ----------------------------------------------------------------------------------------------------


def client(around: Surroundings, site: Site, who: Identity | None = None) -> HubClient:
    who = who or around.unit
    return HubClient(
        f"https://127.0.0.1:{site.port}", "localhost", UNIT, Credentials(around.server_ca, who.cert, who.key)
    )


@pytest.fixture
def site(around: Surroundings) -> Site:
    key = around.public
    return Site(SimulatedHub(UnitClock().now_us(), UnitName(UNIT, fingerprint(key))), key)


async def test_put_by_name_over_an_address(around: Surroundings, site: Site, tmp_path: Path) -> None:
    path = tmp_path / "segment"
    path.write_bytes(os.urandom(3_000_000))
    async with site.serving(around.server, around.unit_ca):
        hub = client(around, site)
        site.status = 202
        assert (await hub.put("c" * 64, path)).outcome is Outcome.STORED
        await hub.close()
    assert [request[:2] for request in site.requests] == [
        (method, f"/v1/units/{UNIT}/segments/{'c' * 64}") for method in ("GET", "PUT")
    ]
    headers = site.requests[1][2]
    assert (headers["host"], headers["content-length"]) == (f"localhost:{site.port}", "3000000")
    assert headers["content-range"] == "bytes 0-2999999/3000000"
    assert site.subjects == [UNIT]


async def test_what_broke_off_goes_on_at_the_byte(around: Surroundings, site: Site, tmp_path: Path) -> None:
    path = tmp_path / "segment"
    path.write_bytes(b"sealed bytes")
    async with site.serving(around.server, around.unit_ca):
        hub = client(around, site)
        site.status, site.held = 202, b"seal"
        assert (await hub.put("c" * 64, path)).outcome is Outcome.STORED
        headers = site.requests[-1][2]
        assert (headers["content-range"], headers["content-length"]) == ("bytes 4-11/12", "8")
        site.held = b"sealed bytes"  # stored, and its answer was lost
        assert (await hub.put("c" * 64, path)).outcome is Outcome.STORED
        assert site.requests[-1][0] == "GET"
        site.held = b"sealed bytes and more"  # no hub of ours: it is not believed to have it
        assert (await hub.put("c" * 64, path)).outcome is Outcome.LATER
        site.status = None
        assert (await hub.put("c" * 64, path)).outcome is Outcome.NO_ROW_YET
        assert site.requests[-1][0] == "GET"  # nothing is sent that is not wanted yet
        await hub.close()


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.LATER),  # in part
        (409, Outcome.NO_ROW_YET),
        (413, Outcome.REFUSED),
        (422, Outcome.REFUSED),
        (403, Outcome.LATER),
        (408, Outcome.LATER),
        (421, Outcome.LATER),
        (429, Outcome.LATER),
        (500, Outcome.LATER),
        (503, Outcome.LATER),
    ],
)
async def test_what_an_answer_means(
    around: Surroundings, site: Site, tmp_path: Path, status: int, outcome: Outcome
) -> None:
    path = tmp_path / "segment"
    path.write_bytes(b"sealed")
    async with site.serving(around.server, around.unit_ca):
        hub = client(around, site)
        site.status = status
        answer = await hub.put("c" * 64, path)
        await hub.close()
    assert answer.outcome is outcome
    assert answer.reason == f"{status} as the test says"


async def test_whatever_is_wrong_with_the_network_is_later(around: Surroundings, site: Site, tmp_path: Path) -> None:
    path = tmp_path / "segment"
    path.write_bytes(b"sealed")
    async with site.serving(around.server, around.unit_ca):
        foreign = client(around, site, around.foreign)
        assert (await foreign.put("c" * 64, path)).outcome is Outcome.LATER
        await foreign.close()
        hub = client(around, site)
    assert (await hub.put("c" * 64, path)).outcome is Outcome.LATER  # nobody listens any more
    await hub.close()
    assert site.requests == []


async def test_a_file_that_is_gone_or_unreadable_is_not_the_hubs_doing(
    around: Surroundings, site: Site, tmp_path: Path
) -> None:
    async with site.serving(around.server, around.unit_ca):
        hub = client(around, site)
        gone = await hub.put("c" * 64, tmp_path / "acked-meanwhile")
        unreadable = await hub.put("c" * 64, tmp_path)  # a folder
        await hub.close()
    assert gone == Answer(Outcome.GONE, "no longer needed")
    assert unreadable == Answer(Outcome.LATER, "the segment's file cannot be read: Is a directory")
    assert site.requests == []


async def test_whip(around: Surroundings, site: Site) -> None:
    async with site.serving(around.server, around.unit_ca):
        hub = client(around, site)
        assert await hub.whip("cam-1", "v=0 offer") == "v=0 answer"
        assert site.requests[0][:2] == ("POST", f"/v1/units/{UNIT}/whip/cam-1")
        assert site.requests[0][2]["content-type"] == "application/sdp"
        for answer in ((403, b'{"title":"no lease"}'), (200, b"v=0"), (201, b"x" * 100_000)):
            site.whip = answer
            with pytest.raises(OfferError):
                await hub.whip("cam-1", "v=0 offer")
        await hub.close()


# --- The program ----------------------------------------------------------------------------------------------


def unit_folder(around: Surroundings, site: Site, film: Path, state: Path) -> Path:
    """As the ceremony and the installer leave it."""
    state.mkdir(mode=0o700)
    for source, name in (
        (around.server_ca, "server-ca.pem"),
        (around.unit.cert, "identity.pem"),
        (around.unit.key, "identity.key"),
    ):
        shutil.copy(source, state / name)
    (state / "identity.key").chmod(0o600)
    begin_memory(state)
    (state / "anchors.json").write_bytes(dump(site.hub.anchors))
    config = {
        "unit": UNIT,
        "camera": "cam-1",
        "hub_url": f"https://127.0.0.1:{site.port}",
        "hub_host": "localhost",
        "mqtt_host": "127.0.0.1",
        "mqtt_port": around.mqtt_port,
        "client_id": "agent-0123456789abcdef",
        "source": {"film": str(film), "offset_s": 0, "journal": str(state / "emitted.txt")},
        "ice_addresses": ["127.0.0.1"],
        "position": "pinned",
    }
    (state / "config.json").write_text(json.dumps(config))
    return state


async def test_the_program_films_seals_sends_and_is_acked(
    around: Surroundings, site: Site, film: Path, tmp_path: Path
) -> None:
    async with site.serving(around.server, around.unit_ca):
        state = unit_folder(around, site, film, tmp_path / UNIT)
        with around.worker_client() as worker:
            assert worker.subscribe("fz/1/+/state") and worker.subscribe("fz/1/+/index")
            worker.publish(f"fz/1/{UNIT}/mandate", b"", retain=True)  # none of an earlier test
            program = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "edge", "run", "--state", str(state)), stderr=asyncio.subprocess.PIPE
            )
            try:
                await played(around, site, worker)
                program.send_signal(signal.SIGTERM)
                _, said = await asyncio.wait_for(program.communicate(), 10)
            finally:
                if program.returncode is None:
                    program.kill()
                    await program.wait()
            goodbye = await latest_state(around, worker)
    assert program.returncode == 0, said.decode()
    assert not goodbye.online
    events = [json.loads(line)["event"] for line in said.decode().splitlines()]
    assert {"mandate", "filming", "sealed", "acked", "stopped"} <= set(events)
    assert sorted(path.name for path in (state / "spool" / "cam-1").iterdir()) == []
    opened_records = [site.hub.opened(data) for data in site.hub.segments.values()]
    assert sum(len(records) for records in opened_records) > 3
    assert (state / "emitted.txt").read_text().startswith("0 ")


async def played(around: Surroundings, site: Site, worker: MqttClient) -> None:
    """The hub's part: a mandate for a window of a second and a half, rows taken in, segments acked."""
    first = await latest_state(around, worker)
    assert first.cameras[0].rule == "mandate.none"
    now_us = site.hub.now_us = UnitClock().now_us()
    site.hub.order(windows=(Window(now_us - MINUTE_US, now_us + 1_500_000),))
    site.on_stored = lambda chain: worker.paho.publish(f"fz/1/{UNIT}/ack", site.hub.ack(chain), qos=1) and None
    worker.publish(f"fz/1/{UNIT}/mandate", site.hub.message(first.checkpoint_size), retain=True)
    doing: list[str] = []
    async with asyncio.timeout(15):
        while not (site.hub.segments and doing[-1:] == ["waiting"]):
            topic, payload, _ = await asyncio.to_thread(worker.received.get, True, 10)
            if topic.endswith("/index"):
                site.hub.take_row(payload, around.public)
            else:
                doing.append(opened(read(payload), STATE, State, around.public).cameras[0].doing)
            if "filming" in doing and doing[-1] == "waiting":
                await until(lambda: site.hub.segments)
    assert "filming" in doing


async def latest_state(around: Surroundings, worker: MqttClient) -> Any:
    """The newest state, verified; others' retained bytes are passed over."""
    found = None
    while found is None or not worker.received.empty():
        topic, payload, _ = await asyncio.to_thread(worker.received.get, True, 10)
        if topic.endswith("/state") and payload.startswith(b"{"):
            found = opened(read(payload), STATE, State, around.public)
    return found


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "--state", "absent"], "config.json: No such file"),
        (["init", "--state", "x", "--unit", "Unit 1", "--camera", "cam-1"], "unit: not of the form"),
        (["film", "absent.avi"], "absent.avi: there is no such file"),
        (["run"], "--state"),
        ([], "COMMAND"),
        (["fly"], "invalid choice"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        status = main(arguments)
    except SystemExit as exited:  # argparse's own
        status = int(exited.code or 0)
    said = capsys.readouterr().err
    assert status == 2
    assert says in said.splitlines()[-1]


@pytest.mark.parametrize("torn", [False, True])
def test_a_unit_without_its_memory_does_not_start(
    around: Surroundings, site: Site, film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], torn: bool
) -> None:
    state = unit_folder(around, site, film, tmp_path / UNIT)
    memory = state / "memory.json"
    memory.write_bytes(memory.read_bytes()[:40])
    if not torn:
        memory.unlink()
    assert main(["run", "--state", str(state)]) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith(f"flexzicht-edge: {memory}: ")
    assert said.endswith("make a new unit (flexzicht-edge init, in an empty folder) and enrol that")
    assert memory.exists() == torn


def test_init_once(tmp_path: Path) -> None:
    arguments = ("init", "--state", str(tmp_path / UNIT), "--unit", UNIT, "--camera", "cam-1")
    assert program(tmp_path, *arguments).returncode == 0
    made = {path.name: path.read_bytes() for path in (tmp_path / UNIT).iterdir()}
    assert set(made) == {"config.json", "identity.csr", "identity.key", "memory.json"}
    again = program(tmp_path, *arguments)
    assert again.returncode == 2
    assert len(again.stderr.splitlines()) == 1
    assert {path.name: path.read_bytes() for path in (tmp_path / UNIT).iterdir()} == made


def program(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).resolve().parents[3]
    return subprocess.run(
        [sys.executable, "-m", "edge", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
    )
