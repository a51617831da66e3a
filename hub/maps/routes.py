# SPDX-License-Identifier: EUPL-1.2
"""The API for the map below a plan: what there is, the town's features, and tiles. For who is signed in."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from hub.access.signin import SignedIn
from hub.maps.basemap import Basemap
from hub.maps.pmtiles import ZOOM_LIMIT, Archive, ArchiveError
from hub.maps.upstream import MAX_ZOOM, Upstream, picture_type
from hub.problem import ProblemError

PRIVATE = "private, max-age=300"
VECTOR = "application/vnd.mapbox-vector-tile"
Zoom = Annotated[int, Path(ge=0, le=ZOOM_LIMIT)]
Place = Annotated[int, Path(ge=0, lt=1 << ZOOM_LIMIT)]


class TilesView(BaseModel):
    """Tiles at /v1/basemap/tiles/{z}/{x}/{y}: pictures, or vector tiles with these layers."""

    kind: Literal["picture", "vector"]
    source: Literal["file", "upstream"]
    min_zoom: int
    max_zoom: int
    layers: list[str]
    attribution: str = Field(description="plain text, to be shown beside the map")
    bounds: list[float] | None = Field(description="west, south, east, north in degrees; null: everywhere")


class BasemapView(BaseModel):
    """What there is to draw a plan on. With neither, a plan is drawn on blank paper."""

    town: bool = Field(description="whether /v1/basemap/town has features")
    tiles: TilesView | None


@dataclass(frozen=True)
class MapRoutes:
    """Thin over the files and the service."""

    basemap: Basemap
    upstream: Upstream | None

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(prefix="/v1", tags=["maps"])
        router.add_api_route("/basemap", self.show, methods=["GET"])
        router.add_api_route("/basemap/town", self.town, methods=["GET"], response_model=None)
        router.add_api_route("/basemap/tiles/{z}/{x}/{y}", self.tile, methods=["GET"], response_model=None)
        return router

    async def show(self, who: SignedIn) -> BasemapView:
        """Which map there is."""
        archive = await asyncio.to_thread(self._archive)
        return BasemapView(town=self.basemap.town_file is not None, tiles=self._tiles(archive))

    async def town(self, who: SignedIn) -> Response:
        """The town: a GeoJSON feature collection, its kinds of features in `properties.kind`."""
        file = self.basemap.town_file
        if file is None:
            raise ProblemError("not-found")
        found = await asyncio.to_thread(file.read_bytes)
        return Response(found, media_type="application/geo+json", headers={"Cache-Control": PRIVATE})

    async def tile(self, z: Zoom, x: Place, y: Place, who: SignedIn) -> Response:
        """One tile: of the municipality's own archive where there is one, else of the configured service."""
        if x >> z or y >> z:
            raise ProblemError("not-found")
        archive = await asyncio.to_thread(self._archive)
        if archive is not None:
            return await self._of_archive(archive, z, x, y)
        found = None if self.upstream is None or z > MAX_ZOOM else await self.upstream.tile(z, x, y)
        if found is None:
            raise ProblemError("not-found")
        return Response(found, media_type=picture_type(found), headers={"Cache-Control": PRIVATE})

    async def _of_archive(self, archive: Archive, z: int, x: int, y: int) -> Response:
        try:
            found = await asyncio.to_thread(archive.tile, z, x, y)
        except ArchiveError as error:
            raise ProblemError("map-damaged", reason=str(error)) from error
        if found is None:
            raise ProblemError("not-found")
        about = archive.about
        headers = {"Cache-Control": PRIVATE, **({"Content-Encoding": "gzip"} if about.packed else {})}
        kind = VECTOR if about.kind == "vector" else f"image/{about.kind}"
        return Response(found, media_type=kind, headers=headers)

    def _archive(self) -> Archive | None:
        try:
            return self.basemap.archive()
        except ArchiveError as error:
            raise ProblemError("map-damaged", reason=str(error)) from error

    def _tiles(self, archive: Archive | None) -> TilesView | None:
        if archive is not None:
            about = archive.about
            return TilesView(
                kind="vector" if about.kind == "vector" else "picture",
                source="file",
                min_zoom=about.min_zoom,
                max_zoom=about.max_zoom,
                layers=list(about.layers),
                attribution=about.attribution,
                bounds=list(about.bounds),
            )
        if self.upstream is None:
            return None
        return TilesView(
            kind="picture",
            source="upstream",
            min_zoom=0,
            max_zoom=MAX_ZOOM,
            layers=[],
            attribution=self.upstream.host,
            bounds=None,
        )
