# SPDX-License-Identifier: EUPL-1.2
"""The map below a plan by the API: a municipality's own files, and tiles of a service that is a server of our own."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hub.demo.town import town as fictional
from hub.deployments.coverage import obstacles_of
from hub.maps.basemap import Basemap, BasemapError, put, put_town
from hub.maps.routes import MapRoutes
from hub.maps.upstream import FRESH_S, TILE_LIMIT, Upstream
from hub.problem import ProblemError
from tests.integration.town import Town
from tests.unit.maps.archives import archive

PNG = b"\x89PNG\r\n\x1a\n a tile"


@dataclass
class Service:
    """A tile server of our own: what it answers can be changed, and what it was asked is kept."""

    port: int = 0
    status: str = "200 OK"
    more: str = ""
    body: bytes = PNG
    silent: bool = False
    asked: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/tiles/{{z}}/{{x}}/{{y}}.png"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head)
        if self.silent:
            await reader.read()
        else:
            said = f"HTTP/1.1 {self.status}\r\nContent-Length: {len(self.body)}\r\n{self.more}Connection: close\r\n\r\n"
            writer.write(said.encode() + self.body)
        writer.close()


@asynccontextmanager
async def running(service: Service) -> AsyncIterator[Service]:
    server = await asyncio.start_server(service.answer, "127.0.0.1", 0)
    service.port = server.sockets[0].getsockname()[1]
    async with server:
        yield service


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with running(Service()) as made:
        yield made


@dataclass
class Clock:
    now_us: int = 1_773_496_800_000_000

    def __call__(self) -> int:
        return self.now_us


def of(service: Service, folder: Path, clock: Clock | None = None, kept_limit: int = 100) -> Upstream:
    return Upstream(service.address, folder / "tiles", clock or Clock(), kept_limit)


async def refused(upstream: Upstream) -> str:
    with pytest.raises(ProblemError) as caught:
        await upstream.tile(3, 4, 2)
    return caught.value.kind


# --- Files ---------------------------------------------------------------------------------------------------------


async def test_with_nothing_there_a_plan_is_drawn_on_blank_paper(town: Town) -> None:
    who = await town.client("operator")
    assert (await who.get("/v1/basemap")).json() == {"town": False, "tiles": None}
    assert (await who.get("/v1/basemap/town")).status_code == 404
    assert (await who.get("/v1/basemap/tiles/3/4/2")).status_code == 404


async def test_who_is_not_signed_in_sees_no_map(town: Town) -> None:
    put_town(fictional(), town.layout.maps)
    async with town.browser() as stranger:
        for path in ("/v1/basemap", "/v1/basemap/town", "/v1/basemap/tiles/0/0/0"):
            assert (await stranger.get(path)).status_code == 401


async def test_a_town_of_one_s_own_is_there_as_soon_as_it_is_put_there(town: Town, tmp_path: Path) -> None:
    who = await town.client("operator")
    file = tmp_path / "town.geojson"
    file.write_text(json.dumps(fictional()))
    assert "features" in put(file, town.layout.maps)
    assert (await who.get("/v1/basemap")).json()["town"] is True
    answer = await who.get("/v1/basemap/town")
    assert (answer.headers["content-type"], answer.json()) == ("application/geo+json", fictional())


async def test_an_archive_of_one_s_own_is_given_tile_by_tile(town: Town, tmp_path: Path) -> None:
    file = tmp_path / "map.pmtiles"
    file.write_bytes(archive({(0, 0, 0): PNG, (3, 4, 2): PNG + b" of the square"}, attribution="the town"))
    assert put(file, town.layout.maps) == "tiles (png), zoom 0 to 3"
    who = await town.client("operator")
    tiles = (await who.get("/v1/basemap")).json()["tiles"]
    assert (tiles["kind"], tiles["source"], tiles["max_zoom"], tiles["attribution"]) == (
        "picture",
        "file",
        3,
        "the town",
    )
    answer = await who.get("/v1/basemap/tiles/3/4/2")
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (
        200,
        "image/png",
        PNG + b" of the square",
    )
    assert (await who.get("/v1/basemap/tiles/3/4/3")).status_code == 404
    for outside in ("3/8/2", "25/0/0", "-1/0/0", "a/0/0"):
        assert (await who.get(f"/v1/basemap/tiles/{outside}")).status_code in (400, 404)


async def test_an_archive_that_was_damaged_later_is_said_to_be(town: Town, tmp_path: Path) -> None:
    file = tmp_path / "map.pmtiles"
    file.write_bytes(archive({(0, 0, 0): PNG}))
    put(file, town.layout.maps)
    stored = town.layout.maps / "tiles.pmtiles"
    stored.write_bytes(stored.read_bytes()[:60])
    answer = await (await town.client("operator")).get("/v1/basemap")
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/map-damaged")


def feature(coordinates: str = "[[[4.5, 54.5], [4.6, 54.6], [4.6, 54.5]]]", height: str = "9") -> str:
    geometry = f'{{"type": "Polygon", "coordinates": {coordinates}}}'
    one = f'{{"type": "Feature", "properties": {{"height_m": {height}}}, "geometry": {geometry}}}'
    return f'{{"type": "FeatureCollection", "features": [{one}]}}'


def test_of_a_town_that_is_taken_the_obstacles_are_known(tmp_path: Path) -> None:
    file = tmp_path / "town.geojson"
    file.write_text(feature())
    put(file, tmp_path / "maps")
    assert [one.height_mm for one in obstacles_of(Basemap(tmp_path / "maps").town())] == [9000]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "neither a GeoJSON nor"),
        ("[]", "FeatureCollection"),
        ('{"type": "FeatureCollection", "features": []}', "1 to 50000"),
        ('{"type": "FeatureCollection", "features": [{"geometry": null}]}', "feature 1 has no geometry"),
        (
            '{"type": "FeatureCollection", "features": '
            '[{"properties": {}, "geometry": {"type": "Point", "coordinates": [233000.1, 582000.5]}}]}',
            "WGS 84",
        ),
        (feature(height="NaN"), "neither a GeoJSON nor"),
        (feature(height="-Infinity"), "neither a GeoJSON nor"),
        (feature(height="1e308"), "height_m is not in metres"),
        (feature(height="1e999"), "height_m is not in metres"),
        (feature(height='2, "colour": 1e999'), "no browser reads"),
        (feature("[4.5, 54.5]"), "not in degrees"),
        (feature("[[4.5, 54.5], [4.6, 54.6], [4.6, 54.5]]"), "not in degrees"),
        (feature("[[[4.5, 54.5], [4.6, 54.6], []]]"), "not in degrees"),
        (feature("[[[4.5, 54.5, 1e999], [4.6, 54.6], [4.6, 54.5]]]"), "not in degrees"),
        (feature("[[[[4.5, 54.5], [4.6, 54.6], [4.6, 54.5]]]]"), "not in degrees"),
    ],
)
def test_a_file_that_is_no_map_is_refused_in_words(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "town.geojson"
    file.write_text(text)
    with pytest.raises(BasemapError, match=why):
        put(file, tmp_path / "maps")
    assert Basemap(tmp_path / "maps").town_file is None


@pytest.mark.parametrize(("text", "status"), [(json.dumps(fictional()), 0), ("{}", 2)])
def test_a_command_puts_a_map_there_or_says_in_a_line_why_not(tmp_path: Path, text: str, status: int) -> None:
    file = tmp_path / "town.geojson"
    file.write_text(text)
    argv = (sys.executable, "-m", "hub", "basemap", str(file), "--state", str(tmp_path / "state"))
    ended = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (ended.returncode, len((ended.stdout + ended.stderr).splitlines())) == (status, 1)
    assert (Basemap(tmp_path / "state" / "maps").town_file is not None) == (status == 0)


def test_what_is_read_of_a_town_is_what_was_put_there_last(tmp_path: Path) -> None:
    basemap = Basemap(tmp_path / "maps")
    assert basemap.town()["features"] == []
    put_town(fictional(), tmp_path / "maps")
    assert len(basemap.town()["features"]) == len(fictional()["features"])
    put_town({**fictional(), "features": fictional()["features"][:3]}, tmp_path / "maps")
    assert len(basemap.town()["features"]) == 3


# --- A service -----------------------------------------------------------------------------------------------------


async def test_a_tile_is_fetched_once_and_kept(service: Service, tmp_path: Path) -> None:
    upstream = of(service, tmp_path)
    assert await upstream.tile(3, 4, 2) == PNG
    assert await upstream.tile(3, 4, 2) == PNG
    assert len(service.asked) == 1
    said = service.asked[0].lower()
    assert said.startswith("get /tiles/3/4/2.png ")
    assert not any(word in said for word in ("cookie", "referer", "forwarded"))  # nothing of who plans


async def test_what_is_old_is_asked_again_and_shown_all_the_same(service: Service, tmp_path: Path) -> None:
    clock = Clock()
    upstream = of(service, tmp_path, clock)
    await upstream.tile(3, 4, 2)
    clock.now_us += (FRESH_S + 1) * 1_000_000
    service.body = PNG + b" new"
    assert await upstream.tile(3, 4, 2) == PNG + b" new"
    clock.now_us += (FRESH_S + 1) * 1_000_000
    service.status = "500 Oops"
    assert await upstream.tile(3, 4, 2) == PNG + b" new"
    assert len(service.asked) == 3


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "500 Oops"},
        {"status": "302 Found", "more": "Location: /tiles/elsewhere.png\r\n"},
        {"body": b"<html>not a picture</html>"},
        {"body": b"\x89PNG" + bytes(TILE_LIMIT)},
        {"silent": True},
    ],
    ids=["fails", "sends elsewhere", "is no picture", "is too large", "is silent"],
)
async def test_what_a_service_should_not_answer_is_a_refusal_and_is_not_kept(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: dict[str, object]
) -> None:
    monkeypatch.setattr("hub.maps.upstream.WHOLE_S", 0.5)
    for name, value in answer.items():
        setattr(service, name, value)
    assert await refused(of(service, tmp_path)) == "map-unavailable"
    assert not (tmp_path / "tiles").exists()
    assert len(service.asked) == 1


async def test_a_service_that_is_gone_is_a_refusal(tmp_path: Path) -> None:
    async with running(Service()) as gone:
        pass
    assert await refused(of(gone, tmp_path)) == "map-unavailable"


async def test_a_tile_that_the_service_does_not_have_is_none(service: Service, tmp_path: Path) -> None:
    service.status = "404 Not Found"
    assert await of(service, tmp_path).tile(3, 4, 2) is None


async def test_what_is_kept_has_a_bound_and_the_oldest_goes(service: Service, tmp_path: Path) -> None:
    clock = Clock()
    upstream = of(service, tmp_path, clock, kept_limit=10)
    for x in range(13):
        clock.now_us += 1_000_000
        await upstream.tile(5, x, 2)
        assert len(os.listdir(tmp_path / "tiles")) <= 10
    assert (tmp_path / "tiles" / "5-12-2").exists()
    assert not (tmp_path / "tiles" / "5-0-2").exists()


async def test_the_api_gives_a_service_s_tiles_to_who_is_signed_in(
    town: Town, service: Service, tmp_path: Path
) -> None:
    routes = MapRoutes(Basemap(tmp_path), of(service, tmp_path))
    view = await routes.show(None)  # type: ignore[arg-type]  # who asks is the router's to say
    assert view.tiles is not None
    assert (view.tiles.source, view.tiles.attribution, view.tiles.kind) == ("upstream", "127.0.0.1", "picture")
    answer = await routes.tile(3, 4, 2, None)  # type: ignore[arg-type]
    assert (answer.body, answer.media_type) == (PNG, "image/png")
    assert "no-store" not in answer.headers["cache-control"]
