# SPDX-License-Identifier: EUPL-1.2
"""A run that was opened and written down as it is, init and fragments, plays everywhere and is checked with a shell."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.integration.footage.archive import Archive, Viewer
from tests.unit.edge.pictures import FPS

Program = Callable[[str], Path]


async def written(archive: Archive, viewer: Viewer, path: Path) -> list[tuple[int, int, str]]:
    """The run as one file; where each of its fragments begins in it, how long it is, and its signed hash."""
    from_us, to_us = archive.rows[0].from_us, archive.rows[-1].to_us
    grant = await viewer.granted(from_us, to_us)
    assert len({row.run for row in archive.rows}) == 1
    places: list[tuple[int, int, str]] = []
    with path.open("wb") as file:
        for number, row in enumerate(archive.rows):
            found = await viewer.opened(row.chain, grant, from_us, to_us)
            for said, plaintext in zip(found.fields, found.plaintexts, strict=True):
                if said.kind == "fragment" or number == 0:
                    places.append((file.tell(), len(plaintext), said.plain_sha256))
                    file.write(plaintext)
    return places


async def test_ffmpeg_plays_the_whole_run_without_a_warning(
    archive: Archive, viewer: Viewer, tmp_path: Path, program: Program
) -> None:
    ffprobe, ffmpeg = program("ffprobe"), program("ffmpeg")
    path = tmp_path / "run.mp4"
    await written(archive, viewer, path)

    asked = ("-select_streams", "v", "-show_entries", "packet=pts_time", "-of", "csv=p=0")
    shown = run(ffprobe, "-v", "warning", *asked, path)
    decoded = run(ffmpeg, "-v", "warning", "-xerror", "-i", path, "-f", "framehash", "-")

    assert (shown.stderr, decoded.stderr) == ("", "")
    times = [float(line.split(",")[0]) for line in shown.stdout.splitlines()]
    assert times == [round(number / FPS, 6) for number in range(len(archive.taken))]
    pictures = [line for line in decoded.stdout.splitlines() if not line.startswith("#")]
    assert len(pictures) == len(archive.taken)


async def test_each_fragment_hashes_to_its_signed_record_by_shell_alone(
    archive: Archive, viewer: Viewer, tmp_path: Path
) -> None:
    path = tmp_path / "run.mp4"
    places = await written(archive, viewer, path)
    assert len(places) == sum(row.records for row in archive.rows) - len(archive.rows) + 1

    commands = "tail -c +{} run.mp4 | head -c {} | sha256sum | cut -d ' ' -f 1\n"
    lines = "".join(commands.format(start + 1, length) for start, length, _ in places)
    hashed = run("sh", "-c", lines, cwd=tmp_path)

    assert hashed.stdout.split() == [sha256 for _, _, sha256 in places]
    with path.open("r+b") as file:  # the control: one byte, and its fragment does not hash to its record
        start, length, _ = places[5]
        file.seek(start + length // 2)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 1]))
    again = run("sh", "-c", lines, cwd=tmp_path).stdout.split()
    assert [number for number, place in enumerate(places) if again[number] != place[2]] == [5]


def run(*argv: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """A program's own words."""
    return subprocess.run([str(word) for word in argv], cwd=cwd, capture_output=True, text=True, check=True)
