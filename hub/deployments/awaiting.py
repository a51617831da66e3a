# SPDX-License-Identifier: EUPL-1.2
"""Which drafts of assignments still wait for a signature: one filter for what is listed and what is thrown away."""

from collections.abc import Iterable

from contract.authority import place_of, post_digest
from contract.envelope import Envelope
from contract.mandate import Assignment
from contract.record import load
from hub.deployments.standing import StandingDecision


def awaited(stands: StandingDecision, drafts: Iterable[Envelope], now_us: int) -> list[Envelope]:
    """Those of a deployment's drafts, oldest first, that one signature more would make something of.

    Not one that a newer assignment of its place came before, whose post the decision that stands has no more, or whose
    quarter of an hour to aim is over; and of those that aim one unit at one post only the newest.
    """
    if stands.over(now_us):
        return []
    posts = {post_digest(post) for post in stands.decision.posts}
    found: dict[tuple[str, ...], Envelope] = {}
    for envelope in drafts:
        body = load(Assignment, envelope.body)
        if (
            body.post_digest not in posts
            or body.serial <= stands.serials.get(place_of(body), 0)
            or _is_over(body, now_us)
        ):
            continue
        aimed = body.setup is not None
        name = ("aimed", place_of(body), body.unit) if aimed else ("placed", envelope.digest)
        found.pop(name, None)
        found[name] = envelope
    return list(found.values())


def _is_over(body: Assignment, now_us: int) -> bool:
    return body.setup is not None and body.setup.to_us <= now_us
