# SPDX-License-Identifier: EUPL-1.2
"""A film as a source: in real time, round and round without a hole, and nothing but what units can pass on."""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import pytest

from edge.capture.file import FilmSource
from edge.capture.source import NotVideoError, SourceError, SourceMissingError
from edge.media import VideoFormat, nal_units
from tests.films import numbered_film, read_number, tone_film
from tests.integration.capture.listening import DEADLINE_S, Heard

FRAME_90K = 3600  # at 25 frames a second


def now_us() -> int:
    return time.time_ns() // 1000


def film_source(path: Path, journal: list[tuple[int, int]] | None = None, start_offset_us: int = 0) -> FilmSource:
    return FilmSource(
        path,
        now_us=now_us,
        monotonic_ns=time.monotonic_ns,
        start_offset_us=start_offset_us,
        on_emit=None if journal is None else lambda number, at_us: journal.append((number, at_us)),
    )


@contextmanager
def playing(source: FilmSource, heard: Heard) -> Iterator[threading.Thread]:
    stopping = threading.Event()
    thread = threading.Thread(target=source.play, args=(heard.on_format, heard.on_unit, stopping))
    thread.start()
    try:
        yield thread
    finally:
        stopping.set()
        thread.join(DEADLINE_S)
    assert not thread.is_alive()


def refusal(path: Path) -> SourceError:
    heard, stopping = Heard(), threading.Event()
    with pytest.raises(SourceError) as caught:
        film_source(path).play(heard.on_format, lambda unit: stopping.set(), stopping)
    assert heard.order == [], "nothing may be delivered of what is refused"
    return caught.value


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return numbered_film(tmp_path_factory.mktemp("film") / "film.mp4", 40, 25, gop=10, audio=True)


def test_pictures_leave_in_real_time(film: Path) -> None:
    heard = Heard()
    with playing(film_source(film), heard):
        heard.wait_until(lambda: len(heard.units) == 31)  # 1.2 s

    began_ns = heard.units[0].captured_monotonic_ns
    # Against the first, which may be late itself.
    late_ms = [(unit.captured_monotonic_ns - began_ns) / 1e6 - unit.dts_90k / 90 for unit in heard.units]

    assert min(late_ms) > -20
    assert min(late_ms[-10:]) < 100
    assert heard.order[0] == "format"
    assert heard.formats == [heard.formats[0]]
    assert isinstance(heard.formats[0], VideoFormat)
    assert (heard.formats[0].width, heard.formats[0].height, heard.formats[0].codec) == (640, 360, "avc1.42C01E")


def test_lateness_does_not_add_up(film: Path) -> None:
    """On a clock that jumps 15 ms whenever it is asked, each picture is late, and none later than two jumps."""
    began_ns, jump_ns = 1_000_000_000, 15_000_000
    ticks = itertools.count(began_ns, jump_ns)
    source, heard = FilmSource(film, now_us=now_us, monotonic_ns=lambda: next(ticks)), Heard()
    with playing(source, heard):
        heard.wait_until(lambda: len(heard.units) == 20)

    late_ns = [unit.captured_monotonic_ns - began_ns - unit.dts_90k * 100_000 // 9 for unit in heard.units]

    assert all(0 <= late <= 2 * jump_ns for late in late_ns)


def test_the_film_goes_round_without_a_hole(tmp_path: Path) -> None:
    path = numbered_film(tmp_path / "short.mp4", 8, 25)
    heard, journal = Heard(), list[tuple[int, int]]()
    with playing(film_source(path, journal), heard):
        heard.wait_until(lambda: len(heard.units) >= 20)
    units = heard.units

    assert [unit.dts_90k for unit in units] == [n * FRAME_90K for n in range(len(units))]
    assert {unit.duration_90k for unit in units} == {FRAME_90K}
    assert [unit.keyframe for unit in units] == [n % 8 == 0 for n in range(len(units))]
    assert units[8].data == units[0].data
    assert units[15].data == units[7].data != units[0].data
    assert journal == [(n % 8, unit.captured_at_us) for n, unit in enumerate(units)]


def test_packets_pass_untouched_and_journal_their_numbers(film: Path) -> None:
    heard, journal = Heard(), list[tuple[int, int]]()
    with playing(film_source(film, journal), heard):
        heard.wait_until(lambda: len(heard.units) >= 12)
    with av.open(film) as container:
        originals = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    decoder = av.CodecContext.create("h264", "r")
    decoder.extradata = heard.formats[0].avcc
    shown = [f for unit in heard.units for f in decoder.decode(av.Packet(unit.data))] + decoder.decode(None)

    assert [unit.data for unit in heard.units] == originals[: len(heard.units)]
    assert [read_number(f.to_ndarray(format="rgb24")) for f in shown] == [number for number, _ in journal]


@pytest.mark.parametrize(
    ("offset_us", "first"), [(0, 0), (400_000, 10), (410_000, 20), (3_610_000, 20), (1_599_000, 0)]
)
def test_an_offset_begins_at_a_keyframe(film: Path, offset_us: int, first: int) -> None:
    """The film lasts 1.6 s and has a keyframe every 0.4 s; behind its last one it begins again."""
    heard, journal = Heard(), list[tuple[int, int]]()
    with playing(film_source(film, journal, offset_us), heard):
        heard.wait_until(lambda: len(heard.units) >= 2)

    assert [number for number, _ in journal[:2]] == [first, first + 1]
    assert heard.units[0].keyframe
    assert [unit.dts_90k for unit in heard.units[:2]] == [0, FRAME_90K]


def test_the_seam_after_an_offset_has_no_hole(film: Path) -> None:
    heard, journal = Heard(), list[tuple[int, int]]()
    with playing(film_source(film, journal, 1_200_000), heard):
        heard.wait_until(lambda: len(heard.units) >= 13)

    assert [number for number, _ in journal[:13]] == [*range(30, 40), 0, 1, 2]
    assert [unit.dts_90k for unit in heard.units[:13]] == [n * FRAME_90K for n in range(13)]


@pytest.mark.parametrize("ending", [".ts", ".mkv"])
def test_other_containers_give_the_same_units(tmp_path: Path, ending: str) -> None:
    heard = Heard()
    with playing(film_source(numbered_film(tmp_path / f"film{ending}", 10, 25)), heard):
        heard.wait_until(lambda: len(heard.units) >= 10)

    assert heard.formats[0].codec == "avc1.42C01E"
    assert all(nal_units(unit.data) for unit in heard.units)
    assert [unit.dts_90k for unit in heard.units[:10]] == [n * FRAME_90K for n in range(10)]


def test_a_stop_takes_less_than_a_tenth_of_a_second(tmp_path: Path) -> None:
    """While it waits for the next picture of a film that shows one a second."""
    heard = Heard()
    with playing(film_source(numbered_film(tmp_path / "slow.mp4", 3, 1)), heard):
        heard.wait_until(lambda: len(heard.units) == 1)
        began = time.monotonic()

    assert time.monotonic() - began < 0.1
    assert len(heard.units) == 1


def test_it_can_be_played_again(film: Path) -> None:
    source, heard = film_source(film), Heard()
    for _ in range(2):
        with playing(source, heard):
            heard.wait_until(lambda: heard.order[-2:] == ["unit", "unit"])
        heard.order.append("stop")

    assert [word for word in heard.order if word != "unit"] == ["format", "stop"] * 2
    assert [unit.dts_90k for unit in heard.units].count(0) == 2


def test_a_missing_film_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.mp4", tmp_path):
        error = refusal(path)

        assert isinstance(error, SourceMissingError)
        assert path.name in str(error)
        assert str(tmp_path.parent) not in str(error), "a folder's name is nobody's business"


def test_what_is_no_film_is_refused(tmp_path: Path) -> None:
    for name, content in (("empty.mp4", b""), ("text.mp4", b"no film\n" * 100), ("noise.mp4", bytes(range(256)) * 64)):
        (tmp_path / name).write_bytes(content)
        error = refusal(tmp_path / name)

        assert isinstance(error, NotVideoError)
        assert name in str(error)


def test_a_film_without_its_end_is_refused(tmp_path: Path) -> None:
    whole = numbered_film(tmp_path / "whole.mp4", 10, 25).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])

    assert isinstance(refusal(tmp_path / "cut.mp4"), NotVideoError)


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    error = refusal(tone_film(tmp_path / "tone.mp4", 0.5))

    assert isinstance(error, NotVideoError)
    assert "no pictures" in str(error)


def test_b_frames_are_refused_with_the_command_that_helps(tmp_path: Path) -> None:
    error = refusal(numbered_film(tmp_path / "b.mp4", 25, 25, b_frames=2))

    assert isinstance(error, NotVideoError)
    assert "B-frames" in str(error)
    assert "flexzicht-edge film b.mp4" in str(error)


def test_another_codec_is_refused_with_the_command_that_helps(tmp_path: Path) -> None:
    error = refusal(numbered_film(tmp_path / "old.avi", 25, 25))

    assert isinstance(error, NotVideoError)
    assert "mpeg4, not H.264" in str(error)
    assert "flexzicht-edge film old.avi" in str(error)


def test_a_broken_nal_length_is_refused(tmp_path: Path) -> None:
    path = numbered_film(tmp_path / "broken.mp4", 10, 25)
    with av.open(path) as container:
        at = next(packet.pos for packet in container.demux(video=0) if packet.size and not packet.is_keyframe)
    content = bytearray(path.read_bytes())
    assert at is not None
    content[at : at + 4] = b"\x7f\xff\xff\xff"
    path.write_bytes(content)

    error = refusal(path)

    assert isinstance(error, NotVideoError)
    assert "damaged" in str(error)


def test_what_comes_before_a_late_damage_is_given_first(tmp_path: Path) -> None:
    """Past the packets that are looked at before a film is shown, and in the middle of what is read ahead."""
    path = numbered_film(tmp_path / "late.mp4", 130, 100)
    with av.open(path) as container:
        at = [packet.pos for packet in container.demux(video=0) if packet.size][113]
    content = bytearray(path.read_bytes())
    assert at is not None
    content[at : at + 4] = b"\x7f\xff\xff\xff"
    path.write_bytes(content)
    journal: list[tuple[int, int]] = []
    heard = Heard()

    with pytest.raises(NotVideoError, match="damaged"):
        film_source(path, journal).play(heard.on_format, heard.on_unit, threading.Event())

    assert [number for number, _ in journal] == list(range(113))
