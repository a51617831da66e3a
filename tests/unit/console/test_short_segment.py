# SPDX-License-Identifier: EUPL-1.2
"""The sealed segment that the console's own tests open is one: 40 pictures of 64 x 36 in four fragments of 0.4 s."""

import hashlib
import io
from pathlib import Path

from contract.segment import open_records
from tests.films import read_numbers

SHORT = Path(__file__).resolve().parents[3] / "hub/console/test/short.fzs"


def test_the_consoles_segment_opens_and_plays_whole() -> None:
    chain_key = hashlib.sha256(b"chain key").digest()
    records = list(open_records(io.BytesIO(SHORT.read_bytes()), chain_key))
    assert len(records) == 5
    assert read_numbers(io.BytesIO(b"".join(records)), "mp4") == list(range(40))
