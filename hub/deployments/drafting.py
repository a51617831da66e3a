# SPDX-License-Identifier: EUPL-1.2
"""A plan becomes the decision that people sign: what it says, in the contract's form and in words for who reads it.

The decision is a Dutch document. It names its ground as one reads it aloud, with the number in the official gazette;
the ids of the rows stay in the plan.
"""

from collections.abc import Mapping
from typing import Any

from contract.mandate import Decision, Position, Post, View, hours_touched
from contract.record import ContractError, build, dump, plain
from hub.deployments.finding import Finding, refuse
from hub.deployments.plan_body import PlanPost, PlanTeam
from hub.deployments.rules import Asked, necessity

# A mandate message holds 64 KiB: the decision, its keyset (170 bytes a key, in base64), roster, bindings and proofs.
DECISION_LIMIT = 8 * 1024  # bytes
HOURS_LIMIT = 120  # hour keys
NOBODYS = {
    "deployment": "00000000-0000-7000-8000-000000000000",
    "number": "0000-0000",
    "serial": 1,
    "decided_at_us": 0,
    "demo": True,
}
"""What the hub itself fills in, as long as a decision is only measured."""


def terms(asked: Asked) -> dict[str, Any]:
    """The decision's JSON without what the hub itself fills in. The plan must have passed the rules."""
    body, overrun, team = asked.body, asked.body.overrun, asked.body.team or PlanTeam()
    return {
        "regime": body.regime,
        "designation": _designation(asked),
        "delegation": _delegation(asked),
        "necessity": necessity(body),
        "area": plain(asked.area),
        "posts": plain(tuple(_post(post, asked.area) for post in body.posts)),
        "windows": [{"from_us": from_us, "to_us": to_us} for _, from_us, to_us in asked.spans],
        "overrun": None if overrun is None else overrun.model_dump(),
        "recording": body.recording,
        "prebuffer_s": body.prebuffer_s,
        "on_link_loss": body.on_link_loss,
        "team": plain({"operators": _keys(asked, team.operators), "installers": _keys(asked, team.installers)}),
        "live": "clear",
        "retention_h": body.retention_h,
        "upload": "live",
        "offline_grace_s": body.offline_grace_s,
        "max_units": body.max_units,
    }


def measured(asked: Asked) -> list[Finding]:
    """What is wrong with the decision as a whole: its form, the hours it takes keys for, its length."""
    try:
        decision = build(Decision, {**terms(asked), **NOBODYS})
    except ContractError as error:
        return [refuse("form-refused", "plan.form", "plan", reason=str(error))]
    hours = len(hours_touched(decision, HOURS_LIMIT))
    if hours > HOURS_LIMIT:
        return [refuse("too-many-hours", "R04", "windows", hours=hours, limit=HOURS_LIMIT)]
    if (size := len(dump(decision))) > DECISION_LIMIT:
        return [refuse("decision-too-large", "plan.size", "posts", size=size, limit=DECISION_LIMIT)]
    return []


def decision_of(asked: Asked, own: Mapping[str, object]) -> Decision:
    """The decision. Raises ContractError where the plan has not passed the rules."""
    return build(Decision, {**terms(asked), **own})


def _designation(asked: Asked) -> str:
    held = asked.designation
    if held is None:
        return ""
    said = f"{held.name} ({held.publication or 'nog niet bekendgemaakt'})"
    consultation = (asked.body.consultation or "").strip()
    return f"{said}; driehoek: {consultation}" if consultation else said


def _delegation(asked: Asked) -> str:
    held, urgent = asked.delegation, asked.body.urgent
    if held is None:
        return ""
    said = f"{held.ordinance}, {held.article}"
    return said if urgent is None else f"{said}; spoed, in mandaat van {urgent.mandate_holder.strip()}"


def _post(post: PlanPost, area: tuple[Position, ...]) -> Post:
    own = tuple(place.position() for place in post.area)
    at = None if post.position is None else post.position.position()
    view = None if post.view is None else post.view.view()
    return Post(
        post.post,
        post.name or post.post,
        at or Position(0, 0),
        own or area,
        view or View(0, 0, 1_000, 0),
        post.ceiling_px_per_m or 1,
    )


def _keys(asked: Asked, names: list[str]) -> tuple[bytes, ...]:
    return tuple(key for name in names if (member := asked.people.get(name)) and (key := member.key))
