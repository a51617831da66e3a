# SPDX-License-Identifier: EUPL-1.2
"""Whole things in golden bytes: a segment with true keys that opens, and a mandate message under which a unit films.

Their bytes are what units in the field and files in an archive hold. Where one changes, an old file no longer reads.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from contract import segment
from contract.authority import EMPTY, examine
from contract.envelope import spki
from contract.filmed import check_segment, signed_row
from contract.keys import unwrap
from contract.mandate import read_message
from tests.simulated_hub import MUNICIPALITY, ORIGIN
from tests.unit.contract.parsing import HUB, MESSAGE
from tests.unit.contract.records import ME, NOW_US
from tests.unit.contract.worked import CHAIN_KEY, IDENTITY, PLAIN, worked

GOLDEN = Path(__file__).parent / "golden"
WHOLE = (GOLDEN / "whole.fzs").read_bytes()
OPENED = "5dd0688edd9a4ba247744b9e480be9b1af1e078bb724ffcdb1a8cfa92ac9bdbb"
MADE = worked()


def test_the_segment_is_made_of_these_bytes() -> None:
    assert worked().data == WHOLE


def test_the_segment_holds() -> None:
    row = signed_row(MADE.row, spki(IDENTITY))
    header = check_segment(io.BytesIO(WHOLE), len(WHOLE), row, spki(IDENTITY), MADE.assignment)
    assert (header.marks, header.previous) == (("demo",), segment.FIRST)


def test_the_segment_opens_with_the_hours_private_half() -> None:
    """The wrapped key was made by HPKE written out from RFC 9180 in the tests, and opens by the contract's own."""
    header, _ = segment.read_header(io.BytesIO(WHOLE))
    assert unwrap(header.wrapped, MADE.hour_private, header.hpke_info) == CHAIN_KEY
    opened = list(segment.open_records(io.BytesIO(WHOLE), CHAIN_KEY))
    assert tuple(opened) == PLAIN
    assert hashlib.sha256(b"".join(opened)).hexdigest() == OPENED


def test_the_mandate_holds() -> None:
    data = (GOLDEN / "mandate.message").read_bytes()
    found = examine(read_message(data), HUB.anchors, EMPTY, ME)
    assert (len(found.orders), found.refusals) == (1, ())
    order = found.orders[0]
    assert (order.decision.number, order.post.post, order.assignment.camera) == ("2026-041", "post-1", "cam-1")
    assert order.window(NOW_US) and order.hour_key(NOW_US)
    assert (found.roster.municipality, found.roster.origin) == (MUNICIPALITY, ORIGIN)
    assert {item.what.split("/")[0] for item in found.memory.serials} == {
        *("roster", "slot", "decision", "keyset", "assignment"),
    }


def test_the_mandate_is_made_of_these_bytes() -> None:
    assert (GOLDEN / "mandate.message").read_bytes() == MESSAGE
