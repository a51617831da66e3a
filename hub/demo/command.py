# SPDX-License-Identifier: EUPL-1.2
"""`demo`: one fictional demonstration on this machine, filmed and shown for real, said in words while it comes up.

The film is recorded footage and says so; keys, signatures, log, seals and servers are the real ones. State is kept:
a second start goes on where the first one ended, and makes a new deployment when no window is open.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import secrets
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from contract.envelope import read
from contract.mandate import Window
from contract.record import ContractError, load
from contract.roster import Roster
from hub.ceremony import CeremonyError, Plan
from hub.demo import following, seeds
from hub.demo.place import UsageError, claim, require_readable, require_state
from hub.demo.screen import Screen
from hub.demo.town import town
from hub.embedded.faults import EmbeddedError
from hub.embedded.program import Event, EventKind
from hub.embedded.supervisor import Supervisor
from hub.layout import Layout
from hub.maps.basemap import Basemap, put_town
from hub.standalone import CHECKOUT, PACKAGES, ROLES, Account, InUseError, Standalone, StandaloneError, UnitPlan
from hub.store.vault import SecretExistsError, create_secret
from hub.users import USERS

PLAN = Plan(
    municipality="Gemeente Voorbeeld (demo)",
    origin="flexzicht.example/demo",
    slots=(
        ("slot-1", "Seed approver 1 (demo)"),
        ("slot-2", "Seed approver 2 (demo)"),
        ("slot-3", "J. Verzonnen"),
        ("slot-4", "S. Denkbeeld"),
    ),
    demo=True,
)
APPROVERS = {"slot-1": "seed-approver-1", "slot-2": "seed-approver-2"}
OPERATORS = ("seed-operator-1", "seed-operator-2")
PEOPLE = (
    ("planner", "operator", "M. Voorbeeld", None),
    ("planner-2", "operator", "P. Bedacht", None),
    ("approver-1", "approver", "J. Verzonnen", "slot-3"),
    ("approver-2", "approver", "S. Denkbeeld", "slot-4"),
    ("installer", "installer", "F. Fictie", None),
    ("kijker", "viewer", "Demo viewer", None),
)
"""Account, role, the name that people read, and an approver's slot. Nobody of these exists."""
UNITS = (("unit-1", "camera-1", 0), ("unit-2", "camera-2", 20), ("unit-3", "camera-3", 40))
"""Unit, its camera, and how many seconds into the film it begins: three posts that do not show the same."""
DOES = {
    "operator": "plans, places, watches and stops",
    "approver": "signs decisions",
    "installer": "hangs units at the mast",
    "viewer": "watches",
}
CODE_NAMES = ("code", "spare code 2", "spare code 3")
SECOND_US = 1_000_000
STREET_NOTE, OWN_NOTE = "street-1906", "own-film"  # the console has words for both, in both languages
LENGTHS_S = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True)
class Options:
    """What was asked for."""

    state: Path
    cache: Path
    window_s: int
    source: Path | None
    addresses: Mapping[str, str]
    asked_window: bool = False


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


def options(arguments: list[str], state: Path, cache: Path, addresses: Mapping[str, str]) -> Options:
    """Read the command line; state, cache and addresses (`DATABASE_URL`, `MQTT_URL`) come from the environment.

    Raises:
        UsageError: a word that is not known; a length, a file or a folder that cannot be used.
    """
    words = "A fictional demonstration, filmed for real."
    parser = _Parser(prog="./flexzicht demo", description=words, allow_abbrev=False)
    parser.add_argument("--window", help="how long a new deployment may film: 60s, 10m, 8h (the default)")
    parser.add_argument("--source", help="a film of your own (any file that FFmpeg reads)")
    parser.add_argument("--state", default=str(state), help="folder that keeps everything")
    given = parser.parse_args(arguments)
    length = re.fullmatch(r"([0-9]{1,5})([smh])", "8h" if given.window is None else given.window)
    if length is None or not 10 <= int(length[1]) * LENGTHS_S[length[2]] <= 72 * 3600:
        raise UsageError("--window takes 10s to 72h, as 60s, 10m or 8h")
    source = None if given.source is None else Path(given.source)
    if source is not None and not source.is_file():
        raise UsageError(f"--source: there is no file {given.source}")
    window_s = int(length[1]) * LENGTHS_S[length[2]]
    folder = require_state(given.state, CHECKOUT)
    return Options(folder, cache, window_s, source and source.resolve(), addresses, given.window is not None)


async def run(chosen: Options, now_us: Callable[[], int], screen: Screen) -> None:
    """Start, show, and go on until Ctrl-C or SIGTERM; leave no process.

    Raises:
        UsageError, one of FAILURES: the start failed; the message says where and why.
    """
    os.umask(0o022)  # what has to stay closed is made so; the rest is read by other users when root starts
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    task = asyncio.create_task(_play(chosen, now_us, screen, stop))
    waiting = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
    finally:
        waiting.cancel()
        task.cancel()
        await asyncio.gather(task, waiting, return_exceptions=True)
        if stop.is_set():
            screen.say("stopped; the state is kept in " + str(chosen.state))


async def _play(chosen: Options, now_us: Callable[[], int], screen: Screen, stop: asyncio.Event) -> None:
    say, tell = screen.say, _teller(screen.say)
    layout = Layout(chosen.state)
    machine = Standalone(layout, PLAN, (), (), now_us, tell, say, environment=chosen.addresses)
    await asyncio.to_thread(require_readable, machine.python, USERS["worker"], CHECKOUT, PACKAGES)
    claim(layout)
    require_roster(layout)
    film = await _film(chosen, screen)
    units = unit_plans(film, OWN_NOTE if chosen.source else STREET_NOTE)
    machine.units, machine.accounts = units, accounts(layout)
    await machine.prepare()
    lay_map(layout)
    async with AsyncExitStack() as stack:
        say("starting PostgreSQL, NATS, Caddy and the keeper")
        await stack.enter_async_context(machine.servers())
        say("starting the hub")
        hub = Supervisor([machine.role(name) for name in ROLES], on_event=tell)
        await stack.enter_async_context(hub)
        await hub.ready()
        await decide(machine, chosen.window_s, now_us, say, chosen.asked_window)
        codes = await next_codes(machine)
        say(f"starting {len(units)} units, which film only under that order")
        logs = [(unit.unit, layout.logs / f"{unit.unit}.log") for unit in units]
        before = {name: following.end(log) for name, log in logs}
        agents = Supervisor([machine.unit(unit) for unit in units], on_event=tell)
        await stack.enter_async_context(agents)
        await agents.ready()
        _invite(machine, codes, say)
        ending = following.Ending(say, seeds.RETENTION_H)
        await asyncio.gather(*(following.follow(log, before[name], name, screen, stop, ending) for name, log in logs))


def unit_plans(film: Path, note: str, count: int = len(UNITS)) -> tuple[UnitPlan, ...]:
    """The first so many of the demo's units, all with this film, each from another second on."""
    return tuple(UnitPlan(unit, camera, str(film), offset_s, note) for unit, camera, offset_s in UNITS[:count])


def lay_map(layout: Layout) -> None:
    """The fictional town below plans, where nobody put another map."""
    if Basemap(layout.maps).town_file is None:
        put_town(town(), layout.maps)


async def _film(chosen: Options, screen: Screen) -> Path:
    """The film to play: prepared once, in the cache, with a word about how far it is."""
    source = () if chosen.source is None else ("--source", str(chosen.source))
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "edge", "film", "--cache", str(chosen.cache), *source),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=CHECKOUT,
    )
    assert child.stdout is not None and child.stderr is not None
    errors: list[str] = []
    try:
        async for line in child.stderr:
            words = line.decode(errors="replace").rstrip()
            if step := re.fullmatch(r"(.+): ([0-9]{1,3}) %", words):
                screen.progress(step[1], int(step[2]))
            else:
                errors.append(words)
        output = await child.stdout.read()
        await child.wait()
    except BaseException:
        child.kill()
        await child.wait()
        raise
    said = output.decode(errors="replace").strip().splitlines()
    if child.returncode or not said:
        last = errors[-1].removeprefix("flexzicht-edge: ") if errors else f"exit status {child.returncode}"
        fault = StandaloneError if chosen.source is None else UsageError
        raise fault(f"the film could not be prepared: {last}")
    return Path(said[-1])


async def decide(
    machine: Standalone,
    window_s: int,
    now_us: Callable[[], int],
    say: Callable[[str], None],
    asked_window: bool = False,
) -> None:
    """Have the seed clients introduce themselves and, when no window is open, decide a new deployment for all units."""
    codes = json.loads((machine.layout.offline / "codes.json").read_text())
    roster = json.loads((machine.layout.offline / "roster.json").read_text())
    enrolled = [_enrolled(machine.layout, unit) for unit in machine.units]
    async with AsyncExitStack() as stack:
        approvers = {slot: await stack.enter_async_context(_seed(machine, name)) for slot, name in APPROVERS.items()}
        operators = [await stack.enter_async_context(_seed(machine, name)) for name in OPERATORS]
        cast = seeds.Cast(approvers, operators)
        await seeds.introduce(cast, roster, PLAN.municipality, codes)
        await seeds.enrol(cast, enrolled)
        standing = await seeds.go_on(cast, enrolled)
        if standing is not None:
            more = "; --window is for a new one" if asked_window else ""
            say(f"deployment {standing} is still within its window{more}")
            return
        say("a new deployment: two seed approvers sign the decision, two seed operators each assignment")
        from_us = now_us()
        number = await seeds.deploy(cast, enrolled, Window(from_us, from_us + window_s * SECOND_US))
        say(f"deployment {number} is decided and placed, its hour keys are born, all of it stands in the log (DEMO)")


async def next_codes(machine: Standalone) -> dict[str, str]:
    """What a person's approver types to bind a browser: by slot, the first code that was not used yet, named."""
    codes = json.loads((machine.layout.offline / "codes.json").read_text())
    async with _seed(machine, OPERATORS[0]) as seed:
        left = {status["slot"]: status["codes_left"] for status in await seed.ask("GET", "/v1/approvers")}
    next_up = {slot: len(codes[slot]) - left[slot] for slot in left if left[slot]}
    return {slot: f"{CODE_NAMES[number]} {codes[slot][number]}" for slot, number in next_up.items()}


def _seed(machine: Standalone, name: str) -> seeds.Seed:
    password = next(account.password for account in machine.accounts if account.name == name)
    return seeds.Seed(machine.address, name, password, machine.layout.seeds / f"{name}.key")


def require_roster(layout: Layout) -> None:
    """A state of before keeps its keys for ever, and its roster has no slots for people.

    Raises:
        UsageError: the ceremony was held here with other slots than this version's.
    """
    path = layout.offline / "roster.json"
    if not path.exists():
        return
    slots = load(Roster, read(path.read_bytes()).body).slots
    if tuple((slot.slot, slot.name) for slot in slots) != tuple(PLAN.slots):
        raise UsageError(f"the state in {layout.state} was made by an earlier version: remove that folder, start again")


def _enrolled(layout: Layout, unit: UnitPlan) -> seeds.SeedUnit:
    certificate = (layout.unit(unit.unit) / "identity.pem").read_text()
    return seeds.SeedUnit(unit.unit, unit.camera, certificate, unit.source_note)


def accounts(layout: Layout) -> tuple[Account, ...]:
    """The accounts with their first passwords, made once and kept 0600; those of a torn file are made anew."""
    path = layout.state / "accounts.json"
    passwords = _passwords(path)
    names = [*APPROVERS.values(), *OPERATORS, *(name for name, *_ in PEOPLE)]
    if any(name not in passwords for name in names):  # each start gives every account the password that stands here
        passwords = {name: passwords.get(name) or secrets.token_urlsafe(12) for name in names}
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        create_secret(fresh, json.dumps(passwords).encode())
        fresh.replace(path)
    cast: list[tuple[str, str, str, str | None]]
    cast = [(name, "approver", f"{name} (DEMO)", slot) for slot, name in APPROVERS.items()]
    cast += [(name, "operator", f"{name} (DEMO)", None) for name in OPERATORS]
    return tuple(
        Account(name, role, display, passwords[name], demo=(name, role, display, slot) in cast, slot=slot)
        for name, role, display, slot in (*cast, *PEOPLE)
    )


def _passwords(path: Path) -> dict[str, str]:
    try:
        known = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _invite(machine: Standalone, codes: Mapping[str, str], say: Callable[[str], None]) -> None:
    say("")
    say(f"  open      {machine.address}")
    for account in machine.accounts:
        if not account.demo:
            say(f"  sign in   {account.name:<10}   password {account.password}   ({DOES[account.role]})")
            if account.slot is not None and account.slot in codes:
                say(f"            {'':<10}   {codes[account.slot]}   (once, to bind a browser)")
    say("  Ctrl-C ends it; the next start goes on with this state")
    say("")


def _teller(say: Callable[[str], None]) -> Callable[[Event], None]:
    """Say what goes wrong with a program; what goes right is the programs' own affair."""

    def tell(event: Event) -> None:
        if event.kind in (EventKind.DIED, EventKind.RESTARTING):
            say(str(event))

    return tell


def in_a_line(error: BaseException) -> str:
    """An error of the start in one line: what failed, and the last that it said."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return lines[0] if len(lines) == 1 else f"{lines[0]} {lines[-1]}"


MISTAKES = (UsageError, InUseError)
"""Of who started it; what else fails is a fault."""
FAILURES = (StandaloneError, EmbeddedError, CeremonyError, SecretExistsError, seeds.SeedError, ContractError, OSError)
