# SPDX-License-Identifier: EUPL-1.2
"""One tile out of an archive, and what is no archive or a damaged one."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.maps.basemap import BasemapError, put
from hub.maps.pmtiles import HEADER, Archive, ArchiveError, tile_number
from tests.unit.maps.archives import archive

TILES = {(0, 0, 0): b"\x89PNG world", (1, 1, 0): b"\x89PNG north-east", (9, 262, 165): b"\x89PNG the square"}


def kept(folder: Path, data: bytes) -> Path:
    path = folder / "map.pmtiles"
    path.write_bytes(data)
    return path


def test_tiles_are_numbered_as_the_specification_says() -> None:
    known = {
        (0, 0, 0): 0,
        (1, 0, 0): 1,
        (1, 0, 1): 2,
        (1, 1, 1): 3,
        (1, 1, 0): 4,
        (2, 0, 0): 5,
        (12, 3423, 1763): 19_078_479,
    }
    assert {place: tile_number(*place) for place in known} == known


def test_every_tile_of_a_zoom_has_a_number_of_its_own() -> None:
    numbers = {tile_number(4, x, y) for x in range(16) for y in range(16)}
    assert (min(numbers), max(numbers), len(numbers)) == (85, 340, 256)


@pytest.mark.parametrize("leaf", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_a_tile_comes_out_as_it_went_in(tmp_path: Path, leaf: bool, packed: bool) -> None:
    found = Archive(kept(tmp_path, archive(TILES, leaf=leaf, packed=packed)))
    assert {place: found.tile(*place) for place in TILES} == TILES
    assert (found.tile(1, 0, 0), found.tile(9, 262, 166), found.tile(12, 0, 0)) == (None, None, None)


def test_it_says_what_it_holds(tmp_path: Path) -> None:
    layers = [{"id": "water"}, {"id": "roads"}, "nonsense"]
    said = {"vector_layers": layers, "attribution": '<a href="https://example.org">the town</a>'}
    about = Archive(kept(tmp_path, archive(TILES, kind=1, **said))).about
    assert (about.kind, about.layers, about.attribution) == ("vector", ("water", "roads"), "the town")
    assert (about.min_zoom, about.max_zoom, about.bounds) == (0, 9, (4.4, 54.4, 4.6, 54.6))


def altered(at: int, value: int) -> bytes:
    data = bytearray(archive(TILES))
    data[at] = value
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (archive(TILES)[:100], "ends in its header"),
        (altered(7, 2), "version 3"),
        (altered(97, 3), "packed otherwise"),
        (altered(99, 9), "neither vector tiles nor"),
        (altered(101, 99), "zooms"),
        (archive(TILES)[: HEADER.size + 3], "cut short"),
        (altered(HEADER.size + 12, 0), "unpack|cut short|too large"),
        (altered(23, 1), "too large"),
    ],
)
def test_what_is_no_archive_is_refused_in_words(tmp_path: Path, data: bytes, why: str) -> None:
    with pytest.raises(BasemapError, match=why):
        put(kept(tmp_path, data), tmp_path / "maps")
    assert not (tmp_path / "maps").exists()


def test_a_directory_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(64 << 20))
    data = archive(TILES)
    root_at, length = HEADER.size, len(bomb)
    header = bytearray(data[: HEADER.size])
    header[8:24] = root_at.to_bytes(8, "little") + length.to_bytes(8, "little")
    with pytest.raises(ArchiveError, match="too large"):
        Archive(kept(tmp_path, bytes(header) + bomb + data))


@given(st.data())
def test_a_damaged_archive_gives_a_tile_or_an_archive_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    whole = bytearray(archive(TILES, leaf=True))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = kept(tmp_path_factory.mktemp("maps"), bytes(whole))
    try:
        found = Archive(path)
        for place in TILES:
            found.tile(*place)
    except ArchiveError:
        pass
