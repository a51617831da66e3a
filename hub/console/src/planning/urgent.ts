// SPDX-License-Identifier: EUPL-1.2
// What an urgent plan asks, and the plan that comes of it: an area under a designation that stands, an end, a reason and
// whose mandate. The rest is the municipality's policy, and becomes tasks for the next 24 hours.
import type { TeamPerson } from "../hub/types";
import { bearing, distanceM, inside, middle } from "./plane";
import { newPost, PICTURE } from "./posts";
import type { Mast } from "./town";
import type { Designation, Plan, PlanBody, PlanPost, RegimeName } from "./types";

export interface UrgentAsked {
  designation: string;
  toUs: number | null;
  reason: string;
  mandateHolder: string;
  /** `policy`, `masts`, or `plan <id>` for the posts of an earlier plan */
  cameras: string;
  masts: string[];
}

export const NOTHING_ASKED: UrgentAsked = { designation: "", toUs: null, reason: "", mandateHolder: "", cameras: "policy", masts: [] };
export type UrgentField = "designation" | "toUs" | "reason" | "mandateHolder" | "masts";

const HOUR_US = 3_600_000_000;
const SHORTEST_US = 30 * 60_000_000;
const MASTS_SUGGESTED = 4;
const TEAM_MOST = 16;

/** The next three whole hours that are worth filming until. */
export function endsAfter(nowUs: number): number[] {
  const first = Math.ceil((nowUs + SHORTEST_US) / HOUR_US) * HOUR_US;
  return [first, first + HOUR_US, first + 2 * HOUR_US];
}

/** What is still open or cannot be. */
export function missing(asked: UrgentAsked, nowUs: number): UrgentField[] {
  const open: UrgentField[] = [];
  if (asked.designation === "") open.push("designation");
  if (asked.toUs === null || asked.toUs <= nowUs) open.push("toUs");
  if (asked.reason.trim() === "") open.push("reason");
  if (asked.mandateHolder.trim() === "") open.push("mandateHolder");
  if (asked.cameras === "masts" && asked.masts.length === 0) open.push("masts");
  return open;
}

export function mastsIn(masts: readonly Mast[], area: Designation["area"]): Mast[] {
  return masts.filter((one) => inside(one.position, area));
}

/** Masts on different sides of the area, so that together they see most of it. */
export function suggested(masts: readonly Mast[], area: Designation["area"]): string[] {
  const centre = middle(area);
  if (centre === null) return [];
  const furthest = [...masts].sort((a, b) => distanceM(b.position, centre) - distanceM(a.position, centre));
  const sides = new Map<number, string>();
  for (const mast of furthest) {
    const side = Math.floor(bearing(centre, mast.position) / (360 / MASTS_SUGGESTED));
    if (!sides.has(side)) sides.set(side, mast.name);
  }
  return [...sides.values()];
}

export function postsAt(names: readonly string[], masts: readonly Mast[], area: Designation["area"], ceiling: number): PlanPost[] {
  const posts: PlanPost[] = [];
  for (const name of names) {
    const mast = masts.find((one) => one.name === name);
    if (mast !== undefined) posts.push(newPost(mast, area, ceiling, posts.map((one) => one.post)));
  }
  return posts;
}

const POLICY_POSTS = 4;
const POLICY_VIEW = { tilt_mdeg: 45_000, hfov_mdeg: 66_000, height_mm: 5_000 };

/** An urgent plan with what policy says where it says nothing (hub/deployments/policy.py): this is what is signed. */
export function asPolicyFills(body: PlanBody, designated: Designation["area"], ceiling: number): PlanBody {
  if (body.urgent == null) return body;
  const area = (body.area?.length ?? 0) > 0 ? (body.area ?? []) : designated;
  const [corner, centre] = [area[0], middle(area)];
  if (corner === undefined || centre === null) return body;
  const posts = Array.from({ length: POLICY_POSTS }, (_, n): PlanPost => {
    const post = `post-${n + 1}`;
    return { post, name: post, position: centre, area: [], view: { azimuth_mdeg: n * 90_000, ...POLICY_VIEW }, ...PICTURE, ceiling_px_per_m: ceiling };
  });
  return {
    ...body,
    area,
    necessity: body.necessity || body.urgent.reason,
    recording: body.recording ?? "none",
    on_link_loss: body.on_link_loss ?? "stop",
    entries: (body.entries?.length ?? 0) > 0 ? (body.entries ?? []) : [{ entry: "entry-1", name: "1", position: corner }],
    posts: (body.posts?.length ?? 0) > 0 ? (body.posts ?? []) : posts,
  };
}

interface Around {
  regime: RegimeName;
  people: readonly TeamPerson[];
  posts: PlanPost[];
  preset: Plan | null;
}

export function urgentBody(asked: UrgentAsked, { regime, people, posts, preset }: Around): PlanBody {
  const signers = people.filter((one) => one.key !== null);
  const named = (role: string): string[] => signers.filter((one) => one.role === role).map((one) => one.name).slice(0, TEAM_MOST);
  const taken = preset?.body.posts ?? posts;
  const entries = preset?.body.entries;
  return {
    regime,
    designation: asked.designation,
    windows: asked.toUs === null ? [] : [{ from_us: null, to_us: asked.toUs }],
    team: { operators: named("operator"), installers: named("installer") },
    urgent: { mandate_holder: asked.mandateHolder.trim(), reason: asked.reason.trim() },
    ...(taken.length > 0 ? { posts: taken } : {}),
    ...(entries !== undefined && entries.length > 0 ? { entries } : {}),
  };
}
