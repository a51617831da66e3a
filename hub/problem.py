# SPDX-License-Identifier: EUPL-1.2
"""Every refusal that leaves the hub by HTTP: problem+json (RFC 9457), in the reader's language.

`type` is stable and what a program goes by; `rule` names the rule that refused, `parameters` hold what the words
mention. `title` and `detail` follow Accept-Language: Dutch, else English. Nothing here knows a web framework.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

MEDIA_TYPE = "application/problem+json"
Language = Literal["nl", "en"]
Parameter = str | int | bool | None


@dataclass(frozen=True)
class Kind:
    """A kind of problem: its status, and a title and a detail per language; the detail may name parameters."""

    status: int
    en: tuple[str, str]
    nl: tuple[str, str]


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
        ("Not text", "{where}: a control character or half a character is no text."),
        ("Geen tekst", "{where}: een stuurteken of een half teken is geen tekst."),
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
    "unit-full": Kind(
        409,
        ("The unit holds enough orders", "Unit {unit} has {orders} orders to keep; one more does not fit in between."),
        ("De unit heeft genoeg opdrachten", "Unit {unit} heeft er {orders} te bewaren; deze past er niet meer tussen."),
    ),
    "unit-revoked": Kind(
        409,
        ("The unit was revoked", "Unit {unit} was revoked and does not come back under this name."),
        ("De unit is ingetrokken", "Unit {unit} is ingetrokken en komt onder deze naam niet terug."),
    ),
    "decided-already": Kind(
        409,
        ("Signed and logged already", "This record stands as it was signed; a change is a new one."),
        (
            "Al ondertekend en gelogd",
            "Dit document staat zoals het is ondertekend; een wijziging is een nieuw document.",
        ),
    ),
    "database-unavailable": Kind(
        503,
        ("The database does not answer", "Nothing was changed. Try again shortly."),
        ("De database antwoordt niet", "Er is niets gewijzigd. Probeer het zo weer."),
    ),
    "not-decided": Kind(
        409,
        ("Not decided yet", "Deployment {number} has no signed decision yet."),
        ("Nog niet besloten", "Inzet {number} heeft nog geen ondertekend besluit."),
    ),
    "changed-meanwhile": Kind(
        409,
        ("Changed meanwhile", "Someone else changed this at the same moment; try again."),
        ("Intussen gewijzigd", "Iemand anders wijzigde dit op hetzelfde moment; probeer het opnieuw."),
    ),
    "no-roster": Kind(
        409,
        ("No roster yet", "The hub holds no roster yet: it must be posted first."),
        ("Nog geen rooster", "De hub heeft nog geen rooster: dat moet eerst worden aangeleverd."),
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
    "certificate-refused": Kind(
        403,
        ("The certificate is refused", "{reason}."),
        ("Het certificaat is geweigerd", "{reason}."),
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
    "live-refused": Kind(
        403,
        ("No live now", "{reason}."),
        ("Nu geen live beeld", "{reason}."),
    ),
    "internal": Kind(
        500,
        ("Something went wrong", "This is a fault of the hub; it was noted."),
        ("Er ging iets mis", "Dit is een fout van de hub; hij is genoteerd."),
    ),
}


class ProblemError(Exception):
    """A request is refused, in words for who asked. `kind` is a key of KINDS."""

    def __init__(self, kind: str, *, rule: str | None = None, **parameters: Parameter) -> None:
        super().__init__(kind if rule is None else f"{kind} ({rule})")
        self.kind = kind
        self.rule = rule
        self.parameters = parameters

    @property
    def status(self) -> int:
        """The HTTP status."""
        return KINDS[self.kind].status


def body(problem: ProblemError, language: Language) -> dict[str, object]:
    """The problem as RFC 9457's members."""
    kind = KINDS[problem.kind]
    title, detail = kind.nl if language == "nl" else kind.en
    rule = {} if problem.rule is None else {"rule": problem.rule}
    written: dict[str, object] = {
        "type": f"/problems/{problem.kind}",
        "title": title,
        "status": kind.status,
        "detail": detail.format(**{**problem.parameters, **rule}),
        **rule,
    }
    if problem.parameters:
        written["parameters"] = dict(problem.parameters)
    return written


def preferred(accept_language: str) -> Language:
    """Dutch where the reader prefers it over English, else English (RFC 9110, 12.5.4)."""
    weights = {"nl": 0.0, "en": 0.0}
    for part in accept_language.lower().split(",")[:16]:
        tag, _, quality = part.partition(";")
        name = tag.strip().split("-")[0]
        if name in weights:
            weights[name] = max(weights[name], _quality(quality))
    return "nl" if weights["nl"] > weights["en"] else "en"


def _quality(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return min(1.0, max(0.0, float(value)))
    except ValueError:
        return 0.0
