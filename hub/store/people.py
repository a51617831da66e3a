# SPDX-License-Identifier: EUPL-1.2
"""Accounts with their keys and slots, sessions, and when each slot's key was last tried."""

from dataclasses import dataclass

from hub.store.database import Database


@dataclass(frozen=True)
class PersonRow:
    """An account. `demo` marks those that the demo made; `slot` is an approver's place in the roster."""

    name: str
    display: str
    role: str
    password_hash: str
    demo: bool
    created_at_us: int
    slot: str | None = None


@dataclass(frozen=True)
class SessionRow:
    """Who signed in, without the hash, and until when; `digest` is SHA-256 of the token."""

    digest: str
    name: str
    display: str
    role: str
    demo: bool
    slot: str | None
    expires_at_us: int


@dataclass(frozen=True)
class TeamRow:
    """Who may be in a team, and the key (SPKI) that they sign with, once they have one."""

    name: str
    display: str
    role: str
    demo: bool
    key: bytes | None


@dataclass(frozen=True)
class HolderRow:
    """Whose account a slot is, by the name that people know."""

    slot: str
    name: str
    display: str


@dataclass(frozen=True)
class TryRow:
    """A slot's key (its fingerprint) signed at this moment, to show that it can."""

    slot: str
    key: str
    at_us: int


class People:
    """The tables people, sessions and tries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, person: PersonRow) -> None:
        """Keep a new account. Raises DuplicateError where the name is taken, or the slot."""
        async with self._database.transaction() as db:
            await db.run(
                "insert into people (name, display, role, password_hash, demo, created_at_us, slot)"
                " values (:name, :display, :role, :password_hash, :demo, :created_at_us, :slot)",
                **vars(person),
            )

    async def replace(self, person: PersonRow) -> None:
        """Give an account a new display name, role, slot and password; its sessions and what they opened end.

        The key that it signed with stays while the role does: what was signed with it names it. Raises DuplicateError
        where another account has the slot.
        """
        async with self._database.transaction() as db:
            await db.run(
                "update grants set ended_at_us = :now where actor = :name and ended_at_us is null",
                name=person.name,
                now=person.created_at_us,
            )
            await db.run("delete from sessions where person = :name", name=person.name)
            await db.run(
                "update people set display = :display, password_hash = :password_hash, demo = :demo, slot = :slot,"
                " key = case when role = :role then key end, role = :role where name = :name",
                **{k: v for k, v in vars(person).items() if k != "created_at_us"},
            )

    async def find(self, name: str) -> PersonRow | None:
        """The account of this name."""
        async with self._database.transaction() as db:
            return await db.row(
                PersonRow,
                "select name, display, role, password_hash, demo, created_at_us, slot from people where name = :name",
                name=name,
            )

    async def team(self) -> list[TeamRow]:
        """Everybody who may be in a team, by name."""
        async with self._database.transaction() as db:
            return await db.rows(
                TeamRow,
                "select name, display, role, demo, key from people where role in ('operator', 'installer')"
                " order by display, name",
            )

    async def key(self, name: str) -> bytes | None:
        """The key that this account signs with."""
        async with self._database.transaction() as db:
            found = await db.value("select key from people where name = :name", name=name)
        return None if found is None else bytes(found)

    async def give_key(self, name: str, key: bytes) -> None:
        """From now on this account signs with this key. Raises DuplicateError where it is another account's."""
        async with self._database.transaction() as db:
            await db.run("update people set key = :key where name = :name", name=name, key=key)

    async def holders(self) -> list[HolderRow]:
        """Whose account each slot is; a slot that nobody has is not among them."""
        async with self._database.transaction() as db:
            return await db.rows(HolderRow, "select slot, name, display from people where slot is not null")

    async def tried(self, made: TryRow) -> None:
        """A slot's key was tried; the newest stands."""
        async with self._database.transaction() as db:
            await db.run(
                "insert into tries values (:slot, :key, :at_us) on conflict (slot) do update set"
                " key = excluded.key, at_us = greatest(excluded.at_us, case when tries.key = excluded.key"
                " then tries.at_us else 0 end)",
                **vars(made),
            )

    async def tries(self) -> list[TryRow]:
        """When each slot's key was last tried."""
        async with self._database.transaction() as db:
            return await db.rows(TryRow, "select slot, key, at_us from tries")

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
                "select s.digest, p.name, p.display, p.role, p.demo, p.slot, s.expires_at_us from sessions s"
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
