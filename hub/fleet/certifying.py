# SPDX-License-Identifier: EUPL-1.2
"""Who was confirmed gets a certificate: the keeper signs it, the unit fetches it. Runs in the worker, as one task.

A new unit becomes one of the fleet here. A unit in use keeps its key, and its old certificate until it first shows the
new one. While the keeper or the log does not answer, who was confirmed waits and is tried again.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from hub.audit.faults import LogUnavailableError
from hub.fleet.enrolment import Enrolment, Unit
from hub.keeper.client import KeeperRefusedError, KeeperUnreachableError
from hub.problem import ProblemError, body
from hub.store.claims import Bounds, EnrolmentRow, Enrolments
from hub.store.faults import DatabaseUnavailableError
from hub.store.units import Units
from hub.waking import Waking

LOOK_S = 10.0
CLIENT_ID_BYTES = 16  # 128 bits, so that nobody else's session takes this one's place
AGAIN_AFTER_US = 12 * 3_600_000_000  # who asks more often is given the same certificate
logger = logging.getLogger(__name__)


class Signing(Protocol):
    """The keeper's part."""

    async def certify(self, unit: str, identity: bytes) -> bytes:
        """A certificate (DER)."""


class Certifying:
    """Signs what is confirmed."""

    def __init__(
        self,
        enrolments: Enrolments,
        units: Units,
        enrolment: Enrolment,
        keeper: Signing,
        now_us: Callable[[], int],
        random: Callable[[int], bytes],
    ) -> None:
        self._enrolments = enrolments
        self._units = units
        self._enrolment = enrolment
        self._keeper = keeper
        self._now_us = now_us
        self._random = random
        self._waking = Waking()

    def wake(self) -> None:
        """Somebody was confirmed."""
        self._waking.wake()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self._waking.begin()
            try:
                await self.look()
            except (DatabaseUnavailableError, KeeperUnreachableError, LogUnavailableError) as error:
                logger.error("a unit that was confirmed waits for its certificate: %s", error)
            await self._waking.woken(LOOK_S)

    async def look(self) -> None:
        """Sign for everybody who was confirmed; who cannot have a certificate is told why."""
        for row in await self._enrolments.in_states("confirmed"):
            try:
                await self._certify(row, row.unit or "")
            except KeeperRefusedError as error:
                if error.rule != "keeper.rate":
                    await self._end(row, str(error))
            except ProblemError as problem:
                await self._end(row, str(body(problem, "en")["detail"]))

    async def _certify(self, row: EnrolmentRow, unit: str) -> None:
        if row.kind == "renewal":
            known = await self._units.get(unit)
            if known is None or known.state != "active" or known.key != row.key:
                return await self._end(row, "the unit was revoked, or has another key now")
        made = x509.load_der_x509_certificate(await self._keeper.certify(unit, row.key))
        pem, client_id = made.public_bytes(Encoding.PEM).decode(), None
        if row.kind == "new":
            await self._enrolment.enrol(pem, row.camera or "", row.source_note)
            client_id = self._random(CLIENT_ID_BYTES).hex()
        serial = f"{made.serial_number:x}"
        await self._enrolments.issue(replace(row, certificate=pem, serial=serial, client_id=client_id), self._now_us())
        logger.info("%s has its %s certificate", unit, "first" if row.kind == "new" else "next")

    async def _end(self, row: EnrolmentRow, reason: str) -> None:
        logger.warning("%s gets no certificate: %s", row.unit, reason)
        await self._enrolments.end(row.id, self._now_us(), reason)


class Renewals:
    """A unit whose certificate still counts asks for its next one: no person is needed for that."""

    def __init__(self, enrolments: Enrolments, now_us: Callable[[], int], random: Callable[[int], bytes]) -> None:
        self._enrolments = enrolments
        self._now_us = now_us
        self._random = random

    async def renew(self, unit: Unit) -> EnrolmentRow:
        """Its next certificate where there is one, else how that stands; asked once more it is the same."""
        now_us = self._now_us()
        known = await self._enrolments.of_key(unit.key)
        if known is not None and (known.state == "confirmed" or self._fresh(known, now_us)):
            return known
        row = EnrolmentRow(
            id=self._random(16).hex(),
            kind="renewal",
            key=unit.key,
            fingerprint=unit.fingerprint,
            claim=None,
            source_note=None,
            address="",
            state="confirmed",
            asked_at_us=now_us,
            changed_at_us=now_us,
            unit=unit.unit,
            camera=unit.camera,
        )
        await self._enrolments.ask(row, Bounds(1, 1))
        return row

    @staticmethod
    def _fresh(row: EnrolmentRow, now_us: int) -> bool:
        return row.kind == "renewal" and row.state == "issued" and now_us < row.changed_at_us + AGAIN_AFTER_US
