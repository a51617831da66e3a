// SPDX-License-Identifier: EUPL-1.2
// How sharp a camera sees people, by its lens and where it hangs, and what makes it less sharp. A head is 1.7 m above
// the ground; a level of q px/m is reached W / (2 q tan(hfov/2)) from the lens, and nearer than h / tan(tilt + vfov/2)
// the ground falls out of the picture. Over the ground: `ringM` of coverage.ts.
import type { PlanPost } from "./types";

/** Overview, Outline, Discern, Perceive (IEC 62676-4:2025): the four that the map draws, px/m. */
export const LEVELS = [20, 40, 80, 125] as const;

/** Picture sizes that cameras have, the largest first. */
export const PICTURES = [
  [3840, 2160],
  [2560, 1440],
  [1920, 1080],
  [1280, 720],
] as const;

const HEAD_M = 1.7;
const WIDEST_DEG = 178; // a lens of 180 degrees has no flat picture
const MEND_WIDEST_DEG = 110;
const MEND_HIGHEST_M = 12;
const MEND_FLATTEST_DEG = 5;

type Optics = Pick<PlanPost, "view" | "width_px" | "height_px">;

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}

/** The tangent of half the width of the view. */
function halfWidth(camera: Optics): number {
  return Math.tan(radians(Math.min(camera.view.hfov_mdeg / 1000, WIDEST_DEG) / 2));
}

/** The height of the view in degrees, from its width and the picture's shape. */
export function vfovDeg(camera: Optics): number {
  return (2 * Math.atan((halfWidth(camera) * camera.height_px) / camera.width_px) * 180) / Math.PI;
}

/** How far from the lens this level is just reached, metres. */
export function slantM(camera: Optics, pxPerM: number): number {
  return camera.width_px / (2 * pxPerM * halfWidth(camera));
}

/** Nearer than this the ground is below the picture; Infinity where the picture shows no ground at all. */
export function nearM(camera: Optics): number {
  const lowest = camera.view.tilt_mdeg / 1000 + vfovDeg(camera) / 2;
  if (lowest <= 0) return Number.POSITIVE_INFINITY;
  return lowest >= 90 ? 0 : camera.view.height_mm / 1000 / Math.tan(radians(lowest));
}

/** Further than this the ground is above the picture; Infinity where the horizon is in it. */
export function farM(camera: Optics): number {
  const highest = camera.view.tilt_mdeg / 1000 - vfovDeg(camera) / 2;
  if (highest <= 0) return Number.POSITIVE_INFINITY;
  return highest >= 90 ? 0 : camera.view.height_mm / 1000 / Math.tan(radians(highest));
}

/** The sharpest that anybody is seen, px/m: a head at the picture's lower edge. 0 where it shows no ground. */
export function sharpest(camera: Optics): number {
  const lowest = Math.min(90, camera.view.tilt_mdeg / 1000 + vfovDeg(camera) / 2);
  const above = camera.view.height_mm / 1000 - HEAD_M;
  if (lowest <= 0) return 0;
  if (above <= 0) return Number.POSITIVE_INFINITY;
  return (camera.width_px * Math.sin(radians(lowest))) / (2 * above * halfWidth(camera));
}

export type Mend =
  | { kind: "widen"; hfovDeg: number }
  | { kind: "raise"; heightM: number }
  | { kind: "lift"; tiltDeg: number }
  | { kind: "aim"; hfovDeg: number; tiltDeg: number }
  | { kind: "picture"; width_px: number; height_px: number; hfovDeg: number };

function first<T>(values: Iterable<T>, fits: (value: T) => boolean): T | null {
  for (const value of values) if (fits(value)) return value;
  return null;
}

function* steps(from: number, to: number, by: number): Iterable<number> {
  for (let n = 1; by > 0 ? from + n * by <= to : from + n * by >= to; n += 1) yield from + n * by;
}

export function mended<P extends Optics>(post: P, mend: Mend): P {
  const view = { ...post.view };
  if (mend.kind === "picture") {
    view.hfov_mdeg = Math.round(mend.hfovDeg * 1000);
    return { ...post, width_px: mend.width_px, height_px: mend.height_px, view };
  }
  if (mend.kind === "widen") view.hfov_mdeg = Math.round(mend.hfovDeg * 1000);
  else if (mend.kind === "raise") view.height_mm = Math.round(mend.heightM * 1000);
  else if (mend.kind === "lift") view.tilt_mdeg = Math.round(mend.tiltDeg * 1000);
  else {
    view.hfov_mdeg = Math.round(mend.hfovDeg * 1000);
    view.tilt_mdeg = Math.round(mend.tiltDeg * 1000);
  }
  return { ...post, view };
}

/** A lens that is too long for any aim is planned with fewer pixels and wider: one size down weighs as 15 degrees. */
function fewerPixels(post: Optics): Mend[] {
  const hfov = Math.floor(post.view.hfov_mdeg / 1000);
  const sizes = PICTURES.filter(([width]) => width < post.width_px);
  const all = sizes.flatMap(([width_px, height_px], down) =>
    [hfov, ...steps(hfov, MEND_WIDEST_DEG, 1)].map((hfovDeg) => ({ kind: "picture" as const, width_px, height_px, hfovDeg, cost: hfovDeg + 15 * down })),
  );
  return all.sort((a, b) => a.cost - b.cost).map(({ cost: _, ...mend }) => mend);
}

/** What keeps a camera under its ceiling with the smallest change: a wider view, looking less steeply, hanging higher. */
export function mendsOf(post: Optics, ceiling: number): Mend[] {
  const fits = (mend: Mend): boolean => sharpest(mended(post, mend)) <= ceiling;
  const { hfov_mdeg, height_mm, tilt_mdeg } = post.view;
  const wider = first(steps(Math.floor(hfov_mdeg / 1000), MEND_WIDEST_DEG, 1), (hfovDeg) => fits({ kind: "widen", hfovDeg }));
  const higher = first(steps(Math.floor(height_mm / 500) / 2, MEND_HIGHEST_M, 0.5), (heightM) => fits({ kind: "raise", heightM }));
  const flatter = first(steps(Math.ceil(tilt_mdeg / 1000), MEND_FLATTEST_DEG, -1), (tiltDeg) => fits({ kind: "lift", tiltDeg }));
  const mends: Mend[] = [];
  if (wider !== null) mends.push({ kind: "widen", hfovDeg: wider });
  if (flatter !== null) mends.push({ kind: "lift", tiltDeg: flatter });
  if (higher !== null) mends.push({ kind: "raise", heightM: higher });
  if (mends.length > 0) return mends;
  const aims = function* (): Iterable<Mend> {
    for (const tiltDeg of steps(Math.ceil(tilt_mdeg / 1000), MEND_FLATTEST_DEG, -1)) {
      for (const hfovDeg of steps(Math.floor(hfov_mdeg / 1000), MEND_WIDEST_DEG, 1)) yield { kind: "aim", hfovDeg, tiltDeg };
    }
  };
  const aim = first(aims(), fits) ?? first(fewerPixels(post), fits);
  return aim === null ? [] : [aim];
}
