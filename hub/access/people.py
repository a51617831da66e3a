# SPDX-License-Identifier: EUPL-1.2
"""Accounts: a name, one role, an approver's slot, and a password that only its Argon2id hash is kept of.

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

Role = Literal["operator", "approver", "installer", "viewer"]
Added = Literal["added", "changed", "unchanged"]
PASSWORD_LENGTH = 12  # the least
PASSWORD_LIMIT = 200
MEMORY_KIB = 65_536  # RFC 9106, 4: the second recommended option
NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,31}")
SLOT = re.compile(r"[a-z0-9-]{1,32}")


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

    async def add(
        self, name: str, display: str, role: str, password: str, demo: bool, slot: str | None = None
    ) -> Added:
        """Make an account; one of this name that differs gets what is given here and is signed out everywhere.

        Raises:
            AccountError: the name, the role, the slot or the password will not do.
        """
        if not NAME.fullmatch(name):
            raise AccountError("a name has 1 to 32 of a-z, 0-9, dot and dash, and begins with a letter or digit")
        if role not in get_args(Role):
            raise AccountError(f"a role is one of {', '.join(get_args(Role))}")
        if slot is not None and (role != "approver" or not SLOT.fullmatch(slot)):
            raise AccountError("a slot is an approver's, named as the roster names it")
        if not display.strip() or len(display) > 100:
            raise AccountError("a display name has 1 to 100 characters")
        if not PASSWORD_LENGTH <= len(password) <= PASSWORD_LIMIT:
            raise AccountError(f"a password has {PASSWORD_LENGTH} to {PASSWORD_LIMIT} characters")
        known = await self._people.find(name)
        held = None if known is None else await self.check(name, password)
        if held is not None and (held.display, held.role, held.demo, held.slot) == (display.strip(), role, demo, slot):
            return "unchanged"
        hashed = await asyncio.to_thread(self._hasher.hash, password)
        person = PersonRow(name, display.strip(), role, hashed, demo, self._now_us(), slot)
        try:
            return await self._keep(person)
        except DuplicateError as error:
            raise AccountError(f"{slot} is another account's: a slot is one person's") from error

    async def _keep(self, person: PersonRow) -> Added:
        if await self._people.find(person.name) is None:
            try:
                await self._people.add(person)
            except DuplicateError:
                if await self._people.find(person.name) is None:
                    raise
            else:
                return "added"
        await self._people.replace(person)
        return "changed"

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
