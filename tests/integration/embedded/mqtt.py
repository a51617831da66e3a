# SPDX-License-Identifier: EUPL-1.2
"""An MQTT client for tests: paho over TLS, each answer awaited with a deadline."""

import queue
import threading
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.integration.embedded.certificates import Identity

DEADLINE_S = 5.0


class MqttClient:
    """A connection that shows a certificate; use it as a context."""

    def __init__(self, port: int, identity: Identity, server_ca: str, client_id: str, clean: bool = True) -> None:
        self.received: queue.Queue[tuple[str, bytes, bool]] = queue.Queue()
        self.closed = threading.Event()
        self._port = port
        self._answer: queue.Queue[bool] = queue.Queue()
        self._granted: queue.Queue[tuple[int, bool]] = queue.Queue()
        self.paho = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=clean)
        self.paho.tls_set(ca_certs=server_ca, certfile=str(identity.cert), keyfile=str(identity.key))
        self.paho.on_connect = self._on_connect
        self.paho.on_disconnect = self._on_disconnect
        self.paho.on_subscribe = self._on_subscribe
        self.paho.on_message = self._on_message

    def __enter__(self) -> Self:
        self.paho.connect("127.0.0.1", self._port)
        self.paho.loop_start()
        if not self._answer.get(timeout=DEADLINE_S):
            self.__exit__()
            raise ConnectionRefusedError("the broker did not let this certificate in")
        return self

    def __exit__(self, *_: object) -> None:
        self.paho.disconnect()
        self.paho.loop_stop()

    def subscribe(self, topic: str, qos: int = 1) -> bool:
        """Whether the broker granted it."""
        _, wanted = self.paho.subscribe(topic, qos)
        mid, granted = self._granted.get(timeout=DEADLINE_S)
        assert mid == wanted
        return granted

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> None:
        """Send at QoS 1 and wait for the PUBACK (which proves nothing about permission)."""
        self.paho.publish(topic, payload, qos=1, retain=retain).wait_for_publish(DEADLINE_S)

    def next(self) -> tuple[str, bytes, bool]:
        """The next message: topic, payload, retained."""
        return self.received.get(timeout=DEADLINE_S)

    def die(self) -> None:
        """End without a DISCONNECT, as a unit without power does."""
        socket = self.paho.socket()
        assert socket is not None
        self.paho.loop_stop()
        socket.close()

    def _on_connect(self, client: Any, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        self._answer.put(not reason.is_failure)

    def _on_disconnect(self, client: Any, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        self._answer.put(False)
        self.closed.set()

    def _on_subscribe(self, client: Any, userdata: Any, mid: int, reasons: list[Any], properties: Any) -> None:
        self._granted.put((mid, not reasons[0].is_failure))

    def _on_message(self, client: Any, userdata: Any, message: paho.MQTTMessage) -> None:
        self.received.put((message.topic, bytes(message.payload), message.retain))
