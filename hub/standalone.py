# SPDX-License-Identifier: EUPL-1.2
"""Everything on one machine: the order of birth, the programs and their arguments. For the demo and the tests.

Order: units make their keys; the ceremony; PostgreSQL, NATS, Caddy and the keeper; the database's
schema and the first accounts; the hub's processes; then whoever uses the API; then the units. An address given
in `DATABASE_URL` or `MQTT_URL` is used instead of an embedded server. Every child ends with this process, however that
one ends; what did not is ended by the next start.

Started by root, each program is a user of its own (`hub.users`), who reaches its own files and the sockets that it has
to speak with; started by anybody else, all are that user.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from contract.topics import DOWN, UP, topic
from hub import ceremony, files
from hub.embedded import caddy, leftovers, nats, ports, postgres, tree
from hub.embedded.interpreter import Interpreter, interpreter
from hub.embedded.program import Event, Program
from hub.embedded.readiness import on_socket
from hub.embedded.supervisor import Supervisor
from hub.layout import Layout
from hub.maps.upstream import CACHE
from hub.users import OBJECTS_READERS, SOCKETS, UNIT_USERS, USERS, User

PORTS = ("people", "units", "door", "postgres", "nats", "mqtt")
CHECKOUT = Path(__file__).resolve().parent.parent
STATIC = Path(__file__).resolve().parent / "static"
PACKAGES = ("contract", "edge", "hub")
ROLES = ("serve", "units", "media", "worker")
NEEDS: Mapping[str, tuple[str, ...]] = {
    "keeper": (),
    "serve": ("DATABASE_URL", "FLEXZICHT_ORIGIN", "FLEXZICHT_TILES_URL"),
    "units": ("DATABASE_URL",),
    "media": ("DATABASE_URL", "FLEXZICHT_ORIGIN", "FLEXZICHT_ICE_ADDRESSES"),
    "worker": ("DATABASE_URL", "MQTT_URL"),
    "migrate": ("DATABASE_URL",),
    "accounts": ("DATABASE_URL",),
}
"""What each of the hub's processes is told beside its state folder. A unit is told nothing but its own folder."""
FILM = "/proc/self/fd/0"  # a unit's film is its standard input: it may lie where the unit's user cannot go
COMMAND_DEADLINE_S = 60.0
MQTTS_PORT = 8883  # registered for MQTT over TLS
LOOK_S = 0.5  # how late the broker may learn that a unit was let in or revoked
TOLD_AGAIN_S = 5.0  # between two changes of its users
REVOKED_LIMIT = 1 << 20  # bytes
UNIT_NAME = re.compile(r"[a-z0-9-]{1,32}")


class StandaloneError(Exception):
    """A step of the start failed; the message is the step's own last words."""


class InUseError(StandaloneError):
    """Another start holds this state; the message says so."""


@dataclass(frozen=True)
class UnitPlan:
    """A unit that runs on this machine: its id, its camera's id, and the film it plays from which second on."""

    unit: str
    camera: str
    film: str
    offset_s: int
    source_note: str


@dataclass(frozen=True)
class Account:
    """A person's account: a printed first password, or a seed client's that nobody types. `slot` is an approver's."""

    name: str
    role: str
    display: str
    password: str
    demo: bool
    slot: str | None = None


@dataclass
class Standalone:
    """One machine's hub with its units. Make it with `prepared`, run it with `running`."""

    layout: Layout
    plan: ceremony.Plan
    units: Sequence[UnitPlan]
    accounts: Sequence[Account]
    now_us: Callable[[], int]
    on_event: Callable[[Event], None] = lambda event: None
    say: Callable[[str], None] = lambda words: None
    environment: Mapping[str, str] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    held: int = -1  # the state's lock, a file descriptor
    _python: Interpreter | None = None
    _turned_away: frozenset[str] | None = None  # who was revoked, by the last list that could be read

    @property
    def address(self) -> str:
        """Where people find the console: a name, because browsers refuse passkeys on an IP address."""
        return f"http://localhost:{self.ports['people']}"

    @property
    def database_url(self) -> str:
        """The given database, or the embedded one."""
        given = self.environment.get("DATABASE_URL")
        return given or postgres.url(self.ports["postgres"], tree.secret(self.layout.state / "postgres.secret"))

    @property
    def mqtt_url(self) -> str:
        """The given broker, or the embedded one."""
        return self.environment.get("MQTT_URL") or nats.url(self.ports["mqtt"])

    @property
    def broker(self) -> tuple[str, int]:
        """Host and port of the broker, for the units.

        Raises:
            StandaloneError: the given address is none.
        """
        try:
            parts = urlsplit(self.mqtt_url)
            host, port = parts.hostname, parts.port or MQTTS_PORT
        except ValueError as error:
            raise StandaloneError(f"MQTT_URL is not mqtts://host:port ({error})") from error
        if parts.scheme != "mqtts" or not host:
            raise StandaloneError("MQTT_URL is not mqtts://host:port")
        return host, port

    async def prepare(self) -> None:
        """Make what is missing: folders, ports, unit keys, the ceremony, certificates near their end."""
        if len(self.units) > len(UNIT_USERS):
            raise StandaloneError(f"at most {len(UNIT_USERS)} units run on one machine")
        made = (
            self.layout.logs,
            self.layout.run,
            self.layout.objects,
            self.layout.incoming,
            self.layout.revoked.parent,
            self.layout.maps / CACHE,
            self.layout.signs,
        )
        for folder in (self.layout.state, *made):
            folder.mkdir(parents=True, exist_ok=True)
        self._take()
        await self._end_leftovers()
        for passed_through in (self.layout.state, self.layout.run):
            passed_through.chmod(0o711)
        self.ports = ports.chosen(self.layout.state / "ports.json", PORTS)
        await ports.all_free(self.ports.values())
        folders = [self.layout.unit(unit.unit) for unit in self.units]
        await self._bear(folders)
        self.layout.logs.chmod(0o700)
        self._pack()
        for unit, folder in zip(self.units, folders, strict=True):
            self._configure(unit, folder)

    async def _end_leftovers(self) -> None:
        """Nobody else runs on this state: what an earlier start left running would hold the ports."""
        killed = await asyncio.to_thread(leftovers.end, self.layout.logs)
        if killed:
            self.say(f"left of an earlier start, and ended: {', '.join(killed)}")

    async def _bear(self, folders: Sequence[Path]) -> None:
        """Keys, roster and certificates: made once, and certificates near their end again."""
        if not ceremony.held(self.layout):
            self.say("making keys, roster and certificates (once)")
        await asyncio.gather(*map(self._init, self.units, folders))
        if ceremony.held(self.layout):
            ceremony.certify(self.layout, folders, self.now_us())
        else:
            ceremony.hold(self.layout, self.plan, folders, self.now_us(), os.urandom)

    async def _init(self, unit: UnitPlan, folder: Path) -> None:
        if not (folder / "config.json").exists():  # the last that it makes
            names = ("--unit", unit.unit, "--camera", unit.camera)
            await self.command("edge", "init", "--state", str(folder), *names)

    @asynccontextmanager
    async def servers(self) -> AsyncIterator[Supervisor]:
        """PostgreSQL, NATS, Caddy and the keeper; afterwards the schema and the accounts are there."""
        home = tree.prepare(self.layout.servers)
        self._own()
        programs = [*self.databases(home), self._front(home), self.role("keeper")]
        async with Supervisor(programs, on_event=self.on_event) as supervisor:
            await supervisor.ready()
            await self.command("hub", "migrate", "--state", str(self.layout.state))
            accounts = "\n".join(json.dumps(asdict(account)) for account in self.accounts)
            await self.command("hub", "accounts", "--state", str(self.layout.state), given=accounts)
            turning_away = asyncio.create_task(self._turn_away(home, supervisor))
            try:
                yield supervisor
            finally:
                turning_away.cancel()
                await asyncio.gather(turning_away, return_exceptions=True)

    def role(self, name: str) -> Program:
        """One of the hub's own processes."""
        return Program(
            name=name,
            argv=(*self.python.argv, "-m", "hub", name, "--state", str(self.layout.state)),
            log_file=self.layout.logs / f"{name}.log",
            env={**self._environment(name), **self.python.env},
            ready=None if name == "worker" else on_socket(self.layout.socket("live" if name == "media" else name)),
            user=USERS[name],
            inherited=self.python.inherited,
            cwd=self.python.cwd,
        )

    def unit(self, plan: UnitPlan) -> Program:
        """A unit's agent. It is told nothing of the hub's state: only its own folder."""
        film = Path(plan.film)
        if os.geteuid() == 0 and film.is_file():  # ours, prepared for playing; its user opens it again by its number
            film.chmod(film.stat().st_mode | 0o044)
        return Program(
            name=plan.unit,
            argv=(*self.python.argv, "-m", "edge", "run", "--state", str(self.layout.unit(plan.unit))),
            log_file=self.layout.logs / f"{plan.unit}.log",
            env={**self._environment(plan.unit), **self.python.env},
            user=self._unit_user(plan),
            inherited=self.python.inherited,
            stdin=film,
            cwd=self.python.cwd,
        )

    @property
    def python(self) -> Interpreter:
        """How this checkout's programs are started; its folders are opened once."""
        if self._python is None:
            self._python = interpreter(CHECKOUT, PACKAGES)
        return self._python

    def _environment(self, name: str) -> dict[str, str]:
        """A process's environment: what it needs, and nothing else of the starter's."""
        known: dict[str, Callable[[], str]] = {
            "DATABASE_URL": lambda: self.database_url,
            "MQTT_URL": lambda: self.mqtt_url,
            "FLEXZICHT_ORIGIN": lambda: self.address,
            "FLEXZICHT_TILES_URL": lambda: self.environment.get("FLEXZICHT_TILES_URL", ""),
            "FLEXZICHT_ICE_ADDRESSES": lambda: ports.LOOPBACK,
        }
        always = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(self.layout.state)}
        return always | {need: known[need]() for need in NEEDS.get(name, ())}

    async def command(self, program: str, *arguments: str, given: str = "") -> str:
        """Run `python -m PROGRAM ARGUMENTS` to its end, with `given` on its standard input; gives what it printed.

        Raises:
            StandaloneError: it ended badly; the message is what it said.
        """
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", program, *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=CHECKOUT,
            env=self._environment(arguments[0]),
        )
        try:
            async with asyncio.timeout(COMMAND_DEADLINE_S):
                output, errors = await child.communicate(given.encode())
        except BaseException as error:
            child.kill()
            await child.wait()
            if isinstance(error, TimeoutError):
                raise StandaloneError(
                    f"{program} {arguments[0]} did not end within {COMMAND_DEADLINE_S:g} s"
                ) from error
            raise
        if child.returncode:
            raise StandaloneError(f"{program} {arguments[0]}: {errors.decode(errors='replace').strip()[-2000:]}")
        return output.decode()

    def databases(self, home: tree.Tree) -> list[Program]:
        """The servers that are not given, prepared."""
        found = []
        if not self.environment.get("DATABASE_URL"):
            postgres.prepare(home, tree.secret(self.layout.state / "postgres.secret"))
            found.append(postgres.program(home, self.ports["postgres"], self.layout.logs / "postgres.log"))
        if not self.environment.get("MQTT_URL"):
            nats.prepare(home, self._broker())
            found.append(nats.program(home, self.ports["nats"], self.layout.logs / "nats.log"))
        return found

    def _broker(self) -> nats.Broker:
        authorities = self.layout.tls / "clients.pem"
        names = (ceremony.UNIT_CA, ceremony.SERVER_CA)
        authorities.write_bytes(b"".join((self.layout.tls / f"{name}.pem").read_bytes() for name in names))
        return nats.Broker(
            nats_port=self.ports["nats"],
            mqtt_port=self.ports["mqtt"],
            server_cert=self.layout.tls / "server.pem",
            server_key=self.layout.tls / "server.key",
            client_cas=authorities,
            users=broker_users(self._admitted()),
        )

    async def _turn_away(self, home: tree.Tree, supervisor: Supervisor) -> None:
        """Each time that the worker has written down who was let in or revoked, tell the embedded broker; who is
        connected and stays among its users notices nothing."""
        known = self._admitted()
        while not self.environment.get("MQTT_URL"):
            await asyncio.sleep(LOOK_S)
            found = self._admitted()
            if found != known:
                try:
                    nats.prepare(home, self._broker())
                except OSError as error:
                    self.say(f"the broker cannot be told which units are let in, and is told again: {error}")
                    continue
                supervisor.kill("nats", signal.SIGHUP)
                known = found
                await asyncio.sleep(TOLD_AGAIN_S)

    def _admitted(self) -> list[str]:
        """The units that the broker knows: those of this machine and those that the worker names, less the revoked."""
        named = _names(self.layout.admitted) or frozenset()
        known = {plan.unit for plan in self.units} | {name for name in named if UNIT_NAME.fullmatch(name)}
        return sorted(known - self._revoked())

    def _revoked(self) -> frozenset[str]:
        """The units that were revoked; the file is the worker's, and is not believed to be one.

        One that is torn, too long or gone revokes nobody's revocation: the last that was whole stands, over a stop of
        this process too, by a copy of its own.
        """
        copy = self.layout.state / "turned-away.json"
        if self._turned_away is None:
            self._turned_away = _names(copy) or frozenset()
        found = _names(self.layout.revoked)
        if found is not None and found != self._turned_away:
            self._turned_away = found
            try:
                files.replace(copy, json.dumps(sorted(found)).encode())
            except OSError as error:
                self.say(f"who was revoked is not kept over a stop of this program: {error}")
        return self._turned_away

    def _front(self, home: tree.Tree) -> Program:
        front = caddy.Front(
            people_port=self.ports["people"],
            units_port=self.ports["units"],
            door_port=self.ports["door"],
            static=STATIC,
            serve_socket=self.layout.socket("serve"),
            live_socket=self.layout.socket("live"),
            units_socket=self.layout.socket("units"),
            server_cert=self.layout.tls / "server.pem",
            server_key=self.layout.tls / "server.key",
            unit_ca=self.layout.tls / f"{ceremony.UNIT_CA}.pem",
        )
        caddy.prepare(home, front)
        return caddy.program(home, self.ports["people"], self.ports["units"], self.layout.logs / "caddy.log")

    def _pack(self) -> None:
        """Write what a new unit is given at its making, by whoever holds it in hand (`flexzicht-edge init --kit`)."""
        folder = self.layout.kit
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        hub = json.dumps(self._addresses(), indent=1).encode() + b"\n"
        authority = (self.layout.tls / f"{ceremony.SERVER_CA}.pem").read_bytes()
        anchors = (self.layout.state / ceremony.ANCHORS).read_bytes()
        for name, data in (("hub.json", hub), ("server-ca.pem", authority), (ceremony.ANCHORS, anchors)):
            files.replace(folder / name, data, 0o644)

    def _addresses(self) -> dict[str, str | int]:
        """Where units find the hub."""
        mqtt_host, mqtt_port = self.broker
        return {
            "door_url": f"https://127.0.0.1:{self.ports['door']}",
            "hub_url": f"https://127.0.0.1:{self.ports['units']}",
            "hub_host": "localhost",
            "mqtt_host": mqtt_host,
            "mqtt_port": mqtt_port,
        }

    def _configure(self, plan: UnitPlan, folder: Path) -> None:
        """Write what an installer would type: where the hub is, and which film stands for the camera."""
        path = folder / "config.json"
        try:
            before = json.loads(path.read_bytes())
        except ValueError:  # torn; only the secret is lost, and another does as well
            before = {}
        known = {
            "unit": plan.unit,
            "camera": plan.camera,
            **self._addresses(),
            "client_id": before.get("client_id") or os.urandom(16).hex(),
            "source": {"film": FILM, "offset_s": plan.offset_s},
            "ice_addresses": ["127.0.0.1"],
            "position": "pinned",
        }
        fresh = folder / "config.json.new"
        fresh.write_text(json.dumps(known, indent=1))
        fresh.chmod(0o600)
        fresh.replace(path)

    def _take(self) -> None:
        """Nobody else may run on this state; the lock ends with this process, however it ends."""
        descriptor = os.open(self.layout.state / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise InUseError(f"it runs already on this state ({self.layout.state}); stop that one first") from error
        self.held = descriptor

    def _own(self) -> None:
        """Say who enters which folder; as root, give each to the one user that it belongs to."""
        self._enter(self.layout.keeper, USERS["keeper"], 0o700)
        self._enter(self.layout.log, USERS["keeper"], 0o755)  # what is public, and read by others
        self._enter(self.layout.revoked.parent, USERS["worker"], 0o700)
        for folder in (self.layout.maps / CACHE, self.layout.signs):
            self._enter(folder, USERS["serve"], 0o700)
        for folder, mode in ((self.layout.objects, 0o2775), (self.layout.incoming, 0o2770)):
            self._enter(folder, USERS["units"], mode, USERS["worker"].uid)  # stored by one, read and swept by the other
        self._enter(self.layout.objects.parent, USERS["units"], 0o750, OBJECTS_READERS)  # `serve` reads, no more
        for name, (listener, callers) in SOCKETS.items():
            folder = self.layout.socket(name).parent
            folder.mkdir(exist_ok=True)
            self._enter(folder, listener, 0o2710, callers)  # what is made in it has the group of its callers
        for plan in self.units:
            self._enter(self.layout.unit(plan.unit), self._unit_user(plan), 0o700)
        self.layout.tls.chmod(0o755)
        if os.geteuid() == 0:
            os.chown(self.layout.tls / "worker.key", USERS["worker"].uid, USERS["worker"].uid)

    def _enter(self, folder: Path, owner: User, mode: int, group: int | None = None) -> None:
        if os.geteuid() == 0:
            tree.give(folder, owner)
            os.chown(folder, -1, owner.uid if group is None else group)
        folder.chmod(mode if os.geteuid() == 0 or group is None else 0o700)

    def _unit_user(self, plan: UnitPlan) -> User:
        return UNIT_USERS[list(self.units).index(plan)]


def _names(path: Path) -> frozenset[str] | None:
    """The JSON array of units in a file; None where it is not one, whole and of names alone."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(number, "rb") as file:
            data = file.read(REVOKED_LIMIT + 1)
        found = json.loads(data) if len(data) <= REVOKED_LIMIT else None
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        return None
    return frozenset(found)


def broker_users(units: Sequence[str]) -> list[nats.BrokerUser]:
    """Who may say and hear what at the broker: each unit its own topics, the worker the other end of all of them."""
    users = [
        nats.BrokerUser(
            subject_dn=ceremony.unit_subject(unit),
            publish=tuple(topic(unit, what) for what in UP),
            subscribe=tuple(topic(unit, what) for what in DOWN),
        )
        for unit in units
    ]
    worker = nats.BrokerUser(
        subject_dn=ceremony.worker_subject(),
        publish=tuple(topic("+", what) for what in DOWN),
        subscribe=tuple(topic("+", what) for what in UP),
    )
    return [*users, worker]
