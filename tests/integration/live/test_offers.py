# SPDX-License-Identifier: EUPL-1.2
"""The units' door for live: a unit offers its own camera, in time, and the offer arrives as it was sent."""

import asyncio
import base64
from collections.abc import AsyncIterator

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from fastapi import FastAPI

from hub.app import boundary
from hub.fleet.enrolment import Enrolment
from hub.live.handover import HandOver, Offer
from hub.live.offers import SDP_LIMIT, WhipRoutes
from hub.store.units import Units
from tests.integration.town import CAMERA, UNIT, Town, problem

WITHIN_S = 0.2
OWN = f"/v1/units/{UNIT}/whip/{CAMERA}"


class Door:
    """The route as a unit reaches it, and the offers that the media process got."""

    def __init__(self, town: Town) -> None:
        self.offers: list[Offer] = []
        self.path = town.layout.state / "m.sock"
        self.handover = HandOver(self._answer)
        app = FastAPI()
        unit_ca = x509.load_pem_x509_certificate((town.layout.tls / "unit-ca.pem").read_bytes())
        app.state.enrolment = Enrolment(Units(town.database), unit_ca, lambda: town.now_us)
        app.include_router(WhipRoutes(self.path, WITHIN_S).router())
        boundary.install(app)
        certificate = x509.load_pem_x509_certificate((town.layout.unit(UNIT) / "identity.pem").read_bytes())
        shown = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
        transport = httpx.ASGITransport(boundary.Boundary(app, None), raise_app_exceptions=False)
        self.unit = httpx.AsyncClient(
            transport=transport, base_url="http://localhost", headers={"X-Client-Cert": shown}
        )

    async def _answer(self, offer: Offer) -> str:
        self.offers.append(offer)
        return "the answer"


@pytest.fixture
async def door(town: Town) -> AsyncIterator[Door]:
    await town.enrol()
    made = Door(town)
    await made.handover.start(made.path)
    yield made
    await made.handover.close()
    await made.unit.aclose()


async def test_an_offer_is_handed_over_with_the_unit_that_the_certificate_names(door: Door) -> None:
    answer = await door.unit.post(OWN, content=b"v=0")

    assert (answer.status_code, answer.text, answer.headers["location"]) == (201, "the answer", OWN)
    assert door.offers == [Offer(UNIT, CAMERA, "v=0")]


@pytest.mark.parametrize("path", [f"/v1/units/{UNIT}/whip/camera-2", f"/v1/units/unit-2/whip/{CAMERA}"])
async def test_a_unit_offers_no_other_units_camera_nor_as_another_unit(door: Door, path: str) -> None:
    answer = await door.unit.post(path, content=b"v=0")

    assert problem(answer)[0] == 403
    assert door.offers == []


async def test_an_offer_that_does_not_come_is_not_waited_for(door: Door) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        while True:
            yield b"v"
            await asyncio.sleep(WITHIN_S / 10)

    async with asyncio.timeout(20 * WITHIN_S):
        answer = await door.unit.post(OWN, content=pieces())

    assert problem(answer)[:2] == (408, "too-slow")
    assert door.offers == []


@pytest.mark.parametrize(
    ("content", "status"), [(b"v" * (SDP_LIMIT + 1), 413), (b"\xff", 400), (b"\0\r\n", 201), (b"", 201)]
)
async def test_what_an_offer_may_hold(door: Door, content: bytes, status: int) -> None:
    assert (await door.unit.post(OWN, content=content)).status_code == status
