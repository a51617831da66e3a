# SPDX-License-Identifier: EUPL-1.2
"""R15, Wet openbare manifestaties 4(3) and Wet politiegegevens 5: what a demonstration is about is not written down.

There is no field for it. What people may write freely is looked through for words that say it anyway: a title, which
everybody reads, is refused with one; in a reason it is a warning, for a reason may have to name what happened. A list
of words finds what is written by habit, not what is meant to be hidden.
"""

import re
from collections.abc import Iterator

# Whole words, Dutch and English, with which one says what one is for or against. No names of groups or beliefs: a list
# of those would itself be a record of them, and never whole.
SAYS_A_CAUSE = re.compile(
    r"\b(?:tegen|vóór|anti(?:-\w+)?|pro-\w+|steun(?:betuiging)?|solidariteit|weg met|actie voor|opkomen voor"
    r"|(?:mensen|vrouwen|dieren|kinder)?rechten|against|in support of|support|solidarity|down with|rally for"
    r"|(?:human|women's|animal|civil) rights)\b",
    re.IGNORECASE,
)
NO_TITLE = re.compile(r"[#@\"“”„«»!?]|https?:|www\.")  # a slogan, an account, a page


def causes(text: str) -> Iterator[str]:
    """The words of a text that say what a demonstration is about."""
    return (found.group() for found in SAYS_A_CAUSE.finditer(text))


def no_title(text: str) -> Iterator[str]:
    """What does not belong in a title, which is a place, a date and a number."""
    yield from causes(text)
    yield from (found.group() for found in NO_TITLE.finditer(text))
