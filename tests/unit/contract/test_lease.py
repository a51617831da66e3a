# SPDX-License-Identifier: EUPL-1.2
"""Which limit rules: the table of `docs/reference/mandate.md`, row by row."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from contract.lease import (
    LEASE_LIFE_US,
    OFFLINE_GRACE,
    REBOOT_SPENDS_US,
    REBOOTED_OFFLINE,
    Contact,
    Stands,
    ruling,
)
from contract.mandate import Decision, Window
from contract.running import Course
from tests.simulated_hub import DEPLOYMENT
from tests.unit.contract.records import DIGEST, SAMPLES

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
FROM_US = 1_775_000_000_000_000
TO_US = FROM_US + 8 * HOUR_US
NOW_US = FROM_US + HOUR_US
ORDER = Stands(DEPLOYMENT, DIGEST, "a" * 64)
OTHER = Stands(DEPLOYMENT, "b" * 64, "a" * 64)


def decision(on_link_loss: str, grace_us: int) -> Decision:
    sample = SAMPLES["decision"]
    assert isinstance(sample, Decision)
    changes = {"windows": (Window(FROM_US, TO_US),), "on_link_loss": on_link_loss}
    return replace(sample, **changes, offline_grace_s=grace_us // 1_000_000)  # type: ignore[arg-type]


def contact(spent_us: int, stands: tuple[Stands, ...] | None = (ORDER,), rebooted: bool = False) -> Contact:
    return Contact(NOW_US - spent_us, LEASE_LIFE_US, spent_us, rebooted, stands)


@dataclass(frozen=True)
class Row:
    on_link_loss: str
    grace_us: int
    contact: Contact | None
    rule: str
    until_us: int = 0  # 0: may not
    at_us: int = NOW_US
    stop_us: int | None = None
    marks: tuple[str, ...] = ()
    overruns: int = 0
    confirmed_us: tuple[int, ...] = ()
    setup: Window | None = None
    window_h: int = 8


DAY_US = 24 * HOUR_US
AIMED = Window(FROM_US - 20 * MINUTE_US, FROM_US - 5 * MINUTE_US)


ROWS = {
    "before the window": Row("record", HOUR_US, contact(0), "window.closed", at_us=FROM_US - 1),
    "at its first moment": Row("record", HOUR_US, contact(0), "lease.runs", FROM_US + HOUR_US, at_us=FROM_US),
    "at its end": Row("record", HOUR_US, contact(0), "window.closed", at_us=TO_US),
    "a stop in the past": Row("record", HOUR_US, contact(0), "mandate.stopped", stop_us=NOW_US),
    "a stop to come": Row("record", HOUR_US, contact(0), "lease.runs", NOW_US + 5, stop_us=NOW_US + 5),
    "never a word of the hub": Row("record", HOUR_US, None, "lease.none"),
    "a lease that names another": Row("record", HOUR_US, contact(0, (OTHER,)), "lease.not-named"),
    "a lease that names nothing": Row("record", HOUR_US, contact(0, ()), "lease.not-named"),
    "withdrawn, found within the grace": Row("record", HOUR_US, contact(20 * MINUTE_US, ()), "lease.not-named"),
    "a mandate counts as a lease": Row("stop", 0, contact(0, None), "lease.runs", NOW_US + LEASE_LIFE_US),
    "stop: under the lease": Row("stop", HOUR_US, contact(14 * MINUTE_US), "lease.runs", NOW_US + MINUTE_US),
    "stop: the lease's end": Row("stop", HOUR_US, contact(15 * MINUTE_US), "lease.over"),
    "record: under the lease": Row("record", HOUR_US, contact(14 * MINUTE_US), "lease.runs", NOW_US + 46 * MINUTE_US),
    "record: within the grace": Row(
        "record", HOUR_US, contact(20 * MINUTE_US), "lease.grace", NOW_US + 40 * MINUTE_US, marks=(OFFLINE_GRACE,)
    ),
    "record: the grace's end": Row("record", HOUR_US, contact(HOUR_US), "lease.grace-spent"),
    "record: less grace than a lease": Row("record", MINUTE_US, contact(0), "lease.runs", NOW_US + LEASE_LIFE_US),
    "record: no grace": Row("record", 0, contact(15 * MINUTE_US), "lease.over"),
    "after a reboot, under the lease": Row(
        "record", HOUR_US, contact(MINUTE_US).after_reboot(None), "lease.runs", NOW_US + 49 * MINUTE_US,
        marks=(REBOOTED_OFFLINE,),
    ),
    "after a reboot, within the grace": Row(
        "record", HOUR_US, contact(10 * MINUTE_US).after_reboot(None), "lease.grace", NOW_US + 40 * MINUTE_US,
        marks=(OFFLINE_GRACE, REBOOTED_OFFLINE),
    ),
    "after a reboot that spent the grace": Row(
        "record", HOUR_US, contact(51 * MINUTE_US).after_reboot(None), "lease.grace-spent"
    ),
    "the window's end before the grace's": Row(
        "record", HOUR_US, contact(0), "lease.runs", TO_US, at_us=TO_US - MINUTE_US
    ),
    "past the window's end, one overrun taken": Row(
        "record", HOUR_US, contact(0), "lease.runs", TO_US + 30 * MINUTE_US, at_us=TO_US, overruns=1
    ),
    "at the end of the overrun": Row(
        "record", HOUR_US, contact(0), "window.closed", at_us=TO_US + 30 * MINUTE_US, overruns=1
    ),
    "two overruns taken": Row(
        "record", HOUR_US, contact(0), "lease.runs", TO_US + HOUR_US, at_us=TO_US + 30 * MINUTE_US, overruns=2
    ),
    "a stop in an overrun": Row(
        "record", HOUR_US, contact(0), "mandate.stopped", at_us=TO_US + MINUTE_US, stop_us=TO_US + MINUTE_US, overruns=1
    ),
    "a day after the window's start": Row(
        "record", HOUR_US, contact(0), "R06", at_us=FROM_US + DAY_US, window_h=48
    ),
    "just before that": Row(
        "record", HOUR_US, contact(0), "lease.runs", FROM_US + DAY_US, at_us=FROM_US + DAY_US - MINUTE_US, window_h=48
    ),
    "confirmed as necessary": Row(
        "record", HOUR_US, contact(0), "lease.runs", FROM_US + 25 * HOUR_US, at_us=FROM_US + DAY_US, window_h=48,
        confirmed_us=(FROM_US + 20 * HOUR_US,),
    ),
    "a day after the confirmation": Row(
        "record", HOUR_US, contact(0), "R06", at_us=FROM_US + 44 * HOUR_US, window_h=48,
        confirmed_us=(FROM_US + 20 * HOUR_US,),
    ),
    "confirmed for a time to come": Row(
        "record", HOUR_US, contact(0), "R06", at_us=FROM_US + DAY_US, window_h=48,
        confirmed_us=(FROM_US + DAY_US + 1,),
    ),
    "aimed, before the window": Row(
        "record", HOUR_US, contact(0), "lease.runs", FROM_US - 5 * MINUTE_US, at_us=FROM_US - 10 * MINUTE_US,
        setup=AIMED,
    ),
    "aimed, its quarter of an hour over": Row(
        "record", HOUR_US, contact(0), "window.closed", at_us=FROM_US - 5 * MINUTE_US, setup=AIMED
    ),
    "aimed, and the window open": Row("record", HOUR_US, contact(0), "window.closed", setup=AIMED),
    "aimed, and stopped": Row(
        "record", HOUR_US, contact(0), "mandate.stopped", at_us=FROM_US - 10 * MINUTE_US,
        stop_us=FROM_US - 10 * MINUTE_US, setup=AIMED,
    ),
    "aimed, withdrawn": Row(
        "record", HOUR_US, contact(0, (OTHER,)), "lease.not-named", at_us=FROM_US - 10 * MINUTE_US, setup=AIMED
    ),
}  # fmt: skip


def course(row: Row) -> Course:
    """The decision of a row, as it runs."""
    decided = decision(row.on_link_loss, row.grace_us)
    decided = replace(decided, windows=(Window(FROM_US, FROM_US + row.window_h * HOUR_US),))
    found = Course(decided, (), row.confirmed_us, row.setup)
    for _ in range(row.overruns):
        taken = replace(found, setup=None).next_overrun(FROM_US, DIGEST)
        assert taken is not None
        found = replace(found, overruns=(*found.overruns, taken))
    return found


@pytest.mark.parametrize("name", ROWS)
def test_which_limit_rules(name: str) -> None:
    row = ROWS[name]
    found = ruling(course(row), ORDER, row.at_us, row.stop_us, row.contact)
    assert (found.may, found.rule, found.marks) == (row.until_us > 0, row.rule, row.marks)
    if row.until_us:
        assert found.until_us == row.until_us


def test_a_reboot_spends_and_never_refills() -> None:
    before = contact(5 * MINUTE_US)
    assert before.after_reboot(None).spent_us == 5 * MINUTE_US + REBOOT_SPENDS_US
    assert before.after_reboot(3 * MINUTE_US).spent_us == 8 * MINUTE_US
    assert before.after_reboot(-HOUR_US).spent_us == before.spent_us, "a clock that was set back gives nothing back"
    assert before.later(-1).spent_us == before.spent_us
