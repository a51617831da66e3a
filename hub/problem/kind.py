# SPDX-License-Identifier: EUPL-1.2
"""What a kind of refusal is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of problem: its status, and a title and a detail per language; the detail may name parameters."""

    status: int
    en: tuple[str, str]
    nl: tuple[str, str]
