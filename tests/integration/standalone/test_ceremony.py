# SPDX-License-Identifier: EUPL-1.2
"""A ceremony that was cut: at whatever step, the next one completes it, and all that it leaves belongs together."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from contract.authority import Anchors
from contract.envelope import read, spki
from contract.keys import slot_key
from contract.record import load
from contract.roster import Roster
from edge.unit import identity
from hub import ceremony, files
from hub.audit import writer
from hub.audit.log import Log
from hub.demo.command import PLAN
from hub.keeper import keyring
from hub.layout import Layout
from tests.integration.town import START_US

UNIT = "unit-1"
STEPS = 44  # more than it has


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
    assert {path.name for path in layout.offline.iterdir()} == {"roster.json", "roster.key", "codes.json", "sheets"}
    codes = json.loads((layout.offline / "codes.json").read_text())
    assert {path.stem: printed(path) for path in layout.sheets.iterdir()} == codes
    slots = load(Roster, read((layout.offline / "roster.json").read_bytes()).body).slots
    for slot in slots:
        for n, code in enumerate(codes[slot.slot]):
            assert spki(slot_key(code, anchors.municipality, slot.slot, n)) == slot.keys[n]


def printed(sheets: Path) -> list[str]:
    """The codes on a slot's page, one a sheet, as one would type them over."""
    found = re.findall(r'<p class="code">(.*?)</p>', sheets.read_text())
    return ["-".join(re.findall(r"<span>(.*?)</span>", code)) for code in found]


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


@pytest.mark.parametrize(
    ("slots", "words"),
    [
        ((("a", "Een"),), "2 to 32"),
        ((("a", "Een"), ("a", "Twee")), "a name of its own"),
        ((("a", "Een"), ("b", "Een ")), "one person's"),
        ((("a", "Een"), ("B!", "Twee")), "B!: a slot's id"),
        ((("a", "Een"), ("b", "")), "lines of 1 to 200"),
        ((("a", "Een"), ("b", "Twee\nDrie")), "lines of 1 to 200"),
    ],
)
def test_a_plan_that_will_not_do_makes_nothing(layout: Layout, slots: tuple[tuple[str, str], ...], words: str) -> None:
    plan = ceremony.Plan("Voorbeeldstad", "flexzicht.example/test", slots, demo=False)
    with pytest.raises(ceremony.CeremonyError, match=words):
        ceremony.hold(layout, plan, [], START_US, os.urandom)
    assert not layout.state.exists()


def test_a_sheet_needs_nothing_of_elsewhere_and_shows_names_as_they_are(layout: Layout) -> None:
    plan = ceremony.Plan("Voorbeeldstad", "x.example/x", (("a", "<b>&\"'"), ("b", "Twee")), demo=True)
    ceremony.hold(layout, plan, [], START_US, os.urandom)
    page = (layout.sheets / "a.html").read_text()

    assert "<b>&" not in page and "&lt;b&gt;&amp;&quot;&#x27;" in page and page.count("DEMO") == 3
    assert not re.search(r"<(?:script|link|img|iframe|a|form|object)\b|url\(|@import|https?:|\bon[a-z]+=", page)
    assert [page.count(words) for words in ("Code 1", "Reservecode 2", "Spare code 3")] == [2, 1, 1]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in layout.sheets.iterdir())
    assert layout.sheets.stat().st_mode & 0o777 == 0o700


def ceremony_by_command(state: Path, *more: str) -> subprocess.CompletedProcess[str]:
    slots = [word for n in range(1, 5) for word in ("--slot", f"slot-{n}=Persoon {n}")]
    words = ["--municipality", "Voorbeeldstad", "--origin", "x.example/x", *slots, *more]
    argv = [sys.executable, "-m", "hub", "ceremony", "--state", str(state), *words]
    return subprocess.run(argv, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"})


def test_the_command_holds_it_once_and_says_what_to_print(layout: Layout) -> None:
    first = ceremony_by_command(layout.state)
    before = {path: path.read_bytes() for path in layout.state.rglob("*") if path.is_file()}
    second = ceremony_by_command(layout.state)

    assert first.returncode == 0 and str(layout.sheets) in first.stdout, first.stderr
    assert sorted(path.name for path in layout.sheets.iterdir()) == [f"slot-{n}.html" for n in range(1, 5)]
    assert second.returncode == 2 and "held here before" in second.stderr and len(second.stderr.splitlines()) == 1
    assert {path: path.read_bytes() for path in layout.state.rglob("*") if path.is_file()} == before


def test_the_command_holds_none_in_a_folder_that_has_keys(layout: Layout) -> None:
    layout.keeper.mkdir(parents=True)
    (layout.keeper / "order.key").write_bytes(b"somebody's")
    refused = ceremony_by_command(layout.state)
    assert refused.returncode == 2 and "move it away" in refused.stderr
    assert not layout.offline.exists()


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
