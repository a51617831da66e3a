# SPDX-License-Identifier: EUPL-1.2
"""What a plan must be before people are asked to sign it: pure rules, each with its id, all findings at once.

R01 Gemeentewet 151c(1): a regime, and a delegation that holds. R02 151c(2): a designated and published area, or a named
mandate where it cannot wait. R03 151c(2,7): posts inside it. R04 151c(3): windows that are still to come and lie in
its term. R06 151c(5): why it is needed. R07 151c(6): entries to put signs at. R09 151c(9): kept for 672 hours at most.
R15 Wet openbare manifestaties 4(3), Wet politiegegevens 5: nothing about a demonstration's cause. R24: recorded for a
reason. `unit.*`: a term that units cannot keep yet; they would refuse to film by that same rule, so nobody is asked to
sign it. What a view shows of the ground is `hub.deployments.footprints`'; signatures are `contract.authority`'s.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from contract.mandate import HOUR_US, Position
from hub.deployments import policy
from hub.deployments.finding import Finding, refuse, warn
from hub.deployments.geometry import grown, inside, simple, within
from hub.deployments.plan_body import PlanBody, PlanTeam
from hub.deployments.regimes import REGIMES
from hub.deployments.wording import causes, no_title
from hub.problem import ProblemError
from hub.store.law import DelegationRow, DesignationRow

KEPT: Mapping[str, tuple[str, frozenset[str | int]]] = {
    "regime": ("unit.count", frozenset({"G151C", "PW3"})),
    "recording": ("unit.recording", frozenset({"none", "continuous"})),
    "prebuffer_s": ("unit.prebuffer", frozenset({0})),
}
"""What units can keep of each term, and the rule by which they refuse the rest."""
WORDS: Mapping[str, frozenset[str]] = {
    "recording": frozenset({"none", "on_reason", "continuous"}),
    "on_link_loss": frozenset({"record", "stop"}),
}
BOUNDS: Mapping[str, tuple[str, int, int]] = {
    "prebuffer_s": ("unit.prebuffer", 0, 120),
    "offline_grace_s": ("unit.grace", 0, 12 * 3600),
    "max_units": ("plan.complete", 1, 64),
}
ASKED: Mapping[str, str] = {
    "designation": "R02",
    "necessity": "R06",
    "windows": "R04",
    "posts": "R03",
    "entries": "R07",
    "recording": "R24",
    "on_link_loss": "unit.on-link-loss",
}
"""What every plan must say, and by which rule."""
DECISION_TEXT_LIMIT = 500
TEAM_LEAST = 2
ENTRY_WITHIN_M = 100  # of the area: its sign stands where people come in
PAUSE_US = HOUR_US  # between two windows; with less between them they are one, for how long one may be


@dataclass(frozen=True)
class Member:
    """Somebody whom a team may name; `key` is what they sign with (SPKI)."""

    role: str
    key: bytes | None


@dataclass(frozen=True)
class Asked:
    """A plan with what policy filled in, what it stands on, and who its team's accounts are."""

    title: str
    body: PlanBody
    designation: DesignationRow | None
    delegation: DelegationRow | None
    people: Mapping[str, Member]
    now_us: int

    @property
    def area(self) -> tuple[Position, ...]:
        """The plan's area."""
        return tuple(place.position() for place in self.body.area)

    @property
    def after_us(self) -> int:
        """How long a window may be prolonged."""
        overrun = self.body.overrun or policy.OVERRUN
        return overrun.times * overrun.minutes * 60_000_000

    @property
    def spans(self) -> list[tuple[int, int, int]]:
        """The windows that have both ends: number, from, to."""
        return [
            (n, window.from_us, window.to_us)
            for n, window in enumerate(self.body.windows, 1)
            if window.from_us is not None and window.to_us is not None
        ]

    @property
    def runs(self) -> list[tuple[int, int, int]]:
        """The same in order, those joined that with their overrun leave less than a pause: number of the first, from,
        to. Side by side they are as long as they are together."""
        found: list[tuple[int, int, int]] = []
        for n, from_us, to_us in sorted(self.spans, key=lambda span: span[1:]):
            if found and from_us - (found[-1][2] + self.after_us) < PAUSE_US:
                first, began_us, ends_us = found.pop()
                found.append((first, began_us, max(ends_us, to_us)))
            else:
                found.append((n, from_us, to_us))
        return found


def check_fields(unknown: Iterable[str]) -> None:
    """R15: what the form has no field for is refused, not stored."""
    for name in sorted(unknown):
        raise ProblemError("field-refused", rule="R15", field=name[:64])


def check_regime(regime: str | None) -> None:
    """R01: a regime is asked first, and it is one of the table's."""
    if regime not in REGIMES:
        raise ProblemError("regime-unknown", rule="R01", regime=(regime or "")[:16])


def findings(asked: Asked) -> list[Finding]:
    """All that the rules have to say of a plan, in the order in which people fill it in."""
    rules = (_regime, _title, _missing, _delegation, _lengths, _designation, _area, _posts, _entries, _windows)
    of_terms = (_terms, _kept, _retention, _team, _texts)
    return [finding for rule in (*rules, *of_terms) for finding in rule(asked)]


def day(at_us: int) -> str:
    """A moment as people read it in a refusal."""
    return f"{datetime.fromtimestamp(at_us / 1_000_000, UTC):%Y-%m-%d %H:%M} UTC"


def _regime(asked: Asked) -> Iterator[Finding]:
    regime = asked.body.regime
    if regime not in REGIMES:
        yield refuse("regime-unknown", "R01", "regime", regime=regime or "")
    elif regime not in KEPT["regime"][1]:
        yield refuse("term-not-kept", KEPT["regime"][0], "regime", field="regime", value=regime)


def _title(asked: Asked) -> Iterator[Finding]:
    for word in no_title(asked.title):
        yield refuse("title-refused", "R15", "title", word=word)


def _missing(asked: Asked) -> Iterator[Finding]:
    for name, rule in ASKED.items():
        value = getattr(asked.body, name)
        if not (value.strip() if isinstance(value, str) else value):
            yield refuse("plan-incomplete", rule, name, field=name)
    urgent = asked.body.urgent
    if urgent is None:
        return
    for name in ("mandate_holder", "reason"):
        if not getattr(urgent, name).strip():
            yield refuse("plan-incomplete", "R02", f"urgent.{name}", field=f"urgent.{name}")


def _delegation(asked: Asked) -> Iterator[Finding]:
    held = asked.delegation
    if held is None:
        return
    named = {"ordinance": held.ordinance, "article": held.article}
    if asked.body.regime in REGIMES and held.regime != asked.body.regime:
        yield refuse("regime-differs", "R01", "regime", **named, held=held.regime)
    if not held.mobile_allowed:
        yield refuse("mobile-refused", "R01", "designation", **named)
    if held.valid_to_us <= asked.now_us:
        yield refuse("delegation-over", "R01", "designation", **named, until=day(held.valid_to_us))
        return
    for n, from_us, to_us in asked.spans:
        if from_us < held.valid_from_us or to_us + asked.after_us > held.valid_to_us:
            dates = {"since": day(held.valid_from_us), "until": day(held.valid_to_us)}
            yield refuse("delegation-window", "R01", "windows", **named, **dates, window=n)


def _lengths(asked: Asked) -> Iterator[Finding]:
    held = asked.delegation
    if held is None or held.valid_to_us <= asked.now_us:
        return
    for n, from_us, to_us in asked.runs:
        hours = -(-(to_us + asked.after_us - from_us) // HOUR_US)
        if hours > held.max_window_h:
            yield refuse("window-too-long", "R01", "windows", window=n, hours=hours, limit=held.max_window_h)


def _designation(asked: Asked) -> Iterator[Finding]:
    held = asked.designation
    if held is None:
        if asked.body.designation is not None:
            yield refuse("designation-unknown", "R02", "designation")
        return
    if held.publication is None and asked.body.urgent is None:
        yield refuse("publication-missing", "R02", "designation", name=held.name)
    if held.valid_to_us <= asked.now_us:
        yield refuse("designation-over", "R02", "designation", name=held.name, until=day(held.valid_to_us))
        return
    for n, from_us, to_us in asked.spans:
        if from_us < held.valid_from_us or to_us + asked.after_us > held.valid_to_us:
            dates = {"since": day(held.valid_from_us), "until": day(held.valid_to_us)}
            yield refuse("designation-window", "R02", "windows", name=held.name, **dates, window=n)


def _area(asked: Asked) -> Iterator[Finding]:
    area = asked.area
    if area and not simple(area):
        yield refuse("area-wrong", "R02", "area")
    elif area and asked.designation is not None and not within(area, asked.designation.outline):
        yield refuse("area-outside", "R02", "area", name=asked.designation.name)


def _posts(asked: Asked) -> Iterator[Finding]:
    area, seen = asked.area, set()
    for n, post in enumerate(asked.body.posts):
        at, name = f"posts.{n}", post.name or post.post
        if post.post in seen:
            yield refuse("posts-alike", "R03", at, post=post.post)
        seen.add(post.post)
        if post.position is None or post.view is None:
            yield refuse("post-incomplete", "R03", at, post=name)
        elif area and simple(area) and not inside(post.position.position(), area):
            yield refuse("post-outside", "R03", at, post=name)
        own = tuple(place.position() for place in post.area)
        if own and not simple(own):
            yield refuse("area-wrong", "R03", f"{at}.area")
        elif own and simple(area) and not within(own, area):
            yield refuse("post-area-outside", "R03", f"{at}.area", post=name)


def _entries(asked: Asked) -> Iterator[Finding]:
    around = grown(asked.area, ENTRY_WITHIN_M) if asked.area and simple(asked.area) else ()
    for n, entry in enumerate(asked.body.entries):
        if entry.position is None:
            yield refuse("entry-incomplete", "R07", f"entries.{n}", entry=entry.name or entry.entry)
        elif around and not inside(entry.position.position(), around):
            yield refuse("entry-outside", "R07", f"entries.{n}", entry=entry.name or entry.entry, metres=ENTRY_WITHIN_M)
    names = [entry.entry for entry in asked.body.entries]
    if len(set(names)) < len(names):
        yield refuse("entries-alike", "R07", "entries")


def _windows(asked: Asked) -> Iterator[Finding]:
    if len(asked.spans) < len(asked.body.windows):
        yield refuse("plan-incomplete", "R04", "windows", field="windows")
    for n, from_us, to_us in asked.spans:
        if to_us <= from_us:
            yield refuse("window-backwards", "R04", "windows", window=n)
        if to_us <= asked.now_us:
            yield refuse("window-past", "R04", "windows", window=n)
    for n, from_us, to_us in asked.runs:
        if asked.body.urgent is not None and to_us - from_us > policy.URGENT_WINDOW_H * HOUR_US:
            yield refuse("urgent-too-long", "R02", "windows", window=n, limit=policy.URGENT_WINDOW_H)
    ordered = sorted((from_us, to_us) for _, from_us, to_us in asked.spans)
    if any(later[0] < earlier[1] for earlier, later in pairwise(ordered)):
        yield refuse("windows-overlap", "R04", "windows")


def _terms(asked: Asked) -> Iterator[Finding]:
    body = asked.body
    for name, words in WORDS.items():
        value = getattr(body, name)
        if value and value not in words:
            yield refuse("value-unknown", ASKED[name], name, field=name, value=value)
    for name, (rule, low, high) in BOUNDS.items():
        if not low <= (number := getattr(body, name)) <= high:
            yield refuse("value-out-of-bounds", rule, name, field=name, value=number, low=low, high=high)


def _kept(asked: Asked) -> Iterator[Finding]:
    for name in ("recording", "prebuffer_s"):
        rule, kept = KEPT[name]
        value = getattr(asked.body, name)
        if value and value not in kept and value in WORDS.get(name, {value}):
            yield refuse("term-not-kept", rule, name, field=name, value=value)
    if asked.body.recording not in (None, "none") and not (asked.body.recording_reason or "").strip():
        yield refuse("recording-unreasoned", "R24", "recording_reason")


def _retention(asked: Asked) -> Iterator[Finding]:
    ceiling = REGIMES.get(asked.body.regime or "", REGIMES["G151C"]).retention_ceiling_h
    hours = asked.body.retention_h or 0
    if hours > ceiling:
        yield refuse("retention-too-long", "R09", "retention_h", hours=hours, ceiling=ceiling)
    elif hours < 1:
        yield refuse("retention-too-short", "R09", "retention_h", hours=hours)


def _team(asked: Asked) -> Iterator[Finding]:
    team = asked.body.team or PlanTeam()
    for name in sorted({*team.operators, *team.installers}):
        member = asked.people.get(name)
        place = "team.operators" if name in team.operators else "team.installers"
        if member is None or member.role not in ("operator", "installer"):
            yield refuse("team-unknown", "team.two", place, name=name)
        elif name in team.operators and member.role != "operator":
            yield refuse("team-role", "team.two", place, name=name)
        elif member.key is None:
            yield refuse("team-without-key", "team.two", place, name=name)
    if len(set(team.operators)) < TEAM_LEAST:
        yield refuse("team-too-small", "team.two", "team.operators", least=TEAM_LEAST)
    if len({*team.operators, *team.installers}) < len(team.operators) + len(team.installers):
        yield refuse("team-twice", "team.two", "team")


def _texts(asked: Asked) -> Iterator[Finding]:
    body = asked.body
    for name in ("necessity", "alternatives", "recording_reason"):
        for word in causes(getattr(body, name) or ""):
            yield warn("text-names-cause", "R15", name, word=word)
    if body.urgent is None and not (body.alternatives or "").strip():
        yield warn("alternatives-missing", "R06", "alternatives")
    if body.urgent is None and not (body.consultation or "").strip():
        yield warn("consultation-missing", "R04", "consultation")
    if (length := len(necessity(body))) > DECISION_TEXT_LIMIT:
        yield refuse("text-too-long", "R06", "necessity", length=length, limit=DECISION_TEXT_LIMIT)


def necessity(body: PlanBody) -> str:
    """Why it is needed, as the decision says it: with the reason for recording, where there is recording."""
    needed = (body.necessity or "").strip()
    if body.recording in (None, "none") or not body.recording_reason:
        return needed
    return f"{needed} Opname: {body.recording_reason.strip()}"
