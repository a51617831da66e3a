# SPDX-License-Identifier: EUPL-1.2
"""The people's application, put together: sign-in, roster, units, deployments, looking, the public log.

Holds no state of its own: any number of these may run beside each other.
"""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
from hub.app import orders as rooms
from hub.app.changes import ChangeRoutes, Changes
from hub.audit.log import Log
from hub.audit.routes import LogRoutes
from hub.config import Settings
from hub.deployments.coverage import Obstacle, obstacles_of
from hub.deployments.next_windows import NextWindows
from hub.deployments.standing import Orders
from hub.fleet.claim_routes import ClaimRoutes
from hub.fleet.claims import Claims
from hub.fleet.enrolling import Door
from hub.fleet.enrolment import Enrolment, Fleet
from hub.fleet.revocation import Revoking
from hub.fleet.routes import FleetRoutes
from hub.fleet.selftest_routes import SelfTestRoutes
from hub.fleet.showing import Showing
from hub.footage import releasing, replays
from hub.footage.recordings import Recordings
from hub.footage.routes import FootageRoutes
from hub.footage.timeline import Timeline
from hub.ingest.coverage import Coverages
from hub.ingest.routes import CoverageRoutes
from hub.keeper.client import Keeper
from hub.layout import Layout
from hub.live.overview import Tables
from hub.live.recent import Recent
from hub.live.routes import LiveRoutes
from hub.maps.basemap import Basemap
from hub.maps.routes import MapRoutes
from hub.maps.upstream import CACHE, Upstream
from hub.retention.routes import RetentionRoutes
from hub.retention.statements import Statements
from hub.store.approvals import Approvals
from hub.store.attempts import Attempts
from hub.store.claims import Enrolments
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
    maps: MapRoutes
    signs: Objects
    random: Callable[[int], bytes] = os.urandom
    password_memory_kib: int = MEMORY_KIB
    changes: Changes = field(default_factory=Changes)
    obstacles: Callable[[], Sequence[Obstacle]] = tuple  # what stands in the way of a planned view


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
    enrolments = Enrolments(parts.database)
    log = Log(parts.log_folder, parts.anchors.origin, ed25519(parts.anchors.log_key))
    statements = Statements(log, HourKeys(parts.database), Erasures(parts.database), now_us)
    stands = Orders(records)
    looking_back = replay(parts)
    showing = Showing(units, HealthTable(parts.database), NextWindows(stands).of_units, now_us)

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
    put_together: Sequence[rooms.Room] = (
        AccessRoutes(Rooms(sign_in, rosters, approvers, keys), parts.secure),
        ClaimRoutes(Door(enrolments, units, now_us, random), Claims(enrolments, attempts, now_us)),
        FleetRoutes(Enrolment(units, parts.unit_ca, now_us), Revoking(units, parts.keeper, now_us), units, showing),
        SelfTestRoutes(showing, now_us),
        *orders(parts, rosters, approvers),
        LiveRoutes(looked_at(parts.database, showing, statements), parts.keeper, looking_back.open, now_us),
        footage(parts, looking_back),
        CoverageRoutes(Coverages(Rows(parts.database), records, now_us), deployments),
        RetentionRoutes(statements),
        LogRoutes(log),
        parts.maps,
        ChangeRoutes(parts.changes, sign_in, now_us),
    )
    for room in put_together:
        app.include_router(room.router())
    boundary.install(app)
    return boundary.Boundary(app, boundary.PEOPLE_BODY_LIMIT, boundary.PHOTOS)


def looked_at(database: Database, showing: Showing, statements: Statements) -> Tables:
    """What the overview is answered from."""
    deployments, stands, units = Deployments(database), Orders(SignedRecords(database)), Units(database)
    return Tables(
        deployments=deployments,
        orders=stands,
        units=units,
        views=Views(database),
        recent=Recent(deployments, stands, units, HourKeys(database)),
        approvals=Approvals(database),
        unready=showing.unready,
        late=statements.alarms,
    )


def orders(parts: Parts, rosters: Rosters, approvers: Approvers) -> Sequence[rooms.Room]:
    """What leads to filming."""
    return rooms.rooms(
        rooms.Ground(
            database=parts.database,
            keeper=parts.keeper,
            anchors=parts.anchors,
            log_folder=parts.log_folder,
            rosters=rosters,
            approvers=approvers,
            obstacles=parts.obstacles,
            signs=parts.signs,
            now_us=parts.now_us,
            random=parts.random,
        )
    )


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


def maps(settings: Settings, layout: Layout, basemap: Basemap, now_us: Callable[[], int]) -> MapRoutes:
    """The map below a plan: what was put there, and the service that is configured."""
    upstream = Upstream(settings.tiles_url, layout.maps / CACHE, now_us) if settings.tiles_url else None
    return MapRoutes(basemap, upstream)


def standing_in(basemap: Basemap) -> Callable[[], Sequence[Obstacle]]:
    """What stands in a town, the same again while the town is the same."""
    known: list[tuple[Mapping[str, Any], Sequence[Obstacle]]] = []

    def obstacles() -> Sequence[Obstacle]:
        town = basemap.town()
        if not known or known[0][0] is not town:
            known[:] = [(town, obstacles_of(town))]
        return known[0][1]

    return obstacles


async def run(settings: Settings, now_us: Callable[[], int], stop: asyncio.Event) -> None:
    """Serve until `stop` is set."""
    layout = Layout(settings.state)
    database = Database(settings.database)
    basemap = Basemap(layout.maps)
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
        maps=maps(settings, layout, basemap, now_us),
        signs=Objects(layout.signs),
        obstacles=standing_in(basemap),
    )
    try:
        async with asyncio.TaskGroup() as group:
            following = group.create_task(parts.changes.follow(settings.database, stop))
            await server.serve(application(parts), layout.socket("serve"), stop)
            following.cancel()
    finally:
        await database.close()
