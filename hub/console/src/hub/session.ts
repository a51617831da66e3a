// SPDX-License-Identifier: EUPL-1.2
// Who is signed in here, and why nobody is.
import { useCallback, useEffect, useState } from "react";
import { hub, HubUnreachableError, RefusedError } from "./api";
import type { Session } from "./types";

export type Out = "fresh" | "ended" | "unreachable";
export type SessionState =
  | { at: "checking" }
  | { at: "out"; why: Out }
  | { at: "in"; session: Session };

const ASK_AGAIN_MS = 5_000;

export interface SessionHolder {
  state: SessionState;
  signedIn: (session: Session) => void;
  signedOut: (why: Out) => void;
}

export function useSession(): SessionHolder {
  const [state, setState] = useState<SessionState>({ at: "checking" });
  const signedIn = useCallback((session: Session) => setState({ at: "in", session }), []);
  const signedOut = useCallback((why: Out) => setState({ at: "out", why }), []);

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
        if (failure instanceof RefusedError && failure.status === 401) return signedOut("fresh");
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
