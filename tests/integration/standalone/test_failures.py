# SPDX-License-Identifier: EUPL-1.2
"""Whatever ends the demo's start is one line on standard error; exit status 2 where it was given wrong, else 1."""

import asyncio
import inspect
import os
import pkgutil
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from hub import __main__ as hub
from hub import ceremony, embedded, standalone
from hub.demo import command, seeds
from hub.embedded.faults import EmbeddedError
from hub.embedded.program import ProgramError
from hub.layout import Layout

MODULES = [
    ceremony,
    seeds,
    standalone,
    *(import_module(f"hub.embedded.{m.name}") for m in pkgutil.iter_modules(embedded.__path__)),
]
ERRORS: set[type[Exception]] = {
    kind
    for module in MODULES
    for _, kind in inspect.getmembers(module, inspect.isclass)
    if issubclass(kind, Exception) and kind.__module__ == module.__name__
}


@pytest.mark.parametrize("kind", sorted(ERRORS, key=str))
def test_every_error_of_the_start_is_one_line(
    kind: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fails(*arguments: object) -> None:
        raise kind("it is so:\n  earlier\n  the cause\n")

    monkeypatch.setattr(command, "run", fails)
    assert hub._demo(["--state", str(tmp_path)]) == (2 if issubclass(kind, command.MISTAKES) else 1)
    assert capsys.readouterr().err == "flexzicht-hub: it is so: the cause\n"


def test_the_errors_are_found() -> None:
    assert {"PortTakenError", "TreeError", "CeremonyError", "SeedError", "ProgramError"} <= {k.__name__ for k in ERRORS}
    assert issubclass(ProgramError, EmbeddedError)


def no_folder(state: Path) -> None:
    state.write_text("a file stands there")


def of_somebody_else(state: Path) -> None:
    state.mkdir(mode=0o700)
    (state / "letter.txt").write_text("mine")


def keys_without_roster(state: Path) -> None:
    (state / "keeper").mkdir(parents=True)
    Layout(state).marker.touch()
    (state / "keeper" / "order.key").write_text("somebody's")


def another_database(state: Path) -> None:
    data = state / "servers" / "postgres" / "data"
    data.mkdir(parents=True)
    Layout(state).marker.touch()
    (data / "PG_VERSION").write_text("15\n")


def too_long(state: Path) -> None:
    """Nothing stands in the way but the length of its name."""


@pytest.mark.parametrize(
    ("spoil", "says", "status"),
    [
        (no_folder, "Not a directory", 2),
        (of_somebody_else, "holds other things than state", 2),
        (keys_without_roster, "move it away", 1),
        (another_database, "made by PostgreSQL 15", 1),
        (too_long, "use a shorter folder", 1),
    ],
)
async def test_a_start_that_cannot_be(layout: Layout, spoil: Callable[[Path], None], says: str, status: int) -> None:
    folder = layout.state.parent
    film = folder / "film.mp4"
    film.write_bytes(b"")
    state = folder / ("x" * 100 if spoil is too_long else "state")
    spoil(state)
    script = (
        "import sys; from pathlib import Path; from hub import __main__ as hub; from hub.demo import command\n"
        f"async def film(chosen, screen): return Path({str(film)!r})\n"
        "command._film = film\n"
        f"sys.exit(hub._demo(['--state', {str(state)!r}]))"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", script), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    assert process.returncode == status
    lines = errors.decode().splitlines()
    assert len(lines) == 1 and says in lines[0]
    if spoil is of_somebody_else:
        assert state.stat().st_mode & 0o777 == 0o700 and [path.name for path in state.iterdir()] == ["letter.txt"]


async def test_a_film_that_is_none_is_said_in_the_same_line(layout: Layout) -> None:
    folder = layout.state.parent
    (folder / "film.txt").write_text("not a film")
    words = ("--state", str(layout.state), "--source", str(folder / "film.txt"))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hub", "demo", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "XDG_CACHE_HOME": str(folder / "cache")},
    )
    _, errors = await process.communicate()
    assert process.returncode == 2
    lines = errors.decode().splitlines()
    assert len(lines) == 1 and "film.txt" in lines[0]
    assert lines[0].startswith("flexzicht-hub: the film could not be prepared: ") and "flexzicht-edge" not in lines[0]
