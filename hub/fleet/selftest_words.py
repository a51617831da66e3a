# SPDX-License-Identifier: EUPL-1.2
"""What a self-test says, in both languages: what is so in one sentence, why it matters, what to do there and then."""

from collections.abc import Mapping

from hub.problem import Language

Words = Mapping[str, tuple[str, str, str]]

# Not every unit has an antenna for time: what keeps its clock is one of the two.
KEEP_NL = "geef de unit netwerktijd (NTP) of, als hij die heeft, een vrije antenne; wacht een minuut en test opnieuw."
KEEP_EN = "give the unit network time (NTP) or, if it has one, a free antenna; wait a minute and test again."

NL: Words = {
    "name.line": ("Verbinding", "", ""),
    "name.placed": ("Post", "", ""),
    "name.mandate": ("Opdracht", "", ""),
    "name.camera": ("Camera", "", ""),
    "name.clock": ("Klok", "", ""),
    "name.certificate": ("Certificaat", "", ""),
    "name.disk": ("Opslag", "", ""),
    "unknown": ("{name}: nog niet bekend", "De unit moet zich eerst melden.", ""),
    "line.heard": ("De unit meldt zich", "{seconds} s geleden", ""),
    "line.silent": (
        "De unit meldt zich niet",
        "Het laatste bericht is {minutes} min oud.",
        "kijk of de unit stroom heeft en de antenne vrij staat, wacht een halve minuut en test opnieuw.",
    ),
    "line.never": (
        "De unit heeft zich nog nooit gemeld",
        "De centrale kent hem, maar hoort niets.",
        "zet de unit uit en aan, zet de antenne rechtop, wacht een minuut en test opnieuw.",
    ),
    "placed.at": ("Geplaatst op {post}", "inzet {number}", ""),
    "placed.nowhere": (
        "De unit is nog op geen post geplaatst",
        "Zonder plaatsing door twee mensen filmt hij niet.",
        "koppel hem aan een post, en laat een operator tekenen.",
    ),
    "mandate.held": ("De opdracht is bij de unit", "inzet {number}", ""),
    "mandate.missing": (
        "De opdracht is nog niet bij de unit",
        "Inzet {number} is besloten, maar de unit heeft de opdracht nog niet bevestigd.",
        "wacht een minuut en test opnieuw; blijft het, zet de antenne vrij.",
    ),
    "mandate.held-back": (
        "De unit kan deze opdracht nog niet krijgen",
        "Er wachten er meer dan in één bericht passen.",
        "bel de centrale: een oudere inzet moet eerst af.",
    ),
    "mandate.refused": (
        "De unit weigert de opdracht",
        "Hij keurt zelf wat twee mensen tekenden, en vond: {rule}.",
        "bel de centrale en lees deze regel voor.",
    ),
    "mandate.unplanned": (
        "Er is voor deze unit geen opdracht",
        "Zonder opdracht filmt hij niet.",
        "koppel hem aan een post.",
    ),
    "camera.gives": ("De camera geeft beeld", "", ""),
    "camera.unseen": (
        "Van de camera is nog geen beeld gezien",
        "Een camera gaat alleen open onder een opdracht.",
        "richt hem: dan gaat hij open.",
    ),
    "camera.long-ago": (
        "De camera gaf {minutes} minuten geen beeld",
        "Hij gaf beeld toen hij werd gericht.",
        "richt hem nog een keer.",
    ),
    "camera.failing": (
        "De camera geeft geen beeld",
        "De unit krijgt hem niet open.",
        "druk de kabel van de camera aan, zet de unit uit en aan, en test opnieuw.",
    ),
    "clock.synchronised": ("De klok loopt gelijk", "op {milliseconds} ms", ""),
    "clock.agrees": (
        "De klok loopt los, en is hooguit {milliseconds} ms anders dan de centrale",
        "Niets houdt hem gelijk: geen tijd van het netwerk en geen antenne. Hij wordt bij elke melding nagemeten.",
        "",
    ),
    "clock.free": (
        "De klok loopt los, {seconds} seconden anders dan de centrale",
        "Zo klopt de tijd in het bewijs niet, en niets houdt de klok gelijk.",
        KEEP_NL,
    ),
    "clock.ahead": (
        "De klok loopt {seconds} seconden voor op de centrale",
        "Zo klopt de tijd in het bewijs niet.",
        KEEP_NL,
    ),
    "clock.behind": (
        "De klok loopt {seconds} seconden achter op de centrale",
        "Zo klopt de tijd in het bewijs niet.",
        KEEP_NL,
    ),
    "certificate.lasts": ("Het certificaat geldt tot na de inzet", "", ""),
    "certificate.ends-before": (
        "Het certificaat eindigt voor de inzet voorbij is",
        "Daarna kan de unit niets meer melden of sturen.",
        "laat de unit aan staan: hij vraagt zelf een nieuw aan. Blijft het, bel de centrale.",
    ),
    "certificate.over": (
        "Het certificaat is verlopen",
        "De unit kan niets melden of sturen.",
        "bel de centrale: de unit moet opnieuw worden toegelaten.",
    ),
    "disk.room": ("Er is ruimte voor {room_h} uur", "", ""),
    "disk.short": (
        "Er is ruimte voor {room_h} uur, nodig is {needed_h}",
        "Valt het netwerk weg, dan past niet alles.",
        "laat de unit aan staan tot hij heeft verstuurd wat er nog ligt, of hang een andere op.",
    ),
}

EN: Words = {
    "name.line": ("Line", "", ""),
    "name.placed": ("Post", "", ""),
    "name.mandate": ("Order", "", ""),
    "name.camera": ("Camera", "", ""),
    "name.clock": ("Clock", "", ""),
    "name.certificate": ("Certificate", "", ""),
    "name.disk": ("Storage", "", ""),
    "unknown": ("{name}: not known yet", "The unit has to report first.", ""),
    "line.heard": ("The unit reports", "{seconds} s ago", ""),
    "line.silent": (
        "The unit does not report",
        "Its last message is {minutes} min old.",
        "see whether the unit has power and its antenna is free, wait half a minute and test again.",
    ),
    "line.never": (
        "The unit has never reported",
        "The control room knows it, but hears nothing.",
        "switch the unit off and on, put the antenna upright, wait a minute and test again.",
    ),
    "placed.at": ("Placed at {post}", "deployment {number}", ""),
    "placed.nowhere": (
        "The unit is placed at no post yet",
        "Without a placement by two people it does not film.",
        "bind it to a post, and have an operator sign.",
    ),
    "mandate.held": ("The unit has its order", "deployment {number}", ""),
    "mandate.missing": (
        "The unit does not have its order yet",
        "Deployment {number} is decided, but the unit has not confirmed the order.",
        "wait a minute and test again; if it stays, free the antenna.",
    ),
    "mandate.held-back": (
        "The unit cannot be given this order yet",
        "More wait than fit in one message.",
        "call the control room: an older deployment has to end first.",
    ),
    "mandate.refused": (
        "The unit refuses the order",
        "It checks itself what two people signed, and found: {rule}.",
        "call the control room and read this rule out.",
    ),
    "mandate.unplanned": (
        "There is no order for this unit",
        "Without an order it does not film.",
        "bind it to a post.",
    ),
    "camera.gives": ("The camera gives pictures", "", ""),
    "camera.unseen": (
        "No picture of the camera was seen yet",
        "A camera is opened under an order alone.",
        "aim it: then it opens.",
    ),
    "camera.long-ago": (
        "The camera gave no picture for {minutes} minutes",
        "It did when it was aimed.",
        "aim it once more.",
    ),
    "camera.failing": (
        "The camera gives no picture",
        "The unit cannot open it.",
        "press the camera's cable home, switch the unit off and on, and test again.",
    ),
    "clock.synchronised": ("The clock keeps time", "within {milliseconds} ms", ""),
    "clock.agrees": (
        "The clock runs free, and agrees with the control room within {milliseconds} ms",
        "Nothing keeps it: no network time and no antenna. Each report measures it again.",
        "",
    ),
    "clock.free": (
        "The clock runs free, {seconds} seconds from the control room's",
        "So the time in evidence is not right, and nothing keeps the clock.",
        KEEP_EN,
    ),
    "clock.ahead": (
        "The clock is {seconds} seconds ahead of the control room's",
        "So the time in evidence is not right.",
        KEEP_EN,
    ),
    "clock.behind": (
        "The clock is {seconds} seconds behind the control room's",
        "So the time in evidence is not right.",
        KEEP_EN,
    ),
    "certificate.lasts": ("The certificate outlasts the deployment", "", ""),
    "certificate.ends-before": (
        "The certificate ends before the deployment is over",
        "After that the unit can say and send nothing.",
        "leave the unit on: it asks for a new one by itself. If it stays, call the control room.",
    ),
    "certificate.over": (
        "The certificate has lapsed",
        "The unit can say and send nothing.",
        "call the control room: the unit has to be let in again.",
    ),
    "disk.room": ("There is room for {room_h} hours", "", ""),
    "disk.short": (
        "There is room for {room_h} hours, {needed_h} are needed",
        "If the network fails, not everything fits.",
        "leave the unit on until it has sent what it still holds, or hang another one.",
    ),
}

WORDS: Mapping[Language, Words] = {"nl": NL, "en": EN}
