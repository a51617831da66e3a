# SPDX-License-Identifier: EUPL-1.2
"""How the unit is, as it reports it: signed by its identity, numbered, at each start, every thirty seconds, and as soon
as its orders or what its camera does have changed: somebody stands below the mast and waits for that.

The figures are read when they are said, from the disk, the certificate and the kernel; one that cannot be read is 0,
which nobody takes for ready. What a camera did is counted since the last report that the line took.
"""

from __future__ import annotations

import itertools
import resource
import shutil
import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from contract.authority import Order
from contract.envelope import enclose
from contract.messages import HEALTH, CameraHealth, Health
from contract.messages import Order as Held
from contract.record import dump
from edge.media import AccessUnit, VideoFormat
from edge.unit.clock import UnitClock
from edge.unit.identity import CERTIFICATE, Identity

EVERY_NS = 30_000_000_000
APART_NS = 1_000_000_000  # at least, between two: what changes again and again is told once a second
ORDERS_LIMIT = 64  # as the contract has it
STATM = Path("/proc/self/statm")  # proc(5): pages; the second figure is the resident set


class Pictures:
    """One camera's pictures, counted. It is a branch of the camera, which any thread may read."""

    def __init__(self, camera: str) -> None:
        self._camera = camera
        self._lock = threading.Lock()
        self._taken = self._left_out = 0
        self._last_us: int | None = None

    def begin(self, video_format: VideoFormat) -> None:
        """The camera (re)starts; the count goes on."""

    def add(self, unit: AccessUnit) -> None:
        """A picture came."""
        with self._lock:
            self._taken, self._last_us = self._taken + 1, unit.captured_at_us

    def leave_out(self) -> None:
        """A picture that came was not recorded."""
        with self._lock:
            self._left_out += 1

    def counted(self) -> CameraHealth:
        """All since the last `forget`."""
        with self._lock:
            return CameraHealth(self._camera, self._taken, self._left_out, self._last_us)

    def forget(self, said: CameraHealth) -> None:
        """These were reported."""
        with self._lock:
            self._taken, self._left_out = self._taken - said.pictures, self._left_out - said.left_out


@dataclass(frozen=True)
class Figures:
    """What the agent knows when health is said. `lease_until_us` is when the newest lease ends."""

    spool_bytes: int
    spool_limit: int
    unsent: int
    oldest_unsent_us: int | None
    lease_until_us: int | None
    orders: Sequence[Order]


class HealthReporter:
    """Says it when it is due. One thread uses it."""

    def __init__(
        self,
        identity: Identity,
        start_id: str,
        firmware: str,
        clock: UnitClock,
        state: Path,
        pictures: Pictures,
        look: Callable[[], Figures],
    ) -> None:
        """`state` is the unit's own folder, `look` gives what is to be reported now."""
        self._identity, self._start_id, self._firmware = identity, start_id, firmware
        self._clock, self._state, self._pictures, self._look = clock, state, pictures, look
        self._sequence = itertools.count()
        self._said_ns: int | None = None
        self._told: Hashable = None

    def say(self, publish: Callable[[bytes], bool], doing: Hashable) -> None:
        """Publish health if it is due, or soon if `doing` is not what it was; what was not taken is due again."""
        now_ns, counted = self._clock.monotonic_ns(), self._pictures.counted()
        news = (doing, counted.last_picture_at_us is not None)
        every_ns = EVERY_NS if news == self._told else APART_NS
        if self._said_ns is not None and now_ns - self._said_ns < every_ns:
            return
        if publish(dump(enclose(HEALTH, self._health(counted), self._identity.key))):
            self._pictures.forget(counted)
            self._said_ns, self._told = now_ns, news

    def _health(self, counted: CameraHealth) -> Health:
        figures, now_us = self._look(), self._clock.now_us()
        disk_free, disk_total = _disk(self._state)
        return Health(
            unit=self._identity.unit,
            start_id=self._start_id,
            sequence=next(self._sequence),
            at_us=now_us,
            firmware=self._firmware,
            clock=self._clock.state(),
            certificate_until_us=_certificate_until_us(self._state / CERTIFICATE),
            disk_free=disk_free,
            disk_total=disk_total,
            spool_bytes=figures.spool_bytes,
            spool_limit=figures.spool_limit,
            unsent=figures.unsent,
            oldest_unsent_us=figures.oldest_unsent_us,
            lease_until_us=figures.lease_until_us,
            rss_bytes=_rss_bytes(),
            cameras=(counted,),
            orders=held(figures.orders, now_us),
        )


def held(orders: Sequence[Order], now_us: int) -> tuple[Held, ...]:
    """The windows that the unit is ready to film in, open or still to come, the soonest first."""
    found = [
        Held(order.decision.deployment, order.decision_digest, window.from_us, window.to_us)
        for order in orders
        if order.assignment.setup is None
        for window in order.course.windows
        if window.to_us > now_us
    ]
    return tuple(sorted(found, key=lambda each: each.from_us)[:ORDERS_LIMIT])


def _disk(folder: Path) -> tuple[int, int]:
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return 0, 0
    return usage.free, usage.total


def _certificate_until_us(path: Path) -> int:
    """When the certificate that the unit shows ends; it is renewed in place."""
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return 0
    return int(certificate.not_valid_after_utc.timestamp()) * 1_000_000


def _rss_bytes() -> int:
    try:
        return int(STATM.read_text().split()[1]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return 0
