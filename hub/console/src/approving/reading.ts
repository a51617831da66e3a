// SPDX-License-Identifier: EUPL-1.2
// How far a decision was read on this page, and what was written about it. Both outlive a session that ends meanwhile:
// who signs in again goes on where they were. They belong to the exact bytes, and to nothing else.
import { useEffect, useState, type RefObject } from "react";

const readTo = new Map<string, number>();
const reasons = new Map<string, string>();

/** The reason that was being written for sending this decision back. */
export function keptReason(digest: string): string {
  return reasons.get(digest) ?? "";
}

export function keepReason(digest: string, reason: string): void {
  reasons.set(digest, reason);
}

/**
 * How many rows, from the first on, have been on screen to their end. `bar` is what lies over the foot of the screen.
 */
export function useReading(digest: string, rows: RefObject<HTMLElement | null>, bar: RefObject<HTMLElement | null>): number {
  const [read, setRead] = useState(() => readTo.get(digest) ?? 0);
  useEffect(() => {
    setRead(readTo.get(digest) ?? 0);
    const ends = [...(rows.current?.querySelectorAll("[data-row-end]") ?? [])];
    const over = bar.current !== null && getComputedStyle(bar.current).position === "sticky" ? bar.current.offsetHeight : 0;
    const watcher = new IntersectionObserver(
      (seen) => {
        const here = seen.filter((one) => one.isIntersecting).map((one) => ends.indexOf(one.target) + 1);
        const farthest = Math.max(readTo.get(digest) ?? 0, ...here);
        readTo.set(digest, farthest);
        setRead(farthest);
      },
      { rootMargin: `0px 0px -${over}px 0px` },
    );
    for (const end of ends) watcher.observe(end);
    return () => watcher.disconnect();
  }, [digest, rows, bar]);
  return read;
}
