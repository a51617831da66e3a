# SPDX-License-Identifier: EUPL-1.2
"""What the town's unit films: sealed segments with their index rows, by the unit's own code, under its real order;

and what it states beside them.
"""

import os
from dataclasses import dataclass, replace
from typing import Any

from contract.authority import EMPTY, Order, examine
from contract.envelope import enclose, read
from contract.index import CLOSING, DELETION, GAP, INDEX_ROW, ROWS, Closing, Deletion, Gap, IndexRow
from contract.mandate import read_message
from contract.messages import STATE, State
from contract.record import dump
from contract.segment import FIRST, ClockState, SegmentHeader
from edge.recorder.seal import Sealer, When
from edge.unit.identity import FilmKey, make_film_key
from hub.deployments.composing import Composer
from hub.store.downlink import Downlink
from hub.store.records import SignedRecords
from hub.store.units import Units
from tests.integration.town import CAMERA, UNIT, Town

CLOCK = ClockState("kernel-pll", True, 1500)
START_ID = "1" * 32
FRAGMENT_US = 400_000


@dataclass(frozen=True)
class Filmed:
    """A segment: its row's envelope and its file."""

    row: IndexRow
    signed_row: bytes
    data: bytes

    @property
    def chain(self) -> str:
        return self.row.chain


@dataclass(frozen=True)
class Stated:
    """A gap, a closing or a deletion, and its envelope."""

    row: Gap | Closing | Deletion
    signed_row: bytes

    @property
    def chain(self) -> str:
        return read(self.signed_row).digest


@dataclass
class Filming:
    """One camera under one order. `film` goes on where the last segment ended."""

    town: Town
    order: Order
    key: FilmKey
    at_us: int
    previous: str = FIRST
    number: int = 0

    def film(self, fragments: int = 3, row: dict[str, Any] | None = None, **header: Any) -> Filmed:
        """A segment of so many fragments; `row` and `header` spoil the one or the other before it is signed."""
        made = self._header(**header)
        hour_key = self.order.hour_key(self.at_us)
        sealer = Sealer(made, hour_key.public, self.key.key, os.urandom)
        data = sealer.head + sealer.seal("init", b"ftyp moov", When(self.at_us, self.at_us, 0), False)
        from_us = self.at_us
        for n in range(fragments):
            when = When(self.at_us, self.at_us, FRAGMENT_US)
            data += sealer.seal("fragment", b"moof mdat" * 1000, when, n == 0)
            self.at_us += FRAGMENT_US
        sealed = sealer.header
        body = IndexRow(
            **{name: getattr(sealed, name) for name in ("deployment", "unit", "camera", "run", "segment", "start_id")},
            **{name: getattr(sealed, name) for name in ("decision", "assignment", "hour_key", "film_certificate")},
            layer=sealed.layer,
            recovered=False,
            previous=sealed.previous,
            chain=sealer.chain.hex(),
            header_sha256=sealer.header_sha256.hex(),
            records=sealer.records,
            length=len(data),
            from_us=from_us,
            to_us=self.at_us,
        )
        body = replace(body, **(row or {}))
        self.previous, self.number = body.chain, self.number + 1
        return Filmed(body, dump(enclose(INDEX_ROW, body, self.key.key)), data)

    def recovered(self, filmed: Filmed, later: FilmKey) -> Filmed:
        """The segment as a later start finds it, which signs its row."""
        row = replace(filmed.row, recovered=True, film_certificate=later.certificate)
        return Filmed(row, dump(enclose(INDEX_ROW, row, later.key)), filmed.data)

    def gap(self, until_us: int, **changes: Any) -> Stated:
        """No picture from where the last row ended up to this moment."""
        stated = self._state(GAP, {"from_us": self.at_us, "to_us": until_us, "reason": "no-picture"} | changes)
        self.at_us = until_us
        return stated

    def close(self, **changes: Any) -> Stated:
        """The window is over, where the last row ended."""
        from_us = self.order.decision.windows[0].from_us
        return self._state(CLOSING, {"from_us": from_us, "to_us": self.at_us, "ended": "window"} | changes)

    def delete(self, filmed: Filmed, **changes: Any) -> Stated:
        """The unit holds a segment no more."""
        facts = {"from_us": filmed.row.from_us, "to_us": filmed.row.to_us, "segment": filmed.chain}
        return self._state(DELETION, facts | {"reason": "retention"} | changes)

    def _state(self, kind: str, facts: dict[str, Any]) -> Stated:
        common: dict[str, Any] = {
            "deployment": self.order.decision.deployment,
            "unit": UNIT,
            "camera": CAMERA,
            "layer": "main",
            "start_id": self.key.start_id,
            "decision": self.order.decision_digest,
            "assignment": self.order.assignment_digest,
            "film_certificate": self.key.certificate,
            "previous": self.previous,
        }
        row = ROWS[kind](**(common | facts))
        assert not isinstance(row, IndexRow)
        envelope = enclose(kind, row, self.key.key)
        self.previous = envelope.digest
        return Stated(row, dump(envelope))

    def _header(self, **changes: Any) -> SegmentHeader:
        header = SegmentHeader(
            deployment=self.order.decision.deployment,
            post=self.order.post.post,
            unit=UNIT,
            camera=CAMERA,
            run="2" * 32,
            segment=self.number,
            start_id=self.key.start_id,
            decision=self.order.decision_digest,
            assignment=self.order.assignment_digest,
            hour_key=self.order.hour_key(self.at_us).key,
            due_us=self.order.hour_key(self.at_us).due_us,
            layer="main",
            envelope="none",
            masks_digest=self.order.assignment.masks_digest,
            model_digest=None,
            firmware="test",
            clock=CLOCK,
            checkpoint="none",
            film_certificate=self.key.certificate,
            wrapped=b"",
            previous=self.previous,
            opened_at_us=self.at_us,
            opened_monotonic_us=self.at_us,
            marks=("demo",),
        )
        return replace(header, **changes)


async def order_of(town: Town) -> Order:
    """The order that the unit gets by its mandate, verified by its own code."""
    units, downlink = Units(town.database), Downlink(town.database)
    records = SignedRecords(town.database)
    composer = Composer(records, downlink, town.anchors, town.layout.log, lambda: town.now_us)
    row = await units.get(UNIT)
    assert row is not None
    composed = await composer.compose(row)
    assert composed is not None
    (order,) = examine(read_message(dump(composed.message)), town.anchors, EMPTY, town.identity.name).orders
    return order


async def filming(town: Town) -> Filming:
    """The town's unit at its post, its window open."""
    await town.deploy()
    order = await order_of(town)
    town.now_us = order.decision.windows[0].from_us + 1
    key = make_film_key(town.identity, order.decision_digest, START_ID, town.now_us, os.urandom)
    return Filming(town, order, key, town.now_us)


def state(town: Town, sequence: int, signer: Any = None, **changes: Any) -> bytes:
    """What the unit says of itself, signed."""
    said = State(
        unit=UNIT,
        start_id=START_ID,
        sequence=sequence,
        at_us=town.now_us,
        online=True,
        checkpoint_size=0,
        clock=CLOCK,
        position="pinned",
        cameras=(),
        unsent=0,
        cut=0,
    )
    return dump(enclose(STATE, replace(said, **changes), signer or town.identity.key))
