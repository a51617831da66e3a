// SPDX-License-Identifier: EUPL-1.2
// Two people changed one plan. What each changed since the version both had is found field by field, posts and
// entries one by one, so that laying one's own edit over the other's version undoes nothing that they alone did.
import { freeName } from "./posts";
import type { Entry, PlanBody, PlanField, PlanPost } from "./types";

export interface Draft {
  title: string;
  body: PlanBody;
}

export type Changed = PlanField | "title";

/** A value as it counts: keys in order, nothing that is merely absent. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(canonical);
  if (value === null || typeof value !== "object") return value ?? undefined;
  const kept = Object.entries(value)
    .map(([key, inner]) => [key, canonical(inner)] as const)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(kept);
}

export function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));
}

function fieldsOf(...bodies: PlanBody[]): PlanField[] {
  return [...new Set(bodies.flatMap((body) => Object.keys(body) as PlanField[]))];
}

/** What is different between two drafts. */
export function changesOf(before: Draft, after: Draft): Changed[] {
  const fields: Changed[] = fieldsOf(before.body, after.body).filter((field) => !same(before.body[field], after.body[field]));
  return before.title === after.title ? fields : ["title", ...fields];
}

/** Item by item: mine where I changed it, theirs where only they did; what one added stays, what I took away is gone. */
function items<T>(base: readonly T[], mine: readonly T[], theirs: readonly T[], name: (item: T) => string, renamed: (item: T, name: string) => T): T[] {
  const at = (all: readonly T[], key: string): T | undefined => all.find((one) => name(one) === key);
  const out: T[] = [];
  for (const item of theirs) {
    const before = at(base, name(item));
    const own = at(mine, name(item));
    if (before === undefined) out.push(item); // they added it
    else if (own !== undefined) out.push(same(own, before) ? item : own);
  }
  for (const own of mine) {
    const key = name(own);
    const before = at(base, key);
    const their = at(theirs, key);
    const gone = before !== undefined && their === undefined; // they took it away
    if (before === undefined && their !== undefined && !same(their, own)) {
      const taken = [...out, ...mine].map(name);
      out.push(renamed(own, freeName(key.replace(/\d+$/, ""), taken))); // both added one of this name
    } else if (before === undefined && their === undefined) out.push(own);
    else if (gone && !same(own, before)) out.push(own); // I changed it: my edit is not lost
  }
  return out;
}

const posts = (base: PlanPost[], mine: PlanPost[], theirs: PlanPost[]): PlanPost[] =>
  items(base, mine, theirs, (one) => one.post, (one, post) => ({ ...one, post }));
const entries = (base: Entry[], mine: Entry[], theirs: Entry[]): Entry[] =>
  items(base, mine, theirs, (one) => one.entry, (one, entry) => ({ ...one, entry }));

/** My edit since `base`, laid over their version. */
export function laidOver(base: Draft, mine: Draft, theirs: Draft): Draft {
  const body: PlanBody = { ...theirs.body };
  for (const field of fieldsOf(base.body, mine.body)) {
    if (same(mine.body[field], base.body[field])) continue;
    if (field === "posts") body.posts = posts(base.body.posts ?? [], mine.body.posts ?? [], theirs.body.posts ?? []);
    else if (field === "entries") body.entries = entries(base.body.entries ?? [], mine.body.entries ?? [], theirs.body.entries ?? []);
    else Object.assign(body, { [field]: mine.body[field] });
  }
  return { title: mine.title === base.title ? theirs.title : mine.title, body };
}

/** What both changed, and not to the same: there laying over sets theirs aside. */
export function contested(base: Draft, mine: Draft, theirs: Draft): Changed[] {
  const own = changesOf(base, mine);
  return changesOf(base, theirs).filter((field) => {
    if (!own.includes(field)) return false;
    return field === "title" ? mine.title !== theirs.title : !same(mine.body[field], theirs.body[field]);
  });
}
