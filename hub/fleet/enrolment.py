# SPDX-License-Identifier: EUPL-1.2
"""Which units there are, and whether a certificate shown is one of theirs.

A unit makes its own key; the units' authority signs its certificate once one operator has confirmed it. Renewal keeps
the key; a new key raises the enrolment epoch, so that an assignment of the old one no longer fits.
"""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from contract.envelope import fingerprint, spki
from hub.problem import ProblemError
from hub.store.faults import DuplicateError
from hub.store.units import UnitRow, Units

SAID_EVERY_US = 60_000_000  # who is refused asks again, and again
logger = logging.getLogger(__name__)

NAME = re.compile(r"[a-z0-9-]{1,32}", re.ASCII)


class CertificateError(Exception):
    """A certificate is not one of an enrolled unit: the message says why."""


@dataclass(frozen=True)
class Identity:
    """What a valid unit certificate says."""

    unit: str
    key: bytes
    serial: str


@dataclass(frozen=True)
class Unit:
    """A unit in use, as the rest of the hub knows it; `key` is its identity's SPKI."""

    unit: str
    key: bytes
    fingerprint: str
    certificate_serial: str
    camera: str


class Fleet:
    """The units there are."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def unit(self, name: str) -> Unit | None:
        """A unit in use; one that was revoked is none."""
        row = await self._units.get(name)
        return _in_use(row) if row is not None and row.state == "active" else None

    async def key(self, name: str) -> bytes | None:
        """A unit's identity key, in use or not: what it filmed before it was revoked still counts."""
        row = await self._units.get(name)
        return None if row is None else row.key


class Enrolment:
    """Takes units in, and knows them again."""

    def __init__(self, units: Units, unit_ca: x509.Certificate, now_us: Callable[[], int]) -> None:
        self._units = units
        self._unit_ca = unit_ca
        self._now_us = now_us
        self._said_us: dict[tuple[str, str], int] = {}  # by unit and rule

    async def enrol(self, pem: str, camera: str, source_note: str | None) -> UnitRow:
        """Take a unit in, or give a known one its new certificate.

        Raises:
            ProblemError: the certificate does not hold, the unit was revoked, or the camera is another unit's.
        """
        try:
            identity = self._identity(x509.load_pem_x509_certificate(pem.encode()))
        except (CertificateError, ValueError) as error:
            raise ProblemError("certificate-refused", rule="unit.certificate", reason=str(error)) from error
        known = await self._units.get(identity.unit)
        if known is not None and known.state != "active":
            raise ProblemError("certificate-refused", rule="unit.revoked", reason="the unit was revoked")
        row = UnitRow(
            unit=identity.unit,
            key=identity.key,
            fingerprint=fingerprint(identity.key),
            certificate_serial=identity.serial,
            epoch=1,
            state="active",
            enrolled_at_us=self._now_us(),
            camera=camera,
            source_note=source_note,
        )
        if known is not None:
            row = replace(row, epoch=known.epoch + (known.key != row.key), enrolled_at_us=known.enrolled_at_us)
        try:
            await self._units.enrol(row)
        except DuplicateError as error:
            other = await self._units.of_camera(camera)
            raise ProblemError("camera-taken", camera=camera, unit=other.unit if other else None) from error
        return row

    async def admitted(self, der: bytes) -> Unit:
        """The unit that showed this certificate: enrolled, active, and with this very certificate.

        Raises:
            ProblemError: it is not.
        """
        name = "nobody known"
        try:
            identity = self._identity(x509.load_der_x509_certificate(der))
            name = identity.unit
            unit = await self._units.get(name)
            if unit is None:
                raise CertificateError("the unit is not enrolled")
            if unit.state != "active":
                raise CertificateError("the unit was revoked")
            if not await self._counts(unit, identity):
                raise CertificateError("the unit has another certificate now")
        except (CertificateError, ValueError) as error:
            raise self.refusal(name, "unit.certificate", str(error)) from error
        return _in_use(unit)

    async def _counts(self, unit: UnitRow, shown: Identity) -> bool:
        """Whether this is the unit's certificate, or its next one: the old one counts until that is first shown."""
        if unit.key != shown.key:
            return False
        return unit.certificate_serial == shown.serial or await self._units.renewed(unit.unit, shown.serial)

    def refusal(self, unit: str, rule: str, reason: str) -> ProblemError:
        """The answer to a certificate that is not let in; said aloud once a minute for each unit and rule."""
        now_us = self._now_us()
        if now_us - self._said_us.get((unit, rule), now_us - SAID_EVERY_US) >= SAID_EVERY_US:
            self._said_us[(unit, rule)] = now_us
            logger.warning("refused who showed the certificate of %s: %s", unit, reason)
        return ProblemError("certificate-refused", rule=rule, reason=reason)

    def _identity(self, certificate: x509.Certificate) -> Identity:
        try:
            certificate.verify_directly_issued_by(self._unit_ca)
        except (InvalidSignature, ValueError, TypeError) as error:
            raise CertificateError("the units' authority did not sign it") from error
        now = datetime.fromtimestamp(self._now_us() / 1_000_000, UTC)
        if not certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc:
            raise CertificateError("it is not valid at this time")
        names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        key = certificate.public_key()
        if len(names) != 1 or not NAME.fullmatch(str(names[0].value)):
            raise CertificateError("its common name is no unit's id")
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise CertificateError("its key is not P-256")
        if not _is_for_clients(certificate):
            raise CertificateError("it is not for clients")
        return Identity(str(names[0].value), spki(key), f"{certificate.serial_number:x}")


def _in_use(row: UnitRow) -> Unit:
    return Unit(row.unit, row.key, row.fingerprint, row.certificate_serial, row.camera)


def _is_for_clients(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.CLIENT_AUTH in usage
