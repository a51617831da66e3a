# SPDX-License-Identifier: EUPL-1.2
"""Enrolment: a certificate of the units' authority, confirmed by an operator; renewal keeps the key."""

import asyncio
import datetime
import shutil

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from contract.envelope import fingerprint
from edge.unit import identity
from hub import ceremony
from hub.fleet.enrolment import Enrolment
from hub.problem import ProblemError
from hub.store.units import RevocationRow, Units
from tests.integration.town import CAMERA, UNIT, Town, problem

DAY_US = 86_400_000_000


def enrolment(town: Town) -> Enrolment:
    ca = x509.load_pem_x509_certificate((town.layout.tls / "unit-ca.pem").read_bytes())
    return Enrolment(Units(town.database), ca, lambda: town.now_us)


def certificate(town: Town) -> x509.Certificate:
    return x509.load_pem_x509_certificate((town.layout.unit(UNIT) / "identity.pem").read_bytes())


def renewed(town: Town) -> x509.Certificate:
    """The unit's key under a new certificate."""
    (town.layout.unit(UNIT) / "identity.pem").unlink()
    ceremony.certify(town.layout, [town.layout.unit(UNIT)], town.now_us)
    return certificate(town)


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


async def test_a_unit_is_taken_in_once(town: Town) -> None:
    await town.enrol()
    await town.enrol()

    (unit,) = (await (await town.client("operator")).get("/v1/units")).json()
    assert unit["fingerprint"] == fingerprint(town.identity.public)
    assert (unit["unit"], unit["camera"], unit["epoch"], unit["state"], unit["online"]) == (
        UNIT,
        CAMERA,
        1,
        "active",
        False,
    )


async def test_a_renewed_certificate_replaces_the_old_one_and_keeps_the_epoch(town: Town) -> None:
    await town.enrol()
    old = certificate(town)
    new = renewed(town)
    await town.enrol()

    await enrolment(town).admitted(new.public_bytes(Encoding.DER))
    row = await Units(town.database).get(UNIT)
    assert row is not None and row.epoch == 1
    with pytest.raises(ProblemError) as refused:
        await enrolment(town).admitted(old.public_bytes(Encoding.DER))
    assert refused.value.parameters["reason"] == "the unit has another certificate now"


async def test_a_new_key_is_a_new_epoch(town: Town) -> None:
    await town.enrol()
    shutil.rmtree(town.layout.unit(UNIT))
    identity.init(town.layout.unit(UNIT), UNIT)
    ceremony.certify(town.layout, [town.layout.unit(UNIT)], town.now_us)
    await town.enrol()

    row = await Units(town.database).get(UNIT)
    assert row is not None and (row.epoch, row.key) == (2, town.identity.public)


async def test_a_certificate_ends(town: Town) -> None:
    await town.enrol()
    shown = certificate(town).public_bytes(Encoding.DER)
    town.now_us += 8 * DAY_US

    with pytest.raises(ProblemError) as refused:
        await enrolment(town).admitted(shown)
    assert refused.value.parameters["reason"] == "it is not valid at this time"


def made(town: Town, **changes: object) -> x509.Certificate:
    """A certificate like the unit's, but for what is changed."""
    folder, name = town.layout, changes.get("name", UNIT)
    issuer = x509.load_pem_x509_certificate((folder.tls / "unit-ca.pem").read_bytes())
    signer = changes.get("signer") or load_pem_private_key((folder.case / "unit-ca.key").read_bytes(), None)
    now = datetime.datetime.fromtimestamp(town.now_us / 1e6, datetime.UTC)
    usage = changes.get("usage", ExtendedKeyUsageOID.CLIENT_AUTH)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, str(name))]))
        .issuer_name(issuer.subject)
        .public_key(changes.get("key") or town.identity.key.public_key())  # type: ignore[arg-type]
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)  # type: ignore[list-item]
    )
    return builder.sign(signer, hashes.SHA256())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"signer": ec.generate_private_key(ec.SECP256R1())}, "the units' authority did not sign it"),
        ({"name": "Unit 1"}, "its common name is no unit's id"),
        ({"key": ec.generate_private_key(ec.SECP384R1()).public_key()}, "its key is not P-256"),
        ({"key": rsa.generate_private_key(65537, 2048).public_key()}, "its key is not P-256"),
        ({"usage": ExtendedKeyUsageOID.SERVER_AUTH}, "it is not for clients"),
    ],
)
async def test_a_certificate_that_will_not_do(town: Town, changes: dict[str, object], reason: str) -> None:
    operator = await town.client("operator")

    answer = await operator.post("/v1/units", json={"certificate": pem(made(town, **changes)), "camera": CAMERA})

    assert problem(answer) == (403, "certificate-refused", "unit.certificate")
    assert answer.json()["parameters"]["reason"] == reason
    assert await Units(town.database).all() == []


async def test_the_workers_certificate_is_no_units(town: Town) -> None:
    worker = x509.load_pem_x509_certificate((town.layout.tls / "worker.pem").read_bytes())

    with pytest.raises(ProblemError):
        await enrolment(town).admitted(worker.public_bytes(Encoding.DER))


async def test_text_that_is_no_certificate(town: Town) -> None:
    operator = await town.client("operator")
    for text in ("", "x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        answer = await operator.post("/v1/units", json={"certificate": text, "camera": CAMERA})
        assert problem(answer)[:2] == (403, "certificate-refused")


async def test_a_revoked_unit_does_not_come_back_by_enrolling(town: Town) -> None:
    await town.enrol()
    async with town.database.transaction() as db:
        await db.run("update units set state = 'revoked'")
    operator = await town.client("operator")

    body = {"certificate": pem(certificate(town)), "camera": CAMERA}
    assert problem(await operator.post("/v1/units", json=body)) == (403, "certificate-refused", "unit.revoked")


async def test_a_camera_is_one_units(town: Town) -> None:
    await town.enrol()
    operator = await town.client("operator")
    other = pem(made(town, name="unit-2", key=ec.generate_private_key(ec.SECP256R1()).public_key()))

    answer = await operator.post("/v1/units", json={"certificate": other, "camera": CAMERA})

    assert problem(answer)[:2] == (409, "camera-taken")
    assert answer.json()["parameters"] == {"camera": CAMERA, "unit": UNIT}
    assert [row.unit for row in await Units(town.database).all()] == [UNIT]
    answer = await operator.post("/v1/units", json={"certificate": other, "camera": "camera-2"})
    assert answer.status_code == 201


async def test_a_camera_is_one_units_also_when_two_enrol_at_once(town: Town) -> None:
    others = [
        pem(made(town, name=f"unit-{n}", key=ec.generate_private_key(ec.SECP256R1()).public_key())) for n in range(5)
    ]

    taken = await asyncio.gather(
        *(enrolment(town).enrol(other, CAMERA, None) for other in others), return_exceptions=True
    )

    assert len(await Units(town.database).all()) == 1
    kinds = [error.kind for error in taken if isinstance(error, ProblemError)]
    assert kinds == ["camera-taken"] * 4


async def test_who_is_refused_is_named_in_the_hubs_log_once_a_minute(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    await town.enrol()
    shown = certificate(town).public_bytes(Encoding.DER)
    await Units(town.database).revoke(RevocationRow(UNIT, 1, "stolen", "operator", town.now_us))
    taking = enrolment(town)
    for after_us in (0, 1, 59_999_998, 1):
        town.now_us += after_us
        with pytest.raises(ProblemError):
            await taking.admitted(shown)
    said = [record.getMessage() for record in caplog.records if "refused" in record.getMessage()]
    assert said == [f"refused who showed the certificate of {UNIT}: the unit was revoked"] * 2
