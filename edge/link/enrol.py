# SPDX-License-Identifier: EUPL-1.2
"""How a unit comes by its certificate: at its making by the hub's door and two people, afterwards by itself.

At the door it shows a request signed by its own key and a proof of the code on its label, then asks how that stands
until it is let in; meanwhile it says in its journal what it waits for. It names itself nothing: unit, camera and the
session's secret name come with the certificate. Three days before that ends it asks for the next over the connection
that shows the present one; a unit that lay on a shelf past the end goes to the door again, and keeps its key.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx
from cryptography import x509
from cryptography.x509.oid import NameOID

from contract.claim import claim_proof, enrolment_question
from contract.envelope import fingerprint, sign, spki
from contract.record import ContractError
from edge.config import CONFIG, ConfigError, named_config
from edge.link.credentials import door_context
from edge.link.upload import CONNECT_WITHIN_S, SILENT_WITHIN_S, OfferError, problem_title
from edge.unit.files import replace_file
from edge.unit.identity import CERTIFICATE, CLAIM, REQUEST, Identity
from edge.unit.journal import Journal

RENEW_BEFORE_US = 3 * 86_400_000_000
LOOK_S = 600.0  # how often it is seen whether the certificate nears its end
SIGNED_WITHIN_S = 5.0  # between two questions for a certificate that is being signed
REFUSED_S = 600.0  # before an operator who refused is bothered again
ANSWER_LIMIT = 64 * 1024  # bytes
PAUSES_S = {"waiting": 5.0, "claimed": 3.0, "confirmed": 1.0, "refused": REFUSED_S}
BACKOFF_FIRST_S, BACKOFF_MOST_S = 2.0, 60.0
SAYS = {
    "waiting": "waits until somebody types the claim code on its label",
    "claimed": "waits until an operator has compared its fingerprint and confirms it",
    "confirmed": "is confirmed, and waits for its certificate",
    "refused": "was refused by the hub",
}
_GONE = frozenset({404, 410})  # the question is not known any more, or its code is over


class DoorError(Exception):
    """The door gives no answer to go on with; the text says why."""


class GoneError(DoorError):
    """What was asked is not known there any more: ask anew."""


class PapersError(Exception):
    """The hub's answer does not fit this unit; the text says how. Nothing was kept of it."""


@dataclass(frozen=True)
class Told:
    """How an enrolment stands; `issued` comes with the rest."""

    state: str
    unit: str = ""
    camera: str = ""
    certificate: str = ""
    client_id: str | None = None
    reason: str = ""


class AtTheDoor(Protocol):
    """What a `Door` is to who asks there."""

    async def ask(self, request: str, claim: str | None) -> str:
        """Ask to be let in; gives the question's name."""

    async def look(self, enrolment: str, signature: str) -> Told:
        """How it stands."""


class Door:
    """The hub's site for who has no certificate that counts."""

    def __init__(self, url: str, host: str, server_ca: Path) -> None:
        """`url` may hold an address; `host` is the name in the hub's certificate."""
        port = httpx.URL(url).port
        self._url, self._context = url, door_context(server_ca)
        self._headers = {"Host": f"{host}:{port}" if port else host, "Accept-Language": "en"}
        self._extensions = {"sni_hostname": host}

    async def ask(self, request: str, claim: str | None) -> str:
        """Ask to be let in; gives the question's name. Raises DoorError."""
        answer = await self._send("POST", "/v1/enrolments", {"csr": request, "claim": claim}, {})
        return str(answer.get("id", ""))

    async def look(self, enrolment: str, signature: str) -> Told:
        """How it stands. Raises DoorError."""
        said = {"Authorization": f"Flexzicht {signature}"}
        return _told(await self._send("GET", f"/v1/enrolments/{enrolment}", None, said))

    async def _send(self, method: str, path: str, body: object, headers: dict[str, str]) -> dict[str, object]:
        timeout = httpx.Timeout(SILENT_WITHIN_S, connect=CONNECT_WITHIN_S)
        try:
            async with httpx.AsyncClient(
                base_url=self._url, verify=self._context, trust_env=False, headers=self._headers, timeout=timeout
            ) as client:
                response = await client.request(method, path, json=body, headers=headers, extensions=self._extensions)
        except (OSError, httpx.HTTPError) as error:
            raise DoorError(f"the hub is not reached: {error or type(error).__name__}") from error
        if response.is_error:
            kind = GoneError if response.status_code in _GONE else DoorError
            raise kind(f"the hub answers {response.status_code}: {problem_title(response)}")
        return _object(response)


@dataclass(frozen=True)
class Papers:
    """What of the unit's folder has to do with coming in."""

    state: Path
    identity: Identity

    @property
    def request(self) -> str:
        """The request (PKCS#10, PEM). Raises PapersError."""
        return self._text(REQUEST)

    @property
    def proof(self) -> str | None:
        """That this unit knows the code on its label; None when it has none, or none any more. Raises PapersError."""
        if not (self.state / CLAIM).exists():
            return None
        try:
            return claim_proof(self._text(CLAIM), fingerprint(self.identity.public))
        except ContractError as error:
            raise PapersError(f"{self.state / CLAIM}: {error}; make a new one: flexzicht-edge label --new") from error

    def signature(self, enrolment: str) -> str:
        """By the identity key, for who wants to know how its own question stands."""
        return base64.b64encode(sign(enrolment_question(enrolment), self.identity.key).sig).decode()

    def until_us(self) -> int | None:
        """When the certificate ends; None where there is none that can be read."""
        try:
            certificate = x509.load_pem_x509_certificate((self.state / CERTIFICATE).read_bytes())
        except (OSError, ValueError):
            return None
        return int(certificate.not_valid_after_utc.timestamp()) * 1_000_000

    def take(self, told: Told) -> None:
        """Keep what the hub gave: the names first, the certificate last, for its presence says that all is there.

        Raises:
            PapersError: the certificate is another's, or the names are none.
        """
        pem = self.checked(told.certificate, told.unit)
        try:
            replace_file(self.state / CONFIG, named_config(self.state, told.unit, told.camera, told.client_id))
            replace_file(self.state / CERTIFICATE, pem, 0o644)
            (self.state / CLAIM).unlink(missing_ok=True)
        except ConfigError as error:
            raise PapersError(str(error)) from error
        except OSError as error:
            raise PapersError(f"{error.filename}: {error.strerror}") from error

    def renew(self, certificate: str) -> None:
        """Keep the next certificate. Raises PapersError."""
        try:
            replace_file(self.state / CERTIFICATE, self.checked(certificate, self.identity.unit), 0o644)
        except OSError as error:
            raise PapersError(f"{error.filename}: {error.strerror}") from error

    def checked(self, certificate: str, unit: str) -> bytes:
        """A certificate of this unit's own key and name. Raises PapersError."""
        pem = certificate.encode()
        try:
            found = x509.load_pem_x509_certificate(pem)
        except ValueError as error:
            raise PapersError("the hub gave no certificate") from error
        names = [str(name.value) for name in found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        if found.public_key() != self.identity.key.public_key() or names != [unit]:
            raise PapersError("the hub gave another unit's certificate")
        return pem

    def _text(self, name: str) -> str:
        try:
            return (self.state / name).read_text()
        except (OSError, ValueError) as error:
            raise PapersError(f"{self.state / name}: {error}") from error


Wait = Callable[[float], Awaitable[None]]


class Enrolling:
    """Asks at the door until the unit is let in."""

    def __init__(
        self,
        door: AtTheDoor,
        papers: Papers,
        journal: Journal,
        fraction: Callable[[], float],
        wait: Wait = asyncio.sleep,
    ) -> None:
        """`fraction` gives numbers from 0 up to 1."""
        self._door, self._papers, self._journal = door, papers, journal
        self._fraction, self._wait = fraction, wait

    async def run(self) -> None:
        """Return once the certificate is there.

        Raises:
            PapersError: the unit's own files do not do, or the hub's answer does not fit it.
        """
        enrolment, asked_with, failures = "", None, 0
        while True:
            try:
                proof = self._papers.proof
                if not enrolment or proof != asked_with:
                    enrolment, asked_with = await self._door.ask(self._papers.request, proof), proof
                told = await self._door.look(enrolment, self._papers.signature(enrolment))
                failures = 0
            except DoorError as error:
                if isinstance(error, GoneError):
                    enrolment = ""
                failures += 1
                self._journal.change("enrolment", str(error))
                await self._pause(min(BACKOFF_MOST_S, BACKOFF_FIRST_S * 2 ** min(failures, 16)))
                continue
            if told.state == "issued":
                self._papers.take(told)
                self._journal.say("enrolled", f"is {told.unit} from now on, and has its certificate")
                return
            why = f": {told.reason}" if told.reason else ""
            self._journal.change("enrolment", SAYS.get(told.state, told.state) + why)
            if told.state == "refused":
                enrolment = ""
            await self._pause(PAUSES_S.get(told.state, BACKOFF_MOST_S))

    async def _pause(self, seconds: float) -> None:
        """A little more or less, so that units do not ask all at once."""
        await self._wait(seconds * (0.5 + self._fraction()))


class Renewer(Protocol):
    """The hub's units' site, as far as certificates go."""

    async def renew(self) -> str | None:
        """The next certificate (PEM), or None while it is being signed. Raises OfferError."""

    async def anew(self) -> None:
        """Show the newest certificate from now on."""


class Renewing:
    """Sees to it that the certificate does not end."""

    def __init__(
        self,
        papers: Papers,
        hub: Renewer,
        enrolling: Enrolling | None,
        journal: Journal,
        now_us: Callable[[], int],
        fraction: Callable[[], float],
        wait: Wait = asyncio.sleep,
    ) -> None:
        """`enrolling` is for a certificate that ended all the same."""
        self._papers, self._hub, self._enrolling, self._journal = papers, hub, enrolling, journal
        self._now_us, self._fraction, self._wait = now_us, fraction, wait

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self._wait(await self._look(LOOK_S * (0.5 + self._fraction())))

    async def _look(self, pause_s: float) -> float:
        """Renew what is due; gives how long to wait for the next look."""
        until_us = self._papers.until_us() or 0
        left_us = until_us - self._now_us()
        if left_us > RENEW_BEFORE_US:
            return pause_s
        try:
            if left_us <= 0:
                await self._at_the_door()
                return pause_s
            pem = await self._hub.renew()
            if pem is None:
                return SIGNED_WITHIN_S
            self._papers.renew(pem)
            await self._hub.anew()
            self._journal.say("renewed", "has its next certificate")
        except (OfferError, PapersError) as error:
            self._journal.change("certificate", f"is not renewed yet: {error}")
        return pause_s

    async def _at_the_door(self) -> None:
        if self._enrolling is None:
            self._journal.change("certificate", "has ended, and this unit knows no door to ask at")
            return
        self._journal.change("certificate", "has ended: it asks at the door, where an operator confirms it anew")
        await self._enrolling.run()
        await self._hub.anew()


def _told(answer: dict[str, object]) -> Told:
    words = {name: str(answer.get(name) or "") for name in ("state", "unit", "camera", "certificate", "reason")}
    secret = answer.get("client_id")
    return Told(**words, client_id=secret if isinstance(secret, str) else None)


def _object(response: httpx.Response) -> dict[str, object]:
    try:
        answer = response.json() if len(response.content) <= ANSWER_LIMIT else None
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise DoorError("what answers is not the hub")
    return answer


def label(papers: Papers) -> tuple[str, str]:
    """What is printed for the unit: its claim code where it has one, and its key's fingerprint (SHA-256)."""
    code = papers.state / CLAIM
    return code.read_text().strip() if code.exists() else "", fingerprint(spki(papers.identity.key))
