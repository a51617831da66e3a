# SPDX-License-Identifier: EUPL-1.2
"""The demo's accounts and slots: each approver's account has a slot of the roster, and an earlier roster is refused."""

import os
from dataclasses import replace

import pytest

from hub import ceremony
from hub.demo import command
from hub.demo.command import PLAN
from hub.demo.place import UsageError
from hub.layout import Layout
from tests.integration.town import START_US


def test_every_slot_is_an_account_and_passwords_stay(layout: Layout) -> None:
    layout.state.mkdir()
    accounts = command.accounts(layout)

    assert [account.slot for account in accounts if account.role == "approver"] == [slot for slot, _ in PLAN.slots]
    assert all(account.slot is None for account in accounts if account.role != "approver")
    people = {account.name: account.role for account in accounts if not account.demo}
    assert people == {
        "planner": "operator",
        "planner-2": "operator",
        "approver-1": "approver",
        "approver-2": "approver",
        "installer": "installer",
        "kijker": "viewer",
    }
    assert command.accounts(layout) == accounts
    assert (layout.state / "accounts.json").stat().st_mode & 0o777 == 0o600


def test_people_are_called_as_their_slots_are(layout: Layout) -> None:
    layout.state.mkdir()
    names = dict(PLAN.slots)
    for account in command.accounts(layout):
        if account.slot is not None and not account.demo:
            assert account.display == names[account.slot]


def test_a_state_of_an_earlier_version_is_refused_in_a_line(layout: Layout) -> None:
    command.require_roster(layout)  # none yet
    ceremony.hold(layout, replace(PLAN, slots=PLAN.slots[:2]), [], START_US, os.urandom)

    with pytest.raises(UsageError, match=f"{layout.state} was made by an earlier version: remove that folder") as told:
        command.require_roster(layout)
    assert len(str(told.value).splitlines()) == 1


def test_a_state_of_this_version_goes_on(layout: Layout) -> None:
    ceremony.hold(layout, PLAN, [], START_US, os.urandom)
    command.require_roster(layout)
