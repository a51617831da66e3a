# SPDX-License-Identifier: EUPL-1.2
"""A photo from a phone, made harmless: it must be a whole JPEG, and loses all that is not needed to show it.

A phone writes where, when and with which telephone a picture was taken into application segments and comments: those
are dropped, so that what is kept and hashed is the picture alone. Nothing is decoded here; a browser does that.
"""

from collections.abc import Iterator

PHOTO_LIMIT = 1_000_000  # bytes
SIDE_LIMIT = 8192  # pixels
START, END, SCAN = 0xD8, 0xD9, 0xDA
KEPT_APPLICATION = 0xE0  # JFIF, without which some programs show nothing
FRAMES = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended, progressive
LIMIT_OF_SEGMENTS = 64


class PhotoError(Exception):
    """It is no photo that can be kept; the message says why."""


def cleaned(data: bytes) -> bytes:
    """The picture without what a phone wrote beside it.

    Raises:
        PhotoError: it is no whole JPEG, or too large.
    """
    if len(data) > PHOTO_LIMIT:
        raise PhotoError(f"it has more than {PHOTO_LIMIT // 1000} kB")
    if data[:2] != bytes((0xFF, START)) or data[-2:] != bytes((0xFF, END)):
        raise PhotoError("it is no whole JPEG")
    kept, framed = [data[:2]], False
    for marker, segment in _segments(data):
        if marker in FRAMES:
            _check_frame(segment)
            framed = True
        if marker == KEPT_APPLICATION or not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            kept.append(segment)
    if not framed:
        raise PhotoError("it has no picture")
    return b"".join(kept)


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The segments in order; the last is the scan with all that follows it."""
    at = 2
    for _ in range(LIMIT_OF_SEGMENTS):
        if len(data) < at + 4 or data[at] != 0xFF:
            raise PhotoError("it is cut short")
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if marker == SCAN:
            yield marker, data[at:]
            return
        if length < 2 or len(data) < at + 2 + length:
            raise PhotoError("it is cut short")
        yield marker, data[at : at + 2 + length]
        at += 2 + length
    raise PhotoError("it holds too much beside its picture")


def _check_frame(segment: bytes) -> None:
    if len(segment) < 10:
        raise PhotoError("it is cut short")
    height, width = int.from_bytes(segment[5:7]), int.from_bytes(segment[7:9])
    if not (0 < height <= SIDE_LIMIT and 0 < width <= SIDE_LIMIT):
        raise PhotoError("its sides are no picture's")
