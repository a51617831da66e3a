# SPDX-License-Identifier: EUPL-1.2
"""The first town of a run, kept: its ceremony, and how it stands once it is deployed.

Most tests begin where a unit stands at its post. To get there takes forty requests; what came of them the first time,
files and tables, is laid down again for each test that asks for the same.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from http.cookiejar import Cookie
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from cryptography.hazmat.primitives.asymmetric import ec
from psycopg import sql

from edge.unit import identity
from hub import ceremony
from hub.layout import Layout

if TYPE_CHECKING:
    from tests.integration.town import Town

# A table comes after those that it refers to.
_TABLES = """
with recursive refers(child, parent) as (
  select distinct conrelid, confrelid from pg_constraint where contype = 'f' and conrelid <> confrelid
), depth(t, n) as (
  select oid, 0 from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
  union select child, n + 1 from depth join refers on parent = t
)
select relname from depth join pg_class on oid = t where relname <> 'alembic_version'
group by relname order by max(n), relname
"""
_SEQUENCES = "select sequencename, last_value from pg_sequences where last_value is not null"


@dataclass(frozen=True)
class Deployed:
    """What stands then beside the files: rows by table (parents first), sequences, who is signed in, and the answer."""

    rows: dict[str, bytes]
    sequences: dict[str, int]
    cookies: dict[str, list[Cookie]]
    designation: str
    deployment: dict[str, Any]


class First:
    """One for a run."""

    def __init__(self, folder: Path, people: int) -> None:
        """`folder` is empty or not made yet, and of this one alone."""
        folder.mkdir(exist_ok=True)
        self._begun, self._stands = folder / "begun", folder / "deployed"
        self._deployed: Deployed | None = None
        self.approvers = [ec.generate_private_key(ec.SECP256R1()) for _ in range(people)]
        self.operators = [ec.generate_private_key(ec.SECP256R1()) for _ in range(people)]

    def begin(self, layout: Layout, plan: ceremony.Plan, unit: str, at_us: int) -> None:
        """The ceremony's files and the unit's, as they came of the first."""
        if not self._begun.exists():
            identity.init(layout.unit(unit), unit)
            ceremony.hold(layout, plan, [layout.unit(unit)], at_us, os.urandom)
            _copied(layout.state, self._begun)
        else:
            _copied(self._begun, layout.state)

    async def deploy(self, town: Town) -> dict[str, Any]:
        """As `Town.deploy` by the API, which the first one is, of a town in which nothing has happened."""
        if self._deployed is None:
            deployment = await town.deploy_by_hand()
            async with town.keeping.paused():
                _copied(town.layout.state, self._stands)
                self._deployed = await _read(town, deployment)
            return deployment
        async with town.keeping.paused():
            _copied(self._stands, town.layout.state)
            await _write(town, self._deployed)
        return dict(self._deployed.deployment)


def _copied(source: Path, target: Path) -> None:
    """All but sockets, in the place of what stood there; what only stands there stays."""
    for path in source.iterdir():
        before = target / path.name
        if path.is_dir() and path.name != "run":
            shutil.rmtree(before, ignore_errors=True)
    shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("run"))


async def _connected(town: Town) -> psycopg.AsyncConnection[Any]:
    return await psycopg.AsyncConnection.connect(town.database.url.replace("+psycopg", ""))


async def _read(town: Town, deployment: dict[str, Any]) -> Deployed:
    rows: dict[str, bytes] = {}
    async with await _connected(town) as connection, connection.cursor() as cursor:
        for (table,) in await (await cursor.execute(_TABLES)).fetchall():
            async with cursor.copy(sql.SQL("copy {} to stdout").format(sql.Identifier(table))) as copied:
                rows[table] = b"".join([bytes(block) async for block in copied])
        sequences = dict(await (await cursor.execute(_SEQUENCES)).fetchall())
    cookies = {name: list(client.cookies.jar) for name, client in town.clients.items()}
    kept = {table: data for table, data in rows.items() if data}
    return Deployed(kept, sequences, cookies, town.designation, deployment)


async def _write(town: Town, stands: Deployed) -> None:
    async with await _connected(town) as connection, connection.cursor() as cursor:
        for table, data in stands.rows.items():
            async with cursor.copy(sql.SQL("copy {} from stdin").format(sql.Identifier(table))) as copied:
                await copied.write(data)
        for sequence, value in stands.sequences.items():
            await cursor.execute("select setval(%s, %s)", (sequence, value))
    for name, cookies in stands.cookies.items():
        town.clients[name] = town.browser()
        for cookie in cookies:
            town.clients[name].cookies.jar.set_cookie(cookie)
    town.designation = stands.designation
