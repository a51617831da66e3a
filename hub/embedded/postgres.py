# SPDX-License-Identifier: EUPL-1.2
"""PostgreSQL 16 on loopback: its data folder, its program, its address.

`prepare` is for before the supervisor starts: it makes a new database cluster where there is none, whole or not at
all, and clears what a machine that lost its power left behind. One role may log in, by password (SCRAM) and TCP only:
the hub's, which owns its database and is no superuser. The superuser has no password, and nothing admits him.
"""

import asyncio
import os
import re
import shutil
import signal
import struct
import subprocess
from pathlib import Path
from urllib.parse import quote

from hub.embedded.faults import EmbeddedError
from hub.embedded.ports import LOOPBACK
from hub.embedded.program import Program, Ready, bound_prefix
from hub.embedded.tree import Tree, give
from hub.users import USERS, User

USER = DATABASE = "flexzicht"
SUPERUSER = "postgres"
NOBODY = User(65_534)  # makes a new cluster: initdb wants a user with an entry in /etc/passwd, the server does not
ADMITTED = f"host {DATABASE} {USER} {LOOPBACK}/32 scram-sha-256\n"
MAJOR = "16"
INITDB_WITHIN_S = 60.0
PROTOCOL_3 = 196608  # PostgreSQL's frontend protocol 3.0, as its start-up message says it


class PostgresError(EmbeddedError):
    """The database cluster cannot be used as it is; the message says what stands in the way."""


def prepare(tree: Tree, password: str) -> Path:
    """The data folder, ready for `program`; a new one accepts the password, one that exists keeps the one it has."""
    home = tree.folder("postgres")
    data = home / "data"
    if not (data / "PG_VERSION").exists():
        _initdb(tree, home, data, password)
    version = (data / "PG_VERSION").read_text().strip()
    if version != MAJOR:
        raise PostgresError(f"{data} was made by PostgreSQL {version}, and this is {MAJOR}: dump and restore it")
    if not re.search(r"^local\s+all\s+all\s+reject$", (data / "pg_hba.conf").read_text(), re.MULTILINE):
        raise PostgresError(f"{data} was made by an earlier Flexzicht, which used its superuser: move the state away")
    tree.place("postgres", "pg_hba.conf", ADMITTED)  # in place of the cluster's own, which admits nobody
    _clear_stale_lock(data)
    return data


def program(tree: Tree, port: int, log_file: Path, *, durable: bool = True) -> Program:
    """The server on this port; `durable=False` is for tests, which may lose their data with the power."""
    home = tree.folder("postgres")
    settings = {
        "listen_addresses": LOOPBACK,
        "unix_socket_directories": "",
        "hba_file": str(tree.root / "conf" / "pg_hba.conf"),
        "shared_buffers": "32MB",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    if not durable:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return Program(
        name="postgres",
        argv=(str(tree.postgres_bin / "postgres"), "-D", str(home / "data"), "-p", str(port), *options),
        env=tree.environment(home),
        log_file=log_file,
        ready=_answers(port),
        stop_signal=signal.SIGINT,  # "fast": TERM would wait for every client to leave
        user=USERS["postgres"],
    )


def url(port: int, password: str, database: str = DATABASE) -> str:
    """The address for DATABASE_URL."""
    return f"postgresql://{USER}:{quote(password, safe='')}@{LOOPBACK}:{port}/{database}"


def _initdb(tree: Tree, home: Path, data: Path, password: str) -> None:
    making = tree.root / "postgres.new"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700)
    give(making, NOBODY)
    fresh = making / "data"
    auth = ("--auth-local=reject", "--auth-host=reject")
    kind = ("--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")
    _run(tree, making, "", "initdb", "-D", str(fresh), "-U", SUPERUSER, *auth, *kind)
    # Single-user mode: the superuser's only door, on this machine's disk and not on its network. A command a line.
    role = f"create role {USER} login password '{password.replace(chr(39), 2 * chr(39))}'"
    commands = (role, f"create database {DATABASE} owner {USER}")
    quiet = ("-c", "log_statement=none", "-c", "log_min_error_statement=panic")
    single = ("--single", "-D", str(fresh), *quiet, SUPERUSER)
    _run(tree, making, "".join(f"{line}\n" for line in commands), "postgres", *single)
    give(fresh, USERS["postgres"])
    shutil.rmtree(data, ignore_errors=True)
    fresh.rename(data)
    making.rmdir()


def _run(tree: Tree, home: Path, given: str, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs to its end."""
    try:
        made = subprocess.run(
            [*bound_prefix("KILL", NOBODY), str(tree.postgres_bin / program), *arguments],
            cwd="/",
            env=tree.environment(home),
            input=given,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=INITDB_WITHIN_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise PostgresError(f"{program} did not end within {INITDB_WITHIN_S:g} s") from error
    if made.returncode != 0 or "ERROR" in made.stderr:  # in single-user mode a refused command ends nothing
        raise PostgresError(f"{program} failed with exit status {made.returncode}:\n{made.stdout}{made.stderr}")


def _clear_stale_lock(data: Path) -> None:
    """Remove the lock of a server that is gone.

    PostgreSQL does so itself, except where the lock's process number now belongs to another process of the same
    user: in a container that starts again, the small numbers come back, and when one user runs all of the servers,
    NATS may sit on PostgreSQL's old one.
    """
    lock = data / "postmaster.pid"
    if not lock.exists():
        return
    try:
        pid = int(lock.read_text().splitlines()[0])
        running = os.fsencode(data) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError, IndexError):  # no such process, or a lock that a power cut tore
        running = False
    if running:
        raise PostgresError(f"process {pid} serves {data} already: stop it first")
    lock.unlink()


def _answers(port: int) -> Ready:
    """Ready when the server asks for a password: earlier, while it recovers, it listens and refuses."""
    who = f"user\0{USER}\0database\0{DATABASE}\0\0".encode()
    hello = struct.pack("!II", len(who) + 8, PROTOCOL_3) + who

    async def ready() -> bool:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        try:
            writer.write(hello)
            return await reader.read(1) == b"R"  # AuthenticationRequest; E would be ErrorResponse
        finally:
            writer.close()

    return ready
