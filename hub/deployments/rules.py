# SPDX-License-Identifier: EUPL-1.2
"""What a decision must be before people are asked to sign it: pure rules, each with its id.

R02 Gemeentewet 151c(2): an area, a time and the designation it stands on. R03 151c(2,7): posts stand inside the area.
R04 151c(3): windows that are still to come. R09 151c(9): kept for 672 hours at most. R15 Wet openbare manifestaties
4(3), Wet politiegegevens 5: nothing about a demonstration's cause. `unit.*`: a term that units cannot keep yet; they
would refuse to film by that same rule, so nobody is asked to sign it. Signatures are `contract.authority`'s to judge.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from contract.mandate import RETENTION_CEILING_H, Decision, Position, Window, hours_touched
from contract.record import dump
from hub.problem import ProblemError

# A mandate message holds 64 KiB: the decision, its keyset (170 bytes a key, in base64), roster, bindings and proofs.
DECISION_LIMIT = 8 * 1024  # bytes
HOURS_LIMIT = 120  # hour keys
KEPT: Mapping[str, tuple[str, frozenset[str | int]]] = {
    "regime": ("unit.count", frozenset({"G151C", "PW3"})),
    "live": ("unit.masks", frozenset({"clear"})),
    "recording": ("unit.recording", frozenset({"none", "continuous"})),
    "prebuffer_s": ("unit.prebuffer", frozenset({0})),
    "upload": ("unit.upload", frozenset({"live"})),
}
"""What units can keep of each term, and the rule by which they refuse the rest."""


def check_fields(unknown: Iterable[str]) -> None:
    """R15: what the form has no field for is refused, not stored."""
    for field in sorted(unknown):
        raise ProblemError("field-refused", rule="R15", field=field[:64])


def check_retention(asked: Mapping[str, object]) -> None:
    """R09, before the contract's own bounds: a term over the ceiling deserves its rule's name."""
    hours = asked.get("retention_h")
    if isinstance(hours, int) and hours > RETENTION_CEILING_H:
        raise ProblemError("retention-too-long", rule="R09", hours=hours, ceiling=RETENTION_CEILING_H)


def check(decision: Decision, now_us: int) -> None:
    """All other rules on a decision that the contract accepts in form."""
    _designation(decision)
    _area(decision.area)
    for post in decision.posts:
        if not inside(post.position, decision.area):
            raise ProblemError("post-outside", rule="R03", post=post.post)
    _windows(decision.windows, now_us)
    _terms(decision)
    _size(decision)


def inside(place: Position, area: Sequence[Position]) -> bool:
    """Whether a place lies in a polygon or on its border; exact, in integers."""
    within = False
    for a, b in _edges(area):
        if _on(place, a, b):
            return True
        if (a.lat_e7 > place.lat_e7) != (b.lat_e7 > place.lat_e7):
            turn = _turn(a, b, place)
            within ^= turn > 0 if b.lat_e7 > a.lat_e7 else turn < 0
    return within


def _designation(decision: Decision) -> None:
    for name in ("designation", "delegation", "necessity"):
        if not getattr(decision, name).strip():
            raise ProblemError("designation-missing", rule="R02", field=name)


def _area(area: Sequence[Position]) -> None:
    doubled = sum(a.lat_e7 * b.lon_e7 - b.lat_e7 * a.lon_e7 for a, b in _edges(area))
    if len(set(area)) != len(area) or doubled == 0:
        raise ProblemError("area-wrong", rule="R02")
    edges = list(_edges(area))
    for (n, (a, b)), (m, (c, d)) in combinations(enumerate(edges), 2):
        if m - n not in (1, len(edges) - 1) and _cross(a, b, c, d):
            raise ProblemError("area-wrong", rule="R02")


def _windows(windows: Sequence[Window], now_us: int) -> None:
    for n, window in enumerate(windows, 1):
        if window.to_us <= window.from_us:
            raise ProblemError("window-backwards", rule="R04", window=n)
        if window.to_us <= now_us:
            raise ProblemError("window-past", rule="R04", window=n)
    ordered = sorted(windows, key=lambda window: window.from_us)
    if any(later.from_us < earlier.to_us for earlier, later in zip(ordered, ordered[1:], strict=False)):
        raise ProblemError("windows-overlap", rule="R04")


def _terms(decision: Decision) -> None:
    for field, (rule, kept) in KEPT.items():
        asked = getattr(decision, field)
        if asked not in kept:
            raise ProblemError("term-not-kept", rule=rule, field=field, value=asked)


def _size(decision: Decision) -> None:
    hours = len(hours_touched(decision, HOURS_LIMIT))
    if hours > HOURS_LIMIT:
        raise ProblemError("too-many-hours", rule="R04", hours=hours, limit=HOURS_LIMIT)
    if len(dump(decision)) > DECISION_LIMIT:
        raise ProblemError("decision-too-large", rule="R02", size=len(dump(decision)), limit=DECISION_LIMIT)


def _edges(area: Sequence[Position]) -> Iterable[tuple[Position, Position]]:
    return zip(area, [*area[1:], area[0]], strict=True)


def _turn(a: Position, b: Position, c: Position) -> int:
    """Positive where c lies to one side of the line from a to b, negative on the other, 0 on it."""
    return (b.lon_e7 - a.lon_e7) * (c.lat_e7 - a.lat_e7) - (b.lat_e7 - a.lat_e7) * (c.lon_e7 - a.lon_e7)


def _on(place: Position, a: Position, b: Position) -> bool:
    return (
        _turn(a, b, place) == 0
        and min(a.lat_e7, b.lat_e7) <= place.lat_e7 <= max(a.lat_e7, b.lat_e7)
        and min(a.lon_e7, b.lon_e7) <= place.lon_e7 <= max(a.lon_e7, b.lon_e7)
    )


def _cross(a: Position, b: Position, c: Position, d: Position) -> bool:
    """Whether two edges meet anywhere."""
    if any((_on(c, a, b), _on(d, a, b), _on(a, c, d), _on(b, c, d))):
        return True
    return (_turn(a, b, c) > 0) != (_turn(a, b, d) > 0) and (_turn(c, d, a) > 0) != (_turn(c, d, b) > 0)
