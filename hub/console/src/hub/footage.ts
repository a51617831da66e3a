// SPDX-License-Identifier: EUPL-1.2
// What is recorded of a deployment, asked every five seconds: what was at the unit a moment ago is at the hub now. Only
// what may have changed is asked again; now and then all of it, for old footage is erased.
import { useEffect, useState } from "react";
import { renewed, settledUntil, type Stretch } from "../replay/spans";
import { hub, HubUnreachableError, isSignedOut, RefusedError } from "./api";
import { waitMs } from "./backoff";
import type { Footage } from "./types";

const ASK_EVERY_MS = 5_000;
const ALL_EVERY = 60; // questions: five minutes
const MINUTE_US = 60_000_000;
export const DAY_US = 24 * 60 * MINUTE_US; // the most that one question may be about
const PAGES = 20; // of 5 000 spans

export interface FootageState {
  footage: Footage | null;
  offline: boolean;
  refused: RefusedError | null;
}

const NOTHING: FootageState = { footage: null, offline: false, refused: null };

/** All that there is of a stretch, which may take several questions. */
async function whole(deployment: string, fromUs: number, toUs: number, before: Footage | null): Promise<Footage> {
  const start = before ? settledUntil(before.cameras, fromUs) : fromUs;
  let known = before?.cameras ?? [];
  let from = start;
  for (let page = 0; ; page += 1) {
    const answer = await hub.footage(deployment, from, toUs);
    known = renewed(known, answer.cameras, from);
    const last = Math.max(...answer.cameras.map(({ spans }) => spans.at(-1)?.from_us ?? 0));
    if (!answer.truncated || page === PAGES || last <= from) return { ...answer, cameras: known };
    from = last;
  }
}

/** Of a window, as far as it has come; more than its last day is not shown at once. */
export function useFootage(
  deployment: string | null,
  { fromUs, toUs }: Stretch,
  nowUs: () => number | null,
  onSignedOut: () => void,
): FootageState {
  const [state, setState] = useState<FootageState>(NOTHING);
  useEffect(() => {
    if (deployment === null) return;
    let gone = false;
    let timer = 0;
    let failed = 0;
    let asked = 0;
    let known: Footage | null = null;
    const ask = async (): Promise<void> => {
      try {
        if (asked % ALL_EVERY === 0) known = null;
        asked += 1;
        const endUs = Math.max(fromUs + MINUTE_US, Math.min(toUs, (nowUs() ?? toUs) + MINUTE_US));
        known = await whole(deployment, Math.max(fromUs, endUs - DAY_US), endUs, known);
        if (gone) return;
        failed = 0;
        setState({ footage: known, offline: false, refused: null });
      } catch (failure) {
        if (gone) return;
        if (isSignedOut(failure)) return onSignedOut();
        if (failure instanceof RefusedError && failure.status < 500 && failure.status !== 429) {
          return setState({ ...NOTHING, refused: failure });
        }
        if (!(failure instanceof HubUnreachableError || failure instanceof RefusedError)) throw failure;
        failed += 1;
        setState((before) => ({ ...before, offline: true }));
      }
      timer = window.setTimeout(() => void ask(), failed > 0 ? waitMs(failed - 1, Math.random()) : ASK_EVERY_MS);
    };
    setState(NOTHING);
    void ask();
    return () => {
      gone = true;
      window.clearTimeout(timer);
    };
  }, [deployment, fromUs, toUs, nowUs, onSignedOut]);
  return state;
}
