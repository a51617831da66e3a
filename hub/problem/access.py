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
    "key-taken": Kind(
        409,
        ("The key is somebody else's", "This key signs for another account already. Make one of your own."),
        ("De sleutel is van een ander", "Met deze sleutel tekent al een ander account. Maak er zelf een."),
    ),
    "code-used": Kind(
        409,
        ("The code was used", "A key was bound with this code or a later one already. Use your next code."),
        ("De code is gebruikt", "Met deze of een latere code is al een sleutel gekoppeld. Gebruik uw volgende code."),
    ),
    "not-your-slot": Kind(
        403,
        ("Not your slot", "The slot {slot} is not that of your account: nothing was bound or tried."),
        ("Niet uw plaats", "De plaats {slot} hoort niet bij uw account: er is niets gekoppeld of geprobeerd."),
    ),
    "clock-apart": Kind(
        422,
        ("Made at another time", "What was signed is more than five minutes from the hub's time. Try again."),
        ("Op een ander moment gemaakt", "Wat getekend is, wijkt meer dan vijf minuten af van de hub. Probeer opnieuw."),
    ),
    "no-roster": Kind(
        409,
        ("No roster yet", "The hub holds no roster yet: it must be posted first."),
        ("Nog geen rooster", "De hub heeft nog geen rooster: dat moet eerst worden aangeleverd."),
    ),
}
