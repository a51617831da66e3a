# SPDX-License-Identifier: EUPL-1.2
"""What a unit never forgets, and what it may: its memory stays one that can be read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.events import Event
from contract.mandate import Decision, read_message
from contract.record import load
from edge.unit import memory as memory_module
from edge.unit.memory import MEMORY, MemoryFileError
from tests.simulated_hub import DEPLOYMENT, MINUTE_US, stop
from tests.unit.edge.test_authority import OTHER, Unit, decision
from tests.unit.edge.unit import NOW_US, hub


def test_marks_of_what_is_long_past_are_dropped_and_nothing_comes_back(tmp_path: Path) -> None:
    unit = Unit(tmp_path, hub())
    unit.hear()
    stop(unit.hub, NOW_US + MINUTE_US)
    unit.hear()
    ordered = unit.hub.message()
    unit.hub.mandates.clear()
    unit.hear()

    def marks() -> list[str]:
        return sorted(item.what.partition("/")[0] for item in unit.authority.memory.serials if DEPLOYMENT in item.what)

    serials = ["assignment", "camera", "decision", "ends", "keyset"]
    assert marks() == sorted([*serials, "stop", "withdrawn"])
    ends_us = read_decision(ordered).windows[-1].to_us
    for ahead_us, kept in ((0, ["stop", "withdrawn"]), (2 * MINUTE_US, [])):
        unit.hands.monotonic_ns += (ends_us + 672 * 60 * MINUTE_US + ahead_us - unit.clock.floor_us()) * 1000
        unit.authority.keep_time()
        unit.hub.log(Event.VIEW_GRANTED, f"{ahead_us:064x}")
        unit.hear()
        assert marks() == sorted([*serials, *kept])
        unit.on()
        assert marks() == sorted([*serials, *kept])
    unit.authority.consider(unit.compose(ordered))
    assert unit.now(unit.clock.now_us()) == "window.after"


def test_a_memory_that_could_not_be_read_again_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stood stands, at the next start too."""
    unit = Unit(tmp_path, hub())
    unit.hear()
    standing, size = decision(unit.hub), (tmp_path / MEMORY).stat().st_size
    monkeypatch.setattr(memory_module, "MEMORY_LIMIT", size + 100)
    unit.hub.order(deployment=OTHER)
    with pytest.raises(MemoryFileError, match="bytes are more than"):
        unit.hear()
    assert unit.now() == standing
    unit.on()
    assert unit.now() == standing
    assert unit.authority.memory.serial(f"decision/{OTHER}") is None


def read_decision(message: bytes) -> Decision:
    return load(Decision, read_message(message).mandates[0].decision.body)
