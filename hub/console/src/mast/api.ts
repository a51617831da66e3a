// SPDX-License-Identifier: EUPL-1.2
// What the hub answers about units that are hung, placed and aimed, and about signs. Times are microseconds UTC.
import { ask } from "../hub/api";
import type { SignatureBody } from "../people/keys";

/** A record to sign or signed; `body` is base64 of its exact bytes. */
export interface SignedView {
  type: string;
  digest: string;
  body: string;
  signed_by: string[];
  log_index: number | null;
}

export interface AssignmentView extends SignedView {
  post: string;
  unit: string;
  camera: string;
  serial: number;
  /** for aiming alone, in this stretch */
  setup: { from_us: number; to_us: number } | null;
}

export interface DeploymentView {
  id: string;
  number: string;
  title: string;
  state: "draft" | "decided" | "open" | "over";
  /** what waits for signatures, else what stands */
  decision: SignedView | null;
  /** what stands while a newer one waits */
  previous: SignedView | null;
  assignments: AssignmentView[];
}

export interface Place {
  lat_e7: number;
  lon_e7: number;
}

export interface Entrance {
  entry: string;
  name: string;
  position: Place;
  signs: { photo: string; taken_at_us: number; taken_by: string }[];
}

export interface SelfTest {
  unit: string;
  verdict: "ready" | "not-ready";
  at_us: number;
  checks: { check: string; ok: boolean | null; says: string; title: string; detail: string; do: string }[];
}

export interface NewSign {
  entry: string;
  taken_at_us: number;
  position: Place | null;
  /** JPEG in base64 */
  photo: string;
}

const PHOTO_WITHIN_MS = 60_000; // a few hundred kilobytes over a thin line

export const mast = {
  deployments: () => ask<DeploymentView[]>("GET", "/v1/deployments"),
  pending: (deployment: string) => ask<AssignmentView[]>("GET", `/v1/deployments/${deployment}/assignments/pending`),
  assign: (deployment: string, post: string, unit: string, camera: string, setupMinutes: number | null) =>
    ask<AssignmentView>("POST", `/v1/deployments/${deployment}/assignments`, {
      post,
      unit,
      camera,
      ...(setupMinutes === null ? {} : { setup_minutes: setupMinutes }),
    }),
  sign: (digest: string, signature: SignatureBody) =>
    ask<AssignmentView>("POST", `/v1/assignments/${digest}/signatures`, { signature }),
  entrances: (deployment: string) => ask<Entrance[]>("GET", `/v1/deployments/${deployment}/signs`),
  putUp: (deployment: string, sign: NewSign) =>
    ask<Entrance[]>("POST", `/v1/deployments/${deployment}/signs`, sign, { withinMs: PHOTO_WITHIN_MS }),
  selfTest: (unit: string) => ask<SelfTest>("GET", `/v1/units/${unit}/self-test`),
};
