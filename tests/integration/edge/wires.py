# SPDX-License-Identifier: EUPL-1.2
"""A line and a hub with no network between, where that plays no part; what arrives is checked in full."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contract.envelope import opened, read
from contract.index import IndexRow, chain_value
from contract.lease import LEASE_REQUEST, LeaseRequest
from contract.messages import HEALTH, STATE, Health, State
from contract.record import ContractError
from edge.link.mqtt import LineEvents
from edge.link.upload import Answer, Outcome
from edge.live.whip import PublisherEvents
from tests.simulated_hub import SimulatedHub, confirm


@dataclass
class Wires:
    """Both ends of a unit's line to a simulated hub."""

    hub: SimulatedHub
    identity: bytes
    acks: bool = True
    confirms: bool = True  # the hub answers what stands, at once
    online: bool = True
    states: list[State] = field(default_factory=list)
    health: list[Health] = field(default_factory=list)
    questions: list[bytes] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    goodbye: State | None = None
    started: bool = False
    _events: LineEvents | None = None

    # --- As edge.link.mqtt.Line -----------------------------------------------------------------------------

    def line(self, events: LineEvents) -> Wires:
        self._events = events
        return self

    def start(self) -> None:
        assert self._events is not None
        self.started = True
        if self.online:
            self._events.on_connection(True, "")

    def publish(self, what: str, payload: bytes) -> bool:
        if not self.online:
            return False
        if what == "state":
            self.states.append(opened(read(payload), STATE, State, self.identity))
        elif what == "health":
            self.health.append(opened(read(payload), HEALTH, Health, self.identity))
        elif what == "ask":
            self._asked(payload)
        else:
            row = self.hub.take_row(payload, self.identity)
            if self.acks and not isinstance(row, IndexRow):  # a statement has no segment to wait for
                self._soon(self.hub.ack(chain_value(read(payload), row)))
        return True

    def _asked(self, question: bytes) -> None:
        request = opened(read(question), LEASE_REQUEST, LeaseRequest, self.identity)
        self.questions.append(question)
        self.hub.now_us = max(self.hub.now_us, request.asked_at_us)
        if self.confirms:
            self._soon(confirm(self.hub, question), "lease")

    def stop(self, last_state: bytes, within_s: float) -> None:
        self.goodbye = opened(read(last_state), STATE, State, self.identity)

    # --- As edge.link.upload.HubClient ----------------------------------------------------------------------

    async def put(self, chain: str, path: Path) -> Answer:
        if not self.online:
            return Answer(Outcome.LATER, "the hub is not reached")
        if chain not in self.hub.rows:
            return Answer(Outcome.NO_ROW_YET, "no row")
        try:
            self.hub.take_segment(chain, path.read_bytes(), self.identity)
        except ContractError as error:
            self.refused.append(str(error))
            return Answer(Outcome.REFUSED, str(error))
        if self.acks:
            self._soon(self.hub.ack(chain))
        return Answer(Outcome.STORED)

    def _soon(self, payload: bytes, what: str = "ack") -> None:
        asyncio.get_running_loop().create_task(self.send(what, payload))

    # --- The hub's side -------------------------------------------------------------------------------------

    async def send(self, what: str, payload: bytes) -> None:
        """As the broker would deliver it: in another thread than the agent's."""
        assert self._events is not None
        await asyncio.to_thread(self._events.on_message, what, payload)

    @property
    def camera(self) -> Any:
        """What the unit last said of its camera."""
        return self.states[-1].cameras[0] if self.states else None


@dataclass
class Sessions:
    """Live sessions that go nowhere and remember."""

    made: list[FakeSession] = field(default_factory=list)

    def make(self, deadline_us: int, events: PublisherEvents) -> FakeSession:
        session = FakeSession(deadline_us, events)
        self.made.append(session)
        return session


@dataclass
class FakeSession:
    """Counts what would leave, by the same question as the real one."""

    deadline_us: int
    events: PublisherEvents
    sent_us: list[int] = field(default_factory=list)
    started: bool = False
    stopped: bool = False
    refusal: Exception | None = None

    async def start(self) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.started = True

    def push(self, au_annexb: bytes, captured_at_us: int, keyframe: bool, pts_90k: int) -> None:
        assert au_annexb.startswith(b"\x00\x00\x00\x01")
        if not self.stopped and self.events.may_send() and captured_at_us < self.deadline_us:
            self.sent_us.append(captured_at_us)

    async def stop(self) -> None:
        self.stopped = True


async def until(condition: Callable[[], Any], within_s: float = 10.0) -> Any:
    """Wait for a condition; what it gave."""
    async with asyncio.timeout(within_s):
        while not (found := condition()):
            await asyncio.sleep(0.01)
    return found
