# SPDX-License-Identifier: EUPL-1.2
"""Sealed segments by PUT: received beside the store, checked whole without any key, then stored.

1. The index row must be here: it says what will come, and a stranger's bytes are not even written down.
2. The bytes go to a file of their own, bounded by the row's length.
3. Every hash, link and signature is checked beside the event loop, and the header against the row.
4. The object is stored, durably; only then does the index say so.

A cut at any step leaves a scratch file that the next start removes. A segment that is refused harms nothing else: the
unit keeps its copy, which may be evidence.
"""

import asyncio
import logging
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import IO, BinaryIO, cast

from contract import segment
from contract.envelope import read
from contract.mandate import HOUR_US
from contract.messages import IndexRow
from contract.record import ContractError, load
from contract.segment import SealedSegment
from hub.deployments.standing import Orders
from hub.fleet.enrolment import Unit
from hub.problem import ProblemError
from hub.store.objects import Objects
from hub.store.segments import Segments

OF_A_UNIT = 2  # segments received together: one, and the next try of one whose line broke off
AT_ONCE = 4  # segments checked and stored together, all units'
SILENCE_S = 30.0  # between two pieces of a body
HEADER_IDS = (
    "deployment",
    "unit",
    "camera",
    "run",
    "segment",
    "start_id",
    "decision",
    "assignment",
    "hour_key",
    "previous",
)
logger = logging.getLogger(__name__)


def object_key(row: IndexRow) -> str:
    """Where a segment lies in the object store."""
    return f"{row.deployment}/{row.camera}/{row.chain}.fzs"


class Intake:
    """Takes segments in."""

    def __init__(
        self, segments: Segments, orders: Orders, objects: Objects, scratch: Path, now_us: Callable[[], int]
    ) -> None:
        """`scratch` is a folder of this process's own; what an earlier one left there is removed."""
        self._segments = segments
        self._orders = orders
        self._objects = objects
        self._scratch = scratch
        self._now_us = now_us
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._of_unit: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(OF_A_UNIT))
        scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in scratch.iterdir():
            left.unlink()

    async def take(self, unit: Unit, chain: str, body: AsyncIterator[bytes]) -> None:
        """Take a segment from its unit; one that is stored already is passed over.

        Raises:
            ProblemError: no row yet, altered, not what the row says, or no room.
        """
        held = await self._segments.get(chain)
        if held is None:
            await _pass_over(body)
            raise ProblemError("row-unknown")
        row = load(IndexRow, read(held.row).body)
        if row.unit != unit.unit:
            await _pass_over(body)
            raise ProblemError("segment-refused", rule="segment.unit", reason="the segment is another unit's")
        if held.stored_at_us is not None:
            await _pass_over(body)
            return
        async with self._of_unit[unit.unit]:
            try:
                await self._store(unit, row, body)
            except ContractError as error:
                logger.warning("segment %s of %s: %s", chain[:16], unit.unit, error)
                raise ProblemError("segment-refused", rule="segment.altered", reason=str(error)) from error
            except OSError as error:
                logger.error("segment %s of %s could not be stored: %s", chain[:16], unit.unit, error.strerror)
                raise ProblemError("storage-unavailable") from error

    async def _store(self, unit: Unit, row: IndexRow, body: AsyncIterator[bytes]) -> None:
        with tempfile.NamedTemporaryFile(dir=self._scratch, suffix=".fzs") as file:
            length = 0
            async for piece in _promptly(body):
                length += len(piece)
                if length > row.length:
                    await _pass_over(body)
                    raise ContractError(f"more than the {row.length} bytes of its row")
                await asyncio.to_thread(file.write, piece)
            await asyncio.to_thread(file.flush)
            async with self._at_once:  # only now: a slow sender holds up its own unit at most
                await asyncio.to_thread(_check, file.file, length, row, unit)
                await self._sealed_to(row)
                await self._objects.put(object_key(row), Path(file.name))
        await self._segments.stored(row.chain, self._now_us())

    async def _sealed_to(self, row: IndexRow) -> None:
        """Refuse a segment that is not sealed to the issued key of its hour, under its own deployment."""
        for key in await self._orders.hour_keys(row.deployment):
            if key.key == row.hour_key and key.from_us <= row.from_us < key.from_us + HOUR_US:
                return
        raise ContractError("sealed to a key that was not issued for this deployment and hour")


def _check(file: IO[bytes], length: int, row: IndexRow, unit: Unit) -> SealedSegment:
    """The segment whole, and what its row says, or a ContractError."""
    file.seek(0)
    sealed = segment.check(cast(BinaryIO, file))
    segment.film_certificate(sealed.header, unit.key)
    for name in HEADER_IDS:
        if getattr(sealed.header, name) != getattr(row, name):
            raise ContractError(f"header and row differ in {name}")
    found = (sealed.chain.hex(), sealed.header_sha256.hex(), sealed.records, sealed.length, length)
    if found != (row.chain, row.header_sha256, row.records, row.length, row.length):
        raise ContractError("the segment is not what its row says")
    if (sealed.first_us, sealed.last_us) != (row.from_us, row.to_us):
        raise ContractError("the segment's times are not those of its row")
    return sealed


async def _promptly(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces of a body; a sender who falls silent is let go."""
    while True:
        try:
            async with asyncio.timeout(SILENCE_S):
                piece = await anext(body, None)
        except TimeoutError as error:
            raise ProblemError("too-slow", seconds=int(SILENCE_S)) from error
        if piece is None:
            return
        yield piece


async def _pass_over(body: AsyncIterator[bytes]) -> None:
    """Read a body that is not wanted, to a bound, so that its sender hears the answer."""
    length = 0
    async for piece in _promptly(body):
        length += len(piece)
        if length > segment.RECORD_LIMIT:
            return
