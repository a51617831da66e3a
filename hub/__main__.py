# SPDX-License-Identifier: EUPL-1.2
"""`flexzicht-hub`: one verb for each process of the hub, and the commands that prepare them.

A mistake in what was typed or given is one line on standard error and exit status 2, a fault of the start is 1.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import json
import logging
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from hub.config import Settings, surroundings

PR_SET_DUMPABLE = 4


def now_us() -> int:
    """Microseconds UTC."""
    return time.time_ns() // 1000


def main() -> int:
    """Run a verb; gives the exit status."""
    # A core file would hold keys and pictures, and so does /proc/PID/mem for a program of the same user.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    if sys.argv[1:2] == ["demo"]:
        return _demo(sys.argv[2:])
    parser = argparse.ArgumentParser(prog="flexzicht-hub", description=__doc__.splitlines()[0] if __doc__ else None)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    helps = {
        "serve": "the API for people",
        "units": "the units' application",
        "media": "live pictures",
        "worker": "the broker's line, anchoring of segments",
        "keeper": "the log and the keys",
        "migrate": "bring the database to this version",
        "accounts": "make or change accounts: a JSON object a line on standard input,"
        " {name, role, display, password}, of an approver its slot too",
    }
    for verb, words in helps.items():
        verbs.add_parser(verb, help=words).add_argument("--state", type=Path, required=True)
    basemap = verbs.add_parser("basemap", help="put a map below plans: a GeoJSON in degrees, or PMTiles")
    basemap.add_argument("file", type=Path, metavar="FILE")
    basemap.add_argument("--state", type=Path, required=True)
    _ceremony_options(verbs.add_parser("ceremony", help="roster, slots, code sheets and anchors, once and offline"))
    verbs.add_parser("demo", help="everything on this machine; demo --help says more")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    if given.verb == "ceremony":
        return _ceremony(given)
    if given.verb == "basemap":
        return _basemap(given.file, given.state)
    try:
        settings = Settings(state=given.state)
    except ValueError as error:
        return _complain(str(error), 2)
    return _run(given.verb, settings)


def _run(verb: str, settings: Settings) -> int:
    """Each role imports only what it needs: `serve` never loads FFmpeg, the keeper no database driver."""
    if verb == "migrate":
        from hub.store.schema import migrate

        migrate(settings.database)
        return 0
    if verb == "accounts":
        return asyncio.run(_accounts(settings, sys.stdin.read()))
    return _until_stopped(lambda stop: _role(verb, settings, stop))


async def _role(verb: str, settings: Settings, stop: asyncio.Event) -> None:
    if verb == "keeper":
        from hub.app import keeper
        from hub.layout import Layout

        layout = Layout(settings.state)
        await keeper.run(layout.keeper, layout.log, layout.socket("keeper"), now_us, stop)
    elif verb == "serve":
        from hub.app import serve

        await serve.run(settings, now_us, stop)
    elif verb == "units":
        from hub.app import units

        await units.run(settings, now_us, stop)
    elif verb == "media":
        from hub.app import media

        await media.run(settings, now_us, stop)
    else:
        from hub.app import worker

        await worker.run(settings, now_us, stop)


def _until_stopped(role: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> int:
    async def running() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await role(stop)

    asyncio.run(running())
    return 0


async def _accounts(settings: Settings, lines: str) -> int:
    from hub.access.people import AccountError, Accounts
    from hub.store.database import Database
    from hub.store.people import People

    database = Database(settings.database)
    try:
        accounts = Accounts(People(database), now_us)
        for number, line in enumerate(lines.splitlines(), 1):
            try:
                asked = json.loads(line)
                fields = {name: str(asked[name]) for name in ("name", "role", "display", "password")}
                slot = None if asked.get("slot") is None else str(asked["slot"])
                done = await accounts.add(**fields, demo=bool(asked.get("demo")), slot=slot)
            except (ValueError, KeyError, TypeError) as error:
                words = str(error) if isinstance(error, AccountError) else "not {name, role, display, password}"
                return _complain(f"line {number}: {words}", 2)
            print(f"{fields['name']}: {done}")
    finally:
        await database.close()
    return 0


def _ceremony_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state", type=Path, required=True, help="an empty folder, which all is made in")
    parser.add_argument("--municipality", required=True, metavar="NAME", help="as units and approvers will read it")
    parser.add_argument("--origin", required=True, metavar="LOG", help="the log's name: a domain and a path, no scheme")
    parser.add_argument(
        "--slot", action="append", required=True, dest="slots", metavar="SLOT=NAME", help="an approver; four or more"
    )
    parser.add_argument("--unit", action="append", default=[], type=Path, metavar="FOLDER", help="of edge init")
    parser.add_argument("--demo", action="store_true", help="what is decided under it is marked DEMO")


def _ceremony(given: argparse.Namespace) -> int:
    from hub import ceremony
    from hub.layout import Layout
    from hub.store.vault import SecretExistsError

    slots = tuple((slot, name) for slot, _, name in (one.partition("=") for one in given.slots))
    layout = Layout(given.state)
    try:
        layout.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        plan = ceremony.Plan(given.municipality, given.origin, slots, given.demo)
        ceremony.hold(layout, plan, given.unit, now_us(), os.urandom)
    except (ceremony.CeremonyError, SecretExistsError, OSError) as error:
        return _complain(str(error), 2)
    print(f"the roster of {len(slots)} slots stands in {layout.offline}, what units trust in {layout.state}")
    print(f"print each page of {layout.sheets}, hand them over, then erase {layout.sheets} and codes.json")
    print(f"lock {layout.offline} away with roster.key: whoever has it says who may approve")
    return 0


def _basemap(file: Path, state: Path) -> int:
    from hub.layout import Layout
    from hub.maps import basemap

    try:
        print(f"below plans lies now {basemap.put(file, Layout(state).maps)}")
    except (basemap.BasemapError, OSError) as error:
        return _complain(f"{file}: {error}", 2)
    return 0


def _demo(arguments: list[str]) -> int:
    from hub.demo import command
    from hub.demo.screen import Screen

    around = surroundings()
    try:
        chosen = command.options(arguments, around.state, around.cache, around.addresses)
        asyncio.run(command.run(chosen, now_us, Screen(sys.stdout, time.monotonic)))
    except command.MISTAKES as error:
        return _complain(command.in_a_line(error), 2)
    except command.FAILURES as error:
        return _complain(command.in_a_line(error), 1)
    return 0


def _complain(words: str, status: int) -> int:
    print(f"flexzicht-hub: {words}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
