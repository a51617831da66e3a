// SPDX-License-Identifier: EUPL-1.2
// Units that come in, in English.

export const incoming = {
  heading: "Wants to come in",
  new: "{{unit}}, new",
  renewal: "{{unit}}, back from the shelf",
  claimedBy: "{{who}} typed the code on its label.",
  lapsed: "Its certificate lapsed. Its key is still the same.",
  print: "Fingerprint",
  compare: "Have somebody read out what stands on the unit's label. All five groups must be the same.",
  confirm: "The label says the same",
  confirming: "Confirming",
  differs: "The label says otherwise",
  refuseAsk: "{{unit}} will not come in. To try again a new code is needed on the unit.",
  refuseAskRenewal: "{{unit}} will get no new certificate, and will not film.",
  refuse: "Refuse {{unit}}",
  refusing: "Refusing",
  back: "Back",
  until: "Possible until {{time}}.",
  confirmed: "Confirmed. The unit fetches its certificate.",
  claimHeading: "New unit",
  code: "Code on the label",
  codeHint: "For example K7QF2-9DMXA.",
  codeMissing: "Type the code on the label.",
  claim: "Find the unit",
  claiming: "Looking for it",
} as const;
