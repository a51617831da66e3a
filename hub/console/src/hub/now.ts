// SPDX-License-Identifier: EUPL-1.2
// The hub's time, once a second, for everything on the page that counts down.
import { useEffect, useState } from "react";
import type { HubClock } from "./clock";

const TICK_MS = 1_000;

/** `endUs` is the next end on the page: it is told in its own moment, not up to a second later. */
export function useHubNow(clock: HubClock, endUs: number | null): number | null {
  const [nowUs, setNowUs] = useState(() => clock.nowUs(performance.now()));
  useEffect(() => {
    let timer = 0;
    const tick = (): void => {
      const atMs = performance.now();
      clock.noticeSleep(atMs, Date.now());
      const now = clock.nowUs(atMs);
      setNowUs(now);
      // On the second: a clock in the header that lags behind a picture's own time would seem to show the future.
      const secondMs = TICK_MS - (((now ?? 0) / 1000) % TICK_MS);
      const endMs = endUs !== null && now !== null && endUs > now ? Math.ceil((endUs - now) / 1000) : secondMs;
      timer = window.setTimeout(tick, Math.min(secondMs, endMs));
    };
    tick();
    return () => window.clearTimeout(timer);
  }, [clock, endUs]);
  return nowUs;
}
