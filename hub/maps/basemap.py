# SPDX-License-Identifier: EUPL-1.2
"""What a municipality put there to draw plans on: a GeoJSON of its town, an archive of tiles, or both.

`put` checks a file and stores it under the one name of its kind, whole or not at all; `Basemap` reads what is there,
also when it was put there after the start.
"""

import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from hub.maps.pmtiles import Archive, ArchiveError

TOWN, TILES = "town.geojson", "tiles.pmtiles"
TOWN_LIMIT = 16 << 20  # bytes
FEATURES_LIMIT = 50_000
HEIGHT_LIMIT_M = 10_000
FAR = 1_000_000  # no number of a place is as large; a NaN lies within no bounds
SHAPES: Mapping[str, int] = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}
"""What can be drawn, and how deep its places lie in lists."""


class BasemapError(Exception):
    """The file is not a map that can be used; the message says what to do."""


class Basemap:
    """The map in a folder, which may be absent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._town: tuple[tuple[int, int], Mapping[str, Any]] | None = None

    @property
    def town_file(self) -> Path | None:
        """The town's GeoJSON, where there is one."""
        path = self._folder / TOWN
        return path if path.is_file() else None

    def town(self) -> Mapping[str, Any]:
        """The town's features; none where there is no town. Read once for each time that it was put there."""
        try:
            about = (self._folder / TOWN).stat()
            version = (about.st_mtime_ns, about.st_size)
            if self._town is None or self._town[0] != version:
                self._town = version, json.loads((self._folder / TOWN).read_bytes())
        except FileNotFoundError:
            return {"type": "FeatureCollection", "features": []}
        return self._town[1]

    def archive(self) -> Archive | None:
        """The tiles, where there are any."""
        path = self._folder / TILES
        return Archive(path) if path.is_file() else None


def put(file: Path, folder: Path) -> str:
    """Check a map and store it; gives what it was taken for, in words.

    Raises:
        BasemapError: it is neither a GeoJSON in degrees nor a PMTiles archive that can be read.
        OSError: it cannot be read or stored.
    """
    with file.open("rb") as opened:
        is_archive = opened.read(7) == b"PMTiles"
    if is_archive:
        try:
            about = Archive(file).about
        except ArchiveError as error:
            raise BasemapError(str(error)) from error
        with file.open("rb") as source:
            _store(folder / TILES, source)
        return f"tiles ({about.kind}), zoom {about.min_zoom} to {about.max_zoom}"
    if file.stat().st_size > TOWN_LIMIT:
        raise BasemapError(f"a GeoJSON may have {TOWN_LIMIT >> 20} MiB: leave out what no plan needs, or make PMTiles")
    try:
        found = json.loads(file.read_bytes(), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BasemapError("neither a GeoJSON nor a PMTiles archive") from error
    put_town(found, folder)
    return f"a town of {len(found['features'])} features"


def put_town(town: Mapping[str, Any], folder: Path) -> None:
    """Store a town's features.

    Raises:
        BasemapError: it is no GeoJSON in degrees.
    """
    _check(town)
    try:
        written = json.dumps(town, separators=(",", ":"), allow_nan=False)
    except ValueError as error:
        raise BasemapError("the GeoJSON has a number that no browser reads") from error
    _store(folder / TOWN, io.BytesIO(written.encode()))


def _check(town: object) -> None:
    if not isinstance(town, dict) or town.get("type") != "FeatureCollection":
        raise BasemapError("the GeoJSON is not a FeatureCollection")
    features = town.get("features")
    if not isinstance(features, list) or not 0 < len(features) <= FEATURES_LIMIT:
        raise BasemapError(f"the GeoJSON must have 1 to {FEATURES_LIMIT} features")
    for number, feature in enumerate(features, 1):
        geometry = feature.get("geometry") if isinstance(feature, dict) else None
        if not isinstance(geometry, dict) or geometry.get("type") not in SHAPES:
            raise BasemapError(f"feature {number} has no geometry that can be drawn")
        if not isinstance(feature.get("properties") or {}, dict):
            raise BasemapError(f"feature {number}: its properties are not an object")
        height_m = (feature.get("properties") or {}).get("height_m")
        if isinstance(height_m, (int, float)) and not -HEIGHT_LIMIT_M <= height_m <= HEIGHT_LIMIT_M:
            raise BasemapError(f"feature {number}: its height_m is not in metres")
        if not _degrees(geometry.get("coordinates"), SHAPES[geometry["type"]]):
            raise BasemapError(f"feature {number} is not in degrees: export as WGS 84 (EPSG:4326), longitude first")


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _degrees(coordinates: object, depth: int) -> bool:
    """Whether this is a place in degrees, or at this depth lists of such, none of them empty."""
    if not isinstance(coordinates, list) or not coordinates:
        return False
    if depth == 0:
        numbers = all(isinstance(number, (int, float)) and not isinstance(number, bool) for number in coordinates)
        if not numbers or not 2 <= len(coordinates) <= 4 or not all(-FAR <= number <= FAR for number in coordinates):
            return False
        longitude, latitude = coordinates[:2]
        return bool(-180 <= longitude <= 180 and -90 <= latitude <= 90)
    return all(_degrees(part, depth - 1) for part in coordinates)


def _store(path: Path, source: BinaryIO) -> None:
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    path.parent.chmod(0o755)  # read by the hub's own user, whatever the umask
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as target:
        while piece := source.read(1 << 20):
            target.write(piece)
        target.flush()
        os.fsync(target.fileno())
    fresh.chmod(0o644)
    fresh.replace(path)
