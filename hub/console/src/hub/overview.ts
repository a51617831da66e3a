// SPDX-License-Identifier: EUPL-1.2
// What films now, as the hub last said it; whether it answers at all, and what time it is there.
import { useCallback, useEffect, useRef } from "react";
import { hub } from "./api";
import { useAsked } from "./asking";
import { HubClock } from "./clock";
import { changeLine, type Thing } from "./changes";
import type { Overview } from "./types";

const SHOWN: readonly Thing[] = ["deployments", "units", "looks"];

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
  const held = useRef<HubClock>(null);
  held.current ??= new HubClock();
  const clock = held.current;
  const question = useCallback(async () => {
    const overview = await hub.overview();
    clock.hear(overview.now_us, performance.now());
    return overview;
  }, [clock]);
  useEffect(() => {
    changeLine.onTime = (nowUs, atMs) => clock.hear(nowUs, atMs);
    changeLine.start();
    return () => changeLine.stop();
  }, [clock]);
  const { answer, offline, refused, refresh } = useAsked(question, SHOWN, onSignedOut);
  return { overview: answer, offline: offline || refused !== null, answeredUs: answer?.now_us ?? null, clock, refresh };
}
