# SPDX-License-Identifier: EUPL-1.2
"""Tiles of one configured service, such as PDOK, fetched by the hub and kept on disk.

Asked is that service alone, without following it elsewhere, within seconds and bytes; what it answers must be a picture
by its first bytes. The service learns the hub's address and which tiles, never who plans. The store is bounded: the
tiles that were written longest ago go first. What is older than `FRESH_S` is asked again, and shown all the same where
the service does not answer.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from hub.problem import ProblemError

CACHE = "tiles"  # a folder of the room's own, beside what was put there
TILE_LIMIT = 512 << 10  # bytes
KEPT_LIMIT = 4_000  # tiles; a tenth goes where one more would pass it
FRESH_S = 30 * 24 * 3600
CONNECT_S, WHOLE_S = 3.0, 6.0
AT_ONCE = 6
MAX_ZOOM = 19
KINDS = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}


def picture_type(tile: bytes) -> str | None:
    """What kind of picture these bytes begin."""
    return next((kind for start, kind in KINDS.items() if tile.startswith(start)), None)


class Upstream:
    """One service's tiles, by an address with {z}, {x} and {y} in it."""

    def __init__(self, address: str, folder: Path, now_us: Callable[[], int], kept_limit: int = KEPT_LIMIT) -> None:
        self._address = address
        self._folder = folder
        self._now_us = now_us
        self._kept_limit = kept_limit
        # Nothing is kept open: a tile is asked for once a month.
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(WHOLE_S, connect=CONNECT_S),
            limits=httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=0),
            follow_redirects=False,
            trust_env=False,
        )
        self._turns = asyncio.Semaphore(AT_ONCE)

    @property
    def host(self) -> str:
        """Whose tiles they are."""
        return urlsplit(self._address).hostname or ""

    async def tile(self, z: int, x: int, y: int) -> bytes | None:
        """One tile, from disk or from the service; None where the service has none.

        Raises:
            ProblemError: it is not here and the service does not give it.
        """
        path = self._folder / f"{z}-{x}-{y}"
        kept, age_s = await asyncio.to_thread(self._kept, path)
        if kept is not None and age_s < FRESH_S:
            return kept
        try:
            async with self._turns, asyncio.timeout(WHOLE_S):
                fetched = await self._fetch(z, x, y)
        except (httpx.HTTPError, TimeoutError, ValueError) as error:
            if kept is not None:
                return kept
            raise ProblemError("map-unavailable", host=self.host) from error
        if fetched is not None:
            with contextlib.suppress(OSError):  # a full disk costs speed, no map
                await asyncio.to_thread(self._keep, path, fetched)
        return fetched

    async def _fetch(self, z: int, x: int, y: int) -> bytes | None:
        url = self._address.replace("{z}", str(z)).replace("{x}", str(x)).replace("{y}", str(y))
        async with self._client.stream("GET", url, headers={"Accept": "image/*"}) as answer:
            if answer.status_code in (204, 404):
                return None
            if answer.status_code != 200:
                raise ValueError(f"it answers {answer.status_code}")
            tile = b""
            async for piece in answer.aiter_bytes():
                tile += piece
                if len(tile) > TILE_LIMIT:
                    raise ValueError("it is too large")
        if picture_type(tile) is None:
            raise ValueError("it is no picture")
        return tile

    def _kept(self, path: Path) -> tuple[bytes | None, float]:
        try:
            return path.read_bytes(), self._now_us() / 1e6 - path.stat().st_mtime
        except OSError:
            return None, 0.0

    def _keep(self, path: Path, tile: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        names = os.listdir(self._folder)
        if len(names) >= self._kept_limit:
            self._make_room(names)
        fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
        fresh.write_bytes(tile)
        written_s = self._now_us() / 1e6
        os.utime(fresh, (written_s, written_s))
        fresh.replace(path)

    def _make_room(self, names: list[str]) -> None:
        written = []
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                written.append(((self._folder / name).stat().st_mtime_ns, name))
        for _, name in sorted(written)[: len(names) - self._kept_limit + self._kept_limit // 10 + 1]:
            (self._folder / name).unlink(missing_ok=True)
