// SPDX-License-Identifier: EUPL-1.2
// Counts coverage, and looks for a way to keep a post's view inside its area, beside the page: a drag must not wait.
import { coverage, type Coverage, type Obstacle } from "./coverage";
import { insideView } from "./keeping-inside";
import type { PlanPost, PlanView, Position } from "./types";

export interface Question {
  number: number;
  kind: "count" | "mend";
  area: Position[];
  posts: PlanPost[];
  obstacles: Obstacle[];
  floor: number;
  ceiling: number;
}

export interface Answer {
  number: number;
  coverage: Coverage | null;
  view: PlanView | null;
}

self.addEventListener("message", ({ data }: MessageEvent<Question>) => {
  const { number, kind, area, posts, obstacles, floor, ceiling } = data;
  const first = posts[0];
  const answer: Answer =
    kind === "count"
      ? { number, coverage: coverage(area, posts, obstacles, floor, ceiling), view: null }
      : { number, coverage: null, view: first === undefined ? null : insideView(first, area, obstacles, floor, ceiling) };
  self.postMessage(answer);
});
