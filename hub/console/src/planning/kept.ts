// SPDX-License-Identifier: EUPL-1.2
// Edits that the hub has not acknowledged yet, kept in this browser under the account's name until it has: a crash, a
// reload or a session that ends in the middle loses nothing.
import type { Draft } from "./merging";

/** An edit, and the version that it was made on. */
export interface Kept {
  version: number;
  base: Draft;
  mine: Draft;
}

/** What one browser keeps of one plan: the edit under way, and those that were set aside for somebody else's. */
export interface Shelf {
  edit: Kept | null;
  asides: Kept[];
}

export interface Cupboard {
  read: (key: string) => string | null;
  write: (key: string, value: string | null) => void;
}

function isDraft(value: unknown): value is Draft {
  const draft = value as Partial<Draft> | null;
  return typeof draft?.title === "string" && typeof draft.body === "object" && draft.body !== null;
}

function isKept(value: unknown): value is Kept {
  const kept = value as Partial<Kept> | null;
  return typeof kept?.version === "number" && isDraft(kept.base) && isDraft(kept.mine);
}

export const EMPTY: Shelf = { edit: null, asides: [] };

export function keyOf(account: string, plan: string): string {
  return `plan.${account}.${plan}`;
}

export function taken(cupboard: Cupboard, key: string): Shelf {
  const text = cupboard.read(key);
  if (text === null) return EMPTY;
  try {
    const shelf = JSON.parse(text) as Partial<Shelf> | null;
    const asides = Array.isArray(shelf?.asides) ? shelf.asides.filter(isKept) : [];
    return { edit: isKept(shelf?.edit) ? shelf.edit : null, asides };
  } catch (broken) {
    console.info("what this browser kept of a plan cannot be read", broken);
    return EMPTY;
  }
}

export function put(cupboard: Cupboard, key: string, shelf: Shelf): void {
  const empty = shelf.edit === null && shelf.asides.length === 0;
  cupboard.write(key, empty ? null : JSON.stringify(shelf));
}
