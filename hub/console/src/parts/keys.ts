// SPDX-License-Identifier: EUPL-1.2
// The keys of a screen. A key that types a character can be switched off altogether (WCAG 2.1.4), for people whose
// speech or tremor presses keys that they do not mean; the buttons and links do all that the keys do.
import { useEffect, useRef, useSyncExternalStore } from "react";
import { remember, remembered } from "../theme/remembered";

/** By the name of a key, as `pressed` gives it. */
export type Deeds = Readonly<Record<string, () => void>>;

const OFF = "letterKeys";
const listeners = new Set<() => void>();
let on = true;
let asked = false;

export function letterKeysOn(): boolean {
  if (!asked) {
    asked = true;
    on = remembered(OFF) !== "off";
  }
  return on;
}

export function setLetterKeys(wanted: boolean): void {
  asked = true;
  on = wanted;
  remember(OFF, wanted ? null : "off");
  for (const listener of listeners) listener();
}

export function useLetterKeys(): boolean {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, letterKeysOn, () => true);
}

type Press = Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "altKey" | "metaKey">;

/** "g", "4", "?", " ", "Enter", "Shift+Escape"; null where it is the browser's own. */
export function pressed({ key, shiftKey, ctrlKey, altKey, metaKey }: Press): string | null {
  if (ctrlKey || altKey || metaKey) return null;
  if (key.length === 1) return key.toLowerCase();
  return shiftKey ? `Shift+${key}` : key;
}

/** Whether it types a character, and may be switched off. */
export function typesCharacter(name: string): boolean {
  return name.length === 1 && name !== " ";
}

/** Typing is typing, Space and Enter press what has the focus, and behind an open dialog nothing is pressed. */
function belongsElsewhere(event: KeyboardEvent, name: string): boolean {
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest("input, select, textarea, [contenteditable]")) return true;
  if ((name === " " || name === "Enter") && target?.closest("button, a, summary")) return true;
  return document.querySelector("dialog[open]") !== null;
}

export function useKeys(deeds: Deeds): void {
  const newest = useRef(deeds);
  newest.current = deeds;
  useEffect(() => {
    const down = (event: KeyboardEvent): void => {
      const name = pressed(event);
      if (name === null || event.defaultPrevented || event.repeat) return;
      const deed = newest.current[name];
      if (!deed || belongsElsewhere(event, name) || (typesCharacter(name) && !letterKeysOn())) return;
      event.preventDefault();
      deed();
    };
    window.addEventListener("keydown", down);
    return () => window.removeEventListener("keydown", down);
  }, []);
}
