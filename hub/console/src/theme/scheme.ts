// SPDX-License-Identifier: EUPL-1.2
// Light or dark: the system's choice until a person switches, and again as soon as both agree.
import { useSyncExternalStore } from "react";
import { remember, remembered } from "./remembered";

export type Scheme = "light" | "dark";

const system = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

function chosen(): Scheme | null {
  const value = remembered("scheme");
  return value === "light" || value === "dark" ? value : null;
}

let override = chosen();

function systemScheme(): Scheme {
  return system.matches ? "dark" : "light";
}

function current(): Scheme {
  return override ?? systemScheme();
}

function apply(): void {
  document.documentElement.dataset["scheme"] = current();
  for (const listener of listeners) listener();
}

/** Called before the first paint, so that nobody sees the other scheme flash by. */
export function startScheme(): void {
  system.addEventListener("change", apply);
  apply();
}

export function switchScheme(): void {
  const next: Scheme = current() === "dark" ? "light" : "dark";
  override = next === systemScheme() ? null : next;
  remember("scheme", override);
  apply();
}

export function useScheme(): Scheme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, current, current);
}
