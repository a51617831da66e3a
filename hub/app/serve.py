# SPDX-License-Identifier: EUPL-1.2
"""The people's application, put together: sign-in, roster, units, deployments, looking, the public log.

Holds no state of its own: any number of these may run beside each other.
"""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from fastapi import FastAPI

from contract.authority import Anchors
from contract.envelope import ed25519
from contract.record import load
from hub.access.approvers import Approvers
from hub.access.keys import PersonKeys
from hub.access.people import MEMORY_KIB, Accounts
from hub.access.roster import Rosters
from hub.access.routes import AccessRoutes, Rooms
from hub.access.signin import SignIn
from hub.app import boundary, server
from hub.audit.log import Log
from hub.audit.routes import LogRoutes
from hub.config import Settings
from hub.deployments.composing import Composer
from hub.deployments.deciding import Deciding
from hub.deployments.next_windows import NextWindows
from hub.deployments.placing import Placing
from hub.deployments.placing import Tables as PlacingTables
from hub.deployments.routes import DeploymentRoutes, Steps
from hub.deployments.standing import Orders
from hub.deployments.stopping import Stopping
from hub.fleet.enrolment import Enrolment, Fleet
from hub.fleet.revocation import Revoking
from hub.fleet.routes import FleetRoutes
from hub.fleet.showing import Showing
from hub.footage import releasing, replays
from hub.footage.recordings import Recordings
from hub.footage.routes import FootageRoutes
from hub.footage.timeline import Timeline
from hub.ingest.coverage import Coverages
from hub.ingest.routes import CoverageRoutes
from hub.keeper.client import Keeper
from hub.layout import Layout
from hub.live.recent import Recent
from hub.live.routes import LiveRoutes, Tables
from hub.retention.routes import RetentionRoutes
from hub.retention.statements import Statements
from hub.store.attempts import Attempts
from hub.store.database import Database
from hub.store.deployments import Deployments
from hub.store.downlink import Downlink
from hub.store.footage import Footage
from hub.store.health import HealthTable
from hub.store.objects import Objects
from hub.store.people import People
from hub.store.records import SignedRecords
from hub.store.retention import Erasures, HourKeys
from hub.store.rows import Rows
from hub.store.segments import Segments
from hub.store.units import Units
from hub.store.views import Views


@dataclass(frozen=True)
class Parts:
    """What the application stands on."""

    database: Database
    keeper: Keeper
    anchors: Anchors
    unit_ca: x509.Certificate
    log_folder: Path
    objects: Objects
    session_h: int
    secure: bool
    now_us: Callable[[], int]
    random: Callable[[int], bytes] = os.urandom
    password_memory_kib: int = MEMORY_KIB


def application(parts: Parts) -> boundary.Boundary:
    """The application over these parts."""
    now_us, random = parts.now_us, parts.random
    people, records = People(parts.database), SignedRecords(parts.database)
    deployments, units = Deployments(parts.database), Units(parts.database)
    accounts, attempts = Accounts(people, now_us, parts.password_memory_kib), Attempts(parts.database)
    sign_in = SignIn(accounts, people, attempts, parts.session_h, now_us, random)
    rosters = Rosters(records, parts.keeper, parts.anchors, now_us)
    approvers = Approvers(rosters, people, now_us)
    keys = PersonKeys(people, rosters, approvers)
    deciding = Deciding(deployments, records, rosters, parts.keeper, now_us, random)
    composer = Composer(records, Downlink(parts.database), parts.anchors, parts.log_folder, now_us)
    tables = PlacingTables(deployments, records, units)
    placing = Placing(tables, deciding, composer, parts.keeper, now_us)
    stopping = Stopping(deployments, records, deciding, parts.keeper, now_us)
    log = Log(parts.log_folder, parts.anchors.origin, ed25519(parts.anchors.log_key))
    statements = Statements(log, HourKeys(parts.database), Erasures(parts.database), now_us)
    orders = Orders(records)
    recent = Recent(deployments, orders, units, HourKeys(parts.database))
    looked_at = Tables(deployments, orders, units, Views(parts.database), recent, statements.alarms)
    looking_back = replay(parts)
    showing = Showing(units, HealthTable(parts.database), NextWindows(orders).of_units, now_us)

    app = FastAPI(
        title="Flexzicht",
        summary="Mobile cameras at demonstrations, filmed only under a signed order",
        version=boundary.API_VERSION,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        contact={"name": "Flexzicht maintainers"},
        license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
    )
    app.state.sign_in = sign_in
    for room in (
        AccessRoutes(Rooms(sign_in, rosters, approvers, keys), parts.secure),
        FleetRoutes(Enrolment(units, parts.unit_ca, now_us), Revoking(units, parts.keeper, now_us), units, showing),
        DeploymentRoutes(Steps(deciding, placing, stopping), deployments, records, now_us),
        LiveRoutes(looked_at, parts.keeper, looking_back.open, now_us),
        footage(parts, looking_back),
        CoverageRoutes(Coverages(Rows(parts.database), records, now_us), deployments),
        RetentionRoutes(statements),
        LogRoutes(log),
    ):
        app.include_router(room.router())
    boundary.install(app)
    return boundary.Boundary(app, boundary.PEOPLE_BODY_LIMIT)


def replay(parts: Parts) -> replays.Replays:
    """Grants to look back."""
    database = parts.database
    tables = replays.Tables(Footage(database), SignedRecords(database), Views(database), Downlink(database))
    return replays.Replays(tables, parts.keeper, parts.now_us)


def footage(parts: Parts, looking_back: replays.Replays) -> FootageRoutes:
    """What looking back shows."""
    database, recordings = parts.database, Recordings(parts.objects)
    records = SignedRecords(database)
    tables = releasing.Tables(Segments(database), records, Fleet(Units(database)))
    return FootageRoutes(
        Timeline(Footage(database), records, recordings, parts.now_us),
        releasing.Releasing(tables, looking_back, recordings, parts.keeper, parts.now_us),
        recordings,
    )


async def run(settings: Settings, now_us: Callable[[], int], stop: asyncio.Event) -> None:
    """Serve until `stop` is set."""
    layout = Layout(settings.state)
    database = Database(settings.database)
    parts = Parts(
        database=database,
        keeper=Keeper(layout.socket("keeper")),
        anchors=load(Anchors, (layout.state / "anchors.json").read_bytes()),
        unit_ca=x509.load_pem_x509_certificate((layout.tls / "unit-ca.pem").read_bytes()),
        log_folder=layout.log,
        objects=Objects(layout.objects),
        session_h=settings.session_h,
        secure=settings.secure,
        now_us=now_us,
    )
    try:
        await server.serve(application(parts), layout.socket("serve"), stop)
    finally:
        await database.close()
