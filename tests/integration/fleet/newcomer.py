# SPDX-License-Identifier: EUPL-1.2
"""A unit that was made and not let in yet, as the hub's API sees it; and the worker's part, by hand."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, field
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from contract.claim import claim_code, claim_proof, enrolment_question
from contract.envelope import fingerprint, sign, spki
from hub.fleet.certifying import Certifying
from hub.fleet.enrolment import Enrolment
from hub.store.claims import Enrolments
from hub.store.units import Units
from tests.integration.town import Town


@dataclass
class Newcomer:
    """Its key, the code on its label, and the address that it asks from."""

    town: Town
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    code: str = field(default_factory=lambda: claim_code(os.urandom(6)))
    address: str = "192.0.2.1"

    @property
    def fingerprint(self) -> str:
        return fingerprint(spki(self.key))

    def request(self, name: str | None = None) -> str:
        """Its request, which may wish for a name."""
        names = [x509.NameAttribute(NameOID.COMMON_NAME, name)] if name is not None else []
        builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(names))
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()

    async def ask(self, **changes: Any) -> httpx.Response:
        """At the door."""
        body = {"csr": self.request(), "claim": claim_proof(self.code, self.fingerprint)} | changes
        async with self.town.browser(**{"X-Forwarded-For": self.address}) as browser:
            return await browser.post("/v1/enrolments", json=body)

    async def asked(self, **changes: Any) -> str:
        answer = await self.ask(**changes)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    async def look(self, enrolment: str, key: ec.EllipticCurvePrivateKey | None = None) -> httpx.Response:
        """How it stands, asked with its own key or another's."""
        signature = base64.b64encode(sign(enrolment_question(enrolment), key or self.key).sig).decode()
        headers = {"X-Forwarded-For": self.address, "Authorization": f"Flexzicht {signature}"}
        async with self.town.browser(**headers) as browser:
            return await browser.get(f"/v1/enrolments/{enrolment}")

    async def claimed(self) -> dict[str, Any]:
        """Somebody typed its code."""
        await self.asked()
        answer = await claim(self.town, self.code)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def let_in(self) -> dict[str, Any]:
        """The whole way; gives what it is told."""
        shown = await self.claimed()
        answer = await confirm(self.town, shown["enrolment"], self.fingerprint)
        assert answer.status_code == 200, answer.text
        await certifying(self.town).look()
        told = await self.look(shown["enrolment"])
        assert told.json()["state"] == "issued", told.text
        return dict(told.json())


async def claim(town: Town, code: str, role: str = "operator") -> httpx.Response:
    """Somebody types a code."""
    return await (await town.client(role)).post("/v1/claims", json={"code": code})


async def confirm(town: Town, enrolment: str, compared: str) -> httpx.Response:
    """An operator compared this."""
    path = f"/v1/enrolments/{enrolment}/confirmation"
    return await (await town.client("operator")).post(path, json={"fingerprint": compared})


def certifying(town: Town) -> Certifying:
    """The worker's part."""
    units = Units(town.database)
    return Certifying(Enrolments(town.database), units, enrolment(town), town.keeper, lambda: town.now_us, os.urandom)


def enrolment(town: Town) -> Enrolment:
    """Who knows a unit by its certificate."""
    ca = x509.load_pem_x509_certificate((town.layout.tls / "unit-ca.pem").read_bytes())
    return Enrolment(Units(town.database), ca, lambda: town.now_us)


def der(pem: str) -> bytes:
    """A certificate as the front passes it on."""
    return x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)
