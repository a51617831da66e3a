// SPDX-License-Identifier: EUPL-1.2
// The map of MapLibre, loaded when a plan is opened. North stays up: a plan is turned by turning its cameras.
import { LngLat, LngLatBounds, Map as GlMap, setWorkerUrl, type StyleSpecification } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import "./gl.css";
import { metresPerDegree } from "../coverage";
import type { Position } from "../types";
import { Calls, type Dot, type Surface } from "./surface";

setWorkerUrl(workerUrl); // without it the map stays blank and says nothing

const E7 = 1e7;
const MARGIN_PX = 56;

function lngLat({ lat_e7, lon_e7 }: Position): LngLat {
  return new LngLat(lon_e7 / E7, lat_e7 / E7);
}

function place({ lng, lat }: LngLat): Position {
  return { lat_e7: Math.round(lat * E7), lon_e7: Math.round(lng * E7) };
}

class Gl implements Surface {
  private readonly moved = new Calls<[]>();
  private readonly pressed = new Calls<[Position]>();

  constructor(
    private readonly map: GlMap,
    private readonly style: () => StyleSpecification,
  ) {
    map.on("move", () => this.moved.tell());
    map.on("resize", () => this.moved.tell());
    map.on("click", (event) => this.pressed.tell(place(event.lngLat)));
  }

  toDot(at: Position): Dot {
    const { x, y } = this.map.project(lngLat(at));
    return { x, y };
  }

  toPlace({ x, y }: Dot): Position {
    return place(this.map.unproject([x, y]));
  }

  pixelsPerM(): number {
    const middle = this.map.getCenter();
    const [east] = metresPerDegree(middle.lat);
    const right = this.map.project(new LngLat(middle.lng + 100 / east, middle.lat));
    return (right.x - this.map.project(middle).x) / 100;
  }

  zoom(steps: number): void {
    this.map.jumpTo({ zoom: this.map.getZoom() + steps * 0.5 });
  }

  pan(dx: number, dy: number): void {
    this.map.panBy([dx, dy], { duration: 0 });
  }

  fit(places: readonly Position[]): void {
    if (places.length === 0) return;
    const bounds = new LngLatBounds();
    for (const one of places) bounds.extend(lngLat(one));
    this.map.fitBounds(bounds, { padding: MARGIN_PX, duration: 0, maxZoom: 20 });
  }

  onMove(moved: () => void): () => void {
    return this.moved.add(moved);
  }

  onPress(pressed: (at: Position) => void): () => void {
    return this.pressed.add(pressed);
  }

  recolour(): void {
    this.map.setStyle(this.style());
  }

  remove(): void {
    this.map.remove();
  }
}

/** Throws where the browser has no WebGL 2. */
export function glSurface(host: HTMLElement, style: () => StyleSpecification, middle: Position): Surface {
  const map = new GlMap({
    container: host,
    style: style(),
    center: lngLat(middle),
    zoom: 16.5,
    maxPitch: 0,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    keyboard: false, // the arrows move posts
    boxZoom: false,
    attributionControl: false,
    fadeDuration: 0,
    doubleClickZoom: false,
  });
  map.touchZoomRotate.disableRotation();
  map.on("error", ({ error }) => console.error("the base map", error));
  return new Gl(map, style);
}
