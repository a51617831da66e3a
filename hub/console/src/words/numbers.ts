// SPDX-License-Identifier: EUPL-1.2
// Numbers that people read out to each other, in groups of three as they are spoken.

/** 48 213, with a space that does not break */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, "\u00a0");
}
