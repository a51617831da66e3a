# SPDX-License-Identifier: EUPL-1.2
"""The units' application in this process, who shows which certificate there, and a second unit."""

import base64
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from contract.envelope import read
from edge.unit import identity
from edge.unit.identity import make_film_key
from hub import ceremony
from hub.app import units
from hub.fleet.enrolment import Fleet
from hub.ingest.messages import kept
from hub.store.objects import Objects
from hub.store.rows import Rows
from hub.store.units import Units
from tests.integration.filming import START_ID, Filmed, Filming
from tests.integration.town import UNIT, Town

OTHER, OTHER_CAMERA = "unit-2", "camera-2"


@dataclass
class UnitsSite:
    """`client` shows the unit's certificate as the front would."""

    parts: units.Parts
    app: Any
    client: httpx.AsyncClient
    objects: Objects
    folder: Path

    def showing(self, *certificates: bytes) -> httpx.AsyncClient:
        """Somebody with these certificates (DER)."""
        headers = [("X-Client-Cert", base64.b64encode(der).decode()) for der in certificates]
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers)

    async def put(self, chain: str, data: bytes, unit: str = UNIT) -> httpx.Response:
        return await self.client.put(f"/v1/units/{unit}/segments/{chain}", content=data)


def certificate(town: Town, unit: str = UNIT) -> bytes:
    """A unit's own (DER)."""
    pem = (town.layout.unit(unit) / "identity.pem").read_bytes()
    return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)


async def enrol_other(town: Town) -> None:
    """A second unit with a valid certificate of its own, which is placed nowhere."""
    identity.init(town.layout.unit(OTHER), OTHER)
    ceremony.certify(town.layout, [town.layout.unit(OTHER)], town.now_us)
    pem = (town.layout.unit(OTHER) / "identity.pem").read_text()
    body = {"certificate": pem, "camera": OTHER_CAMERA, "source_note": "a test"}
    answer = await (await town.client("operator")).post("/v1/units", json=body)
    assert answer.status_code == 201, answer.text


async def filmed_by_other(town: Town, camera: Filming) -> Filmed:
    """What the second unit films, signed by itself, with its row in the database though no order placed it."""
    await enrol_other(town)
    own = identity.read_identity(town.layout.unit(OTHER), OTHER)
    key = make_film_key(own, camera.order.decision_digest, START_ID, town.now_us, os.urandom)
    filmed = replace(camera, key=key).film(unit=OTHER, camera=OTHER_CAMERA)
    await Rows(town.database).add(kept(read(filmed.signed_row), filmed.row, own.public, town.now_us))
    assert await Fleet(Units(town.database)).unit(OTHER) is not None
    return filmed


@pytest.fixture
async def site(town: Town) -> AsyncIterator[UnitsSite]:
    objects = Objects(town.layout.objects)
    parts = units.Parts(
        database=town.database,
        unit_ca=x509.load_pem_x509_certificate((town.layout.tls / "unit-ca.pem").read_bytes()),
        objects=objects,
        scratch=town.layout.state / "incoming",
        media_socket=town.layout.socket("media"),
        now_us=lambda: town.now_us,
    )
    made = UnitsSite(parts, units.application(parts), httpx.AsyncClient(), objects, town.layout.objects)
    async with made.showing(certificate(town)) as client:
        made.client = client
        yield made
