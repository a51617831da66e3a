// SPDX-License-Identifier: EUPL-1.2
// A post, and what the keys do to it: arrows half a metre (Shift five), [ ] turn one degree (Shift ten), - = the width
// of the view, `,` and `.` up and down. What is typed and what is dragged ends in the same post.
import { bearing, middle, moved } from "./plane";
import { mended, mendsOf, sharpest } from "./optics";
import type { Entry, PlanPost, PlanView, Position } from "./types";

export type Deed =
  | { kind: "move"; east: number; north: number }
  | { kind: "turn"; degrees: number }
  | { kind: "widen"; degrees: number }
  | { kind: "tilt"; degrees: number };

const STEP_M = 0.5;
const STRIDE_M = 5;
const FULL_MDEG = 360_000;

const arrows: Record<string, [number, number]> = {
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
};
/** Shift gives another letter on most keyboards. */
const others: Record<string, Deed> = {
  "[": { kind: "turn", degrees: -1 },
  "]": { kind: "turn", degrees: 1 },
  "{": { kind: "turn", degrees: -10 },
  "}": { kind: "turn", degrees: 10 },
  "-": { kind: "widen", degrees: 1 },
  "=": { kind: "widen", degrees: -1 },
  _: { kind: "widen", degrees: 10 },
  "+": { kind: "widen", degrees: -10 },
  ",": { kind: "tilt", degrees: -1 },
  ".": { kind: "tilt", degrees: 1 },
  "<": { kind: "tilt", degrees: -10 },
  ">": { kind: "tilt", degrees: 10 },
};

interface Press {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/** What a key asks of what has the focus; null for a key that is not ours. */
export function deedOf({ key, shiftKey, ctrlKey, metaKey, altKey }: Press): Deed | null {
  if (ctrlKey || metaKey || altKey) return null;
  const arrow = arrows[key];
  if (arrow === undefined) return others[key] ?? null;
  const metres = shiftKey ? STRIDE_M : STEP_M;
  return { kind: "move", east: arrow[0] * metres, north: arrow[1] * metres };
}

function between(low: number, value: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** A view within what a decision can say of one. */
export function tidy(view: PlanView): PlanView {
  return {
    azimuth_mdeg: ((Math.round(view.azimuth_mdeg) % FULL_MDEG) + FULL_MDEG) % FULL_MDEG,
    tilt_mdeg: between(-90_000, Math.round(view.tilt_mdeg), 90_000),
    hfov_mdeg: between(1_000, Math.round(view.hfov_mdeg), 180_000),
    height_mm: between(0, Math.round(view.height_mm), 100_000),
  };
}

export function done(post: PlanPost, deed: Deed): PlanPost {
  const { view } = post;
  if (deed.kind === "move") return { ...post, position: moved(post.position, deed.east, deed.north) };
  if (deed.kind === "turn") return { ...post, view: tidy({ ...view, azimuth_mdeg: view.azimuth_mdeg + deed.degrees * 1000 }) };
  if (deed.kind === "widen") return { ...post, view: tidy({ ...view, hfov_mdeg: view.hfov_mdeg + deed.degrees * 1000 }) };
  return { ...post, view: tidy({ ...view, tilt_mdeg: view.tilt_mdeg + deed.degrees * 1000 }) };
}

/** c1, c2, ...: the lowest that nobody has. */
export function freeName(prefix: string, taken: readonly string[]): string {
  let n = 1;
  while (taken.includes(`${prefix}${n}`)) n += 1;
  return `${prefix}${n}`;
}

/** What people call it: C1. */
export function calledPost(post: Pick<PlanPost, "post">): string {
  return /^[a-z]\d+$/.test(post.post) ? post.post.toUpperCase() : post.post;
}

interface Place {
  name: string;
  position: Position;
  heightM: number | null;
}

export const PICTURE = { width_px: 1920, height_px: 1080 };
const HEIGHT_MM = 6_000;

/** A new post looks at the middle of the area, and no sharper than the ceiling allows. */
export function newPost(at: Place, area: readonly Position[], ceiling: number, taken: readonly string[]): PlanPost {
  const towards = middle(area);
  const azimuth = towards === null ? 0 : Math.round(bearing(at.position, towards)) * 1000;
  const height_mm = at.heightM === null ? HEIGHT_MM : Math.round(at.heightM * 1000);
  const view = tidy({ azimuth_mdeg: azimuth, tilt_mdeg: 22_000, hfov_mdeg: 66_000, height_mm });
  const post: PlanPost = {
    post: freeName("c", taken),
    name: at.name,
    position: at.position,
    area: [],
    view,
    ...PICTURE,
    ceiling_px_per_m: ceiling,
  };
  const mend = mendsOf(post, ceiling)[0];
  return mend === undefined || sharpest(post) <= ceiling ? post : mended(post, mend);
}

type Part<T> = { [K in keyof T]?: T[K] | null };

/** A post that was saved half filled in elsewhere: what is missing is as for a new one, in the middle. */
export function wholePost(part: Part<PlanPost> & { post: string }, area: readonly Position[], ceiling: number): PlanPost {
  const position = part.position ?? middle(area) ?? { lat_e7: 0, lon_e7: 0 };
  const fresh = newPost({ name: part.post, position, heightM: null }, area, ceiling, []);
  const said = Object.fromEntries(Object.entries(part).filter(([, value]) => value !== null && value !== undefined));
  return { ...fresh, ...said };
}

export function newEntry(name: string, position: Position, entries: readonly Entry[]): Entry {
  return { entry: freeName("entry-", entries.map((one) => one.entry)), name, position };
}
