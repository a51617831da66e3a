# SPDX-License-Identifier: EUPL-1.2
"""How a program of this checkout is started, also by a user who cannot reach the checkout or Python itself.

Root's Python and clone often lie where nobody else may enter (/root, folders of mode 0700), and a copy of them takes
long. So root opens three folders - Python's own, its packages, the checkout - and its children inherit them: by way of
/proc/self/fd they are entered without passing through what lies above. Modes hold as ever, so nothing of root's can be
written by that way; what stands beside these folders and is readable for all can be read. A child becomes its own user
before Python's first instruction.
"""

import compileall
import os
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hub.embedded.faults import EmbeddedError


class InterpreterError(EmbeddedError):
    """This Python cannot be handed to another user; the message says what can be done."""


@dataclass(frozen=True)
class Interpreter:
    """What a program's command line, environment and open folders begin with."""

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)
    inherited: tuple[int, ...] = ()


def interpreter(checkout: Path, packages: tuple[str, ...]) -> Interpreter:
    """This Python, with this checkout on its path; as root with folders that any user's program may use.

    The folders stay open for as long as this process lives: its children start again.
    """
    if os.geteuid() != 0:
        return Interpreter((sys.executable,), checkout)
    for package in packages:  # who cannot write beside the sources would compile them at each start
        _compile(checkout / package)
    prefix, binary = Path(sys.base_prefix).resolve(), Path(sys.executable).resolve()
    if not binary.is_relative_to(prefix):
        raise InterpreterError(f"{binary} lies outside of its own {prefix}: use another Python, or start as a user")
    packages_of = dict.fromkeys(Path(sysconfig.get_paths()[name]) for name in ("purelib", "platlib"))
    folders = [prefix, checkout, *packages_of]
    inherited = tuple(os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC) for folder in folders)
    home, *path = (f"/proc/self/fd/{number}" for number in inherited)
    env = {"PYTHONHOME": home, "PYTHONPATH": ":".join(path)}
    if sysconfig.get_config_var("Py_ENABLE_SHARED"):
        env["LD_LIBRARY_PATH"] = f"{home}/{Path(sysconfig.get_config_var('LIBDIR')).resolve().relative_to(prefix)}"
    # -S: the path is the one above and nothing else, as in this virtual environment.
    return Interpreter((f"{home}/{binary.relative_to(prefix)}", "-P", "-S"), Path("/"), env, inherited)


def _compile(package: Path) -> None:
    """Bring the package's .pyc files up to date; the console's own folders hold thousands of files and no module."""
    for folder, below, names in os.walk(package):
        below[:] = [name for name in below if (Path(folder) / name / "__init__.py").exists()]
        for name in names:
            if name.endswith(".py"):
                compileall.compile_file(Path(folder) / name, quiet=2)
