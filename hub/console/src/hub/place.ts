// SPDX-License-Identifier: EUPL-1.2
// Where one is on the page: the address's path, and which line of the log lies open beside the screen. A line of the
// log opens as a drawer, because leaving the wall for it would close its pictures.
import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
let drawer: number | null = null;

function tell(): void {
  for (const listener of listeners) listener();
}

/** The drawer is a step in the history, so that Back closes it and does not leave the page. */
function drawerIn(state: unknown): number | null {
  const index = (state as { drawer?: unknown } | null)?.drawer;
  return typeof index === "number" ? index : null;
}

function subscribe(listener: () => void): () => void {
  const stepped = (): void => {
    drawer = drawerIn(window.history.state);
    listener();
  };
  listeners.add(listener);
  window.addEventListener("popstate", stepped);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", stepped);
  };
}

export function usePath(): string {
  return useSyncExternalStore(subscribe, () => window.location.pathname, () => "/");
}

export function goTo(path: string): void {
  window.history.pushState(null, "", path);
  drawer = null;
  tell();
}

export function useDrawer(): number | null {
  return useSyncExternalStore(subscribe, () => drawer, () => null);
}

export function openDrawer(index: number | null): void {
  const before = drawer;
  drawer = index;
  if (index === null) {
    if (before !== null && drawerIn(window.history.state) !== null) window.history.back();
  } else if (drawerIn(window.history.state) !== null) window.history.replaceState({ drawer: index }, "");
  else window.history.pushState({ drawer: index }, "");
  tell();
}

export function logPath(index: number): string {
  return `/log/${index}`;
}

/** The number that a path of the log names; null where it names none. */
export function logIndexOf(path: string): number | null {
  const digits = /^\/log\/(0|[1-9][0-9]{0,15})$/.exec(path)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** A click that means "here", not "in another tab". */
export function plain(event: { button: number; metaKey: boolean; ctrlKey: boolean; shiftKey: boolean; altKey: boolean }): boolean {
  return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
}
