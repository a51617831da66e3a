# SPDX-License-Identifier: EUPL-1.2
"""When what was recorded must be gone: never after the ceiling, never later for a clock that is wrong."""

from hypothesis import given
from hypothesis import strategies as st

from contract.mandate import HOUR_US, RETENTION_CEILING_H
from hub.retention import policy
from hub.retention.policy import LoggedKey, StoredSegment

HOUR = 1_790_000_000_000_000 - 1_790_000_000_000_000 % HOUR_US
moments = st.integers(0, 2**52)
retentions = st.integers(1, RETENTION_CEILING_H)
skews = st.integers(-48 * HOUR_US, 48 * HOUR_US)


def key(from_us: int = HOUR, hours: int = 168, name: str = "a", destroyed: bool = False) -> LoggedKey:
    return LoggedKey(name, from_us, from_us + hours * HOUR_US, destroyed)


def segment(captured_us: int, received_us: int, hour_key: str | None = "a") -> StoredSegment:
    return StoredSegment("c", hour_key, captured_us, received_us)


def hour_of(at_us: int) -> int:
    return at_us - at_us % HOUR_US


@given(moments, moments, st.integers(1, 10**6))
def test_nothing_outlives_the_ceiling(captured_us: int, received_us: int, retention_h: int) -> None:
    due_us = policy.due_us(captured_us, received_us, retention_h)
    assert due_us <= min(captured_us, received_us) + RETENTION_CEILING_H * HOUR_US
    born = LoggedKey("a", hour_of(captured_us), hour_of(captured_us) + retention_h * HOUR_US, False)
    assert policy.key_due_us(born) <= captured_us + RETENTION_CEILING_H * HOUR_US
    for keys in ([born], []):
        assert policy.segment_due_us(segment(captured_us, received_us), keys) <= captured_us + policy.CEILING_US
        assert policy.segment_due_us(segment(captured_us, received_us), keys) <= received_us + policy.CEILING_US


@given(moments, skews, st.integers(0, HOUR_US), retentions)
def test_a_units_wrong_clock_lengthens_nothing(true_us: int, skew_us: int, transit_us: int, retention_h: int) -> None:
    """Ahead: the receipt counts. Behind: the claim counts. Either way it is gone by the true capture's due, or by
    that of the receipt, which is the first that anybody but the unit saw of it.
    """
    claimed_us, received_us = max(0, true_us + skew_us), true_us + transit_us
    due_us = policy.due_us(claimed_us, received_us, retention_h)
    assert due_us <= received_us + retention_h * HOUR_US
    if skew_us <= 0:
        assert due_us <= true_us + retention_h * HOUR_US
    sealed_to = key(hour_of(claimed_us), retention_h)
    assert policy.segment_due_us(segment(claimed_us, received_us), [sealed_to]) <= due_us
    assert policy.to_erase(segment(claimed_us, received_us), [sealed_to], due_us)


@given(moments, st.integers(0, 48 * HOUR_US), retentions)
def test_a_clock_set_back_never_prolongs(claimed_us: int, back_us: int, retention_h: int) -> None:
    received_us = claimed_us + HOUR_US
    earlier = policy.due_us(max(0, claimed_us - back_us), received_us, retention_h)
    assert earlier <= policy.due_us(claimed_us, received_us, retention_h)


def test_an_hour_fast_is_deleted_before_its_key_dies() -> None:
    captured_us, received_us = HOUR + HOUR_US + 1, HOUR + 1
    ahead, its_key = segment(captured_us, received_us), key(HOUR + HOUR_US)
    due_us = received_us + 168 * HOUR_US
    assert due_us < its_key.due_us
    assert not policy.to_erase(ahead, [its_key], due_us - 1)
    assert policy.to_erase(ahead, [its_key], due_us)


def test_a_key_is_due_at_its_moment_and_late_a_minute_after() -> None:
    living, dead = key(), key(name="b", destroyed=True)
    at_us = HOUR + 168 * HOUR_US
    assert policy.due([living, dead], at_us - 1) == ()
    assert policy.due([living, dead], at_us) == (living,)
    assert policy.late([living, dead], at_us + policy.LATE_US - 1) == ()
    assert policy.late([living, dead], at_us + policy.LATE_US) == (living,)


def test_a_segment_falls_with_its_own_key_and_not_with_anothers() -> None:
    filmed = segment(HOUR + 5, HOUR + 6)
    assert policy.to_erase(filmed, [key(destroyed=True), key(name="b")], HOUR + 7)
    assert not policy.to_erase(filmed, [key(), key(name="b", destroyed=True)], HOUR + 7)


def test_a_row_that_cannot_be_read_falls_with_the_last_key_of_its_hour() -> None:
    torn = segment(HOUR + 5, HOUR + 6, None)
    keys = [key(hours=24, destroyed=True), key(name="b", hours=48)]
    assert not policy.to_erase(torn, keys, HOUR + 24 * HOUR_US)
    assert policy.to_erase(torn, [keys[0], key(name="b", hours=48, destroyed=True)], HOUR + 24 * HOUR_US)
    assert policy.to_erase(torn, keys, HOUR + 48 * HOUR_US + 5)


def test_a_segment_whose_key_nobody_knows_is_gone_at_the_ceiling() -> None:
    for keys in ([], [key(name="b")]):
        assert not policy.to_erase(segment(HOUR + 5, HOUR + 6), keys, HOUR + 4 + policy.CEILING_US)
        assert policy.to_erase(segment(HOUR + 5, HOUR + 6), keys, HOUR + 5 + policy.CEILING_US)
