// SPDX-License-Identifier: EUPL-1.2
// What films now, asked every five seconds; and whether the hub answers at all.
import { useCallback, useEffect, useRef, useState } from "react";
import { hub, HubUnreachableError, RefusedError } from "./api";
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
    const ask = async (): Promise<void> => {
      window.clearTimeout(timer);
      try {
        const overview = await hub.overview();
        if (gone) return;
        clock.current?.hear(overview.now_us, performance.now());
        setState({ overview, offline: false, answeredUs: overview.now_us });
      } catch (failure) {
        if (gone) return;
        if (failure instanceof RefusedError && failure.status === 401) return onSignedOut();
        if (!(failure instanceof HubUnreachableError || failure instanceof RefusedError)) throw failure;
        setState((before) => ({ ...before, offline: true }));
      }
      window.clearTimeout(timer);
      timer = window.setTimeout(() => void ask(), ASK_EVERY_MS);
    };
    askNow.current = () => void ask();
    void ask();
    return () => {
      gone = true;
      window.clearTimeout(timer);
    };
  }, [onSignedOut]);

  const refresh = useCallback(() => askNow.current(), []);
  return { ...state, clock: clock.current, refresh };
}
