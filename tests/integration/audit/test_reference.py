# SPDX-License-Identifier: EUPL-1.2
"""The reference and the vocabulary say the same: which events there are, with which ids."""

from __future__ import annotations

import re
from pathlib import Path

from contract.events import PUBLIC_IDS, Event

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "log.md"
ROW = re.compile(r"^\| `([a-z]+\.[a-z]+)` \| ([^|]*) \|", re.MULTILINE)


def test_each_event_stands_in_the_reference_with_its_ids() -> None:
    rows = ROW.findall(REFERENCE.read_text(encoding="utf-8"))
    written = {event: frozenset(re.findall(r"`(\w+)`", ids)) for event, ids in rows}
    assert written == {event.value: PUBLIC_IDS[event] for event in Event}
    assert len(rows) == len(written)
