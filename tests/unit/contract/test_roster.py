# SPDX-License-Identifier: EUPL-1.2
"""Roster and bindings: who may approve follows from printed codes and the log's order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract.envelope import Envelope, enclose, fingerprint, spki
from contract.record import ContractError
from contract.roster import BINDING, Binding, approvers, bound, read_binding, standing_bindings
from tests.simulated_hub import SLOTS, SimulatedHub, ed25519, p256
from tests.unit.contract.records import ME, NOW_US

HUB = SimulatedHub(NOW_US, ME)
SLOT = SLOTS[0]


def binding(counter: int, person: str, slot: str = SLOT) -> Envelope:
    """A person's key bound with the slot's code of this counter."""
    return enclose(BINDING, Binding(slot, counter, spki(p256(person))), HUB.slot_key(slot, counter))


def test_a_slot_key_binds_a_persons_key() -> None:
    assert read_binding(binding(1, "a"), HUB.roster) == Binding(SLOT, 1, spki(p256("a")))


def test_another_slots_code_binds_nothing() -> None:
    stolen = enclose(BINDING, Binding(SLOT, 0, spki(p256("a"))), HUB.slot_key(SLOTS[1], 0))
    with pytest.raises(ContractError, match="missing or wrong"):
        read_binding(stolen, HUB.roster)


def test_another_counters_code_binds_nothing() -> None:
    with pytest.raises(ContractError, match="missing or wrong"):
        read_binding(enclose(BINDING, Binding(SLOT, 0, spki(p256("a"))), HUB.slot_key(SLOT, 1)), HUB.roster)


def test_a_slot_that_the_roster_does_not_have_binds_nothing() -> None:
    smaller = replace(HUB.roster, slots=HUB.roster.slots[1:])
    with pytest.raises(ContractError, match="no slot approver-a"):
        approvers(smaller, [(0, binding(0, "a"))])


def test_a_code_used_again_does_not_replace_who_used_it_first() -> None:
    """Whoever finds a used code sheet makes no approver of himself."""
    for order in ([0, 1], [1, 0]):
        logged = [(5, binding(0, "first")), (9, binding(0, "thief"))]
        found = approvers(HUB.roster, [logged[n] for n in order])
        assert set(found) == {fingerprint(spki(p256("first")))}


def test_a_spare_code_replaces_a_lost_key() -> None:
    found = approvers(HUB.roster, [(5, binding(0, "lost")), (9, binding(1, "new"))])
    assert set(found) == {fingerprint(spki(p256("new")))}


def test_slots_stand_beside_each_other() -> None:
    found = approvers(HUB.roster, [(1, binding(0, "a")), (2, binding(0, "b", SLOTS[1]))])
    assert {approver.slot for approver in found.values()} == set(SLOTS[:2])


def test_one_bad_binding_is_not_passed_over() -> None:
    forged = enclose(BINDING, Binding(SLOT, 0, spki(p256("a"))), ed25519("nobody"))
    with pytest.raises(ContractError):
        approvers(HUB.roster, [(1, binding(0, "b", SLOTS[1])), (2, forged)])


def test_of_all_that_was_ever_bound_what_an_earlier_roster_knew_is_passed_over() -> None:
    smaller = replace(HUB.roster, slots=HUB.roster.slots[1:])
    logged = [(1, binding(0, "a")), (2, binding(0, "b", SLOTS[1]))]
    assert set(bound(smaller, logged)) == {fingerprint(spki(p256("b")))}


def test_of_all_that_was_ever_bound_one_binding_of_each_slot_stands() -> None:
    lost, new, thief = binding(0, "lost"), binding(1, "new"), binding(1, "thief")
    other = binding(0, "b", SLOTS[1])
    assert standing_bindings(HUB.roster, [(9, thief), (7, new), (5, lost), (6, other)]) == [(6, other), (7, new)]
