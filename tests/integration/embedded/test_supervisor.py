# SPDX-License-Identifier: EUPL-1.2
"""The supervisor with small programs: order, readiness, errors in words, restarts, a stop that leaves nothing."""

import asyncio
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.embedded.program import Event, EventKind, Program, ProgramError, ProgramListError
from hub.embedded.supervisor import LONGEST_DELAY_S, STEADY_AFTER_S, Backoff, Supervisor
from tests.integration.embedded.processes import gone, until

SLEEP = "sleep 60"
READY_FILE = "echo there > {name}.there; exec sleep 60"

Make = Callable[..., Program]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A program of shell words; with `{name}.there` in them it is ready once that file exists."""

    def program(name: str, words: str = SLEEP, **more: object) -> Program:
        there = tmp_path / f"{name}.there"

        async def ready() -> bool:
            return there.exists()

        if ".there" in words:
            more.setdefault("ready", ready)
        return Program(
            name=name,
            argv=("/bin/sh", "-c", words.format(name=name)),
            env={"PATH": "/usr/bin:/bin"},
            log_file=tmp_path / f"{name}.log",
            **{"cwd": tmp_path, **more},  # type: ignore[arg-type]
        )

    return program


def kinds(events: list[Event], kind: EventKind) -> list[str]:
    return [event.program for event in events if event.kind is kind]


async def test_programs_start_and_stop_together(make: Make) -> None:
    events: list[Event] = []
    programs = [make(name, READY_FILE) for name in "abc"]
    async with Supervisor(programs, on_event=events.append) as supervisor:
        await supervisor.ready()
        pids = [supervisor.pid(name) for name in "abc"]
        assert not any(gone(pid) for pid in pids)
        await supervisor.stop()
    for kind in (EventKind.STARTED, EventKind.READY, EventKind.STOPPED):
        assert sorted(kinds(events, kind)) == ["a", "b", "c"]
    assert all(gone(pid) for pid in pids)


async def test_a_program_that_fails_says_why_and_takes_the_others_along(make: Make) -> None:
    events: list[Event] = []
    programs = [make("well"), make("ill", "echo earlier; echo the port is taken; exit 3 # {name}.there")]
    with pytest.raises(ProgramError, match=r"(?s)ill ended before it was ready, exit status 3.*the port is taken"):
        async with Supervisor(programs, on_event=events.append) as supervisor:
            await supervisor.ready()
    assert kinds(events, EventKind.STOPPED) == ["well"]
    assert gone(next(event.pid for event in events if event.program == "well"))


async def test_only_what_this_run_wrote_is_quoted(make: Make, tmp_path: Path) -> None:
    (tmp_path / "ill.log").write_text("of yesterday\n")
    with pytest.raises(ProgramError) as raised:
        async with Supervisor([make("ill", "exit 1 # {name}.there")]) as supervisor:
            await supervisor.ready()
    assert "it wrote nothing" in str(raised.value)


async def test_a_program_that_does_not_become_ready_is_ended(make: Make) -> None:
    events: list[Event] = []
    slow = make("slow", "echo still at it; exec sleep 60 # {name}.there", ready_within_s=0.2)
    with pytest.raises(ProgramError, match=r"(?s)slow was not ready within 0\.2 s.*still at it"):
        async with Supervisor([slow], on_event=events.append) as supervisor:
            await supervisor.ready()
    assert gone(events[0].pid)


async def test_a_program_that_is_not_there_cannot_be_started(make: Make, tmp_path: Path) -> None:
    nowhere = make("x", cwd=tmp_path / "absent")
    with pytest.raises(ProgramError, match="x could not be started"):
        async with Supervisor([nowhere]) as supervisor:
            await supervisor.ready()


async def test_what_dies_is_started_again(make: Make) -> None:
    events: list[Event] = []
    async with Supervisor([make("a"), make("b")], on_event=events.append) as supervisor:
        await supervisor.ready()
        first, other = supervisor.pid("a"), supervisor.pid("b")
        supervisor.kill("a", signal.SIGKILL)
        await until(lambda: kinds(events, EventKind.READY).count("a") == 2)
        assert supervisor.pid("a") not in {first, None}
        assert supervisor.pid("b") == other
    told = [str(event) for event in events if event.program == "a"]
    assert told[2] == "a died: ended by SIGKILL"
    assert told[3] == "a is started again in 0.2 s"


async def test_a_second_start_that_fails_is_tried_again(make: Make, tmp_path: Path) -> None:
    events: list[Event] = []
    words = "[ -e {name}.bad ] && echo the port is taken && exit 1; " + READY_FILE
    async with Supervisor([make("a", words)], on_event=events.append, chance=lambda: 0.0) as supervisor:
        await supervisor.ready()
        (tmp_path / "a.there").unlink()
        (tmp_path / "a.bad").touch()
        supervisor.kill("a", signal.SIGKILL)
        await until(lambda: kinds(events, EventKind.DIED).count("a") == 3)
        (tmp_path / "a.bad").unlink()
        await until(lambda: kinds(events, EventKind.READY).count("a") == 2)
    waits = [event.after_s for event in events if event.kind is EventKind.RESTARTING]
    assert waits == [0.2, 0.4, 0.8]
    told = [str(event) for event in events if event.kind is EventKind.RESTARTING]
    assert told[1] == "a is started again in 0.4 s"
    assert (
        told[2]
        == "a is started again in 0.8 s: it died 3 times in a row, and the last that is known is: the port is taken"
    )


async def test_a_program_that_ignores_the_signal_is_killed(make: Make) -> None:
    events: list[Event] = []
    words = "trap '' TERM; echo there > {name}.there; while :; do sleep 1; done"
    async with Supervisor([make("deaf", words, stop_within_s=0.2)], on_event=events.append) as supervisor:
        await supervisor.ready()
        pid = supervisor.pid("deaf")
    assert gone(pid)
    assert events[-1].rc == -signal.SIGKILL


async def test_what_a_program_left_behind_ends_with_it(make: Make, tmp_path: Path) -> None:
    words = "(trap '' TERM; while :; do sleep 1; done) & echo $! > {name}.child; " + READY_FILE
    async with Supervisor([make("parent", words)]) as supervisor:
        await supervisor.ready()
        child = int((tmp_path / "parent.child").read_text())
        assert not gone(child)
    await until(lambda: gone(child))


async def test_a_stop_while_starting_leaves_nothing(make: Make) -> None:
    events: list[Event] = []
    programs = [make("a", "exec sleep 60 # {name}.there"), make("b")]
    async with Supervisor(programs, on_event=events.append) as supervisor:
        await until(lambda: supervisor.pid("a") is not None)
        pid = supervisor.pid("a")
        starting = asyncio.create_task(supervisor.ready())
        await supervisor.stop()
        with pytest.raises(ProgramError, match="stopped before"):
            await starting
    assert gone(pid)
    assert kinds(events, EventKind.READY).count("a") == 0


async def test_nothing_is_inherited_but_what_is_given(make: Make, tmp_path: Path) -> None:
    async with Supervisor([make("a", "env > {name}.env; echo > {name}.there; exec sleep 60")]) as supervisor:
        await supervisor.ready()
    names = {line.partition("=")[0] for line in (tmp_path / "a.env").read_text().splitlines()}
    assert names <= {"PATH", "PWD", "OLDPWD", "SHLVL", "_"}


def test_lists_that_make_no_sense_are_refused(make: Make) -> None:
    with pytest.raises(ProgramListError, match="twice"):
        Supervisor([make("a"), make("a")])


def test_another_thread_is_refused(make: Make) -> None:
    raised: list[BaseException] = []

    async def enter() -> None:
        try:
            async with Supervisor([make("a")]):
                pass
        except RuntimeError as error:
            raised.append(error)

    thread = threading.Thread(target=lambda: asyncio.run(enter()))
    thread.start()
    thread.join()
    assert "main thread" in str(raised[0])


def test_a_long_log_makes_room_at_the_next_start(make: Make, tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"x" * (5 << 20))

    async def once() -> None:
        async with Supervisor([make("a", "echo new; " + READY_FILE)]) as supervisor:
            await supervisor.ready()

    asyncio.run(once())
    assert log.read_text() == "new\n"
    assert log.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "a.log.1").stat().st_size == 5 << 20


def test_the_delay_doubles_to_a_bound_and_starts_over() -> None:
    backoff = Backoff(chance=lambda: 0.0)
    assert [backoff.after_running(1.0) for _ in range(4)] == [0.2, 0.4, 0.8, 1.6]
    assert [backoff.after_running(1.0) for _ in range(40)][-1] == LONGEST_DELAY_S
    assert backoff.after_running(STEADY_AFTER_S) == 0.2
    assert Backoff(chance=lambda: 1.0).after_running(0) == pytest.approx(0.25)


async def test_a_killed_supervisor_takes_its_programs_along(tmp_path: Path) -> None:
    script = f"""
import asyncio
from pathlib import Path
from hub.embedded.program import Program
from hub.embedded.supervisor import Supervisor

async def main():
    env, folder = {{"PATH": "/usr/bin:/bin"}}, Path({str(tmp_path)!r})
    words = ("/bin/sh", "-c", "trap 'echo ended in order > ended; exit' TERM; echo up; while :; do sleep 0.05; done")
    programs = [Program(name="a", argv=words, env=env, log_file=folder / "log", cwd=folder)]
    async with Supervisor(programs) as supervisor:
        await supervisor.ready()
        print(supervisor.pid("a"), flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    pid = int(await process.stdout.readline())
    await until(lambda: (tmp_path / "log").read_text() == "up\n")
    assert not gone(pid)
    process.kill()
    await process.communicate()
    await until(lambda: gone(pid))
    assert (tmp_path / "ended").read_text() == "ended in order\n"
