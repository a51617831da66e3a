# SPDX-License-Identifier: EUPL-1.2
"""Self-test: may whoever hung this unit go home? Pure: what readiness found, said as an installer needs it.

What is wrong comes first, each with what to do about it there and then; what cannot be known while the unit is silent
is said to be unknown, and is no pass. Whether pictures arrive is shown by the preview on the installer's own phone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from hub.fleet.readiness import FRESH_US, Check, Facts, certificate, clock, disk, mandate
from hub.fleet.selftest_words import WORDS
from hub.problem import Language

MINUTE_US = 60_000_000
SEEN_WITHIN_US = 20 * MINUTE_US  # an aiming lasts a quarter of an hour


@dataclass(frozen=True)
class Tested:
    """One thing: `ok` is None where it is not known. `do` is empty where nothing is to be done."""

    check: str
    ok: bool | None
    says: str
    title: str
    detail: str
    do: str


@dataclass(frozen=True)
class SelfTest:
    """The whole: ready where everything is known to be right."""

    verdict: Literal["ready", "not-ready"]
    checks: tuple[Tested, ...]


def self_test(facts: Facts, online: bool, now_us: int, language: Language) -> SelfTest:
    """What is wrong first, then what is not known, then what is right; each in the order in which one would look."""
    found = [_in_words(check, language) for check in _checks(facts, online, now_us)]
    order: Mapping[bool | None, int] = {False: 0, None: 1, True: 2}
    checks = tuple(sorted(found, key=lambda tested: order[tested.ok]))
    return SelfTest("ready" if all(tested.ok for tested in checks) else "not-ready", checks)


def _checks(facts: Facts, online: bool, now_us: int) -> Iterable[Check]:
    health = facts.health
    heard_us = now_us - facts.received_at_us
    if health is None or not online or heard_us > FRESH_US:
        minutes = max(1, heard_us // MINUTE_US)
        yield Check("line", False, "line.never" if health is None else "line.silent", {"minutes": minutes})
    else:
        yield Check("line", True, "line.heard", {"seconds": max(0, heard_us) // 1_000_000})
    yield _placed(facts)
    if health is None or heard_us > FRESH_US:
        for name in ("mandate", "camera", "clock", "certificate", "disk"):
            yield Check(name, False, "unknown")
        return
    yield mandate(facts, health, now_us)
    yield _camera(facts)
    yield from (clock(facts, health, now_us), certificate(facts, health, now_us), disk(facts, health, now_us))


def _placed(facts: Facts) -> Check:
    if facts.planned is None:
        return Check("placed", False, "placed.nowhere")
    return Check("placed", True, "placed.at", {"post": facts.planned.post, "number": facts.planned.number})


def _camera(facts: Facts) -> Check:
    """Whether the camera gave pictures lately; an aiming that is over counts, for it is opened under orders alone."""
    health, state = facts.health, facts.camera
    if state is not None and state.doing == "failing":
        return Check("camera", False, "camera.failing")
    last = [each.last_picture_at_us for each in health.cameras if each.last_picture_at_us] if health else []
    if health is None or not last:
        return Check("camera", False, "camera.unseen")
    if health.at_us - max(last) > SEEN_WITHIN_US:
        return Check("camera", False, "camera.long-ago", {"minutes": (health.at_us - max(last)) // MINUTE_US})
    return Check("camera", True, "camera.gives")


def _in_words(check: Check, language: Language) -> Tested:
    title, detail, do = WORDS[language][check.says]
    figures = _figures(check.parameters)
    ok = None if check.says == "unknown" else check.ok
    figures["name"] = WORDS[language]["name." + check.check][0]
    # Once: what people wrote stands among the figures, and is no form to fill in.
    said = (title.format(**figures), detail.format(**figures), do.format(**figures))
    return Tested(check.check, ok, check.says, *said)


def _figures(parameters: Mapping[str, int | str]) -> dict[str, str]:
    """Stretches of time in seconds and hours; moments are not said, for a page knows better where it is read."""
    figures = {name: str(value) for name, value in parameters.items()}
    for name in ("off_us", "error_us"):
        if name in parameters:
            figures["seconds"] = str(-(-int(parameters[name]) // 1_000_000))
            figures["milliseconds"] = str(-(-int(parameters[name]) // 1000))
    for name in ("room_us", "needed_us"):
        if name in parameters:
            figures[name.removesuffix("_us") + "_h"] = str(int(parameters[name]) // 3_600_000_000)
    return figures
