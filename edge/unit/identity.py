# SPDX-License-Identifier: EUPL-1.2
"""Who this unit is: an identity key that never leaves it, and the film keys that the identity vouches for.

The *identity key* (P-256, file mode 0600) is made here once and is never replaced; the ceremony signs the request
beside it. A *film key* (Ed25519) lives in RAM, one per process start and decision: what is on a stolen unit's disk
signs no more footage in the name of an earlier start. Randomness is an argument.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

from contract.authority import UnitName
from contract.envelope import Envelope, enclose, fingerprint, spki
from contract.segment import FILM_CERTIFICATE, FilmCertificate
from edge.unit.files import create_file

KEY = "identity.key"
REQUEST = "identity.csr"
CERTIFICATE = "identity.pem"
CLAIM = "claim"  # the code on its label, until it is let in
ORGANISATION = "Flexzicht unit"

Random = Callable[[int], bytes]
"""Gives so many unpredictable bytes; `os.urandom` outside tests."""


class IdentityError(Exception):
    """The unit has no identity that can be used, or has one already; the text says which file."""


@dataclass(frozen=True)
class Identity:
    """The unit's name and its key."""

    unit: str
    key: ec.EllipticCurvePrivateKey

    @property
    def public(self) -> bytes:
        """The public key (SPKI)."""
        return spki(self.key)

    @property
    def name(self) -> UnitName:
        """How assignments name this unit."""
        return UnitName(self.unit, fingerprint(self.public))


@dataclass(frozen=True)
class FilmKey:
    """A key that signs what is filmed under one decision, until this process ends."""

    key: Ed25519PrivateKey
    certificate: Envelope
    decision: str
    start_id: str


def init(state: Path, unit: str) -> Identity:
    """Make the unit's key and the request for its certificate; without a name (empty) where the hub is to give one.

    Raises:
        IdentityError: the folder has a key already, or cannot be written.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.NameAttribute(NameOID.COMMON_NAME, unit)] if unit else []
    names.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION))
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(names)).sign(key, hashes.SHA256())
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        create_file(
            state / KEY,
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
        )
        create_file(state / REQUEST, request.public_bytes(serialization.Encoding.PEM), mode=0o644)
    except FileExistsError as error:
        raise IdentityError(f"{error.filename}: stands already; a unit keeps its identity") from error
    except OSError as error:
        raise IdentityError(f"{error.filename}: {error.strerror}") from error
    return Identity(unit, key)


def read_identity(state: Path, unit: str) -> Identity:
    """The identity made by :func:`init`.

    Raises:
        IdentityError: missing, not a P-256 key, or readable by others than the owner.
    """
    path = state / KEY
    try:
        if path.stat().st_mode & 0o077:
            raise IdentityError(f"{path}: others than its owner may read it (chmod 600)")
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise IdentityError(f"{path}: {error.strerror}; make it with: flexzicht-edge init") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise IdentityError(f"{path}: not a private key") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise IdentityError(f"{path}: not a P-256 key")
    return Identity(unit, key)


def new_start_id(random: Random) -> str:
    """128 random bits that name this process start: a kernel's boot id repeats across restarts of the agent."""
    return random(16).hex()


def make_film_key(identity: Identity, decision: str, start_id: str, at_us: int, random: Random) -> FilmKey:
    """A film key for one decision (its digest) and this start, with the identity's word for it."""
    key = Ed25519PrivateKey.from_private_bytes(random(32))
    certificate = FilmCertificate(identity.unit, decision, start_id, spki(key), at_us)
    return FilmKey(key, enclose(FILM_CERTIFICATE, certificate, identity.key), decision, start_id)


class FilmKeys:
    """The film keys of one process start, by decision. Any thread may call."""

    def __init__(self, identity: Identity, start_id: str, random: Random) -> None:
        self._identity, self._start_id, self._random = identity, start_id, random
        self._keys: dict[str, FilmKey] = {}
        self._lock = threading.Lock()

    def under(self, decision: str, at_us: int) -> FilmKey:
        """The key for this decision (its digest), made when first asked for."""
        with self._lock:
            if decision not in self._keys:
                self._keys[decision] = make_film_key(self._identity, decision, self._start_id, at_us, self._random)
            return self._keys[decision]
