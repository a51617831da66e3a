# SPDX-License-Identifier: EUPL-1.2
"""What a deployment's logged records say of its footage: in which windows, by which cameras, and when it dies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from contract.envelope import read
from contract.filmed import STOP_SLACK_US
from contract.mandate import ASSIGNMENT, DECISION, HOUR_US, KEYSET, Assignment, Decision, Keyset, Window
from contract.record import load
from hub.deployments.standing import course_of
from hub.store.footage import Stretch
from hub.store.records import RecordRow


@dataclass(frozen=True)
class Ordered:
    """`regime` is the first decision's, which all have; `windows` of every decision there was, each to its prolonged
    end, `placed` each camera's newest assignment, `dues` by the hour's start."""

    regime: str
    windows: tuple[Window, ...]
    placed: tuple[Assignment, ...]
    dues: Mapping[int, int]

    def due_us(self, from_us: int) -> int | None:
        """When a segment that begins then dies: with the key of its hour."""
        return self.dues.get(from_us - from_us % HOUR_US)

    def gone(self, stretch: Stretch, now_us: int) -> bool:
        """Whether a segment opens no more, or never will: erased, due, or deleted by its unit before it came."""
        due_us = self.due_us(stretch.from_us)
        never_came = stretch.lost is not None and not stretch.stored
        return stretch.erased or never_came or (due_us is not None and due_us <= now_us)

    def holds(self, from_us: int, to_us: int) -> bool:
        """Whether a stretch of time lies in one window."""
        return any(w.from_us <= from_us and to_us <= w.to_us + STOP_SLACK_US for w in self.windows)


def ordered(rows: Iterable[RecordRow]) -> Ordered | None:
    """What the records of one deployment say; None where nothing was decided."""
    regime = ""
    windows: list[Window] = []
    placed: dict[str, Assignment] = {}
    dues: dict[int, int] = {}
    logged = sorted(rows, key=lambda row: row.log_index)
    for row in logged:
        body = read(row.envelope).body
        if row.type == DECISION:
            decision = load(Decision, body)
            regime = regime or decision.regime
            windows += course_of(decision, logged).windows
        elif row.type == ASSIGNMENT:
            assignment = load(Assignment, body)
            if assignment.setup is None:
                placed[assignment.camera] = assignment
        elif row.type == KEYSET:
            for key in load(Keyset, body).keys:
                dues[key.from_us] = min(key.due_us, dues.get(key.from_us, key.due_us))
    return Ordered(regime, tuple(windows), tuple(placed.values()), dues) if windows else None
