# SPDX-License-Identifier: EUPL-1.2
"""PMTiles archives for tests, written as the specification says: small, with a leaf directory where asked."""

import gzip
import json
from collections.abc import Mapping
from typing import Any

from hub.maps.pmtiles import GZIP, HEADER, NONE, tile_number

Place = tuple[int, int, int]


def varint(number: int) -> bytes:
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def directory(entries: list[tuple[int, int, int, int]]) -> bytes:
    """Entries of (first tile's number, run, length, offset)."""
    firsts = [entry[0] for entry in entries]
    steps = [number - before for number, before in zip(firsts, [0, *firsts], strict=False)]
    columns = [steps, [entry[1] for entry in entries], [entry[2] for entry in entries]]
    offsets, after = [], None
    for _, _, length, at in entries:
        offsets.append(0 if at == after else at + 1)
        after = at + length
    return b"".join(map(varint, [len(entries), *(n for column in [*columns, offsets] for n in column)]))


def archive(tiles: Mapping[Place, bytes], kind: int = 2, leaf: bool = False, packed: bool = True, **said: Any) -> bytes:
    """An archive of these tiles; the directories and what it says of itself are gzipped where `packed`."""

    def pack(data: bytes) -> bytes:
        return gzip.compress(data) if packed else data

    data, entries = b"", []
    for number, tile in sorted((tile_number(*place), tile) for place, tile in tiles.items()):
        entries.append((number, 1, len(tile), len(data)))
        data += tile
    root, leaves = pack(directory(entries)), b""
    if leaf:
        leaves = pack(directory(entries))
        root = pack(directory([(entries[0][0], 0, len(leaves), 0)]))
    metadata = pack(json.dumps(said).encode())
    zooms = [place[0] for place in tiles]
    at = [HEADER.size]
    for part in (root, metadata, leaves):
        at.append(at[-1] + len(part))
    header = HEADER.pack(
        *(b"PMTiles", 3, at[0], len(root), at[1], len(metadata), at[2], len(leaves), at[3], len(data)),
        *(len(tiles), len(entries), len(entries), 1, GZIP if packed else NONE, NONE, kind, min(zooms), max(zooms)),
        *(44_000_000, 544_000_000, 46_000_000, 546_000_000, max(zooms), 45_000_000, 545_000_000),
    )
    return header + root + metadata + leaves + data
