# SPDX-License-Identifier: EUPL-1.2
"""What a unit may do: held through bad messages and reboots, ended by withdrawal, and always with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.authority import EMPTY, RefusedError
from contract.mandate import HOUR_US, Mask, Window
from contract.messages import Ack
from edge.unit import authority as module
from edge.unit.authority import Authority, MemoryFileError, NotNow, Standing
from edge.unit.files import replace_file
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
)
from tests.unit.edge.unit import NAME, NOW_US, START_ID, hub

OTHER = "018f0000-0000-7000-8000-000000000002"
LATER = (Window(NOW_US + 10 * MINUTE_US, NOW_US + 20 * MINUTE_US),)


class Unit:
    """A unit that can be switched off and on."""

    def __init__(self, state: Path, simulated: SimulatedHub) -> None:
        self.state, self.hub, self.seen_us = state, simulated, 0
        self.on()

    def on(self) -> Authority:
        self.authority = Authority(self.state, self.hub.anchors, NAME, self._saw)
        return self.authority

    def hear(self, fault: Fault | None = None) -> module.Considered:
        return self.authority.consider(self.hub.message(self.authority.memory.checkpoint_size, fault))

    def now(self, at_us: int = NOW_US) -> str:
        """The decision that it may film under, or the rule by which it may not."""
        found = self.authority.current("cam-1", at_us)
        return found.order.decision_digest if isinstance(found, Standing) else found.rule

    def _saw(self, at_us: int) -> None:
        self.seen_us = max(self.seen_us, at_us)


def decision(simulated: SimulatedHub, deployment: str = DEPLOYMENT) -> str:
    return simulated.mandates[deployment].decision.digest


def test_without_a_mandate_nothing(tmp_path: Path) -> None:
    unit = Unit(tmp_path, SimulatedHub(NOW_US, NAME))
    assert unit.authority.current("cam-1", NOW_US) == NotNow("mandate.none", "no mandate")
    assert unit.authority.memory == EMPTY


def test_a_good_message_is_an_order_and_outlives_a_reboot(tmp_path: Path) -> None:
    unit = Unit(tmp_path, hub())
    assert unit.hear().begun == (DEPLOYMENT,)
    assert unit.now() == decision(unit.hub)
    memory = unit.authority.memory
    unit.on()
    assert unit.now() == decision(unit.hub)
    assert unit.authority.memory == memory
    assert unit.seen_us == NOW_US  # the newest leaf's time, again


def test_the_same_message_again_changes_nothing(tmp_path: Path) -> None:
    unit = Unit(tmp_path, hub())
    unit.hear()
    files = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert unit.hear() == module.Considered()
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == files  # nor is it written again
    unit.on()
    assert unit.now() == decision(unit.hub)


def test_windows(tmp_path: Path) -> None:
    unit = Unit(tmp_path, hub(windows=LATER))
    unit.hear()
    before = unit.authority.current("cam-1", NOW_US)
    assert before == NotNow("window.before", "the window opens at 2026-03-31 23:20:00 UTC", LATER[0].from_us)
    assert unit.now(LATER[0].from_us) == decision(unit.hub)
    assert unit.now(LATER[0].to_us - 1) == decision(unit.hub)
    assert unit.now(LATER[0].to_us) == "window.after"
    other = unit.authority.current("cam-2", NOW_US)
    assert isinstance(other, NotNow)
    assert other.rule == "mandate.none"


def test_no_key_for_the_hour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    simulated = SimulatedHub(NOW_US, NAME)
    whole = simulated.keyset

    def without_this_hour(envelope: object, serial: int) -> object:
        made = whole(envelope, serial)  # type: ignore[arg-type]
        return module.replace(made, keys=tuple(key for key in made.keys if key.from_us != NOW_US // HOUR_US * HOUR_US))

    monkeypatch.setattr(simulated, "keyset", without_this_hour)
    simulated.order()
    unit = Unit(tmp_path, simulated)
    unit.hear()
    assert unit.now() == "mandate.keyset"
    assert unit.now(NOW_US + 51 * MINUTE_US) == decision(simulated)


@pytest.mark.parametrize(
    ("changes", "masks", "rule"),
    [
        ({}, (Mask((0, 9, 9), (0, 0, 9)),), "unit.masks"),
        ({"live": "masked"}, (), "unit.masks"),
        ({"regime": "COUNT"}, (), "unit.count"),
        ({"recording": "on_reason"}, (), "unit.recording"),
        ({"prebuffer_s": 1}, (), "unit.prebuffer"),
        ({"on_link_loss": "stop"}, (), "unit.link-loss"),
        ({"upload": "deferred"}, (), "unit.upload"),
        ({"upload": "on_demand"}, (), "unit.upload"),
    ],
)
def test_what_this_unit_cannot_do_it_does_not_do(
    tmp_path: Path, changes: dict[str, str], masks: tuple[Mask, ...], rule: str
) -> None:
    simulated = SimulatedHub(NOW_US, NAME, masks=masks)
    simulated.order(**changes)
    unit = Unit(tmp_path, simulated)
    unit.hear()
    assert unit.now() == rule


@pytest.mark.parametrize("changes", [{"recording": "none"}, {"recording": "continuous"}, {"regime": "PW3"}])
def test_terms_that_this_unit_honours(tmp_path: Path, changes: dict[str, str]) -> None:
    unit = Unit(tmp_path, hub(**changes))
    unit.hear()
    assert unit.now() == decision(unit.hub)


@pytest.mark.parametrize("fault", sorted(set(Fault) - LOG_FAULTS))
def test_a_bad_first_message_is_no_order_and_says_why(tmp_path: Path, fault: Fault) -> None:
    simulated = SimulatedHub(NOW_US, NAME)
    simulated.order(fault)
    unit = Unit(tmp_path, simulated)
    assert [refusal.rule for refusal in unit.hear(fault).refusals] == [RULES[fault]]
    assert unit.now() == RULES[fault]
    if fault in MESSAGE_FAULTS:
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fault", sorted(Fault))
def test_what_stands_is_held_through_a_bad_message_and_a_reboot(tmp_path: Path, fault: Fault) -> None:
    unit = Unit(tmp_path, hub())
    unit.hear()
    standing = decision(unit.hub)
    unit.hub.order(None if fault in MESSAGE_FAULTS else fault, serial=2)
    considered = unit.hear(fault)
    assert [refusal.rule for refusal in considered.refusals] == [RULES[fault]]
    assert considered.changed == considered.withdrawn == ()
    assert unit.now() == standing
    assert unit.authority.refusal is not None
    unit.on()
    assert unit.now() == standing


def test_a_held_order_outlives_a_reboot_after_a_spare_code(tmp_path: Path) -> None:
    """The newer message binds by a spare code and its mandate is refused; the held one knows only the first code."""
    unit = Unit(tmp_path, hub())
    unit.hear()
    standing = decision(unit.hub)
    unit.hub.bindings.append(unit.hub.bind(SLOTS[0], 1, p256("new")))
    unit.hub.order(serial=2)  # signed with the key of the used code
    assert [refusal.rule for refusal in unit.hear().refusals] == ["mandate.approvals"]
    memory = unit.authority.memory
    for _ in range(2):
        unit.on()
        assert unit.now() == standing
        assert unit.authority.memory == memory
        assert unit.authority.refusal is not None
        assert unit.authority.refusal.rule == "mandate.approvals"


def test_a_held_order_that_no_longer_holds_is_said_after_a_reboot(tmp_path: Path) -> None:
    unit = Unit(tmp_path, hub())
    unit.hear()
    unit.hub.order(Fault.ONE_SIGNATURE, serial=2)
    unit.hub.order(deployment=OTHER, windows=LATER)
    unit.hear()
    (tmp_path / "held" / f"{DEPLOYMENT}.json").write_bytes(b"{}")
    unit.on()
    assert unit.now(LATER[0].from_us) == decision(unit.hub, OTHER)
    assert unit.authority.refusal is not None
    assert unit.authority.refusal.rule == "mandate.form"


def test_after_a_bad_message_a_good_one_is_taken(tmp_path: Path) -> None:
    unit = Unit(tmp_path, hub())
    unit.hear()
    unit.hub.order(Fault.ONE_SIGNATURE, serial=2)
    unit.hear()
    assert (tmp_path / "held" / f"{DEPLOYMENT}.json").exists()
    unit.hub.order(serial=3)
    assert unit.hear().changed == (DEPLOYMENT,)
    assert unit.now() == decision(unit.hub)
    assert unit.authority.refusal is None
    assert list((tmp_path / "held").iterdir()) == []


def test_bytes_that_are_no_message_change_nothing(tmp_path: Path) -> None:
    unit = Unit(tmp_path, hub())
    unit.hear()
    for data in (b"", b"{}", b"\xff" * 70_000):
        assert [refusal.rule for refusal in unit.authority.consider(data).refusals] == ["mandate.form"]
        assert unit.now() == decision(unit.hub)


def test_an_older_order_does_not_come_back(tmp_path: Path) -> None:
    unit = Unit(tmp_path, hub())
    old = unit.hub.mandates[DEPLOYMENT]
    first = unit.hub.message()
    unit.hear()
    unit.hub.order(serial=2)
    unit.hear()
    newer = decision(unit.hub)
    for again in (first, None):
        unit.hub.mandates[DEPLOYMENT] = old
        considered = unit.authority.consider(again) if again else unit.hear()
        assert [refusal.rule for refusal in considered.refusals] in (["mandate.log"], ["mandate.serial"])
        assert unit.now() == newer
        unit.on()
        assert unit.now() == newer


def test_a_deployment_no_longer_named_is_withdrawn(tmp_path: Path) -> None:
    unit = Unit(tmp_path, hub())
    unit.hear()
    unit.hub.mandates.clear()
    assert unit.hear().withdrawn == (DEPLOYMENT,)
    assert unit.now() == "mandate.none"
    unit.on()
    assert unit.now() == "mandate.none"


def test_a_bad_mandate_harms_no_other(tmp_path: Path) -> None:
    unit = Unit(tmp_path, hub())
    unit.hear()
    unit.hub.order(Fault.ONE_SIGNATURE, serial=2)
    unit.hub.order(deployment=OTHER, windows=LATER)
    assert unit.hear().begun == (OTHER,)
    for _ in range(2):
        assert unit.now(LATER[0].from_us + 60 * MINUTE_US) == "window.after"
        assert unit.now(LATER[0].from_us) in (decision(unit.hub, OTHER), held_digest(unit))
        unit.on()


def held_digest(unit: Unit) -> str:
    found = unit.authority.current("cam-1", NOW_US)
    assert isinstance(found, Standing)
    return found.order.decision_digest


def test_nothing_is_acted_on_before_it_is_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unit = Unit(tmp_path, hub())

    def fail(path: Path, data: bytes) -> None:
        if path.name == module.MEMORY:
            raise OSError(28, "No space left on device", str(path))
        replace_file(path, data)

    with monkeypatch.context() as patched:
        patched.setattr(module, "replace_file", fail)
        with pytest.raises(MemoryFileError, match="No space left"):
            unit.hear()
    assert unit.now() == "mandate.none"
    assert unit.hear().begun == (DEPLOYMENT,)


def test_a_power_cut_between_mandate_and_memory_is_taken_up(tmp_path: Path) -> None:
    unit = Unit(tmp_path, hub())
    unit.hear()
    older = (tmp_path / module.MEMORY).read_bytes()
    unit.hub.order(serial=2)
    unit.hear()
    (tmp_path / module.MEMORY).write_bytes(older)
    unit.on()
    assert unit.now() == decision(unit.hub)
    assert unit.hear() == module.Considered()


def test_a_memory_that_cannot_be_read_stops_the_unit(tmp_path: Path) -> None:
    (tmp_path / module.MEMORY).write_bytes(b"{}")
    with pytest.raises(MemoryFileError):
        Unit(tmp_path, hub())


def test_an_altered_mandate_on_disk_is_no_order(tmp_path: Path) -> None:
    unit = Unit(tmp_path, hub())
    unit.hear()
    path = tmp_path / module.MANDATE
    path.write_bytes(path.read_bytes().replace(b'"index":1', b'"index":2', 1))
    unit.on()
    assert unit.now() == "mandate.proof"


# --- Leases and acks ------------------------------------------------------------------------------------------


def rule_of(error: pytest.ExceptionInfo[RefusedError]) -> str:
    return error.value.rule


def test_a_lease_for_this_start(tmp_path: Path) -> None:
    unit = Unit(tmp_path, hub())
    with pytest.raises(RefusedError) as refused:
        unit.authority.publish_lease(unit.hub.lease(START_ID), START_ID, NOW_US)
    assert rule_of(refused) == "lease.roster"
    unit.hear()
    assert unit.authority.publish_lease(unit.hub.lease(START_ID), START_ID, NOW_US).camera == "cam-1"
    for data, rule in (
        (b"", "lease.form"),
        (unit.hub.lease("2" * 32), "lease.unit"),
        (unit.hub.lease(START_ID, ed25519("nobody")), "lease.signature"),
        (unit.hub.ack("c" * 64), "lease.signature"),
    ):
        with pytest.raises(RefusedError) as refused:
            unit.authority.publish_lease(data, START_ID, NOW_US)
        assert rule_of(refused) == rule


def test_an_ack_by_the_order_key(tmp_path: Path) -> None:
    unit = Unit(tmp_path, hub())
    with pytest.raises(RefusedError) as refused:
        unit.authority.ack(unit.hub.ack("c" * 64))
    assert rule_of(refused) == "ack.roster"
    unit.hear()
    unit.on()  # the roster stands again after a reboot
    unit.hub.now_us += MINUTE_US
    assert unit.authority.ack(unit.hub.ack("c" * 64)) == Ack("unit-1", "c" * 64, len(unit.hub.entries), unit.hub.now_us)
    assert unit.seen_us == unit.hub.now_us
    for data, rule in (
        (unit.hub.ack("c" * 64, ed25519("nobody")), "ack.signature"),
        (unit.hub.ack("c" * 64, unit="unit-9"), "ack.unit"),
        (unit.hub.lease(START_ID), "ack.signature"),
        (b"{}", "ack.signature"),
    ):
        with pytest.raises(RefusedError) as refused:
            unit.authority.ack(data)
        assert rule_of(refused) == rule
