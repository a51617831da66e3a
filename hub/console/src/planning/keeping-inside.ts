// SPDX-License-Identifier: EUPL-1.2
// A view that shows people outside the area is refused (R03: 99 % of the ground in it must lie inside). This looks for
// the smallest change that keeps it inside and under its ceiling: turning first, then looking down, then a narrower view.
import { coverage, type Obstacle } from "./coverage";
import { sharpest } from "./optics";
import { tidy } from "./posts";
import type { PlanPost, PlanView, Position } from "./types";

export const INSIDE_PERCENT = 99;

const turns = [0, 2, -2, 4, -4, 7, -7, 10, -10, 15, -15, 20, -20, 30, -30, 45, -45];
const downs = [0, 3, 6, 10, 15, 20, 26];
const narrows = [0, -8, -16, -26];

function* views(view: PlanView): Iterable<PlanView> {
  const tried: { cost: number; view: PlanView }[] = [];
  for (const turn of turns) {
    for (const down of downs) {
      for (const narrow of narrows) {
        const cost = Math.abs(turn) + 1.5 * down + 2 * Math.abs(narrow);
        const next = {
          ...view,
          azimuth_mdeg: view.azimuth_mdeg + turn * 1000,
          tilt_mdeg: Math.min(80_000, view.tilt_mdeg + down * 1000),
          hfov_mdeg: Math.max(20_000, view.hfov_mdeg + narrow * 1000),
        };
        tried.push({ cost, view: tidy(next) });
      }
    }
  }
  tried.sort((a, b) => a.cost - b.cost);
  for (const one of tried) yield one.view;
}

/** null when nothing near it stays inside: then the post hangs in the wrong place. */
export function insideView(post: PlanPost, area: readonly Position[], obstacles: readonly Obstacle[], floor: number, ceiling: number): PlanView | null {
  const highest = Math.min(ceiling, post.ceiling_px_per_m);
  for (const view of views(post.view)) {
    const tried = { ...post, view };
    if (sharpest(tried) > highest && sharpest(tried) > sharpest(post)) continue;
    const own = coverage(area, [tried], obstacles, floor, ceiling)?.posts[0];
    if (own !== undefined && own.footprint_m2 > 0 && own.inside_percent >= INSIDE_PERCENT) return view;
  }
  return null;
}
