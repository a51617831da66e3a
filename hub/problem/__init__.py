# SPDX-License-Identifier: EUPL-1.2
"""Every refusal that leaves the hub by HTTP: problem+json (RFC 9457), in the reader's language.

`type` is stable and what a program goes by; `rule` names the rule that refused, `parameters` hold what the words
mention. `title` and `detail` follow Accept-Language: Dutch, else English. Nothing here knows a web framework.
"""

from collections.abc import Mapping
from typing import Literal

from hub.problem import access, deployments, general, pictures, units
from hub.problem.kind import Kind

MEDIA_TYPE = "application/problem+json"
Language = Literal["nl", "en"]
Parameter = str | int | bool | None


KINDS: Mapping[str, Kind] = {
    **general.KINDS,
    **access.KINDS,
    **deployments.KINDS,
    **units.KINDS,
    **pictures.KINDS,
}


class ProblemError(Exception):
    """A request is refused, in words for who asked. `kind` is a key of KINDS."""

    def __init__(self, kind: str, *, rule: str | None = None, **parameters: Parameter) -> None:
        super().__init__(kind if rule is None else f"{kind} ({rule})")
        self.kind = kind
        self.rule = rule
        self.parameters = parameters

    @property
    def status(self) -> int:
        """The HTTP status."""
        return KINDS[self.kind].status


def body(problem: ProblemError, language: Language) -> dict[str, object]:
    """The problem as RFC 9457's members."""
    kind = KINDS[problem.kind]
    title, detail = kind.nl if language == "nl" else kind.en
    rule = {} if problem.rule is None else {"rule": problem.rule}
    written: dict[str, object] = {
        "type": f"/problems/{problem.kind}",
        "title": title,
        "status": kind.status,
        "detail": detail.format(**{**problem.parameters, **rule}),
        **rule,
    }
    if problem.parameters:
        written["parameters"] = dict(problem.parameters)
    return written


def preferred(accept_language: str) -> Language:
    """Dutch where the reader prefers it over English, else English (RFC 9110, 12.5.4)."""
    weights = {"nl": 0.0, "en": 0.0}
    for part in accept_language.lower().split(",")[:16]:
        tag, _, quality = part.partition(";")
        name = tag.strip().split("-")[0]
        if name in weights:
            weights[name] = max(weights[name], _quality(quality))
    return "nl" if weights["nl"] > weights["en"] else "en"


def _quality(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return min(1.0, max(0.0, float(value)))
    except ValueError:
        return 0.0
