// SPDX-License-Identifier: EUPL-1.2
// How many tiles the wall shows, and which: one, two by two, one large with five beside it, or three by three.

export const LAYOUTS = ["1", "2x2", "1+5", "3x3"] as const;
export type Layout = (typeof LAYOUTS)[number];

const ROOM: Record<Layout, number> = { "1": 1, "2x2": 4, "1+5": 6, "3x3": 9 };

/** The smallest in which all of them stand. */
export function fitting(tiles: number): Layout {
  return tiles <= 1 ? "1" : tiles <= 4 ? "2x2" : "3x3";
}

/** The next one that says something new of so many tiles. */
export function following(layout: Layout, tiles: number): Layout {
  const of: readonly Layout[] = LAYOUTS.filter((one) => one === "1" || ROOM[one] <= Math.max(tiles, ROOM[fitting(tiles)]));
  return of[(of.indexOf(layout) + 1) % of.length] ?? "1";
}

/** Which of so many tiles stand in a layout: those on the page of the selected one. */
export function shown(layout: Layout, tiles: number, selected: number): number[] {
  const room = ROOM[layout];
  const first = Math.floor(Math.max(0, selected) / room) * room;
  return Array.from({ length: Math.min(room, tiles - first) }, (_, index) => first + index);
}

export interface Grid {
  columns: number;
  rows: number;
}

/** No more rows and columns than there are tiles for; the large tile of 1+5 takes four places. */
export function grid(layout: Layout, tiles: number): Grid {
  if (layout === "1") return { columns: 1, rows: 1 };
  if (layout === "1+5") return { columns: 3, rows: tiles > 1 ? 3 : 2 };
  const columns = Math.min(tiles, layout === "2x2" ? 2 : 3);
  return { columns, rows: Math.ceil(tiles / columns) };
}
