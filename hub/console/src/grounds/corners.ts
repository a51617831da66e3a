// SPDX-License-Identifier: EUPL-1.2
// An area as people have it at hand: one corner a line, or a GeoJSON Polygon out of another program. What cannot be
// read is said by its line; whether the border will do is for the hub to say.
import { crossesItself } from "../planning/plane";
import type { Position } from "../planning/types";

const E7 = 1e7;
const MOST = 64; // corners, as the hub takes them
const DIGITS = 7; // 1e-7 degree is a centimetre
const PAIR = /^([+-]?\d{1,3}(?:[.,]\d+)?)[\s,;]+([+-]?\d{1,3}(?:[.,]\d+)?)$/;

/** Why a text is no area; `line` counts from 1. */
export type Fault =
  | { why: "line"; line: number }
  | { why: "geojson" | "holes" | "several" | "few" | "many" | "crosses" };

export type Read = { corners: Position[]; fault: Fault | null };

export function lineOf({ lat_e7, lon_e7 }: Position): string {
  return `${(lat_e7 / E7).toFixed(DIGITS)}, ${(lon_e7 / E7).toFixed(DIGITS)}`;
}

export function linesOf(area: readonly Position[]): string {
  return area.map(lineOf).join("\n");
}

function placeOf(lat: number, lon: number): Position | null {
  if (!(Math.abs(lat) <= 90 && Math.abs(lon) <= 180)) return null;
  return { lat_e7: Math.round(lat * E7), lon_e7: Math.round(lon * E7) };
}

function cornerOf(line: string): Position | null {
  const [, north, east] = PAIR.exec(line.trim()) ?? [];
  if (north === undefined || east === undefined) return null;
  return placeOf(Number(north.replace(",", ".")), Number(east.replace(",", ".")));
}

/** A ring says its first corner again at its end; an area does not. */
function opened(ring: readonly Position[]): Position[] {
  const [first, last] = [ring[0], ring.at(-1)];
  const closed = ring.length > 1 && first?.lat_e7 === last?.lat_e7 && first?.lon_e7 === last?.lon_e7;
  return ring.slice(0, closed ? -1 : undefined);
}

/** The polygons in it, each a list of rings; null where it is something else. */
function polygonsOf(value: unknown): unknown[][] | null {
  if (typeof value !== "object" || value === null) return null;
  const { type, geometry, features, coordinates } = value as Record<string, unknown>;
  if (type === "Feature") return polygonsOf(geometry);
  if (type === "FeatureCollection" && Array.isArray(features)) {
    const all = features.map(polygonsOf);
    return all.some((one) => one === null) ? null : all.flatMap((one) => one ?? []);
  }
  if (!Array.isArray(coordinates)) return null;
  if (type === "Polygon") return [coordinates];
  return type === "MultiPolygon" && coordinates.every(Array.isArray) ? (coordinates as unknown[][]) : null;
}

function ringOf(ring: unknown): Position[] | null {
  if (!Array.isArray(ring)) return null;
  const places = ring.map((pair: unknown) => {
    const [lon, lat] = Array.isArray(pair) ? (pair as unknown[]) : [];
    return typeof lon === "number" && typeof lat === "number" ? placeOf(lat, lon) : null;
  });
  return places.some((one) => one === null) ? null : (places as Position[]);
}

function ofGeoJson(text: string): Read {
  const fault = (why: "geojson" | "holes" | "several"): Read => ({ corners: [], fault: { why } });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (broken) {
    if (broken instanceof SyntaxError) return fault("geojson");
    throw broken;
  }
  const polygons = polygonsOf(value);
  const [polygon] = polygons ?? [];
  if (polygons === null || polygon === undefined) return fault("geojson");
  if (polygons.length > 1) return fault("several");
  if (polygon.length > 1) return fault("holes");
  const ring = ringOf(polygon[0]);
  return ring === null ? fault("geojson") : { corners: opened(ring), fault: null };
}

function ofLines(text: string): Read {
  const corners: Position[] = [];
  for (const [n, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const corner = cornerOf(line);
    if (corner === null) return { corners, fault: { why: "line", line: n + 1 } };
    corners.push(corner);
  }
  return { corners: opened(corners), fault: null };
}

/** What a text says: the corners that could be read, and what is wrong with it. */
export function cornersOf(text: string): Read {
  const read = text.trim().startsWith("{") ? ofGeoJson(text) : ofLines(text);
  if (read.fault !== null) return read;
  const { corners } = read;
  if (corners.length < 3) return { corners, fault: { why: "few" } };
  if (corners.length > MOST) return { corners, fault: { why: "many" } };
  return { corners, fault: crossesItself(corners) ? { why: "crosses" } : null };
}

/** The text with one corner more at its end. */
export function withCorner(text: string, corner: Position): string {
  const before = text.trim().startsWith("{") ? linesOf(cornersOf(text).corners) : text.trimEnd();
  return before === "" ? lineOf(corner) : `${before}\n${lineOf(corner)}`;
}
