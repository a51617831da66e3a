// SPDX-License-Identifier: EUPL-1.2
// The outline of what a camera sees on the ground, for drawing it: ray by ray, the stretches where a person's feet and
// head are in the picture and nothing stands before the head. The numbers beside the map come from coverage.ts, which
// counts cells by the same rules; this gives smooth edges at any zoom.
import type { Obstacle } from "./coverage";
import { LEVELS } from "./optics";
import { Plane, type Spot } from "./plane";
import type { PlanPost } from "./types";

type Stretch = readonly [from: number, to: number];

export interface Ray {
  /** radians clockwise from north */
  turn: number;
  /** metres, where feet and head are seen */
  covered: Stretch[];
  /** metres, where either is */
  filmed: Stretch[];
}

export interface Sight {
  /** half the angle between two rays */
  half: number;
  rays: Ray[];
  /** how far each px/m reaches over the ground, metres; 0 where it does not */
  reach: (pxPerM: number) => number;
}

const HEAD_M = 1.7;
const OWN_M = 1; // what stands nearer is what the camera hangs on
const RAYS = 241;
const OVERLAP = 1.08;
const WIDEST_RAD = (178 * Math.PI) / 180;

interface Eye {
  at: Spot;
  height: number;
  cos: number;
  sin: number;
  tanH: number;
  tanV: number;
  px: number;
}

function eyeOf(post: PlanPost, plane: Plane): Eye {
  const tilt = ((post.view.tilt_mdeg / 1000) * Math.PI) / 180;
  const tanH = Math.tan(Math.min(((post.view.hfov_mdeg / 1000) * Math.PI) / 180, WIDEST_RAD) / 2);
  return {
    at: plane.to(post.position),
    height: post.view.height_mm / 1000,
    cos: Math.cos(tilt),
    sin: Math.sin(tilt),
    tanH,
    tanV: (tanH * post.height_px) / post.width_px,
    px: post.width_px / (2 * tanH),
  };
}

const NONE: Stretch = [0, 0];

/** Where a*d + b >= 0, within a stretch. */
function where([from, to]: Stretch, a: number, b: number): Stretch {
  if (a === 0) return b >= 0 ? [from, to] : NONE;
  const at = -b / a;
  return a > 0 ? [Math.max(from, at), to] : [from, Math.min(to, at)];
}

/** The stretch of one ray where a point `up` metres above the camera is in the picture. */
function inPicture(eye: Eye, aside: number, ahead: number, up: number, reach: number): Stretch {
  // depth = d*ahead*cos - up*sin; down = -d*ahead*sin - up*cos; both linear in the distance d
  const depth = [ahead * eye.cos, -up * eye.sin] as const;
  const down = [-ahead * eye.sin, -up * eye.cos] as const;
  let seen: Stretch = where([0, reach], depth[0], depth[1] - 1e-9);
  seen = where(seen, depth[0] * eye.tanH - Math.abs(aside), depth[1] * eye.tanH);
  seen = where(seen, depth[0] * eye.tanV - down[0], depth[1] * eye.tanV - down[1]);
  seen = where(seen, depth[0] * eye.tanV + down[0], depth[1] * eye.tanV + down[1]);
  return seen[1] > seen[0] ? seen : NONE;
}

/** The distances at which a ray crosses a border. */
function crossings(at: Spot, sin: number, cos: number, border: readonly Spot[]): number[] {
  const found: number[] = [];
  border.forEach((a, n) => {
    const b = border[(n + 1) % border.length] as Spot;
    const [ex, ey] = [b.x - a.x, b.y - a.y];
    const across = sin * ey - cos * ex;
    if (Math.abs(across) < 1e-12) return;
    const [wx, wy] = [a.x - at.x, a.y - at.y];
    const distance = (wx * ey - wy * ex) / across;
    const along = (wx * cos - wy * sin) / across;
    if (distance > 0 && along >= 0 && along < 1) found.push(distance);
  });
  return found.sort((a, b) => a - b);
}

/** The stretches that an obstacle hides: itself, and behind it as far as it is higher than a head. */
function hidden(eye: Eye, distances: readonly number[], height: number): Stretch[] {
  const out: Stretch[] = [];
  const all = distances.length % 2 === 1 ? [0, ...distances] : distances;
  for (let n = 0; n + 1 < all.length; n += 2) {
    const [from, to] = [all[n] as number, all[n + 1] as number];
    if (to <= OWN_M) continue;
    const shadow = height >= eye.height ? Number.POSITIVE_INFINITY : (to * (eye.height - HEAD_M)) / (eye.height - height);
    out.push([from, height > HEAD_M ? Math.max(to, shadow) : to]);
  }
  return out;
}

function without(seen: Stretch, hides: readonly Stretch[]): Stretch[] {
  let left: Stretch[] = seen[1] > seen[0] ? [seen] : [];
  for (const [from, to] of hides) {
    left = left.flatMap(([a, b]): Stretch[] => {
      if (to <= a || from >= b) return [[a, b]];
      const parts: Stretch[] = [];
      if (from > a) parts.push([a, from]);
      if (to < b) parts.push([to, b]);
      return parts;
    });
  }
  return left;
}

export function sightOf(post: PlanPost, obstacles: readonly Obstacle[], plane: Plane): Sight {
  const eye = eyeOf(post, plane);
  const up = HEAD_M - eye.height;
  const reach = (pxPerM: number): number => Math.sqrt(Math.max(0, (eye.px / pxPerM) ** 2 - up ** 2));
  const furthest = reach(LEVELS[0]);
  const azimuth = ((post.view.azimuth_mdeg / 1000) * Math.PI) / 180;
  const ahead = Math.min(eye.cos - eye.sin * eye.tanV, eye.cos + eye.sin * eye.tanV);
  const side = Math.atan2(eye.tanH, ahead); // the picture's corners look further aside than half the lens
  const half = side / (RAYS - 1);
  const near = obstacles
    .map((one) => ({ border: one.area.map((place) => plane.to(place)), height: one.height_mm / 1000 }))
    .filter(({ border }) => border.some((spot) => Math.hypot(spot.x - eye.at.x, spot.y - eye.at.y) < furthest + 200));
  const rays: Ray[] = [];
  for (let n = 0; n < RAYS; n += 1) {
    const off = -side + 2 * half * n;
    const turn = azimuth + off;
    const [sin, cos] = [Math.sin(turn), Math.cos(turn)];
    const hides = near.flatMap(({ border, height }) => hidden(eye, crossings(eye.at, sin, cos, border), height));
    const head = inPicture(eye, Math.sin(off), Math.cos(off), up, furthest);
    const feet = inPicture(eye, Math.sin(off), Math.cos(off), -eye.height, furthest);
    const both: Stretch = [Math.max(head[0], feet[0]), Math.min(head[1], feet[1])];
    const overlap = both[1] > both[0] && head !== NONE && feet !== NONE;
    const either = overlap ? [[Math.min(head[0], feet[0]), Math.max(head[1], feet[1])] as Stretch] : [head, feet];
    rays.push({
      turn,
      covered: overlap ? without(both, hides) : [],
      filmed: either.flatMap((one) => without(one, hides)),
    });
  }
  return { half, rays, reach };
}

/**
 * The four corners of each stretch of each ray as far as `furthest`, in metres of the plane, ready to be filled as one
 * path: neighbours overlap by a hair, so that no seam shows.
 */
export function* patches(sight: Sight, at: Spot, kind: "covered" | "filmed", furthest: number): Iterable<readonly [Spot, Spot, Spot, Spot]> {
  for (const ray of sight.rays) {
    const [left, right] = [ray.turn - sight.half * OVERLAP, ray.turn + sight.half * OVERLAP];
    const spot = (turn: number, distance: number): Spot => ({
      x: at.x + Math.sin(turn) * distance,
      y: at.y + Math.cos(turn) * distance,
    });
    for (const [from, end] of ray[kind]) {
      const to = Math.min(end, furthest);
      if (to <= from) continue;
      yield [spot(left, from), spot(left, to), spot(right, to), spot(right, from)];
    }
  }
}
