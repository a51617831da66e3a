# SPDX-License-Identifier: EUPL-1.2
"""flexzicht-edge: make a unit, run its agent, prepare a film that plays in place of a camera.

What is wrong with the input is said in one line on stderr, with exit status 2. SIGTERM and SIGINT end the agent in
order: filming stops, the segment is closed, what can still be sent within two seconds is sent, exit status 0.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from contract.record import ContractError
from edge.agent import Agent, Parts
from edge.capture.file import EmitJournal, FilmSource
from edge.capture.source import SourceError
from edge.config import (
    CONFIG,
    ConfigError,
    FilmConfig,
    check_names,
    draft_config,
    drafted_names,
    read_anchors,
    read_config,
)
from edge.link.credentials import SERVER_CA, Credentials, CredentialsError
from edge.link.mqtt import Broker, Line, LineEvents
from edge.link.upload import HubClient, OfferError
from edge.live.whip import PublisherEvents, PublishError, WhipPublisher
from edge.recorder.spool import Spool, SpoolError
from edge.simulate import STREET_SETTINGS, Progress, prepare_film, prepared, street_film
from edge.unit.authority import Authority
from edge.unit.clock import UnitClock
from edge.unit.files import sync_folder
from edge.unit.identity import CERTIFICATE, KEY, REQUEST, IdentityError, init, read_identity
from edge.unit.journal import Journal
from edge.unit.memory import MEMORY, MemoryFileError, begin_memory

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements" / "films.txt"
STAGED = ".init"  # inside the unit's folder: what stands above it need not be writable
INPUT_ERRORS = (ConfigError, ContractError, CredentialsError, IdentityError, MemoryFileError, SourceError, SpoolError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command."""
    chosen = _parser().parse_args(arguments)
    try:
        chosen.act(chosen)
    except INPUT_ERRORS as error:
        print(f"flexzicht-edge: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="flexzicht-edge", description="The agent on a camera unit.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    make = commands.add_parser("init", help="make a unit: its key, the request for the ceremony, and an empty memory")
    make.add_argument("--state", type=Path, required=True, help="the unit's own folder")
    make.add_argument("--unit", required=True, help="its name: a to z, 0 to 9, dash; at most 32")
    make.add_argument("--camera", required=True, help="its camera's name, of the same form")
    make.set_defaults(act=_init)
    run = commands.add_parser("run", help="film under verified orders, and send what is filmed")
    run.add_argument("--state", type=Path, required=True, help="the unit's own folder")
    run.set_defaults(act=_run)
    film = commands.add_parser("film", help="prepare a film to play in place of a camera; prints where it is")
    film.add_argument("source", type=Path, nargs="?", help="any film; the demo's street film when left out")
    film.add_argument("out", type=Path, nargs="?", help="where the prepared film goes; else into the cache")
    film.add_argument("--source", dest="given", type=Path, help="the same as SOURCE")
    film.add_argument("--cache", type=Path, default=Path(".films"), help="folder of prepared films")
    film.set_defaults(act=_film)
    return parser


def _init(chosen: argparse.Namespace) -> None:
    """Make the unit in a folder inside its own, whose files then take their places, key first and configuration last.

    Cut before all of them are made it begins anew, cut later it goes on with the key that it made.
    """
    state, staged = chosen.state, chosen.state / STAGED
    begun = (staged / CONFIG).exists() or (staged.exists() and (state / CONFIG).exists())
    try:
        if not begun:
            if staged.exists():
                shutil.rmtree(staged)
            _require_new(state)
            _make(staged, chosen)
        for name in (KEY, REQUEST, MEMORY, CONFIG):
            if (staged / name).exists():
                (staged / name).rename(state / name)
                sync_folder(state)
        shutil.rmtree(staged)
    except OSError as error:
        raise ConfigError(f"{error.filename}: {error.strerror}") from error
    if begun and drafted_names(state) != (chosen.unit, chosen.camera):
        raise ConfigError(f"{state / CONFIG}: was begun under other names, and stands under those now")


def _require_new(state: Path) -> None:
    for path in (state / KEY, state / CONFIG):
        if path.exists():
            raise ConfigError(f"{path}: stands already; a unit keeps its identity")


def _make(staged: Path, chosen: argparse.Namespace) -> None:
    """Key, request, memory and, when they are on disk, the configuration: its presence says that all are there."""
    check_names(chosen.unit, chosen.camera)
    init(staged, chosen.unit)
    begin_memory(staged)
    draft_config(staged, chosen.unit, chosen.camera)


def _film(chosen: argparse.Namespace) -> None:
    source = chosen.given or chosen.source
    preparing = _progress("preparing the film")
    if source is None:
        fetching = _progress("fetching the street film")
        print(street_film(chosen.cache, REQUIREMENTS, on_fetch=fetching, on_progress=preparing))
    elif chosen.out is None:
        print(prepared(source, chosen.cache, STREET_SETTINGS, on_progress=preparing))
    else:
        prepare_film(source, chosen.out, STREET_SETTINGS, on_progress=preparing)
        print(chosen.out)


def _progress(what: str) -> Progress:
    """Says on standard error how far it is, a line each time."""
    return lambda part: print(f"{what}: {int(100 * part)} %", file=sys.stderr, flush=True)


def _run(chosen: argparse.Namespace) -> None:
    asyncio.run(_agent(chosen.state))


async def _agent(state: Path) -> None:
    """Put the agent together and run it until a signal ends it."""
    config = read_config(state)
    clock = UnitClock()
    identity = read_identity(state, config.unit)
    credentials = Credentials(state / SERVER_CA, state / CERTIFICATE, state / KEY)
    journal = Journal(sys.stderr, clock.now_us)
    hub = HubClient(config.hub_url, config.hub_host, config.unit, credentials)

    async def offer(sdp: str) -> str:
        try:
            return await hub.whip(config.camera, sdp)
        except OfferError as error:
            raise PublishError(str(error)) from error

    def session(deadline_us: int, events: PublisherEvents) -> WhipPublisher:
        return WhipPublisher(
            offer,
            ice_addresses=config.ice_addresses,
            events=events,
            deadline_us=deadline_us,
            now_us=clock.now_us,
            monotonic=lambda: clock.monotonic_ns() / 1e9,
        )

    def line(events: LineEvents) -> Line:
        broker = Broker(host=config.mqtt_host, port=config.mqtt_port, client_id=config.client_id)
        return Line(broker, config.unit, credentials, events, parts.fraction)

    parts = Parts(
        config=config,
        state=state,
        identity=identity,
        authority=Authority(state, read_anchors(state), identity.name, clock),
        spool=Spool(state / "spool", config.spool_bytes),
        clock=clock,
        random=os.urandom,
        journal=journal,
        source=partial(_source, config.source, clock),
        session=session,
        hub=hub,
        line=line,
    )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await Agent(parts).run(stop)
    finally:
        await hub.close()


def _source(film: FilmConfig, clock: UnitClock) -> FilmSource:
    return FilmSource(
        Path(film.film),
        now_us=clock.now_us,
        monotonic_ns=clock.monotonic_ns,
        start_offset_us=film.offset_s * 1_000_000,
        on_emit=_emit_journal(Path(film.journal)) if film.journal is not None else None,
    )


def _emit_journal(path: Path) -> EmitJournal:
    """Writes `number microseconds` for each picture, so that what is seen can be matched with when it was sent."""
    lines = path.open("a", buffering=1)
    return lambda number, at_us: print(number, at_us, file=lines)


if __name__ == "__main__":
    sys.exit(main())
