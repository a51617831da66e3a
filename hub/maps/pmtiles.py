# SPDX-License-Identifier: EUPL-1.2
"""Reading one tile out of a PMTiles archive (version 3, https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md).

An archive is a header, directories of entries and the tiles. It comes from the municipality, and is read as carefully
as if it did not: every length is bounded, and what does not fit is an ArchiveError.
"""

import json
import re
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

HEADER = struct.Struct("<7sB11Q6B4iB2i")
DIRECTORY_LIMIT = 8 << 20  # bytes, unpacked
METADATA_LIMIT = 2 << 20
TILE_LIMIT = 2 << 20
DEPTH_LIMIT = 4  # directories below each other
OFFSET_LIMIT = 1 << 40  # no archive is larger, and some file systems take no further offset
ZOOM_LIMIT = 24
NONE, GZIP = 1, 2
MARKUP = re.compile(r"<[^>]*>")
KINDS: dict[int, Literal["vector", "png", "jpeg", "webp"]] = {1: "vector", 2: "png", 3: "jpeg", 4: "webp"}


class ArchiveError(Exception):
    """It is no archive that can be read; the message says why."""


@dataclass(frozen=True)
class About:
    """What an archive holds; `layers` are a vector archive's, `bounds` west, south, east, north in degrees."""

    kind: Literal["vector", "png", "jpeg", "webp"]
    packed: bool
    min_zoom: int
    max_zoom: int
    bounds: tuple[float, float, float, float]
    layers: tuple[str, ...]
    attribution: str


@dataclass(frozen=True)
class _Places:
    root: tuple[int, int]
    metadata: tuple[int, int]
    leaves: tuple[int, int]
    data: tuple[int, int]
    gzipped: bool


class Archive:
    """An archive in a file."""

    def __init__(self, path: Path) -> None:
        """Read its header and what it says of itself.

        Raises:
            ArchiveError: it is none, or one that cannot be read.
        """
        self._path = path
        with path.open("rb") as file:
            self.about, self._places = _opened(file)

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """One tile as it lies there (gzipped where `about.packed`); None where there is none.

        Raises:
            ArchiveError: the archive is damaged.
        """
        if not self.about.min_zoom <= z <= self.about.max_zoom:
            return None
        number = tile_number(z, x, y)
        places = self._places
        at, length = places.root
        with self._path.open("rb") as file:
            for _ in range(DEPTH_LIMIT):
                entry = _find(_entries(_unpacked(file, at, length, DIRECTORY_LIMIT, places.gzipped)), number)
                if entry is None:
                    return None
                at, length, run = entry
                if run:
                    return _read(file, places.data[0] + at, length, TILE_LIMIT)
                at += places.leaves[0]
        raise ArchiveError("its directories lie too deep")


def tile_number(z: int, x: int, y: int) -> int:
    """A tile's number: all of the zooms before it, then its place on a Hilbert curve."""
    side = 1 << z
    number = (side * side - 1) // 3
    step = side >> 1
    while step:
        right, up = int(x & step > 0), int(y & step > 0)
        number += step * step * ((3 * right) ^ up)
        if not up:  # the curve turns
            if right:
                x, y = side - 1 - x, side - 1 - y
            x, y = y, x
        step >>= 1
    return number


def _opened(file: BinaryIO) -> tuple[About, _Places]:
    header = file.read(HEADER.size)
    if len(header) < HEADER.size:
        raise ArchiveError("it ends in its header")
    magic, version, *fields = HEADER.unpack(header)
    if magic != b"PMTiles" or version != 3:
        raise ArchiveError("it is not a PMTiles archive of version 3")
    root, metadata, leaves, data = (tuple(fields[at : at + 2]) for at in (0, 2, 4, 6))
    _, internal, packed, kind, min_zoom, max_zoom = fields[11:17]
    if internal not in (NONE, GZIP) or packed not in (NONE, GZIP):
        raise ArchiveError("it is packed otherwise than with gzip: make it anew with gzip or unpacked")
    if kind not in KINDS:
        raise ArchiveError("its tiles are neither vector tiles nor PNG, JPEG or WebP")
    if not min_zoom <= max_zoom <= ZOOM_LIMIT:
        raise ArchiveError("its zooms are no zooms")
    places = _Places(root, metadata, leaves, data, internal == GZIP)
    _entries(_unpacked(file, *places.root, DIRECTORY_LIMIT, places.gzipped))
    said = _metadata(file, places)
    west, south, east, north = (number / 1e7 for number in fields[17:21])
    layers = said.get("vector_layers")
    names = [layer.get("id") for layer in layers if isinstance(layer, dict)] if isinstance(layers, list) else []
    about = About(
        kind=KINDS[kind],
        packed=packed == GZIP,
        min_zoom=min_zoom,
        max_zoom=max_zoom,
        bounds=(west, south, east, north),
        layers=tuple(name for name in names if isinstance(name, str)),
        attribution=MARKUP.sub("", str(said.get("attribution") or ""))[:200],
    )
    return about, places


def _metadata(file: BinaryIO, places: _Places) -> dict[str, Any]:
    if not places.metadata[1]:
        return {}
    try:
        said = json.loads(_unpacked(file, *places.metadata, METADATA_LIMIT, places.gzipped))
    except (ValueError, RecursionError) as error:
        raise ArchiveError("what it says of itself is not JSON") from error
    return said if isinstance(said, dict) else {}


def _read(file: BinaryIO, at: int, length: int, limit: int) -> bytes:
    if length > limit:
        raise ArchiveError("a part of it is too large")
    if not 0 <= at < OFFSET_LIMIT:
        raise ArchiveError("it is cut short")
    file.seek(at)
    found = file.read(length)
    if len(found) < length:
        raise ArchiveError("it is cut short")
    return found


def _unpacked(file: BinaryIO, at: int, length: int, limit: int, gzipped: bool) -> bytes:
    data = _read(file, at, length, limit)
    if not gzipped:
        return data
    unpacking = zlib.decompressobj(wbits=31)
    try:
        found = unpacking.decompress(data, limit)
    except zlib.error as error:
        raise ArchiveError("a part of it does not unpack") from error
    if not unpacking.eof:
        raise ArchiveError("a part of it is too large, or cut short")
    return found


Entry = tuple[int, int, int, int]  # first tile's number, run of tiles (0: a directory), length, offset


def _entries(data: bytes) -> list[Entry]:
    """A directory's entries: four columns of varints, the numbers as differences."""
    numbers = _Varints(data)
    count = next(numbers)
    if count * 4 > len(data):
        raise ArchiveError("a directory is cut short")
    columns = [[next(numbers) for _ in range(count)] for _ in range(4)]
    found: list[Entry] = []
    number = after = 0
    for step, run, length, offset in zip(*columns, strict=True):
        number += step
        at = after if offset == 0 and found else offset - 1
        found.append((number, run, length, at))
        after = at + length
    return found


class _Varints:
    """The numbers in some bytes, each in groups of seven bits, the lowest first."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def __next__(self) -> int:
        value = shift = 0
        while True:
            if self._at >= len(self._data) or shift > 63:
                raise ArchiveError("a directory is cut short")
            byte = self._data[self._at]
            self._at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7


def _find(entries: list[Entry], number: int) -> tuple[int, int, int] | None:
    """Offset, length and run of the entry that holds a tile's number."""
    low, high = 0, len(entries)
    while low < high:
        middle = (low + high) // 2
        if entries[middle][0] <= number:
            low = middle + 1
        else:
            high = middle
    if low == 0:
        return None
    first, run, length, at = entries[low - 1]
    return (at, length, run) if run == 0 or number < first + run else None
