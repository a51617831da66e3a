# SPDX-License-Identifier: EUPL-1.2
"""flexzicht-edge: make a unit, have it let in, run its agent, prepare a film that plays in place of a camera.

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

from contract.claim import claim_code, compared
from contract.record import ContractError
from edge.agent import Agent, Parts
from edge.capture.file import EmitJournal, FilmSource
from edge.capture.source import SourceError
from edge.config import (
    ANCHORS,
    CONFIG,
    SERVER_CA,
    ConfigError,
    FilmConfig,
    UnitConfig,
    check_names,
    door_of,
    draft_config,
    draft_unnamed,
    drafted_names,
    read_anchors,
    read_config,
    read_kit,
)
from edge.link.credentials import Credentials, CredentialsError
from edge.link.enrol import Door, Enrolling, Papers, PapersError, Renewing, label
from edge.link.mqtt import Broker, Line, LineEvents
from edge.link.upload import HubClient, OfferError
from edge.live.whip import PublisherEvents, PublishError, WhipPublisher
from edge.recorder.spool import Spool, SpoolError
from edge.simulate import STREET_SETTINGS, Progress, prepare_film, prepared, street_film
from edge.unit.authority import Authority
from edge.unit.clock import UnitClock
from edge.unit.files import create_file, replace_file, sync_folder
from edge.unit.identity import CERTIFICATE, CLAIM, KEY, REQUEST, IdentityError, init, read_identity
from edge.unit.journal import Journal
from edge.unit.memory import MEMORY, MemoryFileError, begin_memory

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements" / "films.txt"
STAGED = ".init"  # inside the unit's folder: what stands above it need not be writable
INPUT_ERRORS = (
    *(ConfigError, ContractError, CredentialsError, IdentityError, MemoryFileError),
    *(PapersError, SourceError, SpoolError),
)
CLAIM_BYTES = 6  # of randomness for a claim code


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
    make = commands.add_parser("init", help="make a unit: its key, a request for a certificate, an empty memory")
    make.add_argument("--state", type=Path, required=True, help="the unit's own folder")
    make.add_argument("--kit", type=Path, help="the municipality's folder: a unit that its hub lets in and names")
    make.add_argument("--film", default="/dev/video0", help="with --kit: what plays for its camera")
    make.add_argument("--offset", type=int, default=0, help="with --film: seconds into it")
    make.add_argument("--unit", help="for the ceremony: its name; a to z, 0 to 9, dash; at most 32")
    make.add_argument("--camera", help="for the ceremony: its camera's name, of the same form")
    make.set_defaults(act=_init)
    for name, act, words in (
        ("run", _run, "film under verified orders, and send what is filmed; first be let in, where that is still due"),
        ("enrol", _enrol, "be let in at the hub, and end"),
    ):
        command = commands.add_parser(name, help=words)
        command.add_argument("--state", type=Path, required=True, help="the unit's own folder")
        command.set_defaults(act=act)
    shown = commands.add_parser("label", help="print the claim code and the fingerprint for the unit's label")
    shown.add_argument("--state", type=Path, required=True, help="the unit's own folder")
    shown.add_argument("--new", action="store_true", help="make a new claim code first: one that was used is over")
    shown.set_defaults(act=_label)
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
        for name in (KEY, REQUEST, MEMORY, SERVER_CA, ANCHORS, CLAIM, CONFIG):
            if (staged / name).exists():
                (staged / name).rename(state / name)
                sync_folder(state)
        shutil.rmtree(staged)
    except OSError as error:
        raise ConfigError(f"{error.filename}: {error.strerror}") from error
    if begun and drafted_names(state) != (chosen.unit, chosen.camera):
        raise ConfigError(f"{state / CONFIG}: was begun under other names, and stands under those now")
    if chosen.kit is not None:
        _print_label(state)


def _require_new(state: Path) -> None:
    for path in (state / KEY, state / CONFIG):
        if path.exists():
            raise ConfigError(f"{path}: stands already; a unit keeps its identity")


def _make(staged: Path, chosen: argparse.Namespace) -> None:
    """Key, request, memory and, when they are on disk, the configuration: its presence says that all are there."""
    if chosen.kit is not None:
        if chosen.unit or chosen.camera:
            raise ConfigError("--kit: the hub names the unit and its camera")
        kit = read_kit(chosen.kit)
        init(staged, "")
        create_file(staged / SERVER_CA, kit.server_ca, 0o644)
        create_file(staged / ANCHORS, kit.anchors, 0o644)
        create_file(staged / CLAIM, _new_code())
        begin_memory(staged)
        draft_unnamed(staged, kit.hub, str(chosen.film), chosen.offset)
        return
    if not chosen.unit or not chosen.camera:
        raise ConfigError("init: give --kit, or for the ceremony --unit and --camera")
    check_names(chosen.unit, chosen.camera)
    init(staged, chosen.unit)
    begin_memory(staged)
    draft_config(staged, chosen.unit, chosen.camera)


def _new_code() -> bytes:
    return claim_code(os.urandom(CLAIM_BYTES)).encode() + b"\n"


def _label(chosen: argparse.Namespace) -> None:
    """Print it again, or a new code where the old one was used or is over."""
    state = chosen.state
    if chosen.new:
        if (state / CERTIFICATE).exists():
            raise ConfigError(f"{state / CERTIFICATE}: this unit is let in already, and needs no code")
        read_identity(state, "")
        try:
            replace_file(state / CLAIM, _new_code())
        except OSError as error:
            raise ConfigError(f"{error.filename}: {error.strerror}") from error
    _print_label(state)


def _print_label(state: Path) -> None:
    code, fingerprint = label(Papers(state, read_identity(state, "")))
    if code:
        print(f"claim code   {code}")
    print(f"fingerprint  {'-'.join(compared(fingerprint))}")


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


def _enrol(chosen: argparse.Namespace) -> None:
    if (chosen.state / CERTIFICATE).exists():
        raise ConfigError(f"{chosen.state / CERTIFICATE}: this unit is let in already")
    clock = UnitClock()
    asyncio.run(_let_in(chosen.state, Journal(sys.stderr, clock.now_us), asyncio.Event()))


async def _let_in(state: Path, journal: Journal, stop: asyncio.Event) -> bool:
    """Ask at the hub's door until the unit is let in; false when it was told to stop first."""
    _listen(stop)
    asking = asyncio.create_task(_enrolling(state, journal, "").run())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({asking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if asking.done():
            asking.result()
        return asking.done()
    finally:
        for task in (asking, stopping):
            task.cancel()
        await asyncio.gather(asking, stopping, return_exceptions=True)


def _enrolling(state: Path, journal: Journal, unit: str) -> Enrolling:
    url, host = door_of(state)
    return Enrolling(Door(url, host, state / SERVER_CA), Papers(state, read_identity(state, unit)), journal, _fraction)


def _fraction() -> float:
    """A random number from 0 up to 1."""
    return int.from_bytes(os.urandom(4)) / 2**32


def _listen(stop: asyncio.Event) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)


async def _agent(state: Path) -> None:
    """Put the agent together and run it until a signal ends it."""
    stop, clock = asyncio.Event(), UnitClock()
    _listen(stop)
    journal = Journal(sys.stderr, clock.now_us)
    if not (state / CERTIFICATE).exists() and not await _let_in(state, journal, stop):
        return
    config = read_config(state)
    credentials = Credentials(state / SERVER_CA, state / CERTIFICATE, state / KEY)
    hub = HubClient(config.hub_url, config.hub_host, config.unit, credentials)
    parts = _parts(state, config, clock, journal, credentials, hub)
    enrolling = None if config.door_url is None else _enrolling(state, journal, config.unit)
    papers = Papers(state, parts.identity)
    renewing = asyncio.create_task(Renewing(papers, hub, enrolling, journal, clock.now_us, parts.fraction).run())
    running = asyncio.create_task(Agent(parts).run(stop))
    try:
        await asyncio.wait({running, renewing}, return_when=asyncio.FIRST_COMPLETED)
        stop.set()  # neither ends by itself: what breaks one ends both, and the supervisor starts them again
        await running
        if renewing.done():
            renewing.result()
    finally:
        renewing.cancel()
        await asyncio.gather(running, renewing, return_exceptions=True)
        await hub.close()


def _parts(
    state: Path, config: UnitConfig, clock: UnitClock, journal: Journal, credentials: Credentials, hub: HubClient
) -> Parts:
    """What the agent is made of."""
    identity = read_identity(state, config.unit)

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
    return parts


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
