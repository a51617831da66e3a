// SPDX-License-Identifier: EUPL-1.2
// What films now, asked every five seconds, and sooner while the hub does not answer; and whether it answers at all.
import { useCallback, useEffect, useRef, useState } from "react";
import { hub, HubUnreachableError, RefusedError } from "./api";
import { waitMs } from "./backoff";
import { HubClock } from "./clock";
import type { Overview } from "./types";

const ASK_EVERY_MS = 5_000;

export interface OverviewState {
  overview: Overview | null;
  /** the hub did not answer the last question */
  offline: boolean;
  /** the hub's time at its last answer, which is since when it is silent */
  answeredUs: number | null;
}

export interface OverviewHolder extends OverviewState {
  clock: HubClock;
  /** asks now, because something has just changed */
  refresh: () => void;
}

export function useOverview(onSignedOut: () => void): OverviewHolder {
  const clock = useRef<HubClock>(null);
  clock.current ??= new HubClock();
  const [state, setState] = useState<OverviewState>({ overview: null, offline: false, answeredUs: null });
  const askNow = useRef<() => void>(() => undefined);

  useEffect(() => {
    let gone = false;
    let timer = 0;
    let failed = 0;
    const ask = async (): Promise<void> => {
      window.clearTimeout(timer);
      try {
        const overview = await hub.overview();
        if (gone) return;
        clock.current?.hear(overview.now_us, performance.now());
        failed = 0;
        setState({ overview, offline: false, answeredUs: overview.now_us });
      } catch (failure) {
        if (gone) return;
        if (failure instanceof RefusedError && failure.status === 401) return onSignedOut();
        if (!(failure instanceof HubUnreachableError || failure instanceof RefusedError)) throw failure;
        failed += 1;
        setState((before) => ({ ...before, offline: true }));
      }
      window.clearTimeout(timer);
      timer = window.setTimeout(() => void ask(), failed > 0 ? waitMs(failed - 1, Math.random()) : ASK_EVERY_MS);
    };
    const now = (): void => void ask();
    askNow.current = now;
    now();
    // The browser notices first when its own network goes or comes.
    window.addEventListener("online", now);
    window.addEventListener("offline", now);
    return () => {
      gone = true;
      window.removeEventListener("online", now);
      window.removeEventListener("offline", now);
      window.clearTimeout(timer);
    };
  }, [onSignedOut]);

  const refresh = useCallback(() => askNow.current(), []);
  return { ...state, clock: clock.current, refresh };
}
