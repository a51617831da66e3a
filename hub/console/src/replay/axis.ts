// SPDX-License-Identifier: EUPL-1.2
// The timeline's axis: which stretch of time is in view, how it is zoomed and moved, and where its marks stand.
import type { Stretch } from "./spans";

const SECOND_US = 1_000_000;
const SHORTEST_US = 10 * SECOND_US;
const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];
const ROOM_SHARE = 0.1; // of the view, beside what is followed

function within(view: Stretch, limits: Stretch): Stretch {
  const length = Math.min(view.toUs - view.fromUs, limits.toUs - limits.fromUs);
  const fromUs = Math.max(limits.fromUs, Math.min(view.fromUs, limits.toUs - length));
  return { fromUs, toUs: fromUs + length };
}

/** `factor` over 1 shows less, larger; the moment `atUs` stays where it is. */
export function zoomed(view: Stretch, factor: number, atUs: number, limits: Stretch): Stretch {
  const before = view.toUs - view.fromUs;
  const length = Math.max(Math.min(SHORTEST_US, limits.toUs - limits.fromUs), before / factor);
  const share = (atUs - view.fromUs) / before;
  const fromUs = Math.round(atUs - share * length);
  return within({ fromUs, toUs: Math.round(fromUs + length) }, limits);
}

export function panned(view: Stretch, byUs: number, limits: Stretch): Stretch {
  return within({ fromUs: Math.round(view.fromUs + byUs), toUs: Math.round(view.toUs + byUs) }, limits);
}

/** The view that has a moment in it: the same one while it has, else moved no further than it must. */
export function following(view: Stretch, us: number, limits: Stretch): Stretch {
  const room = (view.toUs - view.fromUs) * ROOM_SHARE;
  if (us < view.fromUs) return panned(view, us - view.fromUs - room, limits);
  if (us > view.toUs) return panned(view, us - view.toUs + room, limits);
  return view;
}

/** Per mille of the view's width, so that nothing need know how wide it is drawn. */
export function shareOf(view: Stretch, us: number): number {
  return (us - view.fromUs) / (view.toUs - view.fromUs);
}

export function momentAt(view: Stretch, share: number): number {
  return Math.round(view.fromUs + share * (view.toUs - view.fromUs));
}

export interface Marks {
  stepS: number;
  atUs: number[];
}

/** Round times of the clock, so many that their words do not touch. */
export function marks(view: Stretch, mostMarks: number): Marks {
  const lengthS = (view.toUs - view.fromUs) / SECOND_US;
  const stepS = STEPS_S.find((step) => lengthS / step <= Math.max(1, mostMarks)) ?? (STEPS_S.at(-1) as number);
  const stepUs = stepS * SECOND_US;
  const atUs: number[] = [];
  for (let us = Math.ceil(view.fromUs / stepUs) * stepUs; us <= view.toUs; us += stepUs) atUs.push(us);
  return { stepS, atUs };
}
