# SPDX-License-Identifier: EUPL-1.2
"""Is a camera's chain whole, and is every moment of a window in it? Pure, for a unit, the hub, a court.

:func:`verified` checks who signed each row and that each follows the one before; :func:`coverage` holds a window
against them. What is neither recorded nor a signed gap is *missing*, and said so with its times.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contract.envelope import Envelope
from contract.filmed import verified_row
from contract.index import Closing, Deletion, Gap, IndexRow, Row, chain_value
from contract.mandate import Window
from contract.record import ContractError
from contract.segment import FIRST

JOIN_US = 500_000  # two rows this close leave nothing out: a picture's own length, and when the next one arrived
OF_A_SEGMENT = ("deployment", "unit", "camera", "layer", "decision", "assignment", "from_us", "to_us")
"""What a deletion says as the row of its segment says it."""


@dataclass(frozen=True)
class Link:
    """A row whose signature and place hold, and its chain value."""

    row: Row
    chain: str


@dataclass(frozen=True)
class Coverage:
    """A window held against a camera's rows: its signed gaps, what is missing, and whether it was closed."""

    gaps: tuple[Gap, ...]
    missing: tuple[Window, ...]
    closed: bool

    @property
    def whole(self) -> bool:
        """Whether every moment is footage or a signed gap, and the window's end was stated."""
        return self.closed and not self.missing


def verified(envelopes: Sequence[Envelope], identity: bytes, previous: str) -> tuple[Link, ...]:
    """The rows of one camera, in order, from the one that follows `previous`.

    A deletion names a segment row before it; one that may stand before `previous` is not looked for.

    Args:
        envelopes: in the chain's order.
        identity: the unit's identity key (SPKI), from a logged assignment.
        previous: the chain value before the first, `contract.segment.FIRST` for a camera's very first.

    Raises:
        ContractError: names the row, by its place from 0, that is not this unit's or camera's, was altered, is out of
            place, or deletes what the chain does not have.
    """
    links: list[Link] = []
    segments: dict[str, IndexRow] = {}
    from_the_first = previous == FIRST
    for place, envelope in enumerate(envelopes):
        try:
            row = verified_row(envelope, identity)
        except ContractError as error:
            raise ContractError(f"row {place}: {error}") from error
        if row.previous != previous:
            raise ContractError(f"row {place}: does not follow the one before; a row is missing or out of place")
        if links and (row.unit, row.camera) != (links[0].row.unit, links[0].row.camera):
            raise ContractError(f"row {place}: another camera's")
        previous = chain_value(envelope, row)
        links.append(Link(row, previous))
        if isinstance(row, IndexRow):
            segments[row.chain] = row
        elif isinstance(row, Deletion) and (from_the_first or row.segment in segments):
            _check_deletion(row, segments.get(row.segment), place)
    return tuple(links)


def _check_deletion(row: Deletion, segment: IndexRow | None, place: int) -> None:
    if segment is None:
        raise ContractError(f"row {place}: deletes a segment that no row before it has")
    for name in OF_A_SEGMENT:
        if getattr(row, name) != getattr(segment, name):
            raise ContractError(f"row {place}: the deletion and the row of its segment differ in {name}")


def in_order(envelopes: Iterable[tuple[Envelope, Row]], previous: str) -> tuple[Envelope, ...]:
    """Rows as they follow one another from `previous`, in any order they came; what no row leads to is left out."""
    following = {row.previous: (chain_value(envelope, row), envelope) for envelope, row in envelopes}
    found = []
    while (step := following.pop(previous, None)) is not None:
        previous, envelope = step
        found.append(envelope)
    return tuple(found)


def meets(row: Row, window: Window) -> bool:
    """Whether a row speaks of a moment of the window. One that ends where it begins speaks of that moment.

    So an order that was withdrawn at the first moment of its window has its closing.
    """
    return row.from_us < window.to_us and max(row.to_us, row.from_us + 1) > window.from_us


def end_of(rows: Sequence[Row], decision: str, window: Window) -> Closing | None:
    """The statement that ends a window, of a camera's rows in the chain's order; None where none does.

    Filming was taken up again where footage or a gap of the window follows its closing, and that one ended nothing.
    """
    mine = (row for row in reversed(rows) if row.decision == decision and meets(row, window))
    last = next((row for row in mine if not isinstance(row, Deletion)), None)
    return last if isinstance(last, Closing) else None


def coverage(rows: Sequence[Row], decision: str, window: Window, join_us: int = JOIN_US) -> Coverage:
    """What a camera's rows, in the chain's order, say of one window of the decision with this digest.

    A segment that was deleted still covers its time: it was filmed, and why it is gone is in the chain.
    """
    mine = [row for row in rows if row.decision == decision and meets(row, window)]
    gaps = tuple(row for row in mine if isinstance(row, Gap))
    end = end_of(mine, decision, window)
    ends_us = window.to_us if end is None else min(end.to_us, window.to_us)
    filmed = (row for row in mine if isinstance(row, (IndexRow, Gap)) and row.from_us < ends_us)
    spans = sorted((row.from_us, row.to_us) for row in filmed)
    missing = []
    at_us = window.from_us
    for from_us, to_us in [*spans, (ends_us, ends_us)]:
        if from_us - at_us > join_us:
            missing.append(Window(at_us, from_us))
        at_us = max(at_us, to_us)
    return Coverage(gaps, tuple(missing), end is not None)
