# SPDX-License-Identifier: EUPL-1.2
"""Signing in and being signed in: sessions, the limit on attempts, and what a route may demand of who asks.

A session is a random 256-bit token in an HttpOnly, SameSite=Strict cookie; the database holds its SHA-256 only. A route
says whom it serves by the type of an argument: `SignedIn`, `Operator`, `Approver`, `Placer`, `Watcher`.

An attempt is counted before its password is looked at, so that many at once gain nothing, and forgotten when it was the
right one. Nobody is refused for what others do elsewhere: an account under attack still opens from an address that has
made no attempt of its own in that minute.
"""

import hashlib
import ipaddress
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from hub.access.people import Accounts
from hub.problem import ProblemError
from hub.store.attempts import Attempts, Limits
from hub.store.people import People

COOKIE = "fz_session"
TOKEN_BYTES = 32
HOUR_US = 3_600_000_000
LIMITS = Limits(account=5, address=60, span_us=60_000_000)
FORWARDED = "x-forwarded-for"  # the front puts the caller's address last; what a caller put there stands before it
NETWORK_BITS = 64  # of an IPv6 address: what one household or office holds all of


@dataclass(frozen=True)
class Person:
    """Who is signed in; `session` is the token's digest, which names the session in a grant, `slot` an approver's."""

    name: str
    display: str
    role: str
    demo: bool
    session: str
    expires_at_us: int
    slot: str | None = None


class SignIn:
    """Opens, finds and closes sessions."""

    def __init__(
        self,
        accounts: Accounts,
        people: People,
        attempts: Attempts,
        session_h: int,
        now_us: Callable[[], int],
        random: Callable[[int], bytes],
    ) -> None:
        self._accounts = accounts
        self._people = people
        self._attempts = attempts
        self._session_us = session_h * HOUR_US
        self._now_us = now_us
        self._random = random

    async def open(self, name: str, password: str, address: str) -> tuple[str, Person]:
        """A new session for who asks from this address: its token, for the cookie, and the person.

        Raises:
            ProblemError: wrong, or too often wrong; which of the two parts was wrong is not said.
        """
        wait_us = await self._attempts.count(name, address, self._now_us(), LIMITS)
        if wait_us:
            raise ProblemError("too-many-attempts", retry_after_s=-(-wait_us // 1_000_000))
        found = await self._accounts.check(name, password)
        if found is None:
            raise ProblemError("sign-in-failed")
        await self._attempts.forget(name, address)
        now_us = self._now_us()
        token = self._random(TOKEN_BYTES).hex()
        expires_at_us = now_us + self._session_us
        await self._people.open_session(_digest(token), found.name, now_us, expires_at_us)
        made = Person(found.name, found.display, found.role, found.demo, _digest(token), expires_at_us, found.slot)
        return token, made

    async def person(self, token: str | None) -> Person | None:
        """Who holds this token, while its session lasts."""
        if token is None:
            return None
        session = await self._people.session(_digest(token), self._now_us())
        if session is None:
            return None
        return Person(
            session.name,
            session.display,
            session.role,
            session.demo,
            session.digest,
            session.expires_at_us,
            session.slot,
        )

    async def close(self, person: Person) -> None:
        """Sign out; what this session was granted to see ends with it."""
        await self._people.close_session(person.session, self._now_us())


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def calling_address(request: Request) -> str:
    """Where who asks sits, as the front saw it; without a front everybody sits in one place."""
    last = request.headers.get(FORWARDED, "").rpartition(",")[2].strip()
    try:
        address = ipaddress.ip_address(last)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), NETWORK_BITS), strict=False))


async def signed_in(request: Request) -> Person:
    """Who asks. The application's composition root keeps its `SignIn` as `app.state.sign_in`."""
    sign_in: SignIn = request.app.state.sign_in
    person = await sign_in.person(request.cookies.get(COOKIE))
    if person is None:
        raise ProblemError("not-signed-in")
    return person


def having(*roles: str) -> Callable[[Person], Awaitable[Person]]:
    """A demand: who asks is signed in and has one of these roles."""

    async def having_role(person: Annotated[Person, Depends(signed_in)]) -> Person:
        if person.role not in roles:
            raise ProblemError("not-allowed", rule="R11", role=person.role, needed=" / ".join(roles))
        return person

    return having_role


SignedIn = Annotated[Person, Depends(signed_in)]
Operator = Annotated[Person, Depends(having("operator"))]
Approver = Annotated[Person, Depends(having("approver"))]
Placer = Annotated[Person, Depends(having("operator", "installer"))]
Watcher = Annotated[Person, Depends(having("operator", "viewer"))]
