// SPDX-License-Identifier: EUPL-1.2
// The base map in the page's own colours: tiles if there are any, the town's own features over them. No glyphs and no
// sprites: names are written by the page.
import type { FilterSpecification, GeoJSONSourceSpecification, LayerSpecification, SourceSpecification, StyleSpecification } from "maplibre-gl";
import type { Town } from "../town";
import type { InkName, Inks } from "./inks";

const TILE_PX = 256;
const fills: readonly [kind: string, ink: InkName][] = [
  ["water", "water"],
  ["street", "street"],
  ["square", "square"],
  ["building", "building"],
];

function tiled(town: Town, inks: Inks, dark: boolean): { sources: Record<string, SourceSpecification>; layers: LayerSpecification[] } {
  const { tiles } = town;
  if (tiles === null) return { sources: {}, layers: [] };
  const range = { minzoom: tiles.min_zoom, maxzoom: tiles.max_zoom, tiles: [`${window.location.origin}/v1/basemap/tiles/{z}/{x}/{y}`] };
  if (tiles.kind === "picture") {
    const paint = dark ? { "raster-saturation": -0.7, "raster-brightness-max": 0.5 } : { "raster-saturation": -0.5 };
    return {
      sources: { tiles: { type: "raster", tileSize: TILE_PX, ...range } },
      layers: [{ id: "tiles", type: "raster", source: "tiles", paint }],
    };
  }
  const layers = tiles.layers.flatMap((layer): LayerSpecification[] => {
    const from = { source: "tiles", "source-layer": layer };
    const areas: FilterSpecification = ["==", ["geometry-type"], "Polygon"];
    const water = /water/i.test(layer);
    const built = /building|pand/i.test(layer);
    const ink = water ? inks.water : built ? inks.building : inks.square;
    return [
      { id: `${layer}-areas`, type: "fill", ...from, filter: areas, paint: { "fill-color": ink, "fill-outline-color": inks["building-line"] } },
      { id: `${layer}-lines`, type: "line", ...from, filter: ["==", ["geometry-type"], "LineString"], paint: { "line-color": inks.street, "line-width": 2 } },
    ];
  });
  return { sources: { tiles: { type: "vector", ...range } }, layers };
}

export function styleOf(town: Town, inks: Inks, dark: boolean): StyleSpecification {
  const below = tiled(town, inks, dark);
  const layers: LayerSpecification[] = [
    { id: "ground", type: "background", paint: { "background-color": inks.ground } },
    ...below.layers,
    ...fills.map(
      ([kind, ink]): LayerSpecification => ({
        id: kind,
        type: "fill",
        source: "town",
        filter: ["==", ["get", "kind"], kind],
        paint: { "fill-color": inks[ink], "fill-antialias": true },
      }),
    ),
    {
      id: "walls",
      type: "line",
      source: "town",
      filter: ["==", ["get", "kind"], "building"],
      paint: { "line-color": inks["building-line"], "line-width": 1 },
    },
  ];
  const features = town.features.filter((one) => fills.some(([kind]) => one.properties?.kind === kind));
  const data = { type: "FeatureCollection", features } as unknown as GeoJSONSourceSpecification["data"];
  return { version: 8, sources: { ...below.sources, town: { type: "geojson", data, maxzoom: 18, tolerance: 0 } }, layers };
}
