// SPDX-License-Identifier: EUPL-1.2
// Units die binnenkomen, in het Nederlands.

export const incoming = {
  heading: "Wil binnenkomen",
  new: "{{unit}}, nieuw",
  renewal: "{{unit}}, terug van de plank",
  claimedBy: "{{who}} heeft de code van het label getypt.",
  lapsed: "Het certificaat is verlopen. De sleutel is nog dezelfde.",
  print: "Vingerafdruk",
  compare: "Laat voorlezen wat op het label van de unit staat. Alle vijf groepen moeten gelijk zijn.",
  confirm: "Staat zo op het label",
  confirming: "Wordt bevestigd",
  differs: "Staat er anders",
  refuseAsk: "{{unit}} komt dan niet binnen. Op de unit is een nieuwe code nodig om het opnieuw te proberen.",
  refuseAskRenewal: "{{unit}} krijgt dan geen nieuw certificaat en filmt niet.",
  refuse: "Weiger {{unit}}",
  refusing: "Wordt geweigerd",
  back: "Terug",
  until: "Kan tot {{time}}.",
  confirmed: "Bevestigd. De unit haalt zijn certificaat op.",
  claimHeading: "Nieuwe unit",
  code: "Code op het label",
  codeHint: "Bijvoorbeeld K7QF2-9DMXA.",
  codeMissing: "Typ de code van het label.",
  claim: "Zoek de unit",
  claiming: "Wordt gezocht",
} as const;
