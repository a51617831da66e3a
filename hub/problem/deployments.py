# SPDX-License-Identifier: EUPL-1.2
"""Refusals of a plan, a decision or a placement; most name the rule of law that they keep."""

from collections.abc import Mapping

from hub.problem.kind import Kind

KINDS: Mapping[str, Kind] = {
    "field-refused": Kind(
        422,
        ("No such field", "A deployment has no field {field}: nothing about a demonstration's cause is asked or kept."),
        ("Geen veld", "Een inzet kent geen veld {field}: over het doel van een demonstratie wordt niets vastgelegd."),
    ),
    "designation-missing": Kind(
        422,
        ("Ground missing", "The field {field} is empty: say what the decision stands on."),
        ("Grondslag ontbreekt", "Het veld {field} is leeg: zeg waar het besluit op steunt."),
    ),
    "area-wrong": Kind(
        422,
        ("The area is wrong", "The area's border crosses itself, passes a point twice or encloses nothing."),
        ("Het gebied klopt niet", "De grens van het gebied kruist zichzelf, komt ergens twee keer of omsluit niets."),
    ),
    "post-outside": Kind(
        422,
        ("A post outside the area", "{post} stands outside the area."),
        ("Een post buiten het gebied", "{post} staat buiten het gebied."),
    ),
    "window-backwards": Kind(
        422,
        ("A window ends too early", "Window {window} ends before it begins."),
        ("Een venster eindigt te vroeg", "Venster {window} eindigt voordat het begint."),
    ),
    "window-past": Kind(
        422,
        ("A window is over", "Window {window} is over already."),
        ("Een venster is voorbij", "Venster {window} is al voorbij."),
    ),
    "windows-overlap": Kind(
        422,
        ("Windows overlap", "Two windows overlap: make one of them."),
        ("Vensters overlappen", "Twee vensters overlappen: maak er een van."),
    ),
    "too-many-hours": Kind(
        422,
        ("Windows too long", "The windows touch at least {hours} hours with their overrun; {limit} is the most."),
        ("Vensters te lang", "De vensters raken met hun uitloop minstens {hours} uren; {limit} is het meeste."),
    ),
    "decision-too-large": Kind(
        422,
        ("The decision is too large", "It has {size} bytes and units take {limit}: fewer posts or simpler borders."),
        (
            "Het besluit is te groot",
            "Het heeft {size} bytes, units nemen {limit}: minder posten of eenvoudiger grenzen.",
        ),
    ),
    "term-not-kept": Kind(
        422,
        ("Units cannot do this yet", "No unit can keep {field}: {value} yet, so nobody is asked to sign it."),
        (
            "Units kunnen dit nog niet",
            "Geen unit kan zich al houden aan {field}: {value}, dus niemand wordt gevraagd het te ondertekenen.",
        ),
    ),
    "retention-too-long": Kind(
        422,
        ("Kept too long", "{hours} hours is more than the law's {ceiling}."),
        ("Te lang bewaard", "{hours} uur is meer dan de {ceiling} van de wet."),
    ),
    "post-unknown": Kind(
        422,
        ("No such post", "The decision has no post {post}."),
        ("Geen post", "Het besluit heeft geen post {post}."),
    ),
    "unit-full": Kind(
        409,
        ("The unit holds enough orders", "Unit {unit} has {orders} orders to keep; one more does not fit in between."),
        ("De unit heeft genoeg opdrachten", "Unit {unit} heeft er {orders} te bewaren; deze past er niet meer tussen."),
    ),
    "decided-already": Kind(
        409,
        ("Signed and logged already", "This record stands as it was signed; a change is a new one."),
        (
            "Al ondertekend en gelogd",
            "Dit document staat zoals het is ondertekend; een wijziging is een nieuw document.",
        ),
    ),
    "not-decided": Kind(
        409,
        ("Not decided yet", "Deployment {number} has no signed decision yet."),
        ("Nog niet besloten", "Inzet {number} heeft nog geen ondertekend besluit."),
    ),
}
