# SPDX-License-Identifier: EUPL-1.2
"""Ready for tomorrow? Each row changes one thing of a unit that is, and says which check then says what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contract.messages import CameraHealth, CameraState, Health, Order
from contract.segment import ClockState
from hub.fleet.readiness import CHECKS, FRESH_US, Check, Facts, Planned, readiness

NOW_US = 1_790_000_000_000_000
FREE = ClockState("free-running", False, 16_000_000)
SECOND_US, HOUR_US, DAY_US = 1_000_000, 3_600_000_000, 24 * 3_600_000_000
FROM_US = NOW_US + 20 * HOUR_US
TO_US = FROM_US + 8 * HOUR_US
LAST_US = TO_US + 2 * HOUR_US
PLANNED = Planned("018f0000-0000-7000-8000-000000000001", "2026-041", "d" * 64, FROM_US, TO_US, LAST_US, True)
WINDOW_BYTES = 8 * 3600 * 250_000
HEALTH = Health(
    unit="unit-1",
    start_id="1" * 32,
    sequence=4,
    at_us=NOW_US,
    firmware="edge 1",
    clock=ClockState("kernel-pll", True, 1500),
    certificate_until_us=NOW_US + 5 * DAY_US,
    disk_free=4 * WINDOW_BYTES,
    disk_total=8 * WINDOW_BYTES,
    spool_bytes=0,
    spool_limit=WINDOW_BYTES,
    unsent=0,
    oldest_unsent_us=None,
    lease_until_us=NOW_US + 900 * SECOND_US,
    rss_bytes=60_000_000,
    cameras=(CameraHealth("cam-1", 0, 0, None),),
    orders=(Order(PLANNED.deployment, PLANNED.decision, FROM_US, TO_US),),
)
WAITING = CameraState("cam-1", "waiting", "window.before", "the window opens at ...")
FACTS = Facts(HEALTH, NOW_US, WAITING, PLANNED, 0)


def facts(**changes: Any) -> Facts:
    """The ready unit, changed; what is not a fact is a figure of its health."""
    own = {name: value for name, value in changes.items() if hasattr(FACTS, name)}
    figures = {name: value for name, value in changes.items() if name not in own}
    return replace(FACTS, **{"health": replace(HEALTH, **figures), **own})


def doing(what: Any, rule: str | None = None, **counted: Any) -> dict[str, Any]:
    """A camera that does this, and what was counted of it."""
    count = {"pictures": 750, "left_out": 0, "last_picture_at_us": NOW_US - SECOND_US} | counted
    return {"camera": CameraState("cam-1", what, rule, rule), "cameras": (CameraHealth("cam-1", **count),)}


def test_a_unit_that_is_ready() -> None:
    found = readiness(FACTS, NOW_US)
    assert [(check.check, check.ok, check.says) for check in found] == [
        ("certificate", True, "certificate.lasts"),
        ("clock", True, "clock.synchronised"),
        ("disk", True, "disk.room"),
        ("mandate", True, "mandate.held"),
        ("camera", True, "camera.shut"),
        ("lease", True, "lease.runs"),
    ]


ROWS: list[tuple[dict[str, Any], Check]] = [
    (
        {"certificate_until_us": NOW_US},
        Check("certificate", False, "certificate.over", {"until_us": NOW_US}),
    ),
    (
        {"certificate_until_us": LAST_US - 1},
        Check("certificate", False, "certificate.ends-before", {"until_us": LAST_US - 1, "needed_us": LAST_US}),
    ),
    ({"certificate_until_us": LAST_US}, Check("certificate", True, "certificate.lasts", {"until_us": LAST_US})),
    (
        {"planned": None, "certificate_until_us": NOW_US + DAY_US - 1},
        Check(
            "certificate",
            False,
            "certificate.ends-before",
            {"until_us": NOW_US + DAY_US - 1, "needed_us": NOW_US + DAY_US},
        ),
    ),
    ({"at_us": NOW_US + 61 * SECOND_US}, Check("clock", False, "clock.ahead", {"off_us": 61 * SECOND_US})),
    ({"at_us": NOW_US - 61 * SECOND_US}, Check("clock", False, "clock.behind", {"off_us": 61 * SECOND_US})),
    ({"at_us": NOW_US - 60 * SECOND_US}, Check("clock", True, "clock.synchronised", {"error_us": 1500})),
    (
        {"clock": FREE, "at_us": NOW_US - SECOND_US - 1},
        Check("clock", False, "clock.free", {"off_us": SECOND_US + 1}),
    ),
    ({"clock": FREE, "at_us": NOW_US + SECOND_US + 1}, Check("clock", False, "clock.free", {"off_us": SECOND_US + 1})),
    (
        {"clock": FREE, "at_us": NOW_US - SECOND_US},
        Check("clock", True, "clock.agrees", {"off_us": SECOND_US}, warns=True),
    ),
    (
        {"clock": FREE, "at_us": NOW_US - 61 * SECOND_US},
        Check("clock", False, "clock.behind", {"off_us": 61 * SECOND_US}),
    ),
    (
        {"clock": ClockState("kernel-pll", True, SECOND_US + 1), "at_us": NOW_US - 2 * SECOND_US},
        Check("clock", False, "clock.free", {"off_us": 2 * SECOND_US}),
    ),
    (
        {"spool_bytes": 3600 * 250_000},
        Check("disk", False, "disk.short", {"room_us": 7 * HOUR_US, "needed_us": 8 * HOUR_US}),
    ),
    ({"disk_free": 0}, Check("disk", False, "disk.short", {"room_us": 0, "needed_us": 8 * HOUR_US})),
    (
        {"disk_free": 0, "planned": replace(PLANNED, recorded=False)},
        Check("disk", True, "disk.room", {"room_us": 0, "needed_us": 0}),
    ),
    (
        {"spool_bytes": 3600 * 250_000, "planned": replace(PLANNED, from_us=NOW_US - HOUR_US, to_us=NOW_US + HOUR_US)},
        Check("disk", True, "disk.room", {"room_us": 7 * HOUR_US, "needed_us": HOUR_US}),
    ),
    (
        {"planned": None, "spool_limit": 3600 * 250_000 - 1},
        Check("disk", False, "disk.short", {"room_us": HOUR_US - 4, "needed_us": HOUR_US}),
    ),
    ({"spool_bytes": 2 * WINDOW_BYTES}, Check("disk", False, "disk.short", {"room_us": 0, "needed_us": 8 * HOUR_US})),
    ({"planned": None}, Check("mandate", False, "mandate.unplanned")),
    ({"orders": ()}, Check("mandate", False, "mandate.missing", {"number": "2026-041", "from_us": FROM_US})),
    (
        {"planned": replace(PLANNED, decision="e" * 64)},
        Check("mandate", False, "mandate.missing", {"number": "2026-041", "from_us": FROM_US}),
    ),
    (
        {"planned": replace(PLANNED, from_us=FROM_US + 1)},
        Check("mandate", False, "mandate.missing", {"number": "2026-041", "from_us": FROM_US + 1}),
    ),
    (
        {"orders": (), "held_back": 1},
        Check("mandate", False, "mandate.held-back", {"number": "2026-041", "from_us": FROM_US}),
    ),
    (
        {"orders": (), **doing("refused", "mandate.approvals")},
        Check(
            "mandate",
            False,
            "mandate.refused",
            {"number": "2026-041", "from_us": FROM_US, "rule": "mandate.approvals"},
        ),
    ),
    (doing("filming"), Check("camera", True, "camera.filming")),
    (doing("filming", last_picture_at_us=None), Check("camera", False, "camera.silent")),
    (doing("filming", last_picture_at_us=NOW_US - 41 * SECOND_US), Check("camera", False, "camera.silent")),
    (doing("filming", left_out=12), Check("camera", False, "camera.leaves-out", {"pictures": 12})),
    (doing("failing", "camera.missing"), Check("camera", False, "camera.failing", {"rule": "camera.missing"})),
    ({"camera": None}, Check("camera", True, "camera.shut")),
    ({"lease_until_us": None}, Check("lease", False, "lease.none")),
    ({"lease_until_us": NOW_US}, Check("lease", False, "lease.over", {"until_us": NOW_US})),
]


@pytest.mark.parametrize(("changes", "expected"), ROWS, ids=[f"{row[1].says}-{n}" for n, row in enumerate(ROWS)])
def test_one_thing_changes_one_check(changes: dict[str, Any], expected: Check) -> None:
    found = {check.check: check for check in readiness(facts(**changes), NOW_US)}
    assert found.keys() == CHECKS.keys()
    assert found[expected.check] == expected
    others = [check.check for check in found.values() if not check.ok and check.check != expected.check]
    allowed = {"mandate"} if changes.get("planned", 1) is None or "planned" in changes else set()
    assert set(others) <= allowed


def test_who_never_said_how_it_is_is_not_ready() -> None:
    found = readiness(facts(health=None), NOW_US)
    assert [check.check for check in found] == list(CHECKS)
    assert {(check.ok, check.says) for check in found} == {(False, "report.none")}


def test_what_was_said_long_ago_says_nothing_of_tomorrow() -> None:
    assert all(check.ok for check in readiness(FACTS, NOW_US + FRESH_US))
    found = readiness(FACTS, NOW_US + FRESH_US + 1)
    assert found == tuple(Check(name, False, "report.old", {"at_us": NOW_US}) for name in CHECKS)
