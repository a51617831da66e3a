# SPDX-License-Identifier: EUPL-1.2
"""The envelope: what a signature covers, whose it is, and that nothing else passes for it."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from contract import envelope
from contract.envelope import Envelope, Signature, enclose, fingerprint, opened, public_key, signers, spki, verify
from contract.messages import ACK, Ack
from contract.record import ContractError, dump
from tests.simulated_hub import ed25519, p256

ORDER, OTHER, PERSON = ed25519("order"), ed25519("other"), p256("person")
BODY = Ack("unit-1", "c" * 64, 1, 2)
SIGNED = enclose(ACK, BODY, ORDER)
GOLDEN_SIGNATURE = "42da396fe87e7b110433d9b93259f112b897f85f20db7f8432f6699cffab7db6"


def test_the_signing_input_is_type_and_exact_body() -> None:
    assert SIGNED.signing_input == b"flexzicht/ack/v1\n" + dump(BODY)
    assert SIGNED.digest == hashlib.sha256(SIGNED.signing_input).hexdigest()


def test_golden_signature() -> None:
    """RFC 8032 is deterministic: these bytes hold for every implementation."""
    assert SIGNED.signatures[0].key == fingerprint(spki(ORDER))
    assert hashlib.sha256(SIGNED.signatures[0].sig).hexdigest() == GOLDEN_SIGNATURE


@pytest.mark.parametrize("key", [ORDER, PERSON], ids=["ed25519", "es256"])
def test_a_signed_record_opens_with_its_key_only(key: envelope.PrivateKey) -> None:
    signed = enclose(ACK, BODY, key)
    assert opened(signed, ACK, Ack, spki(key)) == BODY
    with pytest.raises(ContractError, match="missing or wrong"):
        opened(signed, ACK, Ack, spki(OTHER))


def test_all_named_keys_must_have_signed() -> None:
    both = SIGNED.signed_by(PERSON)
    assert both.digest == SIGNED.digest
    assert opened(both, ACK, Ack, spki(ORDER), spki(PERSON)) == BODY
    with pytest.raises(ContractError, match="missing or wrong"):
        opened(SIGNED, ACK, Ack, spki(ORDER), spki(PERSON))


def test_another_type_is_refused() -> None:
    with pytest.raises(ContractError, match="a ack where a lease belongs"):
        opened(SIGNED, "lease", Ack, spki(ORDER))


def test_a_signature_for_one_type_does_not_hold_for_another() -> None:
    moved = replace(SIGNED, type="lease")
    assert signers(moved, [spki(ORDER)]) == frozenset()


def test_one_signer_counts_once() -> None:
    assert signers(SIGNED.signed_by(ORDER, ORDER), [spki(ORDER), spki(ORDER)]) == {fingerprint(spki(ORDER))}


def test_a_signature_under_anothers_name_is_nobodys() -> None:
    """The name is looked up, not believed: a signature by ORDER that names OTHER verifies for neither."""
    renamed = replace(SIGNED, signatures=(replace(SIGNED.signatures[0], key=fingerprint(spki(OTHER))),))
    assert signers(renamed, [spki(ORDER), spki(OTHER)]) == frozenset()


@pytest.mark.parametrize("algorithm", ["es256", "webauthn"])
def test_the_algorithm_must_be_the_keys(algorithm: str) -> None:
    renamed = replace(SIGNED.signatures[0], alg=algorithm)  # type: ignore[arg-type]
    assert not verify(SIGNED.signing_input, renamed, public_key(spki(ORDER)))


@pytest.mark.parametrize("sig", [bytes(64), b"\xff" * 64])
@pytest.mark.parametrize("key", [ORDER, PERSON], ids=["ed25519", "es256"])
def test_extreme_signatures_are_refused_not_raised(key: envelope.PrivateKey, sig: bytes) -> None:
    kind = "ed25519" if key is ORDER else "es256"
    assert not verify(b"message", Signature(kind, "0" * 64, sig), public_key(spki(key)))  # type: ignore[arg-type]


@settings(max_examples=200)
@given(st.sampled_from([ORDER, PERSON]), st.integers(0), st.integers(0, 7))
def test_any_flipped_bit_ends_the_signature(key: envelope.PrivateKey, at: int, bit: int) -> None:
    signed = enclose(ACK, BODY, key)
    data = bytearray(dump(signed))
    data[at % len(data)] ^= 1 << bit
    with pytest.raises(ContractError):
        opened(envelope.read(bytes(data)), ACK, Ack, spki(key))


@given(st.binary(max_size=300))
def test_any_bytes_are_an_envelope_or_a_contract_error(data: bytes) -> None:
    with pytest.raises(ContractError):
        envelope.read(data)


@settings(max_examples=300)
@given(st.binary(max_size=120) | st.builds(lambda at, x: _flipped(at, x), st.integers(0, 90), st.integers(1, 255)))
def test_any_bytes_are_a_key_or_a_contract_error(der: bytes) -> None:
    try:
        key = public_key(der)
    except ContractError:
        return
    assert not verify(b"", Signature("es256", "0" * 64, bytes(64)), key)


def _flipped(at: int, mask: int) -> bytes:
    der = bytearray(spki(PERSON))
    der[at % len(der)] ^= mask
    return bytes(der)


def test_other_kinds_of_key_are_refused() -> None:
    der, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    for key in (ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)):
        with pytest.raises(ContractError, match="neither Ed25519 nor P-256"):
            public_key(key.public_key().public_bytes(der, form))
    with pytest.raises(ContractError, match="not Ed25519"):
        envelope.ed25519(spki(PERSON))
    assert envelope.ed25519(spki(ORDER)).public_bytes_raw() == ORDER.public_key().public_bytes_raw()


def test_an_envelope_of_nine_signatures_is_refused() -> None:
    crowded = Envelope(ACK, SIGNED.body, SIGNED.signatures * 9)
    with pytest.raises(ContractError, match="length 9"):
        envelope.read(dump(crowded))


def test_one_key_has_one_name() -> None:
    """A compressed point is the same key under another fingerprint: it would count as a second person."""
    key = p256("somebody")
    compressed = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
    )
    assert serialization.load_der_public_key(compressed) == key.public_key()
    with pytest.raises(ContractError):
        public_key(compressed)
    assert public_key(spki(key)) == key.public_key()
