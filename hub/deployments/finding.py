# SPDX-License-Identifier: EUPL-1.2
"""What is wrong with a plan, or worth a second look: in the same words as a refusal, by the same rule."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from hub.problem import Parameter, ProblemError


@dataclass(frozen=True)
class Finding:
    """One finding. `kind` is a key of `hub.problem.KINDS`; `place` is the field that it is about."""

    kind: str
    rule: str
    place: str
    severity: Literal["refuse", "warn"] = "refuse"
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    def problem(self) -> ProblemError:
        """The same as a refusal."""
        return ProblemError(self.kind, rule=self.rule, **self.parameters)


def refuse(kind: str, rule: str, place: str, **parameters: Parameter) -> Finding:
    """What must be mended before anybody is asked to sign."""
    return Finding(kind, rule, place, "refuse", parameters)


def warn(kind: str, rule: str, place: str, **parameters: Parameter) -> Finding:
    """What may stand, and those who sign should know of."""
    return Finding(kind, rule, place, "warn", parameters)
