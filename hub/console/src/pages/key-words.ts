// SPDX-License-Identifier: EUPL-1.2
// Which keys each screen has, in words: for the foot of the screen and the list of all keys.
import type { nl } from "../i18n/nl";

export interface KeyWords {
  /** as they stand on the keyboard */
  keys: readonly string[];
  word: `keys.${keyof (typeof nl)["keys"]}` | `replay.keys${"Shuttle" | "Frame" | "Move" | "Range" | "Gap" | "Zoom"}`;
  /** shown at the foot of its screen */
  foot?: boolean;
}

export const everywhereKeys: readonly KeyWords[] = [
  { keys: ["?"], word: "keys.all" },
  { keys: ["Esc"], word: "keys.close" },
];

export const wallKeys: readonly KeyWords[] = [
  { keys: ["1", "–", "9"], word: "keys.tile", foot: true },
  { keys: ["Enter"], word: "keys.expand", foot: true },
  { keys: ["0"], word: "keys.whole", foot: true },
  { keys: ["G"], word: "keys.layout", foot: true },
  { keys: ["Space"], word: "keys.freeze", foot: true },
  { keys: ["R"], word: "keys.back", foot: true },
  { keys: ["E"], word: "keys.prolong" },
  { keys: ["/"], word: "keys.find", foot: true },
  { keys: ["Shift", "Esc"], word: "keys.off", foot: true },
];

export const replayKeys: readonly KeyWords[] = [
  { keys: ["J", "K", "L"], word: "replay.keysShuttle" },
  { keys: [",", "."], word: "replay.keysFrame" },
  { keys: ["←", "→"], word: "replay.keysMove" },
  { keys: ["I", "O"], word: "replay.keysRange" },
  { keys: ["G"], word: "replay.keysGap" },
  { keys: ["+", "−"], word: "replay.keysZoom" },
];

export const planKeys: readonly KeyWords[] = [
  { keys: ["↑", "↓", "←", "→"], word: "keys.planMove" },
  { keys: ["[", "]"], word: "keys.planTurn" },
  { keys: [",", "."], word: "keys.planTilt" },
  { keys: ["=", "-"], word: "keys.planZoom" },
  { keys: ["Del"], word: "keys.planRemove" },
  { keys: ["Ctrl", "Z"], word: "keys.planUndo" },
  { keys: ["Ctrl", "Shift", "Z"], word: "keys.planRedo" },
  { keys: ["Ctrl", "Enter"], word: "keys.planNext" },
];
