// SPDX-License-Identifier: EUPL-1.2
// When it is said that a window is about to close.

const MINUTE_US = 60_000_000;
const WARNINGS = [2, 10, 30] as const; // minutes

export type Warning = (typeof WARNINGS)[number];

/** The nearest of the three that was passed; null while none was. */
export function warningOf(untilUs: number, nowUs: number): Warning | null {
  const leftUs = untilUs - nowUs;
  return WARNINGS.find((minutes) => leftUs <= minutes * MINUTE_US) ?? null;
}
