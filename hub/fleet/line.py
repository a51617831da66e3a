# SPDX-License-Identifier: EUPL-1.2
"""The one line to the units: the worker's MQTT session, over TLS with its own certificate. Nobody else has one.

Up comes what units say, down goes what stands in the downlink table: mandates (retained), publish leases, acks; and at
once, past all of that, what counts for a moment only.
The session is durable: what units said while the worker was away is heard when it returns, and after each connection
all that still stands is said again. A PUBACK proves nothing; units ask again for what they miss.

What comes up waits by unit and kind, and these take turns: one unit's flood, or what a unit catches up with after hours
alone, neither delays nor drops a word of another's, nor its own questions behind its rows.
"""

import asyncio
import hashlib
import logging
import ssl
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import aiomqtt

from contract.record import RECORD_LIMIT, ContractError
from contract.topics import RETAINED, UP, parse, topic
from hub.store.downlink import Downlink
from hub.store.faults import DatabaseUnavailableError
from hub.waking import Waking

KEEPALIVE_S = 15
RECONNECT_S = 1.0
LOOK_S = 5.0  # a NOTIFY can be missed while the database's line is down
BATCH = 50
WAITING_LIMIT = 1000  # messages of one unit and kind that wait to be looked at
WAITING_BYTES = 8 * 1024 * 1024  # of these
DROPPED_SAID_S = 60.0
logger = logging.getLogger(__name__)

OnMessage = Callable[[str, str, bytes, bool], Awaitable[None]]
"""(unit, what, payload, retained): raises nothing but DatabaseUnavailableError, which has the session made anew."""


@dataclass(frozen=True)
class Broker:
    """Where the broker is, and with what we show ourselves there (paths of PEM files)."""

    host: str
    port: int
    server_ca: Path
    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """TLS 1.3, the broker's name checked, our certificate shown."""
        context = ssl.create_default_context(cafile=str(self.server_ca))
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(self.certificate, self.key)
        return context

    def client_id(self) -> str:
        """The session's name: secret, so that nobody else's certificate can take it over, and the same every time."""
        return hashlib.sha256(b"flexzicht/mqtt-client-id/v1\n" + self.key.read_bytes()).hexdigest()[:32]


class Turns(asyncio.Queue[aiomqtt.Message]):
    """The messages that wait. One whose topic, a unit's name and a kind, has too many there is dropped and counted."""

    def _init(self, maxsize: int) -> None:
        self._by_topic: dict[str, deque[aiomqtt.Message]] = {}  # in the order of their turns; none is empty
        self._bytes: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()
        self._said_s: dict[str, float] = {}

    def qsize(self) -> int:
        """How many wait."""
        return sum(map(len, self._by_topic.values()))

    def empty(self) -> bool:
        """Whether none waits."""
        return not self._by_topic

    def _put(self, item: aiomqtt.Message) -> None:
        name, size = str(item.topic), _size(item)
        waiting = self._by_topic.get(name, ())
        if len(waiting) >= WAITING_LIMIT or self._bytes[name] + size > WAITING_BYTES:
            self._drop(name)
            return
        self._by_topic.setdefault(name, deque()).append(item)
        self._bytes[name] += size

    def _get(self) -> aiomqtt.Message:
        name = next(iter(self._by_topic))
        waiting = self._by_topic.pop(name)
        item = waiting.popleft()
        self._bytes[name] -= _size(item)
        if waiting:
            self._by_topic[name] = waiting  # behind all others
        else:
            del self._bytes[name]
        return item

    def _drop(self, name: str) -> None:
        self._dropped[name] += 1
        now_s = asyncio.get_running_loop().time()
        if now_s - self._said_s.get(name, -DROPPED_SAID_S) >= DROPPED_SAID_S:
            self._said_s[name] = now_s
            logger.warning("%s: %d messages more than can wait are dropped", name, self._dropped.pop(name))


class Line:
    """Runs the session; `wake` says that the downlink has something."""

    def __init__(self, broker: Broker, downlink: Downlink, on_message: OnMessage, now_us: Callable[[], int]) -> None:
        self._broker = broker
        self._downlink = downlink
        self._on_message = on_message
        self._now_us = now_us
        self._waking = Waking()
        self._client: aiomqtt.Client | None = None

    def wake(self) -> None:
        """There is something to send."""
        self._waking.wake()

    async def say(self, unit: str, what: str, payload: bytes) -> bool:
        """Publish at once; false while no session stands. Kept by nobody: a unit that is not there misses it."""
        if self._client is None:
            return False
        try:
            await self._client.publish(topic(unit, what), payload, qos=0)
        except aiomqtt.MqttError:
            return False
        return True

    async def run(self) -> None:
        """Keep the session up until cancelled."""
        while True:
            try:
                await self._session()
            except* (aiomqtt.MqttError, DatabaseUnavailableError, OSError) as group:
                logger.warning("the line to the units: %s", "; ".join(_words(error) for error in group.exceptions))
            await asyncio.sleep(RECONNECT_S)

    async def _session(self) -> None:
        client = aiomqtt.Client(
            self._broker.host,
            self._broker.port,
            identifier=self._broker.client_id(),
            clean_session=False,
            keepalive=KEEPALIVE_S,
            tls_context=self._broker.context(),
            queue_type=Turns,
        )
        async with client:
            await client.subscribe([(topic("+", what), 1) for what in UP])
            await self._downlink.send_again()
            logger.info("the line to the units stands")
            self._client = client
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._hear(client))
                    group.create_task(self._tell(client))
            finally:
                self._client = None

    async def _hear(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            try:
                unit, what = parse(str(message.topic))
            except ContractError:
                continue
            payload = message.payload
            if not isinstance(payload, bytes) or len(payload) > 2 * RECORD_LIMIT:
                logger.warning("%s: not a message of ours", message.topic)
                continue
            await self._on_message(unit, what, payload, bool(message.retain))

    async def _tell(self, client: aiomqtt.Client) -> None:
        while True:
            self._waking.begin()
            rows = await self._downlink.unsent(self._now_us(), BATCH)
            for row in rows:
                await client.publish(topic(row.unit, row.what), row.payload, qos=1, retain=row.what in RETAINED)
                await self._downlink.sent(row, self._now_us())
            if len(rows) < BATCH:
                await self._waking.woken(LOOK_S)


def _size(message: aiomqtt.Message) -> int:
    return len(message.payload) if isinstance(message.payload, bytes) else 0


def _words(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(_words(inner) for inner in error.exceptions)
    return str(error) or type(error).__name__
