# SPDX-License-Identifier: EUPL-1.2
"""Films that tests make: each picture of `numbered_film` carries its own number, to be read back by a machine.

The rule, for any language. Divide the picture's width by `width` and its height by `height` of GEOMETRY: that is the
scale. Bit i (0 = most significant) stands in column i: a block of `block` by `block` pixels whose left upper corner is
at (`left` + i * `block`, `top`), and beneath it the same block inverted. Take the mean brightness of the inner half of
both blocks; the bit is 1 when the upper one is brighter. Where they differ by less than `contrast` (of 255) the picture
carries no number. Blocks of 32 pixels outlive H.264 at low rates and a canvas at half size.

    function readNumber(image, g) {   // image: ImageData, g: GEOMETRY
      const sx = image.width / g.width, sy = image.height / g.height;
      const mean = (column, row) => {
        let sum = 0, count = 0;
        const x0 = Math.round((g.left + (column + 0.25) * g.block) * sx);
        const x1 = Math.round((g.left + (column + 0.75) * g.block) * sx);
        const y0 = Math.round((g.top + (row + 0.25) * g.block) * sy);
        const y1 = Math.round((g.top + (row + 0.75) * g.block) * sy);
        for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) {
          const at = 4 * (y * image.width + x);
          sum += (image.data[at] + image.data[at + 1] + image.data[at + 2]) / 3; count += 1;
        }
        return sum / count;
      };
      let number = 0;
      for (let i = 0; i < g.bits; i++) {
        const upper = mean(i, 0), lower = mean(i, 1);
        if (Math.abs(upper - lower) < g.contrast) return null;
        number = 2 * number + (upper > lower ? 1 : 0);
      }
      return number;
    }
"""

from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

import av
import numpy as np
from numpy.typing import NDArray

GEOMETRY: dict[str, int] = {
    "width": 640,
    "height": 360,
    "left": 64,
    "top": 32,
    "block": 32,
    "bits": 16,
    "contrast": 64,
}
AUDIO_RATE = 48_000  # samples a second


def numbered_film(
    path: Path,
    frames: int,
    fps: int,
    width: int = 640,
    height: int = 360,
    *,
    gop: int | None = None,
    b_frames: int = 0,
    audio: bool = False,
) -> Path:
    """A film of numbered pictures before a moving grey slope; by default it plays by pass-through.

    The path's ending chooses the container; in `.avi` the pictures are MPEG-4 part 2, as old cameras made them.
    """
    codec = "mpeg4" if path.suffix == ".avi" else "libx264"
    options = {"g": str(gop or 2 * fps)}
    if codec == "libx264":
        options |= {"preset": "ultrafast", "bf": str(b_frames), "sc_threshold": "0", "crf": "26"}
        options |= {} if b_frames else {"profile": "baseline"}
    with av.open(path, "w") as container:
        stream: Any = container.add_stream(codec, rate=fps, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        sound: Any = container.add_stream("aac", rate=AUDIO_RATE, layout="mono") if audio else None
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(picture(number, width, height), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound is not None:
            _mux_tone(container, sound, frames / fps)
    return path


def tone_film(path: Path, seconds: float) -> Path:
    """A file with sound and no pictures."""
    with av.open(path, "w", format="mp4") as container:
        _mux_tone(container, container.add_stream("aac", rate=AUDIO_RATE, layout="mono"), seconds)
    return path


def picture(number: int, width: int = 640, height: int = 360) -> NDArray[np.uint8]:
    """The RGB picture that carries a number."""
    if not 0 <= number < 1 << GEOMETRY["bits"]:
        raise ValueError(f"{number} does not fit in {GEOMETRY['bits']} bits")
    slope = (_slope(width, height) + np.uint16(2 * number % 192)) % 192 + 32
    image = np.repeat(slope.astype(np.uint8)[:, :, None], 3, axis=2)
    for column in range(GEOMETRY["bits"]):
        bit = number >> (GEOMETRY["bits"] - 1 - column) & 1
        image[_block(column, 0, width, height, 0.0)] = 255 if bit else 0
        image[_block(column, 1, width, height, 0.0)] = 0 if bit else 255
    return image


@lru_cache(4)
def _slope(width: int, height: int) -> NDArray[np.uint16]:
    """What moves behind the numbers."""
    return (np.add.outer(np.arange(height), np.arange(width)) // 4).astype(np.uint16)


def read_number(image: NDArray[Any]) -> int | None:
    """The number that an RGB picture of any size carries, or None."""
    height, width = image.shape[:2]
    number = 0
    for column in range(GEOMETRY["bits"]):
        upper, lower = (float(image[_block(column, row, width, height, 0.25)].mean()) for row in (0, 1))
        if abs(upper - lower) < GEOMETRY["contrast"]:
            return None
        number = 2 * number + (upper > lower)
    return number


def read_numbers(film: Path | IO[bytes], container_format: str | None = None) -> list[int | None]:
    """The number of each picture of a film, in the order of showing."""
    with av.open(film, "r", format=container_format) as container:
        return [read_number(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]


def _block(column: int, row: int, width: int, height: int, inset: float) -> tuple[slice, slice]:
    """Where a block lies, less `inset` of its side at each edge."""
    across, down = width / GEOMETRY["width"], height / GEOMETRY["height"]
    first, last = inset, 1 - inset
    left, top, side = GEOMETRY["left"], GEOMETRY["top"], GEOMETRY["block"]
    return (
        slice(round((top + (row + first) * side) * down), round((top + (row + last) * side) * down)),
        slice(round((left + (column + first) * side) * across), round((left + (column + last) * side) * across)),
    )


def _mux_tone(container: Any, stream: Any, seconds: float) -> None:
    samples = np.sin(np.arange(int(seconds * AUDIO_RATE)) * 2 * np.pi * 440 / AUDIO_RATE).astype(np.float32)
    for start in range(0, len(samples), 1024):
        frame = av.AudioFrame.from_ndarray(samples[None, start : start + 1024], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = AUDIO_RATE, start, Fraction(1, AUDIO_RATE)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
