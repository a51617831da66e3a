# SPDX-License-Identifier: EUPL-1.2
"""PostgreSQL: made once, reached by password alone, started again after a machine that lost its power."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from hub.embedded import postgres
from hub.embedded.program import Program
from hub.embedded.supervisor import Supervisor
from hub.embedded.tree import Tree
from hub.users import USERS

PASSWORD = "p@ss/w:rd with everything?"


@pytest.fixture(scope="module")
def data(servers: Tree) -> Path:
    return postgres.prepare(servers, PASSWORD)


@pytest.fixture
def program(servers: Tree, data: Path, port: dict[str, int], tmp_path: Path) -> Program:
    return postgres.program(servers, port["postgres"], tmp_path / "postgres.log", durable=False)


async def test_it_is_16_in_utf_8_and_utc_and_only_the_password_opens_it(program: Program, port: dict[str, int]) -> None:
    async with Supervisor([program]) as supervisor:
        await supervisor.ready()
        async with await psycopg.AsyncConnection.connect(postgres.url(port["postgres"], PASSWORD)) as database:
            wanted = ("server_encoding", "timezone", "password_encryption", "fsync")
            rows = [await (await database.execute(f"show {name}")).fetchone() for name in wanted]
            assert rows == [("UTF8",), ("UTC",), ("scram-sha-256",), ("off",)]
            assert database.info.server_version // 10000 == 16
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            await psycopg.AsyncConnection.connect(postgres.url(port["postgres"], "wrong"))


def test_the_password_is_left_nowhere(servers: Tree, data: Path) -> None:
    for folder in (data, servers.root / "conf"):
        for path in folder.rglob("*"):
            assert not path.is_file() or PASSWORD.encode() not in path.read_bytes(), path


async def test_the_hubs_role_owns_its_database_and_no_more(program: Program, port: dict[str, int]) -> None:
    async with Supervisor([program]) as supervisor:
        await supervisor.ready()
        url = postgres.url(port["postgres"], PASSWORD)
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as database:
            await database.execute("create table lines (line text)")
            wanted = "rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls"
            found = await database.execute(f"select {wanted} from pg_roles where rolname = current_user")
            assert await found.fetchone() == (False,) * 5
            for forbidden in (
                "copy lines from program 'id'",
                "copy lines to program 'cat'",
                "copy lines from '/etc/passwd'",
                "select pg_read_file('/etc/passwd')",
                "create database another",
                "create role another",
                "create function f() returns int language c as '/lib/x86_64-linux-gnu/libc.so.6', 'getpid'",
                "alter system set archive_command = 'id'",
                "set role postgres",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    await database.execute(forbidden)


@pytest.mark.parametrize(
    ("user", "where"), [("postgres", "flexzicht"), ("postgres", "postgres"), ("flexzicht", "postgres")]
)
async def test_nobody_else_and_nothing_else_is_admitted(
    program: Program, port: dict[str, int], user: str, where: str
) -> None:
    async with Supervisor([program]) as supervisor:
        await supervisor.ready()
        with pytest.raises(psycopg.OperationalError, match="no pg_hba.conf entry"):
            await psycopg.AsyncConnection.connect(f"postgresql://{user}:x@127.0.0.1:{port['postgres']}/{where}")


def test_a_cluster_whose_superuser_the_hub_was_is_refused(servers: Tree, data: Path) -> None:
    lines = data / "pg_hba.conf"
    before = lines.read_text()
    lines.write_text("local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n")
    try:
        with pytest.raises(postgres.PostgresError, match="earlier Flexzicht"):
            postgres.prepare(servers, PASSWORD)
    finally:
        lines.write_text(before)


def test_a_cluster_is_made_once(servers: Tree, data: Path) -> None:
    before = (data / "PG_VERSION").stat().st_ino
    assert postgres.prepare(servers, "another") == data
    assert (data / "PG_VERSION").stat().st_ino == before


def test_what_an_interrupted_initdb_left_is_made_anew(servers: Tree, data: Path) -> None:
    (data.parent / "data.new").mkdir()
    (data / "PG_VERSION").rename(data / "PG_VERSION.away")
    postgres.prepare(servers, PASSWORD)
    assert (data / "PG_VERSION").read_text() == "16\n"
    assert not (data / "PG_VERSION.away").exists()


def test_another_major_version_is_refused(servers: Tree, data: Path) -> None:
    (data / "PG_VERSION").write_text("18\n")
    try:
        with pytest.raises(postgres.PostgresError, match="made by PostgreSQL 18, and this is 16"):
            postgres.prepare(servers, PASSWORD)
    finally:
        (data / "PG_VERSION").write_text("16\n")


@contextmanager
def another_process_of_the_same_user() -> Iterator[int]:
    user = USERS["postgres"].uid if os.geteuid() == 0 else None
    with subprocess.Popen(["/bin/sleep", "60"], user=user) as other:
        yield other.pid
        other.kill()


async def test_a_lock_whose_number_is_anothers_now_does_not_stop_it(
    servers: Tree, data: Path, program: Program, port: dict[str, int]
) -> None:
    with another_process_of_the_same_user() as pid:
        (data / "postmaster.pid").write_text(f"{pid}\n{data}\n")
        postgres.prepare(servers, PASSWORD)
        async with Supervisor([program]) as supervisor:
            await supervisor.ready()
            with pytest.raises(postgres.PostgresError, match=f"process {supervisor.pid('postgres')} serves"):
                postgres.prepare(servers, PASSWORD)
