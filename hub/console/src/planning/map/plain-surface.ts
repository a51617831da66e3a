// SPDX-License-Identifier: EUPL-1.2
// The map of a browser without WebGL: the town's own lines on a 2D canvas, north up, moved by drag, wheel and keys.
// Everything that can be done on the other map can be done here.
import { metresPerDegree, type TownFeature } from "../coverage";
import type { Position } from "../types";
import { inksOf, type InkName } from "./inks";
import { rings } from "./rings";
import { Calls, type Dot, type Surface } from "./surface";

const E7 = 1e7;
const CLOSEST = 40; // pixels a metre
const FURTHEST = 0.05;
const STEP = 1.5;
const DRAG_PX = 4; // less is a click
const MARGIN_PX = 56;
const order: readonly [kind: string, ink: InkName][] = [
  ["water", "water"],
  ["street", "street"],
  ["square", "square"],
  ["building", "building"],
];

interface View {
  middle: Position;
  scale: number;
}

class Plain implements Surface {
  private readonly canvas = document.createElement("canvas");
  private readonly moved = new Calls<[]>();
  private readonly pressed = new Calls<[Position]>();
  private readonly sizes: ResizeObserver;
  private hand: { x: number; y: number; dragged: boolean } | null = null;
  private frame = 0;

  constructor(
    private readonly host: HTMLElement,
    private readonly features: readonly TownFeature[],
    private view: View,
  ) {
    this.canvas.className = "fz-map__plain";
    host.append(this.canvas);
    this.sizes = new ResizeObserver(() => this.redraw());
    this.sizes.observe(host);
    this.canvas.addEventListener("pointerdown", this.down);
    this.canvas.addEventListener("pointermove", this.drag);
    this.canvas.addEventListener("pointerup", this.up);
    this.canvas.addEventListener("wheel", this.wheel, { passive: false });
  }

  private readonly down = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.hand = { x: event.clientX, y: event.clientY, dragged: false };
  };

  private readonly drag = (event: PointerEvent): void => {
    const { hand } = this;
    if (hand === null) return;
    const [dx, dy] = [event.clientX - hand.x, event.clientY - hand.y];
    if (!hand.dragged && Math.hypot(dx, dy) < DRAG_PX) return;
    this.hand = { x: event.clientX, y: event.clientY, dragged: true };
    this.pan(-dx, -dy);
  };

  private readonly up = (event: PointerEvent): void => {
    const { hand } = this;
    this.hand = null;
    if (hand === null || hand.dragged) return;
    const box = this.canvas.getBoundingClientRect();
    this.pressed.tell(this.toPlace({ x: event.clientX - box.left, y: event.clientY - box.top }));
  };

  private readonly wheel = (event: WheelEvent): void => {
    event.preventDefault();
    this.zoom(event.deltaY < 0 ? 1 : -1);
  };

  private size(): Dot {
    return { x: this.host.clientWidth, y: this.host.clientHeight };
  }

  toDot({ lat_e7, lon_e7 }: Position): Dot {
    const { middle, scale } = this.view;
    const [east, north] = metresPerDegree(middle.lat_e7 / E7);
    const { x, y } = this.size();
    return {
      x: x / 2 + ((lon_e7 - middle.lon_e7) / E7) * east * scale,
      y: y / 2 - ((lat_e7 - middle.lat_e7) / E7) * north * scale,
    };
  }

  toPlace(dot: Dot): Position {
    const { middle, scale } = this.view;
    const [east, north] = metresPerDegree(middle.lat_e7 / E7);
    const { x, y } = this.size();
    return {
      lat_e7: middle.lat_e7 - Math.round(((dot.y - y / 2) / scale / north) * E7),
      lon_e7: middle.lon_e7 + Math.round(((dot.x - x / 2) / scale / east) * E7),
    };
  }

  pixelsPerM(): number {
    return this.view.scale;
  }

  zoom(steps: number): void {
    const scale = Math.min(CLOSEST, Math.max(FURTHEST, this.view.scale * STEP ** steps));
    this.view = { ...this.view, scale };
    this.redraw();
  }

  pan(dx: number, dy: number): void {
    const { x, y } = this.size();
    this.view = { ...this.view, middle: this.toPlace({ x: x / 2 + dx, y: y / 2 + dy }) };
    this.redraw();
  }

  fit(places: readonly Position[]): void {
    if (places.length === 0) return;
    const lat = places.map((one) => one.lat_e7);
    const lon = places.map((one) => one.lon_e7);
    const middle = {
      lat_e7: Math.round((Math.min(...lat) + Math.max(...lat)) / 2),
      lon_e7: Math.round((Math.min(...lon) + Math.max(...lon)) / 2),
    };
    const [east, north] = metresPerDegree(middle.lat_e7 / E7);
    const width = ((Math.max(...lon) - Math.min(...lon)) / E7) * east;
    const depth = ((Math.max(...lat) - Math.min(...lat)) / E7) * north;
    const { x, y } = this.size();
    const scale = Math.min((x - 2 * MARGIN_PX) / Math.max(width, 20), (y - 2 * MARGIN_PX) / Math.max(depth, 20));
    this.view = { middle, scale: Math.min(CLOSEST, Math.max(FURTHEST, scale)) };
    this.redraw();
  }

  onMove(moved: () => void): () => void {
    return this.moved.add(moved);
  }

  onPress(pressed: (place: Position) => void): () => void {
    return this.pressed.add(pressed);
  }

  recolour(): void {
    this.redraw();
  }

  remove(): void {
    this.sizes.disconnect();
    window.cancelAnimationFrame(this.frame);
    this.canvas.remove();
  }

  private redraw(): void {
    window.cancelAnimationFrame(this.frame);
    this.frame = window.requestAnimationFrame(() => this.draw());
    this.moved.tell();
  }

  private draw(): void {
    const context = this.canvas.getContext("2d");
    if (context === null) return;
    const sharp = window.devicePixelRatio;
    const { x, y } = this.size();
    this.canvas.width = Math.round(x * sharp);
    this.canvas.height = Math.round(y * sharp);
    context.scale(sharp, sharp);
    const inks = inksOf(this.host);
    context.fillStyle = inks.ground;
    context.fillRect(0, 0, x, y);
    for (const [kind, ink] of order) {
      const path = new Path2D();
      for (const { properties, geometry } of this.features) {
        if (properties?.kind !== kind) continue;
        for (const ring of rings(geometry)) this.trace(path, ring);
      }
      context.fillStyle = inks[ink];
      context.fill(path);
      if (kind !== "building") continue;
      context.strokeStyle = inks["building-line"];
      context.lineWidth = 1;
      context.stroke(path);
    }
  }

  private trace(path: Path2D, ring: readonly number[][]): void {
    ring.forEach(([lon, lat], n) => {
      const dot = this.toDot({ lat_e7: (lat as number) * E7, lon_e7: (lon as number) * E7 });
      if (n === 0) path.moveTo(dot.x, dot.y);
      else path.lineTo(dot.x, dot.y);
    });
    path.closePath();
  }
}

export function plainSurface(host: HTMLElement, features: readonly TownFeature[], middle: Position): Surface {
  return new Plain(host, features, { middle, scale: 4 });
}
