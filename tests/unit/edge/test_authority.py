# SPDX-License-Identifier: EUPL-1.2
"""What a unit may do: held through bad messages and reboots, ended by withdrawal, and always with a reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from contract.authority import EMPTY, RefusedError, post_digest
from contract.envelope import Envelope
from contract.events import Event
from contract.mandate import HOUR_US, Keyset, Mandate, Mask, Window, read_message
from contract.messages import Ack
from contract.record import dump, load
from contract.tlog import Leaf
from edge.unit import authority as module
from edge.unit import memory as memory_module
from edge.unit.authority import Authority, NotNow, Standing
from edge.unit.files import replace_file
from edge.unit.memory import MEMORY, MemoryFileError, begin_memory, read_memory
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
    place,
    post,
)
from tests.unit.edge.hands import Hands
from tests.unit.edge.unit import NAME, NOW_US, START_ID, hub

MANDATE_FAULTS = frozenset(list(Fault)[list(Fault).index(Fault.OTHER_UNIT) : list(Fault).index(Fault.ROSTER_FORGED)])
"""Faults in a mandate whose decision holds by itself."""
OTHER = "018f0000-0000-7000-8000-000000000002"
LATER = (Window(NOW_US + 10 * MINUTE_US, NOW_US + 20 * MINUTE_US),)


class Unit:
    """A unit that can be switched off and on, with the memory that it was made with."""

    def __init__(self, state: Path, simulated: SimulatedHub) -> None:
        self.state, self.hub, self.hands = state, simulated, Hands()
        if not (state / MEMORY).exists():
            begin_memory(state)
        self.on()

    def on(self) -> Authority:
        self.clock = self.hands.clock()
        self.authority = Authority(self.state, self.hub.anchors, NAME, self.clock)
        return self.authority

    def hear(self, fault: Fault | None = None) -> module.Considered:
        return self.authority.consider(self.hub.message(self.authority.memory.checkpoint_size, fault))

    def now(self, at_us: int = NOW_US) -> str:
        """The decision that it may film under, or the rule by which it may not."""
        found = self.authority.current("cam-1", at_us)
        return found.order.decision_digest if isinstance(found, Standing) else found.rule

    def refuses(self, fault: Fault | None = None) -> list[str]:
        """The rules by which it refuses the hub's newest message, or what is in it."""
        return [refusal.rule for refusal in self.hear(fault).refusals]

    def compose(self, old: bytes) -> bytes:
        """What a broker puts together: orders that passed it earlier, with proofs from the public log as it is now."""
        seen, now = read_message(old), read_message(self.hub.message(self.authority.memory.checkpoint_size))
        wanted = {Leaf.decode(leaf.entry).digest for leaf in (*seen.leaves, *now.leaves)}
        return dump(replace(now, mandates=seen.mandates, leaves=self.hub._leaves(wanted, None)))


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
    assert unit.clock.floor_us() == NOW_US  # the newest leaf's time, again


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
        return replace(made, keys=tuple(key for key in made.keys if key.from_us != NOW_US // HOUR_US * HOUR_US))

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


@pytest.mark.parametrize(
    "changes",
    [{"recording": "none"}, {"recording": "continuous"}, {"regime": "PW3"}, {"on_link_loss": "stop"}],
)
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
        assert [path.name for path in tmp_path.iterdir()] == [MEMORY]
        assert unit.authority.memory == EMPTY


@pytest.mark.parametrize("fault", sorted(Fault))
def test_what_stands_is_held_through_a_bad_message_and_a_reboot(tmp_path: Path, fault: Fault) -> None:
    unit = Unit(tmp_path, hub())
    unit.hear()
    first, standing = unit.hub.mandates[DEPLOYMENT], decision(unit.hub)
    if fault in MANDATE_FAULTS:  # of the decision that stands
        assignment, keyset = unit.hub._assign(unit.hub.decision(), 2, fault), unit.hub._bear(first.decision, 2, fault)
        unit.hub.mandates[DEPLOYMENT] = replace(first, assignments=(assignment,), keyset=keyset)
    else:
        unit.hub.order(None if fault in MESSAGE_FAULTS else fault, serial=2)
    considered = unit.hear(fault)
    assert [refusal.rule for refusal in considered.refusals] == [RULES[fault]]
    assert considered.changed == considered.withdrawn == ()
    assert unit.now() == standing
    assert unit.authority.refusal is not None
    unit.on()
    assert unit.now() == standing


@pytest.mark.parametrize("fault", sorted(MANDATE_FAULTS))
def test_a_newer_decision_ends_the_older_whatever_else_is_wrong_with_it(tmp_path: Path, fault: Fault) -> None:
    """Two people replaced it: nothing is filmed under it any more, after a reboot or a power cut either."""
    unit = Unit(tmp_path, hub())
    unit.hear()
    older = unit.hub.message()
    unit.hub.order(fault, serial=2)
    considered = unit.hear(fault)
    assert [refusal.rule for refusal in considered.refusals] == [RULES[fault]]
    assert considered.withdrawn == (DEPLOYMENT,)
    for _ in range(2):
        assert unit.now() == RULES[fault]
        unit.on()
    held = tmp_path / "held"  # as a power cut leaves it: the message of the older order was not thrown away yet
    held.mkdir(exist_ok=True)
    (held / f"{DEPLOYMENT}.json").write_bytes(older)
    unit.on()
    assert unit.now() == RULES[fault]
    assert [refusal.rule for refusal in unit.authority.consider(unit.compose(older)).refusals] == ["mandate.serial"]
    unit.hub.order(serial=3)
    unit.hear()
    assert unit.now() == decision(unit.hub)


def test_of_a_newer_decision_what_holds_stands_beside_what_does_not(tmp_path: Path) -> None:
    unit = Unit(tmp_path, hub())
    unit.hear()
    newer = unit.hub.order(serial=2)
    one = place(unit.hub, unit.hub.operators[0], post="post-2", post_digest=post_digest(post("post-2")), camera="cam-2")
    unit.hub.mandates[DEPLOYMENT] = replace(newer, assignments=(one, *newer.assignments))
    for _ in range(2):
        assert unit.refuses() == ["mandate.assignment"]
        assert unit.now() == newer.decision.digest
        unit.on()


def test_a_camera_that_was_moved_films_at_its_new_post_alone(tmp_path: Path) -> None:
    unit = Unit(tmp_path, hub())
    unit.hear()
    first = unit.hub.mandates[DEPLOYMENT]
    before = unit.hub.message()
    moved = place(unit.hub, post="post-2", post_digest=post_digest(post("post-2")), serial=1)
    for shown in ((*first.assignments, moved), (moved, *first.assignments), (moved,)):
        unit.hub.mandates[DEPLOYMENT] = replace(first, assignments=shown)
        assert unit.refuses() == ["mandate.serial"] * (len(shown) - 1)
        found = unit.authority.current("cam-1", NOW_US)
        assert isinstance(found, Standing)
        assert found.order.post.post == "post-2"
        assert [order.post.post for order in unit.authority.orders] == ["post-2"]
    assert [refusal.rule for refusal in unit.authority.consider(unit.compose(before)).refusals] == ["mandate.serial"]
    unit.on()
    assert [order.post.post for order in unit.authority.orders] == ["post-2"]


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
        if path.name == MEMORY:
            raise OSError(28, "No space left on device", str(path))
        replace_file(path, data)

    with monkeypatch.context() as patched:
        patched.setattr(memory_module, "replace_file", fail)
        with pytest.raises(MemoryFileError, match="No space left"):
            unit.hear()
    assert unit.now() == "mandate.none"
    assert unit.hear().begun == (DEPLOYMENT,)


def test_a_power_cut_between_mandate_and_memory_is_taken_up(tmp_path: Path) -> None:
    unit = Unit(tmp_path, hub())
    unit.hear()
    first, older = unit.hub.message(), (tmp_path / MEMORY).read_bytes()
    unit.hub.order(serial=2)
    unit.hear()
    (tmp_path / MEMORY).write_bytes(older)
    unit.on()
    assert unit.now() == decision(unit.hub)
    assert unit.hear() == module.Considered()
    (tmp_path / MEMORY).write_bytes(older)
    unit.on()
    unit.on()  # what followed from the newest message is on disk again
    assert [refusal.rule for refusal in unit.authority.consider(unit.compose(first)).refusals] == ["mandate.serial"]
    assert unit.now() == decision(unit.hub)


@pytest.mark.parametrize("content", [None, b"", b"{}", b'{"checkpoint":"'])
def test_a_unit_that_lost_its_memory_is_not_a_fresh_one(tmp_path: Path, content: bytes | None) -> None:
    unit = Unit(tmp_path, hub())
    unit.hear()
    if content is None:
        (tmp_path / MEMORY).unlink()
    else:
        (tmp_path / MEMORY).write_bytes(content)
    with pytest.raises(MemoryFileError, match=r"does not film: make a new unit .* and enrol that"):
        unit.on()


def test_a_memory_is_begun_once(tmp_path: Path) -> None:
    begin_memory(tmp_path)
    assert read_memory(tmp_path / MEMORY) == EMPTY
    with pytest.raises(MemoryFileError, match="File exists"):
        begin_memory(tmp_path)


def test_an_altered_mandate_on_disk_is_no_order(tmp_path: Path) -> None:
    unit = Unit(tmp_path, hub())
    unit.hear()
    path = tmp_path / module.MANDATE
    path.write_bytes(path.read_bytes().replace(b'"index":1', b'"index":2', 1))
    unit.on()
    assert unit.now() == "mandate.proof"


# --- Withdrawn, and not undone ------------------------------------------------------------------------------------


def withdrawn(tmp_path: Path) -> tuple[Unit, bytes]:
    """A unit whose post was given to another, and the message that it stood by before."""
    unit = Unit(tmp_path, hub())
    unit.hear()
    before = unit.hub.message()
    unit.hub.log(Event.ASSIGNMENT_SIGNED, "ab" * 32, deployment=DEPLOYMENT, post="post-1", serial="2", unit="unit-2")
    unit.hub.mandates.clear()
    assert unit.hear().withdrawn == (DEPLOYMENT,)
    return unit, before


def test_an_older_order_with_newer_proofs_undoes_no_withdrawal(tmp_path: Path) -> None:
    unit, before = withdrawn(tmp_path)
    for _ in range(3):
        size = unit.authority.memory.checkpoint_size
        considered = unit.authority.consider(unit.compose(before))
        assert [refusal.rule for refusal in considered.refusals] == ["mandate.withdrawn"]
        assert considered.begun == ()
        assert unit.now() == "mandate.withdrawn"
        unit.hub.log(Event.VIEW_GRANTED, "cd" * 32)  # the log grows, and nothing is signed anew
        assert unit.authority.memory.checkpoint_size == size  # not taken, so not acked
        unit.on()


def test_an_order_whose_message_was_lost_is_withdrawn_all_the_same(tmp_path: Path) -> None:
    """What the unit was ever given counts, not what it could take up again."""
    unit = Unit(tmp_path, hub())
    unit.hear()
    before = unit.hub.message()
    (tmp_path / module.MANDATE).write_bytes(b"{}")
    unit.on()
    unit.hub.mandates.clear()
    unit.hear()
    assert [refusal.rule for refusal in unit.authority.consider(unit.compose(before)).refusals] == ["mandate.withdrawn"]


def test_a_power_cut_in_a_withdrawal_undoes_nothing(tmp_path: Path) -> None:
    unit = Unit(tmp_path, hub())
    unit.hear()
    before, memory = unit.hub.message(), (tmp_path / MEMORY).read_bytes()
    unit.hub.mandates.clear()
    unit.hear()
    (tmp_path / MEMORY).write_bytes(memory)  # the message was durable, the memory was not yet
    unit.on()
    assert unit.now() == "mandate.none"
    assert [refusal.rule for refusal in unit.authority.consider(unit.compose(before)).refusals] == ["mandate.withdrawn"]


@pytest.mark.parametrize("anew", ["decision", "assignment"])
def test_an_order_signed_and_logged_anew_stands(tmp_path: Path, anew: str) -> None:
    unit, before = withdrawn(tmp_path)
    (old,) = read_message(before).mandates
    if anew == "decision":
        unit.hub.order(serial=2)
        fresh = unit.hub.mandates[DEPLOYMENT]
        unit.hub.mandates[DEPLOYMENT] = replace(fresh, assignments=old.assignments)
    else:
        assignment = unit.hub._assign(unit.hub.decision(), 3, None)
        unit.hub.mandates[DEPLOYMENT] = replace(old, assignments=(assignment,))
    assert unit.hear().begun == (DEPLOYMENT,)
    for _ in range(2):
        assert unit.now() == decision(unit.hub)
        older = unit.authority.consider(unit.compose(before))
        assert [refusal.rule for refusal in older.refusals] == ["mandate.serial"]
        unit.on()
    again = unit.hub.message()
    unit.hub.mandates.clear()
    assert unit.hear().withdrawn == (DEPLOYMENT,)  # a second time, and as well
    assert [refusal.rule for refusal in unit.authority.consider(unit.compose(again)).refusals] == ["mandate.withdrawn"]


def test_of_two_posts_one_is_withdrawn(tmp_path: Path) -> None:
    unit = Unit(tmp_path, hub())
    mandate = unit.hub.mandates[DEPLOYMENT]
    unit.hub.camera = "cam-2"
    body = unit.hub.decision()
    second = unit.hub._assign(replace(body, posts=body.posts[::-1]), 1, None)
    unit.hub.mandates[DEPLOYMENT] = replace(mandate, assignments=(*mandate.assignments, second))
    unit.hear()
    before = unit.hub.message()
    unit.hub.mandates[DEPLOYMENT] = replace(mandate, assignments=(second,))
    assert unit.hear().changed == (DEPLOYMENT,)
    considered = unit.authority.consider(unit.compose(before))
    assert [refusal.rule for refusal in considered.refusals] == ["mandate.withdrawn"]
    for _ in range(2):
        assert isinstance(unit.authority.current("cam-2", NOW_US), Standing)
        assert unit.now() == "mandate.none" or unit.now() == "mandate.withdrawn"
        unit.on()


def test_a_withdrawal_beside_what_is_broken_is_taken_whole_or_not_at_all(tmp_path: Path) -> None:
    """Neither nobody's nor an unsigned mandate makes a message that is acked and leaves the order standing."""
    unit = Unit(tmp_path, hub())
    unit.hear()
    standing, memory = decision(unit.hub), unit.authority.memory
    mandate = unit.hub.mandates[DEPLOYMENT]
    unit.hub.log(Event.VIEW_GRANTED, "cd" * 32)
    unit.hub.mandates.clear()
    withdrawal = read_message(unit.hub.message(memory.checkpoint_size))
    nobodys = Envelope("decision", b"{}", ())
    unsigned = replace(mandate, decision=replace(mandate.decision, signatures=()))
    for broken, rule in (
        (Mandate(nobodys, (nobodys,), nobodys), "mandate.form"),
        (unsigned, "mandate.approvals"),
    ):
        considered = unit.authority.consider(dump(replace(withdrawal, mandates=(broken,))))
        assert [refusal.rule for refusal in considered.refusals] == [rule]
        assert considered.withdrawn == ()
        assert unit.authority.memory.checkpoint == memory.checkpoint  # no ack
        assert set(unit.authority.memory.serials) == set(memory.serials)
        unit.on()
        assert unit.now() == standing
    assert unit.authority.consider(dump(withdrawal)).withdrawn == (DEPLOYMENT,)


def test_beside_another_deployments_bad_mandate_a_withdrawal_holds_and_is_not_acked(tmp_path: Path) -> None:
    unit = Unit(tmp_path, hub())
    unit.hear()
    before, size = unit.hub.message(), unit.authority.memory.checkpoint_size
    unit.hub.mandates.clear()
    unit.hub.order(Fault.ONE_SIGNATURE, deployment=OTHER)
    assert unit.hear().withdrawn == (DEPLOYMENT,)
    assert unit.authority.memory.checkpoint_size == size
    unit.on()
    assert unit.now() == "mandate.approvals"
    older = unit.authority.consider(unit.compose(before))
    assert [refusal.rule for refusal in older.refusals] == ["mandate.withdrawn"]


# --- Older serials and other logs, after a restart too ------------------------------------------------------------


@pytest.mark.parametrize("record", ["assignment", "keyset"])
def test_an_older_serial_is_refused(tmp_path: Path, record: str) -> None:
    unit = Unit(tmp_path, hub())
    unit.hear()
    old = unit.hub.mandates[DEPLOYMENT]
    if record == "assignment":
        newer = replace(old, assignments=(unit.hub._assign(unit.hub.decision(), 2, None),))
    else:
        newer = replace(old, keyset=unit.hub._bear(old.decision, 2, None))
    unit.hub.mandates[DEPLOYMENT] = newer
    assert unit.hear().changed == (DEPLOYMENT,)
    unit.hub.mandates[DEPLOYMENT] = old
    for _ in range(2):
        assert unit.refuses() == ["mandate.serial"]
        found = unit.authority.current("cam-1", NOW_US)
        assert isinstance(found, Standing)
        assert found.order.assignment_digest == newer.assignments[0].digest
        assert found.order.keyset.serial == load(Keyset, newer.keyset.body).serial
        unit.on()


def test_another_log_of_the_same_size_is_refused(tmp_path: Path) -> None:
    unit = Unit(tmp_path, hub())
    unit.hear()
    memory = unit.authority.memory
    for _ in range(2):
        assert len(unit.hub.entries) == memory.checkpoint_size
        assert unit.refuses(Fault.SPLIT_VIEW) == ["mandate.log"]
        assert unit.authority.memory == memory
        assert unit.now() == decision(unit.hub)
        unit.on()


# --- How late it is, over a reboot --------------------------------------------------------------------------------


def test_a_clock_set_back_and_a_reboot_reopen_no_window(tmp_path: Path) -> None:
    unit = Unit(tmp_path, hub())
    unit.hear()
    unit.hands.pass_us(120 * MINUTE_US)
    unit.hub.now_us = unit.hands.wall_us
    unit.authority.ack(unit.hub.ack("c" * 64))
    unit.authority.keep_time()
    for _ in range(2):
        unit.hands.wall_us = NOW_US + 10 * MINUTE_US
        unit.on()
        assert unit.clock.now_us() >= NOW_US + 120 * MINUTE_US
        assert unit.now(unit.clock.now_us()) == "window.after"
        assert unit.clock.state().source == "signed-time"


def test_without_a_link_the_time_that_went_by_is_kept_too(tmp_path: Path) -> None:
    unit = Unit(tmp_path, hub())
    unit.hear()
    for _ in range(61):
        unit.hands.pass_us(MINUTE_US)
        unit.authority.keep_time()
    unit.hands.wall_us = NOW_US
    unit.on()
    assert unit.now(unit.clock.now_us()) == "window.after"


def test_time_is_written_once_a_minute_and_when_a_window_ends(tmp_path: Path) -> None:
    unit = Unit(tmp_path, hub(windows=(Window(NOW_US - MINUTE_US, NOW_US + MINUTE_US + 20_000_000),)))
    unit.hear()
    written = []
    for second in range(1, 181):
        unit.hands.pass_us(1_000_000)
        before = unit.authority.memory
        unit.authority.keep_time()
        if unit.authority.memory != before:
            written.append(second)
    assert written == [60, 80, 140]


def test_nothing_signed_was_seen_so_no_time_is_kept(tmp_path: Path) -> None:
    unit = Unit(tmp_path, hub())
    unit.hands.pass_us(10 * MINUTE_US)
    unit.authority.keep_time()
    assert read_memory(tmp_path / MEMORY) == EMPTY


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
        (unit.hub.lease("2" * 32), "lease.start"),
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
    assert unit.clock.floor_us() == unit.hub.now_us
    for data, rule in (
        (unit.hub.ack("c" * 64, ed25519("nobody")), "ack.signature"),
        (unit.hub.ack("c" * 64, unit="unit-9"), "ack.unit"),
        (unit.hub.lease(START_ID), "ack.signature"),
        (b"{}", "ack.signature"),
    ):
        with pytest.raises(RefusedError) as refused:
            unit.authority.ack(data)
        assert rule_of(refused) == rule
