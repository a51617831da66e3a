// SPDX-License-Identifier: EUPL-1.2
// Numbers that people read out to each other, in groups of three as they are spoken.

/** 48 213, with a space that does not break */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, "\u00a0");
}

const NAME_TAIL = 5;

/** A name that must be short: its middle goes, for names that begin alike differ at their ends. */
export function shortened(name: string, most: number): string {
  return name.length <= most ? name : `${name.slice(0, most - 1 - NAME_TAIL).trimEnd()}…${name.slice(-NAME_TAIL)}`;
}
