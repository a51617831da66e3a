# SPDX-License-Identifier: EUPL-1.2
"""Started by root, each program is a user of its own: what one that is taken over reaches of the others, which is
nothing but the sockets that it has to speak with.
"""

import asyncio
import errno
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from hub import files
from hub.demo import command
from hub.embedded import tree
from hub.embedded.program import bound_prefix
from hub.layout import Layout
from hub.maps.upstream import CACHE
from hub.standalone import NEEDS, Standalone
from hub.users import SOCKETS, UNIT_USERS, USERS, User
from tests.acceptance.stage import now_us
from tests.integration.embedded.certificates import Identity
from tests.integration.embedded.mqtt import MqttClient

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give programs another user")

in_one_loop = pytest.mark.asyncio(loop_scope="module")

PROBE = """
import errno, json, os, socket, sys

def opened(path):
    if os.path.isdir(path):
        return os.listdir(path)
    with open(path, "rb") as file:
        file.read(1)

def added(path):
    path = os.path.join(path, "added")
    open(path, "xb").close()
    os.unlink(path)

def connected(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)

found = {}
for how, path in json.load(sys.stdin):
    try:
        {"connect": connected, "open": opened, "add": added}[how](path)
        found[path] = ""
    except OSError as error:
        found[path] = errno.errorcode[error.errno]
print(json.dumps(found))
"""
SPEAKS_WITH: Mapping[str, set[str]] = {
    "postgres": set(),
    "nats": set(),
    "caddy": {"serve", "units", "live"},
    "keeper": {"keeper"},
    "serve": {"serve", "keeper"},
    "units": {"units", "media"},
    "media": {"media", "live", "keeper"},
    "worker": {"keeper"},
    "a unit": set(),
}
WHO: Mapping[str, User] = {**USERS, "a unit": UNIT_USERS[0]}


@dataclass(frozen=True)
class Running:
    """A machine whose servers and keeper run."""

    machine: Standalone
    keeper: int

    def reaches(self, who: User, how: str, *paths: Path) -> dict[Path, str]:
        """What a Python program of this user is told of each path: nothing, or an error's name."""
        python = self.machine.python
        probe = subprocess.run(
            [*bound_prefix("KILL", who), *python.argv, "-c", PROBE],
            input=json.dumps([(how, str(path)) for path in paths]),
            env={"LC_ALL": "C.UTF-8", **python.env},
            pass_fds=python.inherited,
            cwd=python.cwd,
            capture_output=True,
            text=True,
            check=False,
        )
        assert probe.returncode == 0, probe.stderr
        return {Path(path): error for path, error in json.loads(probe.stdout).items()}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[Running]:
    """One start for all of these tests."""
    folder = Path(tempfile.mkdtemp(prefix="fz-"))
    folder.chmod(0o755)
    plans = command.unit_plans(Path("/films/street.mp4"), "street-1906", 1)
    here = Standalone(Layout(folder / "state"), command.PLAN, plans, (), now_us)
    await here.prepare()
    async with here.servers() as supervisor:
        pid = supervisor.pid("keeper")
        assert pid is not None
        yield Running(here, pid)
    os.close(here.held)
    shutil.rmtree(folder)


@as_root
@in_one_loop
async def test_who_takes_over_one_program_reaches_nothing_of_another(running: Running) -> None:
    layout = running.machine.layout
    process = Path(f"/proc/{running.keeper}")
    closed = {
        "keeper": [
            *(layout.keeper / name for name in ("order.key", "log.key", "ring.kek", "records", "vault/ring")),
            *(process / name for name in ("mem", "environ", "maps", "fd")),
        ],
        "serve": [layout.objects, layout.signs, layout.maps / CACHE],
        "units": [layout.objects, layout.incoming],
        "worker": [layout.tls / "worker.key", layout.objects, layout.incoming, layout.revoked.parent],
        "a unit": [layout.unit("unit-1"), layout.unit("unit-1") / "config.json"],
        "postgres": [layout.servers / "postgres", layout.servers / "postgres" / "data" / "base"],
        "nats": [layout.servers / "nats", layout.servers / "conf" / "nats-server.key"],
        "caddy": [layout.servers / "caddy", layout.servers / "conf" / "caddy-server.key"],
        "root": [
            *(layout.offline, layout.seeds, layout.logs, layout.tls / "server.key"),
            *(layout.state / name for name in ("accounts.json", "postgres.secret", "")),
        ],
    }
    layout.seeds.mkdir(mode=0o700, exist_ok=True)
    (layout.state / "accounts.json").touch(mode=0o600)
    (layout.keeper / "vault" / "ring").mkdir(exist_ok=True)
    for name, who in WHO.items():
        own = closed.get(name, [])
        others = {path for paths in closed.values() for path in paths if path not in own}
        found = running.reaches(who, "open", *others)
        assert {path: error for path, error in found.items() if error not in ("EACCES", "EPERM")} == {}, name
        assert set(running.reaches(who, "open", layout.state / "anchors.json", layout.log).values()) == {""}


@as_root
@in_one_loop
async def test_sealed_segments_are_stored_by_one_swept_by_another_and_read_by_a_third(running: Running) -> None:
    objects = running.machine.layout.objects
    for name, who in WHO.items():
        found = [running.reaches(who, how, objects)[objects] for how in ("open", "add")]
        allowed = {"units": ["", ""], "worker": ["", ""], "serve": ["", "EACCES"]}
        assert found == allowed.get(name, ["EACCES", "EACCES"]), name


@as_root
@in_one_loop
async def test_who_may_speak_with_whom(running: Running) -> None:
    layout = running.machine.layout
    for name, who in WHO.items():
        found = running.reaches(who, "connect", *(layout.socket(socket) for socket in SOCKETS))
        allowed = {path.parent.name for path, error in found.items() if error != "EACCES"}
        assert allowed == SPEAKS_WITH[name], name
        assert set(found.values()) <= {"", "EACCES", errno.errorcode[errno.ENOENT]}


@as_root
@in_one_loop
async def test_the_keepers_memory_is_closed_to_its_own_user_too(running: Running) -> None:
    found = running.reaches(USERS["keeper"], "open", Path(f"/proc/{running.keeper}/mem"), Path("/proc/self/mem"))
    assert set(found.values()) & {"EACCES", "EPERM"}
    assert found[Path("/proc/self/mem")] in ("", "EIO")  # the control: one's own is open, though nothing lies at 0


@in_one_loop
async def test_the_broker_forgets_a_unit_that_was_revoked(running: Running) -> None:
    layout, port = running.machine.layout, running.machine.ports["mqtt"]
    unit = layout.unit("unit-1")
    identity = Identity(unit / "identity.pem", unit / "identity.key", "", b"")

    def client() -> MqttClient:
        return MqttClient(port, identity, str(unit / "server-ca.pem"), "a-client-0123456789")

    with await asyncio.to_thread(client().__enter__) as connected:
        # Torn, or nonsense of a worker that was taken over.
        for written in (b'["unit-1"', b'{"unit-1": 1}', b"[1]", b"[" * 5000):
            files.replace(layout.revoked, written)
            assert running.machine._revoked() == frozenset()
        files.replace(layout.revoked, b'["unit-1"]\n')
        assert await asyncio.to_thread(connected.closed.wait, 10)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.to_thread(client().__enter__)
    files.replace(layout.revoked, b"[]\n")


@in_one_loop
async def test_each_is_told_what_it_needs(running: Running) -> None:
    secret = tree.secret(running.machine.layout.state / "postgres.secret").encode()
    told = Path(f"/proc/{running.keeper}/environ")
    if os.geteuid() == 0:  # nobody else may look
        assert secret not in told.read_bytes() and b"_URL" not in told.read_bytes()
    every = {name for names in NEEDS.values() for name in names}
    for name in ("keeper", "serve", "units", "media", "worker"):
        assert set(running.machine.role(name).env) & every == set(NEEDS[name])
    unit = running.machine.unit(running.machine.units[0])
    assert set(unit.env) & every == set()


@as_root
def test_a_link_that_its_owner_laid_is_not_followed(layout: Layout) -> None:
    layout.state.mkdir()
    outside, folder = layout.state / "outside", layout.state / "unit-1"
    outside.touch()
    folder.mkdir()
    (folder / "mine").touch()
    tree.give(folder, UNIT_USERS[0])
    (folder / "link").symlink_to(outside)
    os.link(outside, folder / "second-name")
    (folder / "config.json").touch()
    tree.give(folder, UNIT_USERS[0])
    assert outside.stat().st_uid == 0
    assert {path.name for path in folder.iterdir() if path.lstat().st_uid == UNIT_USERS[0].uid} == {
        *("mine", "link", "config.json")
    }
