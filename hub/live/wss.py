# SPDX-License-Identifier: EUPL-1.2
"""The viewers' door: one WebSocket per camera and viewer, opened by a ticket, fed from the camera's ring.

Protocol: the first text message is the ticket. The server answers `opened`, then sends `codec` when it changes, a
binary frame per access unit (:func:`contract.frames.pack_frame`), `time` every five seconds and `unit` when the unit
goes or comes. The client sends `{"type":"here"}` every 30 s and nothing else.

Promises:
1. No frame is sent before `redeem` has returned, and none after the viewing's `until_us`.
2. A socket closes within a second of its reason: the grant's end, `close_camera`, `close_grant`, no presence for 60 s.
   What a slow viewer has not fetched by then is thrown away.
3. A frame is built once and written to each transport as it is; a slow viewer is dropped to the next keyframe and
   costs the others nothing.
4. Who shows no ticket takes no viewer's place: such sockets are counted apart, and go after five seconds or when
   others crowd in.
5. `on_open`, `on_watched` each minute and `on_close` cover the viewing's time without hole or overlap.
"""

from __future__ import annotations

import asyncio
import http
import json
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from websockets.asyncio.server import Server, ServerConnection, unix_serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.typing import Origin

from hub.framing import private_listener
from hub.live.ring import TEXT, AccessUnit, Rings, Subscription, framed
from hub.live.ticker import Ticker

GRANT_ENDED, WINDOW_ENDED, WITHDRAWN, UNIT_GONE, LOG_UNAVAILABLE, TICKET_REFUSED = 4001, 4002, 4003, 4004, 4005, 4008
BAD_MESSAGE = 1008  # RFC 6455: policy violation
TRY_AGAIN_LATER = 1013  # IANA's registry of close codes

TICKET_WAIT_S = 5.0
REDEEM_LIMIT_S = 10.0
PRESENCE_LIMIT_S = 60.0
TIME_INTERVAL_S = 5.0
WATCHED_INTERVAL_US = 60_000_000
UNIT_GONE_AFTER_S = 300.0  # a unit that reboots is back in two minutes, and its tile says NO PICTURE meanwhile
TICK_S = 0.1
CLOSE_LIMIT_S = 0.5
MESSAGE_LIMIT = 4096  # bytes from a viewer
VIEWER_LIMIT = 500  # whose ticket was redeemed
WAITING_LIMIT = 200  # who have shown no ticket yet; beyond it the oldest of them goes
BACKLOG_LIMIT = 256 * 1024  # bytes a viewer may lag behind: a second of 2 Mbit/s
PATH = "/live"

logger = logging.getLogger(__name__)


class TicketRefusedError(Exception):
    """This ticket opens nothing; the close code and the reason go to the viewer."""

    def __init__(self, close_code: int = TICKET_REFUSED, reason: str = "ticket refused") -> None:
        super().__init__(reason)
        self.close_code = close_code
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewing:
    """What a redeemed ticket allows: one camera, under the grant at `log_index`, until then."""

    ticket: str
    camera: str
    log_index: int
    until_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewerEvents:
    """What the owner hears of, on the event loop; times in microseconds UTC. It logs `view.watched` by them."""

    on_open: Callable[[Viewing, int], None]
    on_watched: Callable[[Viewing, int, int], None]
    on_close: Callable[[Viewing, int, int], None]


class _Viewer:
    """One open socket."""

    def __init__(self, ws: ServerConnection, viewing: Viewing, now_us: Callable[[], int]) -> None:
        self.ws = ws
        self.viewing = viewing
        self.subscription: Subscription | None = None
        self.open = True
        self.here_s = 0.0
        self.time_s = 0.0
        self.watched_from_us = now_us()
        self.burst = 0
        self.codec: str | None = None
        self._now_us = now_us

    def deliver(self, unit: AccessUnit) -> bool:
        """Write a frame to the transport, unless the viewer lags too far or its time is over."""
        if not self.open or self._now_us() >= self.viewing.until_us:
            return False
        if self.ws.transport.get_write_buffer_size() > self._backlog_limit():
            return False
        if unit.codec != self.codec:
            self.codec = unit.codec
            self.write(text(type="codec", codec=unit.codec))
        return self.write(unit.message)

    def _backlog_limit(self) -> int:
        """How far this viewer may lag now, in bytes. The cached pictures it joined with do not count against it."""
        if self.subscription is None:
            return self.burst
        if self.subscription.awaiting_keyframe:
            return BACKLOG_LIMIT // 4  # comes back in once the backlog is mostly gone, or it would stutter at the brink
        if self.ws.transport.get_write_buffer_size() <= BACKLOG_LIMIT:
            self.burst = 0
        return BACKLOG_LIMIT + self.burst

    def write(self, message: bytes) -> bool:
        """Write a framed message; False when the socket is no longer open."""
        if self.ws.state is not State.OPEN or self.ws.transport.is_closing():
            return False
        try:
            self.ws.transport.write(message)
        except (OSError, RuntimeError) as error:  # asyncio raises the latter on a transport that has just closed
            logger.debug("viewer of %s: %s", self.viewing.camera, error)
            return False
        return True


class Viewers:
    """The listener and all its sockets. Owned by one event loop; `start` and `close` frame its life."""

    def __init__(
        self,
        rings: Rings,
        *,
        redeem: Callable[[str], Awaitable[Viewing]],
        events: ViewerEvents,
        origins: Iterable[str],
        now_us: Callable[[], int],
        monotonic: Callable[[], float],
    ) -> None:
        """`redeem` takes the ticket's text and returns what it allows, or raises :class:`TicketRefusedError`."""
        self._rings = rings
        self._redeem = redeem
        self._events = events
        self._origins = [Origin(origin) for origin in origins]  # never None: a missing Origin is refused as well
        self._now_us = now_us
        self._monotonic = monotonic
        self._viewers: set[_Viewer] = set()
        self._waiting: dict[ServerConnection, None] = {}  # without a redeemed ticket, oldest first
        self._offline: dict[str, tuple[int, float]] = {}  # camera -> since when in us UTC, and noted when in s
        self._closing: set[asyncio.Task[None]] = set()
        self._server: Server | None = None
        self.watch = Ticker(self._tick, TICK_S)
        """Looks at the viewings' ends, presence and time."""
        self._path: Path | None = None

    async def start(self, path: Path) -> None:
        """Listen on a unix socket that the web server may connect to; `watch.wait` for it as well."""
        self._server = await unix_serve(
            self._serve,
            sock=private_listener(path),
            origins=self._origins,
            compression=None,
            max_size=MESSAGE_LIMIT,
            close_timeout=CLOSE_LIMIT_S,
            server_header=None,
            process_request=self._admit,
        )
        self._path = path
        self.watch.start()

    async def close(self) -> None:
        """Close every socket and stop to listen."""
        self.watch.close()
        for viewer in tuple(self._viewers):
            self._end(viewer, 1001, "the media process ends")
        if self._server is not None and self._path is not None:
            self._server.close()
            await self._server.wait_closed()
            self._path.unlink(missing_ok=True)

    def close_camera(self, camera: str, code: int, reason: str) -> None:
        """End every viewing of a camera: no frame follows this call."""
        self._end_those(lambda viewing: viewing.camera == camera, code, reason)

    def close_grant(self, log_index: int, code: int, reason: str) -> None:
        """End every viewing under a grant: no frame follows this call."""
        self._end_those(lambda viewing: viewing.log_index == log_index, code, reason)

    def unit_state(self, camera: str, online: bool, since_us: int) -> None:
        """The camera's unit went or came back: its viewers are told, later ones too while it is away."""
        was_offline = camera in self._offline
        if online:
            self._offline.pop(camera, None)
        else:
            self._offline.setdefault(camera, (since_us, self._monotonic()))
        if was_offline != (not online):
            self._tell(camera, text(type="unit", online=online, since_us=since_us))

    def watching(self, camera: str) -> int:
        """How many sockets show a camera."""
        return sum(viewer.viewing.camera == camera for viewer in self._viewers)

    def viewings(self) -> list[Viewing]:
        """What is open now: the publish lease of a camera may name any of its grants."""
        return [viewer.viewing for viewer in self._viewers]

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        if request.path != PATH:
            return connection.respond(http.HTTPStatus.NOT_FOUND, "")
        if len(self._viewers) >= VIEWER_LIMIT:
            return connection.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, "")
        return None

    async def _serve(self, ws: ServerConnection) -> None:
        viewing = await self._opened(ws)
        if viewing is None:
            return
        viewer = _Viewer(ws, viewing, self._now_us)
        self._attach(viewer)
        try:
            async for message in ws:
                if message != HERE and not _is_here(message):
                    self._detach(viewer)
                    await _closed(ws, BAD_MESSAGE, "not understood")
                    return
                viewer.here_s = self._monotonic()
        except ConnectionClosed:
            logger.debug("viewer of %s went", viewing.camera)
        finally:
            self._detach(viewer)

    async def _opened(self, ws: ServerConnection) -> Viewing | None:
        """The ticket's viewing; None when the socket is closed instead."""
        self._wait_for(ws)
        try:
            viewing = await self._redeemed(ws)
            if self._now_us() >= viewing.until_us:
                raise TicketRefusedError(GRANT_ENDED, "grant ended")
        except TicketRefusedError as refused:
            await ws.close(refused.close_code, refused.reason)
        except TimeoutError:
            await ws.close(TICKET_REFUSED, "too late")
        except ConnectionClosed:
            logger.debug("a viewer went before its ticket was redeemed")
        else:
            return viewing
        finally:
            self._waiting.pop(ws, None)
        return None

    def _wait_for(self, ws: ServerConnection) -> None:
        """One more without a redeemed ticket; the oldest goes where there are too many."""
        self._waiting[ws] = None
        if len(self._waiting) > WAITING_LIMIT:
            oldest = next(iter(self._waiting))
            del self._waiting[oldest]
            oldest.transport.abort()

    async def _redeemed(self, ws: ServerConnection) -> Viewing:
        async with asyncio.timeout(TICKET_WAIT_S):
            ticket = await ws.recv()
        if not isinstance(ticket, str):
            raise TicketRefusedError(reason="the first message is the ticket")
        if len(self._viewers) >= VIEWER_LIMIT:
            raise TicketRefusedError(TRY_AGAIN_LATER, "too many viewers")
        async with asyncio.timeout(REDEEM_LIMIT_S):
            return await self._redeem(ticket)

    def _attach(self, viewer: _Viewer) -> None:
        viewing, ring = viewer.viewing, self._rings.of(viewer.viewing.camera)
        viewer.here_s = viewer.time_s = self._monotonic()
        viewer.codec = ring.codec
        self._viewers.add(viewer)
        self._events.on_open(viewing, viewer.watched_from_us)
        opened = text(
            type="opened",
            hub_time_us=self._now_us(),
            camera=viewing.camera,
            codec=ring.codec,
            log_index=viewing.log_index,
            until_us=viewing.until_us,
        )
        viewer.write(opened)
        if viewing.camera in self._offline:
            viewer.write(text(type="unit", online=False, since_us=self._offline[viewing.camera][0]))
        viewer.burst = ring.group_bytes
        viewer.subscription = ring.subscribe(viewer.deliver)

    def _detach(self, viewer: _Viewer) -> None:
        """No frame after this; told once."""
        if not viewer.open:
            return
        viewer.open = False
        self._viewers.discard(viewer)
        if viewer.subscription is not None:
            self._rings.of(viewer.viewing.camera).unsubscribe(viewer.subscription)
        to_us = max(self._now_us(), viewer.watched_from_us)
        self._events.on_close(viewer.viewing, viewer.watched_from_us, to_us)

    def _end(self, viewer: _Viewer, code: int, reason: str) -> None:
        self._detach(viewer)
        task = asyncio.create_task(_closed(viewer.ws, code, reason))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _end_those(self, chosen: Callable[[Viewing], bool], code: int, reason: str) -> None:
        for viewer in tuple(self._viewers):
            if chosen(viewer.viewing):
                self._end(viewer, code, reason)

    def _tell(self, camera: str, message: bytes) -> None:
        for viewer in self._viewers:
            if viewer.viewing.camera == camera:
                viewer.write(message)

    def _tick(self) -> None:
        now_us, now = self._now_us(), self._monotonic()
        time_message = text(type="time", hub_time_us=now_us)
        for viewer in tuple(self._viewers):
            self._look_after(viewer, now_us, now, time_message)
        for camera, (_, noted_s) in self._offline.items():
            if now - noted_s >= UNIT_GONE_AFTER_S:
                self.close_camera(camera, UNIT_GONE, "unit gone")

    def _look_after(self, viewer: _Viewer, now_us: int, now: float, time_message: bytes) -> None:
        if now_us >= viewer.viewing.until_us:
            self._end(viewer, GRANT_ENDED, "grant ended")
        elif now - viewer.here_s >= PRESENCE_LIMIT_S:
            self._end(viewer, GRANT_ENDED, "nobody here")
        else:
            if now - viewer.time_s >= TIME_INTERVAL_S:
                viewer.time_s = now
                viewer.write(time_message)
            if now_us - viewer.watched_from_us >= WATCHED_INTERVAL_US:
                self._events.on_watched(viewer.viewing, viewer.watched_from_us, now_us)
                viewer.watched_from_us = now_us


HERE = '{"type":"here"}'


def _is_here(message: str | bytes) -> bool:
    """The presence message in another spelling; anything else is not understood."""
    try:
        return isinstance(message, str) and json.loads(message) == {"type": "here"}
    except (ValueError, RecursionError):
        return False


async def _closed(ws: ServerConnection, code: int, reason: str) -> None:
    """Say why and close; what a viewer has not fetched in `CLOSE_LIMIT_S` is thrown away with its socket."""
    try:
        async with asyncio.timeout(CLOSE_LIMIT_S):
            await ws.close(code, reason)
    except TimeoutError:
        ws.transport.abort()


def text(**fields: object) -> bytes:
    """A framed text message."""
    return framed(TEXT, json.dumps(fields, separators=(",", ":")).encode())
