// SPDX-License-Identifier: EUPL-1.2
// Which way a camera has to be turned, and where the planned ground lies in its picture. Pure. Angles are thousandths of
// a degree as in a decision: clockwise from north, down from the horizon.
import type { Post } from "../approving/decision";
import { metresPerDegree } from "../planning/coverage";

/** Nearer than this is aimed. */
export const GOOD_MDEG = 2_000;
const ASPECT = 16 / 9; // of the live picture
const STEPS = 12; // points along each side of the ground
const NEAR_M = 0.5; // in front of the lens

export type Way = "left" | "right" | "up" | "down" | "good";

export interface Turn {
  way: Way;
  /** whole degrees, at least 1 where it is not good */
  degrees: number;
}

function turned(mdeg: number, plus: Way, minus: Way): Turn {
  if (Math.abs(mdeg) <= GOOD_MDEG) return { way: "good", degrees: 0 };
  return { way: mdeg > 0 ? plus : minus, degrees: Math.max(1, Math.round(Math.abs(mdeg) / 1000)) };
}

/** From where it looks to where it is to look, the short way round. */
export function turnOf(planned: number, now: number): Turn {
  const apart = (((planned - now) % 360_000) + 540_000) % 360_000;
  return turned(apart - 180_000, "right", "left");
}

export function tiltOf(planned: number, now: number): Turn {
  return turned(planned - now, "down", "up");
}

export interface Looking {
  /** of the back of the phone, clockwise from north */
  azimuth_mdeg: number;
  /** down from the horizon */
  tilt_mdeg: number;
}

/** Where the back of a phone looks, by its angles to the world (W3C Device Orientation, in degrees). */
export function lookingOf(alpha: number, beta: number, gamma: number): Looking {
  const [a, b, g] = [alpha, beta, gamma].map((angle) => (angle * Math.PI) / 180) as [number, number, number];
  const east = -Math.cos(a) * Math.sin(g) - Math.sin(a) * Math.sin(b) * Math.cos(g);
  const north = -Math.sin(a) * Math.sin(g) + Math.cos(a) * Math.sin(b) * Math.cos(g);
  const down = Math.cos(b) * Math.cos(g);
  const azimuth = (Math.atan2(east, north) * 180) / Math.PI;
  return {
    azimuth_mdeg: Math.round((azimuth + 360) * 1000) % 360_000,
    tilt_mdeg: Math.round((Math.asin(Math.min(1, Math.max(-1, down))) * 180_000) / Math.PI),
  };
}

export interface InPicture {
  x: number;
  y: number;
}

/** Where the horizon lies, as a part of the picture's height; outside 0 to 1 it is not in the picture. */
export function horizonOf({ view }: Post): number {
  const tilt = (view.tilt_mdeg * Math.PI) / 180_000;
  return 0.5 - Math.tan(tilt) / (2 * tanV(view.hfov_mdeg));
}

/** The outline of the planned ground as lines in the picture, x and y from 0 to 1; what lies behind the lens is left out. */
export function outlineOf(post: Post): InPicture[][] {
  const [eastM, northM] = metresPerDegree(post.position.lat_e7 / 1e7);
  const lines: InPicture[][] = [[]];
  const corners = post.area.map(({ lat_e7, lon_e7 }) => ({
    east: ((lon_e7 - post.position.lon_e7) / 1e7) * eastM,
    north: ((lat_e7 - post.position.lat_e7) / 1e7) * northM,
  }));
  corners.forEach((from, n) => {
    const to = corners[(n + 1) % corners.length] ?? from;
    for (let step = 0; step <= STEPS; step += 1) {
      const part = step / STEPS;
      const seen = seenAt(post, from.east + (to.east - from.east) * part, from.north + (to.north - from.north) * part);
      if (seen) lines[lines.length - 1]?.push(seen);
      else lines.push([]);
    }
  });
  return lines.filter((line) => line.length > 1);
}

function tanV(hfovMdeg: number): number {
  return Math.tan((hfovMdeg * Math.PI) / 360_000) / ASPECT;
}

function seenAt({ view }: Post, east: number, north: number): InPicture | null {
  const azimuth = (view.azimuth_mdeg * Math.PI) / 180_000;
  const tilt = (view.tilt_mdeg * Math.PI) / 180_000;
  const ahead = east * Math.sin(azimuth) + north * Math.cos(azimuth);
  const aside = east * Math.cos(azimuth) - north * Math.sin(azimuth);
  const below = view.height_mm / 1000;
  const depth = ahead * Math.cos(tilt) + below * Math.sin(tilt);
  if (depth < NEAR_M) return null;
  const down = below * Math.cos(tilt) - ahead * Math.sin(tilt);
  return {
    x: 0.5 + aside / (2 * depth * Math.tan((view.hfov_mdeg * Math.PI) / 360_000)),
    y: 0.5 + down / (2 * depth * tanV(view.hfov_mdeg)),
  };
}

/** Metres between two places, on ground as small as a town. */
export function apartM(one: { lat_e7: number; lon_e7: number }, other: { lat_e7: number; lon_e7: number }): number {
  const [eastM, northM] = metresPerDegree(one.lat_e7 / 1e7);
  return Math.hypot(((one.lon_e7 - other.lon_e7) / 1e7) * eastM, ((one.lat_e7 - other.lat_e7) / 1e7) * northM);
}
