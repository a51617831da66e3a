# SPDX-License-Identifier: EUPL-1.2
"""Refusals that any request may meet."""

from collections.abc import Mapping

from hub.problem.kind import Kind

KINDS: Mapping[str, Kind] = {
    "not-found": Kind(404, ("Not found", "There is nothing here."), ("Niet gevonden", "Hier is niets.")),
    "method-not-allowed": Kind(
        405,
        ("Method not allowed", "This cannot be done with this method."),
        ("Methode niet toegestaan", "Dit kan niet met deze methode."),
    ),
    "invalid-request": Kind(
        400,
        ("The request is not valid", "{where}: {reason}."),
        ("De vraag is niet geldig", "{where}: {reason}."),
    ),
    "text-refused": Kind(
        422,
        ("Not text", "{where}: a control character, an invisible one or half a character is no text."),
        ("Geen tekst", "{where}: een stuurteken, een onzichtbaar of een half teken is geen tekst."),
    ),
    "too-large": Kind(
        413,
        ("Too large", "The body may hold {limit} bytes at most."),
        ("Te groot", "De inhoud mag hoogstens {limit} bytes zijn."),
    ),
    "too-slow": Kind(
        408,
        ("Too slow", "The body did not arrive within {seconds} seconds."),
        ("Te langzaam", "De inhoud kwam niet binnen {seconds} seconden."),
    ),
    "wrong-origin": Kind(
        403,
        ("Wrong origin", "This request comes from another site."),
        ("Verkeerde herkomst", "Deze vraag komt van een andere site."),
    ),
    "not-allowed": Kind(
        403,
        ("Not allowed", "Your role ({role}) does not allow this; it takes {needed}."),
        ("Niet toegestaan", "Uw rol ({role}) staat dit niet toe; nodig is {needed}."),
    ),
    "rule-refused": Kind(
        422,
        ("A rule does not allow this", "{rule}: {reason}."),
        ("Een regel staat dit niet toe", "{rule}: {reason}."),
    ),
    "database-unavailable": Kind(
        503,
        ("The database does not answer", "Nothing was changed. Try again shortly."),
        ("De database antwoordt niet", "Er is niets gewijzigd. Probeer het zo weer."),
    ),
    "changed-meanwhile": Kind(
        409,
        ("Changed meanwhile", "Someone else changed this at the same moment; try again."),
        ("Intussen gewijzigd", "Iemand anders wijzigde dit op hetzelfde moment; probeer het opnieuw."),
    ),
    "log-unavailable": Kind(
        503,
        ("The log cannot be written", "Nothing new opens until it can; nothing was changed. Try again shortly."),
        ("Het logboek is niet te schrijven", "Er gaat niets nieuws open; er is niets gewijzigd. Probeer het zo weer."),
    ),
    "keeper-unreachable": Kind(
        503,
        ("The keeper does not answer", "Nothing was changed. Try again; if it stays, see whether its process runs."),
        ("De bewaarder antwoordt niet", "Er is niets gewijzigd. Probeer het opnieuw; blijft het, kijk of hij draait."),
    ),
    "map-unavailable": Kind(
        503,
        ("The map does not come", "{host} gives no map now; everything else works without it."),
        ("De kaart komt niet", "{host} geeft nu geen kaart; al het andere werkt zonder."),
    ),
    "map-damaged": Kind(
        500,
        ("The map is damaged", "The archive of tiles cannot be read: {reason}. Put it there again."),
        ("De kaart is beschadigd", "Het archief met tegels is niet te lezen: {reason}. Zet het er opnieuw neer."),
    ),
    "internal": Kind(
        500,
        ("Something went wrong", "This is a fault of the hub; it was noted."),
        ("Er ging iets mis", "Dit is een fout van de hub; hij is genoteerd."),
    ),
}
