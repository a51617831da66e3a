# SPDX-License-Identifier: EUPL-1.2
"""A municipality with its hub in this process: a real ceremony, keeper, log, database and API; the clock is ours.

The keeper's disk can be full (`town.disk_full`), and the keeper can be gone (`town.stop_keeper`).
"""

import asyncio
import base64
import contextlib
import json
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from contract.authority import Anchors
from contract.envelope import PrivateKey, ed25519, enclose, sign, signing_input, spki
from contract.keys import slot_key
from contract.record import load, plain
from contract.roster import BINDING, Binding
from edge.unit import identity
from hub import ceremony
from hub.access.people import Accounts
from hub.app import keeper as keeper_process
from hub.app import serve
from hub.audit.log import Log
from hub.keeper.client import Keeper
from hub.layout import Layout
from hub.maps.basemap import Basemap
from hub.maps.routes import MapRoutes
from hub.store.database import Database
from hub.store.objects import Objects
from hub.store.people import People
from tests.integration.keeper.keeping import FullDisk

START_US = 1_773_496_800_000_000  # 14 March 2026, 14:00 UTC
MINUTE_US, HOUR_US = 60_000_000, 3_600_000_000
CHEAP_KIB = 32  # what a password costs in tests
PASSWORD = "correct horse battery"
SQUARE = [(545_000_000, 45_000_000), (545_000_000, 45_020_000), (545_012_000, 45_020_000), (545_012_000, 45_000_000)]
PLAN = ceremony.Plan("Voorbeeldstad", "flexzicht.example/test", (("slot-1", "Een"), ("slot-2", "Twee")), demo=True)
UNIT, CAMERA = "unit-1", "camera-1"


def place(lat: int, lon: int) -> dict[str, int]:
    return {"lat_e7": lat, "lon_e7": lon}


@dataclass
class Town:
    """See the module. `client(name)` is a signed-in person's end of the API."""

    layout: Layout
    database: Database
    keeper: Keeper
    anchors: Anchors
    app: Any = None
    now_us: int = START_US
    approvers: list[ec.EllipticCurvePrivateKey] = field(default_factory=list)
    operators: list[ec.EllipticCurvePrivateKey] = field(default_factory=list)
    clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)
    stop_keeper: asyncio.Event = field(default_factory=asyncio.Event)

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

    def codes(self, slot: str) -> list[str]:
        """What is printed on a slot's sheet: the code in use and two spares."""
        return list(json.loads((self.layout.offline / "codes.json").read_text())[slot])

    async def enrol(self) -> None:
        """The unit, by the API."""
        pem = (self.layout.unit(UNIT) / "identity.pem").read_text()
        body = {"certificate": pem, "camera": CAMERA, "source_note": "a test"}
        answer = await (await self.client("operator")).post("/v1/units", json=body)
        assert answer.status_code == 201, answer.text

    def asked(self, **changes: Any) -> dict[str, Any]:
        """A deployment that may be registered: one post, one window of an hour that opens in a minute."""
        asked = {
            "title": "Voorbeeldplein",
            "regime": "G151C",
            "designation": "Voorbeeldaanwijzing 1",
            "delegation": "Voorbeeldverordening artikel 1",
            "necessity": "A demonstration that does not exist.",
            "area": [place(*corner) for corner in SQUARE],
            "posts": [
                {
                    "post": "post-1",
                    "name": "Voorbeeldplein 1",
                    "position": place(545_003_000, 45_005_000),
                    "area": [place(*corner) for corner in SQUARE],
                    "view": {"azimuth_mdeg": 90_000, "tilt_mdeg": 22_000, "hfov_mdeg": 66_000, "height_mm": 6_000},
                    "ceiling_px_per_m": 250,
                }
            ],
            "windows": [{"from_us": self.now_us + MINUTE_US, "to_us": self.now_us + MINUTE_US + HOUR_US}],
            "overrun": {"times": 2, "minutes": 30},
            "recording": "continuous",
            "on_link_loss": "record",
            "team": {"operators": plain(tuple(spki(key) for key in self.operators)), "installers": []},
            "retention_h": 168,
            "max_units": 1,
        }
        return asked | changes

    async def register(self, **changes: Any) -> dict[str, Any]:
        """A draft."""
        answer = await (await self.client("operator")).post("/v1/deployments", json=self.asked(**changes))
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def sign_decision(self, deployment: dict[str, Any], key: PrivateKey) -> httpx.Response:
        """An approver signs what is shown."""
        path = f"/v1/deployments/{deployment['id']}/decision/signatures"
        return await (await self.client("approver")).post(path, json=signature(deployment["decision"], key))

    async def decide(self, **changes: Any) -> dict[str, Any]:
        """A decided deployment."""
        deployment = await self.register(**changes)
        for key in self.approvers:
            answer = await self.sign_decision(deployment, key)
            assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def draft_assignment(self, deployment: dict[str, Any], **changes: str) -> httpx.Response:
        """The unit at the post, not signed yet."""
        where = {"post": "post-1", "unit": UNIT, "camera": CAMERA} | changes
        return await (await self.client("operator")).post(f"/v1/deployments/{deployment['id']}/assignments", json=where)

    async def sign_assignment(self, draft: dict[str, Any], key: PrivateKey) -> httpx.Response:
        """One of the team signs what is shown."""
        path = f"/v1/assignments/{draft['digest']}/signatures"
        return await (await self.client("operator")).post(path, json=signature(draft, key))

    async def deploy(self, **changes: Any) -> dict[str, Any]:
        """Everything up to a logged assignment."""
        await self.introduce()
        await self.enrol()
        deployment = await self.decide(**changes)
        draft = (await self.draft_assignment(deployment)).json()
        for key in self.operators:
            answer = await self.sign_assignment(draft, key)
            assert answer.status_code == 201, answer.text
        return dict((await (await self.client("operator")).get(f"/v1/deployments/{deployment['id']}")).json())


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
async def town(database: Database, monkeypatch: pytest.MonkeyPatch, start_us: int = START_US) -> AsyncIterator[Town]:
    """A new town on an empty database, at this moment."""
    monkeypatch.setattr(keeper_process, "Writer", FullDisk)
    monkeypatch.setattr(FullDisk, "full", False)
    with tempfile.TemporaryDirectory(prefix="fz-") as folder:  # a unix socket's path holds 107 bytes
        layout = Layout(Path(folder))
        layout.state.chmod(0o755)  # as root the broker runs under a uid of its own
        layout.run.mkdir()
        identity.init(layout.unit(UNIT), UNIT)
        ceremony.hold(layout, PLAN, [layout.unit(UNIT)], start_us, os.urandom)
        anchors = load(Anchors, (layout.state / "anchors.json").read_bytes())
        made = Town(layout, database, Keeper(layout.socket("keeper")), anchors, now_us=start_us)
        made.approvers = [ec.generate_private_key(ec.SECP256R1()) for _ in PLAN.slots]
        made.operators = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
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
                password_memory_kib=CHEAP_KIB,
            )
        )
        running = asyncio.create_task(
            keeper_process.run(
                layout.keeper, layout.log, layout.socket("keeper"), lambda: made.now_us, made.stop_keeper
            )
        )
        while not layout.socket("keeper").exists() and not running.done():
            await asyncio.sleep(0.005)
        try:
            yield made
        finally:
            made.stop_keeper.set()
            await running
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
