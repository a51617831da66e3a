# SPDX-License-Identifier: EUPL-1.2
"""Whole things in golden bytes: a mandate message under which a unit films; a segment, with its row, that was filmed
under that order, and opens.

Their bytes are what units in the field and files in an archive hold. Where one changes, an old file no longer reads.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from contract import segment
from contract.authority import EMPTY, examine
from contract.envelope import ed25519, read, spki
from contract.events import PUBLIC_IDS, Event
from contract.filmed import check_hour_key, check_ordered, check_segment, signed_row
from contract.keys import unwrap
from contract.mandate import read_message
from contract.record import dump
from contract.tlog import Leaf, verify_checkpoint
from tests.simulated_hub import MUNICIPALITY, ORIGIN
from tests.unit.contract.records import ME, NOW_US
from tests.unit.contract.worked import CHAIN_KEY, HUB, IDENTITY, MESSAGE, PLAIN, worked

GOLDEN = Path(__file__).parent / "golden"
WHOLE = (GOLDEN / "whole.fzs").read_bytes()
ROW = (GOLDEN / "whole.row").read_bytes()
OPENED = "5dd0688edd9a4ba247744b9e480be9b1af1e078bb724ffcdb1a8cfa92ac9bdbb"
MADE = worked()


def test_the_segment_is_made_of_these_bytes() -> None:
    assert (MADE.data, dump(MADE.row)) == (WHOLE, ROW)


def test_the_segment_was_filmed_under_the_order() -> None:
    """By the three files and what a unit pins: nothing else says that this was allowed."""
    message = read_message((GOLDEN / "mandate.message").read_bytes())
    order = examine(message, HUB.anchors, EMPTY, ME).orders[0]
    row = signed_row(read(ROW), spki(IDENTITY))
    assert (row.decision, row.assignment) == (order.decision_digest, order.assignment_digest)
    check_ordered(row, spki(IDENTITY), order.course, order.assignment)
    header = check_segment(io.BytesIO(WHOLE), len(WHOLE), row, spki(IDENTITY), order.assignment)
    check_hour_key(row, [order.keyset])
    check_hour_key(header, [order.keyset])


def test_the_segment_was_filmed_after_its_order_was_logged() -> None:
    """Its checkpoint is the log's word, and the log then held every record of the order."""
    message = read_message((GOLDEN / "mandate.message").read_bytes())
    header, _ = segment.read_header(io.BytesIO(WHOLE))
    log_key = examine(message, HUB.anchors, EMPTY, ME).roster.log_key
    checkpoint = verify_checkpoint(header.checkpoint, ORIGIN, ed25519(log_key))
    assert max(leaf.index for leaf in message.leaves) < checkpoint.size


def test_the_log_holds_of_each_record_what_its_event_says() -> None:
    leaves = [Leaf.decode(leaf.entry) for leaf in read_message((GOLDEN / "mandate.message").read_bytes()).leaves]
    assert [leaf.event for leaf in leaves].count(Event.ROSTER_PUBLISHED) == 1
    for leaf in leaves:
        assert set(leaf.ids) == PUBLIC_IDS[Event(leaf.event)]
        assert "None" not in leaf.ids.values()


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
        *("roster", "slot", "decision", "keyset", "assignment", "camera"),
    }


def test_the_mandate_is_made_of_these_bytes() -> None:
    assert (GOLDEN / "mandate.message").read_bytes() == MESSAGE
