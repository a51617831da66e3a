// SPDX-License-Identifier: EUPL-1.2
// What a plan's cameras show of its area, and what they should not, on a grid of half a metre: the algorithm of
// hub/deployments/coverage.py, which says what each word means and computes the numbers that stand with a decision;
// tests/unit/deployments/coverage-cases.json holds the two together. Under 100 ms for six cameras on 120 by 90 m, so
// that the numbers follow the hand that drags a post. Pure: no map, no page.
import type { PlanPost, Position } from "./types";

export interface Obstacle {
  area: readonly Position[];
  height_mm: number;
}

export type CoveredPost = Omit<PlanPost, "name">;

/** @schema Level */
export interface Level {
  level: string;
  px_per_m: number;
  percent: number;
}

/** @schema PostCoverage */
export interface PostCoverage {
  post: string;
  footprint_m2: number;
  inside_percent: number;
  outside_m2: number;
  over_ceiling_m2: number;
  sharpest_px_per_m: number;
}

/**
 * Per cents are of `walkable_m2`, the area without its obstacles.
 * @schema Coverage
 */
export interface Coverage {
  cell_mm: number;
  area_m2: number;
  walkable_m2: number;
  levels: Level[];
  floor_percent: number;
  blind_m2: number;
  overlap_percent: number;
  outside_m2: number;
  over_ceiling_m2: number;
  posts: PostCoverage[];
}

/** IEC 62676-4:2025, in px/m: the default. */
export const OODPCVS: Readonly<Record<string, number>> = { overview: 20, outline: 40, discern: 80, perceive: 125, characterize: 250, validate: 500, scrutinize: 1500 };
/** What a cell is, as bits of `CoverageGrid.flags`. */
export const IN_AREA = 1;
export const OBSTACLE = 2;
export const COVERED = 4;
/** filmed ground outside the area */
export const OUTSIDE = 8;
/** filmed, and sharper than the ceiling */
export const OVER = 16;

/** The cells, row 0 the most southern: `sharp` is the px/m of what is covered (0 where nothing is), `flags` the bits above. */
export interface CoverageGrid {
  columns: number;
  rows: number;
  sharp: Float32Array;
  flags: Uint8Array;
  /** [longitude, latitude] in degrees of the grid's corners, as MapLibre takes them: NW, NE, SE, SW */
  corners: [[number, number], [number, number], [number, number], [number, number]];
}

const REACH_PX_PER_M = 20;
const HEAD_M = 1.7;
const CELL_M = 0.5;
const CELLS_LIMIT = 500_000;
const RAYS = 721;
const OWN_M = 1;
const RIM_SAMPLES = 33;

type Point = readonly [number, number];

interface Local {
  (place: Position): Point;
  degrees(point: Point): [number, number];
}

/** How long a degree of longitude and one of latitude are at a latitude (WGS 84). */
export function metresPerDegree(lat: number): Point {
  const a = 6_378_137;
  const e2 = 0.00669437999014;
  const phi = (lat * Math.PI) / 180;
  const w = 1 - e2 * Math.sin(phi) ** 2;
  const degree = Math.PI / 180;
  return [((degree * a) / Math.sqrt(w)) * Math.cos(phi), (degree * a * (1 - e2)) / w ** 1.5];
}

function localMetres(places: readonly Position[]): Local {
  const lat = places.map((place) => place.lat_e7);
  const lon = places.map((place) => place.lon_e7);
  const [lat0, lon0] = [(Math.min(...lat) + Math.max(...lat)) / 2, (Math.min(...lon) + Math.max(...lon)) / 2];
  const [eastM, northM] = metresPerDegree(lat0 / 1e7);
  const local = (place: Position): Point => [((place.lon_e7 - lon0) / 1e7) * eastM, ((place.lat_e7 - lat0) / 1e7) * northM];
  const degrees = ([x, y]: Point): [number, number] => [lon0 / 1e7 + x / eastM, lat0 / 1e7 + y / northM];
  return Object.assign(local, { degrees });
}

interface Optics {
  x: number;
  y: number;
  height: number;
  azimuth: number;
  cos: number;
  sin: number;
  tanH: number;
  tanV: number;
  /** px/m at one metre */
  px: number;
  reach: number;
  half: number;
}

function optics(post: CoveredPost, local: Local): Optics {
  const [x, y] = local(post.position);
  const height = post.view.height_mm / 1000;
  const tilt = ((post.view.tilt_mdeg / 1000) * Math.PI) / 180;
  const [cos, sin] = [Math.cos(tilt), Math.sin(tilt)];
  const tanH = Math.tan(((post.view.hfov_mdeg / 1000) * Math.PI) / 180 / 2);
  const tanV = (tanH * post.height_px) / post.width_px;
  const px = post.width_px / (2 * tanH);
  let reach = Math.sqrt(Math.max(0, (px / REACH_PX_PER_M) ** 2 - (height - HEAD_M) ** 2));
  const top = tilt - Math.atan(tanV);
  if (top > 0) reach = Math.min(reach, (height / Math.tan(top)) * Math.sqrt(1 + (tanH / (cos + sin * tanV)) ** 2));
  const half = Math.atan2(tanH, Math.min(cos - sin * tanV, cos + sin * tanV));
  return { x, y, height, azimuth: ((post.view.azimuth_mdeg / 1000) * Math.PI) / 180, cos, sin, tanH, tanV, px, reach, half };
}

function rim(one: Optics): Point[] {
  const points: Point[] = [[one.x, one.y]];
  for (let n = 0; n < RIM_SAMPLES; n += 1) {
    const turn = one.azimuth - one.half + (2 * one.half * n) / (RIM_SAMPLES - 1);
    points.push([one.x + one.reach * Math.sin(turn), one.y + one.reach * Math.cos(turn)]);
  }
  return points;
}

interface Cells {
  x0: number;
  y0: number;
  cell: number;
  nx: number;
  ny: number;
}

function cellsAround(points: readonly Point[]): Cells {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) [x0, y0, x1, y1] = [Math.min(x0, x), Math.min(y0, y), Math.max(x1, x), Math.max(y1, y)];
  let cell = CELL_M;
  while (((x1 - x0) / cell + 1) * ((y1 - y0) / cell + 1) > CELLS_LIMIT) cell *= 2;
  return { x0, y0, cell, nx: Math.floor((x1 - x0) / cell) + 1, ny: Math.floor((y1 - y0) / cell) + 1 };
}

/** Calls `mark` for each cell that has its middle in a polygon (even-odd). */
function fill({ x0, y0, cell, nx, ny }: Cells, corners: readonly Point[], mark: (index: number) => void): void {
  for (let row = 0; row < ny; row += 1) {
    const y = y0 + (row + 0.5) * cell;
    const crossings: number[] = [];
    for (let n = 0; n < corners.length; n += 1) {
      const [ax, ay] = corners[n] as Point;
      const [bx, by] = corners[(n + 1) % corners.length] as Point;
      if (ay > y !== by > y) crossings.push(ax + ((y - ay) / (by - ay)) * (bx - ax));
    }
    crossings.sort((a, b) => a - b);
    for (let n = 0; n + 1 < crossings.length; n += 2) {
      const from = Math.max(0, Math.ceil(((crossings[n] as number) - x0) / cell - 0.5));
      const to = Math.min(nx, Math.ceil(((crossings[n + 1] as number) - x0) / cell - 0.5));
      for (let column = from; column < to; column += 1) mark(row * nx + column);
    }
  }
}

/** The depth buffer: for each ray and each step of a cell, the steepest line of sight that what stands up to there leaves. */
function horizon(cells: Cells, one: Optics, heights: Float32Array, steps: number): Float32Array {
  const buffer = new Float32Array(RAYS * (steps + 1));
  for (let ray = 0; ray < RAYS; ray += 1) {
    const bearing = one.azimuth - one.half + (ray * 2 * one.half) / (RAYS - 1);
    const [dx, dy] = [Math.sin(bearing), Math.cos(bearing)];
    let steepest = -Infinity;
    buffer[ray * (steps + 1)] = steepest;
    for (let step = 1; step <= steps; step += 1) {
      const distance = step * cells.cell;
      const column = Math.floor((one.x + dx * distance - cells.x0) / cells.cell);
      const row = Math.floor((one.y + dy * distance - cells.y0) / cells.cell);
      if (distance >= OWN_M && column >= 0 && column < cells.nx && row >= 0 && row < cells.ny) {
        const standing = heights[row * cells.nx + column] as number;
        if (standing > 0) steepest = Math.max(steepest, (standing - one.height) / distance);
      }
      buffer[ray * (steps + 1) + step] = steepest;
    }
  }
  return buffer;
}

/** Whether a point so far ahead, aside and above the camera is in its picture. */
function inPicture(one: Optics, ahead: number, aside: number, up: number): boolean {
  const depth = ahead * one.cos - up * one.sin;
  return depth > 0 && aside <= depth * one.tanH && Math.abs(ahead * one.sin + up * one.cos) <= depth * one.tanV;
}

interface Ground {
  cells: Cells;
  heights: Float32Array;
  /** what is walked on in the area */
  flags: Uint8Array;
  sharp: Float32Array;
  times: Uint8Array;
}

/** One camera's cells go into the ground's; gives its own numbers. `own` holds 1 where it may film. */
function show(ground: Ground, one: Optics, post: CoveredPost, own: Uint8Array, ceiling: number): PostCoverage {
  const { cells, heights, flags, sharp, times } = ground;
  const steps = Math.ceil(one.reach / cells.cell) + 1;
  const buffer = horizon(cells, one, heights, steps);
  const head = HEAD_M - one.height;
  const reached = cellsOf(cells, rim(one));
  let [filmed, kept, over, sharpest] = [0, 0, 0, 0];
  for (let row = reached.south; row < reached.north; row += 1) {
    const north = cells.y0 + (row + 0.5) * cells.cell - one.y;
    for (let column = reached.west; column < reached.east; column += 1) {
      const index = row * cells.nx + column;
      if ((flags[index] as number) & OBSTACLE) continue;
      const east = cells.x0 + (column + 0.5) * cells.cell - one.x;
      const far = Math.sqrt(east * east + north * north);
      const here = one.px / Math.max(Math.sqrt(far * far + head * head), 1e-6);
      if (here < REACH_PX_PER_M) continue;
      let turn = Math.atan2(east, north) - one.azimuth;
      turn -= 2 * Math.PI * Math.round(turn / (2 * Math.PI));
      if (Math.abs(turn) > one.half + 1e-9) continue;
      const ahead = far * Math.cos(turn);
      const aside = Math.abs(far * Math.sin(turn));
      const seenHead = inPicture(one, ahead, aside, head);
      const seenFeet = inPicture(one, ahead, aside, -one.height);
      if (!seenHead && !seenFeet) continue;
      const ray = Math.min(RAYS - 1, Math.max(0, Math.floor(((turn + one.half) / (2 * one.half)) * (RAYS - 1) + 0.5)));
      const before = Math.min(steps, Math.max(0, Math.floor(far / cells.cell - 0.5)));
      if (head / Math.max(far, 1e-6) < (buffer[ray * (steps + 1) + before] as number)) continue;
      filmed += 1;
      sharpest = Math.max(sharpest, here);
      if (own[index]) kept += 1;
      let flag = flags[index] as number;
      if (!(flag & IN_AREA)) flag |= OUTSIDE;
      if (here > ceiling) {
        flag |= OVER;
        over += 1;
      }
      if (seenHead && seenFeet) {
        flag |= COVERED;
        if (here > (sharp[index] as number)) sharp[index] = here;
        times[index] = Math.min(255, (times[index] as number) + 1);
      }
      flags[index] = flag;
    }
  }
  const m2 = cells.cell ** 2;
  return {
    post: post.post,
    footprint_m2: filmed * m2,
    inside_percent: filmed ? rounded((100 * kept) / filmed, 2) : 100,
    outside_m2: (filmed - kept) * m2,
    over_ceiling_m2: over * m2,
    sharpest_px_per_m: rounded(sharpest, 1),
  };
}

function cellsOf(cells: Cells, points: readonly Point[]): { south: number; north: number; west: number; east: number } {
  const columns = points.map(([x]) => Math.floor((x - cells.x0) / cells.cell));
  const rows = points.map(([, y]) => Math.floor((y - cells.y0) / cells.cell));
  return {
    south: Math.max(0, Math.min(...rows)),
    north: Math.min(cells.ny, Math.max(...rows) + 1),
    west: Math.max(0, Math.min(...columns)),
    east: Math.min(cells.nx, Math.max(...columns) + 1),
  };
}

function rounded(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

/** The numbers and the cells of a plan; null where there is no area yet. */
export function covered(
  area: readonly Position[],
  posts: readonly CoveredPost[],
  obstacles: readonly Obstacle[],
  floorPxPerM: number,
  ceilingPxPerM: number,
  levels: Readonly<Record<string, number>> = OODPCVS,
): { coverage: Coverage; grid: CoverageGrid } | null {
  if (area.length < 3) return null;
  const local = localMetres(area);
  const lenses = posts.map((post) => optics(post, local));
  const outline = area.map(local);
  const cells = cellsAround([...outline, ...lenses.flatMap(rim)]);
  const count = cells.nx * cells.ny;
  const flags = new Uint8Array(count);
  const heights = new Float32Array(count);
  const within = new Uint8Array(count);
  fill(cells, outline, (index) => {
    flags[index] = IN_AREA;
    within[index] = 1;
  });
  for (const obstacle of obstacles) {
    const height = obstacle.height_mm / 1000;
    if (obstacle.area.length < 3 || height <= 0) continue;
    fill(cells, obstacle.area.map(local), (index) => {
      heights[index] = Math.max(heights[index] as number, height);
      flags[index] = (flags[index] as number) | OBSTACLE;
    });
  }
  const ground: Ground = { cells, heights, flags, sharp: new Float32Array(count), times: new Uint8Array(count) };
  const each = posts.map((post, n) => {
    let own = within;
    if (post.area.length >= 3) {
      const place = new Uint8Array(count);
      fill(cells, post.area.map(local), (index) => (place[index] = 1));
      own = place;
    }
    return show(ground, lenses[n] as Optics, post, own, Math.min(post.ceiling_px_per_m, ceilingPxPerM));
  });
  return { coverage: summed(ground, each, floorPxPerM, levels), grid: drawn(ground, local) };
}

/** The numbers alone. */
export function coverage(...plan: Parameters<typeof covered>): Coverage | null {
  return covered(...plan)?.coverage ?? null;
}

function summed({ cells, flags, sharp, times }: Ground, posts: PostCoverage[], floor: number, levels: Readonly<Record<string, number>>): Coverage {
  const names = Object.entries(levels);
  const reached = names.map(() => 0);
  let [inside, walked, enough, blind, twice, outside, over] = [0, 0, 0, 0, 0, 0, 0];
  const atLeast = Math.max(floor, REACH_PX_PER_M);
  for (let index = 0; index < flags.length; index += 1) {
    const flag = flags[index] as number;
    if (flag & OUTSIDE) outside += 1;
    if (flag & OVER) over += 1;
    if (!(flag & IN_AREA)) continue;
    inside += 1;
    if (flag & OBSTACLE) continue;
    walked += 1;
    const here = sharp[index] as number;
    const seen = times[index] as number;
    if (here >= atLeast) enough += 1;
    if (seen === 0) blind += 1;
    if (seen >= 2) twice += 1;
    for (let n = 0; n < names.length; n += 1) if (here >= (names[n] as [string, number])[1]) reached[n] = (reached[n] as number) + 1;
  }
  const m2 = cells.cell ** 2;
  const percent = (found: number): number => (walked ? rounded((100 * found) / walked, 2) : 0);
  return {
    cell_mm: Math.round(cells.cell * 1000),
    area_m2: inside * m2,
    walkable_m2: walked * m2,
    levels: names.map(([level, px_per_m], n) => ({ level, px_per_m, percent: percent(reached[n] as number) })),
    floor_percent: percent(enough),
    blind_m2: blind * m2,
    overlap_percent: percent(twice),
    outside_m2: outside * m2,
    over_ceiling_m2: over * m2,
    posts,
  };
}

function drawn({ cells, flags, sharp }: Ground, local: Local): CoverageGrid {
  const [east, north] = [cells.x0 + cells.nx * cells.cell, cells.y0 + cells.ny * cells.cell];
  const at = (x: number, y: number): [number, number] => local.degrees([x, y]);
  const corners: CoverageGrid["corners"] = [at(cells.x0, north), at(east, north), at(east, cells.y0), at(cells.x0, cells.y0)];
  return { columns: cells.nx, rows: cells.ny, sharp, flags, corners };
}

/** How far on the ground a camera still sees a head at this sharpness, in metres: the radius of its ring; 0 where nowhere. */
export function ringM(post: CoveredPost, pxPerM: number): number {
  const tanH = Math.tan(((post.view.hfov_mdeg / 1000) * Math.PI) / 180 / 2);
  const rise = post.view.height_mm / 1000 - HEAD_M;
  return Math.sqrt(Math.max(0, (post.width_px / (2 * tanH * pxPerM)) ** 2 - rise ** 2));
}

/** The obstacles in a base map's GeoJSON: polygons that have a `height_m` and are no tree. */
export function obstaclesOf(town: { features: readonly TownFeature[] }): Obstacle[] {
  return town.features.flatMap(({ properties, geometry }) => {
    const height = properties?.height_m;
    if (properties?.kind === "tree" || typeof height !== "number" || height <= 0) return [];
    return outlines(geometry).map((ring) => ({ area: places(ring), height_mm: Math.round(height * 1000) }));
  });
}

/** A feature of a base map, as far as it is drawn or stands in the way. */
export interface TownFeature {
  properties: { kind?: string; name?: string; height_m?: number; [more: string]: unknown } | null;
  geometry: { type: string; coordinates: unknown } | null;
}

function outlines(geometry: TownFeature["geometry"]): number[][][] {
  if (geometry?.type === "Polygon") return [(geometry.coordinates as number[][][])[0] as number[][]];
  if (geometry?.type === "MultiPolygon") return (geometry.coordinates as number[][][][]).map((polygon) => polygon[0] as number[][]);
  return [];
}

function places(ring: number[][]): Position[] {
  const found = ring.map(([lon, lat]) => ({ lat_e7: Math.round((lat as number) * 1e7), lon_e7: Math.round((lon as number) * 1e7) }));
  const [first, last] = [found[0], found[found.length - 1]];
  return first && last && first.lat_e7 === last.lat_e7 && first.lon_e7 === last.lon_e7 ? found.slice(0, -1) : found;
}
