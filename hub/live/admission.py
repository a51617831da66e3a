# SPDX-License-Identifier: EUPL-1.2
"""What lets a picture pass through this media process: redeemed tickets, publish leases, and the record of who looked.

Promises:
1. A ticket opens one socket, once, here: signed by the order key, for this start of this process, within its minute.
2. A camera is carried only under a lease that the keeper signed for a logged grant; it is renewed every two minutes
   while somebody looks, and asked for anew when the unit starts again.
3. While the log cannot be written nothing opens; who looks keeps the picture until the standing lease ends.
4. Each minute looked at is logged, at once or as soon as the log can be written again; what waits is never dropped.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from contract.envelope import opened, read
from contract.live import LEASE_RENEWAL_US, PUBLISH_LEASE, TICKET, TICKET_LIFE_US, Grant, GrantRef, PublishLease, Ticket
from contract.record import ContractError, dump, load
from hub.audit.faults import LogUnavailableError
from hub.keeper.client import Keeper, KeeperRefusedError, KeeperUnreachableError
from hub.live.wss import (
    GRANT_ENDED,
    LOG_UNAVAILABLE,
    TICKET_REFUSED,
    WINDOW_ENDED,
    TicketRefusedError,
    Viewing,
)
from hub.store.downlink import Downlink
from hub.store.faults import DatabaseUnavailableError
from hub.store.units import UnitRow, Units
from hub.store.views import Views

RETRY_S = 2.0
ENDING_US = 20_000_000  # so long before a lease ends it is asked whether the window was prolonged
AGAIN_US = 2_000_000  # and every so often
USED_LIMIT = 10_000  # ticket ids remembered; each for the minute that it could be used again

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stores:
    """The tables that this needs."""

    views: Views
    downlink: Downlink
    units: Units


@dataclass(frozen=True)
class Ended:
    """A camera's viewers must go: the close code and the reason."""

    camera: str
    code: int
    reason: str


class Admission:
    """Owned by the media process's event loop. Holds refs and leases of what is open, nothing else."""

    def __init__(
        self,
        media: str,
        stores: Stores,
        keeper: Keeper,
        order_key: Callable[[], Awaitable[bytes]],
        now_us: Callable[[], int],
    ) -> None:
        """`media` is this process's start id; `order_key` gives the roster's order key (SPKI)."""
        self._media = media
        self._stores = stores
        self._keeper = keeper
        self._order_key = order_key
        self._now_us = now_us
        self._used: dict[str, int] = {}
        self._refs: dict[int, GrantRef] = {}
        self._unopened: dict[int, set[str]] = {}  # by grant: cameras whose ticket was not redeemed yet
        self._leases: dict[str, PublishLease] = {}
        self._watched: deque[tuple[GrantRef, int, int]] = deque()
        self._pending = asyncio.Event()

    async def redeem(self, text: str) -> Viewing:
        """What a ticket opens.

        Raises:
            TicketRefusedError: forged, for another process, used, late, its grant over, or the log unavailable.
        """
        ticket = await self._ticket(text)
        try:
            row = await self._stores.views.get(ticket.grant)
            if row is None or row.ended_at_us is not None:
                raise TicketRefusedError(GRANT_ENDED, "the grant has ended")
            ref = GrantRef(row.body, row.salt, row.log_index)
            grant = load(Grant, row.body)
            if ticket.camera not in grant.cameras or ticket.session != grant.session:
                raise TicketRefusedError
            if (await self._keeper.status()).failing_since_us is not None:
                raise LogUnavailableError  # a lease may stand for those who look already: nothing new opens
            unit = await self._stores.units.of_camera(ticket.camera)
            if unit is not None and unit.online and unit.start_id is not None:
                await self._lease(ref, ticket.camera, unit.start_id)
            else:
                await self._keeper.ticket(ref, ticket.camera, self._media)  # vouches for the row as a lease does
            await self._stores.views.open(ref.index, self._now_us())
        except (LogUnavailableError, KeeperUnreachableError, DatabaseUnavailableError) as error:
            raise TicketRefusedError(LOG_UNAVAILABLE, "the log cannot be written") from error
        except KeeperRefusedError as error:
            raise TicketRefusedError(_code(error), error.reason[:100]) from error
        self._refs[ref.index] = ref
        self._unopened.setdefault(ref.index, set(grant.cameras)).discard(ticket.camera)
        return Viewing(ticket=ticket.id, camera=ticket.camera, log_index=ref.index, until_us=grant.until_us)

    def admit(self, unit: str, camera: str) -> int | None:
        """Until when this unit may send this camera here, by the newest lease; None without one."""
        lease = self._leases.get(camera)
        return lease.until_us if lease is not None and lease.unit == unit else None

    def withdraw(self, unit: str) -> None:
        """A unit was revoked: its leases end here and now, and with them its sessions."""
        self._leases = {camera: lease for camera, lease in self._leases.items() if lease.unit != unit}

    def watched(self, viewing: Viewing, from_us: int, to_us: int) -> None:
        """Somebody looked from then to then: to be logged, now or as soon as it can be."""
        ref = self._refs.get(viewing.log_index)
        if ref is not None:
            self._watched.append((ref, from_us, to_us))
            self._pending.set()

    async def log_watched(self) -> None:
        """Log what was looked at, until cancelled."""
        while True:
            await self._pending.wait()
            if await self.flush():
                self._pending.clear()
            else:
                await asyncio.sleep(RETRY_S)

    async def flush(self) -> bool:
        """Log what waits; whether nothing waits any more."""
        while self._watched:
            ref, from_us, to_us = self._watched[0]
            try:
                await self._keeper.watched(ref, from_us, to_us)
            except KeeperRefusedError as error:
                if error.rule == "keeper.rate":
                    return False
                logger.error("looking under grant %d could not be logged: %s", ref.index, error.reason)
            except (LogUnavailableError, KeeperUnreachableError) as error:
                logger.warning("looking waits to be logged (%d): %s", len(self._watched), error)
                return False
            self._watched.popleft()
        return True

    async def renew(self, viewings: Iterable[Viewing]) -> list[Ended]:
        """Renew what is looked at and due, end grants whose last socket closed; gives whose viewers must go."""
        by_camera: dict[str, list[int]] = {}
        for viewing in viewings:
            by_camera.setdefault(viewing.camera, []).append(viewing.log_index)
        open_refs = {index for indices in by_camera.values() for index in indices}
        waiting = {ref.index for ref, _, _ in self._watched}
        for index in self._refs.keys() - open_refs - waiting:
            if self._over(self._refs[index]):
                await self._stores.views.end(index, self._now_us())
                self._unopened.pop(index, None)
                self._refs.pop(index, None)
        try:
            units = await self._stores.units.of_cameras(sorted(by_camera)) if by_camera else {}
        except DatabaseUnavailableError as error:
            ended = [self._waits(camera, error) for camera in by_camera]
        else:
            ended = [await self._renew(camera, indices, units.get(camera)) for camera, indices in by_camera.items()]
        return [item for item in ended if item is not None]

    async def ended_grants(self, viewings: Iterable[Viewing]) -> list[int]:
        """Those grants of these viewings that were ended before their time."""
        indices = sorted({viewing.log_index for viewing in viewings})
        return await self._stores.views.ended(indices) if indices else []

    def _over(self, ref: GrantRef) -> bool:
        """Whether a grant without an open socket is done with: no ticket of it can still be redeemed."""
        late = self._now_us() > load(Grant, ref.body).from_us + TICKET_LIFE_US
        return late or not self._unopened.get(ref.index)

    async def _ticket(self, text: str) -> Ticket:
        try:
            ticket = opened(read(text.encode()), TICKET, Ticket, await self._order_key())
        except (ContractError, UnicodeEncodeError) as error:
            raise TicketRefusedError from error
        now_us = self._now_us()
        self._used = {used: until_us for used, until_us in self._used.items() if until_us > now_us}
        if ticket.media != self._media or now_us >= ticket.until_us:
            raise TicketRefusedError(reason="the ticket is late, or for another media process")
        if ticket.id in self._used or len(self._used) >= USED_LIMIT:
            raise TicketRefusedError(reason="the ticket was used")
        self._used[ticket.id] = ticket.until_us
        return ticket

    async def _renew(self, camera: str, indices: list[int], unit: UnitRow | None) -> Ended | None:
        if unit is None or not unit.online or unit.start_id is None:
            return None  # nothing can be sent; the tile says NO PICTURE
        now_us = self._now_us()
        lease = self._leases.get(camera)
        try:
            fresh = lease is not None and lease.start_id == unit.start_id
            if lease is not None and fresh and now_us < _due_us(lease):
                return None
            index = lease.grant if lease is not None and lease.grant in indices else indices[0]
            await self._lease(self._refs[index], camera, unit.start_id)
        except KeeperRefusedError as error:
            return Ended(camera, _code(error), error.reason[:100])
        except (LogUnavailableError, KeeperUnreachableError, DatabaseUnavailableError) as error:
            return self._waits(camera, error)
        return None

    def _waits(self, camera: str, error: Exception) -> Ended | None:
        """The camera's lease cannot be renewed now; its viewers go when it has ended."""
        logger.warning("the lease of %s waits to be renewed: %s", camera, error)
        lease = self._leases.get(camera)
        if lease is None or self._now_us() >= lease.until_us:
            return Ended(camera, LOG_UNAVAILABLE, "the log cannot be written")
        return None

    async def _lease(self, ref: GrantRef, camera: str, start_id: str) -> None:
        envelope = await self._keeper.publish_lease(ref, camera, self._media, start_id)
        lease = opened(envelope, PUBLISH_LEASE, PublishLease, await self._order_key())
        standing = self._leases.get(camera)
        later = standing is None or standing.start_id != lease.start_id or standing.until_us <= lease.until_us
        same = standing is not None and standing.start_id == lease.start_id and standing.until_us == lease.until_us
        if later and same:
            self._leases[camera] = lease  # its unit holds one that is as good
        elif later:  # a shorter one under another grant would end the picture of who looks already
            self._leases[camera] = lease
            await self._stores.downlink.add(lease.unit, "publish", dump(envelope), self._now_us(), lease.until_us)


def _due_us(lease: PublishLease) -> int:
    """When a lease is to be renewed: after two minutes; of one that ends sooner, by its window, shortly before that.

    A window may have been prolonged meanwhile, and then the picture goes on without a gap.
    """
    ending_us = max(lease.made_at_us + AGAIN_US, lease.until_us - ENDING_US)
    return min(lease.made_at_us + LEASE_RENEWAL_US, ending_us, lease.until_us)


def _code(error: KeeperRefusedError) -> int:
    return {"keeper.window": WINDOW_ENDED, "keeper.grant": GRANT_ENDED}.get(error.rule, TICKET_REFUSED)
