# SPDX-License-Identifier: EUPL-1.2
"""Whatever ends the demo's start is one line on standard error and exit status 1."""

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
    kind: type[Exception], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fails(*arguments: object) -> None:
        raise kind("it is so:\n  earlier\n  the cause\n")

    monkeypatch.setattr(command, "run", fails)
    assert hub._demo([]) == 1
    assert capsys.readouterr().err == "flexzicht-hub: it is so: the cause\n"


def test_the_errors_are_found() -> None:
    assert {"PortTakenError", "TreeError", "CeremonyError", "SeedError", "ProgramError"} <= {k.__name__ for k in ERRORS}
    assert issubclass(ProgramError, EmbeddedError)


def no_folder(state: Path) -> None:
    state.write_text("a file stands there")


def keys_without_roster(state: Path) -> None:
    (state / "keeper").mkdir(parents=True)
    (state / "keeper" / "order.key").write_text("somebody's")


def another_database(state: Path) -> None:
    data = state / "servers" / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("15\n")


def too_long(state: Path) -> None:
    """Nothing stands in the way but the length of its name."""


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (no_folder, "File exists"),
        (keys_without_roster, "move it away"),
        (another_database, "made by PostgreSQL 15"),
        (too_long, "use a shorter folder"),
    ],
)
async def test_a_start_that_cannot_be(layout: Layout, spoil: Callable[[Path], None], says: str) -> None:
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
    assert process.returncode == 1
    lines = errors.decode().splitlines()
    assert len(lines) == 1 and says in lines[0]


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
    assert process.returncode == 1
    lines = errors.decode().splitlines()
    assert len(lines) == 1 and "the film could not be prepared" in lines[0] and "film.txt" in lines[0]
