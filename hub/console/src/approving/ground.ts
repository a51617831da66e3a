// SPDX-License-Identifier: EUPL-1.2
// How large an area is and where a place lies, of positions in 1e-7 degree (WGS 84). A demonstration's area is so small
// that the ground is flat.
import type { Position } from "./decision";

const METRES_A_DEGREE = 111_320; // of latitude; of longitude times the cosine of the latitude
const E7 = 1e7;

/** The place in metres east and south of another. */
export function metres(place: Position, from: Position): { x: number; y: number } {
  const shrink = Math.cos((from.lat_e7 / E7) * (Math.PI / 180));
  return {
    x: ((place.lon_e7 - from.lon_e7) / E7) * METRES_A_DEGREE * shrink,
    y: ((from.lat_e7 - place.lat_e7) / E7) * METRES_A_DEGREE,
  };
}

export function squareMetres(area: readonly Position[]): number {
  const first = area[0];
  if (first === undefined) return 0;
  const corners = area.map((corner) => metres(corner, first));
  const doubled = corners.reduce((sum, one, n) => {
    const next = corners[(n + 1) % corners.length] ?? one;
    return sum + one.x * next.y - next.x * one.y;
  }, 0);
  return Math.abs(doubled) / 2;
}

/** 54.5000000 4.5000000, as maps take it */
export function degrees({ lat_e7, lon_e7 }: Position): string {
  return `${(lat_e7 / E7).toFixed(7)} ${(lon_e7 / E7).toFixed(7)}`;
}
