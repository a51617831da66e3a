# SPDX-License-Identifier: EUPL-1.2
"""May a unit film: each way in which a mandate can be wrong is refused by its own rule."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.authority import (
    CLOCK_TOLERANCE_US,
    EMPTY,
    UNKNOWN,
    Examined,
    Memory,
    RefusedError,
    check_publish_lease,
    examine,
    masks_digest,
    post_digest,
)
from contract.envelope import enclose, read
from contract.events import Event
from contract.live import LEASE_LIFE_US
from contract.mandate import KEYSET, Keyset, Window, read_message
from contract.record import ContractError, dump, load
from tests.simulated_hub import (
    DEPLOYMENT,
    LOG_FAULTS,
    MESSAGE_FAULTS,
    MINUTE_US,
    RULES,
    SLOTS,
    Fault,
    SimulatedHub,
    ed25519,
    p256,
    post,
)
from tests.unit.contract.records import ME, NOW_US

START_ID = "1" * 32
GOLDEN_POST = "4a62fce79faabb086c37d28b6b1cfc8dd58323ca55ebec8464539a0487b0b5cd"
GOLDEN_NO_MASKS = "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"  # SHA-256 of []


def hub() -> SimulatedHub:
    return SimulatedHub(NOW_US, ME)


def seen(simulated: SimulatedHub, memory: Memory = EMPTY) -> Examined:
    """What the unit makes of the newest message."""
    message = read_message(simulated.message(memory.checkpoint_size))
    return examine(message, simulated.anchors, memory, ME)


def test_a_good_mandate_is_an_order() -> None:
    simulated = hub()
    mandate = simulated.order()
    examined = seen(simulated)
    (order,) = examined.orders
    assert examined.refusals == ()
    assert order.decision_digest == mandate.decision.digest
    assert order.assignment_digest == mandate.assignments[0].digest
    assert order.post.post == "post-1"
    assert order.window(NOW_US) == order.decision.windows[0]
    assert order.hour_key(NOW_US).from_us <= NOW_US
    assert examined.memory.checkpoint_size == len(simulated.entries)


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault not in LOG_FAULTS])
def test_each_fault_is_refused_by_its_rule(fault: Fault) -> None:
    simulated = hub()
    simulated.order(fault)
    message = read_message(simulated.message(fault=fault))
    if fault in MESSAGE_FAULTS:
        with pytest.raises(RefusedError) as refused:
            examine(message, simulated.anchors, EMPTY, ME)
        assert refused.value.rule == RULES[fault]
    else:
        examined = examine(message, simulated.anchors, EMPTY, ME)
        assert examined.orders == ()
        assert [(r.deployment, r.rule) for r in examined.refusals] == [(DEPLOYMENT, RULES[fault])]


@pytest.mark.parametrize("fault", sorted(LOG_FAULTS))
def test_a_log_that_does_not_connect_is_refused(fault: Fault) -> None:
    simulated = hub()
    simulated.order()
    memory = seen(simulated).memory
    simulated.order(serial=2)
    message = read_message(simulated.message(memory.checkpoint_size, fault))
    with pytest.raises(RefusedError) as refused:
        examine(message, simulated.anchors, memory, ME)
    assert refused.value.rule == RULES[fault]


def test_a_bad_mandate_harms_no_other() -> None:
    simulated = hub()
    other = "018f0000-0000-7000-8000-000000000002"
    simulated.order(Fault.ONE_SIGNATURE)
    simulated.order(deployment=other)
    examined = seen(simulated)
    assert [order.decision.deployment for order in examined.orders] == [other]
    assert [refusal.deployment for refusal in examined.refusals] == [DEPLOYMENT]


def test_an_older_serial_is_refused() -> None:
    simulated = hub()
    old = simulated.order()
    simulated.order(serial=2)
    memory = seen(simulated).memory
    simulated.mandates[DEPLOYMENT] = old
    examined = seen(simulated, memory)
    assert examined.orders == ()
    assert [refusal.rule for refusal in examined.refusals] == ["mandate.serial"]


def test_another_record_of_the_same_serial_is_refused() -> None:
    simulated = hub()
    simulated.order()
    memory = seen(simulated).memory
    simulated.order(retention_h=24)
    assert [refusal.rule for refusal in seen(simulated, memory).refusals] == ["mandate.serial"]


def test_the_same_message_again_is_the_same_order() -> None:
    simulated = hub()
    simulated.order()
    first = seen(simulated)
    assert seen(simulated, first.memory).orders == first.orders


def test_a_keyset_with_two_keys_for_an_hour_is_refused() -> None:
    """Else two readers would seal to, and look for, two keys."""
    simulated = hub()
    mandate = simulated.order()
    keyset = load(Keyset, mandate.keyset.body)
    twice = replace(keyset, keys=(*keyset.keys, replace(keyset.keys[0], key="9" * 32)))
    envelope = enclose(KEYSET, twice, simulated.order_key)
    ids = {"deployment": keyset.deployment, "serial": str(keyset.serial)}
    simulated.log(Event.KEYSET_ISSUED, envelope.digest, **ids)
    simulated.mandates[DEPLOYMENT] = replace(mandate, keyset=envelope)
    (refusal,) = seen(simulated).refusals
    assert (refusal.rule, refusal.reason) == ("mandate.keyset", "two keys for one hour and layer")


def test_an_older_roster_is_refused() -> None:
    simulated = hub()
    simulated.order()
    memory = seen(simulated).memory
    newer = tuple(replace(item, serial=2) if item.what == "roster" else item for item in memory.serials)
    with pytest.raises(RefusedError) as refused:
        seen(simulated, replace(memory, serials=newer))
    assert refused.value.rule == "mandate.serial"


def test_a_used_spare_code_is_never_undone() -> None:
    """Once a slot's second code bound a key, a message without that binding would bring the lost key back."""
    simulated = hub()
    first = list(simulated.bindings)
    simulated.bindings.append(simulated.bind(SLOTS[0], 1, p256("new")))
    simulated.order()
    examined = seen(simulated)
    assert [refusal.rule for refusal in examined.refusals] == ["mandate.approvals"]
    simulated.bindings = first
    with pytest.raises(RefusedError) as refused:
        seen(simulated, examined.memory)
    assert refused.value.rule == "mandate.binding"


def test_a_code_that_was_used_binds_no_other_key() -> None:
    """Who finds a used code binds a key of their own with it, and the message leaves out the first binding."""
    simulated = hub()
    simulated.order()
    memory = seen(simulated).memory
    thief = simulated.bind(SLOTS[0], 0, p256("thief"))
    simulated.bindings = [thief, *simulated.bindings[1:]]
    with pytest.raises(RefusedError, match="another key") as refused:
        seen(simulated, memory)
    assert refused.value.rule == "mandate.binding"


def test_a_memory_that_noted_counters_only_notes_the_binding_next() -> None:
    simulated = hub()
    simulated.order()
    memory = seen(simulated).memory
    counters = tuple(
        replace(item, digest=UNKNOWN) if item.what.startswith("slot/") else item for item in memory.serials
    )
    assert seen(simulated, replace(memory, serials=counters)).memory == memory


def test_two_mandates_of_one_deployment_are_refused() -> None:
    """An older decision may not stand beside the newer one that shortened it."""
    simulated = hub()
    simulated.mandates["older"] = simulated.order()
    simulated.order(serial=2)
    with pytest.raises(RefusedError) as refused:
        seen(simulated)
    assert refused.value.rule == "mandate.form"


def test_a_production_unit_refuses_a_demo() -> None:
    simulated = hub()
    simulated.order()
    with pytest.raises(RefusedError) as refused:
        examine(read_message(simulated.message()), replace(simulated.anchors, accept_demo=False), EMPTY, ME)
    assert refused.value.rule == "mandate.demo"


def test_another_pinned_log_key_is_refused() -> None:
    simulated = hub()
    anchors = replace(simulated.anchors, log_key=simulated.anchors.roster_key)
    with pytest.raises(RefusedError) as refused:
        examine(read_message(simulated.message()), anchors, EMPTY, ME)
    assert refused.value.rule == "mandate.roster"


def test_every_sampled_bit_flip_is_refused() -> None:
    """Of a message to a unit that has seen this log before, so that the consistency proof counts too."""
    simulated = hub()
    memory = seen(simulated).memory
    simulated.order()
    data = simulated.message(memory.checkpoint_size)
    assert len(examine(read_message(data), simulated.anchors, memory, ME).orders) == 1
    # One bit of every eleventh byte, and a steady sample of the others.
    places = {(at, at % 8) for at in range(0, len(data), 11)}
    places |= {divmod(bit, 8) for bit in random.Random(1).sample(range(8 * len(data)), 200)}
    for at, bit in sorted(places):
        flipped = bytearray(data)
        flipped[at] ^= 1 << bit
        try:
            examined = examine(read_message(bytes(flipped)), simulated.anchors, memory, ME)
        except ContractError:
            continue
        assert examined.orders == (), f"bit {bit} of byte {at} makes no difference"
        assert examined.refusals


@settings(max_examples=50)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_message_or_a_contract_error(data: bytes) -> None:
    with pytest.raises(ContractError):
        read_message(data)


def test_windows_and_hour_keys_bound_an_order() -> None:
    simulated = hub()
    simulated.order(windows=(Window(NOW_US, NOW_US + MINUTE_US),))
    (order,) = seen(simulated).orders
    assert order.window(NOW_US - 1) is None
    assert order.window(NOW_US + MINUTE_US - 1)
    assert order.window(NOW_US + MINUTE_US) is None
    with pytest.raises(RefusedError) as refused:
        order.hour_key(NOW_US + 1000 * MINUTE_US)
    assert refused.value.rule == "mandate.keyset"


def lease_rule(data: bytes, now_us: int = NOW_US) -> str:
    """The rule by which a lease is refused, or nothing."""
    simulated = hub()
    try:
        check_publish_lease(read(data), simulated.roster, ME.unit, START_ID, now_us)
    except RefusedError as refused:
        return refused.rule
    return ""


def test_publish_leases() -> None:
    simulated = hub()
    assert lease_rule(simulated.lease(START_ID)) == ""
    assert lease_rule(simulated.lease(START_ID), NOW_US + LEASE_LIFE_US - 1) == ""
    assert lease_rule(simulated.lease(START_ID), NOW_US + LEASE_LIFE_US) == "lease.over"
    assert lease_rule(simulated.lease("2" * 32)) == "lease.start"
    assert lease_rule(simulated.lease(START_ID, unit="unit-9")) == "lease.unit"
    assert lease_rule(simulated.lease(START_ID, until_us=NOW_US + LEASE_LIFE_US + 1)) == "lease.life"
    ahead_us = NOW_US + CLOCK_TOLERANCE_US + 1
    assert lease_rule(simulated.lease(START_ID, made_at_us=ahead_us, until_us=ahead_us + 1)) == "lease.life"
    assert lease_rule(simulated.lease(START_ID, ed25519("nobody"))) == "lease.signature"
    assert lease_rule(simulated.ack("c" * 64)) == "lease.signature"


def test_golden_digests() -> None:
    """What people sign names posts and masks by these."""
    assert post_digest(post()) == GOLDEN_POST
    assert masks_digest(()) == GOLDEN_NO_MASKS
    assert dump(post()).startswith(b'{"area":[{"lat_e7":')
