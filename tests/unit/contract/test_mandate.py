# SPDX-License-Identifier: EUPL-1.2
"""Decision, assignment, keyset: what the types promise and what `check_decision` adds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contract.mandate import (
    HOUR_US,
    MESSAGE_LIMIT,
    RETENTION_CEILING_H,
    Decision,
    Keyset,
    Overrun,
    Window,
    check_decision,
    check_keyset,
    hours_touched,
    read_message,
)
from contract.record import ContractError, dump, load
from tests.simulated_hub import MINUTE_US, SimulatedHub, post
from tests.unit.contract.records import ME, NOW_US

HUB = SimulatedHub(NOW_US, ME)


def reread(decision: Decision) -> Decision:
    """Through its bytes, where bounds are checked."""
    return load(Decision, dump(decision))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"retention_h": RETENTION_CEILING_H + 1}, "retention_h"),
        ({"retention_h": 0}, "retention_h"),
        ({"offline_grace_s": 12 * 3600 + 1}, "offline_grace_s"),
        ({"windows": ()}, "windows"),
        ({"posts": ()}, "posts"),
        ({"regime": "ELSE"}, "regime"),
        ({"recording": "always"}, "recording"),
        ({"live": "loud"}, "live"),
        ({"number": "41"}, "number"),
        ({"serial": 0}, "serial"),
        ({"prebuffer_s": 121}, "prebuffer_s"),
        ({"deployment": "2026-041"}, "deployment"),
    ],
)
def test_bounds_of_a_decision(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(ContractError, match=rf"Decision\.{why}"):
        reread(HUB.decision(**changes))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"windows": (Window(5, 5),)}, "ends before it begins"),
        ({"windows": (Window(9, 12), Window(1, 10))}, "overlap"),
        ({"posts": (post(), post())}, "share a name"),
    ],
)
def test_what_the_types_cannot_say(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(ContractError, match=why):
        check_decision(reread(HUB.decision(**changes)))


def test_a_team_does_not_count_one_person_twice() -> None:
    decision = HUB.decision()
    first = decision.team.operators[0]
    with pytest.raises(ContractError, match="a key twice"):
        check_decision(replace(decision, team=replace(decision.team, operators=(first, first))))


def test_windows_may_touch() -> None:
    check_decision(HUB.decision(windows=(Window(10, 20), Window(1, 10))))


def test_the_last_moment_has_overrun_and_grace() -> None:
    decision = HUB.decision(windows=(Window(0, 10 * MINUTE_US), Window(20 * MINUTE_US, 30 * MINUTE_US)))
    assert decision.last_moment_us == (30 + 2 * 30 + 60) * MINUTE_US


def test_an_hour_has_its_own_key() -> None:
    envelope = HUB.order().keyset
    keyset = load(Keyset, envelope.body)
    first = keyset.keys[0]
    assert keyset.for_hour(first.from_us) == first
    assert keyset.for_hour(first.from_us + HOUR_US - 1) == first
    assert keyset.for_hour(first.from_us + HOUR_US) == keyset.keys[1]
    assert keyset.for_hour(first.from_us - 1) is None
    assert keyset.for_hour(first.from_us, "sub") is None
    assert keyset.for_hour(keyset.keys[-1].from_us + HOUR_US) is None


def test_a_keyset_has_one_key_for_an_hour_and_a_layer() -> None:
    keyset = load(Keyset, HUB.order().keyset.body)
    first, second, *_ = keyset.keys
    sub = replace(first, key="9" * 32, layer="sub")
    check_keyset(replace(keyset, keys=(first, sub, second)))
    for keys, why in (
        ((first, replace(first, key="9" * 32)), "two keys for one hour and layer"),
        ((first, replace(second, key=first.key)), "two hour keys share an id"),
        ((replace(first, from_us=first.from_us + 1),), "begins within an hour"),
    ):
        with pytest.raises(ContractError, match=why):
            check_keyset(replace(keyset, keys=keys))


def test_a_message_is_bounded() -> None:
    HUB.order()
    data = HUB.message()
    assert read_message(data)
    with pytest.raises(ContractError, match="more than"):
        read_message(data + b" " * MESSAGE_LIMIT)


@pytest.mark.parametrize(
    ("minutes", "overrun", "grace_h", "keys"),
    [(60, Overrun(0, 0), 0, 1), (61, Overrun(0, 0), 0, 2), (60, Overrun(2, 30), 0, 2), (60, Overrun(2, 30), 1, 3)],
)
def test_hours_touched(minutes: int, overrun: Overrun, grace_h: int, keys: int) -> None:
    start_us = NOW_US - NOW_US % HOUR_US
    window = Window(start_us, start_us + minutes * 60_000_000)
    body = HUB.decision(windows=(window,), overrun=overrun, offline_grace_s=grace_h * 3600)

    assert hours_touched(body, 99) == tuple(start_us + n * HOUR_US for n in range(keys))


def test_an_hour_that_two_windows_touch_counts_once_and_a_window_of_an_age_costs_nothing() -> None:
    start_us = NOW_US - NOW_US % HOUR_US
    two = (Window(start_us, start_us + MINUTE_US), Window(start_us + 2 * MINUTE_US, start_us + 3 * MINUTE_US))
    assert len(hours_touched(HUB.decision(windows=two, overrun=Overrun(0, 0), offline_grace_s=0), 99)) == 1
    age = (Window(start_us, 9_000_000_000_000_000),)
    assert len(hours_touched(HUB.decision(windows=age), 3)) == 4
