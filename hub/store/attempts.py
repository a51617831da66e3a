# SPDX-License-Identifier: EUPL-1.2
"""Attempts to sign in that have not succeeded, of the last while: by account and by address, for all processes."""

from dataclasses import dataclass

from hub.store.database import Database

_ACCOUNTS, _ADDRESSES = 0x667B, 0x667C  # classes of advisory locks


@dataclass(frozen=True)
class Limits:
    """How many attempts may stand in `span_us`. `account` holds only for an address with an attempt of its own."""

    account: int
    address: int
    span_us: int


@dataclass(frozen=True)
class _Standing:
    """When the attempt was made that must age before the next; None where there is room."""

    account_at_us: int | None
    address_at_us: int | None
    address_known: bool


class Attempts:
    """The table attempts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, account: str, address: str, now_us: int, limits: Limits) -> int:
        """Count one more and give 0, or count nothing and give how many microseconds to wait.

        One attempt at a time for an account, and for an address: of any number that arrive together no more are let
        through than the limits say.
        """
        since_us = now_us - limits.span_us
        async with self._database.transaction() as db:
            for space, name in ((_ACCOUNTS, account), (_ADDRESSES, address)):  # in this order, or two would deadlock
                await db.value("select pg_advisory_xact_lock(:space, hashtext(:name))", space=space, name=name)
            await db.run(
                "delete from attempts where id in"
                " (select id from attempts where at_us <= :since order by id for update skip locked)",
                since=since_us,
            )
            standing = await db.row(
                _Standing,
                "select"
                " (select at_us from attempts where account = :account and at_us > :since"
                " order by at_us desc offset :per_account limit 1) as account_at_us,"
                " (select at_us from attempts where address = :address and at_us > :since"
                " order by at_us desc offset :per_address limit 1) as address_at_us,"
                " exists (select 1 from attempts where address = :address and at_us > :since) as address_known",
                account=account,
                address=address,
                since=since_us,
                per_account=limits.account - 1,
                per_address=limits.address - 1,
            )
            assert standing is not None
            account_at_us = standing.account_at_us if standing.address_known else None
            last_us = max(account_at_us or 0, standing.address_at_us or 0)
            if last_us:
                return last_us - since_us
            await db.run(
                "insert into attempts (account, address, at_us) values (:account, :address, :now)",
                account=account,
                address=address,
                now=now_us,
            )
        return 0

    async def forget(self, account: str, address: str) -> None:
        """The right password came from there: its attempts at this account no longer count."""
        async with self._database.transaction() as db:
            await db.run("delete from attempts where account = :a and address = :b", a=account, b=address)
