# SPDX-License-Identifier: EUPL-1.2
"""Who publishes: the sessions of this media process, one per camera, each under a standing publish lease.

Promises:
1. A picture enters a ring only from the session that is the camera's newest, while `admit` names a time that has not
   come: checked for each access unit, and five times a second also without one.
2. What has no capture time enters no ring: a tile never lies about its age.
3. A newer session replaces the older at once. A session without a picture for two seconds is dropped.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Sequence

from contract.frames import capture_time, is_keyframe
from contract.record import ContractError
from hub.live.aiortc_adapter import IncomingVideo, OfferError
from hub.live.handover import OfferRefusedError
from hub.live.ring import Rings
from hub.live.ticker import Ticker

TICK_S = 0.2
SESSION_LIMIT = 64
_NAME = re.compile(r"[a-z0-9-]{1,32}", re.ASCII)

Admit = Callable[[str, str], int | None]
"""(unit, camera) -> until when in microseconds UTC this unit may publish this camera, or None: not now."""

logger = logging.getLogger(__name__)


class _Session:
    """One unit sending one camera."""

    def __init__(self, unit: str, camera: str, until_us: int) -> None:
        self.unit = unit
        self.camera = camera
        self.until_us = until_us
        self.complaint = ""
        self.video: IncomingVideo | None = None


class Publishers:
    """The registry. Owned by one event loop; `start` and `close` frame its life."""

    def __init__(
        self,
        rings: Rings,
        *,
        admit: Admit,
        ice_addresses: Sequence[str],
        now_us: Callable[[], int],
        monotonic: Callable[[], float],
    ) -> None:
        self._rings = rings
        self._admit = admit
        self._ice_addresses = tuple(ice_addresses)
        self._now_us = now_us
        self._monotonic = monotonic
        self._sessions: dict[str, _Session] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self.watch = Ticker(self._tick, TICK_S)
        """Looks at leases and silence."""

    def start(self) -> None:
        """Begin to watch; `watch.wait` for it as well."""
        self.watch.start()

    async def close(self) -> None:
        """End all sessions; nothing is published after this call."""
        self.watch.close()
        for camera in tuple(self._sessions):
            self._drop(camera, "the media process ends")
        if self._closing:
            await asyncio.wait(self._closing)

    async def answer(self, unit: str, camera: str, offer_sdp: str) -> str:
        """Answer a unit's offer to send a camera.

        Raises:
            OfferRefusedError: not admitted, too many, not an offer, or replaced by a newer one meanwhile.
        """
        if not _NAME.fullmatch(unit) or not _NAME.fullmatch(camera):
            raise OfferRefusedError("no such unit or camera")
        until_us = self._admitted(unit, camera)
        if until_us is None:
            raise OfferRefusedError("no standing publish lease")
        if len(self._sessions) >= SESSION_LIMIT and camera not in self._sessions:
            raise OfferRefusedError("this media process carries no more cameras")
        self._drop(camera, "replaced by a newer session")
        session = self._sessions[camera] = _Session(unit, camera, until_us)
        session.video = IncomingVideo(
            ice_addresses=self._ice_addresses,
            on_access_unit=lambda access_unit: self._publish(session, access_unit),
            on_end=lambda reason: self._ended(session, reason),
            monotonic=self._monotonic,
        )
        try:
            sdp = await session.video.answer(offer_sdp)
        except OfferError as error:
            self._ended(session, f"refused: {error}")
            raise OfferRefusedError(str(error)) from error
        if self._sessions.get(camera) is not session:
            raise OfferRefusedError("replaced by a newer session")
        return sdp

    def request_keyframe(self, camera: str) -> None:
        """Ask the camera's unit for a keyframe."""
        session = self._sessions.get(camera)
        if session is not None and session.video is not None:
            session.video.request_keyframe()

    def _admitted(self, unit: str, camera: str) -> int | None:
        until_us = self._admit(unit, camera)
        return until_us if until_us is not None and until_us > self._now_us() else None

    def _publish(self, session: _Session, access_unit: bytes) -> None:
        if self._sessions.get(session.camera) is not session or not self._standing(session):
            return
        ring = self._rings.of(session.camera)
        try:
            captured_at_us = capture_time(access_unit)
            if captured_at_us is None:
                raise ContractError("an access unit without capture time")
            ring.publish(access_unit, captured_at_us, is_keyframe(access_unit))
        except ContractError as error:
            ring.reset()  # what follows may stand on what is left out
            if str(error) != session.complaint:
                session.complaint = str(error)
                logger.warning("camera %s of unit %s: %s", session.camera, session.unit, error)

    def _standing(self, session: _Session) -> bool:
        """Whether the lease stands at this instant; if not, the session is over."""
        if self._now_us() < session.until_us:
            return True
        return self._renewed(session)

    def _renewed(self, session: _Session) -> bool:
        until_us = self._admitted(session.unit, session.camera)
        if until_us is None:
            self._ended(session, "the publish lease ended")
            return False
        session.until_us = until_us
        return True

    def _ended(self, session: _Session, reason: str) -> None:
        if self._sessions.get(session.camera) is session:
            self._drop(session.camera, reason)

    def _drop(self, camera: str, reason: str) -> None:
        session = self._sessions.pop(camera, None)
        if session is None:
            return
        self._rings.of(camera).reset()
        if session.video is not None:
            task = asyncio.create_task(session.video.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        logger.info("camera %s of unit %s: %s", camera, session.unit, reason)

    def _tick(self) -> None:
        for session in tuple(self._sessions.values()):
            if self._renewed(session) and session.video is not None:
                session.video.tick()
