# SPDX-License-Identifier: EUPL-1.2
"""Keys that cross between a person, a unit and the hub: slot codes, hour keys, the record ratchet.

*Slot key*: an approver's slot in the roster lists three Ed25519 keys, each derived from a code of at least 128 bits
that the server never sees (HKDF, RFC 5869). *Hour key*: HPKE (RFC 9180), X25519, HKDF-SHA256, AES-256-GCM; a unit
holds the public half only. *Ratchet*: each record of a segment has a key of its own, and the chain key that
gave it is overwritten, so that what stands in RAM does not open what is already on disk.
"""

from __future__ import annotations

import base64
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from contract.record import ContractError

SLOT_CODE_BYTES = 16  # 128 bits; 26 characters of base32
SLOT_KEY_INFO = b"flexzicht/slot-key/v1"
CHAIN_KEY_BYTES = 32
WRAPPED_BYTES = 80  # 32 encapsulated, 32 ciphertext, 16 tag

_HPKE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def slot_code(random: bytes) -> str:
    """A code to print: base32 of 16 random bytes in groups of four."""
    text = base64.b32encode(random).decode().rstrip("=")
    return "-".join(text[n : n + 4] for n in range(0, len(text), 4))


def normalised(code: str) -> bytes:
    """The one spelling of a slot code: no spaces, no dashes, upper case; 0, 1 and 8 read as O, I and B.

    Raises:
        ContractError: what is left is not 26 characters of base32.
    """
    text = "".join(code.split()).replace("-", "").upper().translate(str.maketrans("018", "OIB"))
    if len(text) != 26 or not set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"):
        raise ContractError("a slot code has 26 letters and digits 2 to 7")
    return text.encode()


def slot_key(code: str, municipality: str, slot: str, counter: int) -> Ed25519PrivateKey:
    """The slot's key from its printed code: HKDF-SHA256, salt = `municipality/slot/counter`."""
    salt = f"{municipality}/{slot}/{counter}".encode()
    seed = HKDF(hashes.SHA256(), 32, salt, SLOT_KEY_INFO).derive(normalised(code))
    return Ed25519PrivateKey.from_private_bytes(seed)


def wrap(chain_key: bytes, hour_key: bytes, info: bytes) -> bytes:
    """Seal a chain key to an hour key's raw 32-byte public half. `info` binds it to the segment's header.

    Raises:
        ContractError: the public half is a point of low order, to which nothing can be sealed.
    """
    try:
        return _HPKE.encrypt(chain_key, X25519PublicKey.from_public_bytes(hour_key), info=info)
    except ValueError as error:
        raise ContractError("nothing can be sealed to this hour key") from error


def unwrap(wrapped: bytes, hour_key: bytes, info: bytes) -> bytes:
    """The chain key again, with the hour key's raw private half.

    Raises:
        ContractError: another key, another header, or altered bytes.
    """
    try:
        return _HPKE.decrypt(wrapped, X25519PrivateKey.from_private_bytes(hour_key), info=info)
    except (InvalidTag, ValueError) as error:
        raise ContractError("the chain key does not open with this hour key") from error


def record_key(chain_key: bytes) -> bytes:
    """mk_i = HKDF-Expand-SHA256(ck_i, "record", 32); one block of HKDF-Expand is this HMAC (RFC 5869, 2.3)."""
    return hmac.digest(chain_key, b"record\x01", "sha256")


def next_chain_key(chain_key: bytes) -> bytes:
    """ck_{i+1} = HKDF-Expand-SHA256(ck_i, "next", 32)."""
    return hmac.digest(chain_key, b"next\x01", "sha256")
