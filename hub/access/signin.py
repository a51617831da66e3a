# SPDX-License-Identifier: EUPL-1.2
"""Signing in and being signed in: sessions, the limit on attempts, and what a route may demand of who asks.

A session is a random 256-bit token in an HttpOnly, SameSite=Strict cookie; the database holds its SHA-256 only. A route
says whom it serves by the type of an argument: `SignedIn`, `Operator`, `Approver`, `Watcher`.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from hub.access.people import Accounts
from hub.problem import ProblemError
from hub.store.people import People

COOKIE = "fz_session"
TOKEN_BYTES = 32
HOUR_US = 3_600_000_000
ATTEMPTS = 5  # wrong passwords for one name in a minute
ATTEMPTS_IN_ALL = 60  # for all names together: a password check is meant to be slow
ATTEMPT_SPAN_US = 60_000_000
NAMES_LIMIT = 1000  # names remembered at once
EVERYBODY = ""  # no account has this name


@dataclass(frozen=True)
class Person:
    """Who is signed in; `session` is the token's digest, which names the session in a grant."""

    name: str
    display: str
    role: str
    demo: bool
    session: str
    expires_at_us: int


class Attempts:
    """Counts wrong passwords in a sliding minute, for one name and in all. Bounded: the oldest name is forgotten."""

    def __init__(self) -> None:
        self._failed: OrderedDict[str, list[int]] = OrderedDict()

    def wait_us(self, name: str, now_us: int) -> int:
        """How long this name must wait before it may try again; 0 is now."""
        return max(
            self._wait_us(name, ATTEMPTS, now_us),
            self._wait_us(EVERYBODY, ATTEMPTS_IN_ALL, now_us),
        )

    def failed(self, name: str, now_us: int) -> None:
        """One more."""
        for who in (name, EVERYBODY):
            times = [at for at in self._failed.pop(who, []) if at > now_us - ATTEMPT_SPAN_US]
            self._failed[who] = [*times, now_us]
        while len(self._failed) > NAMES_LIMIT:
            self._failed.popitem(last=False)

    def forget(self, name: str) -> None:
        """The right password came."""
        self._failed.pop(name, None)

    def _wait_us(self, who: str, limit: int, now_us: int) -> int:
        times = [at for at in self._failed.get(who, []) if at > now_us - ATTEMPT_SPAN_US]
        return times[-limit] + ATTEMPT_SPAN_US - now_us if len(times) >= limit else 0


class SignIn:
    """Opens, finds and closes sessions."""

    def __init__(
        self,
        accounts: Accounts,
        people: People,
        session_h: int,
        now_us: Callable[[], int],
        random: Callable[[int], bytes],
    ) -> None:
        self._accounts = accounts
        self._people = people
        self._session_us = session_h * HOUR_US
        self._now_us = now_us
        self._random = random
        self._attempts = Attempts()

    async def open(self, name: str, password: str) -> tuple[str, Person]:
        """A new session: its token, for the cookie, and the person.

        Raises:
            ProblemError: wrong, or too often wrong; which of the two parts was wrong is not said.
        """
        wait_us = self._attempts.wait_us(name, self._now_us())
        if wait_us:
            raise ProblemError("too-many-attempts", retry_after_s=-(-wait_us // 1_000_000))
        found = await self._accounts.check(name, password)
        now_us = self._now_us()
        if found is None:
            self._attempts.failed(name, now_us)
            raise ProblemError("sign-in-failed")
        self._attempts.forget(name)
        token = self._random(TOKEN_BYTES).hex()
        expires_at_us = now_us + self._session_us
        await self._people.open_session(_digest(token), found.name, now_us, expires_at_us)
        return token, Person(found.name, found.display, found.role, found.demo, _digest(token), expires_at_us)

    async def person(self, token: str | None) -> Person | None:
        """Who holds this token, while its session lasts."""
        if token is None:
            return None
        session = await self._people.session(_digest(token), self._now_us())
        if session is None:
            return None
        return Person(session.name, session.display, session.role, session.demo, session.digest, session.expires_at_us)

    async def close(self, person: Person) -> None:
        """Sign out; what this session was granted to see ends with it."""
        await self._people.close_session(person.session, self._now_us())


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


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
Watcher = Annotated[Person, Depends(having("operator", "viewer"))]
