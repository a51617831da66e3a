// SPDX-License-Identifier: EUPL-1.2
// J K L, as on every editing desk: back, still, forward; the same key again goes faster.

/** Times real time; below nought it goes back from keyframe to keyframe. */
export type Rate = -4 | -2 | -1 | 0 | 1 | 2 | 4;
export type Press = "back" | "still" | "forward" | "toggle";

const faster: Readonly<Record<Rate, Rate>> = { 0: 0, 1: 2, 2: 4, 4: 4, [-1]: -2, [-2]: -4, [-4]: -4 };

export function pressed(press: Press, rate: Rate): Rate {
  if (press === "still") return 0;
  if (press === "toggle") return rate === 0 ? 1 : 0;
  if (press === "forward") return rate > 0 ? faster[rate] : 1;
  return rate < 0 ? faster[rate] : -1;
}

export type Deed =
  | { do: "transport"; press: Press }
  | { do: "frame"; by: 1 | -1 }
  | { do: "move"; byS: number }
  | { do: "look" | "begin" | "end" | "next-gap" | "previous-gap" | "zoom-in" | "zoom-out" | "whole" | "first" | "last" };

const MOVE_S = 5;
const FAR_S = 60;

const deeds: Readonly<Record<string, Deed>> = {
  j: { do: "transport", press: "back" },
  k: { do: "transport", press: "still" },
  l: { do: "transport", press: "forward" },
  " ": { do: "transport", press: "toggle" },
  ",": { do: "frame", by: -1 },
  ".": { do: "frame", by: 1 },
  Enter: { do: "look" },
  i: { do: "begin" },
  o: { do: "end" },
  g: { do: "next-gap" },
  G: { do: "previous-gap" },
  "+": { do: "zoom-in" },
  "=": { do: "zoom-in" },
  "-": { do: "zoom-out" },
  "0": { do: "whole" },
  Home: { do: "first" },
  End: { do: "last" },
  ArrowLeft: { do: "move", byS: -MOVE_S },
  ArrowRight: { do: "move", byS: MOVE_S },
  PageUp: { do: "move", byS: -FAR_S },
  PageDown: { do: "move", byS: FAR_S },
};

export interface KeyPress {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
}

/** What a key does here; null where it is the browser's own, or nobody's. */
export function deedOf({ key, shiftKey, ctrlKey, altKey, metaKey }: KeyPress): Deed | null {
  if (ctrlKey || altKey || metaKey) return null;
  const found = deeds[key] ?? deeds[key.toLowerCase()] ?? null;
  if (found?.do === "move" && shiftKey && Math.abs(found.byS) === MOVE_S) return { do: "move", byS: found.byS * (FAR_S / MOVE_S) };
  return found;
}
