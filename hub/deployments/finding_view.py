# SPDX-License-Identifier: EUPL-1.2
"""A finding as the API shows it, in the reader's language."""

from typing import Literal

from pydantic import BaseModel

from hub.deployments.finding import Finding
from hub.problem import Language, Parameter, body


class FindingView(BaseModel):
    """One finding; `field` is the plan's body's, with a dot before what is inside of it."""

    rule: str
    kind: str
    title: str
    detail: str
    field: str
    severity: Literal["refuse", "warn"]
    parameters: dict[str, Parameter]


def shown(finding: Finding, language: Language) -> FindingView:
    """In this language."""
    said = body(finding.problem(), language)
    return FindingView(
        rule=finding.rule,
        kind=finding.kind,
        title=str(said["title"]),
        detail=str(said["detail"]),
        field=finding.place,
        severity=finding.severity,
        parameters=dict(finding.parameters),
    )
