// SPDX-License-Identifier: EUPL-1.2
// The wall's words in English, and those of its keys and questions.

export const wall = {
  number: "Deployment {{number}}",
  window: "Window from {{from}} until {{until}}",
  closesIn: "Window closes in {{left}}",
  overrunUntil: "overrun until {{time}}",
  overrunLeft: "{{left}} of {{times}} left",
  overrunNone: "no overrun left",
  overrunNever: "no overrun",
  prolong: "Prolong {{minutes}} min, with a reason",
  stop: "Stop",
  ended: "ended at {{time}}",
  endedEarly: "was stopped early",
  warning_30: "Deployment {{number}}: the window closes in 30 minutes.",
  warning_10: "Deployment {{number}}: the window closes in 10 minutes.",
  warning_2: "Deployment {{number}}: the window closes in 2 minutes.",
  alarms: "Alarms",
  alarmsOpen_one: "{{count}} open",
  alarmsOpen_other: "{{count}} open",
  who: "Who looks now",
  whoHint: "Every look is in the log.",
  whoWatch_one: "{{count}} camera",
  whoWatch_other: "{{count}} cameras",
  whoReplay: "looks back",
  whoSince: "since {{time}}",
  whoNobody: "Nobody looks now.",
  signOn_one: "Begin watching",
  signOn_other: "Begin watching: {{count}} cameras",
  signOnHint: "Opens all pictures under one line in the log, until {{time}}.",
  off: "Pictures off",
  on: "Pictures on again",
  offHint: "The pictures are off, nobody is watching here.",
  layout: "Layout {{layout}}",
  layouts: { one: "1", four: "2 × 2", six: "1 + 5", nine: "3 × 3" },
  hiddenTiles_one: "{{count}} camera is not in this layout",
  hiddenTiles_other: "{{count}} cameras are not in this layout",
  tools: "View",
  find: "Find camera",
  findLabel: "Name or number",
  findNone: "No camera of that name.",
  findCount_one: "{{count}} camera",
  findCount_other: "{{count}} cameras",
  prolongTitle: "Prolong deployment {{number}}",
  prolongBody: "The cameras go on filming until {{time}}. This is time {{nth}} of {{times}}. Your signature goes into the log; the reason stays with the hub.",
  prolongReason: "Why is more filming necessary?",
  prolongDeed: "Prolong until {{time}}",
  prolongBusy: "Being signed",
  stopTitle: "Stop deployment {{number}}",
  stopBody: "All cameras of this deployment stop now. Filming again takes a new decision by two people. That it was stopped goes into the log; the reason stays with the hub.",
  stopReason: "Why does filming stop?",
  stopDeed: "Stop filming {{number}} now",
  stopBusy: "Being stopped",
  reasonMissing: "Give a reason.",
};

export const keys = {
  heading: "Keys",
  all: "all keys",
  close: "close a dialog",
  everywhere: "Everywhere",
  letters: "Use keys of one character",
  lettersHint: "Turn this off if you press keys without meaning to. Buttons do all the same.",
  lettersOff: "Keys of one character are off.",
  open: "Keys",
  tile: "tile",
  expand: "expand",
  whole: "all",
  layout: "layout",
  freeze: "freeze",
  back: "2 min back",
  prolong: "prolong",
  find: "camera",
  off: "pictures off",
};

export const dialog = {
  close: "Close",
  cancel: "Cancel",
};

export const line = {
  down: "Changes come in late now: this page asks for them every five seconds.",
};

export const loading = {
  busy: "Being fetched.",
};
