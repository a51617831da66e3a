# SPDX-License-Identifier: EUPL-1.2
"""MQTT topics."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.record import ContractError
from contract.topics import DOWN, RETAINED, UP, parse, topic


@pytest.mark.parametrize("what", UP + DOWN)
def test_a_topic_is_read_as_it_was_made(what: str) -> None:
    assert topic("unit-1", what) == f"fz/1/unit-1/{what}"
    assert parse(topic("unit-1", what)) == ("unit-1", what)


def test_what_is_retained_has_one_newest_value() -> None:
    """A retained ack or lease would come again, stale, to whoever connects."""
    assert {"state", "mandate"} == RETAINED


@pytest.mark.parametrize(
    "text", ["fz/2/unit-1/state", "fz/1/unit-1/other", "fz/1/unit-1", "fz/1/unit-1/state/x", "", "fz/1//state"]
)
def test_other_topics_are_refused(text: str) -> None:
    with pytest.raises(ContractError):
        parse(text)


@given(st.text(max_size=30), st.sampled_from(UP + DOWN))
def test_a_unit_in_a_topic_is_a_units_name(unit: str, what: str) -> None:
    """Wildcards and slashes have no place in a name: what parses is one unit and can be no other's."""
    try:
        found, _ = parse(f"fz/1/{unit}/{what}")
    except ContractError:
        return
    assert found == unit
    assert set(found) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
