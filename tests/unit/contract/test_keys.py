# SPDX-License-Identifier: EUPL-1.2
"""Slot codes, hour keys and the ratchet, with the vectors that a browser must reproduce."""

from __future__ import annotations

from contextlib import suppress

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import given
from hypothesis import strategies as st

from contract import keys
from contract.record import ContractError

CODE = "AAAQ-EAYE-AUDA-OCAJ-BIFQ-YDIO-B4"
HOUR = X25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC, PRIVATE = HOUR.public_key().public_bytes_raw(), HOUR.private_bytes_raw()
CHAIN_KEY = bytes(range(32))
GOLDEN_SLOT_KEY = "f72894d5d9bb5db50e3beb6afe1a83decbb1ddc3b3f6b3954f2dc60fb1a6ca03"
GOLDEN_WRAPPED = (
    "c16db5d0f48f70bed2e7daadd8d256ba2a235ba8c1225c85a290228355ccf7609d0b6f08e333b99be04f42ffa6bddb3e"
    "9f62cedaa392a29015e8e82d6a6709fd7b2623a481356211da23e31bcc50f571"
)
GOLDEN_RATCHET = "a45ee3222e091ab8ac5a298b5d05ab2a27db3d1daaefcd68ae7877e7b6aa6e18"


def test_golden_slot_code_and_key() -> None:
    assert keys.slot_code(bytes(range(16))) == CODE
    key = keys.slot_key(CODE, "Voorbeeldstad", "approver-a", 1)
    assert key.public_key().public_bytes_raw().hex() == GOLDEN_SLOT_KEY


@pytest.mark.parametrize(
    "spelling", [CODE.lower(), CODE.replace("-", ""), f"  {CODE.replace('-', ' ')}\n", CODE.replace("O", "0")]
)
def test_a_code_may_be_typed_as_people_type(spelling: str) -> None:
    assert keys.normalised(spelling) == keys.normalised(CODE)


@given(st.text(max_size=40))
def test_any_text_is_a_code_or_a_contract_error(text: str) -> None:
    with suppress(ContractError):
        assert len(keys.normalised(text)) == 26


def test_slots_counters_and_towns_have_keys_of_their_own() -> None:
    made = {
        keys.slot_key(CODE, town, slot, counter).private_bytes_raw()
        for town in ("a", "b")
        for slot in ("s", "t")
        for counter in (0, 1)
    }
    assert len(made) == 8


def test_a_wrapped_key_opens_with_the_private_half_and_its_info_only() -> None:
    wrapped = keys.wrap(CHAIN_KEY, PUBLIC, b"info")
    assert len(wrapped) == keys.WRAPPED_BYTES
    assert keys.unwrap(wrapped, PRIVATE, b"info") == CHAIN_KEY
    for changed in ((wrapped, PRIVATE, b"other"), (wrapped, bytes(31) + b"\x07", b"info"), (b"", PRIVATE, b"info")):
        with pytest.raises(ContractError):
            keys.unwrap(*changed)


def test_golden_wrapped_key() -> None:
    """RFC 9180: what was wrapped once must open for as long as the hour key lives."""
    assert keys.unwrap(bytes.fromhex(GOLDEN_WRAPPED), PRIVATE, b"info") == CHAIN_KEY


def test_nothing_is_sealed_to_a_point_of_low_order() -> None:
    with pytest.raises(ContractError, match="nothing can be sealed"):
        keys.wrap(CHAIN_KEY, bytes(32), b"info")


@given(st.binary(max_size=100), st.binary(max_size=40))
def test_any_bytes_open_to_a_contract_error(wrapped: bytes, private: bytes) -> None:
    with pytest.raises(ContractError):
        keys.unwrap(wrapped, private, b"info")


def test_the_ratchet_is_hkdf_expand() -> None:
    """RFC 5869, 2.3, by an implementation of its own."""
    assert keys.record_key(CHAIN_KEY) == HKDFExpand(hashes.SHA256(), 32, b"record").derive(CHAIN_KEY)
    assert keys.next_chain_key(CHAIN_KEY) == HKDFExpand(hashes.SHA256(), 32, b"next").derive(CHAIN_KEY)


def test_golden_ratchet() -> None:
    chain_key = CHAIN_KEY
    for _ in range(3):
        chain_key = keys.next_chain_key(chain_key)
    assert keys.record_key(chain_key).hex() == GOLDEN_RATCHET
