# SPDX-License-Identifier: EUPL-1.2
"""Refusals of a plan, a decision or a placement; most name the rule of law that they keep."""

from collections.abc import Mapping

from hub.problem.kind import Kind

KINDS: Mapping[str, Kind] = {
    "field-refused": Kind(
        422,
        ("No such field", "A plan has no field {field}: nothing about a demonstration's cause is asked or kept."),
        ("Geen veld", "Een plan kent geen veld {field}: over het doel van een demonstratie wordt niets vastgelegd."),
    ),
    "title-refused": Kind(
        422,
        ("Not a title", "A title is a place, a date and a number; leave out “{word}”."),
        ("Geen titel", "Een titel is een plaats, een datum en een nummer; laat “{word}” weg."),
    ),
    "text-names-cause": Kind(
        422,
        ("Perhaps a cause", "“{word}”: say what may happen, not what people stand for."),
        ("Misschien een doel", "“{word}”: zeg wat er kan gebeuren, niet waar mensen voor staan."),
    ),
    "text-too-long": Kind(
        422,
        ("Too long", "Why it is needed and why it is recorded take {length} characters; a decision holds {limit}."),
        ("Te lang", "De noodzaak en de reden van opname zijn samen {length} tekens; een besluit heeft er {limit}."),
    ),
    "plan-incomplete": Kind(
        422,
        ("Not filled in yet", "{field} is still open."),
        ("Nog niet ingevuld", "{field} is nog open."),
    ),
    "value-unknown": Kind(
        422,
        ("No such choice", "{field} cannot be “{value}”."),
        ("Geen keuze", "{field} kan niet “{value}” zijn."),
    ),
    "value-out-of-bounds": Kind(
        422,
        ("Out of bounds", "{field} is {value}; {low} to {high} is possible."),
        ("Buiten de grenzen", "{field} is {value}; {low} tot en met {high} kan."),
    ),
    "form-refused": Kind(
        422,
        ("The plan has the wrong form", "{reason}."),
        ("Het plan heeft de verkeerde vorm", "{reason}."),
    ),
    "regime-unknown": Kind(
        422,
        ("No such regime", "“{regime}” is no regime: choose the law that this deployment falls under first."),
        ("Geen regime", "“{regime}” is geen regime: kies eerst onder welke wet deze inzet valt."),
    ),
    "regime-differs": Kind(
        422,
        ("Another regime", "{ordinance}, {article}, is about {held} and not about this plan's regime."),
        ("Een ander regime", "{ordinance}, {article}, gaat over {held} en niet over het regime van dit plan."),
    ),
    "regime-fixed": Kind(
        422,
        ("A deployment keeps its regime", "It was decided under {held}: under another law it is another deployment."),
        ("Een inzet houdt zijn regime", "Hij is besloten onder {held}: onder een andere wet is het een andere inzet."),
    ),
    "delegation-unknown": Kind(
        422,
        ("No such delegation", "The designation names a delegation that is not here."),
        ("Geen bevoegdheid", "De aanwijzing noemt een bevoegdheid die hier niet is."),
    ),
    "delegation-over": Kind(
        422,
        ("The delegation has expired", "{ordinance}, {article}, held until {until}."),
        ("De bevoegdheid is verlopen", "{ordinance}, {article}, gold tot {until}."),
    ),
    "delegation-window": Kind(
        422,
        (
            "Outside the delegation's term",
            "{ordinance}, {article}, holds {since} to {until}; window {window} does not.",
        ),
        (
            "Buiten de termijn van de bevoegdheid",
            "{ordinance}, {article}, geldt {since} tot {until}; venster {window} past daar niet in.",
        ),
    ),
    "delegation-term": Kind(
        422,
        ("Outside the delegation's term", "{ordinance}, {article}, holds {since} to {until}."),
        ("Buiten de termijn van de bevoegdheid", "{ordinance}, {article}, geldt {since} tot {until}."),
    ),
    "mobile-refused": Kind(
        422,
        ("No mobile cameras", "{ordinance}, {article}, allows fixed cameras only."),
        ("Geen mobiele camera's", "{ordinance}, {article}, staat alleen vaste camera's toe."),
    ),
    "window-too-long": Kind(
        422,
        (
            "A window is too long",
            "Window {window}, its overrun and what follows within an hour: {hours} h; {limit} may be.",
        ),
        ("Een venster is te lang", "Venster {window}, uitloop en wat binnen een uur volgt: {hours} uur; {limit} mag."),
    ),
    "term-backwards": Kind(
        422,
        ("The term ends too early", "It ends before it begins."),
        ("De termijn eindigt te vroeg", "Hij eindigt voordat hij begint."),
    ),
    "designation-unknown": Kind(
        422,
        ("No such designation", "The plan names a designation that is not here."),
        ("Geen aanwijzing", "Het plan noemt een aanwijzing die hier niet is."),
    ),
    "designation-over": Kind(
        422,
        ("The designation has expired", "{name} held until {until}."),
        ("De aanwijzing is verlopen", "{name} gold tot {until}."),
    ),
    "designation-window": Kind(
        422,
        ("Outside the designation's term", "{name} holds {since} to {until}; window {window} does not."),
        (
            "Buiten de termijn van de aanwijzing",
            "{name} geldt {since} tot {until}; venster {window} past daar niet in.",
        ),
    ),
    "designation-too-long": Kind(
        422,
        ("Designated for too long", "{days} days; the ordinance allows {limit}."),
        ("Te lang aangewezen", "{days} dagen; de verordening staat {limit} toe."),
    ),
    "publication-missing": Kind(
        422,
        ("Not published", "{name} has no number in the official gazette yet: only an urgent plan may stand on it."),
        ("Niet bekendgemaakt", "{name} heeft nog geen nummer van bekendmaking: alleen een spoedplan mag erop steunen."),
    ),
    "published-already": Kind(
        409,
        ("Published already", "{name} stands in the official gazette as {publication}."),
        ("Al bekendgemaakt", "{name} staat bekendgemaakt als {publication}."),
    ),
    "published-elsewhere": Kind(
        422,
        ("Another area's publication", "{publication} published another area than this one."),
        ("Bekendmaking van een ander gebied", "Met {publication} is een ander gebied bekendgemaakt dan dit."),
    ),
    "area-wrong": Kind(
        422,
        ("The area is wrong", "The area's border crosses itself, passes a point twice or encloses nothing."),
        ("Het gebied klopt niet", "De grens van het gebied kruist zichzelf, komt ergens twee keer of omsluit niets."),
    ),
    "area-outside": Kind(
        422,
        ("The area is not designated", "The plan's area reaches outside {name}."),
        ("Het gebied is niet aangewezen", "Het gebied van het plan komt buiten {name}."),
    ),
    "post-incomplete": Kind(
        422,
        ("A post is not placed", "{post} has no place or no view yet."),
        ("Een post is niet geplaatst", "{post} heeft nog geen plaats of geen kijkrichting."),
    ),
    "post-outside": Kind(
        422,
        ("A post outside the area", "{post} stands outside the area."),
        ("Een post buiten het gebied", "{post} staat buiten het gebied."),
    ),
    "post-area-outside": Kind(
        422,
        ("A post's area is outside", "What {post} may see reaches outside the plan's area."),
        ("Het gebied van een post ligt buiten", "Wat {post} mag zien, komt buiten het gebied van het plan."),
    ),
    "posts-alike": Kind(
        422,
        ("Two posts of one name", "{post} is there twice."),
        ("Twee posten met één naam", "{post} is er twee keer."),
    ),
    "entries-alike": Kind(
        422,
        ("Two entrances of one name", "Each entrance has a name of its own."),
        ("Twee toegangen met één naam", "Elke toegang heeft een eigen naam."),
    ),
    "entry-incomplete": Kind(
        422,
        ("An entrance is not placed", "{entry} has no place yet."),
        ("Een toegang heeft geen plaats", "{entry} heeft nog geen plaats."),
    ),
    "entry-outside": Kind(
        422,
        ("An entrance elsewhere", "{entry} is more than {metres} metres outside the area."),
        ("Een toegang elders", "{entry} ligt meer dan {metres} meter buiten het gebied."),
    ),
    "view-outside": Kind(
        422,
        ("A view outside the area", "{post}: {percent} % of what it shows of the ground is inside; 99 % is needed."),
        ("Een blik buiten het gebied", "{post}: {percent} % van de grond in beeld ligt erbinnen; 99 % is nodig."),
    ),
    "view-groundless": Kind(
        422,
        ("A view of nothing", "{post} films no ground near enough to see people on it: hang it lower or tilt it down."),
        ("Een blik op niets", "{post} filmt geen grond die dichtbij genoeg is: hang lager of kantel omlaag."),
    ),
    "view-too-sharp": Kind(
        422,
        ("Sharper than the ceiling", "{post} shows people with up to {sharpest} px/m, more than the plan allows."),
        ("Scherper dan het plafond", "{post} toont mensen met tot {sharpest} px/m, meer dan het plan toestaat."),
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
    "urgent-too-long": Kind(
        422,
        ("Too long for an urgent plan", "Window {window}: without the usual steps {limit} hours is the most."),
        ("Te lang voor spoed", "Venster {window}: zonder de gewone stappen is {limit} uur het meeste."),
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
    "retention-too-short": Kind(
        422,
        ("Kept too short", "{hours} hours: one hour is the least."),
        ("Te kort bewaard", "{hours} uur: een uur is het minste."),
    ),
    "recording-unreasoned": Kind(
        422,
        ("No reason to record", "Say why live pictures are not enough, or record nothing."),
        ("Geen reden om op te nemen", "Zeg waarom meekijken niet genoeg is, of neem niets op."),
    ),
    "alternatives-missing": Kind(
        422,
        ("No alternatives weighed", "Say what else was thought of; those who sign will ask."),
        ("Geen alternatieven gewogen", "Zeg waaraan nog meer is gedacht; wie ondertekent, zal ernaar vragen."),
    ),
    "consultation-missing": Kind(
        422,
        ("Not consulted yet", "The public prosecutor is consulted before the hours of use are set (151c(3))."),
        ("Nog geen overleg", "Voordat de uren vaststaan is er overleg met de officier van justitie (151c lid 3)."),
    ),
    "team-unknown": Kind(
        422,
        ("Nobody of the team", "{name} has no account that may place cameras."),
        ("Niemand van de ploeg", "{name} heeft geen account dat camera's mag plaatsen."),
    ),
    "team-role": Kind(
        422,
        ("Not an operator", "{name} installs; an operator of the team is an operator."),
        ("Geen operator", "{name} is installateur; een operator van de ploeg is operator."),
    ),
    "team-without-key": Kind(
        422,
        ("No key yet", "{name} has no key to sign with: one is made at the next sign-in, in their own browser."),
        ("Nog geen sleutel", "{name} heeft nog geen sleutel: die ontstaat bij het aanmelden, in de eigen browser."),
    ),
    "team-too-small": Kind(
        422,
        ("The team is too small", "It takes {least} operators, for a placement is signed by two."),
        ("De ploeg is te klein", "Er zijn {least} operators nodig: twee ondertekenen een plaatsing."),
    ),
    "team-twice": Kind(
        422,
        ("Somebody is there twice", "Each of the team is named once."),
        ("Iemand staat er twee keer", "Ieder van de ploeg staat er een keer."),
    ),
    "plan-changed": Kind(
        409,
        ("Changed by somebody else", "{changed_by} saved version {version} meanwhile. What you wrote is still here."),
        ("Door iemand anders gewijzigd", "{changed_by} bewaarde intussen versie {version}. Wat u schreef is er nog."),
    ),
    "plan-submitted": Kind(
        409,
        ("Submitted already", "People are asked to sign this plan, or have; it changes when they send it back."),
        ("Al ingediend", "Dit plan wordt of is ondertekend; het wijzigt weer als het wordt teruggestuurd."),
    ),
    "plan-of-others": Kind(
        409,
        ("Another plan waits", "Deployment {number} has another decision that waits for signatures."),
        ("Een ander plan wacht", "Inzet {number} heeft een ander besluit dat op handtekeningen wacht."),
    ),
    "own-plan": Kind(
        403,
        ("Your own plan", "Nobody signs what they planned, or for a team that they are in. These can: {who}."),
        (
            "Uw eigen plan",
            "Niemand ondertekent wat hij zelf plande, of voor een ploeg waar hij in zit. Dit kan door: {who}.",
        ),
    ),
    "signed-by-you": Kind(
        403,
        ("Signed by you already", "One person signs once, also with another key. These can: {who}."),
        ("Al door u ondertekend", "Een mens tekent een keer, ook met een andere sleutel. Dit kan door: {who}."),
    ),
    "being-logged": Kind(
        409,
        ("Two people signed it", "The log is being asked to keep {number}; sign it again to see whether it stands."),
        ("Twee mensen tekenden het", "{number} wordt in het logboek gezet; teken nog eens om te zien of het staat."),
    ),
    "nothing-waits": Kind(
        409,
        ("Nothing waits for signatures", "Deployment {number} has no decision that could be sent back."),
        ("Niets wacht op handtekeningen", "Inzet {number} heeft geen besluit dat terug kan."),
    ),
    "duty-unknown": Kind(
        404,
        ("No such duty", "This deployment does not owe that."),
        ("Geen taak", "Deze inzet heeft die taak niet."),
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
    "overrun-closed": Kind(
        409,
        ("No window to prolong", "No window of deployment {number} is open: there is nothing to prolong or confirm."),
        ("Geen venster", "Er is geen venster van inzet {number} open: er is niets te verlengen of te bevestigen."),
    ),
    "overrun-spent": Kind(
        409,
        ("The overrun is used up", "This window was prolonged {times} times; going on takes a new decision by two."),
        (
            "De uitloop is op",
            "Dit venster is {times} keer verlengd; doorgaan vraagt een nieuw besluit van twee beslissers.",
        ),
    ),
    "entry-unknown": Kind(
        422,
        ("No such way in", "The decided plan has no way in {entry}."),
        ("Geen ingang", "Het besloten plan heeft geen ingang {entry}."),
    ),
    "photo-refused": Kind(
        422,
        ("Not a photo", "This cannot be kept as a photo of a sign: {reason}."),
        ("Geen foto", "Dit kan niet als foto van een bord worden bewaard: {reason}."),
    ),
    "photos-enough": Kind(
        409,
        ("Enough photos", "Of the sign at {entry} there are {limit} photos already."),
        ("Genoeg foto's", "Van het bord bij {entry} zijn er al {limit} foto's."),
    ),
    "signs-missing": Kind(
        409,
        ("First the signs", "No picture before everybody can know of it. Still without a sign: {entries}."),
        ("Eerst de borden", "Geen beeld voordat iedereen het kan weten. Nog zonder bord: {entries}."),
    ),
    "entries-unknown": Kind(
        409,
        ("Nobody knows the ways in", "The plan of this decision is not here, so nobody knows where signs must stand."),
        ("De toegangen zijn onbekend", "Het plan van dit besluit is hier niet; waar borden moeten staan, is onbekend."),
    ),
    "setup-over": Kind(
        409,
        ("Not the time to aim", "A camera is aimed from a day before a window of deployment {number} until its end."),
        ("Nu niet te richten", "Richten kan vanaf een dag voor een venster van inzet {number} tot het einde ervan."),
    ),
}
