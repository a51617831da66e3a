# SPDX-License-Identifier: EUPL-1.2
"""The claim code: every letter that is wrong is noticed, what people misread is not; a proof is bound to a key."""

import os

import pytest

from contract.claim import ALPHABET, claim_code, claim_proof, compared, normalised
from contract.record import ContractError

CODE = claim_code(bytes.fromhex("9bcd12e8a447"))
FINGERPRINT = "00443214c74254b635cf84653a56d7c675be77dfffff0000000000000000ffff"


def test_a_code_is_two_groups_of_five() -> None:
    assert [len(group) for group in CODE.split("-")] == [5, 5]
    assert normalised(CODE) == CODE.replace("-", "")
    assert len({claim_code(os.urandom(6)) for _ in range(1000)}) == 1000


def test_every_bit_of_the_randomness_counts() -> None:
    one = {claim_code((1 << bit).to_bytes(6, "big")) for bit in range(3, 48)}
    assert len(one) == 45


def test_a_wrong_letter_and_two_that_changed_places_are_noticed() -> None:
    letters = normalised(CODE)
    for at, letter in enumerate(letters):
        for other in ALPHABET.replace(letter, ""):
            with pytest.raises(ContractError):
                normalised(letters[:at] + other + letters[at + 1 :])
    for at in range(9):
        swapped = letters[:at] + letters[at + 1] + letters[at] + letters[at + 2 :]
        if swapped != letters:
            with pytest.raises(ContractError):
                normalised(swapped)


@pytest.mark.parametrize("spelled", ["{0}", " {0} ", "{1}", "{2}"])
def test_as_people_type_it(spelled: str) -> None:
    code = claim_code(bytes(6))  # zeros, and a check letter
    mine = spelled.format(code.lower(), " ".join(code), code.replace("0", "o"))
    assert normalised(mine) == code.replace("-", "")
    one = claim_code((0b00001 << 43).to_bytes(6, "big"))
    assert one[0] == "1"
    assert normalised("l" + one[1:]) == normalised("I" + one[1:]) == normalised(one)


@pytest.mark.parametrize("text", ["", "K7QF2", CODE + "0", "U" * 10, "é" * 10, "-" * 40, CODE[:-1] + "ı"])
def test_what_is_no_code(text: str) -> None:
    with pytest.raises(ContractError):
        normalised(text)


def test_a_proof_is_of_one_code_by_one_key() -> None:
    assert claim_proof(CODE, FINGERPRINT) == claim_proof(CODE.lower().replace("-", " "), FINGERPRINT)
    assert claim_proof(CODE, FINGERPRINT) != claim_proof(CODE, FINGERPRINT[::-1])
    assert claim_proof(CODE, FINGERPRINT) != claim_proof(claim_code(bytes(6)), FINGERPRINT)


def test_what_is_compared_is_the_fingerprints_first_hundred_bits() -> None:
    assert compared(FINGERPRINT) == ("0123", "4567", "89AB", "CDEF", "GHJK")
    assert compared(FINGERPRINT[:25] + "0" * 39) == compared(FINGERPRINT)
    assert compared("1" + FINGERPRINT[1:]) != compared(FINGERPRINT)
