# SPDX-License-Identifier: EUPL-1.2
"""The units' application in this process, and who shows which certificate there."""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from hub.app import units
from hub.store.objects import Objects
from tests.integration.town import UNIT, Town


@dataclass
class UnitsSite:
    """`client` shows the unit's certificate as the front would."""

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
    pem = (town.layout.unit(UNIT) / "identity.pem").read_bytes()
    made = UnitsSite(units.application(parts), httpx.AsyncClient(), objects, town.layout.objects)
    async with made.showing(x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)) as client:
        made.client = client
        yield made
