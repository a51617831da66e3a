# SPDX-License-Identifier: EUPL-1.2
"""The sealed segments in the object store, record by record: where each lies, checked once, and its bytes as stored.

An object is read whole once, to check that it is the segment that its name says: the last chain value covers the
header, the fields and the hash of each ciphertext. What was found is kept, as far as there is room: fields and places,
never a ciphertext. What is given out afterwards is read where it lies, a piece at a time; who opens it checks it again.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from contract.record import ContractError
from contract.segment import HEADER_LIMIT, MAGIC, RecordFields, read_header, read_records
from hub.problem import ProblemError
from hub.store.footage import Stretch
from hub.store.objects import Objects, object_name
from hub.store.rows import KeptRow

NOT_SELF_STARTING = "not-self-starting"  # the mark of a segment that begins between two keyframes
KEPT_STARTS = 100_000  # of segments: whether they begin with a keyframe
STARTS_AT_ONCE = 32  # headers read together
KEPT_RECORDS = 20_000  # fields and places in memory; about 1 KB each
PIECE = 256 * 1024  # bytes read and sent together
HEAD_LENGTH = len(MAGIC) + 4  # before the header's JSON
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """A record's fields, and where it begins and ends in the object."""

    fields: RecordFields
    start: int
    end: int


@dataclass(frozen=True)
class Contents:
    """A segment without its ciphertexts. `head` is its bytes up to record 0."""

    key: str
    head: bytes
    header_sha256: str
    records: tuple[Place, ...]

    def within(self, from_us: int, to_us: int) -> list[Place]:
        """The fragments that begin in this stretch: what `release` of the keeper gives keys of."""
        return [record for record in self.records[1:] if from_us <= record.fields.wall_us < to_us]


class Recordings:
    """Reads segments; any number of requests at once."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._known: OrderedDict[str, Contents] = OrderedDict()
        self._records = 0
        self._starts: OrderedDict[str, bool] = OrderedDict()
        self._reading = asyncio.Lock()  # one at a time, so that two who ask for a segment at once read it once

    async def contents(self, row: KeptRow) -> Contents:
        """What a stored segment consists of.

        Raises:
            ProblemError: it is not what its row says, or is not here.
        """
        async with self._reading:
            known = self._known.get(row.chain)
            if known is not None:
                self._known.move_to_end(row.chain)
                return known
            contents = await self._read(row)
            self._keep(row.chain, contents)
            return contents

    async def starts(self, stretches: Iterable[Stretch]) -> Mapping[str, bool]:
        """Whether stored segments begin with a keyframe, by chain value, as their headers say; read once each.

        Of what cannot be read nothing is said here.
        """
        asked = [stretch for stretch in stretches if stretch.stored]
        unknown = [stretch for stretch in asked if stretch.chain not in self._starts]
        for at in range(0, len(unknown), STARTS_AT_ONCE):
            await asyncio.gather(*map(self._read_start, unknown[at : at + STARTS_AT_ONCE]))
        found = {stretch.chain: self._starts[stretch.chain] for stretch in asked if stretch.chain in self._starts}
        while len(self._starts) > KEPT_STARTS:
            self._starts.popitem(last=False)
        return found

    async def pieces(self, contents: Contents, records: Sequence[Place]) -> AsyncIterator[bytes]:
        """The segment's bytes up to record 0, and these records as they are stored; the first is read before.

        Raises:
            ProblemError: it was erased meanwhile, or cannot be read.
        """
        places = [(at, min(at + PIECE, end)) for start, end in _runs(records) for at in range(start, end, PIECE)]
        try:
            first = await self._objects.get(contents.key, *places[0])
        except FileNotFoundError as error:
            raise ProblemError("footage-erased", rule="footage.erased") from error
        except OSError as error:
            raise ProblemError("storage-unavailable") from error
        return self._sent(contents, first, places[1:])

    async def _sent(self, contents: Contents, first: bytes, rest: Sequence[tuple[int, int]]) -> AsyncIterator[bytes]:
        """What is swept while it is sent ends there, shorter than was said: whoever reads it sees that."""
        yield contents.head
        yield first
        for start, end in rest:
            try:
                piece = await self._objects.get(contents.key, start, end)
            except OSError as error:
                logger.warning("%s ends early: it cannot be read any more (%s)", contents.key, error)
                return
            yield piece

    async def _read_start(self, stretch: Stretch) -> None:
        key = object_name(stretch.deployment, stretch.camera, stretch.chain)
        try:
            data = await self._objects.get(key, 0, min(HEAD_LENGTH + HEADER_LIMIT, stretch.length or 0))
            header, _ = read_header(io.BytesIO(data))
        except (OSError, ContractError) as error:
            logger.warning("the header of segment %s cannot be read: %s", stretch.chain[:16], error)
            return
        self._starts[stretch.chain] = NOT_SELF_STARTING not in header.marks

    async def _read(self, row: KeptRow) -> Contents:
        key = object_name(row.deployment, row.camera, row.chain)
        try:
            header_sha256, places = await self._objects.examine(key, lambda stream, _: _checked(stream, row.chain))
            head = await self._objects.get(key, 0, places[0].start)
        except FileNotFoundError as error:
            raise ProblemError("footage-elsewhere") from error
        except OSError as error:
            raise ProblemError("storage-unavailable") from error
        except ContractError as error:
            raise ProblemError("footage-altered", rule="footage.altered", reason=str(error)) from error
        if hashlib.sha256(head[HEAD_LENGTH:]).hexdigest() != header_sha256:
            raise ProblemError("footage-altered", rule="footage.altered", reason="it changed while it was read")
        return Contents(key, head, header_sha256, places)

    def _keep(self, chain: str, contents: Contents) -> None:
        self._known[chain] = contents
        self._records += len(contents.records)
        while self._records > KEPT_RECORDS:
            _, dropped = self._known.popitem(last=False)
            self._records -= len(dropped.records)


def length(contents: Contents, records: Sequence[Place]) -> int:
    """How many bytes `Recordings.pieces` gives."""
    return len(contents.head) + sum(record.end - record.start for record in records)


def _checked(stream: BinaryIO, chain: str) -> tuple[str, tuple[Place, ...]]:
    """Hash of the header and place of each record of the segment with this last chain value. Raises ContractError."""
    header, header_sha256 = read_header(stream)
    places: list[Place] = []
    last = b""
    start = stream.tell()
    for record in read_records(stream, header, header_sha256):
        end = stream.tell()
        places.append(Place(record.fields, start, end))
        start, last = end, record.chain
    if last.hex() != chain:
        raise ContractError("it is cut, or another segment")
    return header_sha256.hex(), tuple(places)


def _runs(records: Sequence[Place]) -> Iterator[tuple[int, int]]:
    """The stretches of the object in which these records lie, neighbours joined."""
    at, until = -1, -1
    for record in records:
        if record.start != until:
            if at >= 0:
                yield at, until
            at = record.start
        until = record.end
    if at >= 0:
        yield at, until
