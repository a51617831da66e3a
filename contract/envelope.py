# SPDX-License-Identifier: EUPL-1.2
"""The one envelope of every signed thing: `{type, body, signatures}`.

The signing input is `flexzicht/<type>/v1\\n` followed by the exact bytes of the body, which are never written
anew: what was signed is what is kept. A record's *digest* is SHA-256 of its signing input. A signature names its
key by the SHA-256 of the key's SubjectPublicKeyInfo, so that a verifier never tries keys at random.

Algorithms: Ed25519 (RFC 8032); ES256, that is ECDSA on P-256 with SHA-256 (RFC 7518, 3.4: r and s as 32 bytes
each), both over the signing input; `webauthn` is reserved for passkeys, whose challenge is the digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contract.record import RECORD_LIMIT, ContractError, Digest, Pattern, Size, dump, load

T = TypeVar("T")
PrivateKey = Ed25519PrivateKey | ec.EllipticCurvePrivateKey
PublicKey = Ed25519PublicKey | ec.EllipticCurvePublicKey
P1363_BYTES = 32  # of r and of s, on P-256


@dataclass(frozen=True)
class Signature:
    """One signature: algorithm, SHA-256 of the signer's SPKI in hexadecimal, and the signature's bytes."""

    alg: Literal["ed25519", "es256", "webauthn"]
    key: Digest
    sig: Annotated[bytes, Size(64, 64)]


@dataclass(frozen=True)
class Envelope:
    """A typed body and who signed it. Two envelopes with one digest may differ in their signatures."""

    type: Annotated[str, Pattern(r"[a-z][a-z-]{0,31}")]
    body: Annotated[bytes, Size(2, RECORD_LIMIT)]
    signatures: Annotated[tuple[Signature, ...], Size(0, 8)]

    @property
    def signing_input(self) -> bytes:
        """What each signature covers."""
        return signing_input(self.type, self.body)

    @property
    def digest(self) -> str:
        """The record's name: SHA-256 of its signing input."""
        return hashlib.sha256(self.signing_input).hexdigest()

    def signed_by(self, *keys: PrivateKey) -> Envelope:
        """The same record with these signatures added."""
        added = tuple(sign(self.signing_input, key) for key in keys)
        return Envelope(self.type, self.body, self.signatures + added)


def signing_input(kind: str, body: bytes) -> bytes:
    """`flexzicht/<type>/v1\\n` and the body."""
    return b"flexzicht/%s/v1\n%s" % (kind.encode(), body)


def enclose(kind: str, record: object, *keys: PrivateKey) -> Envelope:
    """A record in its envelope, signed by these keys."""
    return Envelope(kind, dump(record), ()).signed_by(*keys)


def spki(key: PrivateKey | PublicKey) -> bytes:
    """The public key as DER SubjectPublicKeyInfo."""
    public = key.public_key() if isinstance(key, (Ed25519PrivateKey, ec.EllipticCurvePrivateKey)) else key
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def fingerprint(der: bytes) -> str:
    """SHA-256 of a SubjectPublicKeyInfo: how signatures and assignments name a key."""
    return hashlib.sha256(der).hexdigest()


def public_key(der: bytes) -> PublicKey:
    """Read a SubjectPublicKeyInfo.

    Raises:
        ContractError: not a key, or neither Ed25519 nor P-256.
    """
    try:
        key = serialization.load_der_public_key(der)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ContractError("not a public key") from error
    if not isinstance(key, (Ed25519PublicKey, ec.EllipticCurvePublicKey)) or (
        isinstance(key, ec.EllipticCurvePublicKey) and not isinstance(key.curve, ec.SECP256R1)
    ):
        raise ContractError("a key is neither Ed25519 nor P-256")
    if spki(key) != der:
        # A point may be written compressed too: one key would have two names, and count as two people.
        raise ContractError("a public key is not in its one form")
    return key


def ed25519(der: bytes) -> Ed25519PublicKey:
    """Read a SubjectPublicKeyInfo that must be Ed25519. Raises ContractError when it is anything else."""
    key = public_key(der)
    if not isinstance(key, Ed25519PublicKey):
        raise ContractError("a key is not Ed25519")
    return key


def sign(message: bytes, key: PrivateKey) -> Signature:
    """Sign a signing input."""
    name = fingerprint(spki(key))
    if isinstance(key, Ed25519PrivateKey):
        return Signature("ed25519", name, key.sign(message))
    r, s = utils.decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
    return Signature("es256", name, r.to_bytes(P1363_BYTES, "big") + s.to_bytes(P1363_BYTES, "big"))


def verify(message: bytes, signature: Signature, key: PublicKey) -> bool:
    """Whether this key made this signature over this message."""
    try:
        if isinstance(key, Ed25519PublicKey):
            if signature.alg != "ed25519":
                return False
            key.verify(signature.sig, message)
            return True
        if signature.alg != "es256":
            return False
        r = int.from_bytes(signature.sig[:P1363_BYTES], "big")
        s = int.from_bytes(signature.sig[P1363_BYTES:], "big")
        key.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def signers(envelope: Envelope, keys: Iterable[bytes]) -> frozenset[str]:
    """Fingerprints of those of these keys (SPKI) that validly signed the envelope, each once."""
    known: Mapping[str, bytes] = {fingerprint(der): der for der in keys}
    found = set()
    for signature in envelope.signatures:
        der = known.get(signature.key)
        if der is not None and verify(envelope.signing_input, signature, public_key(der)):
            found.add(signature.key)
    return frozenset(found)


def opened(envelope: Envelope, kind: str, cls: type[T], *keys: bytes) -> T:
    """The record inside, once every one of these keys (SPKI) is found to have signed it.

    Raises:
        ContractError: another type, a signature that is missing or wrong, or a body that is not such a record.
    """
    if envelope.type != kind:
        raise ContractError(f"a {envelope.type} where a {kind} belongs")
    missing = {fingerprint(key) for key in keys} - signers(envelope, keys)
    if missing:
        raise ContractError(f"{kind}: the signature of {min(missing)[:16]} is missing or wrong")
    return load(cls, envelope.body)


def read(data: bytes, limit: int = 2 * RECORD_LIMIT) -> Envelope:
    """An envelope from its canonical bytes; nothing in it is verified yet."""
    return load(Envelope, data, limit)
