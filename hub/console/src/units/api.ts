// SPDX-License-Identifier: EUPL-1.2
// Units that come in, or come back from a shelf: what the hub says of them, and what people do about it.
import { ask } from "../hub/api";
import { people } from "../people/api";

/** @schema EnrolmentView */
export interface Enrolment {
  enrolment: string;
  /** a renewal is a unit of ours whose certificate lapsed */
  kind: "new" | "renewal";
  unit: string;
  camera: string;
  fingerprint: string;
  /** the fingerprint as it stands on the unit's label */
  groups: string[];
  state: "claimed" | "confirmed" | "issued" | "refused";
  source_note: string | null;
  claimed_by: string | null;
  asked_at_us: number;
  until_us: number;
}

/** Those that people see to; who typed a code is called by their name. */
export async function incoming(): Promise<Enrolment[]> {
  const [waiting, team] = await Promise.all([ask<Enrolment[]>("GET", "/v1/enrolments"), people.team()]);
  return waiting.map((one) => ({ ...one, claimed_by: team.find(({ name }) => name === one.claimed_by)?.display ?? one.claimed_by }));
}

export const enrolments = {
  claim: (code: string) => ask<Enrolment>("POST", "/v1/claims", { code }),
  /** with the fingerprint that was on the screen, so that it is that key and no other */
  confirm: (one: Enrolment) => ask<Enrolment>("POST", `/v1/enrolments/${one.enrolment}/confirmation`, { fingerprint: one.fingerprint }),
  refuse: (one: Enrolment) => ask<Enrolment>("POST", `/v1/enrolments/${one.enrolment}/refusal`),
};

/** @schema RevokedUnit */
export interface Revoked {
  unit: string;
  revoked_at_us: number;
  /** null while the log cannot be written */
  log_index: number | null;
}

export const revoke = (unit: string, reason: string): Promise<Revoked> =>
  ask<Revoked>("POST", `/v1/units/${encodeURIComponent(unit)}/revoke`, { reason });
