# SPDX-License-Identifier: EUPL-1.2
"""The one table of regimes: which law a deployment falls under, and who may see, look back and review by it.

A deployment has exactly one (R01), asked first, for everything else follows from it. What the table says of seeing is
what `may_see` answers; what it says of review is shown to people, and kept where footage is asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from contract.mandate import RETENTION_CEILING_H

Language = Literal["nl", "en"]
Words = Mapping[Language, str]


@dataclass(frozen=True)
class Regime:
    """A regime. `live` and `replay` are roles; `retention_h` is what is taken when nothing else is asked."""

    regime: str
    law: Words
    controller: Words
    live: tuple[str, ...]
    replay: tuple[str, ...]
    review: Words
    retention_h: int
    retention_ceiling_h: int
    pictures: bool


REGIMES: Mapping[str, Regime] = {
    "G151C": Regime(
        regime="G151C",
        law={"nl": "Gemeentewet, artikel 151c", "en": "Municipalities Act, article 151c"},
        controller={"nl": "politie (Wet politiegegevens)", "en": "police (Police Data Act)"},
        live=("operator", "viewer"),
        replay=("operator", "viewer"),
        review={
            "nl": "politie: toetser Wpg, daarna een tweede persoon",
            "en": "police: a reviewer under the Police Data Act, then a second person",
        },
        retention_h=168,
        retention_ceiling_h=RETENTION_CEILING_H,
        pictures=True,
    ),
    "PW3": Regime(
        regime="PW3",
        law={"nl": "Politiewet 2012, artikel 3", "en": "Police Act 2012, article 3"},
        controller={"nl": "politie (Wet politiegegevens)", "en": "police (Police Data Act)"},
        live=("operator",),
        replay=("operator",),
        review={
            "nl": "politie: toetser Wpg, daarna een tweede persoon",
            "en": "police: a reviewer under the Police Data Act, then a second person",
        },
        retention_h=24,
        retention_ceiling_h=RETENTION_CEILING_H,
        pictures=True,
    ),
    "COUNT": Regime(
        regime="COUNT",
        law={"nl": "Gemeentewet, artikel 172; AVG", "en": "Municipalities Act, article 172; GDPR"},
        controller={"nl": "gemeente (AVG)", "en": "municipality (GDPR)"},
        live=(),
        replay=(),
        review={"nl": "gemeente: er zijn geen beelden", "en": "municipality: there are no pictures"},
        retention_h=1,
        retention_ceiling_h=1,
        pictures=False,
    ),
}


def may_see(regime: str, role: str, purpose: Literal["watch", "replay"]) -> bool:
    """Whether somebody with this role may see pictures of a deployment under this regime; an unknown one shows none."""
    found = REGIMES.get(regime)
    if found is None:
        return False
    return role in (found.live if purpose == "watch" else found.replay)
