// SPDX-License-Identifier: EUPL-1.2
// What the municipality gave to draw plans on: streets and buildings, masts where a camera may hang, where people come
// in, and tiles. All of it may be absent: then the ground is plain.
import { ask } from "../hub/api";
import { useAsked } from "../hub/asking";
import { obstaclesOf, type Obstacle, type TownFeature } from "./coverage";
import type { Tree } from "./map/paint";
import type { Position } from "./types";

/** @schema TilesView */
export interface Tiles {
  kind: "picture" | "vector";
  min_zoom: number;
  max_zoom: number;
  layers: string[];
  attribution: string;
}

export interface Mast {
  name: string;
  position: Position;
  heightM: number | null;
}

export interface Label {
  name: string;
  of: string;
  position: Position;
  turnDeg: number;
}

export interface Town {
  features: readonly TownFeature[];
  tiles: Tiles | null;
  obstacles: readonly Obstacle[];
  masts: readonly Mast[];
  entrances: readonly { name: string; position: Position }[];
  trees: readonly Tree[];
  labels: readonly Label[];
}

const E7 = 1e7;

function placeOf(feature: TownFeature): Position | null {
  if (feature.geometry?.type !== "Point") return null;
  const [lon, lat] = feature.geometry.coordinates as number[];
  if (lon === undefined || lat === undefined) return null;
  return { lat_e7: Math.round(lat * E7), lon_e7: Math.round(lon * E7) };
}

function points<T>(features: readonly TownFeature[], kind: string, made: (properties: NonNullable<TownFeature["properties"]>, at: Position) => T): T[] {
  return features.flatMap((feature) => {
    const at = feature.properties?.kind === kind ? placeOf(feature) : null;
    return at === null || feature.properties === null ? [] : [made(feature.properties, at)];
  });
}

function number(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}

export function townOf(features: readonly TownFeature[], tiles: Tiles | null): Town {
  return {
    features,
    tiles,
    obstacles: obstaclesOf({ features }),
    masts: points(features, "mast", (properties, position) => ({
      name: properties.name ?? "",
      position,
      heightM: typeof properties.height_m === "number" ? properties.height_m : null,
    })),
    entrances: points(features, "entrance", (properties, position) => ({ name: properties.name ?? "", position })),
    trees: points(features, "tree", (properties, position) => ({ position, crownM: number(properties["crown_m"], 2.5) })),
    labels: points(features, "label", (properties, position) => ({
      name: properties.name ?? "",
      of: typeof properties["of"] === "string" ? properties["of"] : "",
      position,
      turnDeg: number(properties["turn_deg"], 0),
    })),
  };
}

/** GeoJSON, which the hub gives on as it was given. */
interface TownFile {
  features: TownFeature[];
}

/** @schema BasemapView */
interface Shown {
  town: boolean;
  tiles: Tiles | null;
}

async function loaded(): Promise<Town> {
  const shown = await ask<Shown>("GET", "/v1/basemap");
  const town = shown.town ? await ask<TownFile>("GET", "/v1/basemap/town") : { features: [] };
  return townOf(town.features, shown.tiles);
}

export interface TownState {
  town: Town | null;
  /** there is one and it could not be had: plain ground, and said so */
  missing: boolean;
}

const NO_TOWN = townOf([], null);

export function useTown(onSignedOut: () => void): TownState {
  const { answer, offline, refused } = useAsked(loaded, [], onSignedOut, "until-answered");
  const missing = answer === null && (offline || refused !== null);
  return { town: answer ?? (missing ? NO_TOWN : null), missing };
}
