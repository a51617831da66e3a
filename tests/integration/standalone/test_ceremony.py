# SPDX-License-Identifier: EUPL-1.2
"""A ceremony that was cut: at whatever step, the next one completes it, and all that it leaves belongs together."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from contract.authority import Anchors
from contract.envelope import spki
from contract.record import load
from edge.unit import identity
from hub import ceremony, files
from hub.audit import writer
from hub.audit.log import Log
from hub.demo.command import PLAN
from hub.keeper import keyring
from hub.layout import Layout
from tests.integration.town import START_US

UNIT = "unit-1"
STEPS = 40  # more than it has


class CutError(BaseException):
    """The process is gone."""


@pytest.fixture
def unit(layout: Layout) -> Path:
    folder = layout.unit(UNIT)
    identity.init(folder, UNIT)
    return folder


def cut(monkeypatch: pytest.MonkeyPatch, at: int) -> list[str]:
    """Cut at the step of this number, before it is done; the steps that were done are told."""
    done: list[str] = []

    def step(original: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any) -> Any:
            if len(done) == at:
                raise CutError
            done.append(original.__name__)
            return original(*arguments)

        return counted

    for where, name in (
        (ceremony, "create_secret"),
        (keyring, "create_secret"),
        (writer, "create"),
        (files, "replace"),
        (ceremony, "_settle"),
    ):
        monkeypatch.setattr(where, name, step(getattr(where, name)))
    monkeypatch.setattr(shutil, "rmtree", step(shutil.rmtree))
    return done


def fits(layout: Layout, unit: Path) -> None:
    """Everything that the ceremony leaves is of one ceremony."""
    ring = keyring.read(layout.keeper)
    anchors = load(Anchors, (layout.state / "anchors.json").read_bytes())
    assert (unit / "anchors.json").read_bytes() == (layout.state / "anchors.json").read_bytes()
    assert anchors.log_key == spki(ring.log) and anchors.roster_key == ring.config.roster_root
    assert Log(layout.log, anchors.origin, ring.log.public_key()).checkpoint()[1].size == 0
    certificates = {"server": layout.tls / "server.pem", UNIT: unit / "identity.pem"}
    for name, authority in (("server", ceremony.SERVER_CA), (UNIT, ceremony.UNIT_CA)):
        issuer = x509.load_pem_x509_certificate((layout.tls / f"{authority}.pem").read_bytes())
        x509.load_pem_x509_certificate(certificates[name].read_bytes()).verify_directly_issued_by(issuer)
    assert (unit / "server-ca.pem").read_bytes() == (layout.tls / f"{ceremony.SERVER_CA}.pem").read_bytes()
    assert {path.name for path in layout.offline.iterdir()} == {"roster.json", "roster.key", "codes.json"}


@pytest.mark.parametrize("at", range(STEPS))
def test_a_ceremony_that_was_cut_is_completed(layout: Layout, unit: Path, at: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        done = cut(patch, at)
        try:
            ceremony.hold(layout, PLAN, [unit], START_US, os.urandom)
        except CutError:
            assert len(done) == at
        else:
            assert at > 20  # it has fewer steps than that
    if not ceremony.held(layout):
        ceremony.hold(layout, PLAN, [unit], START_US, os.urandom)
    fits(layout, unit)


def test_it_is_held_once(layout: Layout, unit: Path) -> None:
    ceremony.hold(layout, PLAN, [unit], START_US, os.urandom)
    with pytest.raises(ceremony.CeremonyError, match="held here before"):
        ceremony.hold(layout, PLAN, [unit], START_US, os.urandom)
    assert not (layout.state / ceremony.STAGED).exists()


def test_keys_without_a_roster_are_left_alone(layout: Layout, unit: Path) -> None:
    layout.keeper.mkdir()
    (layout.keeper / "order.key").write_bytes(b"somebody's")
    with pytest.raises(ceremony.CeremonyError, match="move it away"):
        ceremony.hold(layout, PLAN, [unit], START_US, os.urandom)
    assert (layout.keeper / "order.key").read_bytes() == b"somebody's"


def test_a_torn_certificate_is_issued_again(layout: Layout, unit: Path) -> None:
    ceremony.hold(layout, PLAN, [unit], START_US, os.urandom)
    (unit / "identity.pem").write_bytes(b"")
    assert ceremony.certify(layout, [unit], START_US) == [UNIT]
    fits(layout, unit)


def test_a_unit_without_a_request_is_said(layout: Layout, unit: Path) -> None:
    (unit / "identity.csr").unlink()
    with pytest.raises(ceremony.CeremonyError, match="unit-1: no request"):
        ceremony.hold(layout, PLAN, [unit], START_US, os.urandom)


def ask(unit: Path, key: ec.EllipticCurvePrivateKey, names: list[str], *extensions: x509.ExtensionType) -> None:
    """Another request in a unit's folder."""
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, name) for name in names]
    attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Flexzicht server"))
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(attributes))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    (unit / "identity.csr").write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


@pytest.mark.parametrize("names", [["unit-2"], ["worker"], [], [UNIT, "unit-2"], ["unit-2", UNIT]])
def test_a_request_for_another_name_is_refused(layout: Layout, unit: Path, names: list[str]) -> None:
    ask(unit, ec.generate_private_key(ec.SECP256R1()), names)
    with pytest.raises(ceremony.CeremonyError, match="unit-1: the request asks for the name"):
        ceremony.hold(layout, PLAN, [unit], START_US, os.urandom)
    assert not (unit / "identity.pem").exists()


def test_a_request_with_another_kind_of_key_is_refused(layout: Layout, unit: Path) -> None:
    ask(unit, ec.generate_private_key(ec.SECP384R1()), [UNIT])
    with pytest.raises(ceremony.CeremonyError, match="P-256"):
        ceremony.hold(layout, PLAN, [unit], START_US, os.urandom)


def test_nothing_but_the_key_is_taken_from_a_request(layout: Layout, unit: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    wishes = (
        x509.BasicConstraints(ca=True, path_length=None),
        x509.SubjectAlternativeName([x509.DNSName("localhost")]),
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]),
    )
    ask(unit, key, [UNIT], *wishes)
    ceremony.hold(layout, PLAN, [unit], START_US, os.urandom)

    certificate = x509.load_pem_x509_certificate((unit / "identity.pem").read_bytes())

    assert certificate.subject.rfc4514_string() == ceremony.unit_subject(UNIT)
    assert certificate.public_key() == key.public_key()
    values = {type(extension.value): extension.value for extension in certificate.extensions}
    assert values.keys() == {x509.BasicConstraints, x509.ExtendedKeyUsage, x509.AuthorityKeyIdentifier}
    assert values[x509.BasicConstraints] == x509.BasicConstraints(ca=False, path_length=None)
    assert values[x509.ExtendedKeyUsage] == x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
