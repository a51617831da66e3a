# SPDX-License-Identifier: EUPL-1.2
"""What stands on a new unit's label: the claim code that a person types, and the fingerprint that two people compare.

A *claim code* is ten letters of Crockford's base32 in two groups, such as `K7QF2-9DMXA`: nine at random, 45 bits, and
one that checks them, by which every wrong letter and every two that changed places are noticed. It finds the unit that
waits; that this is the right one is said by the fingerprint. The unit first sends no code but a proof of it that is
bound to its own key, so that a copied proof serves no other key.
"""

from __future__ import annotations

import hashlib

from contract.envelope import signing_input
from contract.record import ContractError

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LETTERS = 10  # the last one checks the others
GROUP = 5
COMPARED = 20  # letters of a fingerprint, 100 bits: nobody makes a key for them
COMPARED_GROUP = 4
_MISREAD = str.maketrans("OIL", "011")
_REDUCED = 0b100101  # x^5 + x^2 + 1, by which letters are multiplied as elements of GF(32)


def claim_code(random: bytes) -> str:
    """A code to print, from six random bytes."""
    letters = _letters(int.from_bytes(random[:6], "big") >> 3, LETTERS - 1)
    return _grouped(letters + ALPHABET[_check(letters)], GROUP, "-")


def normalised(code: str) -> str:
    """The one spelling of a claim code: upper case, without spaces and dashes; O reads as 0, I and L read as 1.

    Raises:
        ContractError: what is left is no ten letters of the alphabet, or the last does not fit the others.
    """
    text = "".join(code.split()).replace("-", "").upper().translate(_MISREAD)
    if len(text) != LETTERS or not set(text) <= set(ALPHABET):
        raise ContractError(f"a claim code has {LETTERS} letters and digits")
    if ALPHABET[_check(text[:-1])] != text[-1]:
        raise ContractError("a letter of the claim code is wrong, or two changed places")
    return text


def claim_proof(code: str, fingerprint: str) -> str:
    """What shows that whoever has the key of this fingerprint knows the code.

    Raises:
        ContractError: not a claim code.
    """
    return hashlib.sha256(signing_input("claim", f"{fingerprint}\n{normalised(code)}".encode())).hexdigest()


def enrolment_question(enrolment: str) -> bytes:
    """What a unit signs with its identity key to be told how its enrolment stands."""
    return signing_input("enrolment-question", enrolment.encode())


def compared(fingerprint: str) -> tuple[str, ...]:
    """The first 100 bits of a fingerprint in groups of four letters, as people compare them."""
    letters = _letters(int(fingerprint[: COMPARED * 5 // 4], 16), COMPARED)
    return tuple(_grouped(letters, COMPARED_GROUP, " ").split())


def _letters(number: int, count: int) -> str:
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(count)))


def _grouped(letters: str, size: int, between: str) -> str:
    return between.join(letters[at : at + size] for at in range(0, len(letters), size))


def _check(letters: str) -> int:
    """The sum of each letter by a power of x of its own, in GF(32)."""
    total = 0
    for letter in letters:
        total = _by_x(total ^ ALPHABET.index(letter))
    return total


def _by_x(value: int) -> int:
    return value << 1 ^ _REDUCED if value & 16 else value << 1
