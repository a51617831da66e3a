// SPDX-License-Identifier: EUPL-1.2
// The wall's words in Dutch, and those of its keys and questions.

export const wall = {
  number: "Inzet {{number}}",
  window: "Venster van {{from}} tot {{until}}",
  closesIn: "Venster sluit over {{left}}",
  overrunUntil: "uitloop tot {{time}}",
  overrunLeft: "{{left}} van {{times}} keer over",
  overrunNone: "geen uitloop meer",
  overrunNever: "geen uitloop",
  prolong: "Verleng {{minutes}} min, met reden",
  stop: "Stop",
  ended: "eindigde om {{time}}",
  endedEarly: "is eerder gestopt",
  warning_30: "Inzet {{number}}: het venster sluit over 30 minuten.",
  warning_10: "Inzet {{number}}: het venster sluit over 10 minuten.",
  warning_2: "Inzet {{number}}: het venster sluit over 2 minuten.",
  alarms: "Alarmen",
  alarmsOpen_one: "{{count}} open",
  alarmsOpen_other: "{{count}} open",
  who: "Wie kijkt nu",
  whoHint: "Elke blik staat in het log.",
  whoWatch_one: "{{count}} camera",
  whoWatch_other: "{{count}} camera's",
  whoReplay: "kijkt terug",
  whoSince: "sinds {{time}}",
  whoNobody: "Niemand kijkt nu.",
  signOn_one: "Begin met uitkijken",
  signOn_other: "Begin met uitkijken: {{count}} camera's",
  signOnHint: "Opent alle beelden onder één regel in het log, tot {{time}}.",
  off: "Beelden uit",
  on: "Beelden weer aan",
  offHint: "De beelden staan uit, niemand kijkt hier mee.",
  layout: "Raster {{layout}}",
  layouts: { one: "1", four: "2 × 2", six: "1 + 5", nine: "3 × 3" },
  hiddenTiles_one: "{{count}} camera staat niet in dit raster",
  hiddenTiles_other: "{{count}} camera's staan niet in dit raster",
  tools: "Weergave",
  find: "Zoek camera",
  findLabel: "Naam of nummer",
  findNone: "Geen camera met die naam.",
  findCount_one: "{{count}} camera",
  findCount_other: "{{count}} camera's",
  prolongTitle: "Verleng inzet {{number}}",
  prolongBody: "De camera's filmen door tot {{time}}. Dit is keer {{nth}} van {{times}}. Uw handtekening komt in het log; de reden blijft bij de hub.",
  prolongReason: "Waarom is langer filmen nodig?",
  prolongDeed: "Verleng tot {{time}}",
  prolongBusy: "Wordt getekend",
  stopTitle: "Stop inzet {{number}}",
  stopBody: "Alle camera's van deze inzet stoppen nu. Opnieuw filmen kan alleen met een nieuw besluit van twee personen. Dat er gestopt is, komt in het log; de reden blijft bij de hub.",
  stopReason: "Waarom stopt het filmen?",
  stopDeed: "Stop het filmen van {{number}} nu",
  stopBusy: "Wordt gestopt",
  reasonMissing: "Vul een reden in.",
} as const;

export const keys = {
  heading: "Toetsen",
  all: "alle toetsen",
  close: "sluit een venster",
  everywhere: "Overal",
  letters: "Toetsen met één teken gebruiken",
  lettersHint: "Zet dit uit als u toetsen indrukt zonder het te bedoelen. Alles kan ook met knoppen.",
  lettersOff: "Toetsen met één teken staan uit.",
  open: "Toetsen",
  tile: "tegel",
  expand: "vergroten",
  whole: "alles",
  layout: "raster",
  freeze: "bevries",
  back: "2 min terug",
  prolong: "verlengen",
  find: "camera",
  off: "beelden uit",
} as const;

export const dialog = {
  close: "Sluiten",
  cancel: "Annuleren",
} as const;

export const line = {
  down: "Wijzigingen komen nu vertraagd binnen: deze pagina vraagt er elke vijf seconden naar.",
} as const;

export const loading = {
  busy: "Wordt opgehaald.",
} as const;
