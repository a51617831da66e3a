# SPDX-License-Identifier: EUPL-1.2
"""Pictures without waiting: a small numbered film's access units, as long and at whatever time a test wants them."""

from __future__ import annotations

import io
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import av

from edge.capture.file import FilmSource
from edge.media import TIMESCALE, AccessUnit, VideoFormat
from tests.films import numbered_film

FPS = 25
GOP = 50  # frames, two seconds


@cache
def _film(gop: int) -> tuple[VideoFormat, tuple[AccessUnit, ...]]:
    """The film's format and one round of its pictures."""
    formats: list[VideoFormat] = []
    units: list[AccessUnit] = []
    stopping = threading.Event()

    def take(unit: AccessUnit) -> None:
        units.append(unit)
        if len(units) == gop:
            stopping.set()

    with tempfile.TemporaryDirectory() as folder:
        path = numbered_film(Path(folder) / "film.mp4", gop, FPS, 160, 96, gop=gop)
        late = iter(range(0, 10**18, 10**12))  # always past due: nothing waits
        FilmSource(path, now_us=lambda: 0, monotonic_ns=lambda: next(late)).play(formats.append, take, stopping)
    return formats[0], tuple(units)


def video_format() -> VideoFormat:
    return _film(GOP)[0]


def pictures(seconds: float, from_us: int, *, gop: int = GOP, first: int = 0) -> list[AccessUnit]:
    """Pictures captured from this moment on, the film round and round, on a clock that never errs."""
    _, film = _film(gop)
    made = []
    for number in range(first, first + round(seconds * FPS)):
        dts = number * TIMESCALE // FPS
        at_us = from_us + (number - first) * 1_000_000 // FPS
        made.append(
            replace(
                film[number % gop],
                dts_90k=dts,
                pts_90k=dts,
                captured_at_us=at_us,
                captured_monotonic_ns=(at_us - from_us) * 1000 + 5_000_000_000,
            )
        )
    return made


def moved(units: Sequence[AccessUnit], change: Callable[[AccessUnit], dict[str, int]]) -> list[AccessUnit]:
    """The same pictures with other times."""
    return [replace(unit, **change(unit)) for unit in units]  # type: ignore[arg-type]


def packets(records: Sequence[bytes]) -> list[bytes]:
    """What a player finds in an init and its fragments."""
    with av.open(io.BytesIO(b"".join(records))) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]
