// SPDX-License-Identifier: EUPL-1.2
// Draws a plan over the ground: levels in four steps of one petrol, too sharp in red hatch, outside the area in ink
// hatch, what nobody sees in dots, the area as a dashed line. The same on both maps.
import type { Obstacle } from "../coverage";
import { LEVELS } from "../optics";
import { Plane, type Spot } from "../plane";
import { patches, type Ray, type Sight } from "../sight";
import type { PlanPost, Position } from "../types";
import type { InkName, Inks } from "./inks";
import type { Dot, Surface } from "./surface";

export interface Seen {
  post: PlanPost;
  sight: Sight;
  /** the lower of the post's and the plan's */
  ceiling: number;
}

export interface Tree {
  position: Position;
  crownM: number;
}

export interface Scene {
  plane: Plane;
  area: readonly Position[];
  closed: boolean;
  seen: readonly Seen[];
  selected: string | null;
  /** within reach of the area: drawn over what is seen, for nobody looks through them */
  obstacles: readonly Obstacle[];
  trees: readonly Tree[];
}

const levelInks: readonly InkName[] = ["level-1", "level-2", "level-3", "level-4"];
const HATCH_PX = 7;

type Project = (spot: Spot) => Dot;

function tile(size: number, sharp: number, draw: (context: CanvasRenderingContext2D) => void): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.round(size * sharp);
  const context = canvas.getContext("2d");
  if (context === null) return canvas;
  context.scale(canvas.width / size, canvas.height / size);
  draw(context);
  return canvas;
}

function pattern(context: CanvasRenderingContext2D, canvas: HTMLCanvasElement, sharp: number): CanvasPattern | string {
  const made = context.createPattern(canvas, "repeat");
  made?.setTransform(new DOMMatrix().scale(1 / sharp));
  return made ?? "transparent";
}

function hatch(context: CanvasRenderingContext2D, sharp: number, ink: string, ground: string, rising: boolean): CanvasPattern | string {
  const canvas = tile(HATCH_PX, sharp, (into) => {
    into.fillStyle = ground;
    into.fillRect(0, 0, HATCH_PX, HATCH_PX);
    into.strokeStyle = ink;
    into.lineWidth = 1.6;
    into.beginPath();
    for (const shift of [-HATCH_PX, 0, HATCH_PX]) {
      into.moveTo(shift - 1, rising ? HATCH_PX + 1 : -1);
      into.lineTo(shift + HATCH_PX + 1, rising ? -1 : HATCH_PX + 1);
    }
    into.stroke();
  });
  return pattern(context, canvas, sharp);
}

function dots(context: CanvasRenderingContext2D, sharp: number, ink: string, ground: string): CanvasPattern | string {
  const size = 10;
  const canvas = tile(size, sharp, (into) => {
    into.fillStyle = ground;
    into.fillRect(0, 0, size, size);
    into.fillStyle = ink;
    for (const [x, y] of [[2.5, 2.5], [7.5, 7.5]] as const) {
      into.beginPath();
      into.arc(x, y, 1, 0, 2 * Math.PI);
      into.fill();
    }
  });
  return pattern(context, canvas, sharp);
}

function border(places: readonly Dot[], closed = true): Path2D {
  const path = new Path2D();
  places.forEach(({ x, y }, n) => (n === 0 ? path.moveTo(x, y) : path.lineTo(x, y)));
  if (closed) path.closePath();
  return path;
}

function filled(one: Seen, scene: Scene, project: Project, kind: "covered" | "filmed", furthest: number): Path2D {
  const path = new Path2D();
  for (const corners of patches(one.sight, scene.plane.to(one.post.position), kind, furthest)) {
    corners.forEach((spot, n) => {
      const dot = project(spot);
      if (n === 0) path.moveTo(dot.x, dot.y);
      else path.lineTo(dot.x, dot.y);
    });
    path.closePath();
  }
  return path;
}

/** The outline of the first thing that each ray sees, broken where it sees nothing. */
function outlined(one: Seen, scene: Scene, project: Project, kind: "covered" | "filmed", furthest: number): Path2D {
  const at = scene.plane.to(one.post.position);
  const path = new Path2D();
  const spot = (ray: Ray, distance: number): Dot =>
    project({ x: at.x + Math.sin(ray.turn) * distance, y: at.y + Math.cos(ray.turn) * distance });
  let run: { near: Dot; far: Dot }[] = [];
  const close = (): void => {
    if (run.length > 1) path.addPath(border([...run.map((each) => each.far), ...run.map((each) => each.near).reverse()]));
    run = [];
  };
  for (const ray of one.sight.rays) {
    const first = ray[kind][0];
    if (first === undefined || first[0] >= furthest) close();
    else run.push({ near: spot(ray, first[0]), far: spot(ray, Math.min(first[1], furthest)) });
  }
  close();
  return path;
}

/** Where a level's ring runs through what is seen. */
function ring(one: Seen, scene: Scene, project: Project, distance: number): Path2D {
  const at = scene.plane.to(one.post.position);
  const path = new Path2D();
  let drawing = false;
  for (const ray of one.sight.rays) {
    const seen = ray.covered.some(([from, to]) => from <= distance && distance <= to + 1e-6);
    if (seen) {
      const dot = project({ x: at.x + Math.sin(ray.turn) * distance, y: at.y + Math.cos(ray.turn) * distance });
      if (drawing) path.lineTo(dot.x, dot.y);
      else path.moveTo(dot.x, dot.y);
    }
    drawing = seen;
  }
  return path;
}

interface Sheet {
  context: CanvasRenderingContext2D;
  scene: Scene;
  inks: Inks;
  project: Project;
  sharp: number;
  size: Dot;
}

function paintArea({ context, scene, inks, project, sharp }: Sheet, area: Path2D): void {
  context.save();
  context.clip(area);
  context.fillStyle = dots(context, sharp, inks.blind, inks["blind-ground"]);
  if (scene.seen.length === 0) context.fillStyle = "transparent";
  context.fill(area);
  LEVELS.forEach((level, n) => {
    context.fillStyle = inks[levelInks[n] as InkName];
    for (const one of scene.seen) context.fill(filled(one, scene, project, "covered", one.sight.reach(level)));
  });
  context.restore();
}

function paintOutside({ context, scene, inks, project, sharp, size }: Sheet, area: Path2D): void {
  context.save();
  const around = new Path2D();
  around.rect(0, 0, size.x, size.y);
  around.addPath(area);
  context.clip(around, "evenodd");
  context.fillStyle = hatch(context, sharp, inks.outside, inks["outside-ground"], true);
  for (const one of scene.seen) context.fill(filled(one, scene, project, "filmed", one.sight.reach(LEVELS[0])));
  context.restore();
}

function paintStanding({ context, scene, inks, project }: Sheet, toDot: (place: Position) => Dot, pixelsPerM: number): void {
  for (const { area } of scene.obstacles) {
    const path = border(area.map(toDot));
    context.fillStyle = inks.building;
    context.fill(path);
    context.strokeStyle = inks["building-line"];
    context.lineWidth = 1;
    context.stroke(path);
  }
  for (const { position, crownM } of scene.trees) {
    const dot = project(scene.plane.to(position));
    context.fillStyle = inks.tree;
    context.beginPath();
    context.arc(dot.x, dot.y, Math.max(2, crownM * pixelsPerM), 0, 2 * Math.PI);
    context.fill();
    context.fillStyle = inks.trunk;
    context.beginPath();
    context.arc(dot.x, dot.y, Math.max(1, 0.4 * pixelsPerM), 0, 2 * Math.PI);
    context.fill();
  }
}

function paintTooSharp({ context, scene, inks, project, sharp }: Sheet): void {
  context.fillStyle = hatch(context, sharp, inks.ceiling, inks["ceiling-ground"], false);
  context.strokeStyle = inks.ceiling;
  context.lineWidth = 1.5;
  for (const one of scene.seen) {
    const reach = one.sight.reach(one.ceiling);
    context.fill(filled(one, scene, project, "filmed", reach));
    context.stroke(outlined(one, scene, project, "filmed", reach));
  }
}

function paintSelected({ context, scene, inks, project }: Sheet): void {
  const one = scene.seen.find(({ post }) => post.post === scene.selected);
  if (one === undefined) return;
  context.strokeStyle = inks.edge;
  context.lineWidth = 1.75;
  context.stroke(outlined(one, scene, project, "covered", one.sight.reach(LEVELS[0])));
  context.lineWidth = 1.25;
  for (const level of LEVELS.slice(1)) context.stroke(ring(one, scene, project, one.sight.reach(level)));
}

function paintBorder({ context, inks }: Sheet, line: Path2D): void {
  context.lineJoin = "round";
  context.strokeStyle = inks["area-casing"];
  context.lineWidth = 4.5;
  context.stroke(line);
  context.strokeStyle = inks.area;
  context.lineWidth = 2;
  context.setLineDash([7, 5]);
  context.stroke(line);
  context.setLineDash([]);
}

export function paint(canvas: HTMLCanvasElement, surface: Surface, scene: Scene, inks: Inks): void {
  const context = canvas.getContext("2d");
  const size = { x: canvas.clientWidth, y: canvas.clientHeight };
  if (context === null || size.x === 0) return;
  const sharp = window.devicePixelRatio;
  canvas.width = Math.round(size.x * sharp);
  canvas.height = Math.round(size.y * sharp);
  context.scale(sharp, sharp);
  const toDot = (place: Position): Dot => surface.toDot(place);
  // One linear step instead of a projection for each of thousands of corners: over a town the two are the same.
  const zero = surface.toDot(scene.plane.origin);
  const [east, north] = [surface.toDot(scene.plane.from({ x: 100, y: 0 })), surface.toDot(scene.plane.from({ x: 0, y: 100 }))];
  const project: Project = ({ x, y }) => ({ x: zero.x + ((east.x - zero.x) / 100) * x, y: zero.y + ((north.y - zero.y) / 100) * y });
  const sheet: Sheet = { context, scene, inks, project, sharp, size };
  const area = border(scene.area.map(toDot), scene.closed);
  if (scene.area.length >= 3) {
    paintArea(sheet, area);
    paintOutside(sheet, area);
  }
  paintStanding(sheet, toDot, surface.pixelsPerM());
  paintTooSharp(sheet);
  paintSelected(sheet);
  if (scene.area.length >= 2) paintBorder(sheet, area);
}
