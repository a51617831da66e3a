// SPDX-License-Identifier: EUPL-1.2
// Who is signed in here, and why nobody is.
import { useCallback, useEffect, useState } from "react";
import { hub, HubUnreachableError, isSignedOut, RefusedError } from "./api";
import type { Session } from "./types";

export type Out = "fresh" | "ended" | "unreachable";
export type SessionState =
  | { at: "checking" }
  | { at: "out"; why: Out }
  | { at: "in"; session: Session };

const ASK_AGAIN_MS = 5_000;

const listeners = new Set<(session: Session) => void>();

/** Whatever asked the hub who is signed in tells it here: one who has just made a key may do more than a moment ago. */
export function sessionHeard(session: Session): void {
  for (const listener of listeners) listener(session);
}

/** What the hub said last of the same person; the same state where nothing is new in it. */
export function withHeard(state: SessionState, heard: Session): SessionState {
  if (state.at !== "in" || state.session.name !== heard.name) return state;
  return JSON.stringify(state.session) === JSON.stringify(heard) ? state : { at: "in", session: heard };
}

export interface SessionHolder {
  state: SessionState;
  signedIn: (session: Session) => void;
  signedOut: (why: Out) => void;
}

export function useSession(): SessionHolder {
  const [state, setState] = useState<SessionState>({ at: "checking" });
  const signedIn = useCallback((session: Session) => setState({ at: "in", session }), []);
  const signedOut = useCallback((why: Out) => setState({ at: "out", why }), []);

  useEffect(() => {
    const listener = (heard: Session): void => setState((before) => withHeard(before, heard));
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }, []);

  const unasked = state.at === "checking" || (state.at === "out" && state.why === "unreachable");
  useEffect(() => {
    if (!unasked) return;
    let gone = false;
    let timer = 0;
    const check = async (): Promise<void> => {
      try {
        const session = await hub.session();
        if (!gone) signedIn(session);
      } catch (failure) {
        if (gone) return;
        if (isSignedOut(failure)) return signedOut("fresh");
        if (!(failure instanceof HubUnreachableError || failure instanceof RefusedError)) throw failure;
        signedOut("unreachable");
        timer = window.setTimeout(() => void check(), ASK_AGAIN_MS);
      }
    };
    void check();
    return () => {
      gone = true;
      window.clearTimeout(timer);
    };
  }, [unasked, signedIn, signedOut]);

  return { state, signedIn, signedOut };
}
