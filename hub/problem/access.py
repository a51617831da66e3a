# SPDX-License-Identifier: EUPL-1.2
"""Refusals about who asks and who signs."""

from collections.abc import Mapping

from hub.problem.kind import Kind

KINDS: Mapping[str, Kind] = {
    "not-signed-in": Kind(
        401,
        ("Not signed in", "Sign in first."),
        ("Niet aangemeld", "Meld u eerst aan."),
    ),
    "sign-in-failed": Kind(
        401,
        ("Signing in failed", "The name or the password is wrong."),
        ("Aanmelden is niet gelukt", "De naam of het wachtwoord klopt niet."),
    ),
    "too-many-attempts": Kind(
        429,
        ("Too many attempts", "Try again in {retry_after_s} seconds."),
        ("Te veel pogingen", "Probeer het over {retry_after_s} seconden opnieuw."),
    ),
    "signature-refused": Kind(
        422,
        ("The signature is refused", "{reason}."),
        ("De handtekening is geweigerd", "{reason}."),
    ),
    "record-refused": Kind(
        422,
        ("The record is refused", "{reason}."),
        ("Het document is geweigerd", "{reason}."),
    ),
    "no-roster": Kind(
        409,
        ("No roster yet", "The hub holds no roster yet: it must be posted first."),
        ("Nog geen rooster", "De hub heeft nog geen rooster: dat moet eerst worden aangeleverd."),
    ),
}
