# SPDX-License-Identifier: EUPL-1.2
"""What the town's unit recorded, by the product's own recorder, taken in by the hub's own intake; and who opens it."""

from __future__ import annotations

import base64
import hashlib
import io
import itertools
import os
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contract.authority import Order
from contract.index import IndexRow
from contract.mandate import Window
from contract.record import build, decode
from contract.segment import MAGIC, RecordFields, associated_data, read_header
from edge.media import AccessUnit
from edge.recorder.ledger import Ledger
from edge.recorder.outbox import Under
from edge.recorder.recording import Recording, Terms
from edge.recorder.spool import Spool
from edge.unit.identity import make_film_key
from hub.deployments.standing import Orders
from hub.fleet.enrolment import Fleet
from hub.ingest.messages import RowIntake
from hub.store.records import SignedRecords
from hub.store.rows import Rows
from hub.store.units import Units
from tests.integration.filming import CLOCK, START_ID, order_of
from tests.integration.ingest.conftest import UnitsSite
from tests.integration.town import CAMERA, UNIT, Town
from tests.unit.edge.pictures import pictures, video_format

SPOOL_LIMIT = 2**30
GAP_US = 5_000_000  # from the window's beginning to the first picture


@dataclass
class Archive:
    """One camera's footage; `taken` are the pictures that the source gave."""

    town: Town
    site: UnitsSite
    order: Order
    taken: list[AccessUnit]
    rows: list[IndexRow]
    files: dict[str, bytes]
    statements: list[bytes] = field(default_factory=list)

    @property
    def deployment(self) -> str:
        return self.order.decision.deployment

    @property
    def window(self) -> Window:
        return self.order.decision.windows[0]

    async def tell_rows(self) -> None:
        """By MQTT, as the worker hears them."""
        database = self.town.database
        fleet, orders = Fleet(Units(database)), Orders(SignedRecords(database))
        intake = RowIntake(Rows(database), orders, fleet, lambda: self.town.now_us)
        for row in self.statements:
            await intake.take(UNIT, row)

    async def store(self, *rows: IndexRow) -> None:
        """By PUT."""
        for row in rows:
            answer = await self.site.put(row.chain, self.files[row.chain])
            assert answer.status_code == 202, answer.text

    def object(self, row: IndexRow) -> Path:
        """Where the hub keeps it."""
        return self.site.folder / row.deployment / row.camera / f"{row.chain}.fzs"


async def recorded(town: Town, site: UnitsSite, folder: Path, seconds: int = 21) -> Archive:
    """So many seconds of film, from five seconds into the window. It is a minute later now; nothing is delivered."""
    await town.deploy()
    order = await order_of(town)
    window = order.decision.windows[0]
    begin_us = window.from_us + GAP_US
    spool = Spool(folder, SPOOL_LIMIT)
    film = make_film_key(town.identity, order.decision_digest, START_ID, window.from_us, os.urandom)
    terms = Terms(
        order=order,
        hour_key=order.hour_key,
        ends_us=lambda: window.to_us,
        film=film,
        numbers=itertools.count(),
        marks=lambda: ("demo",),
        checkpoint=lambda: "none",
        clock=lambda: CLOCK,
        random=os.urandom,
    )
    under = Under(order.decision.deployment, order.decision_digest, order.assignment_digest, window)
    ledger = Ledger(spool, UNIT, CAMERA, under, film, "no-order")
    recording = Recording(terms, ledger, spool, lambda _: None)
    recording.begin(video_format())
    taken = pictures(seconds, begin_us)
    for picture in taken:
        recording.add(picture)
    recording.end()
    held = spool.waiting()
    rows = [item.body for item in held if isinstance(item.body, IndexRow)]
    files = {item.chain: item.path.read_bytes() for item in held if item.path is not None}
    town.now_us = begin_us + seconds * 1_000_000 + 60_000_000
    return Archive(town, site, order, taken, rows, files, [item.row for item in held])


@dataclass(frozen=True)
class Viewer:
    """Somebody's browser, and what it asks when it looks back."""

    client: httpx.AsyncClient

    async def look_back(self, from_us: int, to_us: int, *cameras: str) -> httpx.Response:
        asked = {"cameras": cameras or [CAMERA], "purpose": "replay", "from_us": from_us, "to_us": to_us}
        return await self.client.post("/v1/views", json=asked)

    async def granted(self, from_us: int, to_us: int) -> int:
        answer = await self.look_back(from_us, to_us)
        assert answer.status_code == 201, answer.text
        (view,) = answer.json()
        return int(view["log_index"])

    async def records(self, chain: str, grant: int, from_us: int, to_us: int) -> httpx.Response:
        asked = {"grant": grant, "from_us": from_us, "to_us": to_us}
        return await self.client.get(f"/v1/segments/{chain}/records", params=asked)

    async def keys(self, chain: str, grant: int, from_us: int, to_us: int) -> httpx.Response:
        asked = {"grant": grant, "from_us": from_us, "to_us": to_us}
        return await self.client.post(f"/v1/segments/{chain}/keys", json=asked)

    async def opened(self, chain: str, grant: int, from_us: int, to_us: int) -> Opened:
        """As a browser does it."""
        records = await self.records(chain, grant, from_us, to_us)
        keys = await self.keys(chain, grant, from_us, to_us)
        assert (records.status_code, keys.status_code) == (200, 200), (records.text, keys.text)
        return opened(records.content, keys.json())


@dataclass(frozen=True)
class Opened:
    """Records in the clear: the fields of each, and its plaintext."""

    fields: list[RecordFields]
    plaintexts: list[bytes]


def opened(data: bytes, released: dict[str, Any]) -> Opened:
    """Open a beginning of a segment record by record, and compare each with its signed hash."""
    stream = io.BytesIO(data)
    _, header_sha256 = read_header(stream)
    assert header_sha256.hex() == released["header_sha256"]
    keys = {item["index"]: base64.b64decode(item["key"]) for item in released["keys"]}
    fields, plaintexts = [], []
    for said, ciphertext in parts(data):
        assert hashlib.sha256(ciphertext).hexdigest() == said.cipher_sha256
        aad = associated_data(header_sha256, said.index)
        plaintext = AESGCM(keys[said.index]).decrypt(bytes(12), ciphertext, aad)
        assert hashlib.sha256(plaintext).hexdigest() == said.plain_sha256
        fields.append(said)
        plaintexts.append(plaintext)
    assert {said.index for said in fields} == keys.keys()
    return Opened(fields, plaintexts)


def parts(data: bytes) -> list[tuple[RecordFields, bytes]]:
    """Fields and ciphertext of each record that stands there, whichever they are."""
    stream = io.BytesIO(data)
    assert stream.read(len(MAGIC)) == MAGIC
    _framed(stream)
    found = []
    while said := _framed(stream):
        found.append((build(RecordFields, decode(said)), _framed(stream)))
    return found


def _framed(stream: io.BytesIO) -> bytes:
    prefix = stream.read(4)
    if not prefix:
        return b""
    (length,) = struct.unpack(">I", prefix)
    data = stream.read(length)
    assert len(data) == length
    return data
