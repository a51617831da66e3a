// SPDX-License-Identifier: EUPL-1.2
// What the hub says of people and their keys.
import { ask } from "../hub/api";
import type { Approver, Session, TeamPerson } from "../hub/types";
import type { SignatureBody } from "./keys";

/** @schema SlotView */
export interface Slot {
  slot: string;
  name: string;
  keys: string[];
}

/** @schema RosterView */
export interface Roster {
  municipality: string;
  serial: number;
  demo: boolean;
  slots: Slot[];
}

/** @schema EnvelopeBody */
export interface SignedRecord {
  type: string;
  /** base64 */
  body: string;
  signatures: SignatureBody[];
}

/** @schema RegisteredKey */
export interface RegisteredKey {
  fingerprint: string;
}

/** @schema Logged */
export interface Logged {
  digest: string;
  log_index: number;
}

export const people = {
  session: () => ask<Session>("GET", "/v1/session"),
  roster: () => ask<Roster>("GET", "/v1/roster"),
  approvers: () => ask<Approver[]>("GET", "/v1/approvers"),
  team: () => ask<TeamPerson[]>("GET", "/v1/people"),
  registerKey: (key: string, proof: SignatureBody) => ask<RegisteredKey>("PUT", "/v1/session/key", { key, proof }),
  bind: (record: SignedRecord) => ask<Logged>("POST", "/v1/bindings", record),
  tried: (slot: string, at_us: number, signature: SignatureBody) => ask<void>("POST", "/v1/approvers/tries", { slot, at_us, signature }),
};
