// SPDX-License-Identifier: EUPL-1.2
// Screens beside the wall: while a look is open, they open in a tab of their own, for leaving the wall ends it.
import { goTo } from "../hub/place";
import { looking } from "../live/looking";

const WALL = "/wall";

/** The tab of a screen; undefined for this one. */
export function targetOf(path: string): string | undefined {
  return path === WALL || looking().size === 0 ? undefined : `flexzicht-${path.slice(1)}`;
}

export function openScreen(path: string): void {
  const target = targetOf(path);
  if (target === undefined) goTo(path);
  else window.open(path, target);
}
