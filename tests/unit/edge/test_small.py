# SPDX-License-Identifier: EUPL-1.2
"""The picture for aiming: what is small goes on untouched, what is larger comes out small, few and decodable."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import av
import pytest

from edge.capture.file import FilmSource
from edge.live.small import FPS, HEIGHT, WIDTH, Coder, Small, fits, small_size
from edge.media import AccessUnit, VideoFormat, to_annexb
from tests.films import numbered_film, read_number

RATE = 25


class Seen:
    """A branch that keeps what it is given."""

    def __init__(self) -> None:
        self.formats: list[VideoFormat] = []
        self.units: list[AccessUnit] = []
        self.enough = threading.Event()

    def begin(self, video_format: VideoFormat) -> None:
        self.formats.append(video_format)

    def add(self, unit: AccessUnit) -> None:
        self.units.append(unit)
        if len(self.units) == 20:
            self.enough.set()


def played(path: Path) -> tuple[VideoFormat, list[AccessUnit]]:
    """A film as its source gives it."""
    seen, stopping, ended = Seen(), threading.Event(), 2 * RATE

    def add(unit: AccessUnit) -> None:
        seen.add(unit)
        if len(seen.units) == ended:
            stopping.set()

    FilmSource(path, now_us=lambda: time.time_ns() // 1000, monotonic_ns=time.monotonic_ns).play(
        seen.begin, add, stopping
    )
    return seen.formats[0], seen.units


@pytest.mark.parametrize(
    ("size", "small"),
    [((1280, 720), (640, 360)), ((1920, 1080), (640, 360)), ((1080, 1920), (202, 360)), ((1280, 960), (480, 360))],
)
def test_the_shape_stays(size: tuple[int, int], small: tuple[int, int]) -> None:
    assert small_size(*size) == small
    assert small[0] <= WIDTH and small[1] <= HEIGHT


def test_a_large_film_comes_out_small_few_and_readable(tmp_path: Path) -> None:
    video_format, units = played(numbered_film(tmp_path / "film.mp4", 2 * RATE, RATE, 1280, 720, gop=10))
    assert not fits(video_format)
    coder = Coder(video_format)
    made = [item for unit in units for item in coder.smaller(unit)]
    small = next(item for item in made if isinstance(item, VideoFormat))
    shown = [item for item in made if isinstance(item, AccessUnit)]
    assert made[0] is small and (small.width, small.height) == (640, 360)
    assert 2 * FPS - 2 <= len(shown) <= 2 * FPS + 1
    assert shown[0].keyframe
    assert {unit.captured_at_us for unit in shown} <= {unit.captured_at_us for unit in units}, "when they were captured"
    decoder = av.CodecContext.create("h264", "r")
    frames = [frame for unit in shown for frame in decoder.decode(av.Packet(to_annexb(unit, small)))]
    frames += decoder.decode(None)
    numbers = [read_number(frame.to_ndarray(format="gray")) for frame in frames]
    told = [number for number in numbers if number is not None]
    assert told == sorted(set(told)) and len(told) == len(shown)


def test_a_small_film_goes_on_untouched(tmp_path: Path) -> None:
    video_format, units = played(numbered_film(tmp_path / "film.mp4", 2 * RATE, RATE, 640, 360, gop=10))
    seen = Seen()
    small = Small(seen, lambda says: pytest.fail(says))
    small.begin(video_format)
    for unit in units[:20]:
        small.add(unit)
    assert seen.enough.wait(5)
    small.stop()
    assert (seen.formats, seen.units) == ([video_format], units[:20])
    small.add(units[20])
    assert len(seen.units) == 20, "after its end nothing is passed on"
