# SPDX-License-Identifier: EUPL-1.2
"""The grant to look back: logged before anything opens, for named cameras and half an hour of footage at most.

It ends after half an hour, or with its session. What it names and has not arrived is asked of its unit, before all
else that waits there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from contract.live import Grant, GrantRef
from contract.messages import COMMAND_LIFE_US
from contract.record import dump, load
from hub.access.signin import Person
from hub.audit.faults import LogUnavailableError
from hub.deployments.regimes import may_see
from hub.footage.ordered import Ordered, ordered
from hub.keeper.client import Keeper, KeeperRefusedError, KeeperUnreachableError
from hub.pace import Pace
from hub.problem import ProblemError
from hub.store.downlink import Downlink
from hub.store.footage import Footage, Stretch
from hub.store.records import SignedRecords
from hub.store.rows import KeptRow
from hub.store.views import GrantRow, Views

REPLAY_LIMIT_US = 1_800_000_000  # of footage in one grant
REPLAY_LIFE_US = 1_800_000_000
LOOKS_A_MINUTE = 60  # asked for by one session
SEGMENT_LIMIT = 10_000  # of one grant: sixteen cameras have 3 600 in half an hour
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tables:
    """What replays are answered from."""

    footage: Footage
    records: SignedRecords
    views: Views
    downlink: Downlink


class Replays:
    """Opens replays, and knows which stand."""

    def __init__(self, tables: Tables, keeper: Keeper, now_us: Callable[[], int]) -> None:
        self._tables = tables
        self._keeper = keeper
        self._now_us = now_us
        self._pace = Pace(LOOKS_A_MINUTE, now_us)

    async def open(self, who: Person, cameras: Sequence[str], from_us: int, to_us: int) -> list[GrantRow]:
        """Write to the log that this person may look back, for each deployment that filmed; have sent what is missing.

        Raises:
            ProblemError: nothing is recorded, all of it is erased or due, it is no past stretch of one window, or this
                session asks too often.
        """
        wait_us = self._pace.wait_us(who.session)
        if wait_us:
            raise ProblemError("too-many-attempts", retry_after_s=-(-wait_us // 1_000_000))
        if not 0 < to_us - from_us <= REPLAY_LIMIT_US or to_us > self._now_us():
            raise ProblemError("invalid-request", where="to_us", reason="not a past stretch of 30 minutes at most")
        found = await self._tables.footage.segments(list(dict.fromkeys(cameras)), from_us, to_us, SEGMENT_LIMIT)
        parts = [
            (await self._allowed(deployment, stretches, who.role, from_us, to_us), stretches)
            for deployment, stretches in _by_deployment(cameras, found).items()
        ]
        return [await self._granted(who, order, stretches, from_us, to_us) for order, stretches in parts]

    async def standing(self, index: int, who: Person, row: KeptRow, from_us: int, to_us: int) -> GrantRef:
        """The grant at `index`, if this session may look back at this stretch of a segment's camera under it.

        Raises:
            ProblemError: it may not.
        """
        held = await self._tables.views.get(index)
        now_us = self._now_us()
        if held is None or held.session != who.session or held.ended_at_us is not None or held.until_us <= now_us:
            raise ProblemError("not-granted", rule="footage.grant")
        grant = load(Grant, held.body)
        first_us, end_us = grant.footage_from_us, grant.footage_to_us
        named = grant.purpose == "replay" and grant.deployment == row.deployment and row.camera in grant.cameras
        if first_us is None or end_us is None or not named or not first_us <= from_us < to_us <= end_us:
            raise ProblemError("not-granted", rule="footage.grant")
        return GrantRef(held.body, held.salt, held.log_index)

    async def _allowed(self, deployment: str, stretches: list[Stretch], role: str, from_us: int, to_us: int) -> Ordered:
        order = ordered(await self._tables.records.of_deployment(deployment))
        if order is None or not order.holds(from_us, to_us):
            raise ProblemError("window-closed", rule="R04", camera=stretches[0].camera)
        if not may_see(order.regime, role, "replay"):
            raise ProblemError("regime-hides", rule="R11", regime=order.regime, role=role)
        if all(order.gone(stretch, self._now_us()) for stretch in stretches):
            raise ProblemError("footage-erased", rule="footage.erased")
        return order

    async def _granted(
        self, who: Person, order: Ordered, stretches: list[Stretch], from_us: int, to_us: int
    ) -> GrantRow:
        """A new grant, logged and kept."""
        now_us = self._now_us()
        until_us = min(now_us + REPLAY_LIFE_US, who.expires_at_us)
        cameras = tuple(dict.fromkeys(stretch.camera for stretch in stretches))
        deployment = stretches[0].deployment
        grant = Grant(who.name, who.session, deployment, cameras, "replay", now_us, until_us, from_us, to_us)
        ref = await self._keeper.grant(grant)
        row = GrantRow(ref.index, ref.body, ref.salt, who.name, who.session, until_us)
        await self._tables.views.add(row)
        awaited = [stretch for stretch in stretches if not stretch.stored and not order.gone(stretch, now_us)]
        for unit, camera in sorted({(stretch.unit, stretch.camera) for stretch in awaited}):
            await self._fetch(ref, unit, camera, from_us, to_us)
        return row

    async def _fetch(self, ref: GrantRef, unit: str, camera: str, from_us: int, to_us: int) -> None:
        """Have a unit send this first. Where it cannot be told, its segments come in their own time."""
        try:
            command = await self._keeper.command(ref, unit, camera, from_us, to_us)
        except (KeeperRefusedError, KeeperUnreachableError, LogUnavailableError) as error:
            logger.warning("%s is not told to send what somebody waits for: %s", unit, error)
            return
        now_us = self._now_us()
        await self._tables.downlink.add(unit, "cmd", dump(command), now_us, now_us + COMMAND_LIFE_US)


def _by_deployment(cameras: Sequence[str], found: list[Stretch]) -> dict[str, list[Stretch]]:
    """The segments by the deployment that they were filmed in. Refuses a camera without any, or with two of them."""
    grouped: dict[str, list[Stretch]] = {}
    of_camera: dict[str, set[str]] = {}
    for stretch in found:
        grouped.setdefault(stretch.deployment, []).append(stretch)
        of_camera.setdefault(stretch.camera, set()).add(stretch.deployment)
    for camera in cameras:
        deployments = of_camera.get(camera)
        if deployments is None:
            raise ProblemError("footage-absent", camera=camera)
        if len(deployments) > 1:
            raise ProblemError("window-closed", rule="R04", camera=camera)
    return grouped
