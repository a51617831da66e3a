# SPDX-License-Identifier: EUPL-1.2
"""Sealing: the bytes are the contract's, each key seals one record, and no key of the past is left."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from contract import segment
from contract.keys import next_chain_key, unwrap
from contract.record import ContractError, dump
from edge.recorder.seal import Sealer, When
from tests.unit.contract.records import FILM_KEY, header
from tests.unit.edge.unit import NOW_US, steady_random

HOUR = X25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = HOUR.public_key().public_bytes_raw()
PLAIN = [b"init", b"first fragment" * 50, b"second fragment" * 50, b""]


def sealed() -> tuple[Sealer, list[bytes]]:
    """A segment of four records."""
    sealer = Sealer(replace(header(), wrapped=b"", signature=None), PUBLIC, FILM_KEY, steady_random())
    records = [
        sealer.seal("fragment" if n else "init", data, When(NOW_US + n * 400_000, 77 + n, n and 400_000), n == 1)
        for n, data in enumerate(PLAIN)
    ]
    return sealer, records


def chain_key(sealer: Sealer) -> bytes:
    return unwrap(sealer.header.wrapped, HOUR.private_bytes_raw(), sealer.header.hpke_info)


def test_it_checks_without_a_key_and_opens_with_the_hour_keys() -> None:
    sealer, records = sealed()
    data = sealer.head + b"".join(records)
    checked = segment.check(io.BytesIO(data))
    assert checked.chain == sealer.chain
    assert (checked.records, checked.length, checked.header_sha256) == (4, len(data), sealer.header_sha256)
    assert (checked.first_us, checked.last_us) == (NOW_US, NOW_US + 4 * 400_000)
    assert list(segment.open_records(io.BytesIO(data), chain_key(sealer))) == PLAIN


def test_fields_written_by_hand_are_the_contracts() -> None:
    sealer, records = sealed()
    stream = io.BytesIO(sealer.head + b"".join(records))
    found_header, digest = segment.read_header(stream)
    for record, data in zip(segment.read_records(stream, found_header, digest), records, strict=True):
        assert data == segment.framed(dump(record.fields)) + segment.framed(record.ciphertext)


def test_no_plaintext_in_what_is_handed_out() -> None:
    sealer, records = sealed()
    assert b"fragment fragment" not in b"".join(records)
    assert b"first fragment" not in sealer.head + b"".join(records)


def test_the_ratchet_is_the_contracts_and_leaves_no_earlier_key() -> None:
    sealer, _ = sealed()
    keys = [chain_key(sealer)]
    for _ in PLAIN:
        keys.append(next_chain_key(keys[-1]))
    assert bytes(sealer._chain_key) == keys[-1]
    assert not any(key in vars(sealer).values() for key in keys[:-1])
    sealer.forget()
    assert bytes(sealer._chain_key) == bytes(32)


def test_a_record_sealed_twice_has_two_keys() -> None:
    """What could not be written is never sealed again under its key, even when the caller tries."""
    sealer, _ = sealed()
    again = [sealer.seal("fragment", b"same", When(NOW_US, 1, 1), False) for _ in range(2)]
    assert again[0][-20:] != again[1][-20:]


def test_nothing_is_sealed_to_a_point_of_low_order() -> None:
    with pytest.raises(ContractError):
        Sealer(replace(header(), wrapped=b"", signature=None), bytes(32), FILM_KEY, steady_random())
