# SPDX-License-Identifier: EUPL-1.2
"""A unit at the hub's door and with its next certificate: what it asks, how often, what it says and what it keeps."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from contract.claim import claim_proof, compared, enrolment_question
from contract.envelope import Signature, fingerprint, public_key, verify
from contract.record import dump
from edge import __main__ as edge
from edge.config import CONFIG, ConfigError, read_config
from edge.link import enrol
from edge.link.enrol import (
    RENEW_BEFORE_US,
    Door,
    DoorError,
    Enrolling,
    GoneError,
    Papers,
    PapersError,
    Renewing,
    Told,
)
from edge.link.upload import OfferError
from edge.unit import files
from edge.unit.identity import CERTIFICATE, CLAIM, read_identity
from edge.unit.journal import Journal
from hub.keeper.certificates import builder, subject
from tests.unit.contract.records import SAMPLES

HUB = {
    "door_url": "https://127.0.0.1:9802",
    "hub_url": "https://127.0.0.1:9801",
    "hub_host": "localhost",
    "mqtt_host": "127.0.0.1",
    "mqtt_port": 8883,
}
SECRET = "5" * 32
NOW_US = 1_773_496_800_000_000
DAY_US = 86_400_000_000


def made(key: ec.EllipticCurvePublicKey, unit: str = "unit-7", until_us: int = NOW_US + 7 * DAY_US) -> str:
    """A certificate; who signed it is for the hub to look at."""
    signer = ec.generate_private_key(ec.SECP256R1())
    start = builder(subject(unit, "unit"), subject("unit-ca", "authority"), key, until_us - 7 * DAY_US, 7)
    return start.sign(signer, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    folder = tmp_path / "kit"
    folder.mkdir()
    (folder / "hub.json").write_text(json.dumps(HUB))
    (folder / "server-ca.pem").write_text(made(ec.generate_private_key(ec.SECP256R1()).public_key()))
    (folder / "anchors.json").write_bytes(dump(SAMPLES["anchors"]))
    return folder


@pytest.fixture
def state(tmp_path: Path, kit: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A unit that was made with the kit."""
    folder = tmp_path / "unit"
    assert edge.main(["init", "--state", str(folder), "--kit", str(kit), "--film", "/films/street.mp4"]) == 0
    assert capsys.readouterr().out.startswith(f"claim code   {(folder / CLAIM).read_text()}fingerprint  ")
    return folder


@pytest.mark.parametrize(("hub_url", "found"), [(HUB["hub_url"], ["127.0.0.1"]), ("https://hub.example:9801", [])])
def test_beside_its_hub_pictures_leave_by_loopback(tmp_path: Path, kit: Path, hub_url: str, found: list[str]) -> None:
    (kit / "hub.json").write_text(json.dumps(HUB | {"hub_url": hub_url}))
    folder = tmp_path / "beside"
    assert edge.main(["init", "--state", str(folder), "--kit", str(kit), "--film", "/films/street.mp4"]) == 0
    assert [json.loads(path.read_text())["ice_addresses"] for path in folder.glob("config*.json")] == [found]


@dataclass
class FakeDoor:
    """Answers in order; the last one again and again. An error is raised."""

    answers: list[Told | DoorError]
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    signatures: list[tuple[str, str]] = field(default_factory=list)

    async def ask(self, request: str, claim: str | None) -> str:
        self.asked.append((request, claim))
        return f"question-{len(self.asked)}"

    async def look(self, enrolment: str, signature: str) -> Told:
        self.signatures.append((enrolment, signature))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, DoorError):
            raise answer
        return answer


@dataclass
class Waits:
    """Waits for nobody; who waits too often is a loop."""

    seconds: list[float] = field(default_factory=list)
    then: Callable[[], None] = lambda: None

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.then()
        if len(self.seconds) > 30:
            raise asyncio.CancelledError


def papers(state: Path, unit: str = "") -> Papers:
    return Papers(state, read_identity(state, unit))


def issued(state: Path, **changes: str) -> Told:
    key = read_identity(state, "").key.public_key()
    known = {"unit": "unit-7", "camera": "camera-7", "certificate": made(key), "client_id": SECRET} | changes
    return Told("issued", **known)


def enrolling(state: Path, door: FakeDoor, waits: Waits, log: io.StringIO | None = None) -> Enrolling:
    return Enrolling(door, papers(state), Journal(log or io.StringIO(), lambda: 0), lambda: 0.5, waits)


# --- At its making ----------------------------------------------------------------------------------------------


def test_a_unit_is_made_without_a_name(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = {CONFIG, "identity.key", "identity.csr", "memory.json", "anchors.json", "server-ca.pem", CLAIM}
    assert {path.name for path in state.iterdir()} == names
    assert (state / CLAIM).stat().st_mode & 0o777 == (state / "identity.key").stat().st_mode & 0o777 == 0o600
    request = x509.load_pem_x509_csr((state / "identity.csr").read_bytes())
    assert request.subject.rfc4514_string() == "O=Flexzicht unit"
    with pytest.raises(ConfigError, match="unit: missing"):
        read_config(state)


def test_its_label_is_printed_and_printed_again(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert edge.main(["label", "--state", str(state)]) == 0
    code = (state / CLAIM).read_text().strip()
    groups = "-".join(compared(fingerprint(read_identity(state, "").public)))
    assert capsys.readouterr().out == f"claim code   {code}\nfingerprint  {groups}\n"
    assert edge.main(["label", "--state", str(state), "--new"]) == 0
    assert (state / CLAIM).read_text().strip() != code
    assert (state / CLAIM).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["hub.json", "server-ca.pem", "anchors.json"])
def test_a_kit_that_is_not_whole_makes_no_unit(
    tmp_path: Path, kit: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (kit / name).unlink()
    assert edge.main(["init", "--state", str(tmp_path / "new"), "--kit", str(kit)]) == 2
    assert name in capsys.readouterr().err
    assert not (tmp_path / "new" / CONFIG).exists()


def test_the_hub_names_or_the_ceremony_does(tmp_path: Path, kit: Path) -> None:
    new = str(tmp_path / "new")
    assert edge.main(["init", "--state", new, "--kit", str(kit), "--unit", "unit-1"]) == 2
    assert edge.main(["init", "--state", new, "--unit", "unit-1"]) == 2
    assert not (tmp_path / "new" / CONFIG).exists()


# --- At the door ------------------------------------------------------------------------------------------------


async def test_it_asks_with_its_request_and_proof_and_keeps_what_it_is_given(state: Path) -> None:
    log, waits, code = io.StringIO(), Waits(), (state / CLAIM).read_text()
    door = FakeDoor([Told("waiting"), Told("waiting"), Told("claimed"), Told("confirmed"), issued(state)])
    await enrolling(state, door, waits, log).run()
    key = read_identity(state, "").public
    assert door.asked == [((state / "identity.csr").read_text(), claim_proof(code, fingerprint(key)))]
    for enrolment, given in door.signatures:
        signature = Signature("es256", fingerprint(key), base64.b64decode(given))
        assert verify(enrolment_question(enrolment), signature, public_key(key))
    config = read_config(state)
    assert (config.unit, config.camera, config.client_id) == ("unit-7", "camera-7", SECRET)
    assert (config.hub_url, config.door_url, config.source.film) == (
        HUB["hub_url"],
        HUB["door_url"],
        "/films/street.mp4",
    )
    assert (state / CONFIG).stat().st_mode & 0o777 == 0o600
    assert (state / CERTIFICATE).exists() and not (state / CLAIM).exists()
    said = [json.loads(line)["says"] for line in log.getvalue().splitlines()]
    assert said == [
        "waits until somebody types the claim code on its label",
        "waits until an operator has compared its fingerprint and confirms it",
        "is confirmed, and waits for its certificate",
        "is unit-7 from now on, and has its certificate",
    ]
    assert code.strip() not in log.getvalue()
    assert waits.seconds == [5.0, 5.0, 3.0, 1.0]


async def test_a_hub_that_is_not_reached_is_asked_less_and_less_often(state: Path) -> None:
    log, waits = io.StringIO(), Waits()
    down = DoorError("the hub is not reached: no route")
    await enrolling(state, FakeDoor([*[down] * 8, issued(state)]), waits, log).run()
    assert waits.seconds == [4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0, 60.0]
    assert log.getvalue().count("not reached") == 1


async def test_what_the_hub_forgot_is_asked_anew(state: Path) -> None:
    door = FakeDoor([Told("waiting"), GoneError("404"), Told("waiting"), issued(state)])
    await enrolling(state, door, Waits()).run()
    assert [name for name, _ in door.signatures] == ["question-1", "question-1", "question-2", "question-2"]


async def test_a_new_code_is_a_new_question(state: Path) -> None:
    door, proof = FakeDoor([Told("waiting"), Told("waiting"), issued(state)]), papers(state).proof
    waits = Waits(
        then=lambda: None if len(door.asked) > 1 else print(edge.main(["label", "--state", str(state), "--new"]))
    )
    await enrolling(state, door, waits).run()
    assert len(door.asked) == 2 and door.asked[0][1] == proof != door.asked[1][1]


async def test_who_is_refused_bothers_nobody_for_ten_minutes(state: Path) -> None:
    log, waits = io.StringIO(), Waits()
    door = FakeDoor([Told("refused", reason="an operator refused it"), issued(state)])
    await enrolling(state, door, waits, log).run()
    assert waits.seconds == [600.0] and len(door.asked) == 2
    assert "was refused by the hub: an operator refused it" in log.getvalue()


@pytest.mark.parametrize(
    "changes",
    [
        {"certificate": made(ec.generate_private_key(ec.SECP256R1()).public_key())},
        {"certificate": "x"},
        {"unit": "unit-8"},
        {"unit": "../unit"},
        {"camera": "Camera"},
        {"client_id": "short"},
    ],
)
async def test_what_does_not_fit_is_not_kept(state: Path, changes: dict[str, str]) -> None:
    before = (state / CONFIG).read_bytes()
    with pytest.raises(PapersError):
        await enrolling(state, FakeDoor([issued(state, **changes)]), Waits()).run()
    assert (state / CONFIG).read_bytes() == before
    assert not (state / CERTIFICATE).exists() and (state / CLAIM).exists()


async def test_cut_before_its_certificate_stands_it_asks_again(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = files.replace_file

    def cut(path: Path, data: bytes, mode: int = 0o600) -> None:
        if path.name == CERTIFICATE:
            raise OSError(5, "cut", str(path))
        written(path, data, mode)

    monkeypatch.setattr(enrol, "replace_file", cut)
    with pytest.raises(PapersError):
        await enrolling(state, FakeDoor([issued(state)]), Waits()).run()
    monkeypatch.setattr(enrol, "replace_file", written)
    await enrolling(state, FakeDoor([issued(state, client_id="6" * 32)]), Waits()).run()
    assert read_config(state).client_id == SECRET  # its session's name stays


async def test_the_door_is_a_hub_by_its_pinned_authority_alone(state: Path) -> None:
    door = Door(HUB["door_url"], "localhost", state / "server-ca.pem")  # type: ignore[arg-type]
    with pytest.raises(DoorError, match="the hub is not reached"):
        await door.ask("x", None)


# --- The next certificate ---------------------------------------------------------------------------------------


@dataclass
class FakeHub:
    """Gives a certificate when it is asked for the second time."""

    gives: list[str | None | Exception]
    asked: int = 0
    fresh: int = 0

    async def renew(self) -> str | None:
        self.asked += 1
        answer = self.gives.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def anew(self) -> None:
        self.fresh += 1


@pytest.fixture
async def named(state: Path) -> Path:
    await enrolling(state, FakeDoor([issued(state)]), Waits()).run()
    return state


async def renewing(
    state: Path, hub: FakeHub, now_us: int, looks: int, at_the_door: Enrolling | None = None
) -> tuple[list[float], str]:
    """So many looks; gives how long it waited after each, and what it said."""
    log, waits = io.StringIO(), Waits()

    def enough() -> None:
        if len(waits.seconds) == looks:
            raise asyncio.CancelledError

    waits.then = enough
    journal = Journal(log, lambda: 0)
    running = Renewing(papers(state, "unit-7"), hub, at_the_door, journal, lambda: now_us, lambda: 0.5, waits)
    with pytest.raises(asyncio.CancelledError):
        await running.run()
    return waits.seconds, log.getvalue()


async def test_with_more_than_three_days_left_nothing_is_asked(named: Path) -> None:
    hub = FakeHub([])
    until_us = papers(named).until_us() or 0
    await renewing(named, hub, until_us - RENEW_BEFORE_US - 1, 3)
    assert hub.asked == 0


async def test_with_less_it_fetches_the_next_one_and_shows_it(named: Path) -> None:
    key = read_identity(named, "").key.public_key()
    until_us = papers(named).until_us() or 0
    later = made(key, until_us=until_us + 4 * DAY_US)
    hub = FakeHub([OfferError("the hub is not reached"), None, later])
    waited, said = await renewing(named, hub, until_us - RENEW_BEFORE_US, 4)
    assert (named / CERTIFICATE).read_text() == later
    assert (hub.asked, hub.fresh) == (3, 1)
    assert waited == [600.0, 5.0, 600.0, 600.0]
    assert "is not renewed yet: the hub is not reached" in said and "has its next certificate" in said


async def test_anothers_certificate_does_not_replace_its_own(named: Path) -> None:
    before = (named / CERTIFICATE).read_bytes()
    other = made(ec.generate_private_key(ec.SECP256R1()).public_key())
    _, said = await renewing(named, FakeHub([other]), NOW_US + 6 * DAY_US, 1)
    assert (named / CERTIFICATE).read_bytes() == before and "another unit's" in said


async def test_past_its_end_it_goes_to_the_door_without_a_code(named: Path) -> None:
    later = issued(named, certificate=made(read_identity(named, "").key.public_key(), until_us=NOW_US + 40 * DAY_US))
    door, hub = FakeDoor([Told("claimed"), later]), FakeHub([])
    await renewing(named, hub, NOW_US + 33 * DAY_US + 1, 1, enrolling(named, door, Waits()))
    assert (named / CERTIFICATE).read_text() == later.certificate
    assert [claim for _, claim in door.asked] == [None] and hub.fresh == 1
    _, said = await renewing(named, hub, NOW_US + 50 * DAY_US, 2)
    assert "knows no door" in said
