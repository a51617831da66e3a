# SPDX-License-Identifier: EUPL-1.2
"""What goes to the hub by HTTPS: sealed segments by PUT, and the offer of a live session by WHIP (RFC 9725).

A PUT is named by the segment's chain value, so it may be sent as often as one likes. First the hub is asked how much of
it is there: one that broke off goes on at that byte, and no megabytes go for a refusal. Its 202 means "stored, not
anchored": the copy here stays until an ack signed by the order key arrives by MQTT.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

import httpx

from edge.link.credentials import Credentials, CredentialsError

CONNECT_WITHIN_S = 5.0
SILENT_WITHIN_S = 15.0  # between two chunks, either way
SDP_LIMIT = 64 * 1024  # bytes
# Of the segment itself, whatever is tried again: altered, too long, not of the form. All else passes with time.
_REFUSALS = frozenset({400, 413, 415, 422})
_NO_ROW_YET = 409


class Outcome(Enum):
    """What came of sending a segment."""

    STORED = auto()
    NO_ROW_YET = auto()  # its index row has not reached the hub, or another try of it is under way: soon
    REFUSED = auto()  # never: keep it aside and report it
    GONE = auto()  # its file is no longer here: it was acked meanwhile, and nothing was said to the hub
    LATER = auto()


@dataclass(frozen=True)
class Answer:
    """An outcome and, where it is not STORED, why in words."""

    outcome: Outcome
    reason: str = ""


class OfferError(Exception):
    """The hub does not take a live session, or gives no next certificate; the text says why."""


class HubClient:
    """The hub's units' site, as this unit sees it."""

    def __init__(self, url: str, host: str, unit: str, credentials: Credentials) -> None:
        """`url` may hold an address; `host` is the name in the hub's certificate."""
        self._url, self._host = url, host
        self._unit, self._credentials = unit, credentials
        self._extensions = {"sni_hostname": host}
        self._client = self._opened()

    def _opened(self) -> httpx.AsyncClient:
        port = httpx.URL(self._url).port
        return httpx.AsyncClient(
            base_url=self._url,
            verify=self._credentials.context,
            trust_env=False,  # no proxy: the environment is not asked
            headers={"Host": f"{self._host}:{port}" if port else self._host},
            timeout=httpx.Timeout(SILENT_WITHIN_S, connect=CONNECT_WITHIN_S),
            limits=httpx.Limits(max_connections=4, max_keepalive_connections=2),
        )

    async def put(self, chain: str, path: Path) -> Answer:
        """Send a segment."""
        try:
            data = await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError:
            return Answer(Outcome.GONE, "no longer needed")
        except OSError as error:
            return Answer(Outcome.LATER, f"the segment's file cannot be read: {error.strerror}")
        name = f"/v1/units/{self._unit}/segments/{chain}"
        try:
            response = await self._send("GET", name)
            offset = _offset(response)
            if offset == len(data):
                return Answer(Outcome.STORED)
            if offset is not None and offset < len(data):
                place = f"bytes {offset}-{len(data) - 1}/{len(data)}"
                response = await self._send("PUT", name, data[offset:], {"Content-Range": place})
        except (OSError, httpx.HTTPError, CredentialsError) as error:
            return Answer(Outcome.LATER, _words(error))
        return _answer(response)

    async def whip(self, camera: str, offer: str) -> str:
        """Offer a live session and bring the answer. Raises OfferError."""
        try:
            response = await self._send(
                "POST", f"/v1/units/{self._unit}/whip/{camera}", offer.encode(), {"Content-Type": "application/sdp"}
            )
        except (httpx.HTTPError, CredentialsError) as error:
            raise OfferError(_words(error)) from error
        if response.status_code != httpx.codes.CREATED:
            raise OfferError(f"{response.status_code} {problem_title(response)}")
        if len(response.content) > SDP_LIMIT:
            raise OfferError("the answer is too long")
        return response.text

    async def renew(self) -> str | None:
        """The unit's next certificate (PEM), or None while it is being signed. Raises OfferError."""
        try:
            response = await self._send("POST", f"/v1/units/{self._unit}/certificate")
        except (httpx.HTTPError, CredentialsError) as error:
            raise OfferError(_words(error)) from error
        if response.status_code == httpx.codes.ACCEPTED:
            return None
        if response.status_code != httpx.codes.OK or len(response.content) > SDP_LIMIT:
            raise OfferError(f"{response.status_code} {problem_title(response)}")
        try:
            return str(response.json()["certificate"])
        except (ValueError, TypeError, KeyError) as error:
            raise OfferError("the hub gave no certificate") from error

    async def anew(self) -> None:
        """Show the newest certificate from now on: connections that showed an older one are let go."""
        before, self._client = self._client, self._opened()
        await before.aclose()

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()

    async def _send(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        self._credentials.refresh()
        return await self._client.request(method, path, content=body, headers=headers, extensions=self._extensions)


def _offset(response: httpx.Response) -> int | None:
    """How much of a segment the hub says it has, or None where that is not what it says."""
    if response.status_code != httpx.codes.OK:
        return None
    try:
        offset = response.json()["offset"]
    except (ValueError, TypeError, KeyError):
        return None
    return offset if isinstance(offset, int) and offset >= 0 else None


def _answer(response: httpx.Response) -> Answer:
    """What came of sending a segment, by the last that the hub said."""
    if response.status_code == httpx.codes.ACCEPTED:
        return Answer(Outcome.STORED)
    reason = f"{response.status_code} {problem_title(response)}"
    if response.status_code == _NO_ROW_YET:
        return Answer(Outcome.NO_ROW_YET, reason)
    return Answer(Outcome.REFUSED if response.status_code in _REFUSALS else Outcome.LATER, reason)


def problem_title(response: httpx.Response) -> str:
    """What a problem (RFC 9457) says of itself, bounded."""
    try:
        said = response.json()
    except ValueError:
        return response.reason_phrase
    words = (said.get("detail") or said.get("title")) if isinstance(said, dict) else None
    return str(words or response.reason_phrase)[:200]


def _words(error: Exception) -> str:
    return f"the hub is not reached: {error or type(error).__name__}"
