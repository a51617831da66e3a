# SPDX-License-Identifier: EUPL-1.2
"""Accounts and sessions."""

from dataclasses import dataclass

from hub.store.database import Database


@dataclass(frozen=True)
class PersonRow:
    """An account. `demo` marks those that the demo made."""

    name: str
    display: str
    role: str
    password_hash: str
    demo: bool
    created_at_us: int


@dataclass(frozen=True)
class SessionRow:
    """Who signed in, without the hash, and until when; `digest` is SHA-256 of the token."""

    digest: str
    name: str
    display: str
    role: str
    demo: bool
    expires_at_us: int


class People:
    """The tables people and sessions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, person: PersonRow) -> None:
        """Keep a new account. Raises DuplicateError where the name is taken."""
        async with self._database.transaction() as db:
            await db.run(
                "insert into people values (:name, :display, :role, :password_hash, :demo, :created_at_us)",
                **vars(person),
            )

    async def replace(self, person: PersonRow) -> None:
        """Give an account a new display name, role and password; its sessions and what they opened end."""
        async with self._database.transaction() as db:
            await db.run(
                "update grants set ended_at_us = :now where actor = :name and ended_at_us is null",
                name=person.name,
                now=person.created_at_us,
            )
            await db.run("delete from sessions where person = :name", name=person.name)
            await db.run(
                "update people set display = :display, role = :role, password_hash = :password_hash, demo = :demo"
                " where name = :name",
                **{k: v for k, v in vars(person).items() if k != "created_at_us"},
            )

    async def find(self, name: str) -> PersonRow | None:
        """The account of this name."""
        async with self._database.transaction() as db:
            return await db.row(PersonRow, "select * from people where name = :name", name=name)

    async def open_session(self, digest: str, person: str, now_us: int, expires_at_us: int) -> None:
        """Remember a sign-in; those that are over are forgotten."""
        async with self._database.transaction() as db:
            await db.run("delete from sessions where expires_at_us <= :now_us", now_us=now_us)
            await db.run(
                "insert into sessions values (:digest, :person, :now_us, :expires_at_us)",
                digest=digest,
                person=person,
                now_us=now_us,
                expires_at_us=expires_at_us,
            )

    async def session(self, digest: str, now_us: int) -> SessionRow | None:
        """The session of this token's digest, while it lasts."""
        async with self._database.transaction() as db:
            return await db.row(
                SessionRow,
                "select s.digest, p.name, p.display, p.role, p.demo, s.expires_at_us from sessions s"
                " join people p on p.name = s.person where s.digest = :digest and s.expires_at_us > :now_us",
                digest=digest,
                now_us=now_us,
            )

    async def close_session(self, digest: str, now_us: int) -> None:
        """Sign out: the session is gone and its grants to look end."""
        async with self._database.transaction() as db:
            await db.run("delete from sessions where digest = :digest", digest=digest)
            await db.run(
                "update grants set ended_at_us = :now_us where session = :digest and ended_at_us is null",
                digest=digest,
                now_us=now_us,
            )
