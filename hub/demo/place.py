# SPDX-License-Identifier: EUPL-1.2
"""Where the demo may keep its state, and whether its programs can be read by those who run them: asked before anything
is written, and answered in one line that says what to do.
"""

import os
import subprocess
from pathlib import Path

from hub.embedded.interpreter import Interpreter
from hub.layout import Layout
from hub.users import User

OURS = ("contract", "docs", "edge", "hub", "requirements", "tests", ".git", ".node", ".venv")
"""Folders of the checkout; in one beside them state may lie."""
READS = """
import os, sys

def refuse(path):
    sys.exit(print(path) or 1)

checkout, *others = sys.argv[1].split(":")
for folder in others:
    for path in (folder, *(os.path.join(folder, name) for name in os.listdir(folder))):
        if not path.endswith(".pth") and not os.access(path, os.R_OK | (os.X_OK if os.path.isdir(path) else 0)):
            refuse(path)
for package in sys.argv[2:]:
    for folder, below, names in os.walk(os.path.join(checkout, package), onerror=lambda error: refuse(error.filename)):
        below[:] = [name for name in below if name not in ("console", "static", "__pycache__")]
        for name in names:
            if name.endswith(".py") and not os.access(os.path.join(folder, name), os.R_OK):
                refuse(os.path.join(folder, name))
"""


class UsageError(Exception):
    """What was typed or given cannot be done; the message says what can."""


def require_state(given: str, checkout: Path) -> Path:
    """The folder that this names, when it is none, empty, or a state of ours.

    Raises:
        UsageError: anything else, which would be filled and opened for others to pass through.
    """
    if not given:
        raise UsageError("--state is empty: name a folder that is new, empty, or a state of Flexzicht")
    state = Path(given).resolve()
    inside = state.relative_to(checkout).parts if state.is_relative_to(checkout) else ("",)
    if not inside or inside[0] in OURS or state == Path("/"):
        raise UsageError(f"--state: {state} holds other things than state: name a folder that is new or empty")
    try:
        layout, held = Layout(state), state.exists() and any(state.iterdir())
        if held and not layout.marker.exists() and not (state / "ports.json").exists():
            raise UsageError(f"--state: {state} holds other things than state: name a folder that is new or empty")
    except OSError as error:
        raise UsageError(f"--state: {state}: {error.strerror}") from error
    return state


def claim(layout: Layout) -> None:
    """Make the state folder, and mark it as ours before anything else lies in it.

    Raises:
        UsageError: there can be no folder, or nothing can be written in it.
    """
    try:
        layout.state.mkdir(parents=True, exist_ok=True)
        layout.marker.touch(mode=0o644)
    except OSError as error:
        raise UsageError(f"--state: {layout.state}: {error.strerror}") from error


def require_readable(python: Interpreter, user: User, checkout: Path, packages: tuple[str, ...]) -> None:
    """As root: that a program's own user can read Python, its packages and this checkout, tried as that user.

    Raises:
        UsageError: it cannot.
    """
    if not python.inherited:  # all are one user
        return
    found = ""
    try:
        tried = subprocess.run(
            [*python.argv, "-c", READS, python.env["PYTHONPATH"], *packages],
            env={"LC_ALL": "C.UTF-8", **python.env},
            cwd=python.cwd,
            pass_fds=python.inherited,
            user=user.uid,
            group=user.uid,
            extra_groups=[],
            capture_output=True,
            text=True,
            check=False,
        )
        if tried.returncode == 0:
            return
        found = tried.stdout.strip()
    except OSError:  # not even Python
        pass
    number = found.removeprefix("/proc/self/fd/").split("/")[0]
    what = found.replace(f"/proc/self/fd/{number}", os.readlink(f"/proc/self/fd/{number}")) if found else str(checkout)
    below = ",".join((*packages, ".venv"))
    raise UsageError(
        f"started by root each program is a user of its own, who cannot read {what}: "
        f"chmod go+rx {checkout} && chmod -R go+rX {checkout}/{{{below}}}, or start it as an ordinary user"
    )
