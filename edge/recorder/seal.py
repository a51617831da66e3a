# SPDX-License-Identifier: EUPL-1.2
"""One segment being sealed: plaintext in, bytes of an FZS-1 file out; the format itself is `contract.segment`.

Promises: each record is sealed under a key of its own; the key that gave it is overwritten before the record is handed
out, so RAM opens nothing that is on disk, and a record that could not be written is never sealed again under its key.
What is handed out holds no plaintext. Record fields are written by hand, for one is written every 0.4 s and camera
(`contract.record.dump` would cost a tenth of the whole seal); a test compares them with the contract's own encoding.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from typing import Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from contract.envelope import fingerprint, sign, spki
from contract.keys import CHAIN_KEY_BYTES, wrap
from contract.record import dump
from contract.segment import (
    MAGIC,
    SegmentHeader,
    associated_data,
    first_link,
    framed,
    header_signing_input,
    next_link,
    record_signing_input,
)
from edge.unit.identity import Random

_NONCE = bytes(12)  # one key seals one record


@dataclass(frozen=True, slots=True)
class When:
    """When a record was captured: wall clock and monotonic, and how long it lasts, all in microseconds."""

    wall_us: int
    monotonic_us: int
    duration_us: int


class Sealer:
    """The header and records of one segment, in order. One thread uses it."""

    def __init__(self, header: SegmentHeader, hour_key: bytes, film_key: Ed25519PrivateKey, random: Random) -> None:
        """Make the first chain key, wrap it to the hour key, and sign the header.

        Args:
            header: complete but for `wrapped` and `signature`.
            hour_key: the raw public half.
            film_key: the key in the header's film certificate.
            random: gives the chain key.

        Raises:
            ContractError: nothing can be sealed to this hour key.
        """
        self._film_key = film_key
        self._signer = fingerprint(spki(film_key))
        self._chain_key = bytearray(random(CHAIN_KEY_BYTES))
        header = replace(header, wrapped=wrap(bytes(self._chain_key), hour_key, header.hpke_info), signature=None)
        self.header = replace(header, signature=sign(header_signing_input(header), film_key))
        data = dump(self.header)
        self.head = MAGIC + framed(data)
        self.header_sha256 = hashlib.sha256(data).digest()
        self.records = 0
        self.chain = b""

    def seal(self, kind: Literal["init", "fragment"], plaintext: bytes, when: When, keyframe: bool) -> bytes:
        """The next record's bytes, framed, chained and signed."""
        index = self.records
        aad = associated_data(self.header_sha256, index)
        ciphertext = AESGCM(self._ratchet()).encrypt(_NONCE, plaintext, aad)
        before = (
            f'{{"cipher_sha256":"{hashlib.sha256(ciphertext).hexdigest()}","duration_us":{when.duration_us},'
            f'"index":{index},"keyframe":{"true" if keyframe else "false"},"kind":"{kind}",'
            f'"monotonic_us":{when.monotonic_us},"plain_sha256":"{hashlib.sha256(plaintext).hexdigest()}",'
        )
        after = f'"wall_us":{when.wall_us}}}'
        unsigned = (before + after).encode()
        link = next_link(self.chain, unsigned) if index else None
        self.chain = link or first_link(self.header.previous, self.header_sha256, unsigned)
        signature = base64.b64encode(self._film_key.sign(record_signing_input(self.chain))).decode()
        signed = f'{before}"signature":{{"alg":"ed25519","key":"{self._signer}","sig":"{signature}"}},{after}'
        self.records = index + 1
        return framed(signed.encode()) + framed(ciphertext)

    def forget(self) -> None:
        """Overwrite the next key: nothing more is sealed in this segment."""
        self._chain_key[:] = bytes(CHAIN_KEY_BYTES)

    def _ratchet(self) -> bytearray:
        """This record's key; the chain key moves on. Derived in place: no immutable copy of it is left behind."""
        record_key = bytearray(CHAIN_KEY_BYTES)
        following = bytearray(CHAIN_KEY_BYTES)
        HKDFExpand(hashes.SHA256(), CHAIN_KEY_BYTES, b"record").derive_into(self._chain_key, record_key)
        HKDFExpand(hashes.SHA256(), CHAIN_KEY_BYTES, b"next").derive_into(self._chain_key, following)
        self._chain_key[:] = following
        following[:] = bytes(CHAIN_KEY_BYTES)
        return record_key
