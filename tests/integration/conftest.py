# SPDX-License-Identifier: EUPL-1.2
"""A real PostgreSQL for the rooms that need one: started once a run, migrated once, emptied before each test."""

import asyncio
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from hub.embedded import ports, postgres, tree
from hub.embedded.program import Program
from hub.store import schema
from hub.store.database import Database
from tests.integration.first import First
from tests.integration.town import PLAN, Town
from tests.integration.town import town as new_town

READY_WITHIN_S = 30.0


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """The address of an empty, migrated database, for SQLAlchemy."""
    folder = Path(tempfile.mkdtemp(prefix="fz-postgres-"))
    folder.chmod(0o755)  # as root the server runs under a uid of its own
    servers = tree.prepare(folder / "servers")
    password = secrets.token_urlsafe()
    postgres.prepare(servers, password)
    port = ports.chosen(folder / "ports.json", ["postgres"])["postgres"]
    program = postgres.program(servers, port, folder / "postgres.log", durable=False)
    with open(folder / "postgres.log", "ab") as log:
        server = subprocess.Popen(program.command(), stdout=log, stderr=log, env=dict(program.env), cwd="/")
    try:
        asyncio.run(ready(program))
        url = postgres.url(port, password).replace("postgresql://", "postgresql+psycopg://")
        schema.migrate(url)
        yield url
    finally:
        server.send_signal(program.stop_signal)
        server.wait(20)
        shutil.rmtree(folder)


async def ready(program: Program) -> None:
    """Return once it is ready."""
    assert program.ready is not None
    async with asyncio.timeout(READY_WITHIN_S):
        while True:
            try:
                if await program.ready():
                    return
            except OSError:
                await asyncio.sleep(0.02)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The database, empty."""
    database = Database(database_url)
    async with database.transaction() as db:
        tables = await db.value(
            "select string_agg(quote_ident(tablename), ', ') from pg_tables"
            " where schemaname = 'public' and tablename <> 'alembic_version'"
        )
        await db.run(f"truncate {tables} restart identity")
    yield database
    await database.close()


@pytest.fixture(scope="session")
def first_town(tmp_path_factory: pytest.TempPathFactory) -> First:
    """What the first town of this run came to."""
    return First(tmp_path_factory.mktemp("first"), len(PLAN.slots))


@pytest.fixture
async def town(database: Database, monkeypatch: pytest.MonkeyPatch, first_town: First) -> AsyncIterator[Town]:
    """A municipality with its hub in this process."""
    async with new_town(database, monkeypatch, first=first_town) as made:
        yield made
