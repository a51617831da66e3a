// SPDX-License-Identifier: EUPL-1.2
// Undo and redo of one sitting. Steps that follow each other quickly on the same thing (a drag, a word) are one step.

export interface History<T> {
  past: readonly T[];
  present: T;
  future: readonly T[];
  /** what the newest step was on, and when */
  last: { what: string; atMs: number } | null;
}

const MOST = 200; // steps kept
const TOGETHER_MS = 900;

export function begun<T>(present: T): History<T> {
  return { past: [], present, future: [], last: null };
}

export function changed<T>(history: History<T>, present: T, what: string, atMs: number): History<T> {
  const { last } = history;
  const same = last !== null && last.what === what && atMs - last.atMs < TOGETHER_MS && history.past.length > 0;
  const past = same ? history.past : [...history.past, history.present].slice(-MOST);
  return { past, present, future: [], last: { what, atMs } };
}

export function undone<T>(history: History<T>): History<T> {
  const present = history.past.at(-1);
  if (present === undefined) return history;
  return { past: history.past.slice(0, -1), present, future: [history.present, ...history.future], last: null };
}

export function redone<T>(history: History<T>): History<T> {
  const [present, ...future] = history.future;
  if (present === undefined) return history;
  return { past: [...history.past, history.present], present, future, last: null };
}
