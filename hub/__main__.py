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
        "accounts": "make or change accounts: a JSON object a line on standard input, {name, role, display, password}",
    }
    for verb, words in helps.items():
        verbs.add_parser(verb, help=words).add_argument("--state", type=Path, required=True)
    verbs.add_parser("demo", help="everything on this machine; demo --help says more")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    logging.getLogger("alembic").setLevel(logging.WARNING)
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
                done = await accounts.add(**fields, demo=bool(asked.get("demo")))
            except (ValueError, KeyError, TypeError) as error:
                words = str(error) if isinstance(error, AccountError) else "not {name, role, display, password}"
                return _complain(f"line {number}: {words}", 2)
            print(f"{fields['name']}: {done}")
    finally:
        await database.close()
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
