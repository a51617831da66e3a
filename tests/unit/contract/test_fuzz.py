# SPDX-License-Identifier: EUPL-1.2
"""No input whatsoever raises anything but the contract's own error: at every door of the contract.

`tests/fuzz_contract.py` runs the same for as long as one likes; what it found worth keeping is replayed here.
"""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz_contract import CORPUS, CORPUS_LIMIT, corpus
from tests.unit.contract.mutation import mutated
from tests.unit.contract.parsing import SEEDS, TARGETS, outcome

DOORS = sorted(TARGETS)
KEPT = corpus()


@pytest.mark.parametrize("target", DOORS)
def test_every_door_takes_what_is_valid(target: str) -> None:
    """Else mutation would start from what is refused at the first byte."""
    assert outcome(target, SEEDS[target]) == "accepted"


@settings(max_examples=300)
@given(st.sampled_from(DOORS), st.binary(max_size=300))
def test_any_bytes(target: str, data: bytes) -> None:
    outcome(target, data)


@settings(max_examples=1500)
@given(st.sampled_from(DOORS), st.integers(0, 2**64 - 1))
def test_valid_input_that_was_changed(target: str, seed: int) -> None:
    chance = random.Random(seed)
    outcome(target, mutated(SEEDS[target], [SEEDS[target]], chance))


@settings(max_examples=200)
@given(st.sampled_from(DOORS), st.sampled_from(DOORS))
def test_input_for_another_door(target: str, other: str) -> None:
    outcome(target, SEEDS[other])


@pytest.mark.parametrize("target", sorted(KEPT))
def test_what_fuzzing_kept(target: str) -> None:
    for data in KEPT[target]:
        outcome(target, data)


def test_the_corpus_is_small_and_for_doors_that_are_there() -> None:
    files = [path for path in CORPUS.rglob("*") if path.is_file()]
    assert files
    assert sum(path.stat().st_size for path in files) <= CORPUS_LIMIT
    assert {path.stem for path in files} <= set(TARGETS), "a door that went leaves its file behind"
