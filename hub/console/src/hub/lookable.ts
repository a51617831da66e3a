// SPDX-License-Identifier: EUPL-1.2
// What can be looked back at: the deployments that film, and after them those that ended and are not forgotten yet.
import type { Standing } from "./standing";
import type { Camera, Recent } from "./types";

export interface Lookable {
  deployment: string;
  number: string;
  title: string;
  from_us: number;
  until_us: number;
  cameras: readonly Pick<Camera, "camera" | "unit" | "name" | "source_note">[];
}

/** Where the page saw a deployment end, the hub's own word for its end counts. */
export function lookable(standing: readonly Standing[], recent: readonly Recent[]): Lookable[] {
  const ended = recent.map(({ ended_us, ...one }): Lookable => ({ ...one, until_us: ended_us }));
  const known = new Set(ended.map((one) => one.deployment));
  return [...standing.map((one) => one.filming).filter((one) => !known.has(one.deployment)), ...ended];
}
