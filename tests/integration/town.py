# SPDX-License-Identifier: EUPL-1.2
"""A municipality with its hub in this process: a real ceremony, keeper, log, database and API; the clock is ours.

The keeper's disk can be full (`town.disk_full`), and the keeper can be gone (`town.keeping.stop`).
"""

import asyncio
import base64
import contextlib
import json
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

import hub.demo
from contract.authority import Anchors
from contract.envelope import PrivateKey, ed25519, enclose, sign, signing_input, spki
from contract.keys import slot_key
from contract.record import load, plain
from contract.roster import BINDING, Binding
from edge.unit import identity
from hub import ceremony
from hub.access.keys import PERSON_KEY
from hub.access.people import Accounts
from hub.app import keeper as keeper_process
from hub.app import serve
from hub.app.changes import Changes
from hub.audit.log import Log
from hub.keeper.client import Keeper
from hub.layout import Layout
from hub.maps.basemap import Basemap
from hub.maps.routes import MapRoutes
from hub.store.database import Database
from hub.store.objects import Objects
from hub.store.people import People
from tests.integration.first import First
from tests.integration.keeper.keeping import FullDisk

START_US = 1_773_496_800_000_000  # 14 March 2026, 14:00 UTC
MINUTE_US, HOUR_US, DAY_US = 60_000_000, 3_600_000_000, 86_400_000_000
CHEAP_KIB = 32  # what a password costs in tests
PASSWORD = "correct horse battery"
SQUARE = [(545_000_000, 45_000_000), (545_000_000, 45_020_000), (545_012_000, 45_020_000), (545_012_000, 45_000_000)]
PLAN = ceremony.Plan("Voorbeeldstad", "flexzicht.example/test", (("slot-1", "Een"), ("slot-2", "Twee")), demo=True)
UNIT, CAMERA = "unit-1", "camera-1"
SIGN = Path(hub.demo.__file__).with_name("sign.jpg").read_bytes()
TEAM = ("operator", "operator-2")
TITLE = "Voorbeeldplein"


def place(lat: int, lon: int) -> dict[str, int]:
    return {"lat_e7": lat, "lon_e7": lon}


@dataclass
class Keeping:
    """The keeper's process, as a task of this one."""

    layout: Layout
    now_us: Callable[[], int]
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    running: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """It answers until `stop` is set."""
        socket, self.stop = self.layout.socket("keeper"), asyncio.Event()
        self.running = asyncio.create_task(
            keeper_process.run(self.layout.keeper, self.layout.log, socket, self.now_us, self.stop)
        )
        while not socket.exists() and not self.running.done():
            await asyncio.sleep(0.005)

    async def end(self) -> None:
        """Returns once it has."""
        self.stop.set()
        if self.running is not None:
            await self.running

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """Inside, the files are nobody's."""
        await self.end()
        yield
        await self.begin()


@dataclass
class Municipality:
    """Who there is, and what they stand on. `client(name)` is a signed-in person's end of the API."""

    layout: Layout
    database: Database
    keeper: Keeper
    anchors: Anchors
    app: Any = None
    changes: Changes = field(default_factory=Changes)
    now_us: int = START_US
    approvers: list[ec.EllipticCurvePrivateKey] = field(default_factory=list)
    operators: list[ec.EllipticCurvePrivateKey] = field(default_factory=list)
    designation: str = ""
    clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)
    first: First | None = None

    def __post_init__(self) -> None:
        self.keeping = Keeping(self.layout, lambda: self.now_us)

    @property
    def log(self) -> Log:
        return Log(self.layout.log, self.anchors.origin, ed25519(self.anchors.log_key))

    @property
    def identity(self) -> identity.Identity:
        """The unit's own key."""
        return identity.read_identity(self.layout.unit(UNIT), UNIT)

    def browser(self, **headers: str) -> httpx.AsyncClient:
        """Somebody who is not signed in."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers)

    async def client(self, name: str) -> httpx.AsyncClient:
        """Somebody with this role, signed in; a number behind it is another person (`approver-2`, of slot-2)."""
        if name not in self.clients:
            role, _, number = name.partition("-")
            slot = f"slot-{number or 1}" if role == "approver" else None
            accounts = Accounts(People(self.database), lambda: self.now_us, CHEAP_KIB)
            await accounts.add(name, name.title(), role, PASSWORD, demo=True, slot=slot)
            browser = self.browser()
            answer = await browser.post("/v1/session", json={"name": name, "password": PASSWORD})
            assert answer.status_code == 201, answer.text
            self.clients[name] = browser
        return self.clients[name]

    async def bind(self, slot: str, key: PrivateKey, counter: int = 0) -> httpx.Response:
        """Whose slot it is binds this key with the slot's code of that number."""
        signer = slot_key(self.codes(slot)[counter], PLAN.municipality, slot, counter)
        who = await self.client("approver" if slot == "slot-1" else slot.replace("slot", "approver"))
        return await who.post("/v1/bindings", json=plain(enclose(BINDING, Binding(slot, counter, spki(key)), signer)))

    async def introduce(self) -> None:
        """Roster and bindings, by the API."""
        operator = await self.client("operator")
        roster = json.loads((self.layout.offline / "roster.json").read_bytes())
        assert (await operator.post("/v1/roster", json=roster)).status_code == 201
        for (slot, _), key in zip(PLAN.slots, self.approvers, strict=True):
            answer = await self.bind(slot, key)
            assert answer.status_code == 201, answer.text
        for name, key in zip(TEAM, self.operators, strict=True):
            await self.give_key(name, key)
        self.designation = (await self.designate(await self.delegate()))["id"]

    async def give_key(self, name: str, key: PrivateKey) -> None:
        """From now on this person signs with this key."""
        body = {
            "key": base64.b64encode(spki(key)).decode(),
            "proof": plain(sign(signing_input(PERSON_KEY, spki(key)), key)),
        }
        answer = await (await self.client(name)).put("/v1/session/key", json=body)
        assert answer.is_success, answer.text

    def delegation(self) -> dict[str, Any]:
        """A council's delegation, in force for a year around now."""
        return {
            "ordinance": "Voorbeeldverordening",
            "article": "artikel 1",
            "regime": "G151C",
            "valid_from_us": self.now_us - 100 * DAY_US,
            "valid_to_us": self.now_us + 265 * DAY_US,
            "mobile_allowed": True,
            "max_window_h": 240,
            "max_designation_days": 180,
        }

    def designated(self, delegation: str) -> dict[str, Any]:
        """The square, designated for some months around now."""
        return {
            "delegation": delegation,
            "name": "Voorbeeldaanwijzing 1",
            "publication": "gmb-2026-1",
            "area": [place(*corner) for corner in SQUARE],
            "valid_from_us": self.now_us - 50 * DAY_US,
            "valid_to_us": self.now_us + 100 * DAY_US,
        }

    async def delegate(self, **changes: Any) -> dict[str, Any]:
        """A delegation, entered."""
        return await self.given("/v1/delegations", self.delegation() | changes)

    async def designate(self, delegation: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """A designation, entered."""
        return await self.given("/v1/designations", self.designated(delegation["id"]) | changes)

    async def given(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """What an operator gave the hub, as the hub has it then."""
        answer = await (await self.client("operator")).post(path, json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def codes(self, slot: str) -> list[str]:
        """What is printed on a slot's sheet: the code in use and two spares."""
        return list(json.loads((self.layout.offline / "codes.json").read_text())[slot])

    async def enrol(self) -> None:
        """The unit, by the API."""
        pem = (self.layout.unit(UNIT) / "identity.pem").read_text()
        body = {"certificate": pem, "camera": CAMERA, "source_note": "a test"}
        answer = await (await self.client("operator")).post("/v1/units", json=body)
        assert answer.status_code == 201, answer.text


@dataclass
class Town(Municipality):
    """See the module: and what its people do, from a plan to a camera that is placed."""

    def asked(self, **changes: Any) -> dict[str, Any]:
        """A plan that may be submitted: one post, one window of an hour that opens in a minute."""
        asked = {
            "regime": "G151C",
            "designation": self.designation,
            "consultation": "driehoek 2026-3",
            "necessity": "A demonstration that does not exist.",
            "alternatives": "More stewards were thought of.",
            "entries": [{"entry": "entry-1", "name": "Voorbeeldsteeg", "position": place(545_000_000, 45_010_000)}],
            "posts": [
                {
                    "post": "post-1",
                    "name": "Voorbeeldplein 1",
                    "position": place(545_003_000, 45_005_000),
                    "view": {"azimuth_mdeg": 90_000, "tilt_mdeg": 30_000, "hfov_mdeg": 66_000, "height_mm": 6_000},
                }
            ],
            "windows": [{"from_us": self.now_us + MINUTE_US, "to_us": self.now_us + MINUTE_US + HOUR_US}],
            "overrun": {"times": 2, "minutes": 30},
            "recording": "continuous",
            "recording_reason": "What is not recorded cannot be looked for afterwards.",
            "on_link_loss": "record",
            "team": {"operators": list(TEAM), "installers": []},
            "retention_h": 168,
            "max_units": 1,
        }
        return asked | changes

    async def plan(self, title: str = TITLE, **changes: Any) -> dict[str, Any]:
        """A plan, saved."""
        begun = await self.given("/v1/plans", {"title": title, "regime": "G151C"})
        written = {"base_version": 1, "title": title, "body": self.asked(**changes)}
        answer = await (await self.client("operator")).put(f"/v1/plans/{begun['id']}", json=written)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def submit(self, plan: dict[str, Any]) -> httpx.Response:
        """Its decision is to be drafted."""
        return await (await self.client("operator")).post(f"/v1/plans/{plan['id']}/submission", json={})

    async def register(self, title: str = TITLE, **changes: Any) -> dict[str, Any]:
        """A draft."""
        answer = await self.submit(await self.plan(title, **changes))
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def sign_decision(self, deployment: dict[str, Any], key: PrivateKey) -> httpx.Response:
        """Whose key this is signs what is shown."""
        path = f"/v1/deployments/{deployment['id']}/decision/signatures"
        who = "approver-2" if key is self.approvers[-1] else "approver"
        return await (await self.client(who)).post(path, json=signature(deployment["decision"], key))

    async def decide(self, **changes: Any) -> dict[str, Any]:
        """A decided deployment."""
        deployment = await self.register(**changes)
        for key in self.approvers:
            answer = await self.sign_decision(deployment, key)
            assert answer.status_code == 201, answer.text
        await self.put_up_signs(deployment["id"])
        return dict(answer.json())

    async def put_up_signs(self, deployment: str) -> None:
        """A photo of a sign at each way into the area."""
        operator, path = await self.client("operator"), f"/v1/deployments/{deployment}/signs"
        for entrance in (await operator.get(path)).json():
            answer = await operator.post(path, json=photo(entrance["entry"], self.now_us))
            assert answer.status_code == 201, answer.text

    async def draft_assignment(self, deployment: dict[str, Any], **changes: str | int) -> httpx.Response:
        """The unit at the post, not signed yet."""
        where = {"post": "post-1", "unit": UNIT, "camera": CAMERA} | changes
        return await (await self.client("operator")).post(f"/v1/deployments/{deployment['id']}/assignments", json=where)

    async def sign_assignment(self, draft: dict[str, Any], key: PrivateKey) -> httpx.Response:
        """One of the team signs what is shown."""
        path = f"/v1/assignments/{draft['digest']}/signatures"
        return await (await self.client(self.whose(key))).post(path, json=signature(draft, key))

    def whose(self, key: PrivateKey) -> str:
        """The account of the team that signs with this key; a stranger's is sent by the first."""
        return next((name for name, own in zip(TEAM, self.operators, strict=True) if own is key), TEAM[0])

    async def deploy(self, **changes: Any) -> dict[str, Any]:
        """Everything up to a logged assignment."""
        untouched = not (changes or self.clients) and self.now_us == START_US
        if self.first is not None and untouched:
            return await self.first.deploy(self)
        return await self.deploy_by_hand(**changes)

    async def deploy_by_hand(self, **changes: Any) -> dict[str, Any]:
        """By what people ask of the API, one request after another."""
        await self.introduce()
        await self.enrol()
        deployment = await self.decide(**changes)
        draft = (await self.draft_assignment(deployment)).json()
        for key in self.operators:
            answer = await self.sign_assignment(draft, key)
            assert answer.status_code == 201, answer.text
        return dict((await (await self.client("operator")).get(f"/v1/deployments/{deployment['id']}")).json())


def photo(entry: str, at_us: int, picture: bytes = SIGN) -> dict[str, Any]:
    """A photo of a sign as a phone sends it."""
    return {"entry": entry, "taken_at_us": at_us, "photo": base64.b64encode(picture).decode()}


def signature(shown: dict[str, Any], key: PrivateKey) -> dict[str, Any]:
    """A signature over a record as the API shows it."""
    return {"signature": plain(sign(signing_input(shown["type"], base64.b64decode(shown["body"])), key))}


def problem(answer: httpx.Response) -> tuple[int, str, str | None]:
    """Status, last part of the type, rule; and it is a problem in form."""
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == answer.status_code
    assert told["title"] and told["detail"]
    return answer.status_code, told["type"].rsplit("/", 1)[1], told.get("rule")


@asynccontextmanager
async def town(
    database: Database, monkeypatch: pytest.MonkeyPatch, start_us: int = START_US, first: First | None = None
) -> AsyncIterator[Town]:
    """A new town on an empty database, at this moment; or the `first` one again, which began at START_US."""
    monkeypatch.setattr(keeper_process, "Writer", FullDisk)
    monkeypatch.setattr(FullDisk, "full", False)
    with tempfile.TemporaryDirectory(prefix="fz-") as folder:  # a unix socket's path holds 107 bytes
        Path(folder).chmod(0o755)  # as root the broker runs under a uid of its own
        layout = Layout(Path(folder) / "s")
        layout.run.mkdir(parents=True)
        begun = first or First(Path(folder) / "first", len(PLAN.slots))
        begun.begin(layout, PLAN, UNIT, start_us)
        anchors = load(Anchors, (layout.state / "anchors.json").read_bytes())
        made = Town(layout, database, Keeper(layout.socket("keeper")), anchors, now_us=start_us, first=first)
        made.approvers, made.operators = list(begun.approvers), list(begun.operators)
        made.app = serve.application(
            serve.Parts(
                database=database,
                keeper=made.keeper,
                anchors=anchors,
                unit_ca=x509.load_pem_x509_certificate((layout.tls / "unit-ca.pem").read_bytes()),
                log_folder=layout.log,
                objects=Objects(layout.objects),
                session_h=12,
                secure=False,
                now_us=lambda: made.now_us,
                maps=MapRoutes(Basemap(layout.maps), None),
                signs=Objects(layout.signs),
                password_memory_kib=CHEAP_KIB,
                changes=made.changes,
            )
        )
        await made.keeping.begin()
        try:
            yield made
        finally:
            await made.keeping.end()
            for browser in made.clients.values():
                await browser.aclose()


def disk_full(monkeypatch: pytest.MonkeyPatch, full: bool) -> None:
    """The log's disk takes nothing more, or takes it again."""
    monkeypatch.setattr(FullDisk, "full", full)


@contextlib.contextmanager
def nothing_changes(town: Town) -> Any:
    """The log does not grow inside."""
    before = town.log.checkpoint()[1].size
    yield
    assert town.log.checkpoint()[1].size == before
