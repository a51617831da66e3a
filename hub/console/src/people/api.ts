// SPDX-License-Identifier: EUPL-1.2
// What the hub says of people and their keys.
import { ask } from "../hub/api";
import type { Session } from "../hub/types";
import type { SignatureBody } from "./keys";

export interface Roster {
  municipality: string;
  serial: number;
  demo: boolean;
  slots: { slot: string; name: string; keys: string[] }[];
}

export interface ApproverStatus {
  slot: string;
  /** as the roster names the slot */
  name: string;
  /** the display name of the account that has the slot */
  person: string | null;
  state: "unbound" | "bound";
  counter: number | null;
  codes_left: number;
  fingerprint: string | null;
  last_tried_at_us: number | null;
}

export interface TeamPerson {
  name: string;
  display: string;
  role: "operator" | "installer";
  demo: boolean;
  key: string | null;
  fingerprint: string | null;
}

export interface SignedRecord {
  type: string;
  /** base64 */
  body: string;
  signatures: SignatureBody[];
}

export const people = {
  session: () => ask<Session>("GET", "/v1/session"),
  roster: () => ask<Roster>("GET", "/v1/roster"),
  approvers: () => ask<ApproverStatus[]>("GET", "/v1/approvers"),
  team: () => ask<TeamPerson[]>("GET", "/v1/people"),
  registerKey: (key: string, proof: SignatureBody) => ask<{ fingerprint: string }>("PUT", "/v1/session/key", { key, proof }),
  bind: (record: SignedRecord) => ask<{ digest: string; log_index: number }>("POST", "/v1/bindings", record),
  tried: (slot: string, at_us: number, signature: SignatureBody) => ask<void>("POST", "/v1/approvers/tries", { slot, at_us, signature }),
};
