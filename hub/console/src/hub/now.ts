// SPDX-License-Identifier: EUPL-1.2
// The hub's time, once a second, for everything on the page that counts down.
import { useEffect, useState } from "react";
import type { HubClock } from "./clock";

const TICK_MS = 1_000;

export function useHubNow(clock: HubClock): number | null {
  const [nowUs, setNowUs] = useState(() => clock.nowUs(performance.now()));
  useEffect(() => {
    const tick = (): void => {
      const atMs = performance.now();
      clock.noticeSleep(atMs, Date.now());
      setNowUs(clock.nowUs(atMs));
    };
    tick();
    const timer = window.setInterval(tick, TICK_MS);
    return () => window.clearInterval(timer);
  }, [clock]);
  return nowUs;
}
