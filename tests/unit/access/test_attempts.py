# SPDX-License-Identifier: EUPL-1.2
"""The limit on attempts: a sliding minute, a name at a time and in all, bounded in memory."""

from hub.access.signin import ATTEMPT_SPAN_US, ATTEMPTS, ATTEMPTS_IN_ALL, NAMES_LIMIT, Attempts


def failed(name: str, times: int, at_us: int = 0) -> Attempts:
    attempts = Attempts()
    for _ in range(times):
        attempts.failed(name, at_us)
    return attempts


def test_the_last_allowed_attempt_and_the_first_refused() -> None:
    assert failed("anna", ATTEMPTS - 1).wait_us("anna", 1) == 0
    assert failed("anna", ATTEMPTS).wait_us("anna", 1) == ATTEMPT_SPAN_US - 1


def test_the_minute_slides() -> None:
    attempts = failed("anna", ATTEMPTS - 1)
    attempts.failed("anna", ATTEMPT_SPAN_US - 1)

    assert attempts.wait_us("anna", ATTEMPT_SPAN_US - 1) == 1
    assert attempts.wait_us("anna", ATTEMPT_SPAN_US) == 0


def test_the_right_password_forgets_the_wrong_ones() -> None:
    attempts = failed("anna", ATTEMPTS)
    attempts.forget("anna")

    assert attempts.wait_us("anna", 1) == 0


def test_many_names_together_wait_too() -> None:
    attempts = Attempts()
    for n in range(ATTEMPTS_IN_ALL):
        attempts.failed(f"name-{n}", 0)

    assert attempts.wait_us("another", 1) > 0


def test_names_are_forgotten_before_memory_grows_without_bound() -> None:
    attempts = Attempts()
    for n in range(2 * NAMES_LIMIT):
        attempts.failed(f"name-{n}", n * ATTEMPT_SPAN_US)

    assert len(attempts._failed) == NAMES_LIMIT
