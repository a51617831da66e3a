# SPDX-License-Identifier: EUPL-1.2
"""The units' application, put together: segments by PUT, WHIP offers handed on; the only one that reads certificates.

The front ends mTLS and passes the certificate on over the unix socket; who shows it is looked up at every request.
"""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from fastapi import FastAPI

from hub.app import boundary, server
from hub.config import Settings
from hub.deployments.standing import Orders
from hub.fleet.certifying import Renewals
from hub.fleet.claim_routes import RenewalRoutes
from hub.fleet.enrolment import Enrolment
from hub.ingest.routes import IngestRoutes
from hub.ingest.segments import Intake, Patience, Tables
from hub.layout import Layout
from hub.live.offers import WhipRoutes
from hub.store.claims import Enrolments
from hub.store.database import Database
from hub.store.objects import Objects
from hub.store.records import SignedRecords
from hub.store.rows import Rows
from hub.store.segments import Segments
from hub.store.units import Units


@dataclass(frozen=True)
class Parts:
    """What the application stands on."""

    database: Database
    unit_ca: x509.Certificate
    objects: Objects
    scratch: Path
    media_socket: Path
    now_us: Callable[[], int]
    patience: Patience = Patience()


def application(parts: Parts) -> boundary.Boundary:
    """The application over these parts."""
    units, orders = Units(parts.database), Orders(SignedRecords(parts.database))
    tables = Tables(Rows(parts.database), Segments(parts.database), orders)
    intake = Intake(tables, parts.objects, parts.scratch, parts.now_us, parts.patience)
    app = FastAPI(
        title="Flexzicht units", version=boundary.API_VERSION, openapi_url=None, docs_url=None, redoc_url=None
    )
    app.state.enrolment = Enrolment(units, parts.unit_ca, parts.now_us)
    app.include_router(IngestRoutes(intake).router())
    app.include_router(WhipRoutes(parts.media_socket).router())
    app.include_router(RenewalRoutes(Renewals(Enrolments(parts.database), parts.now_us, os.urandom)).router())
    boundary.install(app)
    return boundary.Boundary(app, body_limit=None)


async def run(settings: Settings, now_us: Callable[[], int], stop: asyncio.Event) -> None:
    """Serve until `stop` is set."""
    layout = Layout(settings.state)
    database = Database(settings.database)
    parts = Parts(
        database=database,
        unit_ca=x509.load_pem_x509_certificate((layout.tls / "unit-ca.pem").read_bytes()),
        objects=Objects(layout.objects),
        scratch=layout.incoming,
        media_socket=layout.socket("media"),
        now_us=now_us,
    )
    try:
        await server.serve(application(parts), layout.socket("units"), stop)
    finally:
        await database.close()
