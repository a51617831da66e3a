// SPDX-License-Identifier: EUPL-1.2
// How long to wait before asking again something that failed. The jitter keeps the browsers of a whole control room
// from asking in one moment when the hub is back.

const FIRST_MS = 1_000;
const LONGEST_MS = 8_000; // the wall must be back within seconds of the hub

/** Before try number `tries`, counted from nought: half of the step is sure, half is chance (0 to 1). 0.5 to 8 s. */
export function waitMs(tries: number, chance: number): number {
  const stepMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(tries, 10));
  return stepMs / 2 + (chance * stepMs) / 2;
}
