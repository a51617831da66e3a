# SPDX-License-Identifier: EUPL-1.2
"""Code sheets: what an approver gets on paper. One sheet a code: the first, and two spares that stay sealed.

An HTML page of its own for each slot, which needs nothing but a browser and a printer: no script, no address, no
picture, no font of elsewhere. It says in Dutch and in English what to do with it.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

STYLE = """
@page { size: A4; margin: 22mm }
* { box-sizing: border-box }
body { margin: 0; color: #1b2226; background: #fff; font: 11pt/1.45 "Noto Sans", "DejaVu Sans", sans-serif }
section { max-width: 170mm; margin: 0 auto; padding: 10mm; break-after: page }
section:last-child { break-after: auto }
@media print { section { padding: 0 } }
header { display: flex; justify-content: space-between; gap: 8mm; border-bottom: 1.5pt solid; padding-bottom: 3mm }
h1 { margin: 0; font-size: 14pt } h2 { margin: 4mm 0 1mm; font-size: 10pt } p { margin: 0 0 2mm }
ol { margin: 0; padding-left: 6mm }
.which { font-weight: 700; text-align: right }
.code { margin: 6mm 0; padding: 5mm; border: 1.5pt solid; text-align: center;
        font: 700 17pt/1.6 "Noto Sans Mono", "DejaVu Sans Mono", monospace; letter-spacing: .06em }
.code span { display: inline-block; margin: 0 .35em; white-space: nowrap }
.seal { border: 1.5pt dashed; padding: 2mm 3mm; font-weight: 700 }
footer { margin-top: 4mm; border-top: .5pt solid; padding-top: 2mm; font-size: 8.5pt }
"""
WHICH = (
    ("Code 1: nu gebruiken", "Code 1: use now"),
    ("Reservecode 2: verzegeld bewaren", "Spare code 2: keep sealed"),
    ("Reservecode 3: verzegeld bewaren", "Spare code 3: keep sealed"),
)
USE = (
    (
        "Zo gebruikt u deze code",
        "Meld u aan met uw eigen account op uw eigen apparaat.",
        "Druk op uw naam boven in het scherm en typ de code. Kleine letters en spaties maken niet uit.",
        "Uw browser maakt dan een sleutel die hem niet verlaat. De code gaat niet naar de hub.",
        "Vernietig dit blad. De code werkt maar één keer.",
    ),
    (
        "How to use this code",
        "Sign in with your own account on your own device.",
        "Press your name at the top of the screen and type the code. Small letters and spaces make no difference.",
        "Your browser then makes a key that never leaves it. The code is not sent to the hub.",
        "Destroy this sheet. The code works once.",
    ),
)
SEAL = (
    "Vouw dicht, plak af en berg op, niet bij de eerste code. Open pas als uw browser zijn sleutel kwijt is.",
    "Fold, seal and store it, apart from the first code. Open it only when your browser has lost its key.",
)
WARNING = (
    "Geef deze code aan niemand, ook niet aan de beheerder. Is het blad ongewenst geopend, meld dat: dan komt er een"
    " nieuw rooster.",
    "Give this code to nobody, not to the administrator either. If the sheet was opened against your will, report it:"
    " a new roster is then made.",
)


@dataclass(frozen=True)
class Sheets:
    """One slot's sheets: whose, of which municipality, and its codes in their order."""

    municipality: str
    slot: str
    name: str
    codes: Sequence[str]
    demo: bool

    def page(self) -> bytes:
        """The printable page."""
        sheets = "".join(self._sheet(n, code) for n, code in enumerate(self.codes))
        title = f"{self.slot} · {self.name}"
        return (
            "<!-- SPDX-License-Identifier: EUPL-1.2 -->\n<!doctype html>\n"
            f'<html lang="nl"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
            f"<style>{STYLE}</style></head><body>{sheets}</body></html>\n"
        ).encode()

    def _sheet(self, number: int, code: str) -> str:
        name, town, slot = map(html.escape, (self.name, self.municipality, self.slot))
        groups = "".join(f"<span>{html.escape(group)}</span>" for group in code.split("-"))
        seal = "" if number == 0 else f'<p class="seal">{SEAL[0]}</p><p class="seal" lang="en">{SEAL[1]}</p>'
        demo = "<p><strong>DEMO</strong></p>" if self.demo else ""
        return (
            f"<section><header><div><h1>{name}</h1><p>{town} · {slot}</p>{demo}</div>"
            f'<div class="which"><p>{WHICH[number][0]}</p><p lang="en">{WHICH[number][1]}</p></div></header>'
            f'<p class="code">{groups}</p>{seal}{_steps(USE[0], "nl")}{_steps(USE[1], "en")}'
            f'<footer><p>{WARNING[0]}</p><p lang="en">{WARNING[1]}</p></footer></section>'
        )


def _steps(words: Sequence[str], language: str) -> str:
    steps = "".join(f"<li>{html.escape(step)}</li>" for step in words[1:])
    return f'<div lang="{language}"><h2>{html.escape(words[0])}</h2><ol>{steps}</ol></div>'


def pages(
    municipality: str, slots: Sequence[tuple[str, str]], codes: Mapping[str, Sequence[str]], demo: bool
) -> Mapping[str, bytes]:
    """A printable page for each slot, by its file's name."""
    return {f"{slot}.html": Sheets(municipality, slot, name, codes[slot], demo).page() for slot, name in slots}
