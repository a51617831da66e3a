# SPDX-License-Identifier: EUPL-1.2
"""The worker, put together: the one line to the units, their mandates, rows taken in and anchored, what is due erased.

Exactly one runs. What it is told by NOTIFY it also finds by itself after each connection, so that nothing is lost
while it or the database was away.
"""

import asyncio
import logging
import os
from collections.abc import Callable

from cryptography import x509

from contract.authority import Anchors
from contract.envelope import ed25519
from contract.record import load
from hub.app.together import together
from hub.audit.log import Log
from hub.config import Settings
from hub.deployments.composing import Composer
from hub.deployments.mandate_keeping import MandateKeeping
from hub.deployments.mandates import Mandates
from hub.deployments.standing import Orders
from hub.fleet.certifying import Certifying
from hub.fleet.enrolment import Enrolment, Fleet
from hub.fleet.health import HealthReports
from hub.fleet.leases import Leases
from hub.fleet.line import Broker, Line
from hub.fleet.reports import ReportRefusedError, Reports
from hub.fleet.revocation import BrokerLists, Revoking
from hub.ingest.anchoring import Anchoring
from hub.ingest.messages import RowIntake, RowRefusedError
from hub.keeper.client import Keeper
from hub.layout import Layout
from hub.retention.statements import Statements
from hub.retention.sweeper import Places, Sweeper
from hub.store.channels import listen
from hub.store.claims import Enrolments
from hub.store.database import Database
from hub.store.downlink import Downlink
from hub.store.faults import DatabaseUnavailableError
from hub.store.health import HealthTable
from hub.store.objects import Objects
from hub.store.records import SignedRecords
from hub.store.retention import Erasures, HourKeys
from hub.store.rows import Rows
from hub.store.segments import Segments
from hub.store.units import Units

SILENCE_LOOK_S = 1.0
CHANNELS = ("downlink", "mandate", "segments", "revoked", "enrolled", "enrolment")
logger = logging.getLogger(__name__)


class Worker:
    """All that the worker does; `run` is its whole life."""

    def __init__(self, settings: Settings, database: Database, now_us: Callable[[], int]) -> None:
        layout = Layout(settings.state)
        host, port = settings.broker
        tls = layout.tls
        broker = Broker(host, port, tls / "server-ca.pem", tls / "worker.pem", tls / "worker.key")
        anchors = load(Anchors, (layout.state / "anchors.json").read_bytes())
        records, units, downlink = SignedRecords(database), Units(database), Downlink(database)
        rows, orders = Rows(database), Orders(records)
        self._database_url = settings.database
        self._reports = Reports(units, now_us)
        self._health = HealthReports(units, HealthTable(database), now_us)
        self._rows = RowIntake(rows, orders, Fleet(units), now_us)
        objects, keeper = Objects(layout.objects), Keeper(layout.socket("keeper"))
        self._anchoring = Anchoring(rows, Segments(database), orders, objects, keeper, now_us)
        hour_keys, erasures = HourKeys(database), Erasures(database)
        statements = Statements(Log(layout.log, anchors.origin, ed25519(anchors.log_key)), hour_keys, erasures, now_us)
        places = Places(objects, layout.incoming)
        self._sweeper = Sweeper(statements, hour_keys, erasures, places, keeper, now_us)
        composer = Composer(records, downlink, anchors, layout.log, now_us)
        self._mandates = MandateKeeping(Mandates(composer, units, downlink, now_us))
        revoking = Revoking(units, Keeper(layout.socket("keeper")), now_us)
        self._lists = BrokerLists(units, revoking, layout.revoked, layout.admitted)
        unit_ca = x509.load_pem_x509_certificate((tls / "unit-ca.pem").read_bytes())
        enrolment = Enrolment(units, unit_ca, now_us)
        self._certifying = Certifying(Enrolments(database), units, enrolment, keeper, now_us, os.urandom)
        self._line = Line(broker, downlink, self._heard, now_us)
        self._leases = Leases(units, keeper, self._line.say)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; if one part ends, all do, and the supervisor starts anew."""
        await together(
            stop,
            self._line.run(),
            self._leases.run(),
            self._anchoring.run(),
            self._mandates.run(),
            self._lists.run(),
            self._certifying.run(),
            self._sweeper.run(),
            self._told(),
            self._watch(),
        )

    async def _heard(self, unit: str, what: str, payload: bytes, retained: bool) -> None:
        """A unit says something. What does not hold is dropped with its reason, and harms nothing."""
        try:
            if what == "index":
                await self._rows.take(unit, payload)
            elif what == "ask":
                self._leases.heard(unit, payload)
            elif what == "health":
                await self._health.take(unit, payload)
            elif what == "state" and (state := await self._reports.take(unit, payload, retained)) is not None:
                self._mandates.heard(state)
        except (ReportRefusedError, RowRefusedError) as error:
            logger.warning("%s of %s refused: %s", what, unit, error)

    async def _told(self) -> None:
        """Another process, or a new connection, says that there is something to do."""
        async for channel, payload in listen(self._database_url, CHANNELS):
            if channel in ("downlink", ""):
                self._line.wake()
            if channel in ("mandate", ""):
                self._mandates.ask(payload)
            if channel in ("segments", ""):
                self._anchoring.wake()
            if channel in ("revoked", "enrolled", ""):
                self._lists.wake()
            if channel in ("enrolment", ""):
                self._certifying.wake()

    async def _watch(self) -> None:
        """Units that fall silent are offline."""
        while True:
            await asyncio.sleep(SILENCE_LOOK_S)
            try:
                await self._reports.notice_silence()
            except DatabaseUnavailableError as error:
                logger.warning("nobody's silence is noticed: the database does not answer (%s)", error)


async def run(settings: Settings, now_us: Callable[[], int], stop: asyncio.Event) -> None:
    """Work until `stop` is set."""
    database = Database(settings.database)
    try:
        await Worker(settings, database, now_us).run(stop)
    finally:
        await database.close()
