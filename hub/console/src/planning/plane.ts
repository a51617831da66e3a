// SPDX-License-Identifier: EUPL-1.2
// A town is flat: places as metres east and north of one of them, and what a polygon of them encloses. Good to a
// decimetre over two kilometres, which is more than any area that cameras watch.
import type { Position } from "./types";

/** metres east (x) and north (y) of the plane's origin */
export interface Spot {
  x: number;
  y: number;
}

const METRES_PER_DEGREE = 111_319.49; // WGS 84's equatorial radius times pi / 180
const E7 = 1e7;

export class Plane {
  private readonly east: number;

  constructor(readonly origin: Position) {
    this.east = METRES_PER_DEGREE * Math.cos((origin.lat_e7 / E7) * (Math.PI / 180));
  }

  to(place: Position): Spot {
    return {
      x: ((place.lon_e7 - this.origin.lon_e7) / E7) * this.east,
      y: ((place.lat_e7 - this.origin.lat_e7) / E7) * METRES_PER_DEGREE,
    };
  }

  from(spot: Spot): Position {
    return {
      lat_e7: this.origin.lat_e7 + Math.round((spot.y / METRES_PER_DEGREE) * E7),
      lon_e7: this.origin.lon_e7 + Math.round((spot.x / this.east) * E7),
    };
  }
}

/** The place so many metres east and north of another. */
export function moved(place: Position, east: number, north: number): Position {
  return new Plane(place).from({ x: east, y: north });
}

/** Metres between two places. */
export function distanceM(a: Position, b: Position): number {
  const spot = new Plane(a).to(b);
  return Math.hypot(spot.x, spot.y);
}

/** Degrees clockwise from north, from one place towards another. */
export function bearing(from: Position, to: Position): number {
  const spot = new Plane(from).to(to);
  return ((Math.atan2(spot.x, spot.y) * 180) / Math.PI + 360) % 360;
}

function edges<T>(polygon: readonly T[]): [T, T][] {
  return polygon.map((one, n) => [one, polygon[(n + 1) % polygon.length] as T]);
}

function doubled(spots: readonly Spot[]): number {
  return edges(spots).reduce((sum, [a, b]) => sum + a.x * b.y - b.x * a.y, 0);
}

/** Square metres; nothing for what is no polygon yet. */
export function areaM2(area: readonly Position[]): number {
  const first = area[0];
  if (first === undefined || area.length < 3) return 0;
  const plane = new Plane(first);
  return Math.abs(doubled(area.map((place) => plane.to(place)))) / 2;
}

/** The middle of the corners: inside every area that is not bent around something. */
export function middle(places: readonly Position[]): Position | null {
  if (places.length === 0) return null;
  const sum = places.reduce((a, b) => ({ lat_e7: a.lat_e7 + b.lat_e7, lon_e7: a.lon_e7 + b.lon_e7 }));
  return { lat_e7: Math.round(sum.lat_e7 / places.length), lon_e7: Math.round(sum.lon_e7 / places.length) };
}

/** Whether a place lies in a polygon. */
export function inside(place: Position, area: readonly Position[]): boolean {
  let within = false;
  for (const [a, b] of edges(area)) {
    if (a.lat_e7 > place.lat_e7 === b.lat_e7 > place.lat_e7) continue;
    const at = a.lon_e7 + ((place.lat_e7 - a.lat_e7) / (b.lat_e7 - a.lat_e7)) * (b.lon_e7 - a.lon_e7);
    if (place.lon_e7 < at) within = !within;
  }
  return within;
}

function side(a: Position, b: Position, c: Position): number {
  return Math.sign((b.lon_e7 - a.lon_e7) * (c.lat_e7 - a.lat_e7) - (b.lat_e7 - a.lat_e7) * (c.lon_e7 - a.lon_e7));
}

function cross([a, b]: [Position, Position], [c, d]: [Position, Position]): boolean {
  return side(a, b, c) !== side(a, b, d) && side(c, d, a) !== side(c, d, b);
}

/** Whether a border crosses itself: then nobody can say what lies within it. */
export function crossesItself(area: readonly Position[]): boolean {
  const all = edges(area);
  return all.some((one, n) =>
    all.some((other, m) => m > n + 1 && !(n === 0 && m === all.length - 1) && cross(one, other)),
  );
}
