# SPDX-License-Identifier: EUPL-1.2
"""What the unit says of how it is: signed, every thirty seconds and on news, with figures that were read."""

from __future__ import annotations

import datetime
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from contract.authority import Order
from contract.envelope import opened, read
from contract.mandate import Window
from contract.messages import HEALTH, CameraHealth, Health
from edge.unit.clock import UnitClock
from edge.unit.health import APART_NS, EVERY_NS, Figures, HealthReporter, Pictures, held
from tests.unit.edge.pictures import pictures
from tests.unit.edge.unit import CLOCK, IDENTITY, NOW_US, START_ID, hub, order

UNTIL = datetime.datetime(2026, 4, 8, 12, tzinfo=datetime.UTC)
FIGURES = Figures(1000, 5000, 3, NOW_US - 9, NOW_US + 7, ())


class Unit:
    """A reporter whose clock, line and content a test moves."""

    def __init__(self, state: Path) -> None:
        self.ns = 0
        self.figures = FIGURES
        self.said: list[Health] = []
        self.takes = True
        self.doing = "waiting"
        clock = UnitClock(lambda: NOW_US + self.ns // 1000, lambda: self.ns, lambda: CLOCK)
        self.pictures = Pictures("cam-1")
        self.reporter = HealthReporter(IDENTITY, START_ID, "edge 1", clock, state, self.pictures, lambda: self.figures)

    def publish(self, payload: bytes) -> bool:
        if self.takes:
            self.said.append(opened(read(payload), HEALTH, Health, IDENTITY.public))
        return self.takes

    def say(self, after_ns: int = 0) -> int:
        """How many reports have been published by now."""
        self.ns += after_ns
        self.reporter.say(self.publish, self.doing)
        return len(self.said)


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    """One with a certificate that ends in April."""
    name = x509.Name([])
    certificate = (
        x509.CertificateBuilder(name, name, IDENTITY.key.public_key(), 1)
        .not_valid_before(datetime.datetime(2026, 4, 1, tzinfo=datetime.UTC))
        .not_valid_after(UNTIL)
        .sign(IDENTITY.key, hashes.SHA256())
    )
    (tmp_path / "identity.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    return Unit(tmp_path)


def test_health_is_signed_by_the_identity_and_whole(unit: Unit, tmp_path: Path) -> None:
    unit.say()
    (said,) = unit.said
    assert (said.unit, said.start_id, said.sequence, said.at_us) == ("unit-1", START_ID, 0, NOW_US)
    assert (said.firmware, said.clock) == ("edge 1", CLOCK)
    assert said.certificate_until_us == int(UNTIL.timestamp()) * 1_000_000
    assert said.disk_total == shutil.disk_usage(tmp_path).total and 0 < said.disk_free <= said.disk_total
    assert (said.spool_bytes, said.spool_limit, said.unsent) == (1000, 5000, 3)
    assert (said.oldest_unsent_us, said.lease_until_us) == (NOW_US - 9, NOW_US + 7)
    assert 10_000_000 < said.rss_bytes < os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def test_at_the_start_and_every_thirty_seconds(unit: Unit) -> None:
    assert unit.say() == 1
    assert unit.say(EVERY_NS - 1) == 1
    assert unit.say(1) == 2
    assert [said.sequence for said in unit.said] == [0, 1]


def test_what_changed_is_told_at_once_and_at_most_once_a_second(unit: Unit) -> None:
    unit.say()
    unit.doing = "filming"
    assert unit.say(APART_NS - 1) == 1
    assert unit.say(1) == 2
    assert unit.say(APART_NS) == 2
    (first,) = pictures(0.04, NOW_US)
    unit.pictures.add(first)  # the first picture ever; more of them are no news
    assert unit.say() == 3
    unit.pictures.add(first)
    assert unit.say(APART_NS) == 3
    unit.takes, unit.doing = False, "waiting"
    unit.say(1)
    unit.takes = True
    assert unit.say(1) == 4


def test_what_the_line_did_not_take_is_said_again_and_nothing_of_it_is_lost(unit: Unit) -> None:
    first, second = pictures(0.08, NOW_US)
    unit.takes = False
    unit.pictures.add(first)
    assert unit.say() == 0
    unit.pictures.add(second)
    unit.pictures.leave_out()
    unit.takes = True
    assert unit.say(1) == 1
    assert unit.said[0].cameras == (CameraHealth("cam-1", 2, 1, second.captured_at_us),)
    unit.say(EVERY_NS)
    assert unit.said[1].cameras == (CameraHealth("cam-1", 0, 0, second.captured_at_us),)


def test_what_cannot_be_read_is_nothing(unit: Unit, tmp_path: Path) -> None:
    (tmp_path / "identity.pem").write_bytes(b"torn")
    unit.say()
    assert unit.said[0].certificate_until_us == 0


def with_windows(mine: Order, *windows: Window) -> Order:
    return replace(mine, decision=replace(mine.decision, windows=windows))


def test_the_windows_that_it_is_ready_for_are_those_that_are_not_over() -> None:
    mine = order(hub())
    over, open_now, later = (Window(NOW_US + n, NOW_US + n + 10) for n in (-10, -5, 100))
    found = held([with_windows(mine, later, over), with_windows(mine, open_now)], NOW_US)
    assert [(each.from_us, each.to_us) for each in found] == [(NOW_US - 5, NOW_US + 5), (NOW_US + 100, NOW_US + 110)]
    assert {each.decision for each in found} == {mine.decision_digest}
    assert len(held([with_windows(mine, *[later] * 100)], NOW_US)) == 64
