# SPDX-License-Identifier: EUPL-1.2
"""The supervisor: starts programs together, waits until each is ready, starts again what dies, stops all of them.

    async with Supervisor(programs, on_event=print) as supervisor:
        await supervisor.ready()      # or ProgramError, with the end of the log of the one that failed
        ...                           # leaving stops them; so does stop()

Promises:
- before a program has been ready once, its death or its deadline ends the start with an error; afterwards it is
  started again for ever, with exponential backoff, which starts over once it has run for 30 s;
- who does not leave in time when stopped is killed; `stop` returns when all are reaped;
- one that dies again and again is told of each time, from the third time on with how often and its last words;
- whatever happens to the supervisor, SIGKILL included, the kernel tells its children to stop (see `program`), and the
  next start ends what did not listen (see `leftovers`, which says why it adopts nothing).
"""

import asyncio
import contextlib
import random
import signal
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from hub.embedded.program import Event, EventKind, Process, Program, ProgramError, ProgramListError, how_it_ended

FIRST_DELAY_S = 0.2
LONGEST_DELAY_S = 15.0
STEADY_AFTER_S = 30.0
LOOK_EVERY_S = 0.02
LOOK_WITHIN_S = 2.0


@dataclass
class Backoff:
    """How long to wait before the next start: doubling, a quarter more at most by chance, anew when steady."""

    chance: Callable[[], float] = random.random  # 0..1, so that what died together does not return together
    deaths: int = 0

    def after_running(self, up_s: float) -> float:
        """The delay in seconds after a run of this length."""
        if up_s >= STEADY_AFTER_S:
            self.deaths = 0
        delay_s = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** min(self.deaths, 16))
        self.deaths += 1
        return delay_s * (1 + self.chance() / 4)


@dataclass
class _Child:
    """A program in the supervisor's care."""

    program: Program
    backoff: Backoff
    process: Process | None = None
    once_ready: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def running(self) -> Process | None:
        return self.process if self.process is not None and not self.process.exited.is_set() else None


class Supervisor:
    """Owns the processes of a list of programs; see the module's promises. Enter it on the main thread."""

    def __init__(
        self,
        programs: Sequence[Program],
        *,
        on_event: Callable[[Event], None] = lambda event: None,
        monotonic: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        _check_list(programs)
        self._programs = tuple(programs)
        self._on_event = on_event
        self._monotonic = monotonic
        self._chance = chance
        self._children: dict[str, _Child] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._stopping = False

    async def __aenter__(self) -> Self:
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError(
                "a supervisor runs on the main thread: its children die with the thread that starts them"
            )
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._stopped = asyncio.Event()
        self._children = {program.name: _Child(program, Backoff(self._chance)) for program in self._programs}
        for child in self._children.values():
            keeper = asyncio.create_task(self._keep(child), name=f"keep {child.program.name}")
            keeper.add_done_callback(self._keeper_ended)
            self._keepers.append(keeper)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        if self._failure.done():
            self._failure.exception()  # who did not ask has left by an error of its own

    async def ready(self) -> None:
        """Return when every program has been ready; ProgramError as soon as one fails to, or when stopped before."""
        await self._first_of(child.once_ready for child in self._children.values())
        if not all(child.once_ready.is_set() for child in self._children.values()):
            raise ProgramError("stopped before every program was ready")

    async def stop(self) -> None:
        """Stop all programs; returns when no process is left. A second call waits for the first."""
        if self._stopping:
            await self._stopped.wait()
            return
        self._stopping = True
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        try:
            await asyncio.gather(*(self._stop_child(child) for child in self._children.values()))
        finally:  # also when the one who waits loses patience and cancels this
            for child in self._children.values():
                self.kill(child.program.name, signal.SIGKILL)
            self._stopped.set()

    def kill(self, name: str, number: signal.Signals) -> None:
        """Send a running program a signal: SIGHUP to read its configuration anew, SIGKILL to try its death."""
        running = self._children[name].running
        if running is not None:
            running.signal(number)

    def pid(self, name: str) -> int | None:
        """The process that runs this program now."""
        running = self._children[name].running
        return None if running is None else running.pid

    async def _keep(self, child: _Child) -> None:
        """Start one program, and start it again each time it has died, until cancelled."""
        while True:
            started_s, why = self._monotonic(), ""
            try:
                await self._run(child, started_s)
            except ProgramError as error:
                if not child.once_ready.is_set():
                    raise
                why = str(error)
            if not why and child.process is not None:
                why = child.process.last_words()
            delay_s = child.backoff.after_running(self._monotonic() - started_s)
            self._tell(child, EventKind.RESTARTING, after_s=delay_s, why=why)
            await asyncio.sleep(delay_s)

    async def _run(self, child: _Child, started_s: float) -> None:
        """One run, from start to death; ProgramError when it did not become ready."""
        program = child.program
        child.process = None
        try:
            process = child.process = Process(program)
        except OSError as error:
            self._tell(child, EventKind.DIED)
            raise ProgramError(f"{program.name} could not be started: {error}") from error
        self._tell(child, EventKind.STARTED)
        try:
            await self._until_ready(process, started_s)
            self._tell(child, EventKind.READY, after_s=self._monotonic() - started_s)
            child.once_ready.set()
            await process.exited.wait()
        except ProgramError:
            await process.end()
            raise
        finally:
            if process.exited.is_set():
                self._tell(child, EventKind.DIED)

    async def _until_ready(self, process: Process, started_s: float) -> None:
        program = process.program
        while not await _looks_ready(program) or process.exited.is_set():
            if process.exited.is_set():
                raise ProgramError(
                    f"{program.name} ended before it was ready, {how_it_ended(process.rc)}; {process.last_words()}"
                )
            if self._monotonic() - started_s > program.ready_within_s:
                raise ProgramError(
                    f"{program.name} was not ready within {program.ready_within_s:g} s; {process.last_words()}"
                )
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await process.exited.wait()

    async def _first_of(self, events: Iterable[asyncio.Event]) -> None:
        """Wait until all of these have come, or the supervisor has stopped; what made the start fail is raised."""
        all_of_them = asyncio.ensure_future(_all_set(list(events)))
        stopped = asyncio.ensure_future(self._stopped.wait())
        try:
            ends: set[asyncio.Future[Any]] = {all_of_them, stopped, self._failure}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            all_of_them.cancel()
            stopped.cancel()
        if self._failure.done():
            self._failure.result()

    def _keeper_ended(self, keeper: asyncio.Task[None]) -> None:
        if not keeper.cancelled() and not self._failure.done():
            error = keeper.exception()
            if error is not None:
                self._failure.set_exception(error)

    async def _stop_child(self, child: _Child) -> None:
        if child.running is not None:
            await child.running.end()
            self._tell(child, EventKind.STOPPED)

    def _tell(self, child: _Child, kind: EventKind, after_s: float | None = None, why: str = "") -> None:
        process = child.process
        self._on_event(
            Event(
                kind=kind,
                program=child.program.name,
                pid=None if process is None else process.pid,
                rc=None if process is None else process.rc,
                after_s=after_s,
                deaths=child.backoff.deaths if kind is EventKind.RESTARTING else 0,
                why=why,
            )
        )


async def _all_set(events: Sequence[asyncio.Event]) -> None:
    for event in events:
        await event.wait()


async def _looks_ready(program: Program) -> bool:
    """One look; not being able to connect is a no, and so is an answer that does not come."""
    if program.ready is None:
        return True
    try:
        async with asyncio.timeout(LOOK_WITHIN_S):
            return await program.ready()
    except (OSError, TimeoutError, EOFError):
        return False


def _check_list(programs: Sequence[Program]) -> None:
    names = [program.name for program in programs]
    if len(set(names)) < len(names):
        raise ProgramListError(f"a name stands twice among the programs: {', '.join(sorted(names))}")
