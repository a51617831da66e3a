// SPDX-License-Identifier: EUPL-1.2
// The municipality's own map below the sketch of a decision: what of it lies in the drawing, as paths, with the names of
// streets, buildings and entrances. It is no part of what is signed.
import type { TownFeature } from "../planning/coverage";
import { rings } from "../planning/map/rings";
import type { Town } from "../planning/town";
import type { Position } from "./decision";

const E7 = 1e7;
const KINDS = ["water", "street", "square", "building"] as const;

export interface Dot {
  x: number;
  y: number;
}

export interface Ground {
  paths: { kind: (typeof KINDS)[number]; d: string }[];
  labels: { name: string; of: string; at: Dot; turnDeg: number }[];
  entrances: { name: string; at: Dot }[];
}

interface Drawing {
  placed: (place: Position) => Dot;
  width: number;
  height: number;
}

function within({ x, y }: Dot, { width, height }: Drawing): boolean {
  return x >= 0 && y >= 0 && x <= width && y <= height;
}

function traced(feature: TownFeature, drawing: Drawing): string {
  return rings(feature.geometry)
    .map((ring) => ring.map(([lon = 0, lat = 0]) => drawing.placed({ lat_e7: lat * E7, lon_e7: lon * E7 })))
    .filter((dots) => reaches(dots, drawing))
    .map((dots) => `M${dots.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}Z`)
    .join("");
}

/** Whether a ring's box and the drawing meet. */
function reaches(dots: readonly Dot[], { width, height }: Drawing): boolean {
  const xs = dots.map(({ x }) => x);
  const ys = dots.map(({ y }) => y);
  return Math.max(...xs) >= 0 && Math.min(...xs) <= width && Math.max(...ys) >= 0 && Math.min(...ys) <= height;
}

export function groundBelow(town: Town, drawing: Drawing): Ground {
  const paths = KINDS.map((kind) => ({
    kind,
    d: town.features.filter((one) => one.properties?.kind === kind).map((one) => traced(one, drawing)).join(""),
  }));
  const labels = town.labels.map(({ name, of, position, turnDeg }) => ({ name, of, at: drawing.placed(position), turnDeg }));
  const entrances = town.entrances.map(({ name, position }) => ({ name, at: drawing.placed(position) }));
  return {
    paths: paths.filter(({ d }) => d !== ""),
    labels: labels.filter(({ at }) => within(at, drawing)),
    entrances: entrances.filter(({ at }) => within(at, drawing)),
  };
}
