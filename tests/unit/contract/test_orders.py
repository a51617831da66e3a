# SPDX-License-Identifier: EUPL-1.2
"""What a unit makes of orders by hostile hands: each is refused by the unit itself, and each test says by what.

Whoever passes messages on holds the whole public log, and every record that was ever logged, with its signatures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from contract.authority import EMPTY, Examined, Memory, examine
from contract.envelope import enclose, spki
from contract.events import Event
from contract.mandate import ASSIGNMENT, DECISION, Assignment, Team, Window, read_message
from contract.record import load
from contract.running import SETUP_LIFE_US
from tests.simulated_hub import (
    DEPLOYMENT,
    MINUTE_US,
    SimulatedHub,
    aim,
    ed25519,
    necessity,
    overrun,
    p256,
    place,
    swap,
)
from tests.unit.contract.records import ME, NOW_US

INSTALLER = p256("installer-1")
Spoil = Callable[[SimulatedHub], object]


def ordered(**changes: object) -> SimulatedHub:
    """A hub with an order, and an installer in its team."""
    hub = SimulatedHub(NOW_US, ME)
    team = Team(tuple(spki(key) for key in hub.operators), (spki(INSTALLER),))
    hub.order(**{"team": team, **changes})  # type: ignore[arg-type]
    return hub


def seen(hub: SimulatedHub, memory: Memory = EMPTY) -> Examined:
    return examine(read_message(hub.message(memory.checkpoint_size)), hub.anchors, memory, ME)


def rules(found: Examined) -> list[str]:
    return [refusal.rule for refusal in found.refusals]


def assign(hub: SimulatedHub, *keys: object) -> None:
    """The order's assignment, signed by these alone."""
    mandate = hub.mandates[DEPLOYMENT]
    placed = place(hub, *keys, serial=2)  # type: ignore[arg-type]
    hub.mandates[DEPLOYMENT] = replace(mandate, assignments=(placed,))


def test_an_operator_and_an_installer_place_a_unit() -> None:
    hub = ordered()
    assign(hub, hub.operators[0], INSTALLER)
    assert len(seen(hub).orders) == 1


@pytest.mark.parametrize("others", [(INSTALLER,), (INSTALLER, INSTALLER), (INSTALLER, p256("nobody"))])
def test_one_person_in_two_sessions_is_refused_as_one_key(others: tuple[object, ...]) -> None:
    hub = ordered()
    assign(hub, *others)
    assert rules(seen(hub)) == ["mandate.assignment"]


def test_a_key_that_stands_in_the_team_twice_is_refused_by_its_form() -> None:
    hub = SimulatedHub(NOW_US, ME)
    both = tuple(spki(key) for key in hub.operators)
    hub.order(team=Team(both, both[:1]))
    assert rules(seen(hub)) == ["mandate.form"]


def test_an_assignment_outside_the_decision_is_refused_by_its_post() -> None:
    hub = ordered()
    mandate = hub.mandates[DEPLOYMENT]
    elsewhere = place(hub, post="post-9", serial=2)
    hub.mandates[DEPLOYMENT] = replace(mandate, assignments=(elsewhere,))
    assert rules(seen(hub)) == ["mandate.assignment"]


def test_a_unit_that_was_swapped_out_refuses_its_old_place_by_the_serial() -> None:
    """Also under a newer decision, which would let an order stand again that was only withdrawn."""
    hub = ordered()
    old = hub.mandates[DEPLOYMENT]
    before = seen(hub).memory
    swap(hub)
    told = seen(hub, before)
    assert (told.orders, told.refusals) == ((), ())
    hub.now_us += MINUTE_US
    newer = hub.order(serial=2, team=Team(tuple(spki(key) for key in hub.operators), (spki(INSTALLER),)))
    hub.mandates[DEPLOYMENT] = replace(newer, assignments=old.assignments)
    assert rules(seen(hub, told.memory)) == ["mandate.serial"]
    assert len(seen(hub).orders) == 1, "a unit that was told nothing could not know"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"unit": ME.unit, "unit_key": ME.unit_key}, "mandate.unit"),
        ({"deployment": DEPLOYMENT[:-1] + "9"}, "mandate.assignment"),
    ],
)
def test_a_swap_that_is_none_is_refused(changes: dict[str, str], rule: str) -> None:
    hub = ordered()
    mandate = hub.mandates[DEPLOYMENT]
    given = place(hub, serial=2, **{"unit": "unit-9", "unit_key": "9" * 64, **changes})  # type: ignore[arg-type]
    hub.mandates[DEPLOYMENT] = replace(mandate, swapped=(given,))
    assert rules(seen(hub)) == [rule]


def test_a_swap_that_one_signed_or_that_was_not_logged_tells_nothing() -> None:
    hub = ordered()
    mandate = hub.mandates[DEPLOYMENT]
    one = place(hub, hub.operators[0], unit="unit-9", unit_key="9" * 64, serial=2)
    hub.mandates[DEPLOYMENT] = replace(mandate, swapped=(one,))
    assert rules(seen(hub)) == ["mandate.assignment"]
    unlogged = place(hub, log=False, unit="unit-9", unit_key="9" * 64, serial=3)
    hub.mandates[DEPLOYMENT] = replace(mandate, swapped=(unlogged,))
    assert rules(seen(hub)) == ["mandate.proof"]


def test_an_overrun_prolongs_the_window() -> None:
    hub = ordered()
    taken = overrun(hub)
    (order,) = seen(hub).orders
    assert order.course.windows[0].to_us == taken.until_us
    assert order.window(taken.until_us - 1) and not order.window(taken.until_us)
    assert order.decision.windows[0].to_us < taken.until_us, "the decision stays as it was signed"


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (lambda hub: overrun(hub, p256("nobody")), "mandate.overrun"),
        (lambda hub: overrun(hub, INSTALLER), "mandate.overrun"),
        (lambda hub: overrun(hub, next(iter(hub.approvers.values()))), "mandate.overrun"),
        (lambda hub: overrun(hub, log=False), "mandate.proof"),
        (lambda hub: overrun(hub, serial=2), "mandate.overrun"),
        (lambda hub: overrun(hub, nth=2), "mandate.overrun"),
        (lambda hub: overrun(hub, until_us=NOW_US + 10_000 * MINUTE_US), "mandate.overrun"),
        (lambda hub: (overrun(hub), overrun(hub), overrun(hub)), "mandate.overrun"),
    ],
)
def test_an_overrun_that_does_not_hold_is_refused(spoil: Spoil, rule: str) -> None:
    hub = ordered()
    spoil(hub)
    assert rules(seen(hub)) == [rule]


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (lambda hub: necessity(hub, NOW_US, p256("nobody")), "mandate.necessity"),
        (lambda hub: necessity(hub, NOW_US, hub.operators[0]), "mandate.necessity"),
        (lambda hub: necessity(hub, NOW_US, log=False), "mandate.proof"),
        (lambda hub: necessity(hub, NOW_US, serial=2), "mandate.necessity"),
        (lambda hub: necessity(hub, NOW_US + 2 * MINUTE_US), "mandate.necessity"),
    ],
)
def test_a_confirmation_that_does_not_hold_is_refused(spoil: Spoil, rule: str) -> None:
    hub = ordered()
    spoil(hub)
    assert rules(seen(hub)) == [rule]


def test_a_confirmation_counts() -> None:
    hub = ordered()
    necessity(hub, NOW_US)
    (order,) = seen(hub).orders
    assert order.confirmed_us == (NOW_US,)


def test_a_setup_is_an_order_for_its_quarter_of_an_hour_and_withdraws_no_placement() -> None:
    hub = ordered(windows=(Window(NOW_US + 60 * MINUTE_US, NOW_US + 120 * MINUTE_US),))
    aim(hub, Window(NOW_US, NOW_US + SETUP_LIFE_US), hub.operators[0], INSTALLER, alone=False)
    found = seen(hub)
    placed, aimed = found.orders
    assert (placed.recorded, aimed.recorded) == (True, False)
    assert (placed.window(NOW_US), aimed.window(NOW_US)) == (None, Window(NOW_US, NOW_US + SETUP_LIFE_US))
    assert {item.what for item in found.memory.serials} >= {
        f"assignment/{DEPLOYMENT}/post-1",
        f"assignment/{DEPLOYMENT}/post-1.setup",
    }


def test_a_setup_that_one_signed_is_refused_as_an_assignment() -> None:
    hub = ordered()
    aim(hub, Window(NOW_US, NOW_US + SETUP_LIFE_US), INSTALLER)
    assert rules(seen(hub)) == ["mandate.assignment"]


def test_an_order_key_signs_no_assignment() -> None:
    """Whoever holds the server's whole state has the order key, and no key of the team."""
    hub = ordered()
    mandate = hub.mandates[DEPLOYMENT]
    body = replace(load(Assignment, mandate.assignments[0].body), serial=2)
    forged = enclose(ASSIGNMENT, body, hub.order_key, ed25519("roster"))
    hub.mandates[DEPLOYMENT] = replace(mandate, assignments=(forged,))
    assert rules(seen(hub)) == ["mandate.assignment"]


def test_a_swap_that_an_earlier_decisions_team_signed_still_tells() -> None:
    """The newer decision has one new key in its team; whoever signed the swap is none of it."""
    hub = ordered()
    first = hub.mandates[DEPLOYMENT]
    before = seen(hub).memory
    swapped = swap(hub)
    hub.now_us += MINUTE_US
    team = Team((spki(hub.operators[0]), spki(ed25519("another"))), ())
    newer = hub.order(serial=2, team=team)
    hub.mandates[DEPLOYMENT] = replace(newer, assignments=(), swapped=(swapped,))
    assert rules(seen(hub, before)) == ["mandate.assignment"]
    hub.mandates[DEPLOYMENT] = replace(newer, assignments=(), swapped=(swapped,), earlier=(first.decision,))
    told = seen(hub, before)
    assert told.refusals == ()
    hub.now_us += MINUTE_US
    last = hub.order(serial=3)
    hub.mandates[DEPLOYMENT] = replace(last, assignments=first.assignments)
    assert rules(seen(hub, told.memory)) == ["mandate.serial"], "its own place there is an older one"


@pytest.mark.parametrize("wrong", ["not logged", "not earlier", "of another deployment"])
def test_a_decision_that_is_none_before_this_one_is_nobodys_team(wrong: str) -> None:
    hub = ordered()
    outsiders = (ed25519("out-1"), ed25519("out-2"))
    given = place(hub, *outsiders, unit="unit-9", unit_key="9" * 64, serial=2)
    team = Team(tuple(spki(key) for key in outsiders), ())
    changes: dict[str, Any] = {
        "not logged": {},
        "not earlier": {"serial": 2},
        "of another deployment": {"deployment": DEPLOYMENT[:-1] + "9"},
    }[wrong]
    false = enclose(DECISION, replace(hub.decision(team=team), **changes), *hub._deciders(None))
    if wrong != "not logged":
        hub.log(Event.DECISION_SIGNED, false.digest, deployment=DEPLOYMENT, serial="1")
    newer = hub.order(serial=2)
    hub.mandates[DEPLOYMENT] = replace(newer, swapped=(given,), earlier=(false,))
    assert rules(seen(hub)) == ["mandate.proof" if wrong == "not logged" else "mandate.form"]
    assert len(seen(hub).orders) == 1, "and harms nothing else"
