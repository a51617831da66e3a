# SPDX-License-Identifier: EUPL-1.2
"""Programs of the system that some tests need and a bare machine lacks.

Found on PATH or where Debian keeps them; under CI as root installed by apt; otherwise named, with the apt line.
Knows nothing of pytest, so that benches use it too.
"""

import functools
import os
import shutil
import subprocess
from pathlib import Path

PACKAGES = {"ffmpeg": "ffmpeg", "ffprobe": "ffmpeg", "ip": "iproute2", "nft": "nftables", "chromium": "chromium"}
# Debian keeps ip and nft where only root's PATH looks.
SEARCH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))


class MissingProgramError(Exception):
    """A program that a test needs is not on this machine and could not be brought."""


def under_ci() -> bool:
    """Whether a missing program is to be installed, and a missing browser is a failure."""
    return os.environ.get("CI") == "true"


def on_path(program: str) -> Path | None:
    """Where it is, or None."""
    found = shutil.which(program, path=SEARCH)
    return Path(found) if found else None


def run_apt(*arguments: str, cwd: Path | None = None) -> str | None:
    """What an apt command said, or None where it failed or there is no apt."""
    command = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", *arguments]
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    if on_path("apt-get") is None:
        return None
    ran = subprocess.run(command, cwd=cwd, env=quiet, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return ran.stdout if ran.returncode == 0 else None


@functools.cache
def fresh_lists() -> None:
    """Package lists as new as they can be; once a run, and a failure shows at the installation itself."""
    run_apt("update")


def install(package: str) -> bool:
    """Bring a Debian package, only where that is allowed: under CI, as root."""
    if not under_ci() or os.geteuid() != 0:
        return False
    fresh_lists()
    return run_apt("install", "-y", "--no-install-recommends", package) is not None


@functools.cache
def find(program: str) -> Path:
    """Where the program is, or MissingProgramError with what to type."""
    package = PACKAGES[program]
    found = on_path(program)
    if found is None and install(package):
        found = on_path(program)
    if found is None:
        raise MissingProgramError(f"{program} is not on this machine: apt install {package}")
    return found
