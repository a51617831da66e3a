# SPDX-License-Identifier: EUPL-1.2
"""A photo is a whole JPEG and nothing beside its picture, or it is refused."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hub.demo
from hub.deployments.photos import PHOTO_LIMIT, PhotoError, cleaned

SIGN = Path(hub.demo.__file__).with_name("sign.jpg").read_bytes()


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2) + body


SECRET = b"GPS 54.5 N 4.5 E, a telephone"
EXIF = segment(0xE1, b"Exif\0\0" + SECRET)


def test_where_a_phone_was_and_what_it_is_called_go() -> None:
    beside = segment(0xE1, b"Exif\0\0GPS 54.5 N 4.5 E, a telephone") + segment(0xFE, b"by somebody")
    written = SIGN[:2] + beside + SIGN[2:]
    assert b"GPS" in written
    kept = cleaned(written)
    assert kept == cleaned(SIGN)
    assert b"GPS" not in kept and b"somebody" not in kept


@pytest.mark.parametrize(
    "written",
    [
        SIGN + SIGN[:2] + EXIF + SIGN[2:],  # a second picture, as phones put one behind the first
        SIGN + b"<script>alert(1)</script>",
        SIGN[:-2] + EXIF + SIGN[-2:],
        SIGN[:-2] + segment(0xFE, SECRET) + SIGN[-2:],
        SIGN[:2] + segment(0xE0, SECRET) + SIGN[2:],
        SIGN[:2] + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\1\x40" + SECRET) + SIGN[2:],  # its thumbnail
        SIGN[:2] + b"\xff\xff" + EXIF + SIGN[2:],
        SIGN[:2] + segment(0xF0, SECRET) + SIGN[2:],
    ],
)
def test_nothing_is_kept_but_the_first_picture(written: bytes) -> None:
    assert cleaned(written) == cleaned(SIGN)


def test_what_lies_between_two_scans_goes_and_both_scans_stay() -> None:
    scan = SIGN[SIGN.index(b"\xff\xda") : -2]
    again = b"\xff\xd0".join((scan[:-20], scan[-20:]))  # a restart marker belongs to a scan
    written = SIGN[:-2] + EXIF + again + SIGN[-2:]
    assert cleaned(written) == cleaned(SIGN)[:-2] + again + SIGN[-2:]


def test_what_is_clean_stays_as_it_is() -> None:
    assert cleaned(cleaned(SIGN)) == cleaned(SIGN)
    assert cleaned(SIGN)[:4] == SIGN[:4]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no whole JPEG"),
        (b"\x89PNG\r\n\x1a\n", "no whole JPEG"),
        (SIGN[:-2], "cut short"),
        (SIGN[:40] + b"\xff\xd9", "cut short"),
        (b"\xff\xd8\xff\xd9", "no picture"),
        (b"\xff\xd8" + segment(0xDA, bytes(8)) + b"\xff\xd9", "no picture"),
        (b"\xff\xd8" + segment(0xFE, b"") * 130 + SIGN[2:], "too much beside"),
        (b"\xff\xd8" + segment(0xC0, b"\x08\x40\x00\x40") + b"\xff\xd9", "cut short"),
        (b"\xff\xd8" + segment(0xC0, b"\x08\x40\x00\x40\x00\x03\x00\x00") + b"\xff\xd9", "no picture's"),
        (b"\xff\xd8" + bytes(PHOTO_LIMIT) + b"\xff\xd9", "more than 1000 kB"),
    ],
)
def test_what_is_no_photo_is_refused_in_words(data: bytes, why: str) -> None:
    with pytest.raises(PhotoError, match=why):
        cleaned(data)


@given(st.binary(max_size=400), st.integers(0, 600))
def test_whatever_comes_is_a_photo_or_a_photo_error(noise: bytes, at: int) -> None:
    for data in (b"\xff\xd8" + noise + b"\xff\xd9", SIGN[:at] + noise + SIGN[at + len(noise) :]):
        with contextlib.suppress(PhotoError):
            assert cleaned(data)[:2] == b"\xff\xd8"
