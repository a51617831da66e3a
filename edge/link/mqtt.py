# SPDX-License-Identifier: EUPL-1.2
"""The unit's one MQTT session: 3.1.1, QoS 1, client certificate, persistent, with a signed last will.

Promises: nothing that it is given is durable here (the spool and the unit's memory are): what it cannot take at once
it refuses, and who gave it tries again. What waits is bounded. It reconnects by itself, with full jitter, so that
a thousand units do not return at once when a broker does. What arrives is handed over one message at a time, and the
network waits meanwhile; it is not verified here. Its callbacks run in its own threads.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from contract.record import ContractError
from contract.topics import DOWN, RETAINED, parse, topic
from edge.link.credentials import Credentials, CredentialsError

KEEPALIVE_S = 10  # a broker sends the will after 1.5 times this; people see "no picture" after 15 s anyway
CONNECT_WITHIN_S = 5.0
WAITING_LIMIT = 256  # messages, the ones under way included
UNDER_WAY_LIMIT = 20
BACKOFF_FIRST_S = 0.5
BACKOFF_MOST_S = 30.0


@dataclass(frozen=True, kw_only=True)
class Broker:
    """Where the broker is, and the secret name of this unit's session there."""

    host: str
    port: int
    client_id: str


@dataclass(frozen=True, kw_only=True)
class LineEvents:
    """What the caller gives and hears of, in the line's threads."""

    will: Callable[[], bytes]
    """The state that the broker publishes when this session breaks off; asked before each connection."""
    on_connection: Callable[[bool, str], None]
    """The session stands (or ended), and in words why not."""
    on_message: Callable[[str, bytes], None]
    """(what, payload) of a topic of ours. The network waits until it returns."""


class Uplink(Protocol):
    """What a `Line` is to who uses it."""

    def start(self) -> None:
        """Begin; once."""

    def publish(self, what: str, payload: bytes) -> bool:
        """Hand a message over; false: not now."""

    def stop(self, last_state: bytes, within_s: float) -> None:
        """Say goodbye and end."""


class Line:
    """Runs the session from `start` to `stop`."""

    def __init__(
        self, broker: Broker, unit: str, credentials: Credentials, events: LineEvents, random: Callable[[], float]
    ) -> None:
        """`random` gives numbers from 0 up to 1."""
        self._broker, self._unit, self._credentials = broker, unit, credentials
        self._events, self._random = events, random
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._lasted = False  # the session stood, so that the next attempt is a first one again
        self.connected = False
        self._client = self._new_client()
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)

    def start(self) -> None:
        """Begin; once."""
        self._thread.start()

    def publish(self, what: str, payload: bytes) -> bool:
        """Hand a message over; false when there is no session or no room: try again."""
        if not self.connected:
            return False
        return self._send(what, payload).rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    def stop(self, last_state: bytes, within_s: float) -> None:
        """Say goodbye with this state, so that no will is needed, and end."""
        self._stopping.set()
        if self.connected:
            with contextlib.suppress(RuntimeError, ValueError):  # ended meanwhile: then the will says the same
                self._send("state", last_state).wait_for_publish(within_s / 2)
            self._client.disconnect()
        self._thread.join(within_s)

    def _send(self, what: str, payload: bytes) -> paho.MQTTMessageInfo:
        return self._client.publish(topic(self._unit, what), payload, qos=1, retain=what in RETAINED)

    def _new_client(self) -> paho.Client:
        """One for each session: what an earlier one still held stands in the spool, and is said again anyway."""
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._broker.client_id,
            clean_session=False,
            protocol=MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        client.tls_set_context(self._credentials.context)
        client.connect_timeout = CONNECT_WITHIN_S
        client.max_inflight_messages_set(UNDER_WAY_LIMIT)
        client.max_queued_messages_set(WAITING_LIMIT)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            reason = self._session()
            if self._stopping.is_set():
                return
            failures = 0 if self._lasted else failures + 1
            self._events.on_connection(False, reason)
            self._stopping.wait(self._random() * min(BACKOFF_MOST_S, BACKOFF_FIRST_S * 2 ** min(failures, 16)))

    def _session(self) -> str:
        """One session, to its end; says why it ended."""
        self._lasted = False
        self._ended.clear()
        self._reason = "the connection ended"
        self._client = self._new_client()
        self._client.will_set(topic(self._unit, "state"), self._events.will(), qos=1, retain=True)
        try:
            self._credentials.refresh()
            self._client.connect(self._broker.host, self._broker.port, KEEPALIVE_S)
        except CredentialsError as error:
            return str(error)
        except OSError as error:
            return f"no connection to the broker: {error.strerror or error}"
        self._client.loop_start()
        self._ended.wait()
        self._client.loop_stop()
        return self._reason

    def _on_connect(self, client: paho.Client, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            self._reason = f"the broker refuses: {reason}"
            return
        self._lasted = self.connected = True
        # Retained state first: from the log size in it the hub makes the proof that comes with a mandate.
        self._events.on_connection(True, "")
        client.subscribe([(topic(self._unit, what), 1) for what in DOWN])

    def _on_disconnect(self, client: paho.Client, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        if self.connected:
            self._reason = f"the connection ended: {reason}"
        self.connected = False
        self._ended.set()

    def _on_message(self, client: paho.Client, userdata: Any, message: paho.MQTTMessage) -> None:
        try:
            unit, what = parse(message.topic)
        except (ContractError, UnicodeDecodeError):
            return
        if unit == self._unit and what in DOWN:
            self._events.on_message(what, bytes(message.payload))
