# SPDX-License-Identifier: EUPL-1.2
"""The media process, put together: WHIP in, one ring a camera, viewers' sockets out; pictures in memory only."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from contract.authority import Anchors
from contract.record import load
from hub.access.roster import Rosters
from hub.app.together import together
from hub.config import Settings
from hub.keeper.client import Keeper
from hub.layout import Layout
from hub.live.admission import Admission, Stores
from hub.live.handover import HandOver, Offer
from hub.live.ring import Rings
from hub.live.whip import Publishers
from hub.live.wss import GRANT_ENDED, ViewerEvents, Viewers
from hub.store.channels import listen
from hub.store.database import Database
from hub.store.downlink import Downlink
from hub.store.faults import DatabaseUnavailableError
from hub.store.records import SignedRecords
from hub.store.units import Units
from hub.store.views import Views

REGISTER_S = 5.0
FORGET_US = 60_000_000  # a media process that has said nothing for a minute is gone
TICK_S = 0.5
FLUSH_S = 2.0


@dataclass(frozen=True)
class Parts:
    """What the process consists of."""

    views: Views
    units: Units
    admission: Admission
    publishers: Publishers
    viewers: Viewers
    handover: HandOver


def assembled(settings: Settings, database: Database, media: str, now_us: Callable[[], int]) -> Parts:
    """The parts, joined; nothing listens yet."""
    layout = Layout(settings.state)
    keeper = Keeper(layout.socket("keeper"))
    anchors = load(Anchors, (layout.state / "anchors.json").read_bytes())
    rosters = Rosters(SignedRecords(database), keeper, anchors, now_us)

    async def order_key() -> bytes:
        return (await rosters.current()).order_key

    views, units, rings = Views(database), Units(database), Rings()
    admission = Admission(media, Stores(views, Downlink(database), units), keeper, order_key, now_us)
    publishers = Publishers(
        rings,
        admit=admission.admit,
        ice_addresses=settings.ice_addresses,
        now_us=now_us,
        monotonic=time.monotonic,
    )
    events = ViewerEvents(
        on_open=lambda viewing, at_us: publishers.request_keyframe(viewing.camera),
        on_watched=admission.watched,
        on_close=admission.watched,
    )
    origins = [settings.origin]
    viewers = Viewers(
        rings, redeem=admission.redeem, events=events, origins=origins, now_us=now_us, monotonic=time.monotonic
    )

    async def answer(offer: Offer) -> str:
        return await publishers.answer(offer.unit, offer.camera, offer.sdp)

    return Parts(views, units, admission, publishers, viewers, HandOver(answer))


async def run(settings: Settings, now_us: Callable[[], int], stop: asyncio.Event) -> None:
    """Serve until `stop` is set; what was looked at is logged before it ends, if the log can be written."""
    layout = Layout(settings.state)
    database = Database(settings.database)
    media = secrets.token_hex(16)
    parts = assembled(settings, database, media, now_us)
    await parts.views.register_media(media, now_us(), now_us() - FORGET_US, [])
    parts.publishers.start()
    for name in ("media", "live"):
        layout.socket(name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    await parts.handover.start(layout.socket("media"))
    await parts.viewers.start(layout.socket("live"))
    try:
        await together(
            stop,
            _register(parts.views, media, parts.viewers, now_us),
            _unit_states(settings.database, parts),
            _renew(parts.admission, parts.viewers),
            parts.admission.log_watched(),
            parts.publishers.watch.wait(),
            parts.viewers.watch.wait(),
        )
    finally:
        await parts.viewers.close()
        await parts.handover.close()
        await parts.publishers.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_S):
                await parts.admission.flush()
        with contextlib.suppress(DatabaseUnavailableError):  # else its silence tells
            await parts.views.forget_media(media)
        await database.close()


async def _register(views: Views, media: str, viewers: Viewers, now_us: Callable[[], int]) -> None:
    """Say that this process lives, so that tickets name it, and at once when somebody comes or goes."""
    said: list[int] = []
    due_s = 0.0
    while True:
        watching = sorted({viewing.log_index for viewing in viewers.viewings()})
        if watching != said or time.monotonic() >= due_s:
            with contextlib.suppress(DatabaseUnavailableError):  # tickets then name nobody, which `serve` says
                await views.register_media(media, now_us(), now_us() - FORGET_US, watching)
                said, due_s = watching, time.monotonic() + REGISTER_S
        await asyncio.sleep(TICK_S)


async def _unit_states(database_url: str, parts: Parts) -> None:
    """Tell viewers that a camera's unit went or came; one that was revoked sends no more."""
    async for _, name in listen(database_url, ["unit_state"]):
        with contextlib.suppress(DatabaseUnavailableError):  # heard again when the connection is made again
            for unit in await parts.units.all() if not name else [await parts.units.get(name)]:
                if unit is not None and unit.state != "active":
                    parts.admission.withdraw(unit.unit)
                if unit is not None and unit.seen_at_us is not None:
                    parts.viewers.unit_state(unit.camera, unit.online, unit.seen_at_us)


async def _renew(admission: Admission, viewers: Viewers) -> None:
    """Keep leases alive while somebody looks, and end what has no right any more."""
    while True:
        await asyncio.sleep(TICK_S)
        with contextlib.suppress(DatabaseUnavailableError):  # asked again in half a second; leases end by themselves
            for ended in await admission.renew(viewers.viewings()):
                viewers.close_camera(ended.camera, ended.code, ended.reason)
            for index in await admission.ended_grants(viewers.viewings()):
                viewers.close_grant(index, GRANT_ENDED, "the grant has ended")
