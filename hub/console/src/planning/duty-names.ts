// SPDX-License-Identifier: EUPL-1.2
// What can be owed after an urgent decision, by name. A file of its own: the overview says the names and needs no plan.
import type { Say } from "../i18n/language";

export const KINDS = ["publication", "consultation", "alternatives", "entries", "posts"] as const;
export type Kind = (typeof KINDS)[number];

export function kindOf(duty: string): Kind | null {
  return KINDS.find((one) => one === duty) ?? null;
}

export function nameOf(duty: string, say: Say): string {
  const kind = kindOf(duty);
  return kind === null ? duty : say(`duties.kind.${kind}`);
}
