# SPDX-License-Identifier: EUPL-1.2
"""Certificates: how they are made, and the keeper's signing of a unit's with the authority in the vault `case`.

An operator's confirmation is a session of the hub's, which is nothing that the keeper could check. What it holds to by
itself: a name is one key's for good and a key one name's, both stand in the public log before anything is signed, a
unit that was revoked gets nothing more, and there are only so many. So a web worker that was taken over can make units
up, for everybody to see, but take no unit's name; and what a unit may film two people of a team sign, over its key.
"""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from contract.authority import RefusedError
from contract.envelope import fingerprint, public_key
from contract.events import Event
from hub import files
from hub.keeper import calls
from hub.keeper.appender import Appender
from hub.keeper.endings import revocation
from hub.keeper.shelf import Shelf
from hub.pace import Pace

UNIT_DAYS = 7
UNIT_CA = "unit-ca"
ORGANISATION = "Flexzicht"
A_MINUTE = 60  # all units together
UNITS_LIMIT = 4096  # names that this keeper ever signs for
EPOCHS = range(1, 17)  # enrolments of one unit that could have been revoked
NAMES = "units"  # folder: a file a name, with its key's fingerprint


def subject(name: str, kind: str) -> x509.Name:
    """How a certificate names its holder: an authority, a server or a unit."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, f"{ORGANISATION} {kind}"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


def builder(
    holder: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now_us: int, days: int
) -> x509.CertificateBuilder:
    """A certificate that begins a little before now, for clocks that are late."""
    now = datetime.datetime.fromtimestamp(now_us / 1_000_000, datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(holder)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=days))
    )


def leaf(
    made: x509.CertificateBuilder, usage: x509.ObjectIdentifier, authority: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    """The same with what every certificate says that is no authority's."""
    return (
        made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), critical=False)
    )


def for_unit(
    unit: str, key: ec.EllipticCurvePublicKey, authority: ec.EllipticCurvePrivateKey, now_us: int
) -> x509.Certificate:
    """A unit's certificate. Its name is the hub's word, and nothing but the key comes from the unit."""
    made = builder(subject(unit, "unit"), subject(UNIT_CA, "authority"), key, now_us, UNIT_DAYS)
    return leaf(made, ExtendedKeyUsageOID.CLIENT_AUTH, authority).sign(authority, hashes.SHA256())


def named(keeper: Path, unit: str, key: bytes) -> None:
    """The ceremony signed for this unit: the name is this key's, in place of any other."""
    (keeper / NAMES).mkdir(mode=0o700, exist_ok=True)
    files.replace(keeper / NAMES / unit, fingerprint(key).encode())


class Certificates:
    """The call `certify`."""

    def __init__(self, keeper: Path, authority: Path, appender: Appender, shelf: Shelf, now_us: Callable[[], int]):
        """Keep names in the keeper's own folder; `authority` is the file of the units' authority's key."""
        self._names = keeper / NAMES
        self._authority = authority
        self._appender = appender
        self._shelf = shelf
        self._now_us = now_us
        self._pace = Pace(A_MINUTE, now_us)
        self._one_at_a_time = asyncio.Lock()
        self._names.mkdir(mode=0o700, exist_ok=True)
        files.sweep(self._names)

    async def certify(self, call: calls.Certify) -> calls.Certified:
        """Log that this name is this key's, once, and sign seven days of it."""
        key = public_key(call.key)
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise RefusedError("keeper.key", "a unit's identity key is P-256")
        if self._pace.wait_us(""):
            raise RefusedError("keeper.rate", "too many certificates in a minute")
        async with self._one_at_a_time:
            self._require_in_use(call.unit)
            self._take(call.unit, fingerprint(call.key))
            await self._appender.once(Event.UNIT_ENROLLED, fingerprint(call.key), unit=call.unit)
            authority = serialization.load_pem_private_key(self._authority.read_bytes(), None)
            if not isinstance(authority, ec.EllipticCurvePrivateKey):
                raise OSError(0, f"{self._authority.name} is not a P-256 key")
            made = for_unit(call.unit, key, authority, self._now_us())
        return calls.Certified(made.public_bytes(serialization.Encoding.DER))

    def _require_in_use(self, unit: str) -> None:
        known = (self._appender.known(Event.UNIT_REVOKED, revocation(unit, epoch)) for epoch in EPOCHS)
        if any(index is not None for index in known):
            raise RefusedError("keeper.revoked", f"{unit} was revoked")

    def _take(self, unit: str, key: str) -> None:
        """This name for this key, unless one of them is another's already."""
        index = self._appender.known(Event.UNIT_ENROLLED, key)
        if index is not None and self._appender.leaf(index).ids["unit"] != unit:
            raise RefusedError("keeper.unit", "this key is another unit's")
        path = self._names / unit
        if not path.exists():
            bodies = [placed.assignment for placed in self._shelf.records.assignments.values()]
            if any(body.unit == unit and body.unit_key != key for body in bodies):
                raise RefusedError("keeper.unit", f"{unit} stands in an assignment with another key")
            if sum(1 for _ in self._names.iterdir()) >= UNITS_LIMIT:
                raise RefusedError("keeper.unit", f"this keeper signs for {UNITS_LIMIT} units")
            files.create(path, key.encode())
        elif path.read_bytes() != key.encode():
            raise RefusedError("keeper.unit", f"{unit} is another key's name")
