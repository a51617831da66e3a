# SPDX-License-Identifier: EUPL-1.2
"""What a unit keeps of the hub's last word, over restarts and failing disks, and how it asks for the next."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contract.authority import Order, RefusedError
from contract.envelope import opened, read, spki
from contract.events import Event
from contract.lease import (
    ANSWER_WITHIN_US,
    ASK_EVERY_US,
    LEASE_LIFE_US,
    LEASE_REQUEST,
    REBOOT_SPENDS_US,
    LeaseRequest,
    Stands,
)
from contract.mandate import read_message
from contract.record import dump
from contract.segment import ClockState
from edge.unit import lease as module
from edge.unit.authority import NotNow
from edge.unit.clock import AHEAD_US, UnitClock
from edge.unit.files import replace_file
from edge.unit.lease import CONTACT, Asking, Contacts
from edge.unit.memory import MemoryFileError
from tests.simulated_hub import DEPLOYMENT, MINUTE_US, SimulatedHub, confirm, ed25519
from tests.unit.edge.hands import Hands
from tests.unit.edge.test_authority import Unit
from tests.unit.edge.unit import CLOCK, IDENTITY, NAME, NOW_US, START_ID, hub, steady_random

SECOND_US = 1_000_000
FREE = ClockState("free-running", False, 16_000_000)
ORDER = Stands(DEPLOYMENT, "a" * 64, "b" * 64)


class Start:
    """Contacts and questions of one process; `again` starts the next, after so long."""

    def __init__(self, state: Path, kernel: ClockState = CLOCK) -> None:
        self.state, self.kernel, self.hands, self.hub = state, kernel, Hands(), SimulatedHub(NOW_US, NAME)
        self.again(0)

    def again(self, away_us: int) -> None:
        self.hands.wall_us += away_us
        self.hands.monotonic_ns = 7_000_000_000  # it begins anew with the kernel
        self.clock = UnitClock(lambda: self.hands.wall_us, lambda: self.hands.monotonic_ns, lambda: self.kernel)
        self.contacts = Contacts(self.state, self.clock)
        self.asking = Asking(IDENTITY, START_ID, self.clock, steady_random(str(self.hands.wall_us)))

    def hears(self, after_us: int = 0, **changes: Any) -> None:
        """It asks, and so much later the answer comes."""
        lease = confirm(self.hub, self.asking.question(), **changes)
        self.hands.pass_us(after_us)
        self.contacts.answer(*self.asking.answer(lease, spki(self.hub.order_key)))

    @property
    def spent_us(self) -> int:
        contact = self.contacts.answered
        assert contact is not None
        return contact.spent_us


@pytest.fixture
def start(tmp_path: Path) -> Start:
    return Start(tmp_path)


# --- What is kept -------------------------------------------------------------------------------------------------


def test_nothing_heard_is_nothing_kept(start: Start) -> None:
    assert start.contacts.of(ORDER) is None
    assert list(start.state.iterdir()) == []


def test_what_is_spent_counts_from_the_question(start: Start) -> None:
    start.hears(after_us=20 * SECOND_US, stands=(ORDER,))
    start.hands.pass_us(MINUTE_US)
    contact = start.contacts.of(ORDER)
    assert contact is not None
    assert (contact.spent_us, contact.lease_us, contact.rebooted) == (80 * SECOND_US, LEASE_LIFE_US, False)
    assert contact.stands == (ORDER,)


@pytest.mark.parametrize(
    ("kernel", "away_us", "spent_us"),
    [(CLOCK, 3 * MINUTE_US, 3 * MINUTE_US), (CLOCK, -60 * MINUTE_US, 0), (FREE, 3 * MINUTE_US, REBOOT_SPENDS_US)],
)
def test_a_restart_spends(tmp_path: Path, kernel: ClockState, away_us: int, spent_us: int) -> None:
    start = Start(tmp_path, kernel)
    start.hears()
    for number in (1, 2):
        start.again(away_us)
        assert start.spent_us == number * spent_us
        assert start.contacts.answered is not None and start.contacts.answered.rebooted


def test_a_clock_that_is_synchronised_at_one_end_only_says_nothing(start: Start) -> None:
    start.hears()
    start.kernel = FREE
    start.again(MINUTE_US)
    assert start.spent_us == REBOOT_SPENDS_US


def test_a_start_that_ends_at_once_has_spent_all_the_same(tmp_path: Path) -> None:
    start = Start(tmp_path, FREE)
    start.hears()
    for number in range(1, 5):
        start.again(0)
        assert start.spent_us == number * REBOOT_SPENDS_US


def test_it_is_kept_each_minute_and_at_each_answer(start: Start) -> None:
    start.kernel = FREE
    start.hears()
    start.hands.pass_us(MINUTE_US - 1)
    start.contacts.keep()
    start.hands.pass_us(1)
    before = (start.state / CONTACT).read_bytes()
    start.contacts.keep()
    assert (start.state / CONTACT).read_bytes() != before
    start.again(0)
    assert start.spent_us == MINUTE_US + REBOOT_SPENDS_US
    start.hears()
    start.again(0)
    assert start.spent_us == REBOOT_SPENDS_US


@pytest.mark.parametrize("content", [b"", b"{}", b'{"answered":', None])
def test_what_cannot_be_read_is_no_contact(start: Start, content: bytes | None) -> None:
    start.hears()
    path = start.state / CONTACT
    path.unlink() if content is None else path.write_bytes(content)
    start.again(0)
    assert start.contacts.answered is None


def test_a_restart_that_cannot_be_spent_is_no_start(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    start.hears()

    def fail(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device", str(path))

    with monkeypatch.context() as patched:
        patched.setattr(module, "replace_file", fail)
        with pytest.raises(MemoryFileError, match="No space left"):
            start.again(MINUTE_US)
    start.again(MINUTE_US)
    with monkeypatch.context() as patched:
        patched.setattr(module, "replace_file", fail)
        with pytest.raises(MemoryFileError, match="No space left"):
            start.hears()
        assert start.spent_us == 0  # it counts
        with pytest.raises(MemoryFileError, match="No space left"):
            start.contacts.keep()  # and is to be kept still
    monkeypatch.setattr(module, "replace_file", replace_file)
    start.contacts.keep()


# --- Orders by their own date -------------------------------------------------------------------------------------


def test_an_order_that_is_newer_than_the_answer_counts_once_from_its_date(start: Start) -> None:
    start.contacts.give({ORDER: NOW_US - MINUTE_US}, {ORDER})
    start.hands.pass_us(MINUTE_US)
    start.contacts.give({ORDER: NOW_US - MINUTE_US}, {ORDER})  # said again
    contact = start.contacts.of(ORDER)
    assert contact is not None
    assert (contact.spent_us, contact.stands) == (2 * MINUTE_US, None)
    start.again(MINUTE_US)
    again = start.contacts.of(ORDER)
    assert again is not None
    assert (again.spent_us, again.rebooted) == (3 * MINUTE_US, True)


def test_a_newer_answer_rules(start: Start) -> None:
    start.contacts.give({ORDER: NOW_US}, {ORDER})
    start.hears(stands=())  # of the same moment: the order had been logged
    contact = start.contacts.of(ORDER)
    assert contact is not None and contact.stands == ()
    start.contacts.give({ORDER: NOW_US}, {ORDER})
    assert start.contacts.of(ORDER) == contact
    newer = replace(ORDER, decision="c" * 64)
    start.contacts.give({newer: NOW_US + 1}, {ORDER, newer})
    found = start.contacts.of(newer)
    assert found is not None and found.stands is None
    start.contacts.give({}, {ORDER})  # it no longer stands
    assert start.contacts.of(newer) == contact


def test_what_else_the_log_holds_makes_no_order_younger(tmp_path: Path) -> None:
    """A broker may put any leaf of the public log beside the orders that it has."""
    unit = Unit(tmp_path, hub())
    unit.hear()
    asking = Asking(IDENTITY, START_ID, unit.clock, steady_random())
    unit.hub.now_us += 10 * MINUTE_US
    unit.hands.pass_us(10 * MINUTE_US)
    unit.authority.lease(confirm(unit.hub, asking.question(), stands=()), asking)
    assert unit.now() == "lease.not-named"
    unit.hub.now_us += MINUTE_US
    unit.hub.log(Event.VIEW_GRANTED, "cd" * 32)
    message = read_message(unit.hub.message(unit.authority.memory.checkpoint_size))
    fresh = unit.hub._leaf(len(unit.hub.entries) - 1)
    unit.authority.consider(dump(replace(message, leaves=(*message.leaves, fresh))))
    assert unit.clock.floor_us() == unit.hub.now_us  # the leaf was read
    assert unit.now() == "lease.not-named"


@pytest.mark.parametrize("hears_again", [True, False])
def test_an_order_that_one_answer_left_out_is_over_with_the_next_or_after_half_a_minute(
    tmp_path: Path, hears_again: bool
) -> None:
    """Not filmed under at once; but the order that replaces it may still be on its way."""
    unit = Unit(tmp_path, hub())
    unit.hear()
    asking = Asking(IDENTITY, START_ID, unit.clock, steady_random())

    def hears(**changes: Any) -> None:
        unit.hub.now_us = unit.clock.now_us()
        unit.authority.lease(confirm(unit.hub, asking.question(), **changes), asking)

    def stands() -> tuple[bool, bool]:
        """Whether the order stands all the same, and whether the unit doubts."""
        found = unit.authority.current("cam-1", unit.clock.now_us())
        assert isinstance(found, NotNow) and found.rule == "lease.not-named"
        return found.within is not None, unit.authority.doubts

    hears()
    assert not unit.authority.doubts
    hears(stands=())
    assert stands() == (True, True)
    unit.hands.pass_us(30 * SECOND_US)
    assert stands() == (True, True)
    hears(stands=()) if hears_again else unit.hands.pass_us(1)
    assert stands() == (False, False)
    hears(stands=())
    assert stands() == (False, False)  # and it does not ask for ever


def order_of(unit: Unit) -> Order:
    (order,) = (order for orders in unit.authority._orders.values() for order in orders)
    return order


def test_without_a_word_of_the_hub_nothing_is_filmed(tmp_path: Path) -> None:
    """As after an older program that kept no contact."""
    unit = Unit(tmp_path, hub())
    unit.hear()
    (tmp_path / CONTACT).unlink()
    unit.on()
    assert unit.now() == "lease.none"
    unit.hands.wall_us += 90 * MINUTE_US
    asking = Asking(IDENTITY, START_ID, unit.clock, steady_random())
    unit.authority.lease(confirm(unit.hub, asking.question()), asking)
    assert unit.now() == order_of(unit).decision_digest
    assert unit.clock.now_us() == unit.hub.now_us + AHEAD_US  # and its clock is set right by the same word


# --- Questions ----------------------------------------------------------------------------------------------------


def test_a_question_is_the_units_own_and_never_the_same(start: Start) -> None:
    first, second = (
        opened(read(start.asking.question()), LEASE_REQUEST, LeaseRequest, IDENTITY.public) for _ in range(2)
    )
    assert (first.unit, first.start_id, first.asked_at_us) == ("unit-1", START_ID, NOW_US)
    assert first.nonce != second.nonce


def test_when_it_asks(start: Start) -> None:
    def asks_after(seconds: int) -> bool:
        start.hands.pass_us(seconds * SECOND_US - 1)
        assert not start.asking.due
        start.hands.pass_us(2)
        return start.asking.due

    assert start.asking.due
    start.hears()
    assert asks_after(ASK_EVERY_US // SECOND_US)
    for seconds in (30, 60, 120, 240, 300, 300):
        start.asking.question()  # to which no answer comes
        assert asks_after(seconds)
    start.asking.anew()
    start.asking.question()
    assert asks_after(30)


def test_an_answer_counts_within_thirty_seconds_and_once(start: Start) -> None:
    key = spki(start.hub.order_key)

    def refused(lease: bytes) -> str:
        with pytest.raises(RefusedError) as caught:
            start.asking.answer(lease, key)
        return caught.value.rule

    first = confirm(start.hub, start.asking.question())
    second = confirm(start.hub, start.asking.question())
    assert refused(first) == "lease.nonce"
    start.hands.pass_us(ANSWER_WITHIN_US)
    start.asking.answer(second, key)
    assert refused(second) == "lease.nonce"
    late = confirm(start.hub, start.asking.question())
    start.hands.pass_us(ANSWER_WITHIN_US + 1)
    assert refused(late) == "lease.late"
    question = start.asking.question()
    assert refused(confirm(start.hub, question, ed25519("nobody"))) == "lease.signature"
    assert refused(confirm(start.hub, question, unit="unit-2")) == "lease.unit"
    assert refused(confirm(start.hub, question, until_us=NOW_US + LEASE_LIFE_US + 1)) == "lease.life"
    assert refused(confirm(start.hub, question, until_us=NOW_US - 1)) == "lease.life"
    assert refused(b"{}") == "lease.signature"


# --- How late it is -----------------------------------------------------------------------------------------------


def test_an_answer_corrects_a_clock_that_is_ahead() -> None:
    hands = Hands()
    hands.wall_us += 90 * MINUTE_US
    clock = hands.clock()
    clock.saw(NOW_US)  # a lower bound says nothing against it
    assert clock.now_us() == hands.wall_us
    clock.answered(NOW_US)
    assert clock.now_us() == NOW_US + AHEAD_US
    assert clock.state() == ClockState("signed-time", False, 89 * MINUTE_US)
    hands.pass_us(5 * MINUTE_US)
    assert clock.now_us() == NOW_US + 5 * MINUTE_US + AHEAD_US
    hands.wall_us = NOW_US + 5 * MINUTE_US  # it was set right
    assert clock.now_us() == hands.wall_us
    assert clock.state() == CLOCK


def test_no_answer_takes_back_what_was_signed() -> None:
    clock = Hands().clock()
    clock.saw(NOW_US + 10 * MINUTE_US)
    clock.answered(NOW_US)
    assert clock.now_us() == NOW_US + 10 * MINUTE_US
