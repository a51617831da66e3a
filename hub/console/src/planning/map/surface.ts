// SPDX-License-Identifier: EUPL-1.2
// What a plan is drawn on: something that knows where a place is on the screen. MapLibre is one (gl-surface.ts), a
// drawing of our own for browsers without WebGL the other (plain-surface.ts); everything above them is the same.
import type { Position } from "../types";

/** pixels from the surface's upper left corner */
export interface Dot {
  x: number;
  y: number;
}

export interface Surface {
  toDot: (place: Position) => Dot;
  toPlace: (dot: Dot) => Position;
  pixelsPerM: () => number;
  /** in or out, one step */
  zoom: (steps: number) => void;
  pan: (dx: number, dy: number) => void;
  /** shows all of these */
  fit: (places: readonly Position[]) => void;
  /** after every move, and once when it first can be drawn on */
  onMove: (moved: () => void) => () => void;
  /** a click or tap that is no drag */
  onPress: (pressed: (place: Position) => void) => () => void;
  /** the scheme changed: other colours */
  recolour: () => void;
  remove: () => void;
}

export class Calls<T extends unknown[]> {
  private readonly all = new Set<(...given: T) => void>();

  add(one: (...given: T) => void): () => void {
    this.all.add(one);
    return () => this.all.delete(one);
  }

  tell(...given: T): void {
    for (const one of this.all) one(...given);
  }
}
