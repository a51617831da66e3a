# SPDX-License-Identifier: EUPL-1.2
"""Accounts: a name, a role and a password that only its Argon2id hash is kept of.

Checking a password costs 64 MiB and tens of milliseconds, so it runs beside the event loop and at most two at a time.
An unknown name costs as much as a wrong password, so that a reply's time tells nothing about who has an account.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Literal, get_args

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hub.store.faults import DuplicateError
from hub.store.people import People, PersonRow

Role = Literal["operator", "approver", "viewer"]
Added = Literal["added", "changed", "unchanged"]
PASSWORD_LENGTH = 12  # the least
PASSWORD_LIMIT = 200
MEMORY_KIB = 65_536  # RFC 9106, 4: the second recommended option
NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,31}")


class AccountError(ValueError):
    """An account cannot be made like this: the message says what to change."""


class Accounts:
    """Makes accounts and checks passwords."""

    def __init__(self, people: People, now_us: Callable[[], int], memory_kib: int = MEMORY_KIB) -> None:
        self._people = people
        self._now_us = now_us
        self._hasher = PasswordHasher(memory_cost=memory_kib)
        self._two_at_a_time = asyncio.Semaphore(2)
        self._nobody = self._hasher.hash("a password that nobody has")

    async def add(self, name: str, display: str, role: str, password: str, demo: bool) -> Added:
        """Make an account; one of this name that differs gets what is given here and is signed out everywhere.

        Raises:
            AccountError: the name, the role or the password will not do.
        """
        if not NAME.fullmatch(name):
            raise AccountError("a name has 1 to 32 of a-z, 0-9, dot and dash, and begins with a letter or digit")
        if role not in get_args(Role):
            raise AccountError(f"a role is one of {', '.join(get_args(Role))}")
        if not display.strip() or len(display) > 100:
            raise AccountError("a display name has 1 to 100 characters")
        if not PASSWORD_LENGTH <= len(password) <= PASSWORD_LIMIT:
            raise AccountError(f"a password has {PASSWORD_LENGTH} to {PASSWORD_LIMIT} characters")
        held = await self.check(name, password)
        if held is not None and (held.display, held.role, held.demo) == (display.strip(), role, demo):
            return "unchanged"
        hashed = await asyncio.to_thread(self._hasher.hash, password)
        person = PersonRow(name, display.strip(), role, hashed, demo, self._now_us())
        try:
            await self._people.add(person)
        except DuplicateError:
            await self._people.replace(person)
            return "changed"
        return "added"

    async def check(self, name: str, password: str) -> PersonRow | None:
        """The account of this name, if this is its password."""
        person = await self._people.find(name)
        hashed = person.password_hash if person is not None else self._nobody
        async with self._two_at_a_time:
            fits = await asyncio.to_thread(self._fits, hashed, password)
        return person if fits else None

    def _fits(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False
