# SPDX-License-Identifier: EUPL-1.2
"""NATS as an MQTT 3.1.1 broker on loopback: its configuration and its program.

Who connects is who its client certificate says, and nobody else: TLS 1.3 with `verify_and_map`. NATS tries, in this
order, the certificate's e-mail addresses, DNS names and URIs, and then its subject against the users' names; ours are
subjects, so a certificate's other names must be chosen by the authority that signs it, never copied from a request.
A user name and password in the MQTT CONNECT are ignored (and warned about). The plain NATS port, which the server
insists on, admits no user: each is allowed MQTT only.

A subject is written as RFC 4514 has it, the last RDN first, which is what `cryptography`'s `rfc4514_string()` gives:
O=Flexzicht then CN=unit-1 in the certificate is `CN=unit-1,O=Flexzicht` here. The same RDNs in another order match too.

Topics are given as MQTT has them. NATS turns `/` into `.`, `+` into `*` and `#` into `>`, and `x/#` covers `x` itself.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.embedded.faults import EmbeddedError
from hub.embedded.ports import LOOPBACK
from hub.embedded.program import Program
from hub.embedded.readiness import on_ports
from hub.embedded.tree import Tree
from hub.users import USERS

MESSAGE_LIMIT_BYTES = 64 << 10  # the contract's records are no larger
OVERHEAD_BYTES = 1 << 10  # topic and packet header count too
MEMORY_STORE_BYTES = 32 << 20
FILE_STORE_BYTES = 512 << 20  # retained messages and persistent sessions
TLS_HANDSHAKE_S = 5
DELIVERY_SUBJECT = "$MQTT.sub.>"  # NATS delivers QoS 1 under it; clients cannot subscribe to it themselves

_LEVEL = re.compile(r"[A-Za-z0-9_-]+")
_SUBJECT_DN = re.compile(r'[^"\\\x00-\x1f\x7f-\U0010ffff]+')


class BrokerConfigError(EmbeddedError, ValueError):
    """A topic or a subject that cannot be written into the broker's configuration."""


@dataclass(frozen=True, kw_only=True)
class BrokerUser:
    """One client certificate's holder and the topics it may use, as MQTT topic filters."""

    subject_dn: str
    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Broker:
    """What the server needs to know; paths of PEM files, whose content is copied to where the server reads it."""

    nats_port: int
    mqtt_port: int
    server_cert: Path
    server_key: Path
    client_cas: Path  # a bundle: the authority of the units and the one of the worker
    users: Sequence[BrokerUser]


def prepare(tree: Tree, broker: Broker) -> None:
    """Write the server's configuration, certificate and key; afterwards (re)start it."""
    cert = tree.place("nats", "nats-server.pem", broker.server_cert.read_bytes())
    key = tree.place("nats", "nats-server.key", broker.server_key.read_bytes())
    cas = tree.place("nats", "nats-clients.pem", broker.client_cas.read_bytes())
    settings = {
        "server_name": "fz",
        "listen": f"{LOOPBACK}:{broker.nats_port}",
        "max_payload": MESSAGE_LIMIT_BYTES + OVERHEAD_BYTES,
        "jetstream": {
            "store_dir": str(tree.folder("nats")),
            "max_memory_store": MEMORY_STORE_BYTES,
            "max_file_store": FILE_STORE_BYTES,
        },
        "mqtt": {
            "listen": f"{LOOPBACK}:{broker.mqtt_port}",
            "reject_qos2_publish": True,
            "tls": {
                "cert_file": str(cert),
                "key_file": str(key),
                "ca_file": str(cas),
                "verify_and_map": True,
                "min_version": "1.3",
                "timeout": TLS_HANDSHAKE_S,
            },
        },
        "authorization": {"users": [_user(user) for user in broker.users]},
    }
    tree.place("nats", "nats.conf", json.dumps(settings, indent=1, ensure_ascii=False) + "\n")


def program(tree: Tree, nats_port: int, log_file: Path) -> Program:
    """The server, as `prepare` configured it."""
    return Program(
        name="nats",
        argv=(str(tree.nats), "--config", str(tree.root / "conf" / "nats.conf")),
        env=tree.environment(tree.folder("nats")),
        log_file=log_file,
        ready=on_ports(nats_port),  # its last listener to open; a bare look at MQTT would be a TLS error in its log
        user=USERS["nats"],
    )


def url(mqtt_port: int) -> str:
    """The address for MQTT_URL; TLS by IP address, which the server's certificate must name."""
    return f"mqtts://{LOOPBACK}:{mqtt_port}"


def nats_subjects(topic_filter: str) -> list[str]:
    """The NATS subjects that an MQTT topic filter covers."""
    levels = topic_filter.split("/")
    covers_below = levels[-1] == "#"
    if covers_below:
        levels.pop()
    if not levels or not all(level == "+" or _LEVEL.fullmatch(level) for level in levels):
        raise BrokerConfigError(f"not a topic filter of letters, digits, - and _, + and a last #: {topic_filter!r}")
    subject = ".".join("*" if level == "+" else level for level in levels)
    return [subject, f"{subject}.>"] if covers_below else [subject]


def _user(user: BrokerUser) -> dict[str, object]:
    if not _SUBJECT_DN.fullmatch(user.subject_dn) or "=" not in user.subject_dn:
        raise BrokerConfigError(f"not a subject in RFC 4514 form, printable ASCII: {user.subject_dn!r}")
    publish = [subject for topic in user.publish for subject in nats_subjects(topic)]
    subscribe = [subject for topic in user.subscribe for subject in nats_subjects(topic)]
    return {
        "user": user.subject_dn,
        "allowed_connection_types": ["MQTT"],
        "permissions": {
            # An empty list would allow everything, so who may nothing is denied everything by name.
            "publish": {"allow": publish} if publish else {"deny": [">"]},
            "subscribe": {"allow": [*subscribe, DELIVERY_SUBJECT]},
        },
    }
