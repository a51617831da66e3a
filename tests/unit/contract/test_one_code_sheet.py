# SPDX-License-Identifier: EUPL-1.2
"""Whoever holds the whole server and one approver's code sheets still makes one approver, and no unit films for one.

The attacker has the order key, the log key and the database, writes the log as they like, meets a unit that remembers
nothing, and has all three codes of one slot. They lack the roster key and the other slots' codes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from contract.authority import EMPTY, Examined, RefusedError, examine
from contract.envelope import Envelope, PrivateKey, enclose, spki
from contract.events import Event
from contract.mandate import read_message
from contract.roster import ROSTER, Slot
from tests.simulated_hub import SLOTS, SimulatedHub, ed25519, p256
from tests.unit.contract.records import ME, NOW_US

OWN, OTHER, STOLEN = SLOTS
FIRST, SECOND = p256("attacker-1"), p256("attacker-2")


def decided_by(hub: SimulatedHub, *keys: PrivateKey) -> None:
    """The attacker's decision, signed by these keys, logged, with its assignment and hour keys."""
    hub.approvers = dict(zip(SLOTS, (*keys, keys[0]), strict=True))  # type: ignore[arg-type]
    hub.order()


def judged(hub: SimulatedHub) -> Examined:
    return examine(read_message(hub.message()), hub.anchors, EMPTY, ME)


def without(hub: SimulatedHub, slot: str) -> list[Envelope]:
    """The genuine bindings but that of one slot, which the attacker keeps back."""
    return [binding for name, binding in zip(SLOTS, hub.bindings, strict=True) if name != slot]


def two_codes(hub: SimulatedHub) -> Sequence[PrivateKey]:
    hub.bindings = [*without(hub, STOLEN), hub.bind(STOLEN, 1, FIRST), hub.bind(STOLEN, 2, SECOND)]
    return FIRST, SECOND


def one_key_twice(hub: SimulatedHub) -> Sequence[PrivateKey]:
    hub.bindings = [*without(hub, STOLEN), hub.bind(STOLEN, 1, FIRST)]
    return FIRST, FIRST


def the_codes_themselves(hub: SimulatedHub) -> Sequence[PrivateKey]:
    hub.bindings = [*without(hub, STOLEN), hub.bind(STOLEN, 1, FIRST)]
    return FIRST, hub.slot_key(STOLEN, 2)


def the_servers_own_key(hub: SimulatedHub) -> Sequence[PrivateKey]:
    hub.bindings = [*without(hub, STOLEN), hub.bind(STOLEN, 1, FIRST)]
    return FIRST, hub.order_key


@pytest.mark.parametrize("attack", [two_codes, one_key_twice, the_codes_themselves, the_servers_own_key])
def test_two_signatures_of_one_slot_are_one(attack: Callable[[SimulatedHub], Sequence[PrivateKey]]) -> None:
    hub = SimulatedHub(NOW_US, ME)
    decided_by(hub, *attack(hub))

    examined = judged(hub)

    assert examined.orders == ()
    assert [refusal.rule for refusal in examined.refusals] == ["mandate.approvals"]


@pytest.mark.parametrize("counter", [0, 1, 2])
def test_its_codes_bind_nothing_to_another_slot(counter: int) -> None:
    hub = SimulatedHub(NOW_US, ME)
    taken = hub.bind(OTHER, counter, SECOND, hub.slot_key(STOLEN, counter))
    hub.bindings = [*without(hub, OTHER), taken]
    decided_by(hub, FIRST, SECOND)

    with pytest.raises(RefusedError) as refused:
        judged(hub)
    assert refused.value.rule == "mandate.binding"


@pytest.mark.parametrize("signer", ["order_key", "log_key", "own"])
def test_a_roster_of_their_own_is_nobodys(signer: str) -> None:
    hub = SimulatedHub(NOW_US, ME)
    mine = tuple(spki(ed25519(f"attacker's code {n}")) for n in range(3))
    roster = replace(hub.roster, serial=2, slots=(*hub.roster.slots, Slot("approver-d", "Attacker", mine)))
    hub.roster_envelope = enclose(ROSTER, roster, ed25519("attacker") if signer == "own" else getattr(hub, signer))
    hub.log(Event.ROSTER_PUBLISHED, hub.roster_envelope.digest, serial="2")
    hub.bindings = [
        hub.bind(STOLEN, 1, FIRST),
        hub.bind("approver-d", 0, SECOND, ed25519("attacker's code 0")),
    ]
    decided_by(hub, FIRST, SECOND)

    with pytest.raises(RefusedError) as refused:
        judged(hub)
    assert refused.value.rule == "mandate.roster"


def test_with_the_other_hand_it_would_have_been_an_order() -> None:
    """So each refusal above is for the hand that is missing, and for nothing else."""
    hub = SimulatedHub(NOW_US, ME)
    honest = hub.approvers[OWN]
    hub.bindings = [*without(hub, STOLEN), hub.bind(STOLEN, 1, FIRST)]
    decided_by(hub, honest, FIRST)

    assert len(judged(hub).orders) == 1
