// SPDX-License-Identifier: EUPL-1.2
// The rings of a shape on the ground, whether it is one polygon or several.
import type { TownFeature } from "../coverage";

export function rings(geometry: TownFeature["geometry"]): number[][][] {
  if (geometry?.type === "Polygon") return geometry.coordinates as number[][][];
  if (geometry?.type === "MultiPolygon") return (geometry.coordinates as number[][][][]).flat();
  return [];
}
