# SPDX-License-Identifier: EUPL-1.2
"""The broker: who a certificate makes one, what each may publish and read, retained messages, wills."""

import json
import queue
import signal
import socket
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio

from hub.embedded import nats
from hub.embedded.nats import Broker, BrokerUser
from hub.embedded.supervisor import Supervisor
from hub.embedded.tree import Tree
from tests.integration.embedded.certificates import Authority, Identity
from tests.integration.embedded.mqtt import DEADLINE_S, MqttClient

UP = ("birth", "state", "health", "crowd/+", "event", "index", "ask")
DOWN = ("mandate", "lease", "publish", "desired", "cmd", "ack")


def unit_user(identity: Identity, unit: str) -> BrokerUser:
    return BrokerUser(
        subject_dn=identity.subject_dn,
        publish=tuple(f"fz/1/{unit}/{topic}" for topic in UP),
        subscribe=tuple(f"fz/1/{unit}/{topic}" for topic in DOWN),
    )


@dataclass(frozen=True)
class Standing:
    """A running broker and those it knows."""

    broker: Broker
    server_ca: Path
    a: Identity
    b: Identity
    later: Identity  # signed by the units' authority, but not a user yet
    foreign: Identity
    worker: Identity
    supervisor: Supervisor

    def connect(self, who: Identity, client_id: str, clean: bool = True) -> MqttClient:
        return MqttClient(self.broker.mqtt_port, who, str(self.server_ca), client_id, clean)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def standing(state: Path, servers: Tree, port: dict[str, int]) -> AsyncIterator[Standing]:
    elsewhere = state / "elsewhere"
    elsewhere.mkdir()
    units, hub, other = Authority(state, "unit-ca"), Authority(state, "server-ca"), Authority(elsewhere, "unit-ca")
    server, worker = hub.server("server"), hub.client("worker")
    a, b = units.client("unit-a"), units.client("unit-b")
    bundle = state / "clients.pem"
    bundle.write_bytes(units.certificate.read_bytes() + hub.certificate.read_bytes())
    everything_up = tuple(f"fz/1/+/{topic}" for topic in UP)
    everything_down = tuple(f"fz/1/+/{topic}" for topic in DOWN)
    broker = Broker(
        nats_port=port["nats"],
        mqtt_port=port["mqtt"],
        server_cert=server.cert,
        server_key=server.key,
        client_cas=bundle,
        users=(
            unit_user(a, "unit-a"),
            unit_user(b, "unit-b"),
            BrokerUser(subject_dn=worker.subject_dn, publish=everything_down, subscribe=everything_up),
        ),
    )
    nats.prepare(servers, broker)
    program = nats.program(servers, broker.nats_port, state / "nats.log")
    async with Supervisor([program]) as supervisor:
        await supervisor.ready()
        later, foreign = units.client("unit-c"), other.client("unit-a")
        yield Standing(broker, hub.certificate, a, b, later, foreign, worker, supervisor)


def test_the_subject_is_written_as_rfc_4514_has_it(standing: Standing) -> None:
    assert standing.a.subject_dn == "CN=unit-a,O=Flexzicht"


def test_a_unit_and_the_worker_hear_each_other(standing: Standing) -> None:
    with standing.connect(standing.worker, "w1") as worker, standing.connect(standing.a, "a1") as unit:
        assert worker.subscribe("fz/1/+/index")
        assert unit.subscribe("fz/1/unit-a/ack")
        unit.publish("fz/1/unit-a/index", b"row")
        assert worker.next() == ("fz/1/unit-a/index", b"row", False)
        worker.publish("fz/1/unit-a/ack", b"logged")
        assert unit.next() == ("fz/1/unit-a/ack", b"logged", False)


def test_a_unit_publishes_only_under_its_own_name(standing: Standing) -> None:
    with standing.connect(standing.worker, "w2") as worker, standing.connect(standing.a, "a2") as unit:
        assert worker.subscribe("fz/1/+/event")
        unit.publish("fz/1/unit-b/event", b"forged")
        unit.publish("fz/1/unit-a/mandate", b"forged order", retain=True)
        unit.publish("fz/1/unit-a/event", b"own")
        assert worker.next() == ("fz/1/unit-a/event", b"own", False)
        assert unit.subscribe("fz/1/unit-a/mandate")
        worker.publish("fz/1/unit-a/mandate", b"order")
        assert unit.next() == ("fz/1/unit-a/mandate", b"order", False)


@pytest.mark.parametrize(
    "topic",
    [
        "fz/1/unit-a/mandate",
        "fz/1/unit-a/index",
        "fz/1/+/mandate",
        "fz/1/#",
        "#",
        "$MQTT/sub/#",  # where the broker itself delivers QoS 1
        "$JS/#",
    ],
)
@pytest.mark.parametrize("qos", [0, 1])
def test_a_unit_cannot_read_what_is_not_its_own(standing: Standing, topic: str, qos: int) -> None:
    with (
        standing.connect(standing.worker, "w3") as worker,
        standing.connect(standing.a, "a3") as other,
        standing.connect(standing.b, "b3") as unit,
    ):
        granted = unit.subscribe(topic, qos)
        assert unit.subscribe("fz/1/unit-b/cmd")
        assert other.subscribe("fz/1/unit-a/mandate")
        worker.publish("fz/1/unit-a/mandate", b"order of a")
        assert other.next()[1] == b"order of a"
        worker.publish("fz/1/unit-b/cmd", b"own")
        assert unit.next() == ("fz/1/unit-b/cmd", b"own", False)
        assert unit.received.empty()
        assert not granted


def written(standing: Standing, *words: str) -> list[str]:
    """The broker's own log lines that have all of these words; waited for, since it writes them afterwards."""
    for _ in range(500):
        lines = (standing.server_ca.parent / "nats.log").read_text().splitlines()
        if found := [line for line in lines if all(word in line for word in words)]:
            return found
        threading.Event().wait(0.01)
    raise AssertionError(words)


def test_what_a_unit_says_under_anothers_name_is_written_down(standing: Standing) -> None:
    with standing.connect(standing.worker, "w11") as worker, standing.connect(standing.a, "a11") as unit:
        assert worker.subscribe("fz/1/+/health")
        unit.publish("fz/1/unit-b/health", b"forged")
        unit.publish("fz/1/unit-a/health", b"own")
        assert worker.next() == ("fz/1/unit-a/health", b"own", False)
        assert not unit.closed.is_set(), "its own messages still come"
    (line,) = written(standing, "Publish Violation", "fz.1.unit-b.health")  # with the session that said it
    assert '"a11"' in line


def test_a_session_name_that_is_guessed_disturbs_nobody(standing: Standing) -> None:
    with standing.connect(standing.a, "0123456789abcdef-secret", clean=False) as own:
        assert own.subscribe("fz/1/unit-a/mandate")
        for guessed in ("unit-a", "CN=unit-a", "0123456789abcdef"):
            with standing.connect(standing.b, guessed):
                pass
        with standing.connect(standing.worker, "w12") as worker:
            worker.publish("fz/1/unit-a/mandate", b"order of a")
        assert own.next()[1] == b"order of a"
        assert not own.closed.is_set()


def test_who_knows_anothers_session_name_hears_nothing_and_it_is_written_down(standing: Standing) -> None:
    with standing.connect(standing.a, "stolen-secret", clean=False) as own:
        assert own.subscribe("fz/1/unit-a/mandate")
        with standing.connect(standing.b, "stolen-secret", clean=False) as thief:
            assert own.closed.wait(DEADLINE_S)
            assert not thief.subscribe("fz/1/unit-a/mandate")
            with standing.connect(standing.worker, "w13") as worker:
                worker.publish("fz/1/unit-a/mandate", b"order of a")
            assert own.next()[1] == b"order of a", "it has come back by itself"
            assert thief.received.empty()
    written(standing, "Replacing old client", "stolen-secret")
    written(standing, "Subscription Violation", "stolen-secret", "fz.1.unit-a.mandate")


def test_a_user_that_is_left_out_is_put_out_and_the_others_stay(standing: Standing, servers: Tree) -> None:
    """The configuration is read anew (SIGHUP): what `hub.standalone` does when a unit is revoked."""
    without = replace(
        standing.broker, users=[user for user in standing.broker.users if "unit-b" not in user.subject_dn]
    )
    with (
        standing.connect(standing.worker, "w14") as worker,
        standing.connect(standing.a, "a14") as other,
        standing.connect(standing.b, "b14") as revoked,
    ):
        assert other.subscribe("fz/1/unit-a/cmd")
        try:
            nats.prepare(servers, without)
            standing.supervisor.kill("nats", signal.SIGHUP)
            assert revoked.closed.wait(DEADLINE_S)
            with pytest.raises(OSError), standing.connect(standing.b, "another-name"):
                pass
            worker.publish("fz/1/unit-a/cmd", b"own")
            assert other.next() == ("fz/1/unit-a/cmd", b"own", False)
            assert not other.closed.is_set() and not worker.closed.is_set()
        finally:
            nats.prepare(servers, standing.broker)
            standing.supervisor.kill("nats", signal.SIGHUP)


def reloads(standing: Standing) -> int:
    """How often the broker has read its users anew, by its own log."""
    return (standing.server_ca.parent / "nats.log").read_text().count("Reloaded: authorization users")


def test_a_user_that_is_added_is_let_in_and_the_others_notice_nothing(standing: Standing, servers: Tree) -> None:
    """The configuration is read anew (SIGHUP): what `hub.standalone` does when a unit is let in."""
    known = replace(standing.broker, users=[*standing.broker.users, unit_user(standing.later, "unit-c")])
    with (
        standing.connect(standing.worker, "w15") as worker,
        standing.connect(standing.a, "a15") as other,
    ):
        assert other.subscribe("fz/1/unit-a/cmd")
        with pytest.raises(OSError), standing.connect(standing.later, "c15"):
            pass
        before = reloads(standing)
        try:
            nats.prepare(servers, known)
            standing.supervisor.kill("nats", signal.SIGHUP)
            while reloads(standing) == before:
                threading.Event().wait(0.01)
            with standing.connect(standing.later, "c15") as let_in:
                assert let_in.subscribe("fz/1/unit-c/cmd") and not let_in.subscribe("fz/1/unit-a/cmd")
                worker.publish("fz/1/unit-c/cmd", b"welcome")
                assert let_in.next() == ("fz/1/unit-c/cmd", b"welcome", False)
            worker.publish("fz/1/unit-a/cmd", b"own")
            assert other.next() == ("fz/1/unit-a/cmd", b"own", False)
            assert not other.closed.is_set() and not worker.closed.is_set()
        finally:
            nats.prepare(servers, standing.broker)
            standing.supervisor.kill("nats", signal.SIGHUP)


def test_a_name_in_the_connect_packet_changes_nothing(standing: Standing) -> None:
    unit = standing.connect(standing.a, "a4")
    unit.paho.username_pw_set(standing.worker.subject_dn, "")
    with unit:
        assert not unit.subscribe("fz/1/+/index")
        assert unit.subscribe("fz/1/unit-a/ack")


def test_a_retained_message_waits_for_its_unit(standing: Standing) -> None:
    with standing.connect(standing.worker, "w5") as worker:
        worker.publish("fz/1/unit-b/mandate", b"order 7", retain=True)
    with standing.connect(standing.b, "b5") as unit:
        assert unit.subscribe("fz/1/unit-b/mandate")
        assert unit.next() == ("fz/1/unit-b/mandate", b"order 7", True)


def test_a_unit_without_power_leaves_its_will(standing: Standing) -> None:
    unit = standing.connect(standing.a, "a6")
    unit.paho.will_set("fz/1/unit-a/state", b"offline", qos=1, retain=True)
    with standing.connect(standing.worker, "w6") as worker:
        assert worker.subscribe("fz/1/+/state")
        with unit:
            unit.publish("fz/1/unit-a/state", b"online", retain=True)
            assert worker.next()[:2] == ("fz/1/unit-a/state", b"online")
            unit.die()
            assert worker.next()[:2] == ("fz/1/unit-a/state", b"offline")


def test_what_the_worker_missed_is_kept_for_its_session(standing: Standing) -> None:
    with standing.connect(standing.worker, "w7", clean=False) as worker:
        assert worker.subscribe("fz/1/+/index")
    with standing.connect(standing.a, "a7") as unit:
        for number in range(20):
            unit.publish("fz/1/unit-a/index", b"%d" % number)
    with standing.connect(standing.worker, "w7", clean=False) as worker:
        assert {worker.next()[1] for _ in range(20)} == {b"%d" % number for number in range(20)}


def test_a_message_has_64_kib_and_no_more(standing: Standing) -> None:
    with standing.connect(standing.worker, "w8") as worker, standing.connect(standing.a, "a8") as unit:
        assert worker.subscribe("fz/1/+/ask")
        unit.publish("fz/1/unit-a/ask", bytes(nats.MESSAGE_LIMIT_BYTES))
        assert len(worker.next()[1]) == nats.MESSAGE_LIMIT_BYTES
        unit.closed.clear()
        unit.paho.publish("fz/1/unit-a/ask", bytes(nats.MESSAGE_LIMIT_BYTES + 2 * nats.OVERHEAD_BYTES), qos=0)
        assert unit.closed.wait(DEADLINE_S)
        with pytest.raises(queue.Empty):
            worker.received.get_nowait()


def test_a_certificate_of_another_authority_gets_nowhere(standing: Standing) -> None:
    assert standing.foreign.subject_dn == standing.a.subject_dn
    with pytest.raises(OSError), standing.connect(standing.foreign, "x9"):
        pass


def test_the_plain_port_admits_nobody(standing: Standing) -> None:
    with socket.create_connection(("127.0.0.1", standing.broker.nats_port), DEADLINE_S) as plain:
        assert plain.recv(4096).startswith(b"INFO")
        login = {"user": standing.worker.subject_dn, "pass": "", "verbose": True}
        plain.sendall(b"CONNECT " + json.dumps(login).encode() + b"\r\nPING\r\n")
        assert plain.recv(4096).startswith(b"-ERR 'Authorization Violation'")


def test_every_user_is_of_mqtt_only(standing: Standing, servers: Tree) -> None:
    written = json.loads((servers.root / "conf" / "nats.conf").read_text())
    assert [user["allowed_connection_types"] for user in written["authorization"]["users"]] == [["MQTT"]] * 3


def test_a_certificate_of_the_right_authority_that_is_no_user_gets_nowhere(standing: Standing) -> None:
    with pytest.raises(OSError), standing.connect(standing.later, "c10"):
        pass


@pytest.mark.parametrize(
    ("topic", "subjects"),
    [
        ("fz/1/unit-a/state", ["fz.1.unit-a.state"]),
        ("fz/1/+/crowd/+", ["fz.1.*.crowd.*"]),
        ("fz/1/unit-a/#", ["fz.1.unit-a", "fz.1.unit-a.>"]),
    ],
)
def test_topics_become_subjects(topic: str, subjects: list[str]) -> None:
    assert nats.nats_subjects(topic) == subjects


@pytest.mark.parametrize("topic", ["", "#", "fz//state", "fz/#/state", "fz/1.2/state", "fz/>", "fz/*", "fz/a b", "/fz"])
def test_topics_that_would_mean_something_else_are_refused(topic: str) -> None:
    with pytest.raises(nats.BrokerConfigError):
        nats.nats_subjects(topic)
