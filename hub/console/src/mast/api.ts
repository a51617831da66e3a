// SPDX-License-Identifier: EUPL-1.2
// What the hub answers about units that are hung, placed and aimed, and about signs. Times are microseconds UTC.
import { ask } from "../hub/api";
import type { AssignmentView, DeploymentView, Position } from "../hub/types";
import type { SignatureBody } from "../people/keys";

/** @schema SignView */
export interface Sign {
  photo: string;
  taken_at_us: number;
  taken_by: string;
}

/** @schema EntranceView */
export interface Entrance {
  entry: string;
  name: string;
  position: Position;
  signs: Sign[];
}

/** @schema TestedView */
export interface SelfTestCheck {
  check: string;
  ok: boolean | null;
  says: string;
  title: string;
  detail: string;
  do: string;
}

/** @schema SelfTestView */
export interface SelfTest {
  unit: string;
  verdict: "ready" | "not-ready";
  at_us: number;
  checks: SelfTestCheck[];
}

/** @schema NewSign */
export interface NewSign {
  entry: string;
  taken_at_us: number;
  position: Position | null;
  /** JPEG in base64 */
  photo: string;
}

const PHOTO_WITHIN_MS = 60_000; // a few hundred kilobytes over a thin line

export const mast = {
  deployments: () => ask<DeploymentView[]>("GET", "/v1/deployments"),
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
