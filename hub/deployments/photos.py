# SPDX-License-Identifier: EUPL-1.2
"""A photo from a phone, made harmless: it must be a whole JPEG, and loses all that is not needed to show it.

A phone writes where, when and with which telephone a picture was taken into application segments and comments, and puts
more pictures behind the first. Of all that nothing is kept: what is kept and hashed are the segments that make the
first picture. Nothing is decoded here; a browser does that.
"""

from collections.abc import Iterator

PHOTO_LIMIT = 1_000_000  # bytes
SIDE_LIMIT = 8192  # pixels
START, END, SCAN = 0xD8, 0xD9, 0xDA
RESTART_FIRST, RESTART_LAST = 0xD0, 0xD7
FRAMES = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended, progressive
PICTURE = FRAMES | {0xC4, 0xDB, 0xDD, SCAN}  # with its Huffman and quantisation tables and its restart interval
JFIF_MARKER, JFIF, JFIF_BYTES = 0xE0, b"JFIF\0", 18  # without a thumbnail; some programs show nothing without it
LIMIT_OF_SEGMENTS = 128  # a progressive picture has some ten scans, each with tables before it


class PhotoError(Exception):
    """It is no photo that can be kept; the message says why."""


def cleaned(data: bytes) -> bytes:
    """The first picture alone, without what a phone wrote beside it, behind it or between its scans.

    Raises:
        PhotoError: it is no whole JPEG, or too large.
    """
    if len(data) > PHOTO_LIMIT:
        raise PhotoError(f"it has more than {PHOTO_LIMIT // 1000} kB")
    if data[:2] != bytes((0xFF, START)):
        raise PhotoError("it is no whole JPEG")
    kept, framed, scanned = [data[:2]], False, False
    for marker, segment in _segments(data):
        if marker in FRAMES:
            _check_frame(segment)
            framed = True
        scanned = scanned or marker == SCAN
        if marker in PICTURE or (marker == JFIF_MARKER and segment[4:9] == JFIF and len(segment) == JFIF_BYTES):
            kept.append(segment)
    if not framed or not scanned:
        raise PhotoError("it has no picture")
    return b"".join((*kept, bytes((0xFF, END))))


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The segments up to the first end of a picture, in order; a scan comes with its data."""
    at = 2
    for _ in range(LIMIT_OF_SEGMENTS):
        if data[at : at + 1] != b"\xff":
            raise PhotoError("it is cut short")
        while data[at + 1 : at + 2] == b"\xff":  # a marker may have more of them before it
            at += 1
        if len(data) < at + 2:
            raise PhotoError("it is cut short")
        marker = data[at + 1]
        if marker == END:
            return
        length = int.from_bytes(data[at + 2 : at + 4])
        if length < 2 or len(data) < at + 2 + length:
            raise PhotoError("it is cut short")
        end = at + 2 + length
        if marker == SCAN:
            end = _end_of_scan(data, end)
        yield marker, data[at:end]
        at = end
    raise PhotoError("it holds too much beside its picture")


def _end_of_scan(data: bytes, at: int) -> int:
    """Where a scan's data end: at a marker, which is 0xFF and neither 0 nor a restart within the scan."""
    while (at := data.find(0xFF, at)) >= 0 and at + 1 < len(data):
        following = data[at + 1]
        if following != 0 and not RESTART_FIRST <= following <= RESTART_LAST:
            return at
        at += 2
    raise PhotoError("it is cut short")


def _check_frame(segment: bytes) -> None:
    if len(segment) < 10:
        raise PhotoError("it is cut short")
    height, width = int.from_bytes(segment[5:7]), int.from_bytes(segment[7:9])
    if not (0 < height <= SIDE_LIMIT and 0 < width <= SIDE_LIMIT):
        raise PhotoError("its sides are no picture's")
