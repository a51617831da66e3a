# SPDX-License-Identifier: EUPL-1.2
"""What a killed supervisor leaves: the deaf are ended by the next start, and nobody else is."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.embedded import leftovers
from hub.embedded.program import Program
from hub.embedded.supervisor import Supervisor
from tests.integration.embedded.processes import gone, until

DEAF = "trap '' TERM; (trap '' TERM; exec sleep 60) & echo $! > child; while :; do sleep 0.05; done"


@pytest.fixture
def other() -> Iterator[subprocess.Popen[bytes]]:
    """A process of somebody else's."""
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
        yield process
        process.kill()


async def test_a_deaf_program_of_a_killed_supervisor_is_ended_with_its_children(tmp_path: Path) -> None:
    script = f"""
import asyncio
from pathlib import Path
from hub.embedded.program import Program
from hub.embedded.supervisor import Supervisor

async def main():
    folder = Path({str(tmp_path)!r})
    words = ("/bin/sh", "-c", {DEAF!r})
    deaf = Program(name="deaf", argv=words, env={{"PATH": "/usr/bin:/bin"}}, log_file=folder / "deaf.log", cwd=folder)
    async with Supervisor([deaf]) as supervisor:
        await supervisor.ready()
        print(supervisor.pid("deaf"), flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    pid, child = int(await process.stdout.readline()), tmp_path / "child"
    await until(lambda: child.exists() and child.read_text().endswith("\n"))
    process.kill()
    await process.communicate()
    assert not gone(pid), "it does not listen to the kernel's signal"

    assert await asyncio.to_thread(leftovers.end, tmp_path, 0.2) == ["deaf"]

    await until(lambda: gone(pid) and gone(int(child.read_text())))
    assert list(tmp_path.glob("*.pid")) == []


async def test_one_that_leaves_by_itself_is_waited_for(tmp_path: Path) -> None:
    late = subprocess.Popen(["sleep", "0.3"], start_new_session=True)
    leftovers.note(tmp_path / "late.log", late.pid)
    assert await asyncio.to_thread(leftovers.end, tmp_path, 10) == []
    assert late.wait() == 0


@pytest.mark.parametrize("altered", [{"started_ticks": 1}, {"boot": "of yesterday"}, {"pid": 2**22 + 1}, {"pid": "x"}])
def test_another_process_of_that_number_is_left_alone(
    tmp_path: Path, other: subprocess.Popen[bytes], altered: dict[str, object]
) -> None:
    leftovers.note(tmp_path / "a.log", other.pid)
    path = tmp_path / "a.pid"
    path.write_text(json.dumps({**json.loads(path.read_text()), **altered}))
    assert leftovers.end(tmp_path, 0) == []
    assert not gone(other.pid)
    assert not path.exists()


def test_a_torn_note_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.pid").write_text('{"pid": 1')
    assert leftovers.end(tmp_path, 0) == []


async def test_a_note_stands_while_its_program_runs(tmp_path: Path) -> None:
    asleep = Program(name="a", argv=("/bin/sleep", "60"), log_file=tmp_path / "a.log", cwd=tmp_path)
    async with Supervisor([asleep]) as supervisor:
        await supervisor.ready()
        assert json.loads((tmp_path / "a.pid").read_text())["pid"] == supervisor.pid("a")
    assert not (tmp_path / "a.pid").exists()
