# SPDX-License-Identifier: EUPL-1.2
"""A program that the supervisor runs, and one running process of it.

Promises of a `Process`:
- it is started by `setpriv`, so that the kernel sends it its stop signal when the supervisor dies, however it dies.
  The kernel watches the *thread* that started it: start processes on the main thread only (`Supervisor` sees to it);
- it never gains privileges, and one with a user of its own gives up root before its first instruction;
- it is reaped exactly once, and what is left of its process group is killed before its number is free again;
- while it runs its number and start time stand in NAME.pid beside its log, for `leftovers` when the supervisor is gone.
"""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from hub.embedded import leftovers
from hub.embedded.faults import EmbeddedError
from hub.users import User

LOG_LIMIT_BYTES = 4 << 20  # a longer log becomes NAME.1 at the program's next start
OWN_UMASK = 0o002  # whatever the starter's: where two share a folder, both read and replace what lies in it
TAIL_LINES = 15
TAIL_BYTES = 8192
LOOP_FROM = 3  # deaths in a row; earlier ones are accidents
REASON_LETTERS = 300

Ready = Callable[[], Awaitable[bool]]


class ProgramError(EmbeddedError):
    """A program could not be started or did not become ready: its log, quoted in the message, says why."""


class ProgramListError(EmbeddedError, ValueError):
    """The list of programs makes no sense: a name twice."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run, when, as whom, and how to see that it is ready."""

    name: str
    argv: tuple[str, ...]
    log_file: Path  # its output; appended to
    env: Mapping[str, str] = field(default_factory=dict)  # all of it: nothing is inherited
    ready: Ready | None = None  # None: ready as soon as it runs
    stop_signal: signal.Signals = signal.SIGTERM
    user: User | None = None  # whom it becomes, when root starts it
    inherited: tuple[int, ...] = ()  # descriptors that it gets under the same numbers
    stdin: Path | None = None  # opened by the starter, so that the program need not be able to reach it
    cwd: Path = Path("/")
    ready_within_s: float = 20.0
    stop_within_s: float = 10.0

    def command(self) -> list[str]:
        """The whole command line: what binds the process to its supervisor stands before its own arguments."""
        return [*bound_prefix(self.stop_signal.name.removeprefix("SIG"), self.user), *self.argv]


def bound_prefix(death_signal: str, user: User | None) -> list[str]:
    """A command line's beginning that binds the process to the thread that starts it, under this user if root does."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise ProgramError("setpriv was not found: install the package util-linux")
    prefix = [setpriv, "--no-new-privs", "--pdeathsig", death_signal]
    if user is not None and os.geteuid() == 0:
        groups = f"--groups={','.join(map(str, user.groups))}" if user.groups else "--clear-groups"
        prefix += [f"--reuid={user.uid}", f"--regid={user.uid}", groups]
    return [*prefix, "--"]


class EventKind(StrEnum):
    """What can happen to a program."""

    STARTED = "started"
    READY = "ready"
    DIED = "died"
    RESTARTING = "restarting"
    STOPPED = "stopped"


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something happened to a program; `str` says it in words."""

    kind: EventKind
    program: str
    pid: int | None = None
    rc: int | None = None  # died, stopped: exit status, or minus the signal
    after_s: float | None = None  # ready: since its start; restarting: the wait before the next start
    deaths: int = 0  # restarting: how often in a row it died before it had run for long
    why: str = ""  # restarting: what kept it from becoming ready, or the last that it said

    def __str__(self) -> str:
        match self.kind:
            case EventKind.STARTED:
                return f"{self.program} started as process {self.pid}"
            case EventKind.READY:
                return f"{self.program} ready after {self.after_s:.2f} s"
            case EventKind.RESTARTING:
                return f"{self.program} is started again in {self.after_s:.1f} s{self._how_often()}"
            case EventKind.DIED | EventKind.STOPPED:
                return f"{self.program} {self.kind}: {how_it_ended(self.rc)}"

    def _how_often(self) -> str:
        """Words for one that dies again and again, with the reason in a line."""
        if self.deaths < LOOP_FROM:
            return ""
        last = next((line.strip() for line in reversed(self.why.splitlines()) if line.strip()), "it said nothing")
        return f": it died {self.deaths} times in a row, and the last that is known is: {last[:REASON_LETTERS]}"


def how_it_ended(rc: int | None) -> str:
    """An exit status in words."""
    if rc is None:
        return "could not be started"
    return f"exit status {rc}" if rc >= 0 else f"ended by {signal.Signals(-rc).name}"


class Process:
    """One run of a program, from its start until it has been reaped. Make and use it inside a running event loop."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.rc: int | None = None
        self.exited = asyncio.Event()
        with _log(program.log_file) as log, open(program.stdin or os.devnull, "rb") as stdin:
            self._log_start = log.tell()
            self._popen = subprocess.Popen(
                program.command(),
                stdin=stdin,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(program.env),
                cwd=program.cwd,
                pass_fds=program.inherited,
                umask=-1 if program.user is None else OWN_UMASK,
                start_new_session=True,  # a terminal's Ctrl-C reaches the supervisor alone, which stops them
            )
        self.pid = self._popen.pid
        leftovers.note(program.log_file, self.pid)
        self._pidfd = os.pidfd_open(self.pid)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._pidfd, self._reap)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        if not self.exited.is_set():
            os.kill(self.pid, number)  # its number stays its own until _reap

    async def end(self) -> None:
        """Ask it to stop, wait as long as it may take, then kill it; returns when it is gone."""
        self.signal(self.program.stop_signal)
        try:
            async with asyncio.timeout(self.program.stop_within_s):
                await self.exited.wait()
        except TimeoutError:
            self.signal(signal.SIGKILL)
            await self.exited.wait()

    def last_words(self) -> str:
        """The last lines that this run wrote, for a message to a person."""
        path = self.program.log_file
        with path.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start, end - TAIL_BYTES))
            lines = log.read().decode(errors="replace").rstrip().splitlines()
        if not lines:
            return f"it wrote nothing to {path}"
        return "\n".join([f"the end of {path}:", *(f"  {line}" for line in lines[-TAIL_LINES:])])

    def _reap(self) -> None:
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        os.killpg(self.pid, signal.SIGKILL)  # it is a zombie still, so the group's number cannot be another's
        self.rc = self._popen.wait()
        leftovers.forget(self.program.log_file)
        self.exited.set()


def _log(path: Path) -> BinaryIO:
    """The log opened for appending, readable by the starter alone; the one before it makes room when it has grown."""
    if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
        os.replace(path, path.with_name(path.name + ".1"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600), "ab")
