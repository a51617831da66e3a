# SPDX-License-Identifier: EUPL-1.2
"""Who the unit is: made once, kept to its owner, and vouching for film keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from contract.envelope import fingerprint, opened, spki
from contract.segment import FILM_CERTIFICATE, FilmCertificate
from edge.unit import identity
from edge.unit.identity import IdentityError
from tests.unit.edge.unit import NOW_US, START_ID, steady_random

DECISION = "d" * 64


def test_init_makes_a_key_and_a_request_for_it(tmp_path: Path) -> None:
    made = identity.init(tmp_path / "unit-1", "unit-1")
    key = tmp_path / "unit-1" / identity.KEY
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.parent.stat().st_mode & 0o777 == 0o700
    request = x509.load_pem_x509_csr((tmp_path / "unit-1" / identity.REQUEST).read_bytes())
    assert request.is_signature_valid
    assert request.subject.rfc4514_string() == "O=Flexzicht unit,CN=unit-1"
    assert spki(request.public_key()) == made.public  # type: ignore[arg-type]
    again = identity.read_identity(tmp_path / "unit-1", "unit-1")
    assert again.public == made.public
    assert again.name.unit_key == fingerprint(made.public)


def test_a_unit_keeps_its_identity(tmp_path: Path) -> None:
    first = identity.init(tmp_path, "unit-1").public
    with pytest.raises(IdentityError, match="stands already"):
        identity.init(tmp_path, "unit-1")
    assert identity.read_identity(tmp_path, "unit-1").public == first


def test_a_missing_key_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(IdentityError, match="flexzicht-edge init"):
        identity.read_identity(tmp_path, "unit-1")


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    identity.init(tmp_path, "unit-1")
    (tmp_path / identity.KEY).chmod(0o640)
    with pytest.raises(IdentityError, match="chmod 600"):
        identity.read_identity(tmp_path, "unit-1")


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", b"other"])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / identity.KEY
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(IdentityError, match="not a"):
        identity.read_identity(tmp_path, "unit-1")


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / identity.KEY
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path.write_bytes(
        ec.generate_private_key(ec.SECP384R1()).private_bytes(encoding, form, serialization.NoEncryption())
    )
    path.chmod(0o600)
    with pytest.raises(IdentityError, match="not a P-256 key"):
        identity.read_identity(tmp_path, "unit-1")


def test_the_identity_vouches_for_a_film_key_of_one_decision_and_start(tmp_path: Path) -> None:
    made = identity.init(tmp_path, "unit-1")
    random = steady_random()
    film = identity.make_film_key(made, DECISION, START_ID, NOW_US, random)
    certificate = opened(film.certificate, FILM_CERTIFICATE, FilmCertificate, made.public)
    assert certificate == FilmCertificate("unit-1", DECISION, START_ID, spki(film.key), NOW_US)
    other = identity.make_film_key(made, DECISION, START_ID, NOW_US, random)
    assert spki(other.key) != spki(film.key)


def test_a_film_key_is_never_on_disk(tmp_path: Path) -> None:
    made = identity.init(tmp_path, "unit-1")
    film = identity.make_film_key(made, DECISION, START_ID, NOW_US, steady_random())
    assert sorted(path.name for path in tmp_path.iterdir()) == [identity.REQUEST, identity.KEY]
    assert film.key.private_bytes_raw() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_a_start_has_a_name_of_its_own() -> None:
    random = steady_random()
    names = {identity.new_start_id(random) for _ in range(3)}
    assert len(names) == 3
    assert all(len(name) == 32 for name in names)
