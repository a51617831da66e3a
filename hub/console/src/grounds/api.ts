// SPDX-License-Identifier: EUPL-1.2
// What the screen of grounds asks of the hub, and what stands now, comes later or is over.
import { ask } from "../hub/api";
import { planning } from "../planning/api";
import type { Delegation, Designation, Regime } from "../planning/types";

export type NewDelegation = Omit<Delegation, "id">;
export type NewDesignation = Omit<Designation, "id">;

export interface Grounds {
  delegations: Delegation[];
  designations: Designation[];
  regimes: Regime[];
}

export async function allGrounds(): Promise<Grounds> {
  const [delegations, designations, regimes] = await Promise.all([
    planning.delegations(),
    planning.designations(),
    planning.regimes(),
  ]);
  return { delegations, designations, regimes };
}

export function delegate(entered: NewDelegation): Promise<Delegation> {
  return ask<Delegation>("POST", "/v1/delegations", entered);
}

export function designate(entered: NewDesignation): Promise<Designation> {
  return ask<Designation>("POST", "/v1/designations", entered);
}

export type Term = "holds" | "coming" | "over";

interface Termed {
  valid_from_us: number;
  valid_to_us: number;
}

/** The end itself is no longer within a term. */
export function termOf({ valid_from_us, valid_to_us }: Termed, nowUs: number): Term {
  if (nowUs >= valid_to_us) return "over";
  return nowUs < valid_from_us ? "coming" : "holds";
}

const RANK: Record<Term, number> = { holds: 0, coming: 1, over: 2 };

/** What is in force first, then what comes, then what is over; among equals as the hub gave them, the newest first. */
export function inForceFirst<T extends Termed>(all: readonly T[], nowUs: number): T[] {
  return [...all].sort((a, b) => RANK[termOf(a, nowUs)] - RANK[termOf(b, nowUs)]);
}
