# SPDX-License-Identifier: EUPL-1.2
"""A real Chromium for what people see: found, installed, or unpacked without being root.

In this order: FLEXZICHT_CHROMIUM, PATH, apt under CI as root, Debian's packages unpacked into the cache.
Knows nothing of pytest, so that benches use it too. Playwright's own download is never used.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.programs import MissingProgramError, fresh_lists, install, on_path, run_apt

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "no Chromium on this machine: apt install chromium, or set FLEXZICHT_CHROMIUM to one"
LAUNCHER = """#!/bin/sh
# Chromium from Debian's packages, unpacked beside this file by Flexzicht's tests.
root={root}
export LD_LIBRARY_PATH="$root/usr/lib/{triplet}:$root/lib/{triplet}:$root/usr/lib/{triplet}/pulseaudio"
[ ! -d "$root/usr/share/fonts" ] || export FONTCONFIG_FILE="$root/fonts.conf"
exec "$root/usr/lib/chromium/chromium" "$@"
"""
FONTS = """<fontconfig>
<dir>{root}/usr/share/fonts</dir><dir>/usr/share/fonts</dir>
<cachedir>{root}/fontcache</cachedir>
</fontconfig>
"""


def find_chromium() -> Path:
    """The browser to start, or MissingProgramError with what to type."""
    named = os.environ.get("FLEXZICHT_CHROMIUM")
    if named:
        if not os.access(named, os.X_OK):
            raise MissingProgramError(f"FLEXZICHT_CHROMIUM names {named}, which is no program")
        return Path(named)
    found = _on_path()
    if found is None and install("chromium"):
        found = _on_path()
    found = found or _unpacked()
    if found is None:
        raise MissingProgramError(MISSING)
    return found


def _on_path() -> Path | None:
    return next((found for found in map(on_path, NAMES) if found), None)


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(home) / "flexzicht"


def _unpacked() -> Path | None:
    """Chromium and the libraries this machine lacks, in a folder of the cache; made at the first call."""
    folder = _cache() / "chromium"
    launcher = folder / "launch"
    if launcher.is_file() and _starts(launcher):
        return launcher
    packages = _lacking()
    if not packages and os.geteuid() == 0:
        fresh_lists()
        packages = _lacking()
    if not packages:
        return None
    print(f"unpacking Chromium and {len(packages) - 1} packages into the cache, once", file=sys.stderr)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        if not _unpack(packages, Path(made)):
            return None
        shutil.rmtree(folder, ignore_errors=True)
        os.rename(Path(made) / "root", folder)
    triplet = next(path.parent.name for path in (folder / "usr/lib").glob("*-linux-gnu*/libnss3.so"))
    (folder / "fonts.conf").write_text(FONTS.format(root=folder))
    launcher.write_text(LAUNCHER.format(root=folder, triplet=triplet))
    launcher.chmod(0o755)
    return launcher if _starts(launcher) else None


def _lacking() -> list[str]:
    """Chromium's package and those below it that this machine has not; empty where apt does not know it."""
    plan = run_apt("install", "--simulate", "--no-install-recommends", "chromium")
    return re.findall(r"^Inst (\S+)", plan or "", re.MULTILINE)


def _unpack(packages: list[str], made: Path) -> bool:
    """Download the packages and lay their files under `made`/root."""
    debs = made / "debs"
    debs.mkdir()
    if run_apt("download", *packages, cwd=debs) is None:
        return False
    for deb in sorted(debs.glob("*.deb")):
        subprocess.run(["dpkg-deb", "-x", deb, made / "root"], check=True)
    return True


def _starts(launcher: Path) -> bool:
    ran = subprocess.run([launcher, "--version"], capture_output=True, stdin=subprocess.DEVNULL)
    return ran.returncode == 0
