# SPDX-License-Identifier: EUPL-1.2
"""The ceremony: who may approve, and which machines believe which, decided once and offline.

It makes the roster key with its slots and printed codes, the unit CA and the server CA, the certificates of server,
worker and units, and what each unit pins. In real use it runs on a machine without a network, and `offline/` goes into
an envelope; the demo runs the same code. Nothing that exists is replaced, certificates near their end excepted.
"""

from __future__ import annotations

import datetime
import ipaddress
import json
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from contract.authority import Anchors
from contract.envelope import enclose, spki
from contract.keys import SLOT_CODE_BYTES, slot_code, slot_key
from contract.record import dump
from contract.roster import ROSTER, Roster, Slot
from hub import files
from hub.audit import writer
from hub.audit.faults import LogCorruptError, LogUnavailableError
from hub.code_sheets import pages
from hub.keeper import certificates, keyring
from hub.keeper.certificates import ORGANISATION, builder, subject
from hub.layout import Layout
from hub.store.vault import create_secret

SERVER_DAYS = 90
AUTHORITY_DAYS = 3650
RENEW_BEFORE = datetime.timedelta(days=3)
UNIT_CA, SERVER_CA = certificates.UNIT_CA, "server-ca"
ANCHORS = "anchors.json"
READABLE = 0o644  # what is public: anchors and certificates
STAGED = ".ceremony"  # beside what it makes, so that a rename is enough

_SERVER, _CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH


class CeremonyError(Exception):
    """The ceremony cannot go on: it was held before, or a unit's request is not what it should be."""


@dataclass(frozen=True)
class Plan:
    """What is decided: the municipality, its log's name, the approvers' slots (slot, name), whether it is a demo."""

    municipality: str
    origin: str
    slots: Sequence[tuple[str, str]]
    demo: bool

    def check(self) -> None:
        """Raises CeremonyError: slots that share a name, or fewer than two, or a word that no record can hold."""
        named = [slot for slot, _ in self.slots]
        people = [name.strip() for _, name in self.slots]
        if len(set(named)) < len(named) or len(set(people)) < len(people):
            raise CeremonyError("each slot has a name of its own, and is one person's")
        if not 2 <= len(named) <= 32:
            raise CeremonyError("a roster has 2 to 32 slots: any two of them decide; four or more let two be away")
        for word in (self.municipality, self.origin, *people):
            if not word.strip() or len(word) > 200 or not word.isprintable():
                raise CeremonyError("municipality, origin and names are lines of 1 to 200 characters")
        for slot in named:
            if not re.fullmatch(r"[a-z0-9-]{1,32}", slot):
                raise CeremonyError(f"{slot}: a slot's id has 1 to 32 of a-z, 0-9 and dash")


def held(layout: Layout) -> bool:
    """Whether the ceremony was completed here."""
    return (layout.offline / "roster.json").exists()


def hold(layout: Layout, plan: Plan, units: Sequence[Path], now_us: int, random: Callable[[int], bytes]) -> None:
    """Hold it: keys, log, roster, authorities, certificates, anchors.

    Args:
        layout: a state folder without keys.
        plan: what is decided.
        units: state folders, each named by its unit's id, in which `flexzicht-edge init` left a key and a request
            (`identity.csr`).
        now_us: the ceremony's date.
        random: a source of random bytes.

    It is held in a folder of its own, whose parts then take their places, the roster's folder last. One that was cut
    before that begins anew, for nobody has seen its keys; one that was cut later goes on with the keys that it made.

    Raises:
        CeremonyError: it was held before, or what it would make stands already.
    """
    plan.check()
    if held(layout):
        raise CeremonyError("the ceremony was held here before; its keys are never replaced")
    staged = Layout(layout.state / STAGED)
    if not held(staged):
        if staged.state.exists():
            shutil.rmtree(staged.state)
        _require_free(layout)
        _make(staged, plan, now_us, random)
    for part in ("keeper", "log", "tls", ANCHORS):
        _settle(staged.state / part, layout.state / part)
    for unit in units:
        _pin(layout, unit)
    certify(layout, units, now_us)
    # Last: its presence says that the ceremony was completed.
    _settle(staged.offline, layout.offline)
    shutil.rmtree(staged.state)


def _pin(layout: Layout, unit: Path) -> None:
    """What a unit trusts."""
    files.replace(unit / "server-ca.pem", (layout.tls / f"{SERVER_CA}.pem").read_bytes(), READABLE)
    files.replace(unit / ANCHORS, (layout.state / ANCHORS).read_bytes(), READABLE)


def _make(layout: Layout, plan: Plan, now_us: int, random: Callable[[int], bytes]) -> None:
    """All that is new, in an empty folder; the roster is written last."""
    for folder in (layout.offline, layout.tls, layout.case):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    order, log = keyring.create(layout.keeper, random)
    root = Ed25519PrivateKey.generate()
    create_secret(layout.offline / "roster.key", keyring.pem(root))
    keyring.configure(layout.keeper, keyring.KeeperConfig(plan.origin, spki(root)))
    try:
        writer.create(layout.log, plan.origin, log)
    except (LogCorruptError, LogUnavailableError) as error:
        raise CeremonyError(str(error)) from error
    _authority(layout, UNIT_CA, now_us)
    _authority(layout, SERVER_CA, now_us)
    for name in ("server", "worker"):
        create_secret(layout.tls / f"{name}.key", keyring.pem(ec.generate_private_key(ec.SECP256R1())))
    anchors = Anchors(plan.municipality, plan.origin, spki(root), spki(log), accept_demo=plan.demo)
    files.replace(layout.state / ANCHORS, dump(anchors), READABLE)
    roster = Roster(
        serial=1,
        municipality=plan.municipality,
        origin=plan.origin,
        order_key=spki(order),
        log_key=spki(log),
        slots=_slots(layout, plan, random),
        issued_at_us=now_us,
        demo=plan.demo,
    )
    create_secret(layout.offline / "roster.json", dump(enclose(ROSTER, roster, root)))


def _require_free(layout: Layout) -> None:
    """Keys that stand here without a roster are somebody's all the same."""
    for part in (layout.keeper, layout.log, layout.tls, layout.offline):
        if part.exists() and any(part.iterdir()):
            raise CeremonyError(f"{part} stands already, though no ceremony was completed here: move it away")


def _settle(made: Path, place: Path) -> None:
    """Give a part its place, durably, unless it was given before the cut."""
    if made.exists():
        made.rename(place)
        files.sync(place.parent)


def certify(layout: Layout, units: Sequence[Path], now_us: int) -> list[str]:
    """Issue the certificates of server, worker and units that are missing or end within three days; say which.

    A unit that came after the ceremony is told what to trust.

    Raises:
        CeremonyError: a unit's request is missing, not signed by its own key, or asks for another name than its own.
    """
    issued = []
    for name, usage in (("server", _SERVER), ("worker", _CLIENT)):
        if _fit(layout.tls / f"{name}.pem", now_us):
            continue
        key = _read_key(layout.tls / f"{name}.key").public_key()
        certificate = _server(layout, name, key, usage, now_us)
        _replace(layout.tls / f"{name}.pem", certificate)
        issued.append(name)
    for unit in units:
        if not (unit / ANCHORS).exists():  # it came after the ceremony
            _pin(layout, unit)
        if _fit(unit / "identity.pem", now_us):
            continue
        asked, authority = _asked(unit), _read_key(layout.case / f"{UNIT_CA}.key")
        certificates.named(layout.keeper, unit.name, spki(asked))
        _replace(unit / "identity.pem", certificates.for_unit(unit.name, asked, authority, now_us))
        issued.append(unit.name)
    return issued


def _asked(unit: Path) -> ec.EllipticCurvePublicKey:
    """The key in a unit's request: the one thing that is taken from it. Its id is its folder's name."""
    try:
        request = x509.load_pem_x509_csr((unit / "identity.csr").read_bytes())
        key = request.public_key()
        signed = request.is_signature_valid
        names = [str(name.value) for name in request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise CeremonyError(f"{unit.name}: no request to sign ({error})") from error
    if not signed or not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise CeremonyError(f"{unit.name}: the request is not signed by its own P-256 key")
    if names != [unit.name]:
        raise CeremonyError(f"{unit.name}: the request asks for the name {', '.join(names) or 'of nobody'}")
    return key


def unit_subject(unit: str) -> str:
    """A unit certificate's subject (RFC 4514): how the broker knows it."""
    return f"CN={unit},O={ORGANISATION} unit"


def worker_subject() -> str:
    """The worker certificate's subject (RFC 4514)."""
    return f"CN=worker,O={ORGANISATION} server"


def _slots(layout: Layout, plan: Plan, random: Callable[[int], bytes]) -> tuple[Slot, ...]:
    """The slots with their public keys; the codes go to `offline/codes.json` and onto sheets, for printing."""
    codes = {slot: [slot_code(random(SLOT_CODE_BYTES)) for _ in range(3)] for slot, _ in plan.slots}
    create_secret(layout.offline / "codes.json", json.dumps(codes, indent=1).encode())
    layout.sheets.mkdir(mode=0o700, exist_ok=True)
    for name, page in pages(plan.municipality, plan.slots, codes, plan.demo).items():
        create_secret(layout.sheets / name, page)
    return tuple(
        Slot(slot, name, tuple(spki(slot_key(code, plan.municipality, slot, n)) for n, code in enumerate(codes[slot])))
        for slot, name in plan.slots
    )


def _authority(layout: Layout, name: str, now_us: int) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    create_secret(layout.case / f"{name}.key", keyring.pem(key))
    holder = subject(name, "authority")
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        builder(holder, holder, key.public_key(), now_us, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _replace(layout.tls / f"{name}.pem", certificate)


def _server(
    layout: Layout, name: str, key: ec.EllipticCurvePublicKey, usage: x509.ObjectIdentifier, now_us: int
) -> x509.Certificate:
    """A certificate of the server CA: the front's and the broker's, or the worker's."""
    authority = _read_key(layout.case / f"{SERVER_CA}.key")
    made = builder(subject(name, "server"), subject(SERVER_CA, "authority"), key, now_us, SERVER_DAYS)
    made = certificates.leaf(made, usage, authority)
    if usage == _SERVER:
        names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return made.sign(authority, hashes.SHA256())


def _fit(path: Path, now_us: int) -> bool:
    if not path.exists():
        return False
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError:  # torn: another is issued
        return False
    return certificate.not_valid_after_utc - _date(now_us) > RENEW_BEFORE


def _date(now_us: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(now_us / 1_000_000, datetime.UTC)


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise CeremonyError(f"{path.name} is not a P-256 key")
    return key


def _replace(path: Path, certificate: x509.Certificate) -> None:
    files.replace(path, certificate.public_bytes(serialization.Encoding.PEM), READABLE)
