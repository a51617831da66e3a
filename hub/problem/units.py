# SPDX-License-Identifier: EUPL-1.2
"""Refusals about units and what they send."""

from collections.abc import Mapping

from hub.problem.kind import Kind

KINDS: Mapping[str, Kind] = {
    "unit-unknown": Kind(
        422,
        ("No such unit", "There is no unit {unit} in use with camera {camera}."),
        ("Geen unit", "Er is geen unit {unit} in gebruik met camera {camera}."),
    ),
    "camera-taken": Kind(
        409,
        ("The camera has a unit already", "Camera {camera} is unit {unit}'s: give this unit's camera another name."),
        ("De camera heeft al een unit", "Camera {camera} is van unit {unit}: geef deze camera een andere naam."),
    ),
    "certificate-refused": Kind(
        403,
        ("The certificate is refused", "{reason}."),
        ("Het certificaat is geweigerd", "{reason}."),
    ),
    "enrolment-refused": Kind(
        422,
        ("The unit's request is refused", "{reason}."),
        ("De vraag van de unit is geweigerd", "{reason}."),
    ),
    "claim-mistyped": Kind(
        422,
        ("This is no claim code", "A claim code has ten letters and digits in two groups; one of these is wrong."),
        ("Dit is geen claimcode", "Een claimcode heeft tien letters en cijfers in twee groepen; een ervan klopt niet."),
    ),
    "claim-unknown": Kind(
        404,
        ("No unit waits with this code", "Is the unit on, and has it a link? It asks by itself, within a minute."),
        ("Geen unit wacht met deze code", "Staat de unit aan, met verbinding? Hij vraagt zelf, binnen een minuut."),
    ),
    "claim-used": Kind(
        409,
        ("This code was used already", "A code works once. It was typed for {unit}, which is in the list of units."),
        ("Deze code is al gebruikt", "Een code werkt een keer. Hij is getypt voor {unit}, die bij de units staat."),
    ),
    "claim-over": Kind(
        410,
        ("This code is older than a day", "Have the unit make a new one: flexzicht-edge label --new."),
        ("Deze code is ouder dan een dag", "Laat de unit een nieuwe maken: flexzicht-edge label --new."),
    ),
    "claim-of-two": Kind(
        409,
        (
            "Two units say this code",
            "One of them is not what it says: neither comes in with it. Make a new one (flexzicht-edge label --new).",
        ),
        (
            "Twee units noemen deze code",
            "Een ervan is niet wat hij zegt: geen van beide komt binnen. Maak een nieuwe (flexzicht-edge label --new).",
        ),
    ),
    "fingerprint-differs": Kind(
        409,
        ("Another fingerprint", "{unit} does not have this fingerprint. Compare its label with the screen again."),
        ("Een andere vingerafdruk", "{unit} heeft deze vingerafdruk niet. Vergelijk het label opnieuw met het scherm."),
    ),
    "enrolment-elsewhere": Kind(
        409,
        ("Not waiting for this", "This unit's request stands at: {state}."),
        ("Wacht hier niet op", "De vraag van deze unit staat op: {state}."),
    ),
    "row-unknown": Kind(
        409,
        ("Index row not here yet", "No index row is known for this segment yet; send it again later."),
        ("Indexregel nog niet hier", "Voor dit segment is nog geen indexregel bekend; stuur het later opnieuw."),
    ),
    "segment-refused": Kind(
        422,
        ("The segment is refused", "{reason}."),
        ("Het segment is geweigerd", "{reason}."),
    ),
    "offset-differs": Kind(
        409,
        ("Another place", "{offset} bytes of the segment are here; go on from there."),
        ("Een andere plaats", "Van het segment zijn {offset} bytes hier; ga daar verder."),
    ),
    "storage-unavailable": Kind(
        503,
        ("No room", "The segment could not be stored; keep it and send it again later."),
        ("Geen ruimte", "Het segment kon niet worden bewaard; houd het en stuur het later opnieuw."),
    ),
}
