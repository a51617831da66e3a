# SPDX-License-Identifier: EUPL-1.2
"""One line to each page, over which it hears that something changed: server-sent events at GET /v1/events.

A line says which things changed, never what they are now: the page asks for that as it always does, and is judged as
always. Every few seconds it says that it lives, with the hub's time; it ends with the session. What changed while a
page was slow is told once, so that a line holds no more than the few words that there are.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from hub.access.signin import COOKIE, Person, SignedIn, SignIn
from hub.problem import ProblemError
from hub.store.channels import listen
from hub.store.faults import DatabaseUnavailableError
from hub.store.telling import CHANNEL, TOLD

HERE_S = 5.0  # a page takes a line for broken that is silent for more than twice this
TOGETHER_S = 0.2  # what one deed changes in several transactions is told at once
SESSION_CHECKED_S = 30.0  # and at once where any session was closed
LINES_LIMIT = 256
SESSION_LIMIT = 8  # one browser needs one line, however many tabs it has
PERSON_LIMIT = 16  # however many browsers one is signed in with
SESSIONS = "sessions"
WORDS = frozenset(TOLD.values()) - {SESSIONS}
UNIT_STATE = "unit_state"


class Line:
    """One page's: the words that it has not been told yet."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self._words: set[str] = set()
        self._told = asyncio.Event()

    def tell(self, words: Iterable[str]) -> None:
        """Have these told next."""
        self._words |= set(words)
        self._told.set()

    async def heard(self, within_s: float) -> set[str]:
        """What there is to tell, as soon as there is something; nothing where there is not within so long."""
        try:
            async with asyncio.timeout(within_s):
                await self._told.wait()
        except TimeoutError:
            return set()
        await asyncio.sleep(TOGETHER_S)
        words, self._words = self._words, set()
        self._told.clear()
        return words


class Changes:
    """All lines of this process."""

    def __init__(self) -> None:
        self._lines: set[Line] = set()
        self._closed = False

    @property
    def lines(self) -> int:
        """How many there are."""
        return len(self._lines)

    def open(self, person: Person) -> Line:
        """A line more. Refused where there are too many, of this session, of this person or in all."""
        of_session = Counter(line.person.session for line in self._lines)[person.session]
        of_person = Counter(line.person.name for line in self._lines)[person.name]
        too_many = len(self._lines) >= LINES_LIMIT or of_session >= SESSION_LIMIT or of_person >= PERSON_LIMIT
        if self._closed or too_many:
            raise ProblemError("too-many-lines", retry_after_s=10)
        line = Line(person)
        self._lines.add(line)
        return line

    def close(self, line: Line) -> None:
        """Nobody listens any more."""
        self._lines.discard(line)

    @property
    def closed(self) -> bool:
        """Whether the process ends, and every line with it."""
        return self._closed

    def tell(self, words: Iterable[str]) -> None:
        """Something changed."""
        told = set(words)
        for line in self._lines:
            line.tell(told)

    async def follow(self, database_url: str, stop: asyncio.Event) -> None:
        """Tell what the database tells, until `stop` is set; then every line ends, for the process waits for them."""
        told = asyncio.create_task(self._told(database_url))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({told, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if told.done():
                told.result()
        finally:
            self._closed = True
            self.tell([SESSIONS])
            told.cancel()
            stopping.cancel()
            await asyncio.gather(told, stopping, return_exceptions=True)

    async def _told(self, database_url: str) -> None:
        """What was said while the database was away is all told when it is back."""
        async for channel, payload in listen(database_url, [CHANNEL, UNIT_STATE]):
            if channel == CHANNEL:
                self.tell([payload])
            else:
                self.tell(["units"] if channel else WORDS)


class ChangeRoutes:
    """The route."""

    def __init__(self, changes: Changes, sign_in: SignIn, now_us: Callable[[], int]) -> None:
        self._changes = changes
        self._sign_in = sign_in
        self._now_us = now_us

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(prefix="/v1", tags=["events"])
        router.add_api_route("/events", self.events, methods=["GET"], response_class=StreamingResponse)
        return router

    async def events(self, request: Request, who: SignedIn) -> StreamingResponse:
        """Say what changes: `changed` with the words in `what`, `here` with `now_us`, and `ended` with the session."""
        line = self._changes.open(who)
        token = request.cookies.get(COOKIE)
        return StreamingResponse(self._said(line, token), media_type="text/event-stream")

    async def _said(self, line: Line, token: str | None) -> AsyncIterator[str]:
        try:
            yield self._here()
            unchecked_s = 0.0
            while not self._changes.closed:
                words = await line.heard(HERE_S)
                unchecked_s += TOGETHER_S if words else HERE_S
                if SESSIONS in words or unchecked_s >= SESSION_CHECKED_S:
                    unchecked_s = 0.0
                    if not await self._lasts(token):
                        yield _event("ended", {})
                        return
                if self._now_us() >= line.person.expires_at_us:
                    yield _event("ended", {})
                    return
                if what := sorted(words & WORDS):
                    yield _event("changed", {"what": what})
                elif not words:
                    yield self._here()
        finally:
            self._changes.close(line)

    def _here(self) -> str:
        return _event("here", {"now_us": self._now_us()})

    async def _lasts(self, token: str | None) -> bool:
        try:
            return self._changes.closed or await self._sign_in.person(token) is not None
        except DatabaseUnavailableError:
            return True  # nothing is known; asked again in a while


def _event(name: str, data: dict[str, object]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"
