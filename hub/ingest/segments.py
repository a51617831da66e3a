# SPDX-License-Identifier: EUPL-1.2
"""Sealed segments by PUT: received beside the store, checked whole without any key, then stored.

1. The index row must be here: it says what will come, and a stranger's bytes are not even written down.
2. The bytes go to a file of their own, bounded by the row's length. Sent with their place (Content-Range) they stay,
   and the next request goes on where this one broke off; sent without it, they go when it does.
3. Every hash, link and signature is checked beside the event loop, and the header against row and assignment.
4. The object is stored, durably; only then does the index say so.

What was erased since is not taken again: its unit is told so, and waits for nothing but its ack.

A cut at any step leaves a scratch file that the next start removes, or a part that is gone on with. A segment that is
refused harms nothing else: the unit keeps its copy, which may be evidence. A unit has two requests at once and no more,
and a body that does not move, or goes on for ever, is ended: who sends slowly, or the same a thousand times, takes up
his own room only.
"""

import asyncio
import logging
import re
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from contract import segment
from contract.filmed import check_segment
from contract.index import IndexRow
from contract.mandate import HOUR_US
from contract.record import ContractError
from contract.segment import SegmentHeader
from hub.deployments.standing import Orders
from hub.fleet.enrolment import Unit
from hub.ingest.messages import SpoiltRowError, kept_row
from hub.ingest.parts import OffsetError, Part, Parts
from hub.problem import ProblemError
from hub.store.objects import Objects, object_name
from hub.store.rows import KeptRow, Rows
from hub.store.segments import Segments

OF_A_UNIT = 2  # segments received together: one, and the next try of one whose line broke off
AT_ONCE = 4  # segments checked and stored together, all units'
SILENCE_S = 30.0  # between two pieces of a body
BODY_WITHIN_S = 600.0  # the whole of one; what has arrived by then in its place stays
PASSED_OVER_LIMIT = segment.RECORD_LIMIT  # bytes of a body that nobody wants
CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,12})-([0-9]{1,12})/([0-9]{1,12})", re.ASCII)
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Place:
    """Where in a segment the bytes of a request belong (RFC 9110, 14.4): the first, the last, how many there are."""

    first: int
    last: int
    total: int


def read_place(content_range: str) -> Place:
    """The place that a Content-Range names. Raises ProblemError."""
    found = CONTENT_RANGE.fullmatch(content_range)
    place = Place(*map(int, found.groups())) if found else None
    if place is None or not place.first <= place.last < place.total:
        raise ProblemError("invalid-request", where="Content-Range", reason="not a place in a segment")
    return place


def object_key(row: IndexRow) -> str:
    """Where a segment lies in the object store."""
    return object_name(row.deployment, row.camera, row.chain)


@dataclass(frozen=True)
class Patience:
    """How long a sender may take: between two pieces of a body, and for the whole of one."""

    silence_s: float = SILENCE_S
    body_s: float = BODY_WITHIN_S


@dataclass(frozen=True)
class Tables:
    """What of the database the intake reads and writes."""

    rows: Rows
    segments: Segments
    orders: Orders


class Intake:
    """Takes segments in."""

    def __init__(
        self,
        tables: Tables,
        objects: Objects,
        scratch: Path,
        now_us: Callable[[], int],
        patience: Patience,
    ) -> None:
        """`scratch` is a folder of this process's own; what an earlier one left there is removed."""
        self._rows = tables.rows
        self._segments = tables.segments
        self._orders = tables.orders
        self._objects = objects
        self._scratch = scratch
        self._now_us = now_us
        self._patience = patience
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._of_unit: Counter[str] = Counter()
        self._parts = Parts(scratch)
        scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in scratch.glob("*.fzs"):
            left.unlink()

    async def held(self, unit: Unit, chain: str) -> int:
        """How many bytes of a segment are here durably; all of them once it is stored. Raises as `take` does."""
        held, row = await self._wanted(unit, chain)
        if await self._is_done(held, row):
            return row.length
        return await self._parts.held(unit.unit, chain, row.length)

    async def erased(self, chain: str) -> bool:
        """Whether a segment was here and is gone for good."""
        held = await self._segments.get(chain)
        return held is not None and held.erased_at_us is not None

    async def take(self, unit: Unit, chain: str, body: AsyncIterator[bytes], place: Place | None = None) -> int:
        """Take a segment from its unit, or what of it belongs at a place; stored or erased already, it is passed over.

        Gives how many bytes are here now: all of them, and then it is stored, or was, or fewer.

        Raises:
            ProblemError: no row yet, altered, not what the row says, no room, too slow, or too many at once.
        """
        if self._of_unit[unit.unit] >= OF_A_UNIT:
            raise ProblemError("too-many-attempts", rule="segment.at-once", retry_after_s=int(self._patience.silence_s))
        self._of_unit[unit.unit] += 1
        try:
            return await self._take(unit, chain, self._promptly(body), place)
        except ContractError as error:
            logger.warning("segment %s of %s: %s", chain[:16], unit.unit, error)
            raise ProblemError("segment-refused", rule="segment.altered", reason=str(error)) from error
        except OSError as error:
            logger.error("segment %s of %s could not be stored: %s", chain[:16], unit.unit, error.strerror)
            raise ProblemError("storage-unavailable") from error
        finally:
            self._of_unit[unit.unit] -= 1

    async def _take(self, unit: Unit, chain: str, body: AsyncIterator[bytes], place: Place | None) -> int:
        try:
            held, row = await self._wanted(unit, chain)
            if place is not None and place.total != row.length:
                raise ContractError(f"{place.total} bytes where its row says {row.length}")
        except (ProblemError, ContractError):
            await _pass_over(body)
            raise
        if await self._is_done(held, row):
            await _pass_over(body)
            return row.length
        if place is not None:
            return await self._go_on(unit, row, body, place)
        with tempfile.NamedTemporaryFile(dir=self._scratch, suffix=".fzs") as file:
            length = await _written(body, lambda piece: asyncio.to_thread(file.write, piece), row.length)
            await asyncio.to_thread(file.flush)
            await self._store(unit, row, Path(file.name), length)
        return length

    async def _is_done(self, held: KeptRow, row: IndexRow) -> bool:
        """Whether nothing of a segment is wanted: it is stored, or was, and was erased since."""
        if held.erased_at_us is not None:
            return True
        return held.stored_at_us is not None and await self._objects.length(object_key(row)) == row.length

    async def _go_on(self, unit: Unit, row: IndexRow, body: AsyncIterator[bytes], place: Place) -> int:
        """Append at a place; once the last byte is here the whole is checked and stored."""
        try:
            async with self._parts.appending(unit.unit, row.chain, place.first) as part:
                length = place.first + await self._appended(unit, row, part, body, place)
                if length == row.length:
                    async with part.whole() as path:
                        await self._store(unit, row, path, length)
                return length
        except OffsetError as error:
            await _pass_over(body)
            raise ProblemError("offset-differs", offset=error.offset) from error
        except ContractError as error:
            if place.first == 0:
                raise
            logger.warning("segment %s of %s does not hold in its parts: %s", row.chain[:16], unit.unit, error)
            raise ProblemError("offset-differs", offset=0) from error  # what lay here may be at fault: once more, whole

    async def _appended(self, unit: Unit, row: IndexRow, part: Part, body: AsyncIterator[bytes], place: Place) -> int:
        """Append a body; more than belongs at its place makes all that is here doubtful."""
        try:
            return await _written(body, part.append, place.last - place.first + 1)
        except ContractError:
            await self._parts.drop(unit.unit, row.chain)
            raise

    async def _wanted(self, unit: Unit, chain: str) -> tuple[KeptRow, IndexRow]:
        """What the row of a segment says, or why it is not to be sent."""
        held = await self._segments.get(chain)
        if held is None:
            disputed = await self._rows.disputed(chain)
            if disputed is not None and disputed.unit == unit.unit:
                logger.warning("segment %s of %s: %s", chain[:16], unit.unit, disputed.reason)
                raise ProblemError("segment-refused", rule=disputed.rule, reason=disputed.reason)
            raise ProblemError("row-unknown")
        if held.unit != unit.unit:
            raise ProblemError("segment-refused", rule="segment.unit", reason="the segment is another unit's")
        try:
            _, row = kept_row(held)
        except SpoiltRowError as error:  # its unit says the row again within a minute, which mends it
            logger.error("the row of segment %s of %s was spoilt here: %s", chain[:16], unit.unit, error)
            raise ProblemError("internal", rule="segment.row") from error
        if held.identity != unit.key:
            raise ProblemError("segment-refused", rule="segment.key", reason="filmed under another key of this unit")
        assert isinstance(row, IndexRow), "a segment's row says what was recorded"
        return held, row

    async def _store(self, unit: Unit, row: IndexRow, path: Path, length: int) -> None:
        """Check the whole, store it, say so."""
        assignment = await self._orders.assignment(row.assignment)
        if assignment is None:
            logger.error("the assignment of segment %s of %s is gone", row.chain[:16], unit.unit)
            raise ProblemError("internal", rule="segment.assignment")

        def checked() -> SegmentHeader:
            with open(path, "rb") as stream:
                return check_segment(stream, length, row, unit.key, assignment)

        async with self._at_once:  # only now: a slow sender holds up its own unit at most
            header = await asyncio.to_thread(checked)
            await self._sealed_to(row, header)
            await self._objects.put(object_key(row), path)
        await self._segments.stored(row.chain, self._now_us())

    async def _sealed_to(self, row: IndexRow, header: SegmentHeader) -> None:
        """Refuse a segment that is not sealed to the issued key of its deployment, hour and layer, or lives longer."""
        for key in await self._orders.hour_keys(row.deployment):
            named = (key.key, key.layer, key.due_us) == (row.hour_key, header.layer, header.due_us)
            if named and key.from_us <= row.from_us < key.from_us + HOUR_US:
                return
        raise ContractError("sealed to a key that was not issued for this deployment, hour and due date")

    async def _promptly(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The pieces of a body; a sender who falls silent, or never ends, is let go."""
        loop = asyncio.get_running_loop()
        end_s = loop.time() + self._patience.body_s
        while True:
            until_s = min(end_s, loop.time() + self._patience.silence_s)
            try:
                async with asyncio.timeout_at(until_s):
                    piece = await anext(body, None)
            except TimeoutError as error:
                seconds = self._patience.body_s if until_s == end_s else self._patience.silence_s
                raise ProblemError("too-slow", seconds=int(seconds)) from error
            if piece is None:
                return
            yield piece


async def _written(body: AsyncIterator[bytes], write: Callable[[bytes], Awaitable[object]], limit: int) -> int:
    """Write a body piece by piece; gives its length. Raises ContractError past the limit."""
    length = 0
    async for piece in body:
        length += len(piece)
        if length > limit:
            await _pass_over(body)
            raise ContractError(f"more than the {limit} bytes that belong there")
        await write(piece)
    return length


async def _pass_over(body: AsyncIterator[bytes]) -> None:
    """Read a body that is not wanted, to a bound, so that its sender hears the answer."""
    length = 0
    async for piece in body:
        length += len(piece)
        if length > PASSED_OVER_LIMIT:
            return
