# SPDX-License-Identifier: EUPL-1.2
"""Refusals to show, live or recorded."""

from collections.abc import Mapping

from hub.problem.kind import Kind

KINDS: Mapping[str, Kind] = {
    "media-unavailable": Kind(
        503,
        ("No media process", "No process that carries live pictures is running. Try again shortly."),
        ("Geen beeldproces", "Er draait geen proces dat live beeld doorgeeft. Probeer het zo weer."),
    ),
    "window-closed": Kind(
        409,
        ("Not in an open window", "Camera {camera} does not film now: no window of a decision is open for it."),
        ("Geen open venster", "Camera {camera} filmt nu niet: er is voor haar geen venster van een besluit open."),
    ),
    "footage-absent": Kind(
        404,
        ("No footage", "Nothing that {camera} recorded in this stretch is known here."),
        ("Geen beelden", "Er is hier niets bekend dat {camera} in dit stuk heeft opgenomen."),
    ),
    "footage-elsewhere": Kind(
        409,
        ("Still at the unit", "This segment has not arrived from its unit yet. Try again shortly."),
        ("Nog bij de unit", "Dit segment is nog niet van zijn unit aangekomen. Probeer het zo weer."),
    ),
    "footage-erased": Kind(
        410,
        ("Erased", "This footage was due, and opens no more."),
        ("Gewist", "Van deze beelden is de bewaartermijn om; ze gaan niet meer open."),
    ),
    "footage-altered": Kind(
        500,
        ("The stored footage is damaged", "What is stored is not what the unit signed: {reason}."),
        ("De opgeslagen beelden zijn beschadigd", "Wat is opgeslagen is niet wat de unit ondertekende: {reason}."),
    ),
    "not-granted": Kind(
        403,
        ("Outside the grant", "No standing grant of this session to look back names this."),
        ("Buiten de toestemming", "Geen geldende toestemming van deze sessie om terug te kijken noemt dit."),
    ),
    "too-many-lines": Kind(
        429,
        ("Too many lines", "Too many pages are told of changes. Close some; this one asks by itself meanwhile."),
        ("Te veel lijnen", "Te veel pagina's luisteren mee. Sluit er een paar; deze vraagt intussen zelf."),
    ),
    "regime-hides": Kind(
        403,
        ("Not shown under this law", "Under {regime} these pictures are shown to others than your role ({role})."),
        ("Onder deze wet niet te zien", "Onder {regime} zijn deze beelden voor anderen dan uw rol ({role})."),
    ),
    "live-refused": Kind(
        403,
        ("No live now", "{reason}."),
        ("Nu geen live beeld", "{reason}."),
    ),
}
