// SPDX-License-Identifier: EUPL-1.2
// The looks that are open on this page: leaving the wall would end them, and who looks is counted at once.
import { useSyncExternalStore } from "react";

const open = new Map<object, string>();
const listeners = new Set<() => void>();
let deployments: ReadonlySet<string> = new Set();

/** A look at a deployment opened, or (null) it is over; `look` is whose it is. */
export function setLooking(look: object, deployment: string | null): void {
  if (deployment === null ? !open.delete(look) : open.get(look) === deployment) return;
  if (deployment !== null) open.set(look, deployment);
  deployments = new Set(open.values());
  for (const listener of listeners) listener();
}

/** The deployments that are looked at here, now. */
export function looking(): ReadonlySet<string> {
  return deployments;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useLooking(): ReadonlySet<string> {
  return useSyncExternalStore(subscribe, looking, looking);
}
