# SPDX-License-Identifier: EUPL-1.2
"""The limit on attempts to sign in: counted before a password is looked at, and refusing nobody for what others do."""

import asyncio
import threading
from collections import Counter

import httpx
import pytest
from argon2 import PasswordHasher

from hub.access.people import Accounts
from hub.access.signin import LIMITS
from hub.store.attempts import Attempts, Limits
from hub.store.database import Database
from hub.store.people import People
from tests.integration.town import CHEAP_KIB, PASSWORD, Town, problem

WRONG = "wrong horse battery"
HERE, THERE = "192.0.2.1", "192.0.2.2"
SECOND_US = 1_000_000
SMALL = Limits(account=2, address=3, span_us=60 * SECOND_US)


class Guesser:
    """Somebody at an address, who tries to sign in."""

    def __init__(self, town: Town, address: str) -> None:
        self._browser = town.browser(**{"X-Forwarded-For": address})

    async def answer(self, name: str = "viewer", password: str = WRONG) -> httpx.Response:
        return await self._browser.post("/v1/session", json={"name": name, "password": password})

    async def status(self, name: str = "viewer", password: str = WRONG) -> int:
        return (await self.answer(name, password)).status_code


class Checks:
    """Passwords that were looked at, and how many at once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = self.most = self._now = 0
        self._lock = threading.Lock()
        self._verify = PasswordHasher.verify
        checks = self

        def verify(hasher: PasswordHasher, hashed: str, password: str) -> bool:
            with checks._lock:
                checks.count += 1
                checks._now += 1
                checks.most = max(checks.most, checks._now)
            try:
                return bool(checks._verify(hasher, hashed, password))
            finally:
                with checks._lock:
                    checks._now -= 1

        monkeypatch.setattr(PasswordHasher, "verify", verify)


async def test_many_guesses_at_once_get_no_more_than_the_limit(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    await town.client("viewer")
    here, checks = Guesser(town, HERE), Checks(monkeypatch)

    answers = await asyncio.gather(*(here.status(password=f"{WRONG} {n}") for n in range(40)))

    assert Counter(answers) == {401: LIMITS.account, 429: 40 - LIMITS.account}
    assert checks.count == LIMITS.account


async def test_who_waits_is_told_how_long_and_then_gets_in(town: Town) -> None:
    await town.client("viewer")
    here = Guesser(town, HERE)
    for _ in range(LIMITS.account):
        assert await here.status() == 401
        town.now_us += SECOND_US

    refused = await here.answer(password=PASSWORD)
    assert problem(refused)[:2] == (429, "too-many-attempts")
    assert refused.headers["retry-after"] == str(60 - LIMITS.account)
    town.now_us += (60 - LIMITS.account) * SECOND_US - 1
    assert await here.status(password=PASSWORD) == 429
    town.now_us += 1
    assert await here.status(password=PASSWORD) == 201


async def test_an_account_under_attack_opens_from_an_address_without_failures(town: Town) -> None:
    await town.client("viewer")
    here, there = Guesser(town, HERE), Guesser(town, THERE)
    for _ in range(LIMITS.account):
        assert await here.status() == 401

    assert await there.status(password=PASSWORD) == 201
    assert await there.status(password=PASSWORD) == 201
    assert await here.status(password=PASSWORD) == 429  # what came right elsewhere forgives nothing here
    assert await there.status() == 401
    assert await there.status() == 429


async def test_many_failures_elsewhere_refuse_nobody_here(town: Town) -> None:
    await town.client("approver")
    for n in range(20):
        there = Guesser(town, f"198.51.100.{n}")
        assert set(await asyncio.gather(*(there.status(f"nobody-{n}-{m}") for m in range(4)))) == {401}

    assert await Guesser(town, HERE).status("approver", PASSWORD) == 201


async def test_one_address_tries_a_bounded_number_of_accounts(town: Town) -> None:
    await town.client("viewer")
    here = Guesser(town, HERE)
    answers = await asyncio.gather(*(here.status(f"nobody-{n}") for n in range(LIMITS.address + 5)))

    assert Counter(answers) == {401: LIMITS.address, 429: 5}
    assert await here.status(password=PASSWORD) == 429
    assert await Guesser(town, THERE).status(password=PASSWORD) == 201


async def test_the_right_password_forgets_the_wrong_ones(town: Town) -> None:
    await town.client("viewer")
    here = Guesser(town, HERE)
    for _ in range(3):
        for _ in range(LIMITS.account - 1):
            assert await here.status() == 401
        assert await here.status(password=PASSWORD) == 201


async def test_an_unknown_name_costs_what_a_known_one_costs(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    await town.client("viewer")
    here, checks = Guesser(town, HERE), Checks(monkeypatch)

    counts = []
    for name in ("viewer", "nobody"):
        assert await here.status(name) == 401
        counts.append(checks.count)
    assert counts == [1, 2]


async def test_passwords_are_looked_at_two_at_a_time_and_the_others_wait(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts, checks = Accounts(People(database), lambda: 1, CHEAP_KIB), Checks(monkeypatch)

    await asyncio.gather(*(accounts.check(f"nobody-{n}", WRONG) for n in range(20)))

    assert (checks.count, checks.most) == (20, 2)


async def test_two_processes_count_together(database: Database) -> None:
    other = Database(database.url)
    first, second = Attempts(database), Attempts(other)

    waits = await asyncio.gather(*(each.count("anna", HERE, 1, SMALL) for each in (first, second) * 10))

    assert sorted(waits) == [0, 0, *[SMALL.span_us] * 18]
    await other.close()


async def test_what_is_older_than_its_span_is_not_kept(database: Database) -> None:
    attempts = Attempts(database)
    for n in range(9):
        await attempts.count(f"name-{n}", HERE, 1 + n * SMALL.span_us, SMALL)

    async with database.transaction() as db:
        assert await db.value("select count(*) from attempts") == 1
