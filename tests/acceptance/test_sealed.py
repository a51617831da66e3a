# SPDX-License-Identifier: EUPL-1.2
"""What lies on any disk of the system is ciphertext, and nothing that a unit holds opens it."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contract.events import Event
from contract.keys import unwrap
from contract.record import ContractError, load
from contract.segment import check, open_records, read_header
from hub.keeper import keyring
from hub.store.vault import VaultKey
from tests.acceptance.stage import Stage
from tests.acceptance.test_watching import log_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

SAMPLE_BYTES = 16
SAMPLES_EVERY = 97  # access units; some from all over the film
BOXES = (b"moof", b"mdat", b"moov", b"trak", b"avcC")


def fingerprints(film: Path) -> list[bytes]:
    """The film's parameter set and pieces out of the middle of its pictures."""
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        extradata = stream.codec_context.extradata or b""
        sps_length = int.from_bytes(extradata[6:8], "big")
        found = [extradata[8 : 8 + sps_length]]
        for number, packet in enumerate(container.demux(stream)):
            data = bytes(packet)
            if number % SAMPLES_EVERY == 0 and len(data) > 4 * SAMPLE_BYTES:
                middle = len(data) // 2
                found.append(data[middle : middle + SAMPLE_BYTES])
    return found


def boxes(data: bytes) -> bool:
    """Whether a film's box stands here whose length leads to another or to the end: chance has no such order."""
    for name in BOXES:
        at = data.find(name)
        while at >= 4:
            length = int.from_bytes(data[at - 4 : at], "big")
            end = at - 4 + length
            if length >= 8 and (end == len(data) or data[end + 4 : end + 8] in BOXES):
                return True
            at = data.find(name, at + 1)
    return False


def readable(folder: Path, samples: list[bytes]) -> Iterator[Path]:
    """Files below a folder in which something of the film can be read."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            if boxes(data) or any(sample in data for sample in samples):
                yield path


async def stored(stage: Stage, count: int = 1) -> list[Path]:
    """The hub's objects, once so many segments are stored and logged."""
    async with asyncio.timeout(90):
        while sum(1 for _ in log_of(stage).find(Event.SEGMENT_STORED.value)) < count:
            await asyncio.sleep(0.2)
    return [path for path in stage.layout.objects.rglob("*") if path.is_file()]


async def test_nothing_readable_lies_anywhere(stage: Stage, tmp_path: Path) -> None:
    film = stage.layout.state.parent / "numbered.mp4"
    samples = fingerprints(film)
    assert list(readable(film.parent, samples))[0] == film, "the scan must find the film itself"
    fragment = tmp_path / "fragment"
    fragment.write_bytes(film.read_bytes()[:4096] + samples[1])
    assert list(readable(tmp_path, samples)) == [fragment]

    objects = await stored(stage)

    assert objects
    assert list(readable(stage.layout.state, samples)) == []


def alike(private: bytes) -> list[bytes]:
    """Every X25519 key that does what this one does: five of its bits count for nothing (RFC 7748, 5)."""
    middle = private[1:31]
    firsts = [private[0] & 0xF8 | low for low in range(8)]
    lasts = [private[31] & 0x3F | high << 6 for high in range(4)]
    return [bytes((first,)) + middle + bytes((last,)) for first in firsts for last in lasts]


def candidates(content: bytes) -> Iterator[bytes]:
    """All that could be a key in one of the unit's key files."""
    if content.startswith(b"-----BEGIN"):
        content = base64.b64decode(b"".join(content.splitlines()[1:-1]))
        for at in range(max(1, len(content) - 31)):
            yield content[at : at + 32].ljust(32, b"\0")


async def test_no_key_of_the_unit_opens_a_segment_and_the_hour_key_does(stage: Stage) -> None:
    data = (await stored(stage))[0].read_bytes()
    header, _ = read_header(io.BytesIO(data))
    assert check(io.BytesIO(data)).length == len(data)

    keys = keyring.read(stage.layout.keeper)
    ring = stage.layout.keeper / "vault" / "ring" / f"{header.hour_key}.json"
    kept = load(VaultKey, ring.read_bytes())
    private = AESGCM(keys.kek).decrypt(kept.wrapped[:12], kept.wrapped[12:], bytes.fromhex(kept.key))
    records = list(open_records(io.BytesIO(data), unwrap(header.wrapped, private, header.hpke_info)))
    assert records[0][4:8] == b"ftyp" and records[1][4:8] == b"moof"

    opening = {at: unwrap(header.wrapped, key, header.hpke_info) for at, key in enumerate(alike(private))}
    assert len(set(opening.values())) == 1, "these 32 open it, and nothing else does"
    for path in stage.layout.unit(stage.plan.unit).rglob("*"):
        if not path.is_file() or path.suffix in (".fzs", ".part"):
            continue
        content = path.read_bytes()
        assert not any(key in content or key.hex().encode() in content for key in alike(private))
        for candidate in candidates(content):
            with pytest.raises(ContractError):
                unwrap(header.wrapped, candidate, header.hpke_info)
