# SPDX-License-Identifier: EUPL-1.2
"""What unit and hub tell each other: bounds, and that each type is its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contract.envelope import enclose, opened, spki
from contract.messages import ACK, STATE, Ack, State
from contract.record import RECORD_LIMIT, ContractError, dump, load
from tests.simulated_hub import ed25519
from tests.unit.contract.records import SAMPLES

ORDER = ed25519("order")


@pytest.mark.parametrize(
    ("name", "changes", "why"),
    [
        ("ack", {"chain": "C" * 64}, "chain"),
        ("ack", {"log_index": -1}, "log_index"),
        ("state", {"position": "moon"}, "position"),
        ("state", {"unsent": 2**53}, "out of range"),
        ("index-row", {"records": 0}, "records"),
        ("index-row", {"camera": "cam/1"}, "camera"),
    ],
)
def test_bounds(name: str, changes: dict[str, Any], why: str) -> None:
    sample: Any = SAMPLES[name]
    with pytest.raises(ContractError, match=why):
        load(type(sample), dump(replace(sample, **changes)))


def test_a_state_is_no_ack() -> None:
    state: Any = SAMPLES["state"]
    signed = enclose(STATE, state, ORDER)
    assert opened(signed, STATE, State, spki(ORDER)) == state
    with pytest.raises(ContractError):
        opened(signed, ACK, Ack, spki(ORDER))


@pytest.mark.parametrize("name", ["index-row", "state", "ack"])
def test_every_message_fits_the_broker(name: str) -> None:
    assert len(dump(enclose(name, SAMPLES[name], ORDER, ORDER))) < RECORD_LIMIT
